/* Links by pass, what waits, and what weights expect: read and protected. */
#include <inttypes.h>
#include <stdio.h>

#include "linkage/disclosure.h"
#include "linkage/report.h"
#include "linkage_sql.h"

enum { COUNTS_BYTES_MAX = 1 << 20, PASSES = 11, PASS_ALONE = 10 };

static const DbStatement passes_statement = {
    .name = "linkage_report_passes",
    .sql = linkage_sql_report_passes,
    .columns = {VALUE_INT8, VALUE_TEXT, VALUE_INT8},
};

static const DbStatement waiting_statement = {
    .name = "linkage_report_waiting",
    .sql = linkage_sql_report_waiting,
    .columns = {VALUE_TEXT, VALUE_TEXT, VALUE_INT8},
};

static const DbStatement estimates_statement = {
    .name = "linkage_report_estimates",
    .sql = linkage_sql_report_estimates,
    .columns = {VALUE_TEXT, VALUE_INT8, VALUE_FLOAT8, VALUE_FLOAT8},
};

/* By the number that is on the link: the comment of linkage.link.pass. */
static const char *const pass_names[PASSES] = {
    "unknown",
    "1 NHS number",
    "2 superseded number, by a merger",
    "3 pseudonym, by a cross-walk to a number",
    "4 pseudonym inside its space",
    "5 pseudonym, by a cross-walk to another",
    "6 names, birth date and place equal",
    "7 so but for a part of the birth date",
    "8 keyed combination",
    "9 likeness",
    "10 like nobody: a person of its own",
};

static ReportCounts counts_create(size_t count)
{
    ReportCounts held = {.arena = arena_create(COUNTS_BYTES_MAX), .count = count};

    held.counts = arena_alloc(held.arena, (count + 1) * sizeof *held.counts);
    return held;
}

void report_counts_close(ReportCounts *held)
{
    if (held->arena != NULL)
        arena_close(&held->arena);
    *held = (ReportCounts){0};
}

/* Whose sum may be known: parts of one whole. */
static void protect(ReportCount *parts, size_t count, Arena *arena)
{
    int64_t *counts = arena_alloc(arena, (count + 1) * sizeof *counts), sum = 0;
    bool *hidden = arena_alloc(arena, (count + 1) * sizeof *hidden);

    for (size_t i = 0; i < count; i++) {
        counts[i] = parts[i].count;
        hidden[i] = disclosure_is_small(counts[i]);
        sum += counts[i];
    }
    disclosure_protect((const int64_t *const[]){counts}, 1, count, hidden);
    for (size_t i = 0; i < count; i++) {
        parts[i].is_hidden = hidden[i];
        parts[i].share = sum > 0 ? (double)disclosure_round(counts[i]) / (double)disclosure_round(sum) : 0;
    }
}

/* Those of one name stand together and are parts of one whole. */
static void protect_named(ReportCounts *held)
{
    size_t first = 0;

    for (size_t i = 1; i <= held->count; i++)
        if (i == held->count || !text_equal(held->counts[i].name, held->counts[first].name)) {
            protect(&held->counts[first], i - first, held->arena);
            first = i;
        }
}

/* Who is like nobody is not among those linked, so that pass is a whole of its own. */
Result report_passes(Db *linker, ReportCounts *held, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    size_t linked = 0;

    TRY(db_run(linker, &passes_statement, NULL, &rows, error));
    *held = counts_create(db_row_count(rows));
    for (size_t i = 0; i < held->count; i++) {
        int64_t pass = db_int(rows, i, 0);
        held->counts[i] = (ReportCount){.name = text_from(pass_names[pass > 0 && pass < PASSES ? pass : 0]),
                                        .value = text_copy(held->arena, db_text(rows, i, 1)),
                                        .count = db_int(rows, i, 2)};
        linked += pass != PASS_ALONE;
    }
    protect(held->counts, linked, held->arena);
    protect(held->counts + linked, held->count - linked, held->arena);
    return RESULT_OK;
}

Result report_waiting(Db *linker, ReportCounts *held, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;

    TRY(db_run(linker, &waiting_statement, NULL, &rows, error));
    *held = counts_create(db_row_count(rows));
    for (size_t i = 0; i < held->count; i++)
        held->counts[i] = (ReportCount){.name = text_copy(held->arena, db_text(rows, i, 0)),
                                        .value = text_copy(held->arena, db_text(rows, i, 1)),
                                        .count = db_int(rows, i, 2)};
    protect_named(held);
    return RESULT_OK;
}

Text report_count_cell(const ReportCount *count, char out[REPORT_CELL_BYTES])
{
    if (disclosure_is_small(count->count)) {
        snprintf(out, REPORT_CELL_BYTES, "<%d", DISCLOSURE_MIN);
        return text_from(out);
    }
    if (count->is_hidden)
        return TEXT("hidden");
    snprintf(out, REPORT_CELL_BYTES, "%" PRId64, disclosure_round(count->count));
    return text_from(out);
}

/* ---- estimates ---- */

static const char *const methods[REPORT_ESTIMATES] = {
    "sum of 1 - p over links with a weight, p the match probability by the weights",
    "sum of p over held pairs below the link band that are not one person, out of these and the sum over "
    "links; "
    "pairs that no block brought together are not in it",
};

/* unrounded: how many more links there are than are shown; a rate of them all would tell their count. */
static ReportEstimate read_estimate(const DbRows *rows, size_t row, bool is_shown, int64_t unrounded,
                                    Arena *arena)
{
    ReportEstimate estimate = {
        .counted = {.name = text_copy(arena, db_text(rows, row, 0)), .count = db_int(rows, row, 1)},
        .method = methods[row],
    };
    double expected = db_value(rows, row, 2).real;
    double out_of = db_value(rows, row, 3).real - (double)unrounded;

    /* Without links there is nothing to miss a share of. */
    estimate.has_rate = is_shown && out_of > expected;
    if (estimate.has_rate) {
        estimate.expected = expected;
        estimate.rate = expected / out_of;
    }
    return estimate;
}

/* The rate of what is missed is out of the links too, so few of either hide both. */
Result report_estimates(Db *linker, ReportEstimates *held, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    bool is_shown = true;
    int64_t unrounded = 0;

    TRY(db_run(linker, &estimates_statement, NULL, &rows, error));
    *held = (ReportEstimates){.arena = arena_create(COUNTS_BYTES_MAX)};
    for (size_t i = 0; i < db_row_count(rows); i++)
        is_shown = is_shown && !disclosure_is_small(db_int(rows, i, 1));
    if (db_row_count(rows) > 0) /* links come first */
        unrounded = db_int(rows, 0, 1) - disclosure_round(db_int(rows, 0, 1));
    for (size_t i = 0; i < db_row_count(rows) && i < REPORT_ESTIMATES; i++)
        held->estimates[held->count++] = read_estimate(rows, i, is_shown, unrounded, held->arena);
    return RESULT_OK;
}

void report_estimates_close(ReportEstimates *held)
{
    if (held->arena != NULL)
        arena_close(&held->arena);
    *held = (ReportEstimates){0};
}

Text report_expected_cell(const ReportEstimate *estimate, char out[REPORT_CELL_BYTES])
{
    if (!estimate->has_rate)
        return TEXT("");
    snprintf(out, REPORT_CELL_BYTES, "%.1f", estimate->expected);
    return text_from(out);
}
