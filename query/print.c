/*
 * The canonical text: printed from the tree, so that layout and comments are gone and only meaning is left.
 * It parses to the same tree, and prints to itself.
 */
#include <inttypes.h>

#include "query/print.h"

enum { LINE_CODES = 8 };

void print_string(TextBuilder *out, Text text)
{
    text_add_char(out, '"');
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '"')
            text_add_char(out, '"');
        text_add_char(out, text.data[i]);
    }
    text_add_char(out, '"');
}

void print_date(TextBuilder *out, Date date)
{
    char text[DATE_TEXT_BYTES];

    text_add_string(out, date_format(date, text));
}

/* By their width where they have one, however they were said. Two are read more easily by where they part. */
static void print_bands(TextBuilder *out, const Bands *bands)
{
    int64_t years = bands->count > 1 ? bands->starts[1] : BAND_YEARS_MAX;
    const Bands as_wide = bands_of_years(years);

    if (bands->count != 2 && bands_equal(bands, &as_wide)) {
        text_add_format(out, ", %" PRId64 ")", years);
        return;
    }
    for (size_t i = 1; i < bands->count; i++)
        text_add_format(out, i == 1 ? ", from %d" : ", %d", bands->starts[i]);
    text_add_char(out, ')');
}

static void print_dimension(TextBuilder *out, const Dimension *dimension)
{
    text_add_string(out, dimension->bands.count > 0 ? "band(" : "");
    text_add_string(out, dimension->attribute->name);
    if (dimension->bands.count > 0)
        print_bands(out, &dimension->bands);
}

/* month of the 12 months to as_at, or month from DAY to DAY */
static void print_series(TextBuilder *out, const Series *series)
{
    text_add_string(out, period_name(series->unit));
    if (series->from == DATE_NONE) {
        text_add_format(out, " of the %zu %s", series->count, period_many(series->unit));
    } else {
        text_add_string(out, " from ");
        print_date(out, series->from);
    }
    text_add_string(out, " to ");
    if (series->to == DATE_NONE)
        text_add_string(out, "as_at");
    else
        print_date(out, series->to);
}

/* Those behind `by`, or of them those behind `totals`. */
static void print_dimensions(TextBuilder *out, const TableNode *table, bool of_totals)
{
    const char *before = of_totals ? "  totals " : "  by ";

    if (!of_totals && table->series.count > 0) {
        text_add_string(out, before);
        print_series(out, &table->series);
        before = ", ";
    }
    for (size_t i = 0; i < table->dimension_count; i++) {
        if (of_totals && !table->totals[i])
            continue;
        text_add_string(out, before);
        print_dimension(out, &table->dimensions[i]);
        before = ", ";
    }
    text_add_char(out, '\n');
}

static void print_counted(TextBuilder *out, const TableNode *table, size_t measure)
{
    text_add(out, measure == MEASURE_OF_ALL ? TEXT("people") : table->measures[measure].name);
}

static void print_population(TextBuilder *out, const Measure *measure)
{
    text_add_string(out, "of population ");
    print_string(out, measure->population);
}

void print_statistic(TextBuilder *out, const Measure *measure)
{
    if (measure->kind == MEASURE_PERCENTILE && measure->percent != QUERY_MEDIAN_PERCENT)
        text_add_format(out, "percentile %" PRId64, measure->percent);
    else
        text_add_string(out, measure->kind == MEASURE_SUM    ? "sum"
                             : measure->kind == MEASURE_MEAN ? "mean"
                                                             : "median");
}

static void print_measure(TextBuilder *out, const TableNode *table, const Measure *measure)
{
    text_add_format(out, "  measure %.*s = ", TEXT_ARG(measure->name));
    if (measure->kind == MEASURE_RATE) {
        print_counted(out, table, measure->numerator);
        text_add_format(out, " per %" PRId64 " ", measure->per);
        if (measure->population.length == 0)
            print_counted(out, table, measure->denominator);
        else
            print_population(out, measure);
    } else if (measure_is_of_amount(measure)) {
        print_statistic(out, measure);
        text_add_format(out, " of %.*s", TEXT_ARG(measure->dimension.said));
    } else {
        text_add_format(out, "people with %.*s", TEXT_ARG(measure->dimension.said));
    }
    text_add_char(out, '\n');
}

