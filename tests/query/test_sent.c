/* Who delivered which month: as a release notes it, as answers carry it, and as a query asks of it. */
#include "tests/query/closings.h"

#define BY_PRACTICE " table \"t\" by practice measure people"

/* G00001 sent nil returns for April to June 2026, G00002 for April and June. */
static void send_gp_events(void)
{
    county_sql(
        "INSERT INTO ingest.load (source_id, sender, period, status, content, spec_version, permit_id,"
        " may_replace, state, rows_loaded, held_from) SELECT s.source_id, l.sender, l.period, l.status, "
        "NULL, 1,"
        " uuid_send(gen_random_uuid()), false, 'published', 0, now() FROM ingest.source AS s, (VALUES"
        " ('G00001', 315, 'final'), ('G00001', 316, 'final'), ('G00001', 317, 'provisional'),"
        " ('G00002', 315, 'final'), ('G00002', 317, 'provisional')) AS l (sender, period, status)"
        " WHERE s.name = 'gp_event';"
        "INSERT INTO governance.supplier (supplier, title) VALUES ('G00001', 'One'), ('G00002', 'Two');"
        "INSERT INTO governance.agreement (sender, source, purpose, valid_from, valid_to, legal_basis)"
        " SELECT 'G0000' || n, 'gp_event', 'phm', '2020-01-01', '2099-12-31', 'basis'"
        " FROM generate_series(1, 2) AS n");
}

static void expect_refused(int number, const char *cohort, const char *message)
{
    SCOPED(db_close) Db *reader = support_database("cinque_query");
    SCOPED(query_close) Query *query = NULL;
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    ReleasedTable *tables[QUERY_TABLES_MAX];
    const QueryRun run = {.release_id = 1, .policy = &COUNTY_POLICY};
    uint8_t permit[16];
    size_t table_count;
    Error error = {0}, checked = {0};
    Text said;

    memset(permit, 100 + number, sizeof permit);
    county_sql(text_format(arena,
                           "INSERT INTO audit.permit (permit_id, action, object, person_id, entry_id) VALUES"
                           " (decode(repeat('%02x', 16), 'hex'), 'query_run', '%d', 'ann', %d)",
                           (unsigned)permit[0], number, permit[0])
                   .data);
    Text text = text_format(arena, COUNTY_HEAD "cohort %s" BY_PRACTICE, cohort);
    COUNTY_MUST(query_open(reader, "q", text, NULL, &query, must));
    county_approve(query);
    cr_assert_not(
        run_query(reader, permit, text_format(arena, "%d", number), query, &run, tables, &table_count, &error)
            .ok);

    cr_expect_not_null(strstr(error.message, message), "%s", error.message);
    cr_expect_eq(strncmp(error.message, "q:1:39: ", 8), 0, "%s", error.message);

    cr_expect_not(query_check(reader, query, 1, &COUNTY_POLICY, &said, &checked).ok, "%s", cohort);
    cr_expect_str_eq(checked.message, error.message);
}

/* ---- the release ---- */

Test(sent, a_release_notes_who_delivered_which_month)
{
    county_make(200, 0);
    send_gp_events();

    county_release();

    cr_expect_eq(county_number("SELECT count(*) FROM release.sent WHERE source = 'gp_event'"), 6,
                 "s2 has no agreement");
    cr_expect_eq(county_number("SELECT count(*) FROM release.sent WHERE sender = 'G00002'"), 2);
    cr_expect_eq(
        county_number("SELECT senders::int8 FROM release.coverage WHERE source = 'gp_event' AND month = 317"),
        3);
}

