/* Each test here goes red when the switch that it names is off. */
#include <stdio.h>
#include <string.h>

#include "tests/ingest/visits.h"

TestSuite(walls, .init = set_up, .fini = tear_down);

#define EXTRACT WORLD_HEADER GOOD_ROW

static void expect_refused(const char *sql)
{
    Error error = world_try("cinque_loader", sql);
    cr_expect_eq(error.code, ERROR_REFUSED, "%s: %s", sql, error.message);
}

/* Switch: the grants of schema/030_ingest.sql. */
Test(walls, the_loader_reads_no_table_and_writes_none_but_staging)
{
    IngestDelivery delivery = world_delivery(EXTRACT);
    world_must_load(&world, spec, &delivery);
    static const char *const statements[] = {
        "SELECT * FROM ingest.load",
        "SELECT * FROM ingest.source",
        "SELECT * FROM ingest.quarantine",
        "SELECT * FROM subjects.subject",
        "SELECT * FROM records.visit",
        "SELECT * FROM records.visit_1",
        "SELECT * FROM records.active_visit",
        "SELECT * FROM presence.visit",
        "SELECT * FROM linkage.person",
        "SELECT * FROM audit.permit",
        "SELECT * FROM governance.person",
        "INSERT INTO records.visit (load_id, line_number) VALUES (1, 9)",
        "INSERT INTO records.visit_1 (load_id, line_number) VALUES (1, 9)",
        "INSERT INTO subjects.subject (subject_id) VALUES (1)",
        "INSERT INTO ingest.quarantine VALUES (1, 1, NULL, 'x')",
        "INSERT INTO ingest.load (sender) VALUES ('x')",
        "INSERT INTO audit.permit (permit_id) VALUES ('\\x00')",
        "CREATE TABLE staging.mine (a int)",
        "CREATE TABLE public.mine (a int)",
        "SELECT ingest.counts_set(1, NULL, NULL, NULL)",
        "SELECT ingest.staging_drop(1::int2, 1)",
        "SELECT ingest.active_load(NULL)",
    };

    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        expect_refused(statements[i]);
}

/* Switch: the grants of ingest.staging_make, and the checks it puts on the tables. */
Test(walls, into_staging_the_loader_only_adds_rows_of_its_load)
{
    world_script("SET ROLE cinque_owner; SELECT ingest.staging_make('visit', 77, false)");

    cr_expect_eq(
        world_try("cinque_loader", "INSERT INTO staging.visit_77 (load_id, line_number) VALUES (77, 1)").code,
        ERROR_NONE);
    cr_expect_eq(
        world_try("cinque_loader", "INSERT INTO staging.visit_77 (load_id, line_number) VALUES (1, 1)").code,
        ERROR_DATABASE, "of another load");
    expect_refused("SELECT * FROM staging.visit_77");
    expect_refused("SELECT * FROM staging.subject_77");
    expect_refused("SELECT * FROM staging.quarantine_77");
    expect_refused("DELETE FROM staging.visit_77");
    expect_refused("UPDATE staging.visit_77 SET line_number = 2");
    expect_refused("TRUNCATE staging.visit_77");
    expect_refused("DROP TABLE staging.visit_77");
}

/* Switch: the grants of ingest.staging_make, its checks, and how it parts the lines. */
Test(walls, into_half_a_staged_table_the_loader_only_adds_rows_of_its_load_and_half)
{
    world_script("SET ROLE cinque_owner; SELECT ingest.staging_make('visit', 77, true)");

    cr_expect_eq(
        world_try("cinque_loader", "INSERT INTO staging._visit_77b (load_id, line_number) VALUES (77, 256)")
            .code,
        ERROR_NONE);
    cr_expect_eq(
        world_try("cinque_loader", "INSERT INTO staging._visit_77a (load_id, line_number) VALUES (77, 256)")
            .code,
        ERROR_DATABASE, "of the other half");
    cr_expect_eq(
        world_try("cinque_loader", "INSERT INTO staging._visit_77b (load_id, line_number) VALUES (1, 256)")
            .code,
        ERROR_DATABASE, "of another load");
    expect_refused("SELECT * FROM staging._visit_77b");
    expect_refused("DELETE FROM staging._visit_77b");
    expect_refused("UPDATE staging._visit_77b SET line_number = 257");
    expect_refused("TRUNCATE staging._visit_77b");
    expect_refused("DROP TABLE staging._visit_77b");
}