static void print_table(TextBuilder *out, const TableNode *table)
{
    text_add_string(out, "\ntable ");
    print_string(out, table->title);
    text_add_char(out, '\n');
    print_dimensions(out, table, false);
    if (table->has_totals)
        print_dimensions(out, table, true);
    text_add_string(out, "  measure people\n");
    for (size_t i = 0; i < table->measure_count; i++)
        print_measure(out, table, &table->measures[i]);
}

static void print_day(TextBuilder *out, const char *words, Date day)
{
    if (day == DATE_NONE)
        return;
    text_add_string(out, words);
    print_date(out, day);
    text_add_char(out, '\n');
}

static void print_heading(TextBuilder *out, const Tree *tree)
{
    text_add_string(out, "query ");
    print_string(out, tree->title);
    text_add_string(out, "\nproject ");
    text_add(out, tree->project);
    text_add_char(out, '\n');
    if (tree->as_at_of != NULL)
        text_add_format(out, "as at %.*s\n", TEXT_ARG(tree->as_at_of->name));
    else
        print_day(out, "as at ", tree->as_at);
    print_day(out, "as known at ", tree->known_at);
}

static void print_terminology(TextBuilder *out, const CodeList *list)
{
    if (list->terminology.length == 0)
        return;
    text_add_string(out, " terminology ");
    print_string(out, list->terminology);
    if (list->release.length == 0)
        return;
    text_add_string(out, " release ");
    print_string(out, list->release);
}

/* Without categories where the query names none: a code of two of them stands there once. */
static void print_codes(TextBuilder *out, const CodeList *list)
{
    const char *before = "(";
    size_t printed = 0;

    text_add_format(out, "codes %.*s", TEXT_ARG(list->name));
    print_terminology(out, list);
    text_add_string(out, " = ");
    for (size_t i = 0; i < list->count; i++) {
        bool has_category = list->shows_categories && list->categories[i].length > 0;
        if (i > 0 && !list->shows_categories && text_equal(list->codes[i], list->codes[i - 1]))
            continue;
        text_add_string(out, before);
        print_string(out, list->codes[i]);
        text_add_string(out, has_category ? " as " : "");
        if (has_category)
            print_string(out, list->categories[i]);
        text_add_string(out, list->inactive != NULL && list->inactive[i] ? " inactive" : "");
        before = ++printed % LINE_CODES == 0 ? ",\n  " : ", ";
    }
    text_add_string(out, ")\n");
}

static void print_parameter(TextBuilder *out, Arena *arena, const Parameter *parameter)
{
    text_add_format(out, "parameter %.*s in (", TEXT_ARG(parameter->name));
    for (size_t i = 0; i < parameter->count; i++) {
        text_add_string(out, i > 0 ? ", " : "");
        print_expression(out, arena, parameter->values[i].node);
    }
    text_add_string(out, ")\n");
}

static void print_definitions(TextBuilder *out, Arena *arena, const Tree *tree)
{
    for (size_t i = 0; i < tree->code_list_count; i++)
        if (tree->code_lists[i].is_used)
            print_codes(out, &tree->code_lists[i]);
    for (size_t i = 0; i < tree->parameter_count; i++)
        if (tree->parameters[i].is_used)
            print_parameter(out, arena, &tree->parameters[i]);
    for (size_t i = 0; i < tree->let_count; i++) {
        if (!tree->lets[i].is_used)
            continue;
        text_add_format(out, "let %.*s = ", TEXT_ARG(tree->lets[i].name));
        print_expression(out, arena, tree->lets[i].value);
        text_add_char(out, '\n');
    }
}

Text tree_print(const Tree *tree, Arena *arena)
{
    SCOPED(text_builder_close) TextBuilder out = text_builder(2 * QUERY_CANONICAL_BYTES_MAX);

    print_heading(&out, tree);
    print_definitions(&out, arena, tree);
    text_add_string(&out, "cohort ");
    print_expression(&out, arena, tree->cohort);
    text_add_char(&out, '\n');
    for (size_t i = 0; i < tree->table_count; i++)
        print_table(&out, &tree->tables[i]);
    return text_copy(arena, text_built(&out));
}
