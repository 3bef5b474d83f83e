/* A delivery that was pseudonymised at source is stored as the file in clear would have been, or refused. */
#include "tests/ingest/at_source.h"

TestSuite(at_source, .init = set_up, .fini = tear_down, .timeout = 120);

/* Each is loaded as of a month of its own, the parcel's subjects into an empty table. */
Test(at_source, a_parcel_is_stored_as_its_file_in_clear_is)
{
    const IngestDelivery clear = world_delivery(WORLD_HEADER ROWS);

    IngestReport of_clear = world_must_load(&world, spec, &clear);
    world_script("CREATE TABLE public.clear_subject AS SELECT * FROM subjects.subject; "
                 "TRUNCATE subjects.subject CASCADE");
    const IngestDelivery parcel = parcel_of(next_month(clear));
    IngestReport of_parcel = world_must_load(&world, spec, &parcel);

    cr_expect_eq(of_clear.rows_quarantined, 3);
    cr_expect_eq(of_clear.rows_damaged, 1);
    cr_expect_eq(of_parcel.outcome, INGEST_LOADED);
    cr_expect_eq(of_parcel.rows_read, of_clear.rows_read);
    cr_expect_eq(of_parcel.rows_loaded, of_clear.rows_loaded);
    cr_expect_eq(of_parcel.rows_quarantined, of_clear.rows_quarantined);
    cr_expect_eq(of_parcel.rows_damaged, of_clear.rows_damaged);
    cr_expect_eq(of_parcel.rows_excluded, 1);
    cr_expect_eq(of_parcel.rows_withheld, 1);
    cr_expect_eq(of_parcel.nhs_valid, of_clear.nhs_valid);
    cr_expect_eq(of_parcel.nhs_invalid, 1);
    cr_expect_eq(of_parcel.subjects_new, of_clear.subjects_new);
    cr_expect_eq(of_parcel.rule_count, of_clear.rule_count);
    cr_expect_eq(memcmp(of_parcel.rules, of_clear.rules, sizeof of_clear.rules), 0);
    expect_same(&of_clear, &of_parcel);
}

/* The lines of the rejected rows stay where they are: nothing is sealed for the quarantine's private key. */
Test(at_source, a_rejected_line_never_leaves_its_provider)
{
    const IngestDelivery parcel = parcel_of(world_delivery(WORLD_HEADER ROWS));
    char path[PATH_BYTES], name[64];

    IngestReport report = world_must_load(&world, spec, &parcel);

    (void)snprintf(name, sizeof name, "load-%d.sealed", (int)report.load_id);
    cr_expect_neq(access(provider_path(support_folder(), name, path), F_OK), 0);
    cr_expect_eq(report.rows_quarantined, 3);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.quarantine WHERE reason = 'unclosed_quote' AND "
                             "byte_length > 0"),
                 1);
}

Test(at_source, a_parcel_comes_once)
{
    const IngestDelivery parcel = parcel_of(world_delivery(WORLD_HEADER ROWS));

    IngestReport first = world_must_load(&world, spec, &parcel);
    IngestReport again = world_must_load(&world, spec, &parcel);

    cr_expect_eq(again.outcome, INGEST_DUPLICATE);
    cr_expect_eq(again.load_id, first.load_id);
    cr_expect_eq(world_count("SELECT count(*) FROM records.visit"), first.rows_loaded);
}

Test(at_source, a_file_that_is_rejected_becomes_no_parcel)
{
    const char *content = WORLD_HEADER
        "0,,,,2026-07-01,,,,,,,\n1,,,,x,,,,,,,\n2,,,,x,,,,,,,\n3,,,,x,,,,,,,\n4,,,,x,,,,,,,\n5,,,,x,,,,,,,\n";
    const IngestDelivery clear = world_delivery(content);
    char out[PATH_BYTES];
    IngestReport report;
    Error error = {0};

    Result done =
        pseudonymise(spec, &clear, false, provider_path(support_folder(), "no.parcel", out), &report, &error);

    cr_expect(done.ok, "%s", error.message);
    cr_expect_eq(report.outcome, INGEST_REJECTED);
    cr_expect_eq(report.rows_quarantined, 5);
    cr_expect_eq(report.rows_loaded, 0, "as a load that is rejected says it");
    cr_expect_neq(access(out, F_OK), 0);
}

Test(at_source, an_empty_file_becomes_no_parcel)
{
    const IngestDelivery clear = world_delivery("");
    char out[PATH_BYTES];
    IngestReport report;
    Error error = {0};

    cr_expect(
        !pseudonymise(spec, &clear, false, provider_path(support_folder(), "no.parcel", out), &report, &error)
             .ok);

    cr_expect_not_null(strstr(error.message, "empty file"), "%s", error.message);
    cr_expect_neq(access(out, F_OK), 0);
}
