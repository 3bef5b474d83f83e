/* The lines of tables, and the people of their cells. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "query/count_parts.h"

static int compare_values(const void *a, const void *b)
{
    const Text *x = a, *y = b;
    int64_t i, j;

    if (text_to_int64(*x, &i) && text_to_int64(*y, &j))
        return (i > j) - (i < j);
    return text_compare(*x, *y);
}

/* ---- values of the dimensions ---- */

/* The value as the engine has it; NUMBER_UNKNOWN of one that no cell can hold. */
static int64_t code_of(const Counting *counting, size_t dimension, Text value)
{
    const Plan *plan = counting->bound->plan;
    int64_t number = NUMBER_UNKNOWN;

    switch (plan->nodes[counting->bound->values[dimension]].type) {
    case TYPE_TEXT:
        number = dataset_word(plan->dataset, value);
        return number >= 0 ? number : NUMBER_UNKNOWN;
    case TYPE_BOOL:
        return text_equal(value, TEXT("true"));
    default:
        return text_to_int64(value, &number) ? number : NUMBER_UNKNOWN;
    }
}

typedef struct CodeLine {
    int64_t code;
    uint32_t line;
} CodeLine;

static int compare_codes(const void *a, const void *b)
{
    const CodeLine *x = a, *y = b;

    return (x->code > y->code) - (x->code < y->code);
}

/* Values that no cell can hold have lines and no codes. */
static void map_codes(Counting *counting, size_t dimension)
{
    Domain *domain = &counting->domains[dimension];
    CodeLine *mapped = arena_alloc(counting->arena, (domain->value_count + 1) * sizeof *mapped);
    uint32_t count = 0;

    for (size_t i = 0; i < domain->value_count; i++) {
        int64_t code = code_of(counting, dimension, domain->values[i]);
        if (code != NUMBER_UNKNOWN)
            mapped[count++] = (CodeLine){code, (uint32_t)i};
    }
    qsort(mapped, count, sizeof *mapped, compare_codes);
    domain->codes = arena_alloc(counting->arena, (count + 1) * sizeof *domain->codes);
    domain->lines = arena_alloc(counting->arena, (count + 1) * sizeof *domain->lines);
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0 && mapped[i].code == mapped[i - 1].code)
            continue;
        domain->codes[domain->code_count] = mapped[i].code;
        domain->lines[domain->code_count++] = mapped[i].line;
    }
}

static void map_bands(Counting *counting, Domain *domain)
{
    domain->code_count = (uint32_t)domain->bands.count;
    domain->codes = arena_alloc(counting->arena, domain->code_count * sizeof *domain->codes);
    domain->lines = arena_alloc(counting->arena, domain->code_count * sizeof *domain->lines);
    for (uint32_t i = 0; i < domain->code_count; i++) {
        domain->codes[i] = domain->bands.starts[i];
        domain->lines[i] = i;
    }
}

/* Who has it, who has not. */
static void take_condition(Counting *counting, Domain *domain, bool is_of_amount)
{
    static const Text answers[] = {TEXT("yes"), TEXT("no")}, amounts[] = {TEXT("known"), TEXT("unknown")};
    const Text *values = is_of_amount ? amounts : answers;
    static const int64_t codes[] = {false, true};
    static const uint32_t lines[] = {1, 0};

    *domain = (Domain){.value_count = 2, .code_count = 2};
    domain->values = arena_alloc(counting->arena, sizeof answers);
    memcpy(domain->values, values, sizeof answers);
    domain->codes = arena_alloc(counting->arena, sizeof codes);
    memcpy(domain->codes, codes, sizeof codes);
    domain->lines = arena_alloc(counting->arena, sizeof lines);
    memcpy(domain->lines, lines, sizeof lines);
}

static Result take_categories(Counting *counting, const CountCategory *categories, size_t count,
                              size_t dimension, Error *error)
{
    const Dimension *of = &counting->bound->dimensions[dimension];
    Domain *domain = &counting->domains[dimension];
    Mention at = tree_mention(counting->tree, of->place);
    Text name = text_from(of->attribute->name);

    *domain = (Domain){.bands = of->bands, .band_min = UINT32_MAX};
    if (of->bands.count > 0) {
        map_bands(counting, domain);
        return RESULT_OK;
    }
    domain->values = arena_alloc(counting->arena, (count + 1) * sizeof *domain->values);
    for (size_t i = 0; i < count; i++)
        if (text_equal(name, categories[i].dimension))
            domain->values[domain->value_count++] = text_copy(counting->arena, categories[i].value);
    if (domain->value_count > LINES_MAX)
        return source_text_fail_at(&at, ERROR_LIMIT, error, "%s has more than %d values", of->attribute->name,
                                   LINES_MAX);
    qsort(domain->values, domain->value_count, sizeof *domain->values, compare_values);
    map_codes(counting, dimension);
    return RESULT_OK;
}

