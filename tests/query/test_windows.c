/*
 * Windows as cohort definitions of OHDSI's Circe have them: index events, time before and after, washout, at
 * least and exactly so many, distinct days, censoring, eras. Each answer was worked out by hand from the
 * happenings in windows.h. The index is the first diagnosis: A 2025-01-10, B 2024-12-31, D 2024-02-29,
 * G 2025-06-01, H 2025-03-01; unknown of C, E and F.
 */
#include "tests/query/windows.h"

typedef struct Case {
    const char *condition, *people;
} Case;

#define EACH(cases)                                                                                          \
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)                                                \
    windows_expect(cases[i].condition, cases[i].people)

TestSuite(windows, .init = windows_open);

Test(windows, an_index_event_is_the_first_by_its_day)
{
    static const Case cases[] = {
        {"index is known", "ABDGH"},
        {"index is not known", "CEF"},
        {"index on or before 2025-01-10", "ABD"},
        {"index within 12 months before as_at", "AGH"}, /* B is one day too early */
        {"index within 1 year before as_at - 1 day", "ABGH"},
        {"(value of event_date in last gp_event by event_date where code in d) after index", "B"},
        /* E's unknown day is the first, 2025-05-20 the second */
        {"(value of event_date in 2nd gp_event by event_date where code in d) is known", "BE"},
        {"(value of event_date in 2nd last gp_event by event_date where code in d) = index", "B"},
        {"(value of event_date in first gp_event by event_date where code in d and event_date is known) = "
         "2025-05-20",
         "E"},
        {"(min of event_date in gp_event where code in d) = 2025-05-20", "E"},
        {"case when index before 2025-01-01 then 1 when index is known then 2 else 3 end = 2", "AGH"},
    };

    EACH(cases);
}

Test(windows, after_the_index_begins_with_its_day_and_ends_before_so_many_days)
{
    static const Case cases[] = {
        /* A on day 89, B on day 0, G on day 60 */
        {"exists apc_spell where admission_date within 90 days after index", "ABG"},
        {"exists apc_spell where admission_date within 89 days after index", "BG"},
        /* B's other admission is on day 90 */
        {"exists apc_spell where admission_date after index and admission_date within 90 days after index",
         "AG"},
        {"exists apc_spell where admission_date from index + 1 day to index + 90 days", "ABG"},
        /* a year after 29 February ends before 1 March: D's admission on 28 February is within */
        {"exists apc_spell where admission_date within 1 year after index", "ABDG"},
        {"exists apc_spell where admission_date within 1 year after index and admission_method = \"21\"",
         "BG"},
        {"exists gp_event where code in m and event_date within 30 days after index", "GH"},
        {"exists gp_event where code in m and event_date within 31 days after index", "ABDGH"},
        {"exists gp_event where code in m and event_date = index + 30 days", "ABDH"},
        /* a month is 31 days for A and B, 29 for D, 31 for H */
        {"exists gp_event where code in m and event_date after index and event_date within 1 month after "
         "index",
         "ABH"},
        {"exists gp_event where code in m and event_date on or after index + 3 months", "AH"},
        {"days between index and (min of admission_date in apc_spell where admission_date on or after index) "
         "= "
         "89",
         "A"},
        {"exists gp_event where code in d and days between event_date and as_at from 300 to 355", "ABH"},
    };

    EACH(cases);
}

Test(windows, before_the_index_ends_with_its_day)
{
    static const Case cases[] = {
        {"exists apc_spell where admission_date within 30 days before index", "AB"},
        {"exists apc_spell where admission_date before index and admission_date within 30 days before index",
         "A"},
        /* washout: D was treated the day before */
        {"index is known and not exists gp_event where code in m and event_date before index", "ABGH"},
        /* of an unknown index nothing is before it */
        {"not exists gp_event where code in m and event_date before index", "ABCEFGH"},
        {"exactly 0 apc_spell where admission_date within 12 months before index", "CDEFGH"},
        {"index is known and exactly 0 apc_spell where admission_date within 12 months before index", "DGH"},
        {"exists gp_event where code in m and event_date within 1 day before index", "GH"},
        {"exists gp_event where code in m and event_date within 2 days before index", "DGH"},
        /* A's weight of March 2025 comes too late, B's of January as well */
        {"(value of result_value in last gp_event by event_date where code = \"W1\" and event_date on or "
         "before "
         "index) = 80",
         "A"},
        /* B's last one has no value */
        {"(value of result_value in last gp_event by event_date where code = \"W1\") < 79", "A"},
    };

    EACH(cases);
}

