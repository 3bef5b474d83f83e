/* Tries a query on dummy data: by the query's text and the shipped specs, without a data folder, a database
 * or the broker. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/input.h"
#include "cli/dummy.h"
#include "cli/spec_place.h"

enum { QUERY_BYTES_MAX = 128 * 1024, TEXTS_OF_FORM = 8 };

/* ---- specs ---- */

_Static_assert((int)DUMMY_TEXT_BYTES_MAX == (int)INGEST_FORM_BYTES_MAX, "room for any form");

static bool text_of_form(const void *form, Text begins, uint64_t number, char text[DUMMY_TEXT_BYTES_MAX],
                         size_t *length)
{
    return ingest_form_text(form, begins, number, text, length);
}

static void make_texts(Arena *arena, DummyColumn *column)
{
    Text *texts = arena_alloc(arena, TEXTS_OF_FORM * sizeof *texts);
    char text[DUMMY_TEXT_BYTES_MAX];
    size_t length;

    column->codes = texts;
    for (uint64_t i = 0; i < TEXTS_OF_FORM; i++)
        if (text_of_form(column->form, TEXT(""), i, text, &length))
            texts[column->code_count++] = text_copy(arena, (Text){text, length});
}

static void take_columns(const IngestQueried *from, Arena *arena, DummySource *to)
{
    DummyColumn *columns = arena_alloc(arena, (from->column_count + 1) * sizeof *columns);

    for (size_t i = 0; i < from->column_count; i++) {
        columns[i] = (DummyColumn){.name = from->columns[i].name,
                                   .type = from->columns[i].type,
                                   .terminology = from->columns[i].terminology,
                                   .is_required = from->columns[i].is_required,
                                   .lowest = from->columns[i].lowest,
                                   .highest = from->columns[i].highest,
                                   .codes = from->columns[i].codes,
                                   .code_count = from->columns[i].code_count,
                                   .form = from->columns[i].form,
                                   .text_of = text_of_form};
        if (columns[i].form != NULL)
            make_texts(arena, &columns[i]);
    }
    to->columns = columns;
    to->column_count = from->column_count;
}

static Result take_spec(const char *path, Arena *arena, DummySource *sources, size_t *count, Error *error)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = NULL;
    IngestQueried queried;

    TRY(ingest_spec_open(path, NULL, &spec, error));
    if (!ingest_spec_queried(spec, arena, &queried))
        return RESULT_OK;
    DummySource *source = &sources[(*count)++];
    *source = (DummySource){.name = queried.name,
                            .event_date = queried.event_date,
                            .is_household = queried.is_household,
                            .is_death = queried.is_death,
                            .is_replaced = queried.is_replaced};
    take_columns(&queried, arena, source);
    return RESULT_OK;
}

static int compare_sources(const void *a, const void *b)
{
    const DummySource *x = a, *y = b;

    return text_compare(x->name, y->name);
}

Result dummy_shipped(Arena *arena, const DummySource **sources, size_t *count, Error *error)
{
    const char *paths[SPECS_MAX];
    size_t path_count;

    *count = 0;
    TRY(spec_list_shipped(arena, paths, &path_count, error));
    DummySource *all = arena_alloc(arena, (path_count + 1) * sizeof *all);
    for (size_t i = 0; i < path_count; i++)
        TRY(take_spec(paths[i], arena, all, count, error));
    qsort(all, *count, sizeof *all, compare_sources);
    *sources = all;
    return RESULT_OK;
}

/* ---- the verb ---- */

static Result set_parameters(Query *query, const OptionTexts *given, Error *error)
{
    for (size_t i = 0; i < given->count; i++) {
        Text value = text_from(given->items[i]), name = text_next(&value, '=');
        if (name.length == strlen(given->items[i]))
            return fail(error, ERROR_USAGE, "--set: not of the form NAME=VALUE");
        TRY(query_set(query, name, value, error));
    }
    return RESULT_OK;
}

