/*
 * What a query would take and how thin its tables would be, before it runs: of the release's manifest, which
 * says how long its blocks are, of how many people it has and of the values that tables have lines for.
 * Nothing of anybody is read.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "query/bind.h"
#include "query/budget.h"
#include "query/check_codes.h"
#include "query/check_periods.h"
#include "query/check_values.h"
#include "query/dataset_open.h"
#include "query/engine.h"
#include "query/manifest.h"
#include "query/population.h"
#include "query/prices.h"
#include "query/query_private.h"
#include "query/run.h"
#include "query/sent.h"
#include "query/shape.h"
#include "query_sql.h"

enum {
    CHECK_ARENA_BYTES = 256 << 20,
    CHECK_TEXT_BYTES = 1 << 20,
    MEBIBYTE = 1 << 20,
    ROWS_SAID_MIN = 1000, /* of a source; fewer are not said */
    CELL_TIMES_MIN = 10,  /* times the policy's least number: people a cell below which most is hidden */
    SQL_BYTES = 128
};

typedef struct Check {
    Db *reader;
    const Query *query;
    const GovernancePolicy *policy;
    int64_t release_id, people;
    Arena *arena;
    Manifest manifest;
    TextBuilder *text;
} Check;

static const DbStatement held_statement = {
    .name = "release held",
    .sql = query_sql_release_held,
    .parameters = {VALUE_INT4},
    .columns = {VALUE_INT4, VALUE_INT8, VALUE_BYTES},
};

/* Two digits of it: an estimate, and no count of anything. */
static uint64_t about(uint64_t number)
{
    uint64_t unit = 1;

    while (number / unit >= 100)
        unit *= 10;
    return (number + unit / 2) / unit * unit;
}

static uint64_t mebibytes(uint64_t bytes)
{
    return (bytes + MEBIBYTE - 1) / MEBIBYTE;
}

/* ---- what is read ---- */

typedef struct Reading {
    uint64_t rows, columns, packed, memory;
} Reading;

static int manifest_source_of(const Manifest *manifest, Text name)
{
    for (size_t s = 0; s < manifest->source_count; s++)
        if (text_equal(manifest->sources[s].name, name))
            return (int)s;
    return -1;
}

static uint64_t rows_of(const Manifest *manifest, const ManifestSource *source)
{
    uint64_t rows = 0;

    for (uint32_t part = 0; part < manifest_part_count(manifest); part++)
        rows += source->part_rows[part];
    return rows;
}

static void add_column(const Manifest *manifest, size_t source, Text name, Reading *reading)
{
    const ManifestSource *of = &manifest->sources[source];

    for (size_t c = 0; c < of->column_count; c++) {
        if (!text_equal(of->columns[c].name, name))
            continue;
        bool is_wide = of->columns[c].is_wide || of->columns[c].type == TYPE_DECIMAL;
        reading->columns++;
        reading->memory += reading->rows * (is_wide ? sizeof(int64_t) : sizeof(int32_t));
        for (size_t b = 0; b < manifest->block_count; b++) {
            const BlockPlace *place = &manifest->blocks[b].place;
            if (place->source == source && place->column == c &&
                (place->kind == BLOCK_COLUMN || place->kind == BLOCK_COLUMN_WORDS))
                reading->packed += manifest->blocks[b].packed_bytes;
        }
    }
}

/* A column that the plan reads of a source, once; of people the first source's. */
static bool is_read(const Plan *plan, size_t source, size_t column)
{
    for (size_t i = 0; i < plan->count; i++) {
        const PlanNode *node = &plan->nodes[i];
        size_t level = node->level == PLAN_PEOPLE ? 0 : node->level;
        if (node->kind == PLAN_COLUMN && level == source && node->column == column)
            return true;
    }
    return false;
}

