#include "base/date.h"

#include <time.h>

#include <criterion/criterion.h>

static void expect_civil(CivilDate civil, int year, int month, int day)
{
    cr_expect_eq(civil.year, year);
    cr_expect_eq(civil.month, month);
    cr_expect_eq(civil.day, day);
}

Test(date, days_are_counted_from_the_first_of_january_2000)
{
    cr_expect_eq(date_from_civil(2000, 1, 1), 0);
    cr_expect_eq(date_from_civil(1999, 12, 31), -1);
    cr_expect_eq(date_from_civil(2000, 3, 1), 60);
    cr_expect_eq(date_from_civil(2001, 1, 1), 366);
    cr_expect_eq(date_from_civil(1970, 1, 1), -10957);
    cr_expect_eq(date_from_civil(2026, 11, 21), 9821);
    cr_expect_eq(date_from_civil(1, 1, 1), -730119, "as PostgreSQL has it");
}

Test(date, every_day_of_eight_centuries_comes_back_and_follows_its_neighbour)
{
    Date expected = date_from_civil(1600, 1, 1);

    for (int year = 1600; year <= 2400; year++) {
        for (int month = 1; month <= 12; month++) {
            for (int day = 1; date_is_valid(year, month, day); day++) {
                Date date = date_from_civil(year, month, day);
                CivilDate civil = date_to_civil(date);
                cr_assert_eq(date, expected);
                cr_assert(civil.year == year && civil.month == month && civil.day == day);
                expected++;
            }
        }
    }
    cr_expect_eq(expected - date_from_civil(1600, 1, 1), 2 * 146097 + 366,
                 "two Gregorian cycles and a leap year");
}

Test(date, leap_years_follow_the_gregorian_rule)
{
    cr_expect(date_is_valid(2024, 2, 29));
    cr_expect(date_is_valid(2000, 2, 29));
    cr_expect_not(date_is_valid(1900, 2, 29));
    cr_expect_not(date_is_valid(2023, 2, 29));
}

Test(date, what_is_no_day_of_the_calendar_is_not_valid)
{
    cr_expect_not(date_is_valid(2024, 0, 1));
    cr_expect_not(date_is_valid(2024, 13, 1));
    cr_expect_not(date_is_valid(2024, 1, 0));
    cr_expect_not(date_is_valid(2024, 1, 32));
    cr_expect_not(date_is_valid(2024, 4, 31));
    cr_expect_not(date_is_valid(1599, 12, 31));
    cr_expect_not(date_is_valid(2401, 1, 1));
    cr_expect(date_is_valid(1600, 1, 1));
    cr_expect(date_is_valid(2400, 12, 31));
}

Test(date, iso_dates_are_read)
{
    Date date = 0;

    cr_expect(date_parse(TEXT("2026-11-21"), &date));
    cr_expect_eq(date, 9821);
    cr_expect(date_parse(TEXT("1999-12-31"), &date));
    cr_expect_eq(date, -1);
    cr_expect(date_parse(TEXT("2024-02-29"), &date));
    cr_expect_eq(date, 8825);
}

Test(date, what_is_no_iso_date_is_refused_and_leaves_the_date)
{
    static const char *const wrong[] = {
        "",           "2024-02-30", "2023-02-29", "2024-13-01",  "2024-00-10",       "2024-01-00",
        "24-01-01",   "2024-1-1",   "2024/01/01", "2024-01-01 ", " 2024-01-01",      "20240101",
        "2024-01-0a", "202a-01-01", "2a24-01-01", "2024-0a-01",  "2024-01-01T00:00", "01/01/2024",
        "-024-01-01", "1599-12-31", "2401-01-01", "2024-+1-01",  "2024-01- 1",       "0000-00-00",
    };
    Date date = 7;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_not(date_parse(text_from(wrong[i]), &date), "\"%s\"", wrong[i]);
    cr_expect_eq(date, 7);
}