/* Odd people's events are of G00002; in May G00001 alone has rows, all of one delivery. */
Test(sent, of_rows_that_say_their_practice_the_practices_delivered)
{
    county_make(200, 0);
    county_sql(
        "INSERT INTO ingest.source_column (source_id, name, position, label, use, type, shape, required,"
        " first_version, last_version) SELECT source_id, 'practice_code', 4, 'practice_code', 'dimension',"
        " 'text', 'A99999', true, 1, 1 FROM ingest.source WHERE name = 'gp_event';"
        "ALTER TABLE records.gp_event ADD practice_code text;"
        "UPDATE records.gp_event SET practice_code = 'G0000' || 1 + subject_id % 2;"
        "INSERT INTO ingest.load (source_id, sender, period, status, content, spec_version, permit_id,"
        " may_replace, state, rows_loaded, held_from) SELECT source_id, 's1', 316, 'final', sha256('may'), 1,"
        " uuid_send(gen_random_uuid()), false, 'published', 1, now() FROM ingest.source WHERE name = "
        "'gp_event';"
        "UPDATE ingest.load SET rows_loaded = 100 WHERE load_id = 2;"
        "UPDATE records.gp_event SET load_id = (SELECT max(load_id) FROM ingest.load)"
        " WHERE load_id = 2 AND subject_id = 200000006");

    county_release();

    cr_expect_eq(county_number("SELECT count(*) FROM release.sent WHERE source = 'gp_event'"), 3);
    cr_expect_eq(county_number("SELECT count(*) FROM release.sent WHERE sender = 'G00001' AND month = 316"),
                 1);
    cr_expect_eq(
        county_number("SELECT count(*) FROM release.sent WHERE sender = 's1' AND source = 'gp_event'"), 0);
}

/* Switch: release.sent in release.content_hash. */
Test(sent, verify_notices_who_sent_changed)
{
    SCOPED(db_close) Db *releaser = support_database("cinque_releaser");
    Error error = {0};
    county_make(60, 0);
    county_release();
    COUNTY_MUST(query_release_verify(releaser, 1, must));

    county_sql("UPDATE release.sent SET sender = 'x' WHERE source = 'gp_event'");

    cr_expect_not(query_release_verify(releaser, 1, &error).ok);
}

/* ---- what answers carry ---- */

Test(sent, an_answer_says_of_each_month_who_was_missing)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    send_gp_events();
    county_release();

    Text answer = county_ask(COUNTY_HEAD "cohort exists gp_event" BY_PRACTICE, arena);

    county_expect(answer, "{\"match_percent\":null,\"missing\":1,\"missing_senders\":[\"G00002\"],\"month\":"
                          "\"2026-05\",\"rows\":0,\"senders\":1,\"status\":\"final\"}");
    county_expect(answer, "{\"match_percent\":100,\"missing\":0,\"missing_senders\":[],\"month\":\"2026-06\","
                          "\"rows\":1065,\"senders\":3,\"status\":\"provisional\"}");
}

/* ---- what a query asks ---- */

/* Of 1,000 each: 40 of G00001 have opted out, 20 of G00002 have died. */
Test(sent, a_cohort_is_of_the_practices_that_sent_each_month)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    send_gp_events();
    county_release();

    Text answer = county_ask(
        COUNTY_HEAD
        "cohort registered at as_at and practice sent gp_event from 2026-04-30 to as_at" BY_PRACTICE,
        arena);

    county_expect(answer, "{\"at\":[\"G00001\"],\"people\":960}");
    county_expect(answer, "{\"at\":[\"G00002\"],\"people\":0}");
}

Test(sent, a_month_that_all_sent_is_of_all_practices)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    send_gp_events();
    county_release();

    Text answer = county_ask(COUNTY_HEAD "let since = as_at - 29 days cohort registered at as_at and "
                                         "practice sent gp_event from since to as_at" BY_PRACTICE,
                             arena);

    county_expect(answer, "{\"at\":[\"G00001\"],\"people\":960}");
    county_expect(answer, "{\"at\":[\"G00002\"],\"people\":980}");
}

/*
 * G00001 sent every month and G00002 those of an even number. Of each month-end of a year, and of a leap
 * day's, it is asked who sent the month so long before: were the day shifted first, 31 March would ask of
 * May. Switch: month_asked in query/bind_sent.c.
 */