Test(windows, records_are_counted_in_all_and_in_days_running)
{
    static const Case cases[] = {
        {"at least 2 gp_event where code in m", "ACDGH"},
        {"exactly 1 gp_event where code in m", "BE"},
        {"at most 1 gp_event where code in m", "BEF"},
        /* A's two are 60 days apart, D's 31, C's first two 14 */
        {"at least 2 gp_event by event_date within 60 days where code in m", "CDGH"},
        {"at least 2 gp_event by event_date within 61 days where code in m", "ACDGH"},
        /* C's three are 47 days apart */
        {"at least 3 gp_event by event_date within 48 days where code in m", "C"},
        {"at least 3 gp_event by event_date within 47 days where code in m", ""},
        {"exactly 2 apc_spell where admission_date after index", "DG"},
        {"at least 1 apc_spell where length_of_hospital_stay >= 5 and admission_date after index", "AG"},
        {"(count of apc_spell where admission_date after index) > (count of apc_spell where admission_date "
         "before index)",
         "BDG"},
    };

    EACH(cases);
}

Test(windows, distinct_values_are_counted_once_and_unknown_ones_not)
{
    static const Case cases[] = {
        {"(count of distinct event_date in gp_event where code in m) = 1", "BEG"},
        {"count of distinct code in gp_event >= 3", "AB"},
        {"count of distinct admission_method in apc_spell = 2", "AD"},
        {"(count of distinct result_value in gp_event where code in m) = 1", "BDEH"},
        {"exists gp_event where code in d and event_date in values of admission_date in apc_spell", "B"},
    };

    EACH(cases);
}

Test(windows, amounts_are_of_the_known_and_of_none_unknown)
{
    static const Case cases[] = {
        {"(sum of length_of_hospital_stay in apc_spell where admission_date within 1 year after index) >= 10",
         "AG"},
        {"(mean of result_value in gp_event where code in m) = 1.5", "G"},
        {"(max of result_value in gp_event where code in m and event_date on or before index) otherwise 0 >= "
         "2",
         "DG"},
        {"(value of result_value in last gp_event by event_date where code = \"W1\") - (value of "
         "result_value in "
         "first gp_event by event_date where code = \"W1\") < 0",
         "A"},
        {"sum of length_of_hospital_stay in apc_spell / count of apc_spell > 5", "AG"},
        {"exists gp_event where result_value in (2, 5, 79)", "ADG"},
    };

    EACH(cases);
}

Test(windows, follow_up_is_censored_by_the_first_of_its_ends)
{
    static const Case cases[] = {
        {"exists apc_spell where admission_date from index to earliest of (index + 1 year, died)", "ABDG"},
        {"exists apc_spell where admission_date after earliest of (index + 1 year, died)", "G"},
        {"earliest of (as_at, died) on or after index + 6 months", "ABDH"},
        {"days between index and earliest of (as_at, died) = 61", "G"},
        {"latest of (index, died) = died", "G"},
    };

    EACH(cases);
}

Test(windows, eras_are_days_no_further_apart_than_the_gap)
{
    static const Case cases[] = {
        {"(episodes of gp_event by event_date with gaps up to 30 days where code in m) = 2", "ACDH"},
        {"(episodes of gp_event by event_date with gaps up to 29 days where code in m) = 4", "H"},
        {"(episodes of gp_event by event_date with gaps up to 60 days where code in m) = 1", "ABCDEGH"},
        {"(episodes of gp_event by event_date with gaps up to 0 days where code in m) = 1", "BEG"},
        {"(episodes of gp_event by event_date with gaps up to 33 days where code in m) = 1 and at least 3 "
         "gp_event where code in m",
         "C"},
        {"(episodes of apc_spell by admission_date with gaps up to 15 days where admission_date after index) "
         "= "
         "1",
         "ABDG"},
    };

    EACH(cases);
}