Result count_domains_of(Counting *counting, const CountCategory *categories, size_t count, Error *error)
{
    for (size_t d = 0; d < counting->bound->dimension_count; d++)
        if (counting->bound->dimensions[d].condition != NULL)
            take_condition(counting, &counting->domains[d], counting->bound->dimensions[d].amount != NULL);
        else
            TRY(take_categories(counting, categories, count, d, error));
    return RESULT_OK;
}

Result count_domains(Db *reader, int64_t release_id, Counting *counting, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    Text sql =
        text_format(counting->arena, "SELECT dimension, value FROM release_%" PRId64 ".category", release_id);
    DbStatement statement = {
        .name = "release categories", .sql = sql.data, .columns = {VALUE_TEXT, VALUE_TEXT}};

    TRY(db_run(reader, &statement, NULL, &rows, error));
    CountCategory *categories = arena_alloc(counting->arena, (db_row_count(rows) + 1) * sizeof *categories);
    for (size_t i = 0; i < db_row_count(rows); i++)
        categories[i] = (CountCategory){db_text(rows, i, 0), db_text(rows, i, 1)};
    return count_domains_of(counting, categories, db_row_count(rows), error);
}

/* ---- lines ---- */

static Text label(const Counting *counting, const Domain *domain, size_t line)
{
    if (domain->bands.count == 0)
        return domain->values[line];
    return bands_label(&domain->bands, domain->band_min + line, counting->arena);
}

static void see(Domain *domain, size_t place)
{
    if (place == domain->code_count) {
        domain->has_unknown = true;
        return;
    }
    domain->band_min = place < domain->band_min ? (uint32_t)place : domain->band_min;
    domain->band_max = place > domain->band_max ? (uint32_t)place : domain->band_max;
}

static void see_group(Counting *counting, const CountGroup *group)
{
    size_t places[QUERY_DIMENSIONS_MAX];

    for (size_t cell = 0; cell < group->cell_count; cell++) {
        if (set_hash_people(group->cells[cell]) == 0)
            continue;
        count_groups_places(counting, group, cell, places);
        for (size_t d = 0; d < group->dimension_count; d++)
            see(&counting->domains[group->dimensions[d]], places[d]);
    }
}

static void see_part(Counting *counting, const CountPart *part)
{
    for (size_t cell = 0; part->is_asked && cell < counting->groups[part->group].cell_count; cell++)
        counting->domains[part->condition].has_unknown |= set_hash_people(part->unknown[cell]) > 0;
}

/* Which lines there are follows from who is counted; where those are few, there are all that can be. */
static void widen(const Counting *counting, Domain *domain)
{
    if (counting->people == 0 || (counting->people >= COUNT_LINES_PEOPLE_MIN &&
                                  counting->people >= (uint64_t)counting->bound->people_min))
        return;
    domain->has_unknown = true;
    if (domain->bands.count == 0)
        return;
    domain->band_min = 0;
    domain->band_max = domain->code_count - 1;
}

/* A measure has the same answers in each period. */
static void widen_periods(Counting *counting, size_t dimension)
{
    const Dimension *of = &counting->bound->dimensions[dimension];

    if (of->condition == NULL || !counting->domains[dimension].has_unknown)
        return;
    for (size_t d = 0; d < counting->bound->dimension_count; d++)
        if (counting->bound->dimensions[d].condition != NULL &&
            text_equal(counting->bound->dimensions[d].said, of->said))
            counting->domains[d].has_unknown = true;
}

void count_lines(Counting *counting)
{
    for (size_t g = 0; g < counting->group_count; g++)
        see_group(counting, &counting->groups[g]);
    for (size_t t = 0; t < counting->tree->part_count; t++)
        see_part(counting, &counting->parts[t]);
    for (size_t d = 0; d < counting->bound->dimension_count; d++) {
        if (counting->bound->dimensions[d].amount != NULL)
            continue; /* it is known of somebody or it is not */
        widen(counting, &counting->domains[d]);
        widen_periods(counting, d);
    }
}

static void set_values(const Counting *counting, size_t index, CountDimension *dimension)
{
    const Domain *domain = &counting->domains[index];
    bool is_banded = domain->bands.count > 0 && domain->band_min <= domain->band_max;
    size_t count = is_banded ? (size_t)(domain->band_max - domain->band_min) + 1 : domain->value_count;

    dimension->values = arena_alloc(counting->arena, (count + 1) * sizeof *dimension->values);
    for (size_t i = 0; i < count; i++)
        dimension->values[i] = label(counting, domain, i);
    if (domain->has_unknown)
        dimension->values[count++] = TEXT("not known");
    dimension->value_count = count;
}

