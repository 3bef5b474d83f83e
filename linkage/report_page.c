/* The report as one HTML file: a chart of each kind of group, on one scale, so that a weak one is seen at a
 * glance. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/date.h"
#include "base/page.h"
#include "linkage/disclosure.h"
#include "linkage/report.h"
#include "linkage_sql.h"

enum {
    ROW_HEIGHT = 20,
    PLOT_LEFT = 165,
    PLOT_WIDTH = 200,
    RATE_RIGHT = 436,
    CHANGE_RIGHT = 490,
    CHART_WIDTH = 492
};

static const DbStatement runs_statement = {
    .name = "linkage_report_runs",
    .sql = linkage_sql_report_runs,
    .columns = {VALUE_INT8, VALUE_TIMESTAMPTZ, VALUE_INT8, VALUE_TIMESTAMPTZ},
};

/* From which rate on the charts are drawn, up to 1; and the rate of all. */
typedef struct Scale {
    double from, all;
    bool has_all;
} Scale;

static Scale scale_of(const ReportRates *rates)
{
    Scale scale = {.from = 0.9};

    for (size_t i = 0; i < rates->count; i++) {
        const ReportRate *rate = &rates->rates[i];
        if (!rate->has_rate)
            continue;
        scale.from = fmin(scale.from, floor(rate->low * 10) / 10);
        if (text_equal(rate->kind, TEXT("all"))) {
            scale.all = rate->rate;
            scale.has_all = true;
        }
    }
    return scale;
}

static double place_of(const Scale *scale, double rate)
{
    return PLOT_LEFT + PLOT_WIDTH * (fmax(rate, scale->from) - scale->from) / (1 - scale->from);
}

/* ---- a row ---- */

static void write_name(Text name, int middle, FILE *out)
{
    fprintf(out, "<text class=\"name\" x=\"0\" y=\"%d\">", middle + 4);
    page_text(name, out);
    fputs("</text>", out);
}

static void write_words(const char *class, int right, int middle, Text words, FILE *out)
{
    fprintf(out, "<text class=\"%s\" x=\"%d\" y=\"%d\" text-anchor=\"end\">", class, right, middle + 4);
    page_text(words, out);
    fputs("</text>", out);
}

/* What stays hidden: a bar from the least that the rate can be where few are not linked, else words alone. */
static void write_hidden(const ReportRate *rate, const Scale *scale, int middle, FILE *out)
{
    char cell[REPORT_CELL_BYTES], words[REPORT_CELL_BYTES];
    int64_t others = rate->now.subjects - rate->now.linked;

    if (rate->now.hides_subjects || disclosure_is_small(rate->now.linked) || !disclosure_is_small(others)) {
        Text subjects = report_subjects_cell(&rate->now, cell);
        bool is_few = rate->now.hides_subjects && disclosure_is_small(rate->now.subjects);
        snprintf(words, sizeof words, "%.*s", TEXT_ARG(is_few ? subjects : TEXT("hidden")));
        write_words("", CHANGE_RIGHT, middle, text_from(words), out);
        return;
    }
    double least = (double)report_linked_least(&rate->now) / (double)disclosure_round(rate->now.subjects);
    fprintf(out, "<line class=\"floor\" x1=\"%.1f\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>", place_of(scale, least),
            middle, PLOT_LEFT + PLOT_WIDTH, middle);
    snprintf(words, sizeof words, "> %.1f %%", floor(least * 1000) / 10);
    write_words("rate", RATE_RIGHT, middle, text_from(words), out);
}

static void write_change(const ReportRate *rate, int middle, FILE *out)
{
    char words[REPORT_CELL_BYTES];

    if (!rate->has_change)
        return;
    if (fabs(rate->change) < 0.0005)
        snprintf(words, sizeof words, "=");
    else
        snprintf(words, sizeof words, "%s %.1f", rate->change > 0 ? "\u25b2" : "\u25bc",
                 fabs(rate->change) * 100);
    write_words("change", CHANGE_RIGHT, middle, text_from(words), out);
}

