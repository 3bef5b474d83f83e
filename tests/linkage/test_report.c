#include <stdlib.h>

#include "tests/linkage/workbench.h"

/* The report as CSV; the caller frees. */
static char *report_csv(Bench *bench)
{
    SCOPED(table_close) Table *table = NULL;
    Error error = {0};
    char *csv = NULL;
    size_t length = 0;
    Result done = linkage_report(bench->linker, &table, &error);

    cr_assert(done.ok, "%s", error.message);
    FILE *out = open_memstream(&csv, &length);
    cr_assert_not_null(out);
    table_print(table, TABLE_CSV, out);
    (void)fclose(out);
    return csv;
}

static void expect_line(const char *csv, const char *line)
{
    cr_expect_not_null(strstr(csv, line), "not in the report: %s\n%s", line, csv);
}

Test(report, rates_are_those_of_the_links)
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
    expect_line(csv, "source,tax,20,9,0.4500");
    expect_line(csv, "age,25 to 44,50,40,0.8000");
    expect_line(csv, "sex,female,50,40,0.8000");
    expect_line(csv, "deprivation decile,unknown,50,40,0.8000");
    cr_expect_null(strstr(csv, "merging"), "a merger is no subject to be linked");
    free(csv);
}

/* Switch: SUBJECTS_MIN in linkage/report.c. */
Test(report, counts_below_eight_are_not_written_down)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner,
              "SELECT bench.person(i, 'list', 'n' || i, NULL) FROM generate_series(1, 8) AS i;"
              "SELECT bench.person(100 + i, 'spell', 'n' || i, NULL) FROM generate_series(1, 7) AS i;"
              "SELECT bench.person(200 + i, 'tax', NULL, NULL) FROM generate_series(1, 9) AS i");
    bench_link(&bench);

    char *csv = report_csv(&bench);

    expect_line(csv, "source,list,8,8,1.0000");
    expect_line(csv, "source,spell,<8,<8,\r\n");
    expect_line(csv, "source,tax,9,0,0.0000");
    free(csv);
}

Test(report, deprivation_comes_from_the_active_look_up_of_areas)
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

    expect_line(csv, "deprivation decile,3,12,12,1.0000");
    expect_line(csv, "deprivation decile,10,8,8,1.0000");
    free(csv);
}

Test(report, runs_are_listed_with_their_state)
{
    SCOPED(bench_close) Bench bench = bench_open();
    SCOPED(table_close) Table *table = NULL;
    Error error = {0};
    bench_run(bench.owner, "SELECT bench.person(1, 'list', 'A', NULL)");
    bench_link(&bench);
    bench_undo(&bench, 1);

    Result result = linkage_run_list(bench.linker, &table, &error);

    cr_assert(result.ok, "%s", error.message);
    cr_expect_eq(table_row_count(table), 1);
}
