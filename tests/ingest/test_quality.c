/* What a month's deliveries measure, beside those of the months before. */
#include "tests/ingest/qualities.h"

TestSuite(quality, .init = set_up, .fini = tear_down);

/* Switches: the counters of ingest/rule.c. */
Test(quality, a_load_knows_what_its_columns_lack)
{
    IngestDelivery delivery = world_delivery(HEADER "v1,9990000018,2026-07-01,A,1\n"
                                                    "v2,9990000018,2026-07-01,O,\n"
                                                    "v3,9990000018,2026-07-01,U,\n"
                                                    "v4,9990000018,2026-07-01,,\n"
                                                    "v5,9990000018,2026-07-01,X,2000\n"
                                                    "v6,9990000018,,A,1\n"
                                                    "v7,too,many,fields,in,it\n");

    world_must_load(&world, spec, &delivery);

    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load_column WHERE load_id = 1"), 5);
    cr_expect_eq(
        world_count("SELECT missing * 1000 + invalid * 100 + defaulted * 10 + other FROM ingest.load_column"
                    " WHERE column_name = 'kind'"),
        1111);
    cr_expect_eq(
        world_count("SELECT missing * 1000 + invalid * 100 + defaulted * 10 + other FROM ingest.load_column"
                    " WHERE column_name = 'cost'"),
        3100);
    cr_expect_eq(
        world_count("SELECT missing * 1000 + invalid * 100 + defaulted * 10 + other FROM ingest.load_column"
                    " WHERE column_name = 'visit_date'"),
        1000);
}

/* Switches: count_invalid in ingest/rule.c; rows_damaged in ingest.measures. */
Test(quality, a_column_of_a_row_is_of_one_class_and_damaged_rows_are_no_rows)
{
    IngestQuality counts;
    IngestDelivery delivery = world_delivery(HEADER "v1,9990000018,2026-07-01,A,1\n"
                                                    "v2,9990000018,2026-07-01,A,x\n"
                                                    "v3,9990000018,2026-07-01,A,\xff\n"
                                                    "v4,too,many,fields,in,it\n");

    world_must_load(&world, spec, &delivery);

    expect_line(report(7, true, &counts), "visit,hosp_a,invalid,cost,50.0,");
    cr_expect_eq(world_count("SELECT rows_damaged FROM ingest.load"), 2);
}

Test(quality, a_rejected_load_keeps_its_counts_too)
{
    IngestSpec *strict;
    char text[2048];
    snprintf(text, sizeof text, "%s", QUALITY_SPEC);
    memcpy(strstr(text, "rows_max: 1000"), "rows_max: 0000", 14);
    memcpy(strstr(text, "version: 1"), "version: 2", 10);
    strict = world_spec(text);
    world_apply(strict);
    IngestDelivery delivery = world_delivery(HEADER "v1,9990000018,2026-07-01,X,1\n");

    world_must_load(&world, strict, &delivery);

    cr_expect_eq(world_count("SELECT invalid FROM ingest.load_column WHERE column_name = 'kind'"), 1);
    ingest_spec_close(&strict);
}

Test(quality, three_months_make_a_history)
{
    IngestQuality counts;
    load_rows("hosp_a", 4, 100, "A", "1");
    load_rows("hosp_a", 5, 100, "A", "1");
    load_rows("hosp_a", 6, 10, "A", "1");

    (void)report(6, false, &counts);
    cr_expect_eq(counts.unusual, 0);
    cr_expect_gt(counts.without_history, 0);
    load_rows("hosp_a", 7, 10, "A", "1");
    (void)report(7, false, &counts);
    cr_expect_eq(counts.without_history, 0);
}

/* Switch: the verdicts of ingest.quality. */
Test(quality, a_fall_in_rows_and_a_rise_in_missing_values_are_told)
{
    IngestQuality counts;
    for (int month = 4; month < 7; month++)
        load_rows("hosp_a", month, 10 * (98 + month), "A", "1");
    load_rows("hosp_a", 7, 800, "U", "");

    const char *text = report(7, false, &counts);

    expect_line(text, "visit,hosp_a,rows,,800,1030,927,1133,low\r\n");
    expect_line(text, "visit,hosp_a,missing,cost,100.0,0.0,0.0,2.0,high\r\n");
    expect_line(text, "visit,hosp_a,default,kind,100.0,0.0,0.0,2.0,high\r\n");
    cr_expect_eq(counts.unusual, 3, "%s", text);
    cr_expect_null(strstr(text, "as usual"));
    expect_line(report(7, true, &counts), "visit,hosp_a,missing,visit_date,0.0,0.0,0.0,2.0,as usual\r\n");
}

