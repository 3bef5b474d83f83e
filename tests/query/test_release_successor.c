/* Practices as now: through successors from the day on which they closed. Places as then: by the look-up of
 * the day. */
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

/* ---- as then ---- */

/* Until May 2026 the first area, Ashford since then, was of Dover, and the practice of the even in another
 * network and partnership; the second area was in no look-up. */
static const char editions[] =
    "INSERT INTO ingest.load (source_id, sender, period, status, content, spec_version, permit_id, "
    "may_replace,"
    " state, rows_loaded, held_from) SELECT source_id, 's1', 300, 'final', sha256('then'), 1,"
    " uuid_send(gen_random_uuid()), false, 'published', 0, now() FROM ingest.source"
    " WHERE name IN ('lsoa', 'practice');"
    "INSERT INTO records.lsoa (load_id, line_number, lsoa_code_2011, lsoa_code_2021, ward_code, district, "
    "hcp)"
    " SELECT l.load_id, p.lsoa, 'E0100000' || p.lsoa, 'E0200000' || p.lsoa, p.ward, p.district, 'East Kent'"
    " FROM ingest.load AS l JOIN ingest.source AS s USING (source_id),"
    " (VALUES (0, 'E05000003', 'Dover'), (2, 'E05000002', 'Dartford'), (3, 'E05000003', 'Dover'))"
    " AS p (lsoa, ward, district) WHERE l.period = 300 AND s.name = 'lsoa';"
    "INSERT INTO records.practice (load_id, line_number, practice_code, pcn_code, hcp)"
    " SELECT l.load_id, p.line, p.code, p.pcn, 'West Kent'"
    " FROM ingest.load AS l JOIN ingest.source AS s USING (source_id),"
    " (VALUES (1, 'G00001', 'U00009'), (2, 'G00002', 'U00002')) AS p (line, code, pcn)"
    " WHERE l.period = 300 AND s.name = 'practice'";

static int64_t rows_of(const char *district, const char *condition)
{
    char sql[256];

    snprintf(sql, sizeof sql, "SELECT count(*) FROM release_1.registration WHERE district = '%s' AND %s",
             district, condition);
    return county_number(sql);
}

/* Switch: the editions in look_up_then (only the newest). */
Test(release_successor, a_place_is_as_then_until_the_next_look_up)
{
    county_make(60, 0);
    county_sql(editions);

    county_release();

    cr_expect_gt(rows_of("Ashford", "valid_to = '2026-05-31'"), 10);
    cr_expect_eq(
        rows_of("Ashford", "valid_to = '2026-05-31' AND (district_then, ward_then) = ('Dover', 'E05000003')"),
        rows_of("Ashford", "valid_to = '2026-05-31'"));
    cr_expect_eq(
        rows_of("Ashford", "valid_from = '2026-06-01' AND valid_to IS NULL AND district_then = 'Ashford'"),
        rows_of("Ashford", "valid_to IS NULL"));
    cr_expect_eq(rows_of("Canterbury", "valid_to = '2026-05-31' AND district_then IS NOT NULL"), 0);
    cr_expect_gt(rows_of("Canterbury", "valid_to = '2026-05-31' AND district_then IS NULL"), 10);
    cr_expect_eq(rows_of("Dover", "practice = 'G00001' AND pcn_then = 'U00009' AND hcp_then = 'West Kent'"),
                 rows_of("Dover", "practice = 'G00001' AND valid_to = '2026-05-31'"));
}

/* People of odd numbers in Dover or Dartford: their area and network stayed, and so their partnership. */
Test(release_successor, what_stays_the_same_is_one_row)
{
    county_make(60, 0);
    county_sql(editions);

    county_release();

    cr_expect_eq(rows_of("Dover", "practice = 'G00002' AND valid_to = '2026-05-31'"), 0);
    cr_expect_gt(rows_of("Dover", "practice = 'G00002' AND valid_from = '2020-01-01'"), 5);
    cr_expect_eq(
        county_number("SELECT count(*) FROM (SELECT valid_from - 1 - lag(valid_to) OVER (PARTITION BY"
                      " person_number ORDER BY valid_from) AS gap FROM release_1.registration) AS r"
                      " WHERE gap <> 0"),
        0);
}

/* Of 500 in the first area 20 opted out. Switch: as above. */
Test(release_successor, boundaries_are_asked_for_as_then_and_as_now)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_sql(editions);
    county_release();

    Text answer =
        county_ask("query \"t\" project PHM-2026-014 cohort district = \"Ashford\" and district_then = "
                   "\"Ashford\" and district_then at 2026-05-31 = \"Dover\" and days registered from "
                   "2026-05-30 to 2026-06-02 = 4 table \"t\" by district_then totals district_then "
                   "measure people",
                   arena);

    cr_expect_not_null(strstr(text_to_string(arena, answer), "{\"at\":[\"Ashford\"],\"people\":480"), "%s",
                       answer.data);
}
