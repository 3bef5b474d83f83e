/* Queries, their approval by another person, and what was released of them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "governance/state.h"
#include "governance_sql.h"

enum { TITLE_BYTES_MAX = 200, ARENA_BYTES = 1024 * 1024, TIME_SHOWN = 19, RULES_TEXT_BYTES = 1 << 20 };

static const DbStatement submit_statement = {
    .name = "query_submit",
    .sql = governance_sql_query_submit,
    .parameters = {VALUE_BYTES, VALUE_TEXT, VALUE_TEXT},
    .columns = {VALUE_INT8},
};

static const DbStatement approve_statement = {
    .name = "query_approve",
    .sql = governance_sql_query_approve,
    .parameters = {VALUE_BYTES, VALUE_INT8},
    .columns = {VALUE_INT8},
};

static const DbStatement get_statement = {
    .name = "query_get",
    .sql = governance_sql_query_get,
    .parameters = {VALUE_INT8},
    .columns = {VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_BYTES, VALUE_TEXT},
};

static const DbStatement project_sources_statement = {
    .name = "project sources",
    .sql = governance_sql_project_sources,
    .parameters = {VALUE_TEXT, VALUE_TEXT},
    .columns = {VALUE_TEXT, VALUE_TEXT},
};
static const DbStatement project_rules_statement = {
    .name = "project rules",
    .sql = governance_sql_project_rules,
    .parameters = {VALUE_TEXT, VALUE_TEXT_ARRAY},
    .columns = {VALUE_TEXT, VALUE_INT4, VALUE_TEXT, VALUE_INT8, VALUE_INT8},
};
static const DbStatement list_statement = {
    .name = "query_list",
    .sql = governance_sql_query_list,
    .columns = {VALUE_INT8, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TIMESTAMPTZ},
};

static const DbStatement keep_statement = {
    .name = "output_keep",
    .sql = governance_sql_output_keep,
    .parameters = {VALUE_BYTES, VALUE_INT8, VALUE_INT8, VALUE_TEXT, VALUE_BYTES},
    .columns = {VALUE_INT8},
};

static void set_name(char out[GOVERNANCE_NAME_BYTES], Text name)
{
    snprintf(out, GOVERNANCE_NAME_BYTES, "%.*s", TEXT_ARG(name));
}

/* The project is that of the permit's log entry; project_id says which the caller believes it to be. */
static Result check_project(Governance *governance, int64_t query_id, const char *project_id, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const Value parameters[] = {value_int8(query_id)};

    TRY(db_run(governance->db, &get_statement, parameters, &rows, error));
    if (db_row_count(rows) != 1 || !text_equal(db_text(rows, 0, 0), text_from(project_id)))
        return fail(error, ERROR_REFUSED, "query_submit: the permit is for another project");
    return RESULT_OK;
}

static Result submit(Governance *governance, const GovernancePermit *permit, const char *project_id,
                     Text title, Text canonical_text, int64_t *query_id, Error *error)
{
    const Value parameters[] = {permit_value(permit), value_text(title), value_text(canonical_text)};

    TRY(db_begin(governance->db, error));
    TRY(db_run_int8(governance->db, &submit_statement, parameters, query_id, NULL, error));
    TRY(check_project(governance, *query_id, project_id, error));
    return db_commit(governance->db, error);
}

Result governance_query_submit(Governance *governance, GovernancePermit *permit, const char *project_id,
                               Text title, Text canonical_text, int64_t *query_id, Error *error)
{
    char hex[HASH_TEXT_BYTES];
    Hash content = hash_of(canonical_text.data, canonical_text.length);
    Error ignored;

    TRY(permit_check(permit, GOVERNANCE_QUERY_SUBMIT, text_from(hash_format(&content, hex)), error));
    if (title.length > TITLE_BYTES_MAX)
        return fail(error, ERROR_LIMIT, "query: its title is longer than %d bytes", TITLE_BYTES_MAX);
    Result done = submit(governance, permit, project_id, title, canonical_text, query_id, error);
    if (!done.ok) {
        Result undone = db_rollback(governance->db, &ignored);
        (void)undone; /* the first error is the one to tell */
    }
    return done;
}

Result governance_query_approve(Governance *governance, GovernancePermit *permit, int64_t query_id,
                                Error *error)
{
    char number[OBJECT_NUMBER_BYTES];
    const Value parameters[] = {permit_value(permit), value_int8(query_id)};
    int64_t count;

    TRY(permit_check(permit, GOVERNANCE_QUERY_APPROVE, object_of_number(query_id, number), error));
    return db_run_int8(governance->db, &approve_statement, parameters, &count, NULL, error);
}

Result governance_query_get(Governance *governance, int64_t query_id, Arena *arena, GovernanceQuery *query,
                            Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const Value parameters[] = {value_int8(query_id)};

    *query = (GovernanceQuery){.query_id = query_id};
    TRY(db_run(governance->db, &get_statement, parameters, &rows, error));
    if (db_row_count(rows) == 0)
        return fail(error, ERROR_REFUSED, "query: unknown");
    Text content = db_text(rows, 0, 3);
    if (content.length != HASH_BYTES)
        return fail(error, ERROR_DATABASE, "statement query_get: the content is no hash");
    set_name(query->project_id, db_text(rows, 0, 0));
    set_name(query->author, db_text(rows, 0, 1));
    set_name(query->approver, db_text(rows, 0, 2));
    snprintf(query->status, sizeof query->status, "%s", db_is_null(rows, 0, 2) ? "submitted" : "approved");
    memcpy(query->content.bytes, content.data, HASH_BYTES);
    query->text = text_copy(arena, db_text(rows, 0, 4));
    return RESULT_OK;
}

