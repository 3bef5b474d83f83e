/* Rows whose controller has no agreement: refused and counted while the rest loads. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ingest/spec.h"
#include "tests/ingest/world.h"

#define HEAD                                                                                                 \
    "source: visit\ntitle: T\nversion: 1\neffective_from: 2024-04-01\nfile: { format: delimited }\n"         \
    "update: snapshot\ncontroller: practice\nsubject: person\nrejects: { rows_max: 5, percent_max: 50 }\n"
#define COLUMNS(required)                                                                                    \
    "  - { name: nhs_number, use: identifier, identity: nhs_number }\n"                                      \
    "  - { name: practice, as: practice_code, use: dimension, shape: \"A99999\"" required " }\n"             \
    "  - { name: seen_on, use: date, required: true }\n"
#define SPEC(required) HEAD "columns:\n" COLUMNS(required)
#define HEADER         "nhs_number,practice,seen_on\n"
/* G82001 has agreed, G82002 no longer, G82003 never; X99999 is no organisation that is registered. */
#define ROWS                                                                                                 \
    "9990000018,G82001,2026-07-01\n9990000026,G82002,2026-07-01\n9990000034,G82002,2026-07-02\n"             \
    "9990000042,G82003,2026-07-01\n9990000050,X99999,2026-07-01\n"

static const char practices_sql[] =
    "INSERT INTO governance.supplier (supplier, title) VALUES ('G82001', 'A'), ('G82002', 'B'), ('G82003', "
    "'C');"
    "INSERT INTO governance.agreement (sender, source, purpose, valid_from, valid_to, legal_basis) VALUES"
    " ('G82001', 'visit', 'phm', '2020-01-01', '2090-12-31', 'b'),"
    " ('G82003', 'list', 'phm', '2020-01-01', '2090-12-31', 'b'),"
    " ('G82002', 'visit', 'phm', '2020-01-01', governance.today() - 1, 'b');"
    "UPDATE governance.agreement SET each_controller = true WHERE sender = 'hosp_a' AND source = 'visit'";

static World world;
static IngestSpec *spec;

static void set_up(void)
{
    world = world_open();
    spec = world_spec(SPEC(", required: true"));
    world_apply(spec);
    world_script(practices_sql);
}

static void tear_down(void)
{
    ingest_spec_close(&spec);
    world_close(&world);
}

TestSuite(controller, .init = set_up, .fini = tear_down);

static IngestReport load(const char *content)
{
    const IngestDelivery delivery = world_delivery(content);

    return world_must_load(&world, spec, &delivery);
}

static bool has_sealed_lines(int64_t load_id)
{
    char path[512];

    snprintf(path, sizeof path, "%s/load-%d.sealed", support_folder(), (int)load_id);
    return access(path, F_OK) == 0;
}

/* Switch: is_refused in ingest/pass.c. */
Test(controller, rows_of_controllers_without_an_agreement_are_refused_while_the_rest_loads)
{
    IngestReport report = load(HEADER ROWS);

    cr_expect_eq(report.outcome, INGEST_LOADED);
    cr_expect_eq(report.rows_read, 5);
    cr_expect_eq(report.rows_loaded, 1);
    cr_expect_eq(report.rows_refused, 4);
    cr_expect_eq(report.rows_quarantined, 0);
    cr_expect_eq(world_count("SELECT count(*) FROM records.visit WHERE practice_code = 'G82001'"), 1);
    cr_expect_eq(world_count("SELECT count(*) FROM records.visit"), 1);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 1, "nothing of the others is kept");
}

Test(controller, what_is_refused_is_counted_by_code_only_where_the_code_is_a_registered_one)
{
    load(HEADER ROWS);

    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load_refused"), 3);
    cr_expect_eq(world_count("SELECT row_count FROM ingest.load_refused WHERE controller = 'G82002'"), 2);
    cr_expect_eq(world_count("SELECT row_count FROM ingest.load_refused WHERE controller = 'G82003'"), 1);
    cr_expect_eq(world_count("SELECT row_count FROM ingest.load_refused WHERE controller IS NULL"), 1);
    cr_expect_eq(world_count("SELECT rows_refused FROM ingest.load_list(NULL)"), 4);
}

