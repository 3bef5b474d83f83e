#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "query/print.h"
#include "query/released_coverage.h"
#include "query/released_population.h"
#include "query/released_prices.h"

enum { STATISTIC_BYTES_MAX = 64, VALUES_BYTES_MAX = 256 << 20 };

void released_table_close(ReleasedTable **table)
{
    if (*table == NULL)
        return;
    arena_close(&(*table)->arena);
    memory_free(*table);
    *table = NULL;
}

int64_t released_table_cells(const ReleasedTable *table)
{
    return table->cell_count;
}

int64_t released_table_suppressed(const ReleasedTable *table)
{
    return table->hidden_count;
}

Text released_table_canonical(const ReleasedTable *table)
{
    return table->canonical;
}

/* ---- making ---- */

/* Of a series the parts of each period stand together, in one order. */
typedef struct Layout {
    size_t periods, each;
} Layout;

static Layout layout_of(const TableNode *node, size_t part_count)
{
    size_t periods = node->series.count > 0 ? node->series.count : 1;

    return (Layout){periods, part_count / periods};
}

static void copy_dimension(ReleasedTable *table, const CountDimension *from, CountDimension *to)
{
    to->name = text_copy(table->arena, from->name);
    to->value_count = from->value_count;
    to->values = arena_alloc(table->arena, (from->value_count + 1) * sizeof *to->values);
    for (size_t i = 0; i < from->value_count; i++)
        to->values[i] = text_copy(table->arena, from->values[i]);
    to->values[from->value_count] = TEXT("all");
}

/* The one place where a count becomes something that can be printed. */
static ReleasedCell release_cell(ReleasedTable *table, const CountTable *counts, const CellState *states,
                                 size_t cell)
{
    ReleasedCell released = {.is_hidden = states[cell] != CELL_SHOWN};

    if (!released.is_hidden)
        released.people = round_people(counts->cells[cell].people, table->provenance.policy.round_to);
    table->hidden_count += released.is_hidden;
    table->cell_count++;
    return released;
}

/* Those of the parts and, of a series, the periods before them. */
static void copy_dimensions(ReleasedTable *table, const CountTable *parts, const Layout *layout)
{
    size_t count = parts->dimension_count - (count_answers(parts) > 0);

    if (parts->period_column != NULL) {
        CountDimension periods = {.name = text_from(parts->period_column), .value_count = layout->periods};
        periods.values = arena_alloc(table->arena, (layout->periods + 1) * sizeof *periods.values);
        for (size_t p = 0; p < layout->periods; p++)
            periods.values[p] = parts[p * layout->each].period;
        copy_dimension(table, &periods, &table->dimensions[table->dimension_count++]);
    }
    for (size_t d = 0; d < count; d++)
        copy_dimension(table, &parts->dimensions[d], &table->dimensions[table->dimension_count++]);
}

/* The places that were asked for, which are those of each part. */
static void copy_lines(ReleasedTable *table, const CountTable *counts, const CellState *states, size_t period)
{
    size_t answers = count_answers(counts), before = counts->period_column != NULL;

    for (size_t place = 0; place < count_places(counts); place++) {
        size_t people = place * (answers + 1) + answers;
        ReleasedLine *line = &table->lines[table->line_count];
        size_t coordinates[QUERY_DIMENSIONS_MAX];
        if (states[people] == CELL_NOT_ASKED)
            continue;
        line->count_place = place;
        line->period = period;
        count_coordinates(counts, people, coordinates);
        line->place[0] = period;
        for (size_t d = before; d < table->dimension_count; d++)
            line->place[d] = coordinates[d - before];
        line->people = release_cell(table, counts, states, people);
        table->line_count++;
    }
}

