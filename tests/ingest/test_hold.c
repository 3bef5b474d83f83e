/* Limits of a spec on whole deliveries, and the second person who decides about what they hold back. */
#include "tests/ingest/holding.h"

TestSuite(hold, .init = set_up, .fini = tear_down);

Test(hold, below_every_limit_a_load_is_published_and_nothing_is_found)
{
    IngestReport report = load(100, 4);

    cr_expect_eq(report.outcome, INGEST_LOADED);
    cr_expect_not(report.is_unprotected);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load_finding"), 0);
}

Test(hold, a_limit_counts_from_its_threshold_on)
{
    IngestReport report = load(100, 5);

    cr_expect_eq(report.outcome, INGEST_LOADED);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load_finding WHERE verdict = 'warn' AND value = 5"
                             " AND threshold = 5 AND measure = 'missing' AND place = 'cost'"),
                 1);
}

/* Switch: the call of ingest.limits_weigh in ingest.load_publish. */
Test(hold, a_load_past_its_limit_is_staged_and_nothing_uses_it)
{
    IngestReport report = load(100, 20);

    cr_expect_eq(report.outcome, INGEST_HELD);
    expect_state(1, "held");
    cr_expect_eq(seen(), 0);
    cr_expect_eq(world_count("SELECT count(*) FROM staging.visit_1"), 100);
    cr_expect_eq(world_count("SELECT count(*) FROM staging.subject_1"), 1);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 0);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.hold WHERE loader = 'eng'"), 1);
}

Test(hold, a_load_past_what_is_refused_keeps_its_quarantine_alone)
{
    IngestReport report = load(100, 80);

    cr_expect_eq(report.outcome, INGEST_REJECTED);
    cr_expect_eq(report.rows_loaded, 0);
    expect_state(1, "rejected");
    cr_expect_eq(staged_tables(), 0);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load_finding WHERE verdict = 'refuse'"), 1);
}

Test(hold, a_fall_is_told_by_three_months_of_history)
{
    for (int month = 5; month < JULY; month++) {
        IngestDelivery delivery = delivery_of(month, 100, 0);
        world_must_load(&world, spec, &delivery);
    }
    cr_expect_eq(load(10, 0).outcome, INGEST_LOADED, "two months are no history");
    IngestDelivery august = delivery_of(8, 49, 0);

    IngestReport report = world_must_load(&world, spec, &august);

    cr_expect_eq(report.outcome, INGEST_HELD, "usual is 100, the median of 100, 100 and 10");
}

/* A resubmission that has far fewer rows than what it replaces: a top-up sent as if it were the whole. */
Test(hold, a_partial_top_up_is_held_and_what_it_would_replace_stays)
{
    cr_expect_eq(load(100, 0).outcome, INGEST_LOADED);

    cr_expect_eq(replace(70, 0).outcome, INGEST_HELD);

    expect_state(1, "published");
    cr_expect_eq(seen(), 100);
}

Test(hold, a_smaller_snapshot_is_held_against_the_one_before)
{
    open_with(
        "source: list\ntitle: List\nversion: 1\neffective_from: 2024-04-01\nfile: { format: delimited }\n"
        "controller: sender\nsubject: person\nrecord_key: [visit_id]\nupdate: snapshot\n"
        "rejects: { rows_max: 1, percent_max: 1 }\n"
        "quality: { limits: [{ measure: shrunk, hold: 10 }] }\n" COLUMNS);
    IngestDelivery june = delivery_of(6, 100, 0);
    world_must_load(&world, spec, &june);

    cr_expect_eq(load(90, 0).outcome, INGEST_HELD);
}

Test(hold, rows_are_counted_where_the_unit_is_rows)
{
    IngestDelivery two =
                       world_delivery(HEADER "v1,9990000018,2026-07-01,A1,1\nv1,9990000018,2026-07-01,A1,1\n"
                                             "v1,9990000018,2026-07-01,A1,1\n"),
                   three = {0};
    cr_expect_eq(world_must_load(&world, spec, &two).outcome, INGEST_LOADED);
    three = world_delivery(HEADER "v1,9990000018,2026-07-01,A1,1\nv1,9990000018,2026-07-01,A1,1\n"
                                  "v1,9990000018,2026-07-01,A1,1\nv1,9990000018,2026-07-01,A1,1\n");
    three.sender = "hosp_b";

    cr_expect_eq(world_must_load(&world, spec, &three).outcome, INGEST_HELD);
}

#define LIST_OF(limits)                                                                                      \
    "source: stay\ntitle: Stays\nversion: 1\neffective_from: 2024-04-01\nfile: { format: delimited }\n"      \
    "update: snapshot\ncontroller: sender\nsubject: person\nrejects: { rows_max: 9, percent_max: 9 }\n"      \
    "quality: { limits: [" limits "] }\ncolumns:\n"                                                          \
    "  - { name: pid, use: identifier, identity: local_id, issuer_fixed: x }\n"                              \
    "  - { name: practice, as: practice_code, use: dimension, shape: \"A99999\", required: true }\n"

/* 10 people on the list of G82001, 60 on that of G82002. */
static IngestReport load_lists(void)
{
    static char content[2048];
    size_t length = (size_t)snprintf(content, sizeof content, "pid,practice\n");

    for (int i = 0; i < 70; i++)
        length +=
            (size_t)snprintf(content + length, sizeof content - length, "p%d,G8200%d\n", i, i < 10 ? 1 : 2);
    IngestDelivery delivery = world_delivery(content);
    return world_must_load(&world, spec, &delivery);
}

