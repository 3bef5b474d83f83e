#pragma once
/*
 * Civil dates of the proleptic Gregorian calendar and months. NHS dates are
 * civil dates of Europe/London and carry no time zone.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* Days since 2000-01-01, as PostgreSQL counts them. */
typedef int32_t Date;
/* Months since 2000-01. */
typedef int32_t Month;

#define DATE_NONE INT32_MIN /* "no date" where a struct has no null flag */

enum { DATE_TEXT_BYTES = 16 };

typedef struct CivilDate {
    int year, month, day; /* 1600..2400, 1..12, 1..31 */
} CivilDate;

Date date_from_civil(int year, int month, int day);
bool date_is_valid(int year, int month, int day);
CivilDate date_to_civil(Date date);
/* CCYY-MM-DD exactly; false on anything else, also on 30 February. */
bool date_parse(Text text, Date *date);
/* CCYYMMDD exactly. */
bool date_parse_compact(Text text, Date *date);
/* DD/MM/CCYY exactly. */
bool date_parse_british(Text text, Date *date);
const char *date_format(Date date, char out[DATE_TEXT_BYTES]); /* CCYY-MM-DD */

Month month_of_date(Date date);
Month month_from(int year, int month);
Date month_first_day(Month month);
Date month_last_day(Month month);
bool month_parse(Text text, Month *month); /* CCYY-MM */
const char *month_format(Month month, char out[DATE_TEXT_BYTES]);

/* The same day of another month; the last day when that month is shorter (31 January + 1 = 28 or 29
 * February). */
Date date_add_months(Date date, int months);
/* The same day of another month; the first of the next where it has none (31 January + 1 = 1 March), so that
 * date_months_between undoes it. Outside the years 1600 to 2400: DATE_NONE. */
Date date_shift_months(Date date, int64_t months);
/* Whole months from one day to another, below 0 as soon as `to` is the earlier: -1 from 30 to 27 January. */
int64_t date_months_between(Date from, Date to);
/* Whole years by birthdays; someone born on 29 February has the birthday on 1 March in common years. */
int date_age_years(Date birth, Date at);

Date date_today(void);     /* of UTC */
int64_t time_now_us(void); /* microseconds since 1970-01-01 UTC */
enum { TIME_TEXT_BYTES = 40 };
const char *time_format(int64_t unix_us, char out[TIME_TEXT_BYTES]); /* 2026-11-21T09:30:00.000000Z */
