/* Match rates by group: read, protected, and only then made into rates. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "linkage/disclosure.h"
#include "linkage/report.h"
#include "linkage_sql.h"

enum { RATES_BYTES_MAX = 8 << 20 };

static const DbStatement rates_statement = {
    .name = "linkage_report_rates",
    .sql = linkage_sql_report_rates,
    .columns = {VALUE_TEXT, VALUE_TEXT, VALUE_INT8, VALUE_INT8, VALUE_INT8, VALUE_INT8},
};

/* ---- what stays hidden ---- */

static int64_t unlinked(const ReportGroup *group)
{
    return group->subjects - group->linked;
}

static void protect_subjects(ReportGroup *const *groups, size_t count, Arena *arena)
{
    int64_t *subjects = arena_alloc(arena, count * sizeof *subjects);
    bool *hidden = arena_alloc(arena, count * sizeof *hidden);

    for (size_t i = 0; i < count; i++) {
        subjects[i] = groups[i]->subjects;
        hidden[i] = disclosure_is_small(subjects[i]);
    }
    disclosure_protect((const int64_t *const[]){subjects}, 1, count, hidden);
    for (size_t i = 0; i < count; i++)
        groups[i]->hides_subjects = hidden[i];
}

/* Who is not linked can be told from who is, so both are protected as one. */
static void protect_linked(ReportGroup *const *groups, size_t count, Arena *arena)
{
    int64_t *subjects = arena_alloc(arena, count * sizeof *subjects);
    int64_t *linked = arena_alloc(arena, count * sizeof *linked);
    int64_t *others = arena_alloc(arena, count * sizeof *others);
    bool *hidden = arena_alloc(arena, count * sizeof *hidden);

    for (size_t i = 0; i < count; i++) {
        subjects[i] = groups[i]->subjects;
        linked[i] = groups[i]->linked;
        others[i] = unlinked(groups[i]);
        hidden[i] =
            groups[i]->hides_subjects || disclosure_is_small(linked[i]) || disclosure_is_small(others[i]);
    }
    disclosure_protect((const int64_t *const[]){subjects, linked, others}, 3, count, hidden);
    for (size_t i = 0; i < count; i++)
        groups[i]->hides_linked = hidden[i];
}

static void protect(ReportGroup *const *groups, size_t count, Arena *arena)
{
    protect_subjects(groups, count, arena);
    protect_linked(groups, count, arena);
}

/* The groups of one kind share nobody, and all of them are a sum that is known or may be. */
static void protect_kind(ReportRate *rates, size_t count, Arena *arena)
{
    ReportGroup **now = arena_alloc(arena, count * sizeof(ReportGroup *));
    ReportGroup **before = arena_alloc(arena, count * sizeof(ReportGroup *));

    for (size_t i = 0; i < count; i++) {
        now[i] = &rates[i].now;
        before[i] = &rates[i].before;
    }
    protect(now, count, arena);
    protect(before, count, arena);
}

static void protect_kinds(ReportRates *held)
{
    size_t first = 0;

    for (size_t i = 1; i <= held->count; i++)
        if (i == held->count || !text_equal(held->rates[i].kind, held->rates[first].kind)) {
            protect_kind(&held->rates[first], i - first, held->arena);
            first = i;
        }
}

/* ---- rates of what may be seen ---- */

/* E. B. Wilson, Probable inference, the law of succession, and statistical inference (1927): never below 0
 * or above 1, and true for rates near them. */
static void put_interval(ReportRate *rate)
{
    const double z = 1.959963984540054, share = rate->rate;
    const double count = (double)disclosure_round(rate->now.subjects);
    double middle = (share + z * z / (2 * count)) / (1 + z * z / count);
    double half = z * sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count);

    rate->low = fmax(0, middle - half);
    rate->high = fmin(1, middle + half);
}

static double share_of(const ReportGroup *group)
{
    return (double)disclosure_round(group->linked) / (double)disclosure_round(group->subjects);
}

