/* What a query is and says. Its answer is made in run.c. */
#include <assert.h>
#include <stdlib.h>

#include "query/parser.h"
#include "query/query_private.h"

enum { ARENA_BYTES_MAX = 512 << 20 };

void query_close(Query **query)
{
    if (*query == NULL)
        return;
    arena_close(&(*query)->arena);
    memory_free(*query);
    *query = NULL;
}

static Query *query_create(Arena *arena)
{
    Query *query = memory_alloc(sizeof *query);

    query->arena = arena;
    return query;
}

static int compare_sources(const void *a, const void *b)
{
    const CatalogueSource *const *x = a, *const *y = b;

    return text_compare((*x)->name, (*y)->name);
}

static Result fill(Query *query, const char *file_name, Text text, size_t bytes_max, const QueryFiles *files,
                   Error *error)
{
    ParseInput input = {.source = {.file_name = file_name}, .catalogue = &query->catalogue, .files = files};

    input.source.text = text_copy(query->arena, text);
    TRY(parser_check_text(&input.source, bytes_max, error));
    TRY(tree_parse(&input, query->arena, &query->tree, error));
    qsort(query->tree->sources, query->tree->source_count, sizeof(CatalogueSource *), compare_sources);
    query->canonical = tree_print(query->tree, query->arena);
    if (query->canonical.length > QUERY_CANONICAL_BYTES_MAX)
        return source_text_fail_at(&query->tree->cohort->at, ERROR_LIMIT, error,
                                   "the query is longer than 1 MiB with its code lists");
    query->content = hash_of(query->canonical.data, query->canonical.length);
    return RESULT_OK;
}

Result query_parse_in(Arena *arena, const Catalogue *catalogue, const char *file_name, Text text,
                      size_t bytes_max, const QueryFiles *files, Query **query, Error *error)
{
    SCOPED(query_close) Query *draft = query_create(arena);

    draft->catalogue = *catalogue;
    TRY(fill(draft, file_name, text, bytes_max, files, error));
    *query = draft;
    draft = NULL;
    return RESULT_OK;
}

Result query_parse(const Catalogue *catalogue, const char *file_name, Text text, size_t bytes_max,
                   const QueryFiles *files, Query **query, Error *error)
{
    return query_parse_in(arena_create(ARENA_BYTES_MAX), catalogue, file_name, text, bytes_max, files, query,
                          error);
}

static Result open_with_catalogue(Db *reader, const char *file_name, Text text, size_t bytes_max,
                                  const QueryFiles *files, Query **query, Error *error)
{
    SCOPED(query_close) Query *draft = query_create(arena_create(ARENA_BYTES_MAX));

    TRY(catalogue_read(reader, draft->arena, &draft->catalogue, error));
    TRY(fill(draft, file_name, text, bytes_max, files, error));
    *query = draft;
    draft = NULL;
    return RESULT_OK;
}

Result query_open(Db *reader, const char *file_name, Text text, const QueryFiles *files, Query **query,
                  Error *error)
{
    return open_with_catalogue(reader, file_name, text, QUERY_TEXT_BYTES_MAX, files, query, error);
}

Result query_open_canonical(Db *reader, Text canonical, Query **query, Error *error)
{
    return open_with_catalogue(reader, "query", canonical, QUERY_CANONICAL_BYTES_MAX, NULL, query, error);
}

Result query_check_text(const char *file_name, Text text, Error *error)
{
    const SourceText source = {.file_name = file_name, .text = text};

    return parser_check_text(&source, CODES_FILE_BYTES_MAX, error);
}

Text query_canonical(const Query *query)
{
    return query->canonical;
}

Hash query_content(const Query *query)
{
    return query->content;
}

Text query_title(const Query *query)
{
    return query->tree->title;
}

Text query_project(const Query *query)
{
    return query->tree->project;
}

Date query_known_at(const Query *query)
{
    return query->tree->known_at;
}

size_t query_source_count(const Query *query)
{
    return query->tree->source_count;
}

Text query_source(const Query *query, size_t index)
{
    return query->tree->sources[index]->name;
}

static Result refuse_at(const Mention *at, Error *error)
{
    const Error said = *error;

    return source_text_fail_at(at, said.code, error, "%s", said.message);
}

Result query_refuse_project(const Query *query, Error *error)
{
    return refuse_at(&query->tree->project_at, error);
}

Result query_refuse_known(const Query *query, Error *error)
{
    return refuse_at(&query->tree->known_day_at, error);
}

Result query_refuse_table(const Query *query, size_t index, Error *error)
{
    const Mention at = tree_mention(query->tree, query->tree->tables[index].place);

    return refuse_at(&at, error);
}

Result query_refuse_source(const Query *query, size_t index, Error *error)
{
    const CatalogueSource *source = query->tree->sources[index];
    const Mention *at = &query->tree->source_at[source - query->catalogue.sources];

    assert(at->text != NULL);
    return source_text_fail_at(at, ERROR_REFUSED, error,
                               "source %.*s is not granted to the project, and this reads it",
                               TEXT_ARG(source->name));
}