static bool is_asked(const Plan *plan, size_t source)
{
    for (size_t i = 0; i < plan->count; i++)
        if ((plan->nodes[i].kind == PLAN_ROWS || plan->nodes[i].kind == PLAN_COLUMN) &&
            (plan->nodes[i].level == PLAN_PEOPLE ? 0 : plan->nodes[i].level) == source)
            return true;
    return false;
}

static Reading reading_of(const Check *check, const Plan *plan, size_t source, size_t held)
{
    const DataSource *of = &plan->dataset->sources[source];
    Reading reading = {.rows = rows_of(&check->manifest, &check->manifest.sources[held])};

    reading.memory = ((uint64_t)check->manifest.people + 1) * sizeof(uint32_t);
    for (size_t c = 0; c < of->column_count; c++)
        if (is_read(plan, source, c))
            add_column(&check->manifest, held, of->columns[c].name, &reading);
    return reading;
}

static void say_reading(const Check *check, Text source, const Reading *reading)
{
    text_add_format(check->text, "  %.*s: ", TEXT_ARG(source));
    if (reading->rows < ROWS_SAID_MIN)
        text_add_format(check->text, "fewer than %d rows", ROWS_SAID_MIN);
    else
        text_add_format(check->text, "about %" PRIu64 " rows", about(reading->rows));
    text_add_format(check->text,
                    " of %" PRIu64 " column%s, up to %" PRIu64 " MiB read, %" PRIu64 " MiB in memory\n",
                    reading->columns, reading->columns == 1 ? "" : "s", mebibytes(reading->packed),
                    mebibytes(reading->memory));
}

static void say_memory(const Check *check, uint64_t columns)
{
    const Tree *tree = check->query->tree;
    uint64_t counting = budget_counting_bytes(check->manifest.people, tree->table_count, tree->part_count,
                                              tree_amount_count(tree));

    text_add_format(check->text,
                    "memory at most: %" PRIu64 " MiB of columns (%" PRIu64 " may be kept), %" PRIu64
                    " of counting (%d), %d of working people out (as a rule %d); more is refused\n",
                    mebibytes(columns), (uint64_t)(DATASET_BYTES_MAX / MEBIBYTE), mebibytes(counting),
                    BUDGET_COUNT_BYTES_MAX / MEBIBYTE, BUDGET_CHUNK_BYTES_MAX / MEBIBYTE,
                    BUDGET_CHUNK_BYTES / MEBIBYTE);
    if (counting > BUDGET_COUNT_BYTES_MAX)
        text_add_string(check->text, "warning: its counting takes too much; ask fewer tables and measures\n");
}

/* Homes are numbered from 1, and each has a row. */
static void say_homes(const Check *check, const Plan *plan)
{
    int held = manifest_source_of(&check->manifest, TEXT("household"));
    uint64_t homes = held < 0 ? 0 : rows_of(&check->manifest, &check->manifest.sources[held]);
    uint64_t bytes = engine_bytes_of_homes(plan, homes);

    if (!check->query->tree->asks_households)
        return;
    if (bytes > 0)
        text_add_format(check->text, "people at home: up to %" PRIu64 " MiB of memory (%d)\n",
                        mebibytes(bytes), BUDGET_HOMES_BYTES_MAX / MEBIBYTE);
    text_add_format(check->text,
                    "of homes: no cell of fewer than %" PRId64
                    " people is shown, and who has no household is not counted\n",
                    run_people_min(check->query, check->policy));
}

static void say_cost(const Check *check, const Bound *bound)
{
    uint64_t memory = 0;

    for (size_t s = 0; s < bound->plan->dataset->source_count; s++) {
        Text name = bound->plan->dataset->sources[s].name;
        if (!is_asked(bound->plan, s))
            continue;
        int held = manifest_source_of(&check->manifest, name);
        if (held < 0) {
            text_add_format(check->text, "warning: release %" PRId64 " has no source %.*s; build a new one\n",
                            check->release_id, TEXT_ARG(name));
            continue;
        }
        Reading reading = reading_of(check, bound->plan, s, (size_t)held);
        say_reading(check, name, &reading);
        memory += reading.memory;
    }
    say_memory(check, memory);
    say_homes(check, bound->plan);
}

