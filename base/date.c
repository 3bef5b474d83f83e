#include "base/date.h"

#include <stdio.h>
#include <string.h>
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
 * The year is taken to begin on 1 March: then the leap day is its last, and the days before a month are the
 * same in every year. Every 400 years are alike (the "era"): adding some keeps the year positive, so that
 * plain division rounds down.
 */
static int64_t days_from_march_0(int year, int month, int day)
{
    /* From January on; January and February end the year before. */
    static const uint16_t days_before[] = {306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275};
    const uint64_t eras_added = 20000;
    uint64_t shifted_year = (uint64_t)((int64_t)year - (month <= 2) + (int64_t)eras_added * 400);
    uint64_t century = shifted_year / 100;
    uint64_t days = shifted_year * 365 + shifted_year / 4 - century + century / 4 + days_before[month - 1] +
                    (unsigned)day - 1;

    return (int64_t)(days - eras_added * DAYS_IN_400_YEARS);
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
           (day <= 28 || day <= days_in_month(year, month));
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first digit is the lowest byte");

/* All eight digits in one word, since files hold dates by the hundred million. */
static bool parse_parts(const char *year, const char *month, const char *day, Date *date)
{
    const uint64_t every_byte = UINT64_C(0x0101010101010101), every_second = UINT64_C(0x00FF00FF00FF00FF);
    uint32_t year_digits;
    uint16_t month_digits, day_digits;
    memcpy(&year_digits, year, sizeof year_digits);
    memcpy(&month_digits, month, sizeof month_digits);
    memcpy(&day_digits, day, sizeof day_digits);
    uint64_t digits = year_digits | (uint64_t)month_digits << 32 | (uint64_t)day_digits << 48;

    digits ^= '0' * every_byte;
    /* A byte above 9 gets its top bit by adding, or has it already. */
    if (((digits | (digits + 0x76 * every_byte)) & 0x80 * every_byte) != 0)
        return false;
    uint64_t pairs = (digits & every_second) * 10 + (digits >> 8 & every_second);
    int year_number = (int)((pairs & 0xFF) * 100 + (pairs >> 16 & 0xFF));
    int month_number = (int)(pairs >> 32 & 0xFF), day_number = (int)(pairs >> 48);
    if (!date_is_valid(year_number, month_number, day_number))
        return false;
    *date = date_from_civil(year_number, month_number, day_number);
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

static void put_two(char *out, int number)
{
    out[0] = (char)('0' + number / 10);
    out[1] = (char)('0' + number % 10);
}

/* By hand: printf takes ten times as long, and whole files of dates are written. */
static void put_date(CivilDate civil, char *out)
{
    put_two(out, civil.year / 100);
    put_two(out + 2, civil.year % 100);
    out[4] = '-';
    put_two(out + 5, civil.month);
    out[7] = '-';
    put_two(out + 8, civil.day);
    out[10] = '\0';
}

const char *date_format(Date date, char out[DATE_TEXT_BYTES])
{
    CivilDate civil = date_to_civil(date);

    if (civil.year >= 0 && civil.year <= 9999) {
        put_date(civil, out);
        return out;
    }
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

Date date_shift_months(Date date, int64_t months)
{
    enum { MONTHS_MAX = 12 * (YEAR_MAX - YEAR_MIN + 1) };
    CivilDate civil = date_to_civil(date);

    if (months > MONTHS_MAX || months < -MONTHS_MAX)
        return DATE_NONE;
    CivilDate first = month_to_civil(month_from(civil.year, civil.month) + (Month)months);
    if (first.year < YEAR_MIN || first.year > YEAR_MAX)
        return DATE_NONE;
    if (civil.day > days_in_month(first.year, first.month))
        return date_from_civil(first.year, first.month, 1) + days_in_month(first.year, first.month);
    return date_from_civil(first.year, first.month, civil.day);
}

int64_t date_months_between(Date from, Date to)
{
    CivilDate a = date_to_civil(from), b = date_to_civil(to);

    return (int64_t)12 * (b.year - a.year) + b.month - a.month - (b.day < a.day);
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

Date date_today(void)
{
    return (Date)(time_now_us() / (INT64_C(86400) * 1000000)) + date_from_civil(1970, 1, 1);
}