Test(sent, months_before_a_month_end_are_whole_months)
{
    static const char *const odd[] = {
        "2025-07-31 - 11 months", "2025-09-30 - 11 months",           "2025-11-30 - 11 months",
        "2026-01-31 - 11 months", "2026-03-31 - 11 months",           "2026-05-31 - 11 months",
        "2024-02-29 - 1 year",    "2026-03-31 - 1 month - 10 months", "earlier - 10 months",
        "2026-03-31 - 31 days",
    };
    static const char *const even[] = {
        "2025-08-31 - 11 months", "2025-10-31 - 11 months", "2025-12-31 - 11 months",
        "2026-02-28 - 11 months", "2026-04-30 - 11 months", "as_at - 11 months",
    };
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    SCOPED(text_builder_close) TextBuilder query = text_builder(1 << 13);
    county_make(2000, 0);
    county_release();
    county_sql("INSERT INTO release.sent (release_id, source, month, sender)"
               " SELECT 1, 'gp_event', m, 'G00001' FROM generate_series(240, 317) AS m UNION ALL"
               " SELECT 1, 'gp_event', m, 'G00002' FROM generate_series(240, 316, 2) AS m");

    text_add_format(&query,
                    COUNTY_HEAD "let earlier = 2026-03-31 - 1 month cohort registered at as_at" BY_PRACTICE
                                " measure odd = people with ");
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        text_add_format(&query, "%spractice sent gp_event from %s to %s", i == 0 ? "" : " or ", odd[i],
                        odd[i]);
    text_add_format(&query, " measure even = people with ");
    for (size_t i = 0; i < sizeof even / sizeof *even; i++)
        text_add_format(&query, "%spractice sent gp_event from %s to %s", i == 0 ? "" : " and ", even[i],
                        even[i]);
    Text answer = county_ask(text_built(&query).data, arena);

    county_expect(answer,
                  "{\"at\":[\"G00002\",\"yes\"],\"people\":0},{\"at\":[\"G00002\",\"no\"],\"people\":980}],"
                  "\"name\":\"odd\"");
    county_expect(answer,
                  "{\"at\":[\"G00002\",\"yes\"],\"people\":980},{\"at\":[\"G00002\",\"no\"],\"people\":0}],"
                  "\"name\":\"even\"");
}

/* Rows of an earlier month may be gone: who sent it is what later deliveries left. Switches: check_kinds in
 * query/sent.c, s.update_mode in query/sql/coverage_months.sql. */
/* Switch: release.closed in coverage_months.sql, and in release.content_hash. */
Test(sent, who_has_closed_is_awaited_in_its_last_month_alone)
{
    static const struct {
        const char *day;
        int missing;
    } closings[] = {{"'2026-04-30'", 0}, {"'2026-05-01'", 1}};

    for (size_t i = 0; i < 2; i++) {
        SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
        SCOPED(db_close) Db *releaser = NULL;
        Error error = {0};
        support_next_database();
        county_make(60, 0);
        county_closings();
        county_close("G00002", closings[i].day, "G00001");
        send_gp_events();
        county_release();

        Text answer = county_ask(COUNTY_HEAD "cohort exists gp_event" BY_PRACTICE, arena);

        county_expect(answer,
                      text_format(arena, "\"missing\":%d,\"missing_senders\":[%s],\"month\":\"2026-05\"",
                                  closings[i].missing, closings[i].missing == 0 ? "" : "\"G00002\"")
                          .data);
        county_sql("UPDATE release.closed SET month = month + 1");
        releaser = support_database("cinque_releaser");
        cr_expect_not(query_release_verify(releaser, 1, &error).ok);
    }
}

Test(sent, of_rows_that_later_months_replace_nobody_is_known_to_be_missing)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    send_gp_events();
    county_release();
    county_sql("UPDATE ingest.source SET update_mode = 'bulk_replacement', group_column = 'g',"
               " replaced_from_column = 'f', replaced_to_column = 't' WHERE name = 'gp_event';"
               "UPDATE ingest.source SET update_mode = 'net_change', operation_column = 'o',"
               " removal_code = 'D', change_date_column = 'c' WHERE name = 'apc_spell'");

    Text answer = county_ask(COUNTY_HEAD "cohort exists gp_event" BY_PRACTICE, arena);

    county_expect(answer,
                  "{\"match_percent\":null,\"missing\":null,\"missing_senders\":[],\"month\":\"2026-05\"");
    expect_refused(2, "practice sent gp_event from 2026-04-01 to 2026-04-30",
                   "rows of source gp_event are replaced");
    expect_refused(3, "practice sent apc_spell from 2026-04-01 to 2026-04-30",
                   "rows of source apc_spell are replaced");
}

/* Switches: check_practices and check_kinds in query/sent.c, asks_beyond in query/bind.c. */
Test(sent, what_a_release_cannot_say_is_refused)
{
    county_make(60, 0);
    send_gp_events();
    county_release();

    expect_refused(1, "practice sent apc_spell from 2026-06-01 to 2026-06-30",
                   "who sent source apc_spell is no practice");
    expect_refused(2, "practice sent patient_list from 2026-06-01 to 2026-06-30",
                   "rows of source patient_list are replaced by deliveries of later months");
    expect_refused(3, "practice sent gp_event from 2026-06-01 to 2026-07-01",
                   "'sent' asks of a month after the release's");
}