/* The answers of a measure, in each period's part at `index`. */
static void copy_answers(ReleasedTable *table, const CountTable *parts, CellState *const *states,
                         const Layout *layout, size_t index, ReleasedMeasure *measure)
{
    size_t answers = count_answers(&parts[index]);

    copy_dimension(table, &parts[index].dimensions[parts[index].dimension_count - 1], &measure->answers);
    measure->cells = arena_alloc(table->arena, table->line_count * answers * sizeof *measure->cells);
    for (size_t i = 0; i < table->line_count; i++) {
        size_t part = table->lines[i].period * layout->each + index;
        for (size_t answer = 0; answer < answers; answer++)
            measure->cells[i * answers + answer] = release_cell(
                table, &parts[part], states[part], table->lines[i].count_place * (answers + 1) + answer);
    }
}

static void copy_statistics(ReleasedTable *table, const CountTable *parts, const Layout *layout, size_t index,
                            ReleasedMeasure *measure)
{
    SCOPED(text_builder_close) TextBuilder statistic = text_builder(STATISTIC_BYTES_MAX);
    SCOPED(arena_close) Arena *values = arena_create(VALUES_BYTES_MAX);

    print_statistic(&statistic, measure->of);
    measure->is_cost = node_prices(measure->of->dimension.amount) != NULL;
    measure->statistic = text_copy(table->arena, text_built(&statistic));
    measure->amounts = arena_alloc(table->arena, (table->line_count + 1) * sizeof *measure->amounts);
    for (size_t i = 0; i < table->line_count && !deadline_is_over(table->provenance.deadline); i++) {
        const ReleasedLine *line = &table->lines[i];
        measure->amounts[i] = released_statistic(
            measure->of, &parts[line->period * layout->each + index], line->count_place,
            &measure->cells[i * measure->answers.value_count], &table->provenance.policy, values);
        table->hidden_count += measure->amounts[i].is_hidden;
        table->cell_count++;
        arena_reset(values);
    }
}

/* The parts are of the measures with a condition, in their order. */
static void copy_measures(ReleasedTable *table, const TableNode *node, const CountTable *parts,
                          CellState *const *states, const Layout *layout)
{
    size_t part = 0;

    table->measure_count = node->measure_count;
    for (size_t m = 0; m < node->measure_count; m++) {
        ReleasedMeasure *measure = &table->measures[m];
        measure->of = &node->measures[m];
        measure->name = text_copy(table->arena, measure->of->name);
        if (measure->of->dimension.condition == NULL)
            continue;
        copy_answers(table, parts, states, layout, part, measure);
        if (measure_is_of_amount(measure->of))
            copy_statistics(table, parts, layout, part, measure);
        part++;
    }
}

/* People stand in each part; hidden in one they are hidden. */
static void hide_people(ReleasedTable *table, const CountTable *counts, const CellState *states)
{
    size_t answers = count_answers(counts);

    for (size_t i = 0; i < table->line_count; i++) {
        ReleasedLine *line = &table->lines[i];
        if (states[line->count_place * (answers + 1) + answers] == CELL_SHOWN || line->people.is_hidden)
            continue;
        line->people = (ReleasedCell){.is_hidden = true};
        table->hidden_count++;
    }
}

static void copy_settings(ReleasedTable *table, const Provenance *from)
{
    Setting *settings = arena_alloc(table->arena, (from->setting_count + 1) * sizeof *settings);

    for (size_t i = 0; i < from->setting_count; i++)
        settings[i] = (Setting){text_copy(table->arena, from->settings[i].name),
                                text_copy(table->arena, from->settings[i].value)};
    table->provenance.settings = settings;
}

static void copy_provenance(ReleasedTable *table, const Provenance *from)
{
    table->provenance = *from;
    table->provenance.query_title = text_copy(table->arena, from->query_title);
    table->provenance.project = text_copy(table->arena, from->project);
    table->provenance.known_at = text_copy(table->arena, from->known_at);
    table->provenance.dummy_seed = text_copy(table->arena, from->dummy_seed);
    table->provenance.coverage = released_coverage_copy(from->coverage, from->coverage_count, table->arena);
    table->provenance.linkage = linkage_lines_copy(&from->linkage, table->arena);
    table->provenance.codes = released_codes_copy(from->codes, from->codes_count, table->arena);
    copy_settings(table, from);
}