/* ---- how thin tables are ---- */

static Result count_values(const Check *check, const Dimension *dimension, int64_t *count, Error *error)
{
    char sql[SQL_BYTES];
    const DbStatement statement = {
        .name = "check values", .sql = sql, .parameters = {VALUE_TEXT}, .columns = {VALUE_INT8}};
    const Value parameters[] = {value_text(text_from(dimension->attribute->name))};

    if (dimension->bands.count > 0) {
        *count = (int64_t)dimension->bands.count;
        return RESULT_OK;
    }
    (void)snprintf(sql, sizeof sql,
                   "SELECT greatest(count(*), 1) FROM release_%" PRId64 ".category WHERE dimension = $1",
                   check->release_id);
    return db_run_int8(check->reader, &statement, parameters, count, NULL, error);
}

/* Were everybody counted, and alike in all cells: a cohort is fewer, and never spread so. */
static Result say_table(const Check *check, const TableNode *table, Error *error)
{
    Mention at = tree_mention(check->query->tree, table->place);
    double cells = 1;
    int64_t count;

    for (size_t d = 0; d < table->dimension_count; d++) {
        TRY(count_values(check, &table->dimensions[d], &count, error));
        cells *= (double)count;
    }
    double each = (double)check->people / cells;
    int64_t people_min = run_people_min(check->query, check->policy);
    if (each >= CELL_TIMES_MIN * (double)people_min)
        return RESULT_OK;
    source_text_warn(&at, check->text,
                     "%.0f cells for about %" PRIu64 " people of the release: fewer than %" PRId64
                     " a cell even if all were counted, so most will be hidden",
                     cells, about((uint64_t)check->people), CELL_TIMES_MIN * people_min);
    return RESULT_OK;
}

/* ---- what is from outside ---- */

static Result say_prices(const Check *check, Error *error)
{
    const Tree *tree = check->query->tree;

    for (size_t i = 0; i < tree->price_count; i++) {
        char hex[HASH_TEXT_BYTES];
        Published *found;
        Text said = prices_said(&tree->prices[i], check->arena);
        if (!tree->prices[i].is_used)
            continue;
        TRY(prices_find(check->reader, &tree->prices[i], check->arena, &found, error));
        if (found == NULL)
            source_text_warn(&tree->prices[i].at, check->text, "there are no prices %.*s", TEXT_ARG(said));
        else
            text_add_format(check->text, "prices %.*s, content %s: %.*s\n", TEXT_ARG(said),
                            hash_format(&found->content, hex), TEXT_ARG(found->origin));
    }
    return RESULT_OK;
}

/* Of a series that of its first period, the earliest day that is asked for. */
static Result say_population(const Check *check, const TableNode *table, const Measure *rate, Date as_at,
                             Error *error)
{
    Mention at = tree_mention(check->query->tree, rate->place);
    Text name = rate->population;
    Date day = population_day(table, as_at, 0);
    char text[DATE_TEXT_BYTES], hex[HASH_TEXT_BYTES];
    Published *found;

    TRY(published_find(check->reader, TEXT("population"), name, day, check->arena, &found, error));
    if (found == NULL)
        source_text_warn(&at, check->text, "there is no population \"%.*s\" of a day up to %s",
                         TEXT_ARG(name), date_format(day, text));
    else
        text_add_format(check->text, "population \"%.*s\" of %s, content %s: %.*s\n", TEXT_ARG(name),
                        date_format(found->day, text), hash_format(&found->content, hex),
                        TEXT_ARG(found->origin));
    return RESULT_OK;
}