Result governance_project_sources(Governance *governance, const char *person_id, const char *project_id,
                                  Arena *arena, Text **sources, size_t *count, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const Value parameters[] = {value_text(text_from(person_id)), value_text(text_from(project_id))};

    *count = 0;
    TRY(db_run(governance->db, &project_sources_statement, parameters, &rows, error));
    *sources = arena_alloc(arena, (db_row_count(rows) + 1) * sizeof **sources);
    for (size_t row = 0; row < db_row_count(rows); row++) {
        if (!db_is_null(rows, row, 0))
            return fail(error, ERROR_REFUSED, "project: %.*s", TEXT_ARG(db_text(rows, row, 0)));
        (*sources)[(*count)++] = text_copy(arena, db_text(rows, row, 1));
    }
    return RESULT_OK;
}

static void say_agreements(const DbRows *rows, size_t row, TextBuilder *text)
{
    int64_t agreements = db_int(rows, row, 3), own = db_int(rows, row, 4);

    if (agreements == 0)
        text_add_format(text, "warning: nobody agrees to give source %.*s for this purpose today\n",
                        TEXT_ARG(db_text(rows, row, 2)));
    else
        text_add_format(text, "agreements: %.*s, %" PRId64 " sender%s%s\n", TEXT_ARG(db_text(rows, row, 2)),
                        agreements, agreements == 1 ? "" : "s",
                        own > 0 ? ", rows by each controller's own" : "");
}

Result governance_project_rules(Governance *governance, const GovernanceProject *project, const Text *sources,
                                size_t source_count, Arena *arena, Text *said, Error *error)
{
    SCOPED(text_builder_close) TextBuilder text = text_builder(RULES_TEXT_BYTES);
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const Value parameters[] = {
        value_text(text_from(project->project_id)),
        {.type = VALUE_TEXT_ARRAY, .array = {.items = sources, .count = source_count}}};
    char until[DATE_TEXT_BYTES], from[DATE_TEXT_BYTES];

    TRY(db_run(governance->db, &project_rules_statement, parameters, &rows, error));
    text_add_format(&text,
                    "purpose %s until %s; policy %s of %s: at least %" PRId64
                    " people, to the nearest %" PRId64 "\n",
                    project->purpose, date_format(project->valid_to, until), project->policy.name,
                    date_format(project->policy.effective_from, from), project->policy.people_min,
                    project->policy.round_to);
    if (db_row_count(rows) > 0 && text_equal(db_text(rows, 0, 0), TEXT("applied")))
        text_add_format(&text, "opt-outs: applied, by a list of at most %" PRId64 " days\n",
                        db_int(rows, 0, 1));
    else
        text_add_string(&text, db_row_count(rows) > 0 ? "opt-outs: not applied for this purpose\n" : "");
    for (size_t row = 0; row < db_row_count(rows); row++)
        say_agreements(rows, row, &text);
    *said = text_copy(arena, text_built(&text));
    return RESULT_OK;
}

static void list_row(Table *table, const DbRows *rows, size_t row, Arena *arena)
{
    char time[TIME_TEXT_BYTES];
    const Text cells[] = {
        text_format(arena, "%" PRId64, db_int(rows, row, 0)),
        db_text(rows, row, 1),
        db_text(rows, row, 2),
        db_text(rows, row, 3),
        db_is_null(rows, row, 4) ? TEXT("submitted") : TEXT("approved"),
        db_text(rows, row, 4),
        text_slice(text_from(time_format(db_int(rows, row, 5), time)), 0, TIME_SHOWN),
    };

    table_row(table, cells);
}

Result governance_query_list(Governance *governance, Table **table, Error *error)
{
    static const char *const headings[] = {"query",  "project",  "title",    "author",
                                           "status", "approver", "submitted"};
    static const bool right_aligned[] = {true, false, false, false, false, false, false};
    SCOPED(db_rows_close) DbRows *rows = NULL;
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);

    TRY(db_run(governance->db, &list_statement, NULL, &rows, error));
    *table = table_create(headings, right_aligned, 7);
    for (size_t row = 0; row < db_row_count(rows); row++) {
        list_row(*table, rows, row, arena);
        arena_reset(arena);
    }
    return RESULT_OK;
}

Result governance_output_keep(Governance *governance, GovernancePermit *permit, int64_t query_id,
                              int64_t release_id, Text canonical_output, Hash content, Error *error)
{
    char number[OBJECT_NUMBER_BYTES];
    const Value parameters[] = {
        permit_value(permit),
        value_int8(query_id),
        value_int8(release_id),
        value_text(canonical_output),
        value_bytes(content.bytes, HASH_BYTES),
    };
    int64_t count;

    TRY(permit_check(permit, GOVERNANCE_QUERY_RUN, object_of_number(query_id, number), error));
    return db_run_int8(governance->db, &keep_statement, parameters, &count, NULL, error);
}