/* ---- canonical JSON ---- */

static json_t *text_json(Text text)
{
    return json_stringn(text.data, text.length);
}

static json_t *date_json(Date date)
{
    char text[DATE_TEXT_BYTES];

    return json_string(date_format(date, text));
}

static json_t *month_json(Month month)
{
    char text[DATE_TEXT_BYTES];

    return json_string(month_format(month, text));
}

static json_t *hash_json(const Hash *hash)
{
    char text[HASH_TEXT_BYTES];

    return json_string(hash_format(hash, text));
}

static json_t *place_json(const ReleasedTable *table, const ReleasedLine *line)
{
    json_t *at = json_array();

    for (size_t d = 0; d < table->dimension_count; d++)
        json_array_append_new(at, text_json(table->dimensions[d].values[line->place[d]]));
    return at;
}

/* answer: NULL, or one more name of the place. */
static json_t *cell_json(const ReleasedTable *table, const ReleasedLine *line, const Text *answer,
                         const ReleasedCell *cell)
{
    json_t *at = place_json(table, line);

    if (answer != NULL)
        json_array_append_new(at, text_json(*answer));
    /* Which rule hid a cell is not said: it would tell a small count from a large one. */
    return cell->is_hidden ? json_pack("{s:o, s:b}", "at", at, "hidden", 1)
                           : json_pack("{s:o, s:I}", "at", at, "people", (json_int_t)cell->people);
}

static json_t *amount_json(json_t *at, const ReleasedAmount *amount)
{
    if (amount->is_hidden)
        return json_pack("{s:o, s:b}", "at", at, "hidden", 1);
    if (amount->is_none)
        return json_pack("{s:o, s:n}", "at", at, "value");
    return json_pack("{s:o, s:f}", "at", at, "value", amount->amount);
}

static json_t *amounts_json(const ReleasedTable *table, const ReleasedMeasure *measure)
{
    json_t *values = json_array();

    for (size_t i = 0; i < table->line_count; i++)
        json_array_append_new(values, amount_json(place_json(table, &table->lines[i]), &measure->amounts[i]));
    return values;
}

static json_t *measure_json(const ReleasedTable *table, const ReleasedMeasure *measure)
{
    json_t *cells = json_array();
    size_t answers = measure->answers.value_count;

    for (size_t i = 0; i < table->line_count; i++)
        for (size_t answer = 0; answer < answers; answer++)
            json_array_append_new(cells, cell_json(table, &table->lines[i], &measure->answers.values[answer],
                                                   &measure->cells[i * answers + answer]));
    json_t *json = json_pack("{s:o, s:o}", "name", text_json(measure->name), "cells", cells);
    if (measure->amounts != NULL)
        json_object_set_new(json, "values", amounts_json(table, measure));
    if (measure->statistic.length > 0)
        json_object_set_new(json, "statistic", text_json(measure->statistic));
    return json;
}

/* Both rules are always named, and how many cells each hid is not said: two cells that the first rule hid and
 * that add up to 14 would be 7 and 7. */
static json_t *disclosure_json(const ReleasedTable *table)
{
    const GovernancePolicy *policy = &table->provenance.policy;

    return json_pack("{s:s, s:o, s:o, s:I, s:I, s:I, s:I, s:[s, s, s*, s*]}", "policy", policy->name,
                     "effective_from", date_json(policy->effective_from), "policy_content",
                     hash_json(&policy->content), "people_min", (json_int_t)policy->people_min, "round_to",
                     (json_int_t)policy->round_to, "cells", (json_int_t)table->cell_count, "hidden",
                     (json_int_t)table->hidden_count, "rules", "primary", "complementary",
                     released_has_amounts(table) ? "dominance" : NULL,
                     table->provenance.is_of_households ? "households" : NULL);
}