static Result say_populations(const Check *check, Date as_at, Error *error)
{
    const Tree *tree = check->query->tree;

    for (size_t t = 0; t < tree->table_count; t++)
        for (size_t m = 0; m < tree->tables[t].measure_count; m++)
            if (tree->tables[t].measures[m].population.length > 0)
                TRY(say_population(check, &tree->tables[t], &tree->tables[t].measures[m], as_at, error));
    return RESULT_OK;
}

/* ---- the whole ---- */

static void say_no_release(const Check *check)
{
    const Tree *tree = check->query->tree;
    char day[DATE_TEXT_BYTES];

    source_text_warn(&tree->known_day_at, check->text,
                     "no release is built for this purpose%s%s, or its newest is retired",
                     tree->known_at == DATE_NONE ? "" : " as known at ",
                     tree->known_at == DATE_NONE ? "" : date_format(tree->known_at, day));
}

static Result open_manifest(Check *check, Month *month, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const Value parameters[] = {value_int4(check->release_id)};
    Hash hash;

    TRY(db_run(check->reader, &held_statement, parameters, &rows, error));
    if (db_row_count(rows) != 1 || db_text(rows, 0, 2).length != HASH_BYTES)
        return fail(error, ERROR_REFUSED, "release %" PRId64 ": it is not live, or has no blocks",
                    check->release_id);
    *month = (Month)db_int(rows, 0, 0);
    check->people = db_int(rows, 0, 1);
    memcpy(hash.bytes, db_text(rows, 0, 2).data, HASH_BYTES);
    return dataset_read_manifest(check->reader, check->release_id, &hash, check->arena, &check->manifest,
                                 error);
}

/* A month that the release is before may be in a later one: that is said of the day alone. */
static Result check_days(const Check *check, Month month, Error *error)
{
    Tree *tree = check->query->tree;
    Date last = month_last_day(month);

    TRY(sent_read(check->reader, check->release_id, month, tree, check->query->arena, error));
    if (tree->as_at == DATE_NONE || tree->as_at <= last)
        return RESULT_OK;
    source_text_warn(&tree->day_at, check->text, "the query's day is after the release's last");
    tree->sent = NULL;
    return RESULT_OK;
}

static Result say_all(Check *check, Error *error)
{
    const Tree *tree = check->query->tree;
    const Dataset *shape = shape_of_catalogue(&check->query->catalogue, tree, check->arena);
    char text[DATE_TEXT_BYTES];
    Month month = 0;
    Bound bound;

    TRY(open_manifest(check, &month, error));
    TRY(check_days(check, month, error));
    Date as_at = tree->as_at != DATE_NONE ? tree->as_at : month_last_day(month);
    TRY(bind_tree(tree, shape, as_at, check->arena, &bound, error));
    text_add_format(check->text, "over release %" PRId64 " (%s) it reads at most\n", check->release_id,
                    month_format(month, text));
    say_cost(check, &bound);
    for (size_t t = 0; t < tree->table_count; t++)
        TRY(say_table(check, &tree->tables[t], error));
    TRY(check_periods(check->reader, check->release_id, tree, as_at, check->arena, check->text, error));
    return say_populations(check, as_at, error);
}

Result query_check(Db *reader, const Query *query, int64_t release_id, const GovernancePolicy *policy,
                   Text *said, Error *error)
{
    SCOPED(text_builder_close) TextBuilder text = text_builder(CHECK_TEXT_BYTES);
    SCOPED(arena_close) Arena *arena = arena_create(CHECK_ARENA_BYTES);
    Check check = {.reader = reader,
                   .query = query,
                   .policy = policy,
                   .release_id = release_id,
                   .arena = arena,
                   .text = &text};

    check_codes(query->tree, &text);
    TRY(say_prices(&check, error));
    if (release_id == 0)
        say_no_release(&check);
    else
        TRY(say_all(&check, error));
    TRY(check_values(reader, release_id, query->tree, arena, &text, error));
    *said = text_copy(query->arena, text_built(&text));
    return RESULT_OK;
}
