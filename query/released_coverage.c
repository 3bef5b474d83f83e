#include "query/released_coverage.h"

#include <inttypes.h>

#include "query/suppress.h"

const Coverage *released_coverage_copy(const Coverage *from, size_t count, Arena *arena)
{
    Coverage *coverage = arena_alloc(arena, (count + 1) * sizeof *coverage);

    for (size_t i = 0; i < count; i++) {
        CoverageMonth *months = arena_alloc(arena, (from[i].month_count + 1) * sizeof *months);
        coverage[i] = from[i];
        coverage[i].source = text_copy(arena, from[i].source);
        coverage[i].status = text_copy(arena, from[i].status);
        coverage[i].by_month = months;
        for (size_t m = 0; m < from[i].month_count; m++) {
            months[m] = from[i].by_month[m];
            months[m].status = text_copy(arena, months[m].status);
            months[m].missing_names = text_copy(arena, months[m].missing_names);
        }
    }
    return coverage;
}

/* Rows are of people: the same rule as for people holds of few of them. */
static bool has_few_rows(const CoverageMonth *month, const GovernancePolicy *policy)
{
    return month->rows > 0 && month->rows < policy->people_min;
}

static int64_t percent_of_month(const CoverageMonth *month, const GovernancePolicy *policy)
{
    return coverage_match_percent(month->rows, month->linked, policy->people_min);
}

static int64_t percent_of_all(const Coverage *coverage, const GovernancePolicy *policy)
{
    return coverage_match_percent(coverage->rows, coverage->linked, policy->people_min);
}

static Text status_of(const CoverageMonth *month)
{
    return month->status.length == 0 ? TEXT("not delivered") : month->status;
}

/* ---- JSON ---- */

static json_t *text_json(Text text)
{
    return json_stringn(text.data, text.length);
}

static json_t *month_json(Month month)
{
    char text[DATE_TEXT_BYTES];

    return json_string(month_format(month, text));
}

static json_t *names_json(Text names)
{
    json_t *array = json_array();

    while (names.length > 0)
        json_array_append_new(array, text_json(text_next(&names, ' ')));
    return array;
}

/* Below 0: not known, or not said. */
static json_t *number_json(int64_t number)
{
    return number < 0 ? json_null() : json_integer(number);
}

static json_t *one_month_json(const CoverageMonth *month, const GovernancePolicy *policy)
{
    int64_t rounded = round_people(month->rows, policy->round_to);
    json_t *rows = has_few_rows(month, policy) ? json_null() : json_integer(rounded);

    return json_pack("{s:o, s:o, s:I, s:o, s:o, s:o, s:o}", "month", month_json(month->month), "status",
                     text_json(status_of(month)), "senders", (json_int_t)month->senders, "missing",
                     number_json(month->missing), "missing_senders", names_json(month->missing_names), "rows",
                     rows, "match_percent", number_json(percent_of_month(month, policy)));
}

static json_t *source_json(const Coverage *coverage, const GovernancePolicy *policy)
{
    json_t *months = json_array();

    for (size_t m = 0; m < coverage->month_count; m++)
        json_array_append_new(months, one_month_json(&coverage->by_month[m], policy));
    return json_pack("{s:o, s:o, s:o, s:I, s:I, s:o, s:o, s:I, s:o}", "source", text_json(coverage->source),
                     "from", month_json(coverage->from), "to", month_json(coverage->to), "months",
                     (json_int_t)coverage->months, "senders", (json_int_t)coverage->senders, "status",
                     text_json(coverage->status), "match_percent",
                     number_json(percent_of_all(coverage, policy)), "practices_left_out",
                     (json_int_t)coverage->practices_left_out, "by_month", months);
}

json_t *released_coverage_json(const Coverage *coverage, size_t count, const GovernancePolicy *policy)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, source_json(&coverage[i], policy));
    return array;
}

/* ---- for people ---- */

static bool is_like(const CoverageMonth *a, const CoverageMonth *b)
{
    return text_equal(a->status, b->status) && a->senders == b->senders && a->missing == b->missing;
}

