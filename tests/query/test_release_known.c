/* Releases of what was held on a day. */
#include "tests/query/county.h"

/* Tags 11 and 14 of the permit's entry: purpose and detail. */
#define PERMIT_FOR(detail, length)                                                                           \
    "INSERT INTO audit.intake (entry_id, at, entry) OVERRIDING SYSTEM VALUE VALUES (99, now(),"              \
    " '\\x0b0003'::bytea || convert_to('phm', 'UTF8') || '\\x0e00" length "'::bytea || convert_to('" detail  \
    "', 'UTF8')); UPDATE audit.permit SET entry_id = 99 WHERE entry_id = 1;"
#define KNOWN PERMIT_FOR("known=2026-03-01", "10")
/* All of the county came in February; events of s1 once more on 2 March, at 00:00 UTC, with twice the rows.
 */
#define HISTORY                                                                                              \
    "UPDATE ingest.load SET held_from = '2026-02-01';"                                                       \
    "UPDATE ingest.load SET state = 'replaced', held_to = '2026-03-02 00:00Z' WHERE load_id = 2;"            \
    "INSERT INTO ingest.load (source_id, sender, period, status, content, spec_version, permit_id,"          \
    " may_replace, state, rows_loaded, held_from) SELECT source_id, sender, period, status, content,"        \
    " spec_version, uuid_send(gen_random_uuid()), true, 'published', 0, '2026-03-02 00:00Z' FROM "           \
    "ingest.load WHERE load_id = "                                                                           \
    "2;"                                                                                                     \
    "UPDATE ingest.load SET replaced_by = (SELECT max(load_id) FROM ingest.load) WHERE load_id = 2;"         \
    "INSERT INTO records.gp_event (load_id, line_number, subject_id, clinical_effective_date, code)"         \
    " SELECT (SELECT max(load_id) FROM ingest.load), line_number, subject_id, clinical_effective_date, 'N1'" \
    " FROM records.gp_event CROSS JOIN generate_series(1, 2) WHERE load_id = 2;"

static const ReleaseWanted KNOWN_WANTED = {
    .month = COUNTY_MONTH, .purpose = "phm", .at_least = "provisional", .known_at = "2026-03-01"};

static int64_t events(int release, const char *code)
{
    char sql[128];

    snprintf(sql, sizeof sql, "SELECT count(*) FROM release_%d.gp_event WHERE code = '%s'", release, code);
    return county_number(sql);
}

/* 60 people, every 3rd with D1, but for the one who opted out, no 50 of them. Switch: held_on in
 * ingest.active_load_at. */
Test(release_known, holds_what_was_held_at_the_end_of_the_day)
{
    county_make(60, 0);
    county_sql(HISTORY KNOWN);

    county_release_of(&KNOWN_WANTED);

    cr_expect_eq(events(1, "D1"), 20);
    cr_expect_eq(events(1, "N1"), 0);
    cr_expect_eq(county_number("SELECT (known_on - date '2000-01-01')::int8 FROM release.release"),
                 date_from_civil(2026, 3, 1));
}

Test(release_known, otherwise_holds_what_is_held)
{
    county_make(60, 0);
    county_sql(HISTORY);

    county_release();

    cr_expect_eq(events(1, "D1"), 0);
    cr_expect_eq(events(1, "N1"), 62); /* 20 of D1 and 11 of S1, of who did not opt out, twice */
}

/* Of load n, with the permit that whoever withdraws would have. */
static void withdraw(int load)
{
    char sql[512];

    snprintf(sql, sizeof sql,
             "INSERT INTO audit.permit (permit_id, action, object, person_id, entry_id) VALUES"
             " (decode(lpad(to_hex(%d), 32, '0'), 'hex'), 'withdraw', '%d', 'eve', 1000 + %d);"
             " SELECT ingest.load_withdraw(decode(lpad(to_hex(%d), 32, '0'), 'hex'), %d)",
             load, load, load, load, load);
    county_sql(sql);
}

/* Switches: 'published', 'replaced' in ingest.active_load_at, 'replaced' in ingest.load_withdraw. Whoever
 * takes a load back takes it out of the past too, also one that has been replaced. */
Test(release_known, what_was_withdrawn_is_held_on_no_day)
{
    county_make(60, 0);
    county_sql(HISTORY KNOWN);
    withdraw(2);

    county_release_of(&KNOWN_WANTED);

    cr_expect_eq(events(1, "D1"), 0);
}

static void expect_refused(const ReleaseWanted *wanted, const char *rule)
{
    SCOPED(db_close) Db *releaser = support_database("cinque_releaser");
    Error error = {0};
    ReleaseReport report;

    cr_assert_not(release_build(releaser, COUNTY_BUILD_PERMIT, wanted, &report, &error).ok);
    cr_expect_not_null(strstr(error.message, rule), "%s", error.message);
}

/* Switch: release.permit_detail in release.build_begin. */
Test(release_known, takes_a_permit_for_that_day)
{
    const ReleaseWanted other = {
        .month = COUNTY_MONTH, .purpose = "phm", .at_least = "provisional", .known_at = "2026-03-02"};
    county_make(60, 0);
    county_sql(HISTORY);

    expect_refused(&KNOWN_WANTED, "the permit is for another status or day");
    county_sql(KNOWN);
    expect_refused(&other, "the permit is for another status or day");
    expect_refused(&COUNTY_WANTED, "the permit is for another status or day");
}

/* Switch: ingest.day_end in release.build_begin. */
Test(release_known, is_of_a_day_that_is_over)
{
    char today[DATE_TEXT_BYTES], permit[1024];
    const ReleaseWanted wanted = {
        .month = COUNTY_MONTH, .purpose = "phm", .at_least = "provisional", .known_at = today};
    county_make(60, 0);
    date_format(date_today() + 1, today);
    snprintf(permit, sizeof permit, PERMIT_FOR("known=%s", "10"), today);
    county_sql(permit);

    expect_refused(&wanted, "the day it is to be known at is not over");
}

