#include "query/period.h"

enum { MONTHS_OF_YEAR = 12, MONTHS_OF_QUARTER = 3, APRIL = 3 };

typedef struct Unit {
    const char *name, *column, *many;
    Month months, begins; /* how long it is; a month, from January on, in which one begins */
} Unit;

static const Unit units[PERIOD_UNITS] = {
    [PERIOD_MONTH] = {"month", "month", "months", 1, 0},
    [PERIOD_QUARTER] = {"quarter", "quarter", "quarters", MONTHS_OF_QUARTER, 0},
    [PERIOD_YEAR] = {"year", "year", "years", MONTHS_OF_YEAR, 0},
    [PERIOD_FINANCIAL_QUARTER] = {"financial quarter", "financial_quarter", "financial quarters",
                                  MONTHS_OF_QUARTER, 0},
    [PERIOD_FINANCIAL_YEAR] = {"financial year", "financial_year", "financial years", MONTHS_OF_YEAR, APRIL},
};

const char *period_name(PeriodUnit unit)
{
    return units[unit].name;
}

const char *period_column(PeriodUnit unit)
{
    return units[unit].column;
}

const char *period_many(PeriodUnit unit)
{
    return units[unit].many;
}

/* ---- which ones ---- */

/* Of the one that a day lies in: its first month. */
static Month begin_of(PeriodUnit unit, Date day)
{
    Month months = units[unit].months;
    Month beyond = (month_of_date(day) - units[unit].begins) % months;

    return month_of_date(day) - (beyond < 0 ? beyond + months : beyond);
}

/* The first month of the last whole one that has ended on or before a day. */
static Month last_whole(PeriodUnit unit, Date to)
{
    return begin_of(unit, to + 1) - units[unit].months;
}

static Month first_whole(PeriodUnit unit, Date from)
{
    Month begin = begin_of(unit, from);

    return month_first_day(begin) < from ? begin + units[unit].months : begin;
}

size_t period_count(PeriodUnit unit, Date from, Date to)
{
    Month first = first_whole(unit, from), last = last_whole(unit, to);

    return last < first ? 0 : (size_t)((last - first) / units[unit].months) + 1;
}

static Month begin_at(const Series *series, Date as_at, size_t index)
{
    Month months = units[series->unit].months;
    Month last = last_whole(series->unit, series->to == DATE_NONE ? as_at : series->to);

    return last - (Month)(series->count - 1 - index) * months;
}

Period series_period(const Series *series, Date as_at, size_t index)
{
    Month begin = begin_at(series, as_at, index);

    return (Period){month_first_day(begin), month_last_day(begin + units[series->unit].months - 1)};
}

/* ---- what they are called ---- */

/* 2026/27, of the year that begins in April 2026. */
static Text financial_year(Month begin, Arena *arena)
{
    int year = date_to_civil(month_first_day(begin - APRIL)).year;

    return text_format(arena, "%d/%02d", year, (year + 1) % 100);
}

Text series_label(const Series *series, Date as_at, size_t index, Arena *arena)
{
    Month begin = begin_at(series, as_at, index);
    CivilDate first = date_to_civil(month_first_day(begin));
    int quarter = (first.month - 1) / MONTHS_OF_QUARTER;
    Text year = financial_year(begin, arena);

    switch (series->unit) {
    case PERIOD_QUARTER:
        return text_format(arena, "%d-Q%d", first.year, quarter + 1);
    case PERIOD_YEAR:
        return text_format(arena, "%d", first.year);
    case PERIOD_FINANCIAL_QUARTER:
        return text_format(arena, "%.*s Q%d", TEXT_ARG(year), quarter == 0 ? 4 : quarter);
    case PERIOD_FINANCIAL_YEAR:
        return year;
    default:
        return text_format(arena, "%d-%02d", first.year, first.month);
    }
}
