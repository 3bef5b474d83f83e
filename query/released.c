#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "query/released.h"

enum { ARENA_BYTES_MAX = 64 << 20, CELL_TEXT_BYTES = 24, ACROSS_MAX = 12, COLUMNS_MAX = 24 };

typedef struct ReleasedCell {
    size_t place[QUERY_DIMENSIONS_MAX]; /* value_count: all */
    bool is_hidden;
    int64_t people; /* rounded; 0 when hidden */
} ReleasedCell;

struct ReleasedTable {
    Arena *arena; /* holds all below */
    Text title;
    CountDimension dimensions[QUERY_DIMENSIONS_MAX];
    size_t dimension_count;
    ReleasedCell *cells; /* in the order of the lines */
    size_t cell_count;
    int64_t hidden_count;
    Provenance provenance;
    Text canonical;
};

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
    return (int64_t)table->cell_count;
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

static void copy_dimensions(ReleasedTable *table, const CountTable *counts)
{
    table->dimension_count = counts->dimension_count;
    for (size_t d = 0; d < counts->dimension_count; d++) {
        const CountDimension *from = &counts->dimensions[d];
        CountDimension *to = &table->dimensions[d];
        to->name = text_copy(table->arena, from->name);
        to->value_count = from->value_count;
        to->values = arena_alloc(table->arena, (from->value_count + 1) * sizeof *to->values);
        for (size_t i = 0; i < from->value_count; i++)
            to->values[i] = text_copy(table->arena, from->values[i]);
        to->values[from->value_count] = TEXT("all");
    }
}

static void copy_cells(ReleasedTable *table, const CountTable *counts, const CellState *states)
{
    table->cells = arena_alloc(table->arena, (counts->cell_count + 1) * sizeof *table->cells);
    for (size_t i = 0; i < counts->cell_count; i++) {
        ReleasedCell *cell = &table->cells[table->cell_count];
        if (states[i] == CELL_NOT_ASKED)
            continue;
        count_coordinates(counts, i, cell->place);
        cell->is_hidden = cell_is_hidden(states[i]);
        if (!cell->is_hidden)
            cell->people = round_people(counts->cells[i].people, table->provenance.policy.round_to);
        table->hidden_count += cell->is_hidden;
        table->cell_count++;
    }
}