static void put_total(const char *measure, const char *practice, int value)
{
    char sql[400];

    snprintf(sql, sizeof sql,
             "INSERT INTO ingest.outside_total SELECT source_id, 'hosp_a', 318, '%s', '%s', %d, %s, 'o', "
             "'\\x00' FROM ingest.source WHERE name = 'stay'",
             measure, practice, value, *practice == '\0' ? "1" : "NULL");
    world_script(sql);
}

/* G82001 is off by half of its 20, G82002 by 40 of its 100. */
Test(hold, of_several_figures_the_one_furthest_off_in_the_limits_unit_counts)
{
    open_with(LIST_OF("{ measure: list size, unit: rows, hold: 30 }, { measure: list size, warn: 50 }"));
    put_total("list size", "G82001", 20);
    put_total("list size", "G82002", 100);

    cr_expect_eq(load_lists().outcome, INGEST_HELD);

    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load_finding WHERE is_rows AND value = 40"), 1);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load_finding WHERE NOT is_rows AND value = 50"), 1);
}

Test(hold, rows_where_the_outside_figure_is_none_are_off_by_100_percent_and_more)
{
    open_with(LIST_OF("{ measure: list size, warn: 100 }, { measure: off total, hold: 100 }"));
    put_total("list size", "G82001", 0);
    put_total("rows", "", 0);

    cr_expect_eq(load_lists().outcome, INGEST_HELD);

    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load_finding"), 2);
}

Test(hold, another_person_releases_it_and_it_is_as_if_it_had_been_published)
{
    load(100, 20);

    Result released = decide("stu", true, 1);

    cr_assert(released.ok, "%s", error.message);
    expect_state(1, "published");
    cr_expect_eq(seen(), 100);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 1);
    cr_expect_eq(world_count("SELECT subjects_new FROM ingest.load"), 1);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.hold_decision WHERE decider = 'stu'"
                             " AND decision = 'released'"),
                 1);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load_column WHERE load_id = 1 AND missing = 20"),
                 1);
    cr_expect_eq(staged_tables(), 0);
}

Test(hold, a_released_resubmission_replaces_what_was_held)
{
    load(100, 0);
    replace(60, 0);

    cr_assert(decide("ida", true, 2).ok, "%s", error.message);

    expect_state(1, "replaced");
    cr_expect_eq(seen(), 60);
}

Test(hold, a_refused_load_leaves_nothing_and_may_be_sent_again)
{
    load(100, 20);

    cr_assert(decide("ida", false, 1).ok, "%s", error.message);

    expect_state(1, "refused");
    cr_expect_eq(staged_tables(), 0);
    cr_expect_eq(load(100, 20).outcome, INGEST_HELD);
    cr_expect_not(decide("ida", true, 1).ok);
    cr_expect_str_eq(error.message, "load_release refused: the load is not held back");
}

/* Switch: rule_held in schema/010_governance.sql. */
Test(hold, who_loaded_it_and_who_has_no_such_role_cannot_decide)
{
    load(100, 20);
    world_script("ALTER TABLE ingest.hold DISABLE TRIGGER ALL; UPDATE ingest.hold SET loader = 'two'");

    cr_expect_not(decide("eng", true, 1).ok);
    cr_expect_str_eq(error.message, "load_release refused: role ig_lead or steward is needed");
    cr_expect_not(decide("two", true, 1).ok);
    cr_expect_str_eq(error.message, "load_release refused: who loaded it cannot decide about it");
    cr_expect_not(decide("two", false, 1).ok);
    expect_state(1, "held");
}

/* Switches: constraints decider_is_another and decision_is_of_the_loader, schema 075. By SQL as the owner. */
Test(hold, the_database_itself_refuses_the_loader_as_decider)
{
    static const char own[] =
        "INSERT INTO ingest.hold_decision (load_id, loader, decider, decision, permit_id)"
        " VALUES (1, 'eng', 'eng', 'released', '\\x00')";
    load(100, 20);

    Error refused = world_try("cinque_owner", own);
    Error false_loader =
        world_try("cinque_owner", "INSERT INTO ingest.hold_decision (load_id, loader, decider, decision, "
                                  "permit_id) VALUES (1, 'ida', 'eng', 'released', '\\x00')");

    cr_expect_not_null(strstr(refused.message, "constraint decider_is_another"), "%s", refused.message);
    cr_expect_not_null(strstr(false_loader.message, "constraint decision_is_of_the_loader"), "%s",
                       false_loader.message);
    world_script("ALTER TABLE ingest.hold_decision DROP CONSTRAINT decider_is_another");
    cr_expect_eq(world_try("cinque_owner", own).code, ERROR_NONE, "so this test can fail");
}

/* Switch: agreement_is_current in rule_held. */
Test(hold, without_a_current_agreement_a_load_is_refused_but_not_released)
{
    load(100, 20);
    world_script("UPDATE governance.agreement SET ended_on = '2026-01-01'");

    cr_expect_not(decide("ida", true, 1).ok);
    cr_expect_not_null(strstr(error.message, "no current agreement"), "%s", error.message);
    cr_expect(decide("ida", false, 1).ok, "%s", error.message);
}

/* Switch: is_signed in read_file. */
Test(hold, a_last_line_without_its_end_is_what_its_sender_signed)
{
    char content[1024];
    snprintf(content, sizeof content, "%.1000s", rows(JULY, 1, 0));
    content[strlen(content) - 1] = '\0';
    IngestDelivery delivery = world_delivery(content);

    cr_expect(world_must_load(&world, spec, &delivery).ends_open);
    snprintf(content, sizeof content, "%.1000s", rows(JULY, 2, 0));
    content[strlen(content) - 1] = '\0';
    delivery = world_delivery(content);
    delivery.replace = delivery.is_signed = true;
    cr_expect_not(world_must_load(&world, spec, &delivery).ends_open);
}
