/* A ReleasedTable for people to read: in a terminal, as CSV. */
#include <inttypes.h>

#include "query/released_coverage.h"
#include "query/released_population.h"
#include "query/released_prices.h"

enum { ACROSS_MAX = 12, COLUMNS_MAX = 24, WIDE_MAX = QUERY_DIMENSIONS_MAX + 1 + 2 * QUERY_MEASURES_MAX };

static Text cell_text(const ReleasedTable *table, const ReleasedCell *cell)
{
    if (cell->is_hidden)
        return TEXT("*");
    return text_format(table->arena, "%" PRId64, cell->people);
}

static Text measure_text(const ReleasedTable *table, const ReleasedMeasure *measure, size_t line)
{
    char text[AMOUNT_TEXT_BYTES];

    if (measure->amounts == NULL)
        return cell_text(table, &measure->cells[line * measure->answers.value_count]);
    if (measure->amounts[line].is_hidden)
        return TEXT("*");
    if (measure->amounts[line].is_none)
        return TEXT("");
    return text_copy(table->arena, text_from(amount_format(measure->amounts[line].amount, text)));
}

/* What a value means, for people; files keep the code. */
static Text label_of(const ReleasedTable *table, size_t d, size_t value, TableFormat format)
{
    static const struct {
        const char *dimension, *code, *meaning;
    } meanings[] = {{"sex", "1", "male"},
                    {"sex", "2", "female"},
                    {"sex", "9", "indeterminate"},
                    {"sex", "X", "not known (X)"}};
    const CountDimension *dimension = &table->dimensions[d];

    for (size_t i = 0; format == TABLE_TERMINAL && i < sizeof meanings / sizeof *meanings; i++)
        if (text_equal(dimension->name, text_from(meanings[i].dimension)) &&
            text_equal(dimension->values[value], text_from(meanings[i].code)))
            return text_from(meanings[i].meaning);
    return dimension->values[value];
}

/* Beside an amount a column says of how many people it is. */
static size_t print_headings(const ReleasedTable *table, const char **headings)
{
    size_t columns = 0;

    for (size_t d = 0; d < table->dimension_count; d++)
        headings[columns++] = table->dimensions[d].name.data;
    headings[columns++] = "people";
    for (size_t m = 0; m < table->measure_count; m++) {
        const ReleasedMeasure *measure = &table->measures[m];
        headings[columns++] = measure->name.data;
        if (measure->statistic.length > 0)
            headings[columns++] = text_format(table->arena, "%.*s people", TEXT_ARG(measure->name)).data;
    }
    return columns;
}

/* A line a place, a column a measure: of a condition who has it. */
static void print_wide(const ReleasedTable *table, TableFormat format, FILE *out)
{
    const char *headings[WIDE_MAX];
    bool right[WIDE_MAX] = {false};
    Text cells[WIDE_MAX];
    size_t fixed = table->dimension_count, columns = print_headings(table, headings);

    for (size_t i = fixed; i < columns; i++)
        right[i] = true;
    SCOPED(table_close) Table *printed = table_create(headings, right, columns);
    for (size_t i = 0; i < table->line_count; i++) {
        const ReleasedLine *line = &table->lines[i];
        for (size_t d = 0; d < fixed; d++)
            cells[d] = label_of(table, d, line->place[d], format);
        size_t column = fixed;
        cells[column++] = cell_text(table, &line->people);
        for (size_t m = 0; m < table->measure_count; m++) {
            const ReleasedMeasure *measure = &table->measures[m];
            cells[column++] = measure_text(table, measure, i);
            if (measure->statistic.length > 0)
                cells[column++] = cell_text(table, &measure->cells[i * measure->answers.value_count]);
        }
        table_row(printed, cells);
    }
    table_print(printed, format, out);
}

static bool same_line(const ReleasedTable *table, const ReleasedLine *a, const ReleasedLine *b)
{
    for (size_t d = 0; d + 1 < table->dimension_count; d++)
        if (a->place[d] != b->place[d])
            return false;
    return true;
}

/* People alone, the last dimension's values side by side; a blank where a margin was not asked for. */
static void print_across(const ReleasedTable *table, FILE *out)
{
    const char *headings[COLUMNS_MAX];
    bool right[COLUMNS_MAX] = {false};
    Text cells[COLUMNS_MAX];
    size_t fixed = table->dimension_count - 1;
    const CountDimension *last = &table->dimensions[fixed];
    size_t columns = fixed + last->value_count + 1;

    for (size_t d = 0; d < fixed; d++)
        headings[d] = table->dimensions[d].name.data;
    for (size_t i = fixed; i < columns; i++) {
        Text value = label_of(table, fixed, i - fixed, TABLE_TERMINAL);
        headings[i] = i + 1 < columns
                          ? text_format(table->arena, "%.*s %.*s", TEXT_ARG(last->name), TEXT_ARG(value)).data
                          : "all";
        right[i] = true;
    }
    SCOPED(table_close) Table *printed = table_create(headings, right, columns);
    for (size_t i = 0; i < table->line_count;) {
        const ReleasedLine *first = &table->lines[i];
        for (size_t d = 0; d < columns; d++)
            cells[d] = d < fixed ? label_of(table, d, first->place[d], TABLE_TERMINAL) : TEXT("");
        for (; i < table->line_count && same_line(table, first, &table->lines[i]); i++)
            cells[fixed + table->lines[i].place[fixed]] = cell_text(table, &table->lines[i].people);
        table_row(printed, cells);
    }
    table_print(printed, TABLE_TERMINAL, out);
}