/* Switches: take_content in ingest_load; in read_file the comparison of what was read with what is permitted.
 */
Test(walls, a_load_needs_a_permit_for_this_very_content)
{
    IngestDelivery permitted = world_delivery(EXTRACT), other, nil = world_delivery(NULL);
    const IngestContext context = {.loader = world.loader, .keyring = world.keyring};
    GovernancePermit *permit = world_permit(&world, spec, &permitted);
    IngestReport report;
    Error error = {0};
    other = world_delivery(WORLD_HEADER);

    cr_expect(!ingest_load(&context, NULL, spec, &other, &report, &error).ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect(!ingest_load(&context, permit, spec, &nil, &report, &error).ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load"), 0);
    cr_expect(!ingest_load(&context, permit, spec, &other, &report, &error).ok);
    cr_expect_eq(error.code, ERROR_REFUSED);

    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load WHERE state <> 'abandoned'"), 0);
    cr_expect_eq(world_count("SELECT count(*) FROM records.visit"), 0);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 0);
    governance_permit_close(&permit);
}

/* Switch: audit.require in ingest.load_open. */
Test(walls, the_database_opens_no_load_without_a_permit)
{
    Error error =
        world_try("cinque_loader",
                  "SELECT ingest.load_open('\\x00', 'visit', 'hosp_a', 318, 'final', NULL, 1, NULL, NULL,"
                  " false, 1::int2, 0)");

    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect(strstr(error.message, "permit: none is open") != NULL, "%s", error.message);
}

/* Switch: ingest.permit_is_for in ingest.load_open. */
Test(walls, a_permit_is_for_its_sender_alone)
{
    IngestDelivery nil = world_delivery(NULL);
    const IngestContext context = {.loader = world.loader, .keyring = world.keyring};
    GovernancePermit *permit = world_permit(&world, spec, &nil);
    IngestReport report;
    Error error = {0};
    nil.sender = "hosp_b";

    Result result = ingest_load(&context, permit, spec, &nil, &report, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect(strstr(error.message, "not for this source, sender") != NULL, "%s", error.message);
    governance_permit_close(&permit);
}

/* Switch: the detail in ingest.permit_is_for. */
Test(walls, a_permit_is_for_its_period_status_and_replace_alone)
{
    IngestDelivery nil = world_delivery(NULL), others[3] = {nil, nil, nil};
    const IngestContext context = {.loader = world.loader, .keyring = world.keyring};
    GovernancePermit *permit = world_permit(&world, spec, &nil);
    others[0].period = month_from(2026, 8);
    others[1].status = INGEST_YEAR_END;
    others[2].replace = true;

    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        IngestReport report;
        Error error = {0};
        cr_expect(!ingest_load(&context, permit, spec, &others[i], &report, &error).ok, "case %zu", i);
        cr_expect_eq(error.code, ERROR_REFUSED);
        cr_expect(strstr(error.message, "period, status and replace") != NULL, "%s", error.message);
    }
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load"), 0);
    governance_permit_close(&permit);
}

/* Switch: the look for the permit in ingest.load_open, and the index load_permit. */
Test(walls, a_permit_opens_one_load)
{
    IngestDelivery empty = world_delivery("");
    const IngestContext context = {.loader = world.loader, .keyring = world.keyring};
    GovernancePermit *permit = world_permit(&world, spec, &empty);
    IngestReport report;
    Error error = {0};
    cr_assert_not(ingest_load(&context, permit, spec, &empty, &report, &error).ok, "it has no header");
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load WHERE state = 'abandoned'"), 1);
    error = (Error){0};

    Result again = ingest_load(&context, permit, spec, &empty, &report, &error);

    cr_expect(!again.ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect(strstr(error.message, "has opened a load already") != NULL, "%s", error.message);
    governance_permit_close(&permit);
}

/* Switch: ingest.load_claim in the functions that begin a load's rows or end it, ingest.load_opened for half
 * of them. */
Test(walls, a_load_is_filled_and_ended_under_its_own_permit_alone)
{
    static const char *const doors[] = {"load_stage('\\x00', 1, NULL)",
                                        "load_stage('\\x00', 1, 1)",
                                        "load_publish('\\x00', 1, NULL, NULL, NULL, NULL, NULL)",
                                        "load_reject('\\x00', 1, NULL, NULL, NULL)",
                                        "load_abandon('\\x00', 1)",
                                        "duplicates_keep('\\x00', 1)",
                                        "load_withdraw('\\x00', 1)"};
    world_script(
        "SET ROLE cinque_owner; INSERT INTO ingest.load (source_id, sender, period, status, spec_version,"
        " permit_id, may_replace) VALUES (1, 'hosp_a', 318, 'final', 1, '\\x01', false)");

    for (size_t i = 0; i < sizeof doors / sizeof *doors; i++) {
        char sql[128];
        snprintf(sql, sizeof sql, "SELECT ingest.%s", doors[i]);
        Error error = world_try("cinque_loader", sql);
        cr_expect_eq(error.code, ERROR_REFUSED, "%s: %s", sql, error.message);
        cr_expect(strstr(error.message, "permit") != NULL, "%s: %s", sql, error.message);
    }
}

/* Switch: the permit's result, which spends it. */
Test(walls, a_spent_permit_opens_nothing)
{
    IngestDelivery nil = world_delivery(NULL);
    const IngestContext context = {.loader = world.loader, .keyring = world.keyring};
    GovernancePermit *permit = world_permit(&world, spec, &nil);
    IngestReport report;
    Error error = {0};
    cr_assert(
        governance_result(world.governance, permit, &(GovernanceOutcome){.succeeded = true}, &error).ok);

    Result result = ingest_load(&context, permit, spec, &nil, &report, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    governance_permit_close(&permit);
}

/* Switch: the comparison of digests in subjects_look. */
Test(walls, two_identities_under_one_subject_number_stop_the_load)
{
    IngestDelivery delivery = world_delivery(EXTRACT);
    IngestReport report;
    Error error = {0};
    world_must_load(&world, spec, &delivery);
    world_script("UPDATE subjects.subject SET digest = '\\x00112233445566778899aabbccddeeff'");
    delivery = world_delivery(EXTRACT "v2,,,,2026-07-03,,,,,,,\n");
    delivery.period = month_from(2026, 8);

    Result result = world_load(&world, spec, &delivery, &report, &error);

    cr_expect(!result.ok);
    cr_expect_eq(error.code, ERROR_INPUT);
    cr_expect(strstr(error.message, "two identities have one subject number") != NULL, "%s", error.message);
    cr_expect_eq(world_count("SELECT count(*) FROM records.visit"), 1);
    cr_expect_eq(world_count("SELECT count(*) FROM pg_class WHERE relnamespace = 'staging'::regnamespace"),
                 0);
}

/* Switch: the scheme in the token's domain (pseudonymise/token.c). */
Test(walls, a_number_of_another_scheme_never_has_an_nhs_numbers_token)
{
    static const char plain[] =
        "source: stay\ntitle: Stays\nversion: 1\neffective_from: 2024-04-01\n"
        "file: { format: delimited }\nupdate: snapshot\ncontroller: sender\nsubject: person\n"
        "rejects: { rows_max: 0, percent_max: 0 }\ncolumns:\n"
        "  - { name: id, use: identifier, identity: nhs_number, scheme: plain, "
        "shape: \"9999999999\" }\n";
    SCOPED(ingest_spec_close) IngestSpec *stay = world_spec(plain);
    IngestDelivery visits = world_delivery(EXTRACT), stays;
    world_apply(stay);
    world_must_load(&world, spec, &visits);
    stays = world_delivery("id\n9990000018\n12345\n");

    world_must_load(&world, stay, &stays);

    cr_expect_eq(world_count("SELECT count(DISTINCT nhs_token) FROM subjects.subject"), 2);
    cr_expect_eq(world_count("SELECT count(*) FROM records.stay WHERE subject_id IS NULL"), 1,
                 "not of its shape");
}
