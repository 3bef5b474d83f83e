/*
 * From an approved query to released tables: the door in SQL, the plan and a second look at it, counts with
 * their person sets, disclosure control, and only then something that can be printed.
 */
#include <inttypes.h>
#include <string.h>

#include "query/budget.h"
#include "query/dataset_open.h"
#include "query/plan_check.h"
#include "query/released.h"
#include "query/run.h"
#include "query_sql.h"

enum {
    RUN_ARENA_BYTES_MAX = 768 << 20,
    PEOPLE_MIN_FLOOR = 5,
    NUMBER_ARENA_BYTES = 1 << 12,
    CHECKED_SOURCES_MAX = 256,
    PLAN_AND_CELLS_BYTES = 128 << 20,
};
_Static_assert((int)BUDGET_COUNT_BYTES_MAX + (int)BOUND_SETS_BYTES_MAX + (int)PLAN_AND_CELLS_BYTES <=
                   (int)RUN_ARENA_BYTES_MAX,
               "counting, sets and the plan are within their limits together");

static const DbStatement open_statement = {
    .name = "release open",
    .sql = query_sql_release_open,
    .parameters = {VALUE_BYTES, VALUE_TEXT, VALUE_BYTES, VALUE_INT4},
    .columns = {VALUE_INT4, VALUE_INT8, VALUE_BYTES},
};
static const DbStatement number_statement = {
    .name = "query number",
    .sql = query_sql_query_number,
    .parameters = {VALUE_BYTES, VALUE_BYTES},
    .columns = {VALUE_TEXT},
};
static const DbStatement coverage_statement = {
    .name = "coverage",
    .sql = query_sql_coverage,
    .parameters = {VALUE_INT4, VALUE_TEXT_ARRAY},
    .columns = {VALUE_TEXT, VALUE_INT4, VALUE_INT4, VALUE_INT8, VALUE_INT4, VALUE_TEXT, VALUE_INT8,
                VALUE_INT8},
};

/* No configuration undercuts the floor, nor makes a shown count print as 0, which says nobody. */
static Result check_policy(const GovernancePolicy *policy, Error *error)
{
    if (policy->people_min < PEOPLE_MIN_FLOOR)
        return fail(error, ERROR_CONFIG, "policy %s: people_min is below the floor of %d", policy->name,
                    PEOPLE_MIN_FLOOR);
    if (policy->round_to < 1)
        return fail(error, ERROR_CONFIG, "policy %s: round_to is below 1", policy->name);
    if (policy->round_to > policy->people_min)
        return fail(error, ERROR_CONFIG, "policy %s: round_to is above people_min", policy->name);
    return RESULT_OK;
}

static Result open_release(Db *reader, const uint8_t *permit_id, Text number, const Query *query,
                           int64_t release_id, Month *month, Hash *manifest, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const Value parameters[] = {
        value_bytes(permit_id, GOVERNANCE_PERMIT_BYTES),
        value_text(number),
        value_bytes(query->content.bytes, HASH_BYTES),
        value_int4(release_id),
    };

    TRY(db_run(reader, &open_statement, parameters, &rows, error));
    if (db_text(rows, 0, 2).length != HASH_BYTES)
        return fail(error, ERROR_REFUSED, "release %" PRId64 ": it has no blocks; build a new one",
                    release_id);
    *month = (Month)db_int(rows, 0, 0);
    memcpy(manifest->bytes, db_text(rows, 0, 2).data, HASH_BYTES);
    return RESULT_OK;
}

static Result read_coverage(Db *reader, const Query *query, Arena *arena, Provenance *provenance,
                            Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    Text *sources = arena_alloc(arena, (query->tree->source_count + 1) * sizeof *sources);

    for (size_t i = 0; i < query->tree->source_count; i++)
        sources[i] = query->tree->sources[i]->name;
    const Value parameters[] = {
        value_int4(provenance->release_id),
        {.type = VALUE_TEXT_ARRAY, .array = {.items = sources, .count = query->tree->source_count}},
    };
    TRY(db_run(reader, &coverage_statement, parameters, &rows, error));
    Coverage *coverage = arena_alloc(arena, (db_row_count(rows) + 1) * sizeof *coverage);
    for (size_t i = 0; i < db_row_count(rows); i++)
        coverage[i] = (Coverage){
            .source = text_copy(arena, db_text(rows, i, 0)),
            .from = (Month)db_int(rows, i, 1),
            .to = (Month)db_int(rows, i, 2),
            .months = db_int(rows, i, 3),
            .senders = db_int(rows, i, 4),
            .status = text_copy(arena, db_text(rows, i, 5)),
            .match_percent = db_int(rows, i, 6),
            .practices_left_out = db_int(rows, i, 7),
        };
    provenance->coverage = coverage;
    provenance->coverage_count = db_row_count(rows);
    return RESULT_OK;
}

static Result set_day(const Query *query, Provenance *provenance, Error *error)
{
    Date last = month_last_day(provenance->month);

    provenance->as_at = query->tree->as_at == DATE_NONE ? last : query->tree->as_at;
    if (provenance->as_at > last)
        return fail(error, ERROR_INPUT, "query: its day is after the last day of the release");
    return RESULT_OK;
}