/* Beside one of what is held, the newest of its own; neither ends the other. */
Test(release_known, stands_beside_the_release_of_what_is_held)
{
    SCOPED(db_close) Db *reader = NULL;
    int64_t usual, known;
    Error error = {0};
    county_make(60, 0);
    county_sql(HISTORY);
    county_release();
    county_sql(KNOWN);
    county_release_of(&KNOWN_WANTED);
    reader = support_database("cinque_query");

    COUNTY_MUST(query_release_newest(reader, "phm", DATE_NONE, &usual, must));
    COUNTY_MUST(query_release_newest(reader, "phm", date_from_civil(2026, 3, 1), &known, must));

    cr_expect_eq(usual, 1);
    cr_expect_eq(known, 2);
    cr_expect_eq(county_number("SELECT count(*) FROM release.release WHERE state = 'live'"), 2);
    cr_assert_not(query_release_newest(reader, "phm", date_from_civil(2026, 3, 2), &known, &error).ok);
    cr_expect_str_eq(error.message,
                     "no release is built for this purpose as known at 2026-03-02, or its newest is "
                     "retired; an engineer builds one: cinque release build CCYY-MM --purpose phm "
                     "--as-known-at 2026-03-02");
}

#define TABLE " cohort exists gp_event table \"t\" by sex totals sex measure people"

static void expect_run_refused(const char *text, const char *rule)
{
    SCOPED(db_close) Db *reader = support_database("cinque_query");
    SCOPED(query_close) Query *query = NULL;
    ReleasedTable *tables[QUERY_TABLES_MAX];
    size_t table_count;
    const QueryRun run = {.release_id = 1, .policy = &COUNTY_POLICY};
    Error error = {0};

    COUNTY_MUST(query_open(reader, "test.cohort", text_from(text), NULL, &query, must));
    county_approve(query);
    cr_assert_not(
        run_query(reader, COUNTY_RUN_PERMIT, TEXT("1"), query, &run, tables, &table_count, &error).ok);
    cr_expect_not_null(strstr(error.message, rule), "%s", error.message);
}

static void make_known(void)
{
    county_make(600, 0);
    county_sql(HISTORY KNOWN);
    county_release_of(&KNOWN_WANTED);
}

/* Switch: check_known in query/run.c, here and in the next. */
Test(release_known, is_asked_by_no_query_that_does_not_say_so)
{
    make_known();

    expect_run_refused("query \"t\" project PHM-2026-014" TABLE,
                       "test.cohort:1:19: release 1 holds only what was known at 2026-03-01; the query has "
                       "to say `as known at "
                       "2026-03-01`");
}

Test(release_known, is_asked_by_no_query_of_another_day)
{
    make_known();

    expect_run_refused(
        "query \"t\" project PHM-2026-014 as known at 2026-02-28" TABLE,
        "test.cohort:1:44: release 1 is not of what was known at 2026-02-28; an engineer builds one with "
        "--as-known-at");
}

Test(release_known, answers_queries_of_its_day_and_says_so)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    make_known();

    Text answer = county_ask("query \"t\" project PHM-2026-014 as known at 2026-03-01" TABLE, arena);

    cr_expect_not_null(strstr(text_to_string(arena, answer), "\"known_at\":\"2026-03-01\""), "%s",
                       answer.data);
}

/* Switch: release.opt_outs_are_current in release.open. A list of July, and a release by it. */
Test(release_known, is_refused_once_a_later_release_has_a_newer_list_of_opt_outs)
{
    make_known();
    county_sql("INSERT INTO ingest.load (source_id, sender, period, status, content, spec_version, permit_id,"
               " may_replace, state, rows_loaded, held_from) SELECT source_id, sender, 318, status, content,"
               " spec_version, uuid_send(gen_random_uuid()), true, 'published', 0, now() FROM ingest.load "
               "WHERE load_id = 5;"
               "INSERT INTO records.opt_out (load_id, line_number, subject_id, decision, list_date) SELECT"
               " (SELECT max(load_id) FROM ingest.load), line_number, subject_id, decision, '2026-07-20'"
               " FROM records.opt_out WHERE load_id = 5;"
               "UPDATE linkage.run SET started = now() + interval '1 minute';"
               "UPDATE audit.permit SET entry_id = 1 WHERE entry_id = 99");
    county_release();

    expect_run_refused("query \"t\" project PHM-2026-014 as known at 2026-03-01" TABLE,
                       "release 1: a later one has a newer list of opt-outs; build it again");
}

#define ASKED      "query \"t\" project PHM-2026-014 as known at 2026-03-01" TABLE
#define TAKEN_BACK "release 1: a delivery or linkage behind it was taken back; build a new one"

/* Switch: release.stands in release.open, here and in the next two. */
Test(release_known, is_refused_once_a_delivery_behind_it_was_withdrawn)
{
    make_known();

    withdraw(2);

    expect_run_refused(ASKED, TAKEN_BACK);
}

Test(release_known, is_refused_once_the_linkage_behind_it_was_undone)
{
    make_known();

    county_sql("UPDATE linkage.run SET state = 'undone', undone = now()");

    expect_run_refused(ASKED, TAKEN_BACK);
}

/* What was left out for want of an agreement, or replaced it since, is not behind it. */
Test(release_known, answers_when_something_else_was_withdrawn)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    make_known();

    withdraw(10);
    withdraw(11);

    cr_expect_gt(county_ask(ASKED, arena).length, 0);
}
