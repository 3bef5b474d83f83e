/* The quality report as one HTML file that needs nothing else: a small chart of each sender's rows, month by
 * month, and beside it what is unusual. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/page.h"
#include "ingest/quality.h"
#include "ingest_sql.h"

enum {
    MONTHS = 12,
    BAR_WIDTH = 14,
    BAR_GAP = 4,
    CHART_HEIGHT = 70,
    CHART_WIDTH = MONTHS * (BAR_WIDTH + BAR_GAP)
};

static const DbStatement quality_history = {
    .name = "quality_history",
    .sql = ingest_sql_quality_history,
    .parameters = {VALUE_INT4, VALUE_TEXT},
    .columns = {VALUE_TEXT, VALUE_TEXT, VALUE_INT4, VALUE_INT8},
};

/* ---- one sender ---- */

typedef struct Card {
    Text source, sender;
    bool held[MONTHS]; /* the last is the month reported on */
    int64_t rows[MONTHS];
} Card;

static bool is_same(const DbRows *rows, size_t row, const Card *card)
{
    return text_equal(db_text(rows, row, 0), card->source) && text_equal(db_text(rows, row, 1), card->sender);
}

/* The lines of one sender from *row on, which moves behind them. */
static Card read_card(const DbRows *history, size_t *row, Month period)
{
    Card card = {.source = db_text(history, *row, 0), .sender = db_text(history, *row, 1)};

    for (; *row < db_row_count(history) && is_same(history, *row, &card); (*row)++) {
        int64_t slot = db_int(history, *row, 2) - period + MONTHS - 1;
        card.held[slot] = true;
        card.rows[slot] = db_int(history, *row, 3);
    }
    return card;
}

static void write_bar(const Card *card, int slot, int64_t most, FILE *out)
{
    int x = slot * (BAR_WIDTH + BAR_GAP);
    int height = most > 0 ? (int)(card->rows[slot] * CHART_HEIGHT / most) : 0;

    if (card->held[slot])
        fprintf(out, "<rect%s x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>",
                slot == MONTHS - 1 ? " class=\"now\"" : "", x, CHART_HEIGHT - height, BAR_WIDTH,
                height > 0 ? height : 1);
    else
        fprintf(out, "<line%s x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>",
                slot == MONTHS - 1 ? " class=\"gap\"" : "", x, CHART_HEIGHT, x + BAR_WIDTH, CHART_HEIGHT);
}

static void write_chart(const Card *card, Month period, FILE *out)
{
    char first[DATE_TEXT_BYTES], last[DATE_TEXT_BYTES];
    int64_t most = 0;

    for (int i = 0; i < MONTHS; i++)
        most = card->rows[i] > most ? card->rows[i] : most;
    fprintf(out,
            "<svg width=\"%d\" height=\"%d\" role=\"img\" aria-label=\"rows by month, at most %" PRId64 "\">",
            CHART_WIDTH, CHART_HEIGHT + 14, most);
    for (int i = 0; i < MONTHS; i++)
        write_bar(card, i, most, out);
    fprintf(out,
            "<text x=\"0\" y=\"%d\">%s</text><text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text></svg>\n",
            CHART_HEIGHT + 12, month_format(period - MONTHS + 1, first), CHART_WIDTH, CHART_HEIGHT + 12,
            month_format(period, last));
}

static void write_finding(const DbRows *measures, size_t row, FILE *out)
{
    char value[QUALITY_NUMBER_BYTES], usual[QUALITY_NUMBER_BYTES];
    Text column = db_text(measures, row, 3);
    Text measure = db_text(measures, row, 2), verdict = db_text(measures, row, QUALITY_VERDICT);
    const char *unit = quality_is_count(measure) ? "" : " %";

    fputs("<p class=\"say\">", out);
    if (text_equal(verdict, TEXT("missing"))) {
        fputs("not delivered</p>\n", out);
        return;
    }
    if (text_equal(verdict, TEXT("unprotected"))) {
        fputs("unprotected: a cut file would not be noticed</p>\n", out);
        return;
    }
    bool is_outside = quality_is_outside(measure);
    if (column.length > 0 && !is_outside) {
        page_text(column, out);
        fputs(" ", out);
    }
    page_text(is_outside ? text_next(&measure, ',') : measure, out);
    fprintf(out, " %.*s%s", TEXT_ARG(quality_cell(measures, row, 4, value)), unit);
    if (is_outside) {
        fputs(", ", out);
        page_text(column, out);
        fprintf(out, ": %.*s", TEXT_ARG(quality_cell(measures, row, 5, usual)));
    } else if (!db_is_null(measures, row, 5)) {
        fprintf(out, ", usually %.*s%s", TEXT_ARG(quality_cell(measures, row, 5, usual)), unit);
    }
    fputs("</p>\n", out);
}

static size_t count_findings(const DbRows *measures, const Card *card)
{
    size_t count = 0;

    for (size_t row = 0; row < db_row_count(measures); row++)
        count += is_same(measures, row, card) && quality_is_unusual(db_text(measures, row, QUALITY_VERDICT));
    return count;
}