Result run_check_cells(const CountTable *tables, size_t count, Error *error)
{
    size_t cells = 0;

    for (size_t i = 0; i < count; i++)
        cells += tables[i].cell_count;
    if (cells > QUERY_CELLS_MAX)
        return fail(error, ERROR_LIMIT, "query: its tables have more than %d cells together",
                    QUERY_CELLS_MAX);
    return RESULT_OK;
}

Result run_check_plan(const Query *query, const Bound *bound, Error *error)
{
    ReleasedValue values[BOUND_DIMENSIONS_MAX];
    Text sources[CHECKED_SOURCES_MAX];
    const PlanReleased released = {bound->cohort, values, bound->dimension_count};
    const PlanGrant grant = {&query->catalogue, sources, query->tree->source_count};

    if (query->tree->source_count > CHECKED_SOURCES_MAX)
        return fail(error, ERROR_LIMIT, "query: it reads more than %d sources", CHECKED_SOURCES_MAX);
    for (size_t i = 0; i < grant.source_count; i++)
        sources[i] = query->tree->sources[i]->name;
    for (size_t i = 0; i < bound->dimension_count; i++)
        values[i] = (ReleasedValue){.name = text_from(bound->dimensions[i].attribute->name),
                                    .band_years = bound->dimensions[i].band_years,
                                    .value = bound->values[i],
                                    .is_condition = bound->dimensions[i].condition != NULL};
    return plan_check(bound->plan, &released, &grant, error);
}

/* The check comes before anything of people is read. */
static Result count_people_of(Db *reader, const Query *query, const Provenance *provenance,
                              const Hash *manifest, Arena *arena, CountTable *counts, Error *error)
{
    SCOPED(dataset_close) DatasetHold *hold = NULL;
    Bound bound;

    TRY(dataset_open(reader, provenance->release_id, manifest, &hold, error));
    TRY(bind_tree(query->tree, dataset_of(hold), provenance->as_at, arena, &bound, error));
    TRY(run_check_plan(query, &bound, error));
    return count_run(reader, hold, query->tree, &bound, provenance->release_id, arena, counts, error);
}

static Result count_and_release(Db *reader, const Query *query, const Provenance *provenance,
                                const Hash *manifest, Arena *arena, ReleasedTable *tables[QUERY_TABLES_MAX],
                                size_t *table_count, Error *error)
{
    CountTable counts[QUERY_TABLES_MAX];
    CellState *states[QUERY_TABLES_MAX];
    SuppressRule rule = {.people_min = provenance->policy.people_min};
    size_t count = query->tree->table_count;

    TRY(count_people_of(reader, query, provenance, manifest, arena, counts, error));
    TRY(run_check_cells(counts, count, error));
    suppress(counts, count, &rule, arena, states);
    for (size_t i = 0; i < count; i++)
        tables[i] = released_make(&counts[i], states[i], provenance);
    *table_count = count;
    return RESULT_OK;
}

Result run_query(Db *reader, const uint8_t *permit_id, Text number, const Query *query, const QueryRun *run,
                 ReleasedTable *tables[QUERY_TABLES_MAX], size_t *table_count, Error *error)
{
    SCOPED(arena_close) Arena *arena = arena_create(RUN_ARENA_BYTES_MAX);
    Provenance provenance = {
        .query_title = query->tree->title,
        .project = query->tree->project,
        .query_content = query->content,
        .release_id = run->release_id,
        .policy = *run->policy,
    };
    Hash manifest;

    *table_count = 0;
    TRY(check_policy(run->policy, error));
    TRY(open_release(reader, permit_id, number, query, run->release_id, &provenance.month, &manifest, error));
    TRY(set_day(query, &provenance, error));
    TRY(read_coverage(reader, query, arena, &provenance, error));
    return count_and_release(reader, query, &provenance, &manifest, arena, tables, table_count, error);
}

Result query_forget_retired(Db *reader, Error *error)
{
    return dataset_drop_retired(reader, error);
}

Result run_query_number(Db *reader, const uint8_t *permit_id, const Query *query, Arena *arena, Text *number,
                        Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const Value parameters[] = {value_bytes(permit_id, GOVERNANCE_PERMIT_BYTES),
                                value_bytes(query->content.bytes, HASH_BYTES)};

    TRY(db_run(reader, &number_statement, parameters, &rows, error));
    if (db_is_null(rows, 0, 0))
        return fail(error, ERROR_REFUSED, "query run: the permit is not for a query of this wording");
    *number = text_copy(arena, db_text(rows, 0, 0));
    return RESULT_OK;
}

Result query_run(Db *reader, const GovernancePermit *permit, const Query *query, const QueryRun *run,
                 ReleasedTable *tables[QUERY_TABLES_MAX], size_t *table_count, Error *error)
{
    SCOPED(arena_close) Arena *arena = arena_create(NUMBER_ARENA_BYTES);
    const uint8_t *permit_id = governance_permit_id(permit);
    Text number;

    *table_count = 0;
    TRY(run_query_number(reader, permit_id, query, arena, &number, error));
    if (!governance_permit_covers(permit, GOVERNANCE_QUERY_RUN, number))
        return fail(error, ERROR_REFUSED, "query run: the permit is not for this query");
    return run_query(reader, permit_id, number, query, run, tables, table_count, error);
}