Test(date, a_byte_that_is_no_digit_is_refused_at_every_place)
{
    static const size_t places[] = {0, 1, 2, 3, 5, 6, 8, 9};

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        for (int byte = 0; byte < 256; byte++) {
            char text[] = "2011-11-11";
            Date date;
            text[places[i]] = (char)byte;
            if (byte < '0' || byte > '9')
                cr_expect_not(date_parse((Text){text, 10}, &date), "byte %d at %zu", byte, places[i]);
        }
    }
}

Test(date, compact_dates_are_read_and_others_refused)
{
    static const char *const wrong[] = {"",          "2024-02-29", "20230229", "2024022",
                                        "202402290", "2024 229",   "29022024"};
    Date date = 0;

    cr_expect(date_parse_compact(TEXT("20240229"), &date));
    cr_expect_eq(date, 8825);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_not(date_parse_compact(text_from(wrong[i]), &date), "\"%s\"", wrong[i]);
}

Test(date, british_dates_are_read_and_others_refused)
{
    static const char *const wrong[] = {"",          "02/29/2024", "29-02-2024", "29/02/24",
                                        "9/02/2024", "29/02/2023", "2024/02/29"};
    Date date = 0;

    cr_expect(date_parse_british(TEXT("29/02/2024"), &date));
    cr_expect_eq(date, 8825);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_not(date_parse_british(text_from(wrong[i]), &date), "\"%s\"", wrong[i]);
}

Test(date, is_written_as_iso)
{
    char text[DATE_TEXT_BYTES];

    cr_expect_str_eq(date_format(0, text), "2000-01-01");
    cr_expect_str_eq(date_format(-1, text), "1999-12-31");
    cr_expect_str_eq(date_format(date_from_civil(1600, 1, 2), text), "1600-01-02");
}

Test(date, the_ends_of_its_type_are_written_within_the_room)
{
    char text[DATE_TEXT_BYTES];

    cr_expect_str_eq(date_format(INT32_MAX, text), "5881610-07-11");
    cr_expect_str_eq(date_format(DATE_NONE, text), "-5877611-06-22");
}

Test(month, is_counted_from_january_2000)
{
    cr_expect_eq(month_from(2000, 1), 0);
    cr_expect_eq(month_from(1999, 12), -1);
    cr_expect_eq(month_from(2026, 11), 322);
    cr_expect_eq(month_of_date(date_from_civil(2026, 11, 30)), 322);
    cr_expect_eq(month_of_date(-1), -1);
}

Test(month, has_a_first_and_a_last_day)
{
    expect_civil(date_to_civil(month_first_day(month_from(2024, 2))), 2024, 2, 1);
    expect_civil(date_to_civil(month_last_day(month_from(2024, 2))), 2024, 2, 29);
    expect_civil(date_to_civil(month_last_day(month_from(2023, 2))), 2023, 2, 28);
    expect_civil(date_to_civil(month_first_day(-1)), 1999, 12, 1);
    expect_civil(date_to_civil(month_last_day(-1)), 1999, 12, 31);
    expect_civil(date_to_civil(month_first_day(-12)), 1999, 1, 1);
    expect_civil(date_to_civil(month_first_day(-13)), 1998, 12, 1);
}

Test(month, is_read_and_written)
{
    static const char *const wrong[] = {"",        "2026-13",    "2026-00", "2026-1",
                                        "2026/11", "2026-11-21", "1599-12", "202a-11"};
    char text[DATE_TEXT_BYTES];
    Month month = 7;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_not(month_parse(text_from(wrong[i]), &month), "\"%s\"", wrong[i]);
    cr_expect_eq(month, 7);
    cr_expect(month_parse(TEXT("2026-11"), &month));
    cr_expect_eq(month, 322);
    cr_expect_str_eq(month_format(322, text), "2026-11");
    cr_expect_str_eq(month_format(-1, text), "1999-12");
}

