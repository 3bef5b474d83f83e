/* Of how many subjects each group has, and how many are linked. */
#include "tests/linkage/reporting.h"

Test(report_rates, rates_are_those_of_the_links)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner,
              "SELECT bench.person(i, 'list', CASE WHEN i <= 30 THEN 'n' || i END, 'H') FROM "
              "generate_series(1, 40) AS i;"
              "SELECT bench.person(100 + i, 'spell', 'n' || i, NULL) FROM generate_series(1, 10) AS i;"
              "SELECT bench.person(200 + i, 'tax', NULL, CASE WHEN i <= 9 THEN 'H' || i END) FROM "
              "generate_series(1, 20) AS i;"
              "SELECT bench.merger(900 + i, 'n' || i, 'm' || i) FROM generate_series(1, 10) AS i");
    bench_link(&bench);

    char *csv = report_csv(&bench);

    expect_line(csv, "all,person sources,50,40,0.8000");
    expect_line(csv, "source,list,40,30,0.7500");
    expect_line(csv, "source,spell,10,10,1.0000");
    expect_line(csv, "household source,tax,20,10,0.5000");
    expect_line(csv, "age,25 to 44,50,40,0.8000");
    expect_line(csv, "sex,female,50,40,0.8000");
    expect_line(csv, "deprivation decile,unknown,50,40,0.8000");
    cr_expect_null(strstr(csv, "merging"), "a merger is no subject to be linked");
    free(csv);
}

/* The intervals are those of Wilson's formula, worked out apart from this program. */
Test(report_rates, each_rate_has_its_interval)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner,
              "SELECT bench.person(i, 'list', CASE WHEN i <= 40 THEN 'n' || i END, NULL) FROM "
              "generate_series(1, 50) AS i;"
              "SELECT bench.person(100 + i, 'spell', 'n' || i, NULL) FROM generate_series(1, 10) AS i");
    bench_link(&bench);

    char *csv = report_csv(&bench);

    expect_line(csv, "source,list,50,40,0.8000,0.6696,0.8876,\r\n");
    expect_line(csv, "source,spell,10,10,1.0000,0.7225,1.0000,\r\n");
    free(csv);
}

/* Switch: disclosure_is_small. */
Test(report_rates, counts_below_eight_are_not_written_down)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner,
              "SELECT bench.person(i, 'list', 'n' || i, NULL) FROM generate_series(1, 8) AS i;"
              "SELECT bench.person(100 + i, 'spell', 'n' || i, NULL) FROM generate_series(1, 7) AS i;"
              "SELECT bench.person(200 + i, 'tax', NULL, NULL) FROM generate_series(1, 9) AS i");
    bench_link(&bench);

    char *csv = report_csv(&bench);

    expect_line(csv, "all,person sources,15,15,1.0000,");
    expect_line(csv, "source,spell,<8,<8,,,,\r\n");
    expect_line(csv, "household source,tax,10,0,0.0000,");
    free(csv);
}

/* Switch: disclosure_protect in protect_subjects: 15 less 8 would be 7. */
Test(report_rates, a_group_that_would_tell_the_hidden_one_is_hidden_too)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner,
              "SELECT bench.person(i, 'list', 'n' || i, NULL) FROM generate_series(1, 8) AS i;"
              "SELECT bench.person(100 + i, 'spell', 'n' || i, NULL) FROM generate_series(1, 7) AS i");
    bench_link(&bench);

    char *csv = report_csv(&bench), *page = page_of(&bench);

    expect_line(csv, "source,list,hidden,hidden,,,,\r\n");
    cr_expect_null(strstr(page, "subjects 8,"), "the page tells it");
    cr_expect_null(strstr(page, "subjects 7,"), "the page tells it");
    free(csv);
    free(page);
}

/* Switch: disclosure_is_small(others[i]) and disclosure_protect in protect_linked: 60 less 52 linked are 8,
 * less the 6 of spell that are not are 2. */
Test(report_rates, how_few_are_not_linked_is_hidden_as_well)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner,
              "SELECT bench.person(i, 'list', CASE WHEN i <= 38 THEN 'n' || i END, NULL) FROM "
              "generate_series(1, 40) AS i;"
              "SELECT bench.person(100 + i, 'spell', CASE WHEN i <= 20 THEN 'n' || i END, NULL) FROM "
              "generate_series(1, 30) AS i;");
    bench_link(&bench);

    char *csv = report_csv(&bench), *page = page_of(&bench);

    expect_line(csv, "all,person sources,70,60,0.8571,");
    expect_line(csv, "source,list,40,>30,,,,\r\n");
    expect_line(csv, "source,spell,30,hidden,,,,\r\n");
    expect_line(page, "<line class=\"floor\"");
    cr_expect_null(strstr(page, "linked 38"));
    free(csv);
    free(page);
}

