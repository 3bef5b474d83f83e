#pragma once
/* What a linkage report says: its tables as CSV, its page, and encodings' links and pairs to say it of. */
#include <stdlib.h>

#include "linkage/report.h"
#include "tests/linkage/workbench.h"

/* A table of the report as CSV; the caller frees. */
static inline char *csv_of(Bench *bench, Result (*make)(Db *linker, Table **table, Error *error))
{
    SCOPED(table_close) Table *table = NULL;
    Error error = {0};
    Result done = make(bench->linker, &table, &error);

    cr_assert(done.ok, "%s", error.message);
    return strdup(support_csv(table));
}

static inline char *report_csv(Bench *bench)
{
    return csv_of(bench, linkage_report);
}

/* The caller frees. */
static inline char *page_of(Bench *bench)
{
    Error error = {0};
    char *page = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&page, &length);
    cr_assert_not_null(out);
    Result done = linkage_report_page(bench->linker, out, &error);

    (void)fclose(out);
    cr_assert(done.ok, "%s", error.message);
    return page;
}

static inline void expect_line(const char *csv, const char *line)
{
    cr_expect_not_null(strstr(csv, line), "not in the report: %s\n%s", line, csv);
}

static const char both_sql[] =
    "SELECT bench.person(i, 'list', 'n' || i, NULL) FROM generate_series(1, 50) AS i;"
    "SELECT bench.person(100 + i, 'spell', CASE WHEN i > 40 THEN 'n' || i END, NULL) FROM "
    "generate_series(1, 50) AS i";

/* As comparing encodings leaves them: 20 pairs of probability 0.8 apart, 10 of one person, 5 decided, 9
 * links. */
static const char scored_sql[] =
    "SET ROLE cinque_owner;"
    "INSERT INTO linkage.pair (subject_a, subject_b, weight, levels, run_id)"
    " SELECT i, 100 + i, 2, 0, 1 FROM generate_series(1, 20) AS i;"
    "INSERT INTO linkage.pair (subject_a, subject_b, weight, levels, run_id)"
    " SELECT 40 + i, 140 + i, 2, 0, 1 FROM generate_series(1, 10) AS i;"
    "INSERT INTO linkage.pair (subject_a, subject_b, weight, levels, run_id)"
    " SELECT 20 + i, 120 + i, 2, 0, 1 FROM generate_series(1, 5) AS i;"
    "INSERT INTO linkage.decision (subject_a, subject_b, is_same, author, decided, permit_id)"
    " SELECT 20 + i, 120 + i, false, 'a', '2020-01-01', '' FROM generate_series(1, 5) AS i;"
    "INSERT INTO linkage.link (subject_id, person_id, run_id, pass, rule_version, other_subject, weight, "
    "levels)"
    " SELECT i, 1, 1, 9, 4, 41, CASE WHEN i < 309 THEN 3 ELSE 5 END, 0 FROM generate_series(300, 317) AS i;"
    "RESET ROLE;";

static inline Bench scored(void)
{
    Bench bench = bench_open();

    bench_run(bench.owner, both_sql);
    bench_link(&bench);
    bench_run(bench.owner, scored_sql);
    return bench;
}