static bool has_history(const DbRows *measures, const Card *card)
{
    for (size_t row = 0; row < db_row_count(measures); row++)
        if (is_same(measures, row, card) &&
            text_equal(db_text(measures, row, QUALITY_VERDICT), TEXT("no history")))
            return false;
    return true;
}

static void write_card(const Card *card, const DbRows *measures, Month period, FILE *out)
{
    size_t findings = count_findings(measures, card);

    fprintf(out, "<div class=\"card%s\"><h3>", findings > 0 ? " bad" : "");
    page_text(card->sender, out);
    fputs("</h3>", out);
    write_chart(card, period, out);
    if (card->held[MONTHS - 1])
        fprintf(out, "<p>%" PRId64 " rows%s</p>\n", card->rows[MONTHS - 1],
                findings == 0 && has_history(measures, card) ? ", as usual" : "");
    for (size_t row = 0; row < db_row_count(measures); row++)
        if (is_same(measures, row, card) && quality_is_unusual(db_text(measures, row, QUALITY_VERDICT)))
            write_finding(measures, row, out);
    fputs("</div>\n", out);
}

/* ---- the seven tests ---- */

/* What a delivery passes by, under each heading. */
static const char *const passes_by[QUALITY_TESTS_COLUMNS] = {
    [2] = "it came",
    "as many rows as the months before make likely",
    "as much as others publish",
    "no column emptier than usual or than its spec allows",
    "filled and coded as other senders do",
    "no row without its cost",
    "at most one row in a hundred said twice",
};

static void write_legend(FILE *out)
{
    static const char ends[] =
        ". <b>held</b>: waits for a second person; <b>no history</b>: fewer than three months came before;"
        " &ndash;: does not apply.</p>\n";

    fputs("<p>", out);
    for (size_t i = 2; i < QUALITY_TESTS_COLUMNS; i++)
        fprintf(out, "<b>%s</b>: %s%s", QUALITY_TESTS_HEADINGS[i], passes_by[i],
                i + 1 < QUALITY_TESTS_COLUMNS ? "; " : ends);
}

/* The class is the result's first word: pass, fail, held, no. */
static void write_result(Text result, FILE *out)
{
    Text rest = result, class = text_next(&rest, ' ');

    if (text_equal(result, TEXT("n/a")))
        fputs("<td class=\"none\" title=\"does not apply\">&ndash;</td>", out);
    else
        fprintf(out, "<td class=\"%.*s\">%.*s</td>", TEXT_ARG(class), TEXT_ARG(result));
}

static void write_tests(const DbRows *tests, FILE *out)
{
    if (db_row_count(tests) == 0)
        return;
    fputs("<h2>Seven tests</h2>\n<table><tr>", out);
    for (size_t i = 0; i < QUALITY_TESTS_COLUMNS; i++)
        fprintf(out, "<th>%s</th>", QUALITY_TESTS_HEADINGS[i]);
    fputs("</tr>\n", out);
    for (size_t row = 0; row < db_row_count(tests); row++) {
        fputs("<tr>", out);
        for (size_t i = 0; i < 2; i++) {
            fputs("<td>", out);
            page_text(db_text(tests, row, i), out);
            fputs("</td>", out);
        }
        for (size_t i = 2; i < QUALITY_TESTS_COLUMNS; i++)
            write_result(db_text(tests, row, i), out);
        fputs("</tr>\n", out);
    }
    fputs("</table>\n", out);
    write_legend(out);
}

/* ---- the page ---- */

static void write_cards(const DbRows *history, const DbRows *measures, Month period, FILE *out)
{
    Text source = TEXT("");

    for (size_t row = 0; row < db_row_count(history);) {
        Card card = read_card(history, &row, period);
        if (!text_equal(card.source, source)) {
            fputs(source.length > 0 ? "</div>\n<h2>" : "<h2>", out);
            page_text(card.source, out);
            fputs("</h2>\n<div class=\"cards\">\n", out);
            source = card.source;
        }
        write_card(&card, measures, period, out);
    }
    fputs(source.length > 0 ? "</div>\n" : "<p>Nothing is held.</p>\n", out);
}

Result ingest_quality_page(Db *loader, Month period, const char *source, FILE *out, Error *error)
{
    const Value values[] = {value_int4(period),
                            source != NULL ? value_text(text_from(source)) : value_null(VALUE_TEXT)};
    SCOPED(db_rows_close) DbRows *measures = NULL;
    SCOPED(db_rows_close) DbRows *history = NULL;
    SCOPED(db_rows_close) DbRows *tests = NULL;
    char month[DATE_TEXT_BYTES], title[64];

    TRY(db_run(loader, &QUALITY_STATEMENT, values, &measures, error));
    TRY(db_run(loader, &quality_history, values, &history, error));
    TRY(db_run(loader, &QUALITY_TESTS, values, &tests, error));
    snprintf(title, sizeof title, "Deliveries of %s", month_format(period, month));
    page_begin(text_from(title), out);
    fputs("<p>Rows held of each sender in the twelve months to this one; in red what is unusual beside "
          "them.</p>\n",
          out);
    write_tests(tests, out);
    write_cards(history, measures, period, out);
    page_end(out);
    return RESULT_OK;
}