static void write_rate(const ReportRate *rate, const Scale *scale, int middle, FILE *out)
{
    char words[REPORT_CELL_BYTES];

    fprintf(out, "<line class=\"range\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/>",
            place_of(scale, rate->low), middle, place_of(scale, rate->high), middle);
    fprintf(out, "<circle cx=\"%.1f\" cy=\"%d\" r=\"3.5\"/>", place_of(scale, rate->rate), middle);
    snprintf(words, sizeof words, "%.1f %%", rate->rate * 100);
    write_words("rate", RATE_RIGHT, middle, text_from(words), out);
    write_change(rate, middle, out);
}

static void write_row(const ReportRate *rate, const Scale *scale, int middle, FILE *out)
{
    char subjects[REPORT_CELL_BYTES], linked[REPORT_CELL_BYTES];

    fprintf(out, "<g%s><title>", rate->is_low ? " class=\"low\"" : "");
    fprintf(out, "subjects %.*s", TEXT_ARG(report_subjects_cell(&rate->now, subjects)));
    fputs(", linked ", out);
    page_text(report_linked_cell(&rate->now, linked), out);
    fputs("</title>", out);
    write_name(rate->value, middle, out);
    if (rate->has_rate)
        write_rate(rate, scale, middle, out);
    else
        write_hidden(rate, scale, middle, out);
    fputs("</g>\n", out);
}

/* ---- a card ---- */

static void write_axis(const Scale *scale, int height, FILE *out)
{
    const double marks[] = {scale->from, (scale->from + 1) / 2, 1};

    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        double x = place_of(scale, marks[i]);
        fprintf(out, "<line class=\"grid\" x1=\"%.1f\" y1=\"0\" x2=\"%.1f\" y2=\"%d\"/>", x, x, height);
        fprintf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%g %%</text>", x, height + 12,
                marks[i] * 100);
    }
    if (scale->has_all)
        fprintf(out, "<line class=\"all\" x1=\"%.1f\" y1=\"0\" x2=\"%.1f\" y2=\"%d\"/>",
                place_of(scale, scale->all), place_of(scale, scale->all), height);
    fputs("\n", out);
}

static void write_card(const ReportRate *rates, size_t count, const Scale *scale, FILE *out)
{
    int height = (int)count * ROW_HEIGHT;

    fputs("<div class=\"card wide\"><h3>", out);
    page_text(rates[0].kind, out);
    fprintf(out, "</h3><svg width=\"%d\" height=\"%d\" role=\"img\" aria-label=\"match rates by group\">\n",
            CHART_WIDTH, height + 16);
    write_axis(scale, height, out);
    for (size_t i = 0; i < count; i++)
        write_row(&rates[i], scale, (int)i * ROW_HEIGHT + ROW_HEIGHT / 2, out);
    fputs("</svg></div>\n", out);
}

static void write_cards(const ReportRates *rates, const Scale *scale, FILE *out)
{
    size_t first = 0;

    fputs("<h2>Match rates</h2>\n<p>Dots are rates, bars their 95 % confidence interval (Wilson), the dashed "
          "line all "
          "person sources; red is below it beyond chance. At the right, the change in percentage points "
          "since the run "
          "before. Counts below 8, and what would tell them, are hidden, others to the nearest 5; a pale bar "
          "stands for more than it "
          "begins "
          "at.</p>\n<div class=\"cards\">\n",
          out);
    for (size_t i = 1; i <= rates->count; i++)
        if (i == rates->count || !text_equal(rates->rates[i].kind, rates->rates[first].kind)) {
            write_card(&rates->rates[first], i - first, scale, out);
            first = i;
        }
    fputs("</div>\n", out);
}

/* ---- links, pairs, estimates ---- */

static void write_passes(const ReportCounts *passes, FILE *out)
{
    int height = (int)passes->count * ROW_HEIGHT;

    fprintf(out,
            "<div class=\"card wide\"><h3>links by pass</h3><svg width=\"%d\" height=\"%d\" role=\"img\" "
            "aria-label=\"links by pass\">\n",
            CHART_WIDTH, height);
    for (size_t i = 0; i < passes->count; i++) {
        const ReportCount *pass = &passes->counts[i];
        char name[2 * REPORT_CELL_BYTES], cell[REPORT_CELL_BYTES];
        int middle = (int)i * ROW_HEIGHT + ROW_HEIGHT / 2, left = PLOT_LEFT + 95;
        bool is_rule = text_equal(pass->value, TEXT("rule"));
        snprintf(name, sizeof name, "%.*s%s%.*s", TEXT_ARG(pass->name), is_rule ? "" : ": ",
                 TEXT_ARG(is_rule ? TEXT("") : pass->value));
        write_name(text_from(name), middle, out);
        if (!pass->is_hidden)
            fprintf(out, "<rect class=\"now\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"12\"/>", left,
                    middle - 6, fmax(1, pass->share * (RATE_RIGHT - 60 - left)));
        write_words("rate", CHANGE_RIGHT, middle, report_count_cell(pass, cell), out);
        fputs("\n", out);
    }
    fputs("</svg></div>\n", out);
}

