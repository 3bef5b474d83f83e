#include "base/date.h"

#include <stdio.h>
#include <time.h>

enum {
    YEAR_MIN = 1600,
    YEAR_MAX = 2400,
    DAYS_IN_400_YEARS = 146097,
    /* Days from 1 March of year 0 to 1 January 2000, and to 1 January 1970. */
    EPOCH_2000 = 730425,
    EPOCH_1970 = 719468,
};

static const int month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int year, int month)
{
    return month_days[month - 1] + (month == 2 && is_leap(year));
}

static int64_t divide_down(int64_t value, int64_t divisor)
{
    return value / divisor - (value % divisor < 0);
}

/*
 * The year is taken to begin on 1 March: then the leap day is its last, month lengths repeat in a pattern
 * that (153 m + 2) / 5 sums, and every 400 years are alike (the "era").
 */
static int64_t days_from_march_0(int year, int month, int day)
{
    int64_t shifted_year = (int64_t)year - (month <= 2);
    int shifted_month = month > 2 ? month - 3 : month + 9;
    int64_t era = divide_down(shifted_year, 400);
    int year_of_era = (int)(shifted_year - era * 400);
    int day_of_year = (153 * shifted_month + 2) / 5 + day - 1;

    return era * DAYS_IN_400_YEARS + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
}

static CivilDate civil_from_march_0(int64_t days)
{
    int64_t era = divide_down(days, DAYS_IN_400_YEARS);
    int day_of_era = (int)(days - era * DAYS_IN_400_YEARS);
    /* Takes the leap days out, so that 365 divides evenly: one in 4 years, not in 100, but in 400. */
    int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int shifted_month = (5 * day_of_year + 2) / 153;
    int month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;

    return (CivilDate){
        .year = (int)(era * 400) + year_of_era + (month <= 2),
        .month = month,
        .day = day_of_year - (153 * shifted_month + 2) / 5 + 1,
    };
}

Date date_from_civil(int year, int month, int day)
{
    return (Date)(days_from_march_0(year, month, day) - EPOCH_2000);
}

CivilDate date_to_civil(Date date)
{
    return civil_from_march_0((int64_t)date + EPOCH_2000);
}

bool date_is_valid(int year, int month, int day)
{
    return year >= YEAR_MIN && year <= YEAR_MAX && month >= 1 && month <= 12 && day >= 1 &&
           day <= days_in_month(year, month);
}

/* -1 when one is no digit. */
static int two_digits(const char *at)
{
    unsigned tens = (unsigned char)at[0] - (unsigned)'0';
    unsigned ones = (unsigned char)at[1] - (unsigned)'0';

    return tens > 9 || ones > 9 ? -1 : (int)(tens * 10 + ones);
}

static bool parse_parts(const char *year, const char *month, const char *day, Date *date)
{
    int century = two_digits(year), year_of_century = two_digits(year + 2);
    int month_number = two_digits(month), day_number = two_digits(day);

    if ((century | year_of_century) < 0 ||
        !date_is_valid(century * 100 + year_of_century, month_number, day_number))
        return false;
    *date = date_from_civil(century * 100 + year_of_century, month_number, day_number);
    return true;
}

bool date_parse(Text text, Date *date)
{
    const char *at = text.data;
    return text.length == 10 && at[4] == '-' && at[7] == '-' && parse_parts(at, at + 5, at + 8, date);
}

bool date_parse_compact(Text text, Date *date)
{
    const char *at = text.data;
    return text.length == 8 && parse_parts(at, at + 4, at + 6, date);
}

bool date_parse_british(Text text, Date *date)
{
    const char *at = text.data;
    return text.length == 10 && at[2] == '/' && at[5] == '/' && parse_parts(at + 6, at + 3, at, date);
}

const char *date_format(Date date, char out[DATE_TEXT_BYTES])
{
    CivilDate civil = date_to_civil(date);
    int written = snprintf(out, DATE_TEXT_BYTES, "%04d-%02d-%02d", civil.year, civil.month, civil.day);

    return written < DATE_TEXT_BYTES ? out : "";
}

Month month_from(int year, int month)
{
    return (Month)((year - 2000) * 12 + month - 1);
}

Month month_of_date(Date date)
{
    CivilDate civil = date_to_civil(date);
    return month_from(civil.year, civil.month);
}

static CivilDate month_to_civil(Month month)
{
    int years = (int)divide_down(month, 12);
    return (CivilDate){.year = 2000 + years, .month = month - years * 12 + 1, .day = 1};
}

Date month_first_day(Month month)
{
    CivilDate first = month_to_civil(month);
    return date_from_civil(first.year, first.month, 1);
}

Date month_last_day(Month month)
{
    return month_first_day(month + 1) - 1;
}

bool month_parse(Text text, Month *month)
{
    Date first;

    if (text.length != 7 || text.data[4] != '-' || !parse_parts(text.data, text.data + 5, "01", &first))
        return false;
    *month = month_of_date(first);
    return true;
}

const char *month_format(Month month, char out[DATE_TEXT_BYTES])
{
    CivilDate first = month_to_civil(month);
    int written = snprintf(out, DATE_TEXT_BYTES, "%04d-%02d", first.year, first.month);

    return written < DATE_TEXT_BYTES ? out : "";
}

Date date_add_months(Date date, int months)
{
    CivilDate from = date_to_civil(date);
    CivilDate to = month_to_civil(month_from(from.year, from.month) + months);
    int day_max = days_in_month(to.year, to.month);

    return date_from_civil(to.year, to.month, from.day < day_max ? from.day : day_max);
}

int date_age_years(Date birth, Date at)
{
    CivilDate from = date_to_civil(birth), to = date_to_civil(at);
    bool before_birthday = to.month < from.month || (to.month == from.month && to.day < from.day);

    return to.year - from.year - before_birthday;
}

int64_t time_now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

const char *time_format(int64_t unix_us, char out[TIME_TEXT_BYTES])
{
    const int64_t day_us = INT64_C(86400) * 1000000;
    int64_t days = divide_down(unix_us, day_us);
    int64_t us = unix_us % day_us + (unix_us % day_us < 0 ? day_us : 0);
    CivilDate civil = civil_from_march_0(days + EPOCH_1970);
    int seconds = (int)(us / 1000000);

    int written =
        snprintf(out, TIME_TEXT_BYTES, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", civil.year, civil.month,
                 civil.day, seconds / 3600, seconds / 60 % 60, seconds % 60, (int)(us % 1000000));
    return written < TIME_TEXT_BYTES ? out : "";
}