Test(date, adding_months_keeps_the_day_or_takes_the_last)
{
    expect_civil(date_to_civil(date_add_months(date_from_civil(2023, 1, 31), 1)), 2023, 2, 28);
    expect_civil(date_to_civil(date_add_months(date_from_civil(2024, 1, 31), 1)), 2024, 2, 29);
    expect_civil(date_to_civil(date_add_months(date_from_civil(2024, 2, 29), 12)), 2025, 2, 28);
    expect_civil(date_to_civil(date_add_months(date_from_civil(2024, 1, 15), -13)), 2022, 12, 15);
    expect_civil(date_to_civil(date_add_months(date_from_civil(2024, 3, 31), -1)), 2024, 2, 29);
    expect_civil(date_to_civil(date_add_months(date_from_civil(2024, 5, 5), 0)), 2024, 5, 5);
}

Test(date, shifting_months_rolls_on_and_stays_within_the_calendar)
{
    expect_civil(date_to_civil(date_shift_months(date_from_civil(2023, 1, 31), 1)), 2023, 3, 1);
    expect_civil(date_to_civil(date_shift_months(date_from_civil(2024, 3, 31), -1)), 2024, 3, 1);
    expect_civil(date_to_civil(date_shift_months(date_from_civil(2024, 1, 15), -13)), 2022, 12, 15);
    cr_expect_eq(date_shift_months(date_from_civil(2024, 1, 1), 12 * 377), DATE_NONE);
    cr_expect_eq(date_shift_months(date_from_civil(2024, 1, 1), INT64_MIN), DATE_NONE);
    cr_expect_eq(date_months_between(date_from_civil(2000, 1, 27), date_from_civil(1999, 12, 26)), -2);
    cr_expect_eq(date_months_between(date_from_civil(2000, 1, 1), date_from_civil(2010, 1, 1)), 120);
}

Test(date, age_grows_on_the_birthday)
{
    Date birth = date_from_civil(1980, 6, 15);

    cr_expect_eq(date_age_years(birth, date_from_civil(2024, 6, 14)), 43);
    cr_expect_eq(date_age_years(birth, date_from_civil(2024, 6, 15)), 44);
    cr_expect_eq(date_age_years(birth, date_from_civil(2024, 5, 30)), 43);
    cr_expect_eq(date_age_years(birth, birth), 0);
}

Test(date, someone_born_on_29_february_has_the_birthday_on_1_march_in_common_years)
{
    Date birth = date_from_civil(2000, 2, 29);

    cr_expect_eq(date_age_years(birth, date_from_civil(2023, 2, 28)), 22);
    cr_expect_eq(date_age_years(birth, date_from_civil(2023, 3, 1)), 23);
    cr_expect_eq(date_age_years(birth, date_from_civil(2024, 2, 28)), 23);
    cr_expect_eq(date_age_years(birth, date_from_civil(2024, 2, 29)), 24);
}

Test(time, is_written_in_utc_with_microseconds)
{
    char text[TIME_TEXT_BYTES];

    cr_expect_str_eq(time_format(0, text), "1970-01-01T00:00:00.000000Z");
    cr_expect_str_eq(time_format(-1, text), "1969-12-31T23:59:59.999999Z");
    cr_expect_str_eq(time_format(INT64_C(1795253400000000), text), "2026-11-21T09:30:00.000000Z");
    cr_expect_str_eq(time_format(INT64_C(951827696123456), text), "2000-02-29T12:34:56.123456Z");
    cr_expect_str_eq(time_format(INT64_MAX, text), "294247-01-10T04:00:54.775807Z");
    cr_expect_str_eq(time_format(INT64_MIN, text), "-290308-12-21T19:59:05.224192Z");
}

Test(time, now_is_the_clock_of_the_system)
{
    int64_t before = (int64_t)time(NULL) * 1000000;
    int64_t now = time_now_us();
    int64_t after = (int64_t)time(NULL) * 1000000;

    cr_expect_geq(now, before - 1000000);
    cr_expect_leq(now, after + 1000000);
}