static void copy_provenance(ReleasedTable *table, const Provenance *from)
{
    Coverage *coverage = arena_alloc(table->arena, (from->coverage_count + 1) * sizeof *coverage);

    for (size_t i = 0; i < from->coverage_count; i++) {
        coverage[i] = from->coverage[i];
        coverage[i].source = text_copy(table->arena, from->coverage[i].source);
        coverage[i].status = text_copy(table->arena, from->coverage[i].status);
    }
    table->provenance = *from;
    table->provenance.query_title = text_copy(table->arena, from->query_title);
    table->provenance.project = text_copy(table->arena, from->project);
    table->provenance.coverage = coverage;
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

static json_t *cell_json(const ReleasedTable *table, const ReleasedCell *cell)
{
    json_t *at = json_array();

    for (size_t d = 0; d < table->dimension_count; d++)
        json_array_append_new(at, text_json(table->dimensions[d].values[cell->place[d]]));
    /* Which rule hid a cell is not said: it would tell a small count from a large one. */
    return cell->is_hidden ? json_pack("{s:o, s:b}", "at", at, "hidden", 1)
                           : json_pack("{s:o, s:I}", "at", at, "people", (json_int_t)cell->people);
}

static json_t *coverage_json(const Coverage *coverage)
{
    json_t *match = coverage->match_percent < 0 ? json_null() : json_integer(coverage->match_percent);

    return json_pack("{s:o, s:o, s:o, s:I, s:I, s:o, s:o, s:I}", "source", text_json(coverage->source),
                     "from", month_json(coverage->from), "to", month_json(coverage->to), "months",
                     (json_int_t)coverage->months, "senders", (json_int_t)coverage->senders, "status",
                     text_json(coverage->status), "match_percent", match, "practices_left_out",
                     (json_int_t)coverage->practices_left_out);
}

/* Both rules are always named, and how many cells each hid is not said: two cells that the first rule hid and
 * that add up to 14 would be 7 and 7. */
static json_t *disclosure_json(const ReleasedTable *table)
{
    const GovernancePolicy *policy = &table->provenance.policy;

    return json_pack("{s:s, s:o, s:o, s:I, s:I, s:I, s:I, s:[s, s]}", "policy", policy->name,
                     "effective_from", date_json(policy->effective_from), "policy_content",
                     hash_json(&policy->content), "people_min", (json_int_t)policy->people_min, "round_to",
                     (json_int_t)policy->round_to, "cells", (json_int_t)table->cell_count, "hidden",
                     (json_int_t)table->hidden_count, "rules", "primary", "complementary");
}

static json_t *table_json(const ReleasedTable *table)
{
    json_t *cells = json_array(), *coverage = json_array(), *dimensions = json_array();
    const Provenance *provenance = &table->provenance;

    for (size_t i = 0; i < table->cell_count; i++)
        json_array_append_new(cells, cell_json(table, &table->cells[i]));
    for (size_t i = 0; i < provenance->coverage_count; i++)
        json_array_append_new(coverage, coverage_json(&provenance->coverage[i]));
    for (size_t d = 0; d < table->dimension_count; d++)
        json_array_append_new(dimensions, text_json(table->dimensions[d].name));
    return json_pack("{s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "title",
                     text_json(table->title), "query", text_json(provenance->query_title), "project",
                     text_json(provenance->project), "query_content", hash_json(&provenance->query_content),
                     "release", (json_int_t)provenance->release_id, "month", month_json(provenance->month),
                     "as_at", date_json(provenance->as_at), "dimensions", dimensions, "cells", cells,
                     "disclosure", disclosure_json(table), "coverage", coverage);
}

static void make_canonical(ReleasedTable *table)
{
    json_t *json = table_json(table);
    char *text = json_dumps(json, JSON_SORT_KEYS | JSON_COMPACT | JSON_ENSURE_ASCII);

    table->canonical = text_copy(table->arena, text_from(text));
    memory_free(text); /* jansson's allocation */
    json_decref(json);
}

ReleasedTable *released_make(const CountTable *counts, const CellState *states, const Provenance *provenance)
{
    ReleasedTable *table = memory_alloc(sizeof *table);

    table->arena = arena_create(ARENA_BYTES_MAX);
    table->title = text_copy(table->arena, counts->title);
    copy_provenance(table, provenance);
    copy_dimensions(table, counts);
    copy_cells(table, counts, states);
    make_canonical(table);
    return table;
}

/* ---- printing ---- */

static Text cell_text(const ReleasedTable *table, const ReleasedCell *cell)
{
    if (cell->is_hidden)
        return TEXT("*");
    return text_format(table->arena, "%" PRId64, cell->people);
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

/* One line a cell. */
static void print_long(const ReleasedTable *table, TableFormat format, FILE *out)
{
    const char *headings[QUERY_DIMENSIONS_MAX + 1];
    bool right[QUERY_DIMENSIONS_MAX + 1] = {false};
    Text cells[QUERY_DIMENSIONS_MAX + 1];
    size_t count = table->dimension_count;

    for (size_t d = 0; d < count; d++)
        headings[d] = table->dimensions[d].name.data;
    headings[count] = "people";
    right[count] = true;
    SCOPED(table_close) Table *printed = table_create(headings, right, count + 1);
    for (size_t i = 0; i < table->cell_count; i++) {
        for (size_t d = 0; d < count; d++)
            cells[d] = label_of(table, d, table->cells[i].place[d], format);
        cells[count] = cell_text(table, &table->cells[i]);
        table_row(printed, cells);
    }
    table_print(printed, format, out);
}

static bool same_line(const ReleasedTable *table, const ReleasedCell *a, const ReleasedCell *b)
{
    for (size_t d = 0; d + 1 < table->dimension_count; d++)
        if (a->place[d] != b->place[d])
            return false;
    return true;
}

/* The last dimension's values side by side; a blank where a margin was not asked for. */
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
    for (size_t i = 0; i < table->cell_count;) {
        const ReleasedCell *first = &table->cells[i];
        for (size_t d = 0; d < columns; d++)
            cells[d] = d < fixed ? label_of(table, d, first->place[d], TABLE_TERMINAL) : TEXT("");
        for (; i < table->cell_count && same_line(table, first, &table->cells[i]); i++)
            cells[fixed + table->cells[i].place[fixed]] = cell_text(table, &table->cells[i]);
        table_row(printed, cells);
    }
    table_print(printed, TABLE_TERMINAL, out);
}

static void print_coverage(const ReleasedTable *table, const char *before, FILE *out)
{
    char from[DATE_TEXT_BYTES], to[DATE_TEXT_BYTES];

    for (size_t i = 0; i < table->provenance.coverage_count; i++) {
        const Coverage *line = &table->provenance.coverage[i];
        fprintf(out, "%sSource %.*s: %s to %s (%" PRId64 " month%s), %.*s, %" PRId64 " sender%s", before,
                TEXT_ARG(line->source), month_format(line->from, from), month_format(line->to, to),
                line->months, line->months == 1 ? "" : "s", TEXT_ARG(line->status), line->senders,
                line->senders == 1 ? "" : "s");
        if (line->match_percent >= 0)
            fprintf(out, ", %" PRId64 " %% of rows linked", line->match_percent);
        if (line->practices_left_out > 0)
            fprintf(out, ", practices left out: %" PRId64, line->practices_left_out);
        fputc('\n', out);
    }
}

/* The disclosure record, for people. */
static void print_record(const ReleasedTable *table, const char *before, FILE *out)
{
    const Provenance *provenance = &table->provenance;
    const GovernancePolicy *policy = &provenance->policy;
    char date[DATE_TEXT_BYTES], month[DATE_TEXT_BYTES], as_at[DATE_TEXT_BYTES];

    fprintf(out,
            "%s* hidden: %" PRId64 " of %zu cells: counts of 1 to %" PRId64
            " people (primary), and those that would give these back (complementary). 0 is nobody.\n",
            before, table->hidden_count, table->cell_count, policy->people_min - 1);
    fprintf(out,
            "%sPolicy %s of %s: at least %" PRId64
            " people; each count, totals as well, to the nearest %" PRId64 ", so parts need not add up.\n",
            before, policy->name, date_format(policy->effective_from, date), policy->people_min,
            policy->round_to);
    fprintf(out, "%sQuery \"%.*s\", project %.*s, release %" PRId64 " (%s), as at %s.\n", before,
            TEXT_ARG(provenance->query_title), TEXT_ARG(provenance->project), provenance->release_id,
            month_format(provenance->month, month), date_format(provenance->as_at, as_at));
    print_coverage(table, before, out);
}

void released_table_print(const ReleasedTable *table, TableFormat format, FILE *out)
{
    if (format == TABLE_JSON) {
        fprintf(out, "%.*s\n", TEXT_ARG(table->canonical));
        return;
    }
    if (format == TABLE_CSV) {
        print_long(table, TABLE_CSV, out);
        fprintf(out, "# %.*s\n", TEXT_ARG(table->title));
        print_record(table, "# ", out);
        return;
    }
    fprintf(out, "%.*s\n\n", TEXT_ARG(table->title));
    if (table->dimension_count > 1 && table->dimensions[table->dimension_count - 1].value_count <= ACROSS_MAX)
        print_across(table, out);
    else
        print_long(table, TABLE_TERMINAL, out);
    fputc('\n', out);
    print_record(table, "", out);
}