Test(report_rates, ethnicity_is_of_the_sources_that_hold_it)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner,
              "SELECT bench.person(i, 'list', CASE WHEN i <= 30 THEN 'n' || i END, NULL) FROM "
              "generate_series(1, 60) AS i;"
              "SELECT bench.person(100 + i, 'spell', 'n' || i, NULL) FROM generate_series(1, 20) AS i;"
              "SET ROLE cinque_owner;"
              "INSERT INTO ingest.source_column (source_id, name, position, label, use, type, list, required,"
              "       first_version, last_version)"
              " VALUES (1, 'ethnic', 1, 'ethnic', 'dimension', 'text', 'ethnic_category', false, 1, 1);"
              "CREATE TABLE records.list_rows (subject_id int8, ethnic text);"
              "INSERT INTO records.list_rows SELECT i, CASE WHEN i <= 20 THEN 'A' WHEN i <= 40 THEN 'P' ELSE "
              "'99' END"
              "  FROM generate_series(1, 60) AS i;"
              "INSERT INTO records.list_rows SELECT i, 'Z' FROM generate_series(1, 20) AS i;"
              "CREATE VIEW records.active_list AS SELECT * FROM records.list_rows; RESET ROLE;");
    bench_link(&bench);

    char *csv = report_csv(&bench);

    expect_line(csv, "ethnicity,White,20,20,1.0000,");
    expect_line(csv, "ethnicity,Black,20,10,0.5000,");
    expect_line(csv, "ethnicity,not stated,20,0,0.0000,");
    free(csv);
}

/* Two subjects of one local number at two addresses are a mover; without an address nothing is known. */
Test(report_rates, moving_is_how_many_addresses_a_local_number_was_seen_at)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(
        bench.owner,
        "SELECT bench.person(i, 'list', CASE WHEN i <= 10 THEN 'n' || i END, 'H' || i) FROM "
        "generate_series(1, 20) AS i;"
        "SELECT bench.person(100 + i, 'list', 'm' || i % 10, 'I' || i) FROM generate_series(1, 20) AS i;"
        "SELECT bench.person(200 + i, 'list', 'u' || i, NULL) FROM generate_series(1, 9) AS i;"
        "UPDATE subjects.subject SET local_token = bench.token('local' || CASE WHEN subject_id <= 100 THEN "
        "subject_id ELSE 100 + subject_id % 10 END) WHERE subject_id <= 200;");
    bench_link(&bench);

    char *csv = report_csv(&bench);

    expect_line(csv, "addresses,1,20,10,0.5000,");
    expect_line(csv, "addresses,2,20,20,1.0000,");
    expect_line(csv, "addresses,unknown,10,10,1.0000,");
    free(csv);
}

Test(report_rates, the_page_marks_who_is_linked_less_than_all_beyond_chance)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner,
              "SELECT bench.person(i, 'list', CASE WHEN i <= 30 THEN 'n' || i END, NULL) FROM "
              "generate_series(1, 60) AS i;"
              "SELECT bench.person(100 + i, 'spell', 'n' || i, NULL) FROM generate_series(1, 90) AS i");
    bench_link(&bench);

    char *page = page_of(&bench);

    expect_line(page, "<g class=\"low\"><title>subjects 60, linked 30</title>");
    expect_line(page, "<g><title>subjects 90, linked 90</title>");
    cr_expect_null(strstr(page, "http"), "the page asks another address");
    free(page);
}

Test(report_rates, deprivation_comes_from_the_active_look_up_of_areas)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner,
              "SET ROLE cinque_owner;"
              "INSERT INTO ingest.source (name, title, subject_kind, role, update_mode)"
              " VALUES ('imd', 'IMD', 'none', 'deprivation', 'snapshot');"
              "CREATE TABLE records.imd_rows (lsoa_code_2011 text, imd_decile int8);"
              "INSERT INTO records.imd_rows VALUES ('E01000001', 3), ('E01000002', 10);"
              "CREATE VIEW records.active_imd AS SELECT * FROM records.imd_rows; RESET ROLE;"
              "SELECT bench.person(i, 'list', 'n' || i, NULL) FROM generate_series(1, 20) AS i;"
              "UPDATE subjects.subject SET lsoa_2011 = CASE WHEN subject_id <= 12 THEN 'E01000001'"
              " ELSE 'E01000002' END");
    bench_link(&bench);

    char *csv = report_csv(&bench);

    expect_line(csv, "deprivation decile,3,10,10,1.0000");
    expect_line(csv, "deprivation decile,10,10,10,1.0000");
    free(csv);
}