static void put_rate(ReportRate *rate)
{
    const ReportGroup *now = &rate->now, *before = &rate->before;

    rate->has_rate = now->subjects > 0 && !now->hides_linked;
    if (!rate->has_rate)
        return;
    rate->rate = share_of(now);
    put_interval(rate);
    rate->has_change = before->subjects > 0 && !before->hides_linked;
    if (rate->has_change)
        rate->change = rate->rate - share_of(before);
}

static void mark_low(ReportRates *held)
{
    const ReportRate *all = NULL;

    for (size_t i = 0; i < held->count; i++)
        if (held->rates[i].has_rate && text_equal(held->rates[i].kind, TEXT("all")))
            all = &held->rates[i];
    for (size_t i = 0; all != NULL && i < held->count; i++)
        held->rates[i].is_low = held->rates[i].has_rate && held->rates[i].high < all->rate;
}

Result report_rates(Db *linker, ReportRates *held, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;

    TRY(db_run(linker, &rates_statement, NULL, &rows, error));
    *held = (ReportRates){.arena = arena_create(RATES_BYTES_MAX), .count = db_row_count(rows)};
    if (held->count == 0)
        return RESULT_OK;
    held->rates = arena_alloc(held->arena, held->count * sizeof *held->rates);
    for (size_t i = 0; i < held->count; i++)
        held->rates[i] = (ReportRate){
            .kind = text_copy(held->arena, db_text(rows, i, 0)),
            .value = text_copy(held->arena, db_text(rows, i, 1)),
            .now = {.subjects = db_int(rows, i, 2), .linked = db_int(rows, i, 3)},
            .before = {.subjects = db_int(rows, i, 4), .linked = db_int(rows, i, 5)},
        };
    protect_kinds(held);
    for (size_t i = 0; i < held->count; i++)
        put_rate(&held->rates[i]);
    mark_low(held);
    return RESULT_OK;
}

void report_rates_close(ReportRates *held)
{
    if (held->arena != NULL)
        arena_close(&held->arena);
    *held = (ReportRates){0};
}

/* ---- cells ---- */

static Text small_cell(char out[REPORT_CELL_BYTES])
{
    snprintf(out, REPORT_CELL_BYTES, "<%d", DISCLOSURE_MIN);
    return text_from(out);
}

Text report_subjects_cell(const ReportGroup *group, char out[REPORT_CELL_BYTES])
{
    if (disclosure_is_small(group->subjects))
        return small_cell(out);
    if (group->hides_subjects)
        return TEXT("hidden");
    snprintf(out, REPORT_CELL_BYTES, "%" PRId64, disclosure_round(group->subjects));
    return text_from(out);
}

/* Of up to 2 fewer subjects than it is rounded to, up to 7 are not. */
int64_t report_linked_least(const ReportGroup *group)
{
    int64_t subjects = disclosure_round(group->subjects);

    return subjects > 2 * DISCLOSURE_STEP ? subjects - 2 * DISCLOSURE_STEP : 0;
}

Text report_linked_cell(const ReportGroup *group, char out[REPORT_CELL_BYTES])
{
    if (disclosure_is_small(group->subjects))
        return small_cell(out);
    if (group->hides_subjects)
        return TEXT("hidden");
    if (disclosure_is_small(group->linked))
        return small_cell(out);
    if (disclosure_is_small(unlinked(group)))
        snprintf(out, REPORT_CELL_BYTES, ">%" PRId64, report_linked_least(group));
    else if (group->hides_linked)
        return TEXT("hidden");
    else
        snprintf(out, REPORT_CELL_BYTES, "%" PRId64, disclosure_round(group->linked));
    return text_from(out);
}

Text report_rate_cell(bool is_shown, double rate, char out[REPORT_CELL_BYTES])
{
    if (!is_shown)
        return TEXT("");
    /* What a release copies of it has no -0. */
    snprintf(out, REPORT_CELL_BYTES, "%.4f", fabs(rate) < 0.00005 ? 0 : rate);
    return text_from(out);
}
