/* Deliveries beside each other, and beside what others publish. */
#include "tests/ingest/qualities.h"

TestSuite(quality_totals, .init = set_up, .fini = tear_down);

Test(quality_totals, rows_that_refer_to_nothing_held_are_told_and_limited)
{
    IngestQuality counts;
    IngestSpec *wards = add_spec(WARD_SPEC), *list_spec = add_spec(LIST_SPEC);
    cr_expect_eq(load_list(list_spec, 5, "").outcome, INGEST_LOADED, "nothing to refer to is held yet");
    cr_expect_null(strstr(report(7, true, &counts), "orphans"));
    IngestDelivery ward_list = world_delivery("ward_code\nA1\n");
    world_must_load(&world, wards, &ward_list);

    expect_line(report(7, true, &counts), "stay,hosp_a,orphans,ward_is_known,40.0,,0.0,1.0,high\r\n");
    world_script("UPDATE ingest.load SET state = 'withdrawn' WHERE load_id = 1");
    cr_expect_eq(load_list(list_spec, 4, "").outcome, INGEST_HELD, "two of four");
    ingest_spec_close(&wards);
    ingest_spec_close(&list_spec);
}

Test(quality_totals, rows_and_people_are_compared_with_published_totals)
{
    IngestQuality counts;
    Error error = {0};
    IngestSpec *list_spec = add_spec(LIST_SPEC);
    cr_assert(add_totals("eng",
                         "stay,hosp_a,2026-07,rows,,6,0,Published admissions\n"
                         "stay,hosp_a,2026-07,people,,4,25,Mid-year estimate\n",
                         &error)
                  .ok,
              "%s", error.message);
    load_list(list_spec, 5, "9990000050,G81001,A1,2020-01-01,2020-02-01,1\n");

    const char *text = report(7, true, &counts);

    expect_line(text, "stay,hosp_a,\"rows, beside outside total\",Published admissions,6,6,6,6,as usual\r\n");
    expect_line(text, "stay,hosp_a,\"people, beside outside total\",Mid-year estimate,5,4,3,5,as usual\r\n");
    cr_assert(add_totals("eng", "stay,hosp_a,2026-07,rows,,8,10,Published again\n", &error).ok);
    expect_line(report(7, true, &counts),
                "stay,hosp_a,\"rows, beside outside total\",Published again,6,8,7,9,low\r\n");
    ingest_spec_close(&list_spec);
}

/* The rule of North Central London: within 1 percent excellent, within 2 percent or by fewer than 5 people
 * meets, from 20 percent on reject. Switch: ingest.list_verdict. */
Test(quality_totals, a_practice_list_is_judged_by_one_two_and_twenty_percent)
{
    static const struct {
        int held, outside;
        const char *verdict;
    } cases[] = {
        {10000, 10000, "excellent"},
        {10099, 10000, "excellent"},
        {10100, 10000, "meets"},
        {9801, 10000, "meets"},
        {9800, 10000, "differs"},
        {96, 100, "meets"},
        {95, 100, "differs"},
        {8001, 10000, "differs"},
        {8000, 10000, "reject"},
        {12000, 10000, "reject"},
        {0, 3, "meets"},
        {5, 0, "reject"},
    };
    char sql[160];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(sql, sizeof sql, "SELECT (ingest.list_verdict(%d, %d) = '%s')::int4::int8", cases[i].held,
                 cases[i].outside, cases[i].verdict);
        cr_expect_eq(world_count(sql), 1, "%d beside %d", cases[i].held, cases[i].outside);
    }
}

Test(quality_totals, a_register_with_a_practice_far_off_its_published_list_is_held)
{
    IngestQuality counts;
    Error error = {0};
    IngestSpec *list_spec = add_spec(LIST_SPEC);
    cr_assert(add_totals("eng",
                         "stay,hosp_a,2026-07,list size,G81001,6,,Patients registered\n"
                         "stay,hosp_a,2026-07,list size,G82002,100,,Patients registered\n",
                         &error)
                  .ok,
              "%s", error.message);

    IngestReport held = load_list(list_spec, 5, "9990000026,G82002,A1,2019-01-01,2019-12-31,1\n");

    cr_expect_eq(held.outcome, INGEST_HELD, "nobody is on the list of G82002 on the last of July");
    cr_expect_eq(world_count("SELECT value::int8 FROM ingest.load_finding WHERE measure = 'list size'"), 100);
    cr_assert(add_totals("eng", "stay,hosp_a,2026-07,list size,G82002,0,,Patients registered\n", &error).ok);
    world_script("UPDATE ingest.load SET state = 'refused'");
    cr_expect_eq(load_list(list_spec, 5, "").outcome, INGEST_LOADED, "off by one person");
    expect_line(report(7, true, &counts),
                "stay,hosp_a,\"list size, beside outside total\",G81001,5,6,2,10,meets\r\n");
    ingest_spec_close(&list_spec);
}

Test(quality_totals, figures_are_taken_in_whole_or_not_at_all)
{
    static const struct {
        const char *lines, *message;
    } wrong[] = {
        {"visit,hosp_a,2026-7,rows,,1,1,x\n", "line 2: period"},
        {"visit,hosp_a,2026-07,rows,,1,1,x\nvisit,hosp_a,2026-07,cost,,1,1,x\n", "line 3: measure"},
        {"visit,hosp_a,2026-07,rows,G81001,1,1,x\n", "names its practice"},
        {"visit,hosp_a,2026-07,list size,,1,,x\n", "names its practice"},
        {"visit,hosp_a,2026-07,rows,,-1,1,x\n", "no whole number"},
        {"visit,hosp_a,2026-07,rows,,1,101,x\n", "0 to 100"},
        {"visit,hosp_a,2026-07,rows,,1,1.2.3,x\n", "line 2: tolerance"},
        {"visit,hosp_a,2026-07,rows,,1,.,x\n", "line 2: tolerance"},
        {"visit,hosp_a,2026-07,rows,,1,1,x\nvisit,hosp_a,2026-07,rows,,2,1,y\n",
         "line 3: a line before gives this figure already"},
        {"visit,hosp_a,2026-07,rows,,1,1,\n", "where the figure is from"},
        {"visit,hosp_a,2026-07,rows,,1,1\n", "as many fields"},
        {"visit,hosp_a,2026-07,rows,,1,1,\"x\"\n", "no quotes"},
        {"visit,,2026-07,rows,,1,1,x\n", "source and sender"},
        {"other,hosp_a,2026-07,rows,,1,1,x\n", "figure 1 is for a source that is not registered"},
        {"visit,hosp_a,2026-07,list size,G8100,1,,x\n", "a practice is a letter and five digits"},
        {"visit,hosp_a,2026-07,list size,g81001,1,,x\n", "a practice is a letter and five digits"},
        {"visit,hosp_a,2026-07,list size,G81001,1,,x\n", "figure 1 is a list size of a source that names no"},
        /* switch: ingest.is_sender in ingest.totals_put */
        {"visit,hosp_a,2026-07,rows,,1,1,x\nvisit,hosp_c,2026-07,rows,,1,1,x\n",
         "figure 2 is for a sender who neither has nor had an agreement"},
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        Error error = {0};
        cr_expect_not(add_totals("eng", wrong[i].lines, &error).ok, "%s", wrong[i].lines);
        cr_expect_eq(error.code, ERROR_INPUT);
        cr_expect_not_null(strstr(error.message, wrong[i].message), "%s: %s", wrong[i].lines, error.message);
    }
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.outside_total"), 0);
}
