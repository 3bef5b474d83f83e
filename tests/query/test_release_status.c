/* Releases of deliveries that are settled enough. */
#include "tests/query/county.h"

#define WANTED(status)                                                                                       \
    {                                                                                                        \
        .month = COUNTY_MONTH, .purpose = "phm", .at_least = status                                          \
    }

/* Tags 11 and 14 of the permit's entry: purpose and detail. Entries are never changed. */
#define PERMIT_FOR(detail, length)                                                                           \
    "INSERT INTO audit.intake (entry_id, at, entry) OVERRIDING SYSTEM VALUE VALUES (99, now(),"              \
    " '\\x0b0003'::bytea || convert_to('phm', 'UTF8') || '\\x0e00" length "'::bytea || convert_to('" detail  \
    "', 'UTF8')); UPDATE audit.permit SET entry_id = 99 WHERE entry_id = 1;"
#define FINAL    PERMIT_FOR("status=final", "0c")
#define YEAR_END PERMIT_FOR("status=year_end", "0f")

static const char *unsettled(int64_t release_id)
{
    SCOPED(db_close) Db *releaser = support_database("cinque_releaser");
    SCOPED(table_close) Table *table = NULL;

    COUNTY_MUST(query_release_unsettled(releaser, release_id, &table, must));
    return support_csv(table);
}

/* Load 2 has the GP events of s1, load 10 those of s2. Switch: status_rank in ingest.active_load_at. */
Test(release_status, a_final_release_holds_nothing_provisional_and_says_so)
{
    const ReleaseWanted wanted = WANTED("final");
    county_make(60, 0);
    county_sql(FINAL "UPDATE ingest.load SET status = 'provisional', rows_loaded = 40 WHERE load_id = 2");

    ReleaseReport report = county_release_of(&wanted);

    cr_expect_eq(county_number("SELECT count(*) FROM release_1.gp_event"), 0);
    cr_expect_gt(county_number("SELECT count(*) FROM release_1.apc_spell"), 0);
    cr_expect_eq(county_number("SELECT count(*) FROM release.coverage WHERE source = 'gp_event'"), 0);
    cr_expect_eq(county_number("SELECT count(*) FROM release.release WHERE at_least = 'final'"), 1);
    cr_expect_str_eq(unsettled(report.release_id), "source,month,status,senders,rows\r\n"
                                                   "gp_event,2026-06,provisional,2,43\r\n");
}

Test(release_status, what_is_not_asked_for_is_not_told_as_missing)
{
    county_make(60, 0);
    county_sql("UPDATE ingest.load SET status = 'provisional' WHERE load_id = 2");

    ReleaseReport report = county_release();

    cr_expect_gt(county_number("SELECT count(*) FROM release_1.gp_event"), 0);
    cr_expect_str_eq(unsettled(report.release_id), "source,month,status,senders,rows\r\n");
}

Test(release_status, final_is_less_settled_than_the_years_end)
{
    const ReleaseWanted wanted = WANTED("year_end");
    county_make(60, 0);
    county_sql(YEAR_END "UPDATE ingest.load SET status = 'year_end' WHERE load_id <> 2");

    county_release_of(&wanted);

    cr_expect_eq(county_number("SELECT count(*) FROM release_1.gp_event"), 0);
    cr_expect_gt(county_number("SELECT count(*) FROM release_1.registration"), 0);
}

/* An opt-out is one however settled its list is. Switch: ingest.active_load in release.opted_out. */
Test(release_status, opt_outs_of_a_provisional_list_are_applied)
{
    const ReleaseWanted wanted = WANTED("final");
    county_make(200, 0);
    county_sql(FINAL "UPDATE ingest.load AS l SET status = 'provisional' FROM ingest.source AS s"
                     " WHERE s.source_id = l.source_id AND s.role = 'opt_out'");

    ReleaseReport report = county_release_of(&wanted);

    cr_expect_eq(report.opted_out, 4);
    cr_expect_str_eq(unsettled(report.release_id), "source,month,status,senders,rows\r\n"
                                                   "gp_event,2026-06,provisional,1,3\r\n");
}