/* Code lists and shared definitions are looked up beside the query. */
static Result open_query(Cli *cli, const DummySource *sources, size_t count, Query **query, Error *error)
{
    const char *path = cli->arguments[0], *slash = strrchr(path, '/');
    const char *folder =
        slash == NULL ? "." : text_format(cli->arena, "%.*s", (int)(slash - path) + 1, path).data;
    const QueryFiles files = {.codes_folder = folder};
    Text text;

    TRY(input_read_all(path, QUERY_BYTES_MAX, cli->arena, &text, error));
    return query_open_dummy(sources, count, slash == NULL ? path : slash + 1, text, &files, query, error);
}

static void print_tables(const DummyAnswer *answer, TableFormat format)
{
    for (size_t i = 0; i < answer->table_count; i++) {
        released_table_print(answer->tables[i], format, stdout);
        if (format != TABLE_JSON)
            dummy_text_print(format == TABLE_CSV ? TEXT("#\n") : TEXT("\n"), format, stdout);
    }
}

static void print_definitions(const DummyAnswer *answer, const DummyWanted *wanted, FILE *out)
{
    fprintf(out,
            "DATA: %" PRId64 " people made up from seed %" PRIu64
            ", of nobody. Nothing here says anything about anybody.\n"
            "Definitions, and how many dummy people have them (of a measure: of the cohort):\n",
            wanted->people, wanted->seed);
    table_print(answer->definitions, TABLE_TERMINAL, out);
    if (answer->unmet > 0)
        fprintf(out,
                "NO DUMMY PERSON HAS %zu OF THESE DEFINITIONS. What stands above is not a test of them; try "
                "more --people, or another --seed; or nobody can have them.\n",
                answer->unmet);
    fprintf(out, "The dummy people and records are in %s\n", wanted->folder);
}

/* Of JSON and CSV the definitions stand beside: they are no part of the tables. */
static Result print_answer(const DummyAnswer *answer, const DummyWanted *wanted, TableFormat format,
                           Error *error)
{
    char *text = NULL;
    size_t length = 0;
    FILE *held = open_memstream(&text, &length);

    if (held == NULL)
        return fail_errno(error, "output");
    print_definitions(answer, wanted, held);
    bool is_whole = fclose(held) == 0;
    print_tables(answer, format);
    if (is_whole)
        dummy_text_print((Text){text, length}, TABLE_TERMINAL, format == TABLE_TERMINAL ? stdout : stderr);
    memory_free(text);
    return is_whole && fflush(stdout) == 0 ? RESULT_OK : fail_errno(error, "output");
}

static Result make_folder(const char *path, Error *error)
{
    return mkdir(path, 0700) == 0 ? RESULT_OK : fail_errno(error, "%s", path);
}

Result cmd_dummy(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(query_close) Query *query = NULL;
    SCOPED(dummy_answer_close) DummyAnswer answer = {0};
    DummyWanted wanted = {.people = 1000, .month = month_of_date(date_today()) - 1};
    int64_t seed = 1;
    const char *format_name = "terminal";
    OptionTexts given = {0};
    const Option options[] = {
        {"people", OPTION_COUNT, false, NULL, "people to make up", &wanted.people},
        {"seed", OPTION_COUNT, false, NULL, "same seed, same query and month, same bytes", &seed},
        {"month", OPTION_MONTH, false, NULL, "the release's, where the query does not say `as at`",
         &wanted.month},
        {"output", OPTION_TEXT, true, NULL, "folder to make, for the data as CSV", &wanted.folder},
        {"format", OPTION_TEXT, false, NULL, "terminal, csv or json", &format_name},
        {"set", OPTION_TEXTS, false, NULL, "NAME=VALUE of a parameter; once for each", &given},
    };
    const DummySource *sources;
    size_t source_count;
    TableFormat format;

    TRY(cli_parse(cli, argc, argv, options, sizeof options / sizeof *options, 1, 1, error));
    TRY(cli_format(format_name, &format, error));
    wanted.seed = (uint64_t)seed;
    TRY(dummy_shipped(cli->arena, &sources, &source_count, error));
    TRY(open_query(cli, sources, source_count, &query, error));
    TRY(set_parameters(query, &given, error));
    TRY(make_folder(wanted.folder, error));
    Result done = query_dummy(query, sources, &wanted, &answer, error);
    if (!done.ok) {
        (void)rmdir(wanted.folder); /* goes where nothing was written into it: the next try makes it again */
        return done;
    }
    return print_answer(&answer, &wanted, format, error);
}
