/* The report that a release copies. */
#include "tests/linkage/reporting.h"

/* Under the permit to build the release that is to copy it. */
static Result try_keep(Bench *bench, const char *month, Error *error)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    const GovernanceRequest request = {.action = GOVERNANCE_RELEASE_BUILD,
                                       .person_id = "engineer",
                                       .purpose = TEXT("phm"),
                                       .object = TEXT("2026-06")};

    bench_run(bench->owner, "INSERT INTO governance.purpose VALUES"
                            " ('phm', 'T', 'applied', 'B', 'A', 21) ON CONFLICT DO NOTHING");
    TRY(governance_request(bench->governance, &request, &permit, error));
    return linkage_report_keep(bench->linker, permit, text_from(month), error);
}

static void keep(Bench *bench)
{
    Error error = {0};
    Result done = try_keep(bench, "2026-06", &error);

    cr_assert(done.ok, "%s", error.message);
}

/* Lines of linkage.report as the tables have theirs, counts left out; the caller frees. */
static char *kept_csv(Bench *bench)
{
    static const DbStatement statement = {
        .name = "kept",
        .sql = "SELECT coalesce(string_agg(concat_ws(',', kind, value, coalesce(rate::text, ''), "
               "coalesce(low::text, ''),"
               " coalesce(high::text, ''), coalesce(change::text, '')) || E'\\r\\n', '' ORDER BY line), '')"
               "  FROM linkage.report WHERE kind <> 'estimate' AND line >= 0",
        .columns = {VALUE_TEXT},
    };
    SCOPED(db_rows_close) DbRows *rows = NULL;
    Error error = {0};

    cr_assert(db_run(bench->owner, &statement, NULL, &rows, &error).ok, "%s", error.message);
    return strndup(db_text(rows, 0, 0).data, db_text(rows, 0, 0).length);
}

/* Of lines "group,value,subjects,linked,rest" all but the counts. */
static void expect_without_counts(const char *csv, const char *kept)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    Text rest = text_from(csv), others = text_from(kept);

    (void)text_next(&rest, '\n');
    while (rest.length > 0) {
        Text line = text_next(&rest, '\n');
        Text kind = text_next(&line, ','), value = text_next(&line, ',');
        (void)text_next(&line, ',');
        (void)text_next(&line, ',');
        Text other = text_next(&others, '\n');
        cr_expect(
            text_equal(text_format(arena, "%.*s,%.*s,%.*s", TEXT_ARG(kind), TEXT_ARG(value), TEXT_ARG(line)),
                       other),
            "%.*s is kept as %.*s", TEXT_ARG(line), TEXT_ARG(other));
    }
    cr_expect_eq(others.length, 0);
}

static int64_t kept_number(Bench *bench, const char *what)
{
    char sql[256];
    const DbStatement statement = {.name = "kept number", .sql = sql, .columns = {VALUE_INT8}};
    Error error = {0};
    int64_t number = 0;

    snprintf(sql, sizeof sql, "SELECT count(*) FROM linkage.report WHERE %s", what);
    cr_assert(db_run_int8(bench->owner, &statement, NULL, &number, NULL, &error).ok, "%s", error.message);
    return number;
}

/* Switch: hides_linked in put_rate: of tax 3 are not linked. */
Test(report_keep, what_a_release_copies_is_what_the_tables_show)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner, both_sql);
    bench_link(&bench);
    bench_run(bench.owner,
              "UPDATE linkage.run SET started = started - interval '40 days';"
              "SELECT bench.person(400 + i, 'tax', NULL, CASE WHEN i <= 47 THEN 'H' || i END) FROM "
              "generate_series(1, 50) AS i");
    bench_link(&bench);
    bench_run(bench.owner, scored_sql);

    keep(&bench);

    char *csv = report_csv(&bench), *kept = kept_csv(&bench), *estimates = csv_of(&bench, linkage_estimates);
    expect_without_counts(csv, kept);
    expect_line(kept, "household source,tax,,,,\r\n");
    cr_expect_eq(kept_number(&bench, "run_id = 2"), kept_number(&bench, "true"));
    cr_expect_eq(kept_number(&bench, "kind LIKE 'run%' AND rate IS NULL"), 2, "the run and the one before");
    expect_line(estimates, "missed matches,20,16.0,0.4607,");
    cr_expect_eq(kept_number(&bench, "kind = 'estimate' AND value = 'missed matches' AND rate = 0.4607"), 1);
    free(csv);
    free(kept);
    free(estimates);
}

/* Switch: governance_permit_covers in linkage_report_keep, audit.require in linkage.report_begin. */
Test(report_keep, it_is_written_under_the_permit_of_the_release_alone)
{
    SCOPED(bench_close) Bench bench = bench_open();
    Error error = {0};

    cr_expect_not(try_keep(&bench, "2026-07", &error).ok);
    cr_expect_eq(error.code, ERROR_REFUSED, "%s", error.message);
}

Test(report_keep, what_a_release_copies_is_of_the_newest_run_alone)
{
    SCOPED(bench_close) Bench bench = bench_open();
    keep(&bench);
    cr_expect_eq(kept_number(&bench, "true"), 0, "nothing was linked");
    bench_run(bench.owner,
              "SELECT bench.person(i, 'list', CASE WHEN i <= 20 THEN 'n' || i END, NULL) FROM "
              "generate_series(1, 60) AS i;"
              "SELECT bench.person(100 + i, 'spell', 'n' || i, NULL) FROM generate_series(1, 60) AS i");
    bench_link(&bench);
    keep(&bench);
    bench_link(&bench);

    keep(&bench);
    keep(&bench);

    cr_expect_eq(kept_number(&bench, "run_id = 2 AND line = -2"), 1);
    cr_expect_eq(kept_number(&bench, "run_id = 1"), 0);
    cr_expect_eq(kept_number(&bench, "kind = 'source' AND value = 'list' AND is_weak"), 1);
    cr_expect_eq(kept_number(&bench, "is_weak"), 1, "less than all, beyond chance");
}