/* Switch: the status of `later` in ingest.active_load_at. */
Test(release_status, of_a_snapshot_the_newest_that_is_settled_enough_counts)
{
    county_make(60, 0);
    county_sql(
        "UPDATE ingest.source SET update_mode = 'snapshot' WHERE name = 'practice';"
        "INSERT INTO ingest.load (source_id, sender, period, status, content, spec_version, permit_id,"
        " may_replace, state, rows_loaded, held_from) SELECT source_id, sender, 316, 'final', content, 1,"
        " '\\x0b', false, 'published', 1, held_from FROM ingest.load JOIN ingest.source USING (source_id)"
        " WHERE name = 'practice';"
        "UPDATE ingest.load SET status = 'provisional' FROM ingest.source AS s"
        " WHERE s.source_id = load.source_id AND name = 'practice' AND period = 317");

    cr_expect_eq(county_number("SELECT period::int8 FROM ingest.active_load_at(317, 'final', NULL) AS a"
                               " JOIN ingest.source USING (source_id) WHERE name = 'practice'"),
                 316);
    cr_expect_eq(county_number("SELECT period::int8 FROM ingest.active_load(317) AS a"
                               " JOIN ingest.source USING (source_id) WHERE name = 'practice'"),
                 317);
}

/* GP events become a source of overlapping windows. Load 2 is June's and final; load 11, July's and
 * provisional, tells its one event of the days of D1, which 20 people had. */
#define OVERLAPPING_WINDOWS                                                                                  \
    "UPDATE ingest.source SET update_mode = 'bulk_replacement', group_column = 'code', "                     \
    "replaced_from_column = 'a',"                                                                            \
    " replaced_to_column = 'b' WHERE name = 'gp_event';"                                                     \
    "UPDATE ingest.load SET period = 316, status = 'final' WHERE load_id = 2;"                               \
    "INSERT INTO ingest.load (source_id, sender, period, status, content, spec_version, permit_id,"          \
    " may_replace, state, rows_loaded, held_from) SELECT source_id, sender, 317, 'provisional', content, 1," \
    " '\\x0b', false, 'published', 1, held_from FROM ingest.load WHERE load_id = 2;"                         \
    "INSERT INTO ingest.load_replaces (load_id, group_value, day_from, day_to)"                              \
    " VALUES (11, 'D1', '2025-03-01', '2025-03-31');"                                                        \
    "INSERT INTO records.gp_event (load_id, line_number, subject_id, clinical_effective_date, code)"         \
    " VALUES (11, 1, 200000003, '2025-03-11', 'D1');"

Test(release_status, of_overlapping_windows_the_newest_replaces_the_others)
{
    county_make(60, 0);
    county_sql(OVERLAPPING_WINDOWS);

    county_release();

    cr_expect_eq(county_number("SELECT count(*) FROM release_1.gp_event WHERE code = 'D1'"), 1);
    cr_expect_eq(county_number("SELECT count(*) FROM release_1.gp_event WHERE code = 'S1'"), 11,
                 "outside the newer window");
}

/* Switch: status_rank in ingest.active_load_at; a window that is not taken must not replace either. */
Test(release_status, a_window_that_is_not_settled_enough_replaces_nothing)
{
    const ReleaseWanted wanted = WANTED("final");
    county_make(60, 0);
    county_sql(FINAL OVERLAPPING_WINDOWS);

    county_release_of(&wanted);

    cr_expect_eq(county_number("SELECT count(*) FROM release_1.gp_event WHERE code = 'D1'"), 20);
    cr_expect_eq(county_number("SELECT count(*) FROM release_1.gp_event WHERE code = 'S1'"), 11);
}

/* Switch: at_least in release.content_hash. */
Test(release_status, the_status_is_part_of_the_content)
{
    const ReleaseWanted wanted = WANTED("final");
    Error error = {0};
    county_make(60, 0);
    county_sql(FINAL);
    county_release_of(&wanted);
    SCOPED(db_close) Db *releaser = support_database("cinque_releaser");
    cr_assert(query_release_verify(releaser, 1, &error).ok, "%s", error.message);

    county_sql("UPDATE release.release SET at_least = 'year_end'");

    cr_expect_not(query_release_verify(releaser, 1, &error).ok);
}

/* Switch: tag 14 of the permit's entry in release.build_begin. */
static void expect_refused(const char *permit, const char *status)
{
    const ReleaseWanted wanted = WANTED(status);
    SCOPED(db_close) Db *releaser = NULL;
    ReleaseReport report;
    Error error = {0};
    county_make(60, 0);
    county_sql(permit);
    releaser = support_database("cinque_releaser");

    Result result = release_build(releaser, COUNTY_BUILD_PERMIT, &wanted, &report, &error);

    cr_assert_not(result.ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_not_null(strstr(error.message, "the permit is for another status"), "%s", error.message);
}

Test(release_status, is_refused_when_the_permit_names_none)
{
    expect_refused("SELECT 1", "final");
}

Test(release_status, is_refused_when_the_permit_asks_for_more)
{
    expect_refused(FINAL, "provisional");
}
