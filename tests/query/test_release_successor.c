/* Practices as now: through successors from the day on which they closed. */
#include "tests/query/closings.h"

/* Even people are with G00001, odd ones with G00002. */
static int64_t registered(const char *then, const char *now)
{
    char sql[256];

    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM release_1.registration WHERE practice = '%s' AND practice_now %s", then,
             now);
    return county_number(sql);
}

/* 30 people each, without the one who opted out. G00001 became G00002, which became G00009 on its last day of
 * May. Switch: the recursion of release.successors. */
Test(release_successor, is_followed_to_the_last)
{
    county_make(60, 0);
    county_closings();
    county_close("G00001", "'2024-03-31'", "G00002");
    county_close("G00002", "'2026-05-31'", "G00009");

    county_release();

    cr_expect_eq(registered("G00001", "= 'G00009'"), registered("G00001", "IS NOT NULL"));
    cr_expect_eq(registered("G00002", "= 'G00009'"), registered("G00002", "IS NOT NULL"));
    cr_expect_gt(registered("G00001", "= 'G00009'"), 20);
    cr_expect_eq(county_number("SELECT count(*) FROM release_1.category WHERE dimension = 'practice_now'"),
                 1);
}

/* On 30 June, the release's last day, it is still open. Switch: close_date < the last day, in
 * release.successors. */
Test(release_successor, counts_from_the_day_behind_the_last)
{
    county_make(60, 0);
    county_closings();
    county_close("G00001", "'2026-06-30'", "G00002");
    county_close("G00002", "NULL", "G00009");

    county_release();

    cr_expect_eq(registered("G00001", "= 'G00001'"), registered("G00001", "IS NOT NULL"));
    cr_expect_eq(registered("G00002", "= 'G00002'"), registered("G00002", "IS NOT NULL"));
    cr_expect_gt(registered("G00002", "= 'G00002'"), 20);
}

Test(release_successor, in_a_circle_is_unknown)
{
    county_make(60, 0);
    county_closings();
    county_close("G00001", "'2024-03-31'", "G00002");
    county_close("G00002", "'2024-03-31'", "G00001");

    county_release();

    cr_expect_eq(registered("G00001", "IS NOT NULL"), 0);
    cr_expect_gt(registered("G00001", "IS NULL"), 20);
}

/* County.sql's register of practices has no successors. Of 2,000 people 40 opted out, all of them even; who
 * is even is with G00001. */
Test(release_successor, is_the_practice_itself_where_none_is_named)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_release();

    Text answer = county_ask(
        "query \"t\" project PHM-2026-014 cohort practice_now = practice and practice_now at as_at = "
        "\"G00001\" table \"t\" by practice_now totals practice_now measure people",
        arena);

    cr_expect_not_null(strstr(text_to_string(arena, answer), "{\"at\":[\"G00001\"],\"people\":960}"), "%s",
                       answer.data);
}
