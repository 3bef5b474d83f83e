/*
 * From an approved query to released tables: the door in SQL, the plan and a second look at it, counts with
 * their person sets, disclosure control, and only then something that can be printed.
 */
#include <inttypes.h>
#include <string.h>

#include "query/budget.h"
#include "query/dataset_open.h"
#include "query/plan_check.h"
#include "query/prices.h"
#include "query/released.h"
#include "query/run.h"
#include "query/sent.h"
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
    .columns = {VALUE_INT4, VALUE_INT8, VALUE_BYTES, VALUE_DATE},
};
static const DbStatement number_statement = {
    .name = "query number",
    .sql = query_sql_query_number,
    .parameters = {VALUE_BYTES, VALUE_BYTES},
    .columns = {VALUE_TEXT},
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

/* A condition of others at home, or of a home's records, brings those of a home into a cell together, and an
 * amount of such records is that of each of them: as many homes as otherwise people. */
int64_t run_people_min(const Query *query, const GovernancePolicy *policy)
{
    return query->tree->asks_households ? policy->people_min * PLAN_HOME_PEOPLE_MAX : policy->people_min;
}

/* Of what was known at the day that the query says, and of no other. */
static Result check_known(const Query *query, int64_t release_id, Date known_at, Error *error)
{
    char day[DATE_TEXT_BYTES];

    if (query->tree->known_at == known_at)
        return RESULT_OK;
    if (query->tree->known_at == DATE_NONE)
        return source_text_fail_at(&query->tree->known_day_at, ERROR_REFUSED, error,
                                   "release %" PRId64
                                   " holds only what was known at %s; the query has to say `as known at %s`",
                                   release_id, date_format(known_at, day), day);
    return source_text_fail_at(&query->tree->known_day_at, ERROR_REFUSED, error,
                               "release %" PRId64
                               " is not of what was known at %s; an engineer builds one with --as-known-at",
                               release_id, date_format(query->tree->known_at, day));
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
    TRY(check_known(query, release_id, db_is_null(rows, 0, 3) ? DATE_NONE : (Date)db_int(rows, 0, 3), error));
    *month = (Month)db_int(rows, 0, 0);
    memcpy(manifest->bytes, db_text(rows, 0, 2).data, HASH_BYTES);
    return RESULT_OK;
}

/* Of the sources it reads: what is held of them, and how well they are linked. */
static Result read_coverage(Db *reader, const Query *query, Arena *arena, Provenance *provenance,
                            Error *error)
{
    Text *sources = arena_alloc(arena, (query->tree->source_count + 1) * sizeof *sources);

    for (size_t i = 0; i < query->tree->source_count; i++)
        sources[i] = query->tree->sources[i]->name;
    TRY(coverage_read(reader, provenance->release_id, sources, query->tree->source_count, arena,
                      &provenance->coverage, &provenance->coverage_count, error));
    return linkage_lines_read(reader, provenance->release_id, sources, query->tree->source_count, arena,
                              &provenance->linkage, error);
}

static void read_settings(const Query *query, Arena *arena, Provenance *provenance)
{
    Setting *settings = arena_alloc(arena, QUERY_PARAMETERS_MAX * sizeof *settings);

    for (size_t i = 0; i < query->tree->parameter_count; i++) {
        const Parameter *parameter = &query->tree->parameters[i];
        if (parameter->is_used)
            settings[provenance->setting_count++] =
                (Setting){parameter->name, parameter->values[parameter->chosen].said};
    }
    provenance->settings = settings;
}

static Result set_day(const Query *query, Provenance *provenance, Error *error)
{
    Date last = month_last_day(provenance->month);

    provenance->as_at = query->tree->as_at == DATE_NONE ? last : query->tree->as_at;
    if (provenance->as_at > last)
        return source_text_fail_at(&query->tree->day_at, ERROR_INPUT, error,
                                   "the query's day is after the last day of the release");
    return RESULT_OK;
}

/* Rates and amounts stand in no cell of what is counted: one a place of each table and period. */
static size_t rates_of(const Tree *tree, const CountTable *counts, size_t p)
{
    const Part *part = &tree->parts[p];
    const TableNode *table = &tree->tables[part->table];
    bool is_first = p == 0 || part[-1].table != part->table || part[-1].period != part->period;
    size_t rates = 0;

    for (size_t m = 0; is_first && m < table->measure_count; m++)
        rates += table->measures[m].kind != MEASURE_PEOPLE ? count_places(&counts[p]) : 0;
    return rates;
}

Result run_check_cells(const Tree *tree, const CountTable *counts, Error *error)
{
    size_t cells = 0;

    for (size_t p = 0; p < tree->part_count; p++) {
        const Mention at = tree_mention(tree, tree->tables[tree->parts[p].table].place);
        cells += counts[p].cell_count + rates_of(tree, counts, p);
        if (cells > QUERY_CELLS_MAX)
            return source_text_fail_at(&at, ERROR_LIMIT, error,
                                       "up to this table there are more than %d cells together; use fewer or "
                                       "coarser dimensions",
                                       QUERY_CELLS_MAX);
    }
    return RESULT_OK;
}

Result run_check_plan(const Query *query, const Bound *bound, Error *error)
{
    ReleasedValue values[BOUND_DIMENSIONS_MAX];
    Text sources[CHECKED_SOURCES_MAX];
    const PlanReleased released = {bound->cohort, values, bound->dimension_count};
    const PlanGrant grant = {&query->catalogue, sources, query->tree->source_count};

    if (query->tree->source_count > CHECKED_SOURCES_MAX)
        return source_text_fail_at(&query->tree->cohort->at, ERROR_LIMIT, error,
                                   "the query reads more than %d sources", CHECKED_SOURCES_MAX);
    for (size_t i = 0; i < grant.source_count; i++)
        sources[i] = query->tree->sources[i]->name;
    for (size_t i = 0; i < bound->dimension_count; i++)
        values[i] = (ReleasedValue){.name = text_from(bound->dimensions[i].attribute->name),
                                    .band_starts = bound->dimensions[i].bands.starts,
                                    .band_count = bound->dimensions[i].bands.count,
                                    .value = bound->values[i],
                                    .is_condition = bound->dimensions[i].condition != NULL,
                                    .is_of_amount = bound->dimensions[i].amount != NULL,
                                    .amount = bound->amounts[i]};
    return plan_check(bound->plan, &released, &grant, error);
}

/* The check comes before anything of people is read. */
static Result count_people_of(Db *reader, const Query *query, const Provenance *provenance,
                              const Hash *manifest, Arena *arena, CountTable *counts, Error *error)
{
    SCOPED(dataset_close) DatasetHold *hold = NULL;
    Bound bound;

    TRY(dataset_open(reader, provenance->release_id, manifest, &hold, error));
    TRY(sent_read(reader, provenance->release_id, provenance->month, query->tree, query->arena, error));
    TRY(prices_read(reader, query->tree, query->arena, error));
    TRY(bind_tree(query->tree, dataset_of(hold), provenance->as_at, arena, &bound, error));
    TRY(run_check_plan(query, &bound, error));
    bound.plan->deadline = provenance->deadline;
    bound.people_min = provenance->policy.people_min;
    return count_run(reader, hold, query->tree, &bound, provenance->release_id, arena, counts, error);
}

/* Over, what suppress left is not protected, and what percentiles come to is not worked out to the end. */
static Result check_whole(Deadline *deadline, ReleasedTable *tables[QUERY_TABLES_MAX], size_t *table_count,
                          Error *error)
{
    Result done = deadline_check(deadline, error);

    while (!done.ok && *table_count > 0)
        released_table_close(&tables[--*table_count]);
    return done;
}

/* Disclosure control, and only then tables. */
Result run_release(const Tree *tree, const CountTable *counts, const Provenance *provenance, Arena *arena,
                   ReleasedTable *tables[QUERY_TABLES_MAX], size_t *table_count, Error *error)
{
    CellState *states[QUERY_PARTS_MAX];
    Deadline *deadline = provenance->deadline;
    const SuppressRule rule = {.people_min = provenance->policy.people_min, .deadline = deadline};

    TRY(run_check_cells(tree, counts, error));
    suppress(counts, tree->part_count, &rule, arena, states);
    for (size_t p = 0, next = 0; p < tree->part_count && !deadline_is_over(deadline); p = next) {
        for (next = p; next < tree->part_count && tree->parts[next].table == tree->parts[p].table;)
            next++;
        tables[(*table_count)++] =
            released_make(&tree->tables[tree->parts[p].table], &counts[p], &states[p], next - p, provenance);
    }
    return check_whole(deadline, tables, table_count, error);
}

static Result count_and_release(Db *reader, const Query *query, const Provenance *provenance,
                                const Hash *manifest, Arena *arena, ReleasedTable *tables[QUERY_TABLES_MAX],
                                size_t *table_count, Error *error)
{
    CountTable counts[QUERY_PARTS_MAX];
    Provenance with_end = *provenance;
    Deadline deadline;

    deadline_start(&deadline, query_processor_us_max, &query->tree->cohort->at);
    with_end.deadline = &deadline;
    TRY(count_people_of(reader, query, &with_end, manifest, arena, counts, error));
    return run_release(query->tree, counts, &with_end, arena, tables, table_count, error);
}

Result run_dataset(const Query *query, const Bound *bound, const CountCategory *categories, size_t count,
                   const Provenance *provenance, Arena *arena, ReleasedTable *tables[QUERY_TABLES_MAX],
                   size_t *table_count, Error *error)
{
    CountTable *counts = arena_alloc(arena, QUERY_PARTS_MAX * sizeof *counts);
    Provenance with_end = *provenance;
    Deadline deadline;

    TRY(check_policy(&provenance->policy, error));
    TRY(run_check_plan(query, bound, error));
    deadline_start(&deadline, query_processor_us_max, &query->tree->cohort->at);
    bound->plan->deadline = &deadline;
    TRY(count_dataset(query->tree, bound, categories, count, arena, counts, error));
    with_end.deadline = &deadline;
    return run_release(query->tree, counts, &with_end, arena, tables, table_count, error);
}

void run_describe(const Query *query, Arena *arena, Provenance *provenance)
{
    char known_at[DATE_TEXT_BYTES];

    provenance->query_title = query->tree->title;
    provenance->project = query->tree->project;
    provenance->tree = query->tree;
    provenance->query_content = query->content;
    provenance->is_of_households = query->tree->asks_households;
    read_settings(query, arena, provenance);
    if (query->tree->known_at != DATE_NONE)
        provenance->known_at = text_format(arena, "%s", date_format(query->tree->known_at, known_at));
    provenance->codes = released_codes_of(query->tree, arena, &provenance->codes_count);
}

Result run_query(Db *reader, const uint8_t *permit_id, Text number, const Query *query, const QueryRun *run,
                 ReleasedTable *tables[QUERY_TABLES_MAX], size_t *table_count, Error *error)
{
    SCOPED(arena_close) Arena *arena = arena_create(RUN_ARENA_BYTES_MAX);
    Provenance provenance = {.release_id = run->release_id, .policy = *run->policy};
    Hash manifest;

    *table_count = 0;
    TRY(query_check_set(query, error));
    TRY(check_policy(run->policy, error));
    provenance.policy.people_min = run_people_min(query, run->policy);
    TRY(open_release(reader, permit_id, number, query, run->release_id, &provenance.month, &manifest, error));
    TRY(set_day(query, &provenance, error));
    run_describe(query, arena, &provenance);
    TRY(population_read(reader, query->tree, provenance.as_at, arena, &provenance.populations,
                        &provenance.population_count, error));
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