static void write_figure(const char *what, Text figure, const char *beside, FILE *out)
{
    fprintf(out, "<div class=\"card\"><h3>%s</h3><p class=\"figure\">", what);
    page_text(figure, out);
    fprintf(out, "</p><p>%s</p></div>\n", beside);
}

static void write_waiting(const ReportCounts *waiting, FILE *out)
{
    fputs("<div class=\"card\"><h3>waiting and in conflict</h3><table>\n", out);
    for (size_t i = 0; i < waiting->count; i++) {
        char cell[REPORT_CELL_BYTES];
        fputs("<tr><td>", out);
        page_text(waiting->counts[i].name, out);
        fputs(": ", out);
        page_text(waiting->counts[i].value, out);
        fputs("</td><td class=\"number\">", out);
        page_text(report_count_cell(&waiting->counts[i], cell), out);
        fputs("</td></tr>\n", out);
    }
    fputs("</table></div>\n", out);
}

static void write_estimates(const ReportEstimates *estimates, FILE *out)
{
    if (estimates->count == 0)
        write_figure("false and missed matches", TEXT("not estimated"),
                     "Nobody is linked by weights, so nothing says how likely links are.", out);
    for (size_t i = 0; i < estimates->count; i++) {
        const ReportEstimate *estimate = &estimates->estimates[i];
        char what[REPORT_CELL_BYTES], figure[REPORT_CELL_BYTES];
        snprintf(what, sizeof what, "%.*s, estimated", TEXT_ARG(estimate->counted.name));
        snprintf(figure, sizeof figure, "%.2f %%", estimate->rate * 100);
        write_figure(what, estimate->has_rate ? text_from(figure) : TEXT("not shown"), estimate->method, out);
    }
}

/* ---- the page ---- */

static Result write_runs(Db *linker, FILE *out, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    char started[TIME_TEXT_BYTES], before[TIME_TEXT_BYTES];

    TRY(db_run(linker, &runs_statement, NULL, &rows, error));
    if (db_row_count(rows) == 0) {
        fputs("<p>Nothing has been linked yet.</p>\n", out);
        return RESULT_OK;
    }
    fprintf(out, "<p>As of run %" PRId64 " of %.10s; ", db_int(rows, 0, 0),
            time_format(db_int(rows, 0, 1), started));
    if (db_is_null(rows, 0, 2))
        fputs("no run of an earlier month is held to compare it with.</p>\n", out);
    else
        fprintf(out, "changes are since run %" PRId64 " of %.10s, of the same groups.</p>\n",
                db_int(rows, 0, 2), time_format(db_int(rows, 0, 3), before));
    return RESULT_OK;
}

Result linkage_report_page(Db *linker, FILE *out, Error *error)
{
    SCOPED(report_rates_close) ReportRates rates = {0};
    SCOPED(report_counts_close) ReportCounts passes = {0};
    SCOPED(report_counts_close) ReportCounts waiting = {0};
    SCOPED(report_estimates_close) ReportEstimates estimates = {0};

    TRY(report_rates(linker, &rates, error));
    TRY(report_passes(linker, &passes, error));
    TRY(report_waiting(linker, &waiting, error));
    TRY(report_estimates(linker, &estimates, error));
    Scale scale = scale_of(&rates);
    page_begin(TEXT("Quality of linkage"), out);
    TRY(write_runs(linker, out, error));
    write_cards(&rates, &scale, out);
    fputs("<h2>Links and pairs</h2>\n<div class=\"cards\">\n", out);
    write_passes(&passes, out);
    write_waiting(&waiting, out);
    write_estimates(&estimates, out);
    fputs("</div>\n", out);
    page_end(out);
    return RESULT_OK;
}