/* The disclosure record, for people. */
static void print_record(const ReleasedTable *table, const char *before, FILE *out)
{
    const Provenance *provenance = &table->provenance;
    const GovernancePolicy *policy = &provenance->policy;
    char date[DATE_TEXT_BYTES], month[DATE_TEXT_BYTES], as_at[DATE_TEXT_BYTES];

    fprintf(out,
            "%s* hidden: %" PRId64 " of %" PRId64 " cells%s: counts of 1 to %" PRId64
            " people (primary), and those that would give these back (complementary). 0 is nobody.\n",
            before, table->hidden_count, table->cell_count,
            table->measure_count > 0 ? ", who has no condition of a measure or is not known among them" : "",
            policy->people_min - 1);
    fprintf(out,
            "%sPolicy %s of %s: at least %" PRId64
            " people; each count, totals as well, to the nearest %" PRId64 ", so parts need not add up.\n",
            before, policy->name, date_format(policy->effective_from, date), policy->people_min,
            policy->round_to);
    if (provenance->is_of_households)
        fprintf(out,
                "%sIt asks of homes: who has no household, of up to %d people and in no care home, on a day "
                "asked of is not counted.\n",
                before, PLAN_HOME_PEOPLE_MAX);
    if (released_has_amounts(table))
        fprintf(
            out,
            "%sAmounts are of those people of whom they are known, up to %d. Also hidden: where two of them "
            "make up more than 90 %% of it, few have another amount than the rest or than another measure "
            "counts, or all the same; and those that would give these back. A mean is the published sum by "
            "the published people, a percentile the mean of a block of %" PRId64 " people.\n",
            before, PLAN_AMOUNT_MAX, policy->people_min);
    fprintf(out, "%sQuery \"%.*s\", project %.*s, ", before, TEXT_ARG(provenance->query_title),
            TEXT_ARG(provenance->project));
    if (provenance->dummy_seed.length > 0)
        fprintf(out, "dummy data of seed %.*s", TEXT_ARG(provenance->dummy_seed));
    else
        fprintf(out, "release %" PRId64 " (%s)", provenance->release_id,
                month_format(provenance->month, month));
    fprintf(out, ", as at %s%s%.*s.\n", date_format(provenance->as_at, as_at),
            provenance->known_at.length > 0 ? ", as known at " : "", TEXT_ARG(provenance->known_at));
    for (size_t i = 0; i < provenance->setting_count; i++)
        fprintf(out, "%sParameter %.*s: %.*s.\n", before, TEXT_ARG(provenance->settings[i].name),
                TEXT_ARG(provenance->settings[i].value));
    released_codes_print(provenance->codes, provenance->codes_count, before, out);
    released_population_print(table, before, out);
    released_prices_print(table, before, out);
}

static bool is_across(const ReleasedTable *table)
{
    return table->measure_count == 0 && table->dimension_count > 1 &&
           table->dimensions[table->dimension_count - 1].value_count <= ACROSS_MAX;
}

static void print_text(const ReleasedTable *table, TableFormat format, FILE *out)
{
    const Provenance *provenance = &table->provenance;

    if (format == TABLE_CSV) {
        print_wide(table, TABLE_CSV, out);
        fprintf(out, "# %.*s\n", TEXT_ARG(table->title));
        print_record(table, "# ", out);
        released_coverage_print_csv(provenance->coverage, provenance->coverage_count, &provenance->policy,
                                    "# ", out);
        if (provenance->dummy_seed.length == 0)
            linkage_lines_print_csv(&provenance->linkage, "# ", out);
        return;
    }
    fprintf(out, "%.*s\n\n", TEXT_ARG(table->title));
    if (is_across(table))
        print_across(table, out);
    else
        print_wide(table, TABLE_TERMINAL, out);
    fputc('\n', out);
    print_record(table, "", out);
    released_coverage_print(provenance->coverage, provenance->coverage_count, &provenance->policy, out);
    if (provenance->dummy_seed.length == 0)
        linkage_lines_print(&provenance->linkage, "", out);
}

void dummy_text_print(Text text, TableFormat format, FILE *out)
{
    while (text.length > 0) {
        Text line = text_next(&text, '\n');
        bool is_comment = format == TABLE_CSV && text_starts_with(line, TEXT("#"));
        fprintf(out, "%s%.*s\n", is_comment ? "# DUMMY" : (format == TABLE_CSV ? "DUMMY," : "DUMMY  "),
                TEXT_ARG(text_slice(line, is_comment, line.length)));
    }
}

static void print_dummy(const ReleasedTable *table, TableFormat format, FILE *out)
{
    char *text = NULL;
    size_t length = 0;
    FILE *held = open_memstream(&text, &length);

    if (held == NULL)
        return;
    print_text(table, format, held);
    if (fclose(held) == 0)
        dummy_text_print((Text){text, length}, format, out);
    memory_free(text);
}

void released_table_print(const ReleasedTable *table, TableFormat format, FILE *out)
{
    if (format == TABLE_JSON)
        fprintf(out, "%.*s\n", TEXT_ARG(table->canonical));
    else if (table->provenance.dummy_seed.length > 0)
        print_dummy(table, format, out);
    else
        print_text(table, format, out);
}
