/* The periods that a table is by, and what its measures say of one: in month, start of month, end of month.
 */
#include <string.h>

#include "query/expression.h"

enum { FIRST_YEAR = 1900, LAST_YEAR = 2199 };

/* ---- month, quarter, year, financial quarter, financial year ---- */

static PeriodUnit find_unit(Text word, bool is_financial)
{
    PeriodUnit unit = is_financial ? PERIOD_FINANCIAL_QUARTER : PERIOD_MONTH;
    size_t before = is_financial ? strlen("financial ") : 0;

    for (; unit < PERIOD_UNITS; unit++)
        if (text_equal(word, text_from(period_name(unit) + before)))
            return unit;
    return PERIOD_UNITS;
}

bool parser_at_period(const Parser *parser)
{
    return parser->token.kind == TOKEN_WORD &&
           (token_is(&parser->token, "financial") ||
            find_unit(parser->token.text, false) < PERIOD_FINANCIAL_QUARTER);
}

static Result take_unit(Parser *parser, PeriodUnit *unit, Error *error)
{
    bool is_financial;

    TRY(parser_accept(parser, "financial", &is_financial, error));
    *unit = find_unit(parser->token.text, is_financial);
    if (parser->token.kind != TOKEN_WORD || *unit == PERIOD_UNITS)
        return parser_fail(parser, error,
                           is_financial ? "expected 'quarter' or 'year'"
                                        : "expected month, quarter, year or financial year");
    return parser_advance(parser, error);
}

/* ---- behind by ---- */

/* months, or financial quarters */
static Result take_many(Parser *parser, PeriodUnit unit, Error *error)
{
    const char *many = period_many(unit), *last = strchr(many, ' ');

    if (last == NULL)
        return parser_expect(parser, many, error);
    TRY(parser_expect(parser, "financial", error));
    return parser_expect(parser, last + 1, error);
}

static bool is_of_our_time(Date day)
{
    int year = date_to_civil(day).year;

    return year >= FIRST_YEAR && year <= LAST_YEAR;
}

static Result take_day(Parser *parser, bool may_be_as_at, Date *day, Error *error)
{
    bool is_as_at = false;

    *day = DATE_NONE;
    if (may_be_as_at)
        TRY(parser_accept(parser, "as_at", &is_as_at, error));
    if (is_as_at)
        return RESULT_OK;
    if (parser->token.kind != TOKEN_DATE)
        return parser_fail(parser, error,
                           may_be_as_at ? "expected as_at or a date (CCYY-MM-DD)"
                                        : "expected a date (CCYY-MM-DD)");
    *day = parser->token.date;
    if (!is_of_our_time(*day))
        return parser_fail(parser, error, "a series lies between %d and %d", FIRST_YEAR, LAST_YEAR);
    return parser_advance(parser, error);
}

/* N months to DAY */
static Result take_count(Parser *parser, Series *series, Error *error)
{
    int64_t count;

    TRY(parser_expect(parser, "the", error));
    TRY(parser_integer(parser, "periods", 1, QUERY_PERIODS_MAX, &count, error));
    series->count = (size_t)count;
    series->from = DATE_NONE;
    TRY(take_many(parser, series->unit, error));
    TRY(parser_expect(parser, "to", error));
    return take_day(parser, true, &series->to, error);
}

/* from DAY to DAY */
static Result take_range(Parser *parser, Series *series, Error *error)
{
    Place place = parser->token.place;

    TRY(parser_expect(parser, "from", error));
    TRY(take_day(parser, false, &series->from, error));
    TRY(parser_expect(parser, "to", error));
    TRY(take_day(parser, false, &series->to, error));
    series->count = period_count(series->unit, series->from, series->to);
    if (series->count == 0)
        return source_text_fail(&parser->input->source, place, error, "between these days lies no whole %s",
                                period_name(series->unit));
    if (series->count > QUERY_PERIODS_MAX)
        return source_text_fail(&parser->input->source, place, error, "more than %d periods",
                                QUERY_PERIODS_MAX);
    return RESULT_OK;
}

/* Who knows the day already says it here; of the release's day, bind_tree does. */
static Result check_day(const Parser *parser, const Series *series, Place place, Error *error)
{
    Date as_at = parser->tree->as_at;

    if (as_at == DATE_NONE)
        return RESULT_OK;
    if (!is_of_our_time(as_at))
        return source_text_fail(&parser->input->source, place, error, "a series lies between %d and %d",
                                FIRST_YEAR, LAST_YEAR);
    if (series->to == DATE_NONE || series->to <= as_at)
        return RESULT_OK;
    return source_text_fail(&parser->input->source, place, error,
                            "a series ends on the query's day or before");
}

Result parser_series(Parser *parser, TableNode *table, Error *error)
{
    Place place = parser->token.place;
    bool is_count;

    table->place = place;
    if (!parser_at_period(parser))
        return RESULT_OK;
    TRY(take_unit(parser, &table->series.unit, error));
    TRY(parser_accept(parser, "of", &is_count, error));
    if (is_count)
        TRY(take_count(parser, &table->series, error));
    else
        TRY(take_range(parser, &table->series, error));
    return check_day(parser, &table->series, place, error);
}

/* ---- in a measure's condition ---- */

/* The word is that of the table whose measure this is. */
static Result take_own_unit(Parser *parser, Node *draft, Error *error)
{
    const Series *series = parser->series;
    Place place = parser->token.place;

    TRY(take_unit(parser, &draft->period, error));
    if (series == NULL || series->count == 0)
        return source_text_fail(&parser->input->source, place, error,
                                "this stands in the measures of a table by %s", period_name(draft->period));
    if (series->unit != draft->period)
        return source_text_fail(&parser->input->source, place, error, "the table is by %s",
                                period_name(series->unit));
    parser->names_period = true;
    return RESULT_OK;
}

Result expression_in_period(Parser *parser, Taken left, const Node **node, Error *error)
{
    Node draft = {.kind = NODE_IN_PERIOD, .type = TYPE_BOOL, .operand_count = 1};

    TRY(expression_want(parser, left.node, TYPE_DATE, left.place, error));
    TRY(take_own_unit(parser, &draft, error));
    draft.operands = expression_operands(parser, &left.node, 1);
    return expression_finish(parser, &draft, left.place, node, error);
}

Result expression_period_day(Parser *parser, const Node **node, Error *error)
{
    Node draft = {.kind = token_is(&parser->token, "start") ? NODE_PERIOD_START : NODE_PERIOD_END,
                  .type = TYPE_DATE};
    Place place = parser->token.place;

    TRY(parser_advance(parser, error));
    TRY(parser_expect(parser, "of", error));
    TRY(take_own_unit(parser, &draft, error));
    return expression_finish(parser, &draft, place, node, error);
}

Result parser_check_series(const Parser *parser, const TableNode *table, Error *error)
{
    if (table->series.count == 0 || parser->names_period)
        return RESULT_OK;
    return source_text_fail(&parser->input->source, table->place, error,
                            "no measure of this table speaks of the %s: in %s, start of %s, end of %s",
                            period_name(table->series.unit), period_name(table->series.unit),
                            period_name(table->series.unit), period_name(table->series.unit));
}