/* Switch: state = 'published' in ingest.quality; with the four bad months the usual would be 1. */
Test(quality, a_month_that_was_taken_back_does_not_poison_the_usual)
{
    IngestQuality counts;
    Error error = {0};
    for (int month = 1; month < 8; month++)
        load_rows("hosp_a", month, month < 4 ? 100 : 1, "A", "1");
    for (int load = 4; load < 8; load++)
        cr_assert(world_withdraw(&world, load, &error).ok, "%s", error.message);
    load_rows("hosp_a", 8, 105, "A", "1");

    expect_line(report(8, true, &counts), "visit,hosp_a,rows,,105,100,70,130,as usual\r\n");
}

Test(quality, duplicates_and_a_missing_delivery_are_told)
{
    IngestQuality counts;
    load_rows("hosp_b", 5, 10, "A", "1");
    load_rows("hosp_b", 6, 10, "A", "1");
    IngestDelivery delivery =
        world_delivery(HEADER "v1,9990000018,2026-07-01,A,1\nv1,9990000018,2026-07-01,A,1\n");
    world_must_load(&world, spec, &delivery);

    const char *text = report(7, false, &counts);

    expect_line(text, "visit,hosp_a,duplicates,,50.0,,0.0,1.0,high\r\n");
    expect_line(text, "visit,hosp_b,rows,,,10,,,missing\r\n");
}

/* Switch: ingest.duplicates. Rows without a key are no doubles of each other. */
Test(quality, rows_with_the_record_key_of_an_earlier_row_are_counted_into_report_and_load)
{
    IngestReport report;
    Error error = {0};
    IngestDelivery delivery =
        world_delivery(HEADER "v1,9990000018,2026-07-01,A,1\nv2,9990000018,2026-07-01,A,1\n"
                              "v1,9990000018,2026-07-02,A,1\nv1,,2026-07-02,A,1\n");
    GovernancePermit *permit = world_permit(&world, spec, &delivery);
    const IngestContext context = {.loader = world.loader, .keyring = world.keyring};
    cr_assert(ingest_load(&context, permit, spec, &delivery, &report, &error).ok, "%s", error.message);
    cr_expect_eq(report.rows_duplicate, -1);

    ingest_duplicates_count(world.loader, permit, &report);

    cr_expect_eq(report.rows_duplicate, 2);
    cr_expect_eq(world_count("SELECT rows_duplicate FROM ingest.load"), 2);
    governance_permit_close(&permit);
}

/* Switch: the comparison of permits in ingest.duplicates_keep. */
Test(quality, doubles_are_counted_under_the_permit_of_the_load_alone)
{
    IngestReport report = {.outcome = INGEST_LOADED, .load_id = 1, .rows_duplicate = -1};
    IngestDelivery delivery = world_delivery(HEADER "v1,9990000018,2026-07-01,A,1\n");
    world_must_load(&world, spec, &delivery);
    GovernancePermit *other = world_permit(&world, spec, &delivery);

    ingest_duplicates_count(world.loader, other, &report);

    cr_expect_eq(report.rows_duplicate, -1);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.load WHERE rows_duplicate IS NOT NULL"), 0);
    governance_permit_close(&other);
}

/* A column in which each row is invalid twice over, and then none is. */
Test(quality, a_share_past_all_rows_is_no_error)
{
    IngestQuality counts;
    for (int month = 4; month < 7; month++)
        load_rows("hosp_a", month, 3, "A", "1");
    world_script("UPDATE ingest.load_column SET invalid = 6 WHERE column_name = 'cost'");
    load_rows("hosp_a", 7, 3, "A", "1");

    expect_line(report(7, true, &counts), "visit,hosp_a,invalid,cost,0.0,200.0,");
}

Test(quality, the_page_draws_each_senders_months_and_what_is_unusual)
{
    static char text[32 * 1024];
    Error error = {0};
    for (int month = 4; month < 7; month++)
        load_rows("hosp_a", month, 10 * (98 + month), "A", "1");
    load_rows("hosp_b", 5, 10, "A", "1");
    load_rows("hosp_b", 6, 10, "A", "1");
    load_rows("hosp_a", 7, 800, "A", "1");
    FILE *out = fmemopen(text, sizeof text - 1, "w");

    cr_assert(ingest_quality_page(world.loader, month_from(2026, 7), NULL, out, &error).ok, "%s",
              error.message);
    fclose(out);

    expect_line(text, "<h3>hosp_a</h3><svg");
    expect_line(text, "<rect class=\"now\" x=\"198\" y=\"17\" width=\"14\" height=\"53\"/>");
    expect_line(text, "<p class=\"say\">rows 800, usually 1030</p>");
    expect_line(text, "<p class=\"say\">not delivered</p>");
    expect_line(text, "<line class=\"gap\" x1=\"198\"");
}
