#pragma once
/*
 * Private to query: the months, quarters or years that a table is by, each of them whole. A financial year
 * begins in April, and so its quarters are those of the calendar under another name.
 */
#include "base/arena.h"
#include "base/date.h"

typedef enum PeriodUnit {
    PERIOD_MONTH,
    PERIOD_QUARTER,
    PERIOD_YEAR,
    PERIOD_FINANCIAL_QUARTER,
    PERIOD_FINANCIAL_YEAR,
    PERIOD_UNITS,
} PeriodUnit;

typedef struct Period {
    Date first, last;
} Period;

/* The last `count` whole ones that `to` ends with or after; or those from `from` to `to`. */
typedef struct Series {
    size_t count; /* 0: the table is by none */
    PeriodUnit unit;
    Date from; /* DATE_NONE: not said */
    Date to;   /* DATE_NONE: the query's day */
} Series;

const char *period_name(PeriodUnit unit);   /* "financial year" */
const char *period_column(PeriodUnit unit); /* "financial_year" */
const char *period_many(PeriodUnit unit);   /* "financial years" */
/* How many whole ones lie from one day to another. */
size_t period_count(PeriodUnit unit, Date from, Date to);
/* From the oldest on. */
Period series_period(const Series *series, Date as_at, size_t index);
/* 2026-05, 2026-Q2, 2026, 2026/27 Q1, 2026/27 */
Text series_label(const Series *series, Date as_at, size_t index, Arena *arena);