/* ---- cells ---- */

/* Which place of the table's dimension one of the group's is. */
static size_t place_of(const Domain *domain, const CountDimension *dimension, size_t place)
{
    if (place == domain->code_count)
        return dimension->value_count - 1;
    return domain->bands.count == 0 ? domain->lines[place] : place - domain->band_min;
}

static void add_to_cell(CountTable *table, size_t cell, SetHash people)
{
    set_hash_add(&table->cells[cell].set, people);
    table->cells[cell].people += set_hash_people(people);
}

/* Yes, no and not known stand beside each other. */
static void add_asked(CountTable *table, size_t first, const CountPart *part, size_t cell, SetHash all)
{
    SetHash others = set_hash_less(set_hash_less(all, part->yes[cell]), part->unknown[cell]);

    add_to_cell(table, first, part->yes[cell]);
    add_to_cell(table, first + 1, others);
    if (set_hash_people(part->unknown[cell]) > 0)
        add_to_cell(table, first + 2, part->unknown[cell]);
}

static void gather_people(const Counting *counting, const CountPart *part, CountTable *table)
{
    const CountGroup *group = &counting->groups[part->group];
    size_t places[QUERY_DIMENSIONS_MAX], to[QUERY_DIMENSIONS_MAX] = {0};
    uint16_t *where = arena_alloc(counting->arena, (count_places(table) + 1) * sizeof *where);

    table->who = group->who;
    table->who_places = where;
    table->yes = part->yes_bits;
    table->unknown = part->unknown_bits;
    table->yes_sketches = part->yes_sketches;
    table->unknown_sketches = part->unknown_sketches;
    for (size_t cell = 0; cell < group->cell_count; cell++) {
        if (set_hash_people(group->cells[cell]) == 0)
            continue;
        count_groups_places(counting, group, cell, places);
        for (size_t d = 0; d < group->dimension_count; d++)
            to[d] = place_of(&counting->domains[group->dimensions[d]], &table->dimensions[d], places[d]);
        if (group->who != NULL)
            where[count_cell(table, to) / (count_answers(table) + 1)] = (uint16_t)cell;
        if (part->is_asked)
            add_asked(table, count_cell(table, to), part, cell, group->cells[cell]);
        else
            add_to_cell(table, count_cell(table, to), group->cells[cell]);
    }
}

static void set_period(const Counting *counting, const Part *part, CountTable *table)
{
    const Series *series = &counting->tree->tables[part->table].series;

    if (series->count == 0)
        return;
    table->period_column = period_column(series->unit);
    table->period = series_label(series, counting->bound->as_at, part->period, counting->arena);
}

/* A condition of two periods is two conditions: suppression links tables by the names of their dimensions. */
static Text name_of(const Counting *counting, const CountTable *table, const Dimension *dimension)
{
    if (dimension->condition == NULL || table->period_column == NULL)
        return text_from(dimension->attribute->name);
    return text_format(counting->arena, "%s %.*s", dimension->attribute->name, TEXT_ARG(table->period));
}

Result count_part(const Counting *counting, size_t number, CountTable *table, Error *error)
{
    const Part *part = &counting->tree->parts[number];
    const TableNode *node = &counting->tree->tables[part->table];
    Mention at = tree_mention(counting->tree, node->place);
    size_t cells = 1;

    *table = (CountTable){.title = node->title,
                          .part = part,
                          .dimension_count = part->dimension_count,
                          .has_totals = node->has_totals};
    set_period(counting, part, table);
    for (size_t d = 0; d < part->dimension_count; d++) {
        CountDimension *dimension = &table->dimensions[d];
        size_t index = count_bound(counting, part, d);
        dimension->name = name_of(counting, table, part->dimensions[d]);
        dimension->is_condition = part->dimensions[d]->condition != NULL;
        dimension->may_total = dimension->is_condition || node->totals[d];
        set_values(counting, index, dimension);
        cells *= dimension->value_count + 1;
        if (cells > COUNT_CELLS_MAX)
            return source_text_fail_at(&at, ERROR_LIMIT, error,
                                       "this table has more than %d cells; use fewer or coarser dimensions",
                                       COUNT_CELLS_MAX);
    }
    table->cell_count = cells;
    table->cells = arena_alloc(counting->arena, cells * sizeof *table->cells);
    gather_people(counting, &counting->parts[number], table);
    count_margins(table);
    return RESULT_OK;
}