Test(controller, the_loader_can_list_who_was_refused)
{
    SCOPED(table_close) Table *table = NULL;
    Error error = {0};
    IngestReport report = load(HEADER ROWS), clean = load(HEADER ROWS);

    cr_assert(ingest_refused_list(world.loader, report.load_id, &table, &error).ok, "%s", error.message);

    cr_expect_eq(clean.outcome, INGEST_DUPLICATE);
    cr_expect_str_eq(support_csv(table), "controller without an agreement,rows refused\r\n"
                                         "G82002,2\r\nG82003,1\r\nnot registered,1\r\n");
}

/* Switch: the order of is_refused and rules_apply in ingest/pass.c. */
Test(controller, a_bad_row_of_a_refused_controller_leaves_no_trace_in_the_quarantine)
{
    IngestReport report = load(HEADER "9990000018,G82001,2026-07-01\n9990000026,G82002,not a day\n");

    cr_expect_eq(report.rows_refused, 1);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.quarantine"), 0);
    cr_expect_not(has_sealed_lines(report.load_id));
    cr_expect_eq(world_count("SELECT coalesce(sum(missing + invalid), 0)::int8 FROM ingest.load_column"), 0);
}

/* Switch: may_seal in ingest/ingest.c. */
Test(controller, a_line_of_which_nobody_can_tell_whose_it_is_is_not_kept)
{
    IngestReport report = load(HEADER "9990000018,G82001,2026-07-01\n9990000018,G82001,2026-07-02\n"
                                      "9990000026,,2026-07-01\n9990000034,G82001\n");

    cr_expect_eq(report.rows_quarantined, 2, "no controller, and no record");
    cr_expect_eq(report.rows_refused, 0);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.quarantine"), 2, "but where they stand is");
    cr_expect_not(has_sealed_lines(report.load_id));
}

#define GRADE(name) "  - { name: " name ", use: dimension, shape: \"A9\", required: true }\n"

/* Switch: has_controller in ingest/rule.c. A row keeps its first eight faults only. */
Test(controller, a_line_without_a_controller_is_not_kept_whatever_else_is_wrong_with_it)
{
    ingest_spec_close(&spec);
    spec = world_spec(HEAD "columns:\n" GRADE("a") GRADE("b") GRADE("c") GRADE("d") GRADE("e") GRADE("f")
                          GRADE("g") GRADE("h") COLUMNS(", required: true"));
    world_apply(spec);

    IngestReport report = load("a,b,c,d,e,f,g,h,nhs_number,practice,seen_on\n"
                               "A1,A1,A1,A1,A1,A1,A1,A1,9990000018,G82001,2026-07-01\n"
                               ",,,,,,,,9990000026,,2026-07-01\n");

    cr_expect_eq(report.rows_quarantined, 1);
    cr_expect_not(has_sealed_lines(report.load_id));
}

Test(controller, a_bad_row_of_a_controller_that_agreed_is_quarantined_with_its_line)
{
    IngestReport report = load(HEADER "9990000018,G82001,2026-07-01\n9990000018,G82001,never\n");

    cr_expect_eq(report.rows_quarantined, 1);
    cr_expect(has_sealed_lines(report.load_id));
}

Test(controller, a_row_that_need_not_say_whose_it_is_and_does_not_is_refused)
{
    ingest_spec_close(&spec);
    spec = world_spec(SPEC(""));
    world_apply(spec);

    IngestReport report = load(HEADER "9990000018,G82001,2026-07-01\n9990000026,,2026-07-01\n");

    cr_expect_eq(report.rows_refused, 1);
    cr_expect_eq(report.rows_loaded, 1);
}

Test(controller, refused_rows_do_not_dilute_the_share_of_bad_ones)
{
    IngestReport report = load(HEADER ROWS "9990000018,G82001,x\n9990000018,G82001,y\n");

    cr_expect_eq(report.outcome, INGEST_REJECTED, "2 of 3 are bad, not 2 of 7");
}

Test(controller, a_sender_who_answers_for_every_row_has_every_row_taken)
{
    world_script(
        "INSERT INTO governance.purpose (purpose, title, opt_out, legal_basis, approver,"
        " opt_out_max_age_days) VALUES ('audit', 'Audit', 'applied', 'b', 'c', 21);"
        "INSERT INTO governance.agreement (sender, source, purpose, valid_from, valid_to, legal_basis)"
        " VALUES ('hosp_a', 'visit', 'audit', '2020-01-01', '2090-12-31', 'b')");

    IngestReport report = load(HEADER ROWS);

    cr_expect_eq(report.rows_loaded, 5, "one of two current agreements covers them");
    cr_expect_eq(report.rows_refused, 0);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load_refused"), 0);
}

