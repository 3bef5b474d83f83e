/* The seven tests of a delivery, and the maturity index. */
#include "tests/ingest/qualities.h"

TestSuite(quality_tests, .init = set_up, .fini = tear_down);

/* What the spec counts on did not come. Switches: is_protected in ingest/ingest.c, ingest.is_protected. */
Test(quality_tests, a_delivery_without_the_manifest_that_its_spec_counts_on_is_unprotected)
{
    IngestQuality counts;
    IngestSpec *counted_on = add_spec(MANIFEST_SPEC);
    IngestDelivery delivery = world_delivery(HEADER "v1,9990000018,2026-07-01,A,1\n");

    cr_expect(world_must_load(&world, counted_on, &delivery).is_unprotected);
    ingest_spec_close(&counted_on);

    expect_line(report(7, false, &counts), "visit,hosp_a,protection,,,,,,unprotected\r\n");
    world_script(DELIVERY_OF_LOAD("false"));
    expect_line(report(7, false, &counts), "visit,hosp_a,protection,,,,,,unprotected\r\n");
}

Test(quality_tests, one_whose_signed_manifest_came_is_protected)
{
    IngestQuality counts;
    IngestSpec *counted_on = add_spec(MANIFEST_SPEC);
    IngestDelivery delivery = world_delivery(HEADER "v1,9990000018,2026-07-01,A,1\n");
    delivery.is_signed = true;

    cr_expect_not(world_must_load(&world, counted_on, &delivery).is_unprotected);
    ingest_spec_close(&counted_on);

    world_script(DELIVERY_OF_LOAD("true"));
    cr_expect_null(strstr(report(7, true, &counts), "unprotected"));
}

Test(quality_tests, a_nil_return_has_no_end_to_be_cut_off)
{
    IngestQuality counts;
    IngestSpec *counted_on = add_spec(MANIFEST_SPEC);
    IngestDelivery delivery = world_delivery(NULL);

    cr_expect_not(world_must_load(&world, counted_on, &delivery).is_unprotected);
    ingest_spec_close(&counted_on);

    cr_expect_null(strstr(report(7, true, &counts), "unprotected"));
}

Test(quality_tests, each_of_the_seven_tests_can_pass_and_fail)
{
    Error error = {0};
    for (int month = 4; month < 7; month++)
        load_rows("hosp_a", month, 100, "A", "1");
    cr_assert(add_totals("eng", "visit,hosp_a,2026-07,rows,,100,5,x\n", &error).ok, "%s", error.message);
    load_rows("hosp_a", 7, 100, "A", "1");

    expect_line(tests_of(7), "visit,hosp_a,pass,pass,pass,pass,n/a,n/a,pass\r\n");
    expect_line(tests_of(7), "visit,hosp_b,fail,n/a,n/a,n/a,n/a,n/a,n/a\r\n");
    cr_assert(world_withdraw(&world, 4, &error).ok, "%s", error.message);
    world_script("UPDATE ingest.source_quality SET cost_column = 'cost'");
    IngestDelivery doubled = world_delivery(
        HEADER "v1,9990000018,2026-07-01,A,\nv1,9990000018,2026-07-01,A,\nv1,9990000018,2026-07-01,A,\n"
               "v1,9990000018,2026-07-01,A,\nv1,9990000018,2026-07-01,A,\nv1,9990000018,2026-07-01,A,\n");
    world_must_load(&world, spec, &doubled);
    expect_line(tests_of(7), "visit,hosp_a,pass,fail,fail,fail,n/a,fail,fail\r\n");
}

Test(quality_tests, coding_beside_two_other_senders_is_the_fifth_test)
{
    world_script(
        "INSERT INTO governance.supplier (supplier, title) VALUES ('hosp_c', 'C');"
        "INSERT INTO governance.agreement (sender, source, purpose, valid_from, valid_to, legal_basis) "
        "VALUES ('hosp_c', 'visit', 'phm', '2020-01-01', '2090-12-31', 'b')");
    load_rows("hosp_a", 7, 10, "A", "1");
    load_rows("hosp_b", 7, 10, "A", "1");
    load_rows("hosp_c", 7, 10, "U", "1");

    const char *text = tests_of(7);

    expect_line(text, "visit,hosp_a,pass,no history,n/a,no history,pass,n/a,pass\r\n");
    expect_line(text, "visit,hosp_c,pass,no history,n/a,no history,fail,n/a,pass\r\n");
}

Test(quality_tests, the_maturity_index_has_its_four_measures)
{
    SCOPED(table_close) Table *table = NULL;
    Error error = {0};
    load_rows("hosp_a", 4, 10, "A", "1");
    load_rows("hosp_a", 7, 10, "U", "");

    cr_assert(ingest_dqmi(world.loader, month_from(2026, 7), NULL, &table, &error).ok, "%s", error.message);

    /* 2 of 4 months; of 5 columns cost is filled in half; all valid; kind says not known in half of its rows.
     */
    expect_line(support_csv(table), "visit,hosp_a,50.0,90.0,100.0,10.0\r\n");
}

Test(quality_tests, the_page_has_the_seven_tests_and_says_what_others_publish)
{
    static char text[32 * 1024];
    Error error = {0};
    cr_assert(add_totals("eng", "visit,hosp_a,2026-07,rows,,100,5,A <published> figure\n", &error).ok, "%s",
              error.message);
    load_rows("hosp_a", 7, 10, "A", "1");
    FILE *out = fmemopen(text, sizeof text - 1, "w");

    cr_assert(ingest_quality_page(world.loader, month_from(2026, 7), NULL, out, &error).ok, "%s",
              error.message);
    fclose(out);

    expect_line(text,
                "<td>visit</td><td>hosp_a</td><td class=\"pass\">pass</td><td class=\"no\">no history</td>"
                "<td class=\"fail\">fail</td>");
    expect_line(text, "<p><b>sent</b>: it came; <b>stable</b>: as many rows as");
    expect_line(text, "<b>no doubles</b>: at most one row in a hundred said twice. <b>held</b>: waits");
    expect_line(text, "<p class=\"say\">rows 10, A &lt;published&gt; figure: 100</p>");
}

/* Switch: the first month ever in ingest.dqmi, schema 070. */
Test(quality_tests, months_missed_count_against_coverage_however_long_ago_the_first_came)
{
    for (int month = 1; month <= 2; month++)
        load_rows("hosp_a", month, 10, "A", "1");
    world_script("UPDATE ingest.load SET period = period - 24");
    load_rows("hosp_a", 7, 10, "A", "1");
    load_rows("hosp_b", 6, 10, "A", "1");

    cr_expect_eq(
        world_count("SELECT round(coverage)::int8 FROM ingest.dqmi(318, 'visit') WHERE sender = 'hosp_a'"), 8,
        "one of twelve");
    cr_expect_eq(
        world_count("SELECT round(coverage)::int8 FROM ingest.dqmi(318, 'visit') WHERE sender = 'hosp_b'"),
        50, "one of the two since its first");
}

/* Switch: is_silent in ingest.deliveries_expected, schema 070. */
Test(quality_tests, who_stays_silent_fails_each_month_after)
{
    for (int month = 1; month <= 2; month++)
        load_rows("hosp_b", month, 10, "A", "1");

    expect_line(tests_of(3), "visit,hosp_b,fail,");
    expect_line(tests_of(7), "visit,hosp_b,fail,");
    expect_line(tests_of(12), "visit,hosp_b,fail,");
}