static json_t *table_json(const ReleasedTable *table)
{
    json_t *cells = json_array(), *dimensions = json_array(), *measures = json_array();
    const Provenance *provenance = &table->provenance;

    for (size_t i = 0; i < table->line_count; i++)
        json_array_append_new(cells, cell_json(table, &table->lines[i], NULL, &table->lines[i].people));
    for (size_t i = 0; i < table->measure_count; i++)
        json_array_append_new(measures, measure_json(table, &table->measures[i]));
    for (size_t d = 0; d < table->dimension_count; d++)
        json_array_append_new(dimensions, text_json(table->dimensions[d].name));
    json_t *coverage =
        released_coverage_json(provenance->coverage, provenance->coverage_count, &provenance->policy);
    json_t *codes = released_codes_json(provenance->codes, provenance->codes_count);
    json_t *json =
        json_pack("{s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "title",
                  text_json(table->title), "query", text_json(provenance->query_title), "project",
                  text_json(provenance->project), "query_content", hash_json(&provenance->query_content),
                  "release", (json_int_t)provenance->release_id, "month", month_json(provenance->month),
                  "as_at", date_json(provenance->as_at), "dimensions", dimensions, "cells", cells, "measures",
                  measures, "disclosure", disclosure_json(table), "coverage", coverage, "linkage",
                  linkage_lines_json(&provenance->linkage), "code_lists", codes);
    if (provenance->known_at.length > 0)
        (void)json_object_set_new(json, "known_at", text_json(provenance->known_at));
    return json;
}

/* Of a query without parameters, or rates of a population, there is nothing to say. */
static void add_settings(const ReleasedTable *table, json_t *json)
{
    json_t *settings = json_object();

    for (size_t i = 0; i < table->provenance.setting_count; i++)
        json_object_set_new(settings, table->provenance.settings[i].name.data,
                            text_json(table->provenance.settings[i].value));
    if (table->provenance.setting_count > 0)
        json_object_set(json, "parameters", settings);
    json_decref(settings);
    if (table->population_count > 0)
        json_object_set_new(json, "populations", released_population_json(table));
    if (table->price_count > 0)
        json_object_set_new(json, "prices", released_prices_json(table));
    if (table->provenance.dummy_seed.length > 0)
        json_object_set_new(json, "dummy", json_true());
}

static void make_canonical(ReleasedTable *table)
{
    json_t *json = table_json(table);
    add_settings(table, json);
    char *text = json_dumps(json, JSON_SORT_KEYS | JSON_COMPACT | JSON_ENSURE_ASCII |
                                      JSON_REAL_PRECISION(AMOUNT_DIGITS));

    table->canonical = text_copy(table->arena, text_from(text));
    memory_free(text); /* jansson's allocation */
    json_decref(json);
}

ReleasedTable *released_make(const TableNode *node, const CountTable *parts, CellState *const *states,
                             size_t part_count, const Provenance *provenance)
{
    const Layout layout = layout_of(node, part_count);
    ReleasedTable *table = memory_alloc(sizeof *table);

    table->arena = arena_create(RELEASED_ARENA_BYTES_MAX);
    table->title = provenance->dummy_seed.length > 0
                       ? text_format(table->arena, "DUMMY DATA, OF NOBODY: %.*s", TEXT_ARG(node->title))
                       : text_copy(table->arena, node->title);
    copy_provenance(table, provenance);
    copy_dimensions(table, parts, &layout);
    table->lines = arena_alloc(table->arena, count_places(parts) * layout.periods * sizeof *table->lines);
    for (size_t p = 0; p < layout.periods; p++)
        copy_lines(table, &parts[p * layout.each], states[p * layout.each], p);
    for (size_t i = 0; i < part_count; i++)
        hide_people(table, &parts[i], states[i]);
    copy_measures(table, node, parts, states, &layout);
    released_rates(table, node);
    released_prices_note(table, provenance->tree);
    table->provenance.tree = NULL;
    table->provenance.populations = NULL;
    table->provenance.population_count = 0;
    table->provenance.deadline = NULL;
    make_canonical(table);
    return table;
}