static void print_run(const CoverageMonth *first, const CoverageMonth *last, FILE *out)
{
    char from[DATE_TEXT_BYTES], to[DATE_TEXT_BYTES];
    Text status = status_of(first);

    fputs(month_format(first->month, from), out);
    if (last != first)
        fprintf(out, " to %s", month_format(last->month, to));
    fprintf(out, " %.*s", TEXT_ARG(status));
    if (first->status.length > 0)
        fprintf(out, ", %" PRId64 " sender%s", first->senders, first->senders == 1 ? "" : "s");
    if (first->missing > 0)
        fprintf(out, ", %" PRId64 " missing", first->missing);
}

/* Runs of months that are alike; none where all are. */
static void print_months(const Coverage *coverage, const char *before, FILE *out)
{
    const CoverageMonth *months = coverage->by_month;
    size_t count = coverage->month_count, from = 0, to;

    for (to = 0; to < count && is_like(&months[0], &months[to]); to++)
        ;
    if (to == count)
        return;
    for (; from < count; from = to) {
        for (to = from; to < count && is_like(&months[from], &months[to]); to++)
            ;
        fputs(from == 0 ? before : "; ", out);
        fputs(from == 0 ? "  " : "", out);
        print_run(&months[from], &months[to - 1], out);
    }
    fputc('\n', out);
}

static void print_sources(const Coverage *coverage, size_t count, const GovernancePolicy *policy,
                          const char *before, FILE *out)
{
    char from[DATE_TEXT_BYTES], to[DATE_TEXT_BYTES];

    for (size_t i = 0; i < count; i++) {
        const Coverage *line = &coverage[i];
        int64_t percent = percent_of_all(line, policy);
        fprintf(out, "%sSource %.*s: %s to %s (%" PRId64 " month%s), %.*s, %" PRId64 " sender%s", before,
                TEXT_ARG(line->source), month_format(line->from, from), month_format(line->to, to),
                line->months, line->months == 1 ? "" : "s", TEXT_ARG(line->status), line->senders,
                line->senders == 1 ? "" : "s");
        if (percent >= 0)
            fprintf(out, ", %" PRId64 " %% of rows linked", percent);
        if (line->practices_left_out > 0)
            fprintf(out, ", practices left out: %" PRId64, line->practices_left_out);
        fputc('\n', out);
        print_months(line, before, out);
    }
}

void released_coverage_print(const Coverage *coverage, size_t count, const GovernancePolicy *policy,
                             FILE *out)
{
    print_sources(coverage, count, policy, "", out);
}

static void print_number(int64_t number, FILE *out)
{
    if (number >= 0)
        fprintf(out, "%" PRId64, number);
}

/* Names of sources, months and codes of organisations: nothing that needs quotes. */
static void print_csv_month(Text source, const CoverageMonth *month, const GovernancePolicy *policy,
                            FILE *out)
{
    char text[DATE_TEXT_BYTES];
    Text status = status_of(month);

    fprintf(out, "%.*s,%s,%.*s,%" PRId64 ",", TEXT_ARG(source), month_format(month->month, text),
            TEXT_ARG(status), month->senders);
    print_number(month->missing, out);
    fprintf(out, ",%.*s,", TEXT_ARG(month->missing_names));
    if (has_few_rows(month, policy))
        fputs("*,", out);
    else
        fprintf(out, "%" PRId64 ",", round_people(month->rows, policy->round_to));
    print_number(percent_of_month(month, policy), out);
}

void released_coverage_print_csv(const Coverage *coverage, size_t count, const GovernancePolicy *policy,
                                 const char *before, FILE *out)
{
    print_sources(coverage, count, policy, before, out);
    fprintf(out, "%ssource,month,status,senders,missing,missing senders,rows,percent linked\n", before);
    for (size_t i = 0; i < count; i++)
        for (size_t m = 0; m < coverage[i].month_count; m++) {
            fputs(before, out);
            print_csv_month(coverage[i].source, &coverage[i].by_month[m], policy, out);
            fputc('\n', out);
        }
}