/* Switch: ingest.load_claim in 037_controller.sql. */
Test(controller, the_list_is_for_the_holder_of_the_loads_permit_alone)
{
    load(HEADER ROWS);

    Error list = world_try("cinque_loader", "SELECT * FROM ingest.controller_list('\\x00', 1)");
    Error keep = world_try("cinque_loader", "SELECT ingest.controller_keep('\\x00', 1, '{}', '{}', 1)");

    cr_expect_neq(list.code, ERROR_NONE);
    cr_expect_neq(keep.code, ERROR_NONE);
}

/* Two rows of three that are ours have no cost; ten of another's would hide that. Switch: rows_refused,
 * schema 070. */
Test(controller, refused_rows_dilute_neither_limits_nor_measures)
{
    ingest_spec_close(&spec);
    spec = world_spec(
        "source: visit\ntitle: T\nversion: 2\neffective_from: 2024-04-01\nfile: { format: delimited }\n"
        "update: snapshot\ncontroller: practice\nsubject: person\nrejects: { rows_max: 5, percent_max: 60 }\n"
        "quality: { limits: [{ measure: missing, column: cost, hold: 60 }, { measure: rejected, warn: 30 }] "
        "}\n"
        "columns:\n  - { name: nhs_number, use: identifier, identity: nhs_number }\n"
        "  - { name: practice, as: practice_code, use: dimension, shape: \"A99999\", required: true }\n"
        "  - { name: cost, use: measure, type: integer, min: 0, max: 10 }\n");
    world_apply(spec);

#define OF_ANOTHER "9990000026,G82002,1\n"
    IngestReport report =
        load("nhs_number,practice,cost\n9990000018,G82001,\n9990000018,G82001,\n"
             "9990000018,G82001,x\n" OF_ANOTHER OF_ANOTHER OF_ANOTHER OF_ANOTHER OF_ANOTHER);

    cr_expect_eq(report.outcome, INGEST_HELD);
    cr_expect_eq(report.rows_refused, 5);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load_finding WHERE round(value) IN (33, 67)"), 2);
    world_script("UPDATE ingest.load SET state = 'published'");
    cr_expect_eq(world_count("SELECT round(completeness)::int8 FROM ingest.dqmi(318, NULL)"), 78,
                 "of three columns 100, 100 and 33 percent");
}

#define SENDERS(source)                                                                                      \
    "source: " source "\ntitle: T\nversion: 2\neffective_from: 2024-04-01\nfile: { format: delimited }\n"    \
    "update: snapshot\ncontroller: sender\nsubject: person\nrejects: { rows_max: 5, percent_max: 50 }\n"     \
    "columns:\n" COLUMNS(", required: true")

/* Switch: SPEC_NONE in controllers_open. */
Test(controller, a_delivery_whose_rows_do_not_say_whose_they_are_is_refused_where_each_must_agree)
{
    Error error = {0};
    IngestReport report;
    ingest_spec_close(&spec);
    spec = world_spec(SENDERS("stay"));
    world_apply(spec);
    world_script("UPDATE governance.agreement SET each_controller = true WHERE source = 'stay'");
    const IngestDelivery delivery = world_delivery(HEADER ROWS);

    cr_expect_not(world_load(&world, spec, &delivery, &report, &error).ok);

    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect(strstr(error.message, "the spec names no controller column") != NULL, "%s", error.message);
    cr_expect_eq(world_count("SELECT count(*) FROM records.stay"), 0);
}

/* Switch: keeps_controller in ingest/spec_ddl.c. */
Test(controller, the_column_of_a_registered_source_is_not_dropped)
{
    SCOPED(db_close) Db *owner = support_database(NULL);
    SCOPED(ingest_spec_close) IngestSpec *without = world_spec(SENDERS("visit"));
    Error error = {0};

    cr_expect_not(ingest_source_apply(owner, without, stderr, &error).ok);

    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect(strstr(error.message, "the controller column of a registered source cannot change") != NULL,
              "%s", error.message);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.source WHERE controller_column = 'practice_code'"),
                 1);
}
