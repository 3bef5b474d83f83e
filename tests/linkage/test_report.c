#include <stdlib.h>

#include "linkage/report.h"
#include "tests/linkage/workbench.h"

/* A table of the report as CSV; the caller frees. */
static char *csv_of(Bench *bench, Result (*make)(Db *linker, Table **table, Error *error))
{
    SCOPED(table_close) Table *table = NULL;
    Error error = {0};
    char *csv = NULL;
    size_t length = 0;
    Result done = make(bench->linker, &table, &error);

    cr_assert(done.ok, "%s", error.message);
    FILE *out = open_memstream(&csv, &length);
    cr_assert_not_null(out);
    table_print(table, TABLE_CSV, out);
    (void)fclose(out);
    return csv;
}

static char *report_csv(Bench *bench)
{
    return csv_of(bench, linkage_report);
}

/* The caller frees. */
static char *page_of(Bench *bench)
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
    expect_line(csv, "household source,tax,20,10,0.5000");
    expect_line(csv, "age,25 to 44,50,40,0.8000");
    expect_line(csv, "sex,female,50,40,0.8000");
    expect_line(csv, "deprivation decile,unknown,50,40,0.8000");
    cr_expect_null(strstr(csv, "merging"), "a merger is no subject to be linked");
    free(csv);
}

/* The intervals are those of Wilson's formula, worked out apart from this program. */
Test(report, each_rate_has_its_interval)
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
Test(report, counts_below_eight_are_not_written_down)
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
Test(report, a_group_that_would_tell_the_hidden_one_is_hidden_too)
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
Test(report, how_few_are_not_linked_is_hidden_as_well)
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

static const char spell_came[] =
    "INSERT INTO ingest.source_version (source_id, version, spec_hash, spec_text, effective_from)"
    " VALUES (2, 1, sha256(''), '', '2020-01-01');"
    "INSERT INTO ingest.load (load_id, source_id, sender, period, status, spec_version, permit_id,"
    "       may_replace, state, held_from) OVERRIDING SYSTEM VALUE"
    " VALUES (2, 2, 'a', 300, 'final', 1, '', false, 'published', now());"
    "SELECT bench.person(100 + i, 'spell', 'n' || i, NULL) FROM generate_series(1, 20) AS i;"
    "UPDATE subjects.subject SET first_load_id = 2 WHERE source_id = 2;";

/* Run 1 was forty days ago, over list alone; spell came since, and some of list got a number. */
static void link_twice(Bench *bench, int linked_first)
{
    char sql[256];

    snprintf(sql, sizeof sql,
             "SELECT bench.person(i, 'list', CASE WHEN i <= %d THEN 'n' || i END, NULL) FROM "
             "generate_series(1, 60) AS i",
             linked_first);
    bench_run(bench->owner, sql);
    bench_link(bench);
    bench_run(bench->owner, "UPDATE linkage.run SET started = started - interval '40 days'");
    bench_run(bench->owner, spell_came);
    bench_run(bench->owner,
              "UPDATE subjects.subject SET nhs_token = bench.token('n' || subject_id), nhs_state = 1"
              " WHERE subject_id <= 40 AND source_id = 1");
    bench_link(bench);
}

/* Switch: disclosure_round in share_of and in put_interval. From 52 of 62 and 52 of 63 the one who came could
 * be told. */
Test(report, rates_are_of_counts_to_the_nearest_five)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner, "SELECT bench.person(i, 'list', CASE WHEN i <= 52 THEN 'n' || i END, NULL) FROM "
                           "generate_series(1, 62) AS i");
    bench_link(&bench);
    char *first = report_csv(&bench);
    bench_run(bench.owner, "UPDATE linkage.run SET started = started - interval '1 minute';"
                           "SELECT bench.person(61 + i, 'list', NULL, NULL) FROM generate_series(2, 2) AS i");
    bench_link(&bench);

    char *second = report_csv(&bench);

    expect_line(first, "source,list,60,50,0.8333,0.7197,0.9069,\r\n");
    expect_line(second, "source,list,65,50,0.7692,0.6536,0.8549,\r\n");
    free(first);
    free(second);
}

/* Switch: held_from in report_subject. */
Test(report, what_came_since_the_run_is_not_in_it)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner, "SELECT bench.person(i, 'list', 'n' || i, NULL) FROM generate_series(1, 20) AS i");
    bench_link(&bench);
    bench_run(bench.owner, spell_came);

    char *csv = report_csv(&bench);

    expect_line(csv, "all,person sources,20,20,1.0000,");
    cr_expect_null(strstr(csv, "spell"), "%s", csv);
    free(csv);
}

Test(report, a_change_too_small_to_be_seen_has_no_sign)
{
    char out[REPORT_CELL_BYTES];

    cr_expect(text_equal(report_rate_cell(true, -0.00004, out), TEXT("0.0000")), "%s", out);
    cr_expect(text_equal(report_rate_cell(true, -0.00006, out), TEXT("-0.0001")), "%s", out);
}

/* Switch: held_from in report_mobility. */
Test(report, an_address_that_came_since_the_run_makes_nobody_a_mover)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner,
              "SELECT bench.person(i, 'list', 'n' || i, 'H' || i) FROM generate_series(1, 20) AS i");
    bench_link(&bench);
    bench_run(bench.owner, spell_came);
    bench_run(bench.owner,
              "SELECT bench.person(200 + i, 'list', 'n' || i, 'I' || i) FROM generate_series(1, 20) AS i;"
              "UPDATE subjects.subject SET first_load_id = 2 WHERE subject_id > 200");

    char *csv = report_csv(&bench);

    expect_line(csv, "addresses,1,20,20,1.0000,");
    free(csv);
}

Test(report, the_change_is_since_the_last_run_of_an_earlier_month)
{
    SCOPED(bench_close) Bench bench = bench_open();
    link_twice(&bench, 30);

    char *csv = report_csv(&bench), *page = page_of(&bench);

    expect_line(csv, "all,person sources,80,60,0.7500,0.6452,0.8319,0.2500\r\n");
    expect_line(csv, "source,list,60,40,0.6667,0.5406,0.7727,0.1667\r\n");
    expect_line(csv, "source,spell,20,20,1.0000,0.8389,1.0000,\r\n");
    expect_line(page, "changes are since run 1 of ");
    expect_line(page, "\u25b2 16.7</text>");
    free(csv);
    free(page);
}

/* Switch: protect(before) in protect_kind. Of list 3 were linked before. */
Test(report, a_change_that_would_tell_a_small_count_before_is_left_out)
{
    SCOPED(bench_close) Bench bench = bench_open();
    link_twice(&bench, 3);

    char *csv = report_csv(&bench);

    expect_line(csv, "source,list,60,40,0.6667,0.5406,0.7727,\r\n");
    free(csv);
}

Test(report, a_run_of_the_same_month_or_one_that_was_undone_is_not_compared_with)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner, "SELECT bench.person(i, 'list', 'n' || i, NULL) FROM generate_series(1, 20) AS i");
    bench_link(&bench);
    bench_undo(&bench, 1);
    bench_run(bench.owner, "UPDATE linkage.run SET started = started - interval '40 days'");
    bench_link(&bench);
    bench_link(&bench);

    char *csv = report_csv(&bench), *page = page_of(&bench);

    expect_line(csv, "source,list,20,20,1.0000,0.8389,1.0000,\r\n");
    expect_line(page, "no run of an earlier month");
    free(csv);
    free(page);
}

Test(report, ethnicity_is_of_the_sources_that_hold_it)
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
Test(report, moving_is_how_many_addresses_a_local_number_was_seen_at)
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

Test(report, links_are_counted_by_pass)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner,
              "SELECT bench.person(i, 'list', 'n' || i, NULL) FROM generate_series(1, 30) AS i;"
              "SELECT bench.merger(900 + i, 'n' || i, 'm' || i) FROM generate_series(1, 10) AS i");
    bench_link(&bench);

    char *csv = csv_of(&bench, linkage_passes), *page = page_of(&bench);

    expect_line(csv, "1 NHS number,rule,20,0.6667\r\n");
    expect_line(csv, "\"2 superseded number, by a merger\",rule,10,0.3333\r\n");
    expect_line(page, "1 NHS number</text><rect");
    free(csv);
    free(page);
}

/* Switch: protect in report_passes. 33 links in all, so the 30 would tell the 3. */
Test(report, a_pass_of_few_links_is_hidden_with_another)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner,
              "SELECT bench.person(i, 'list', 'n' || i, NULL) FROM generate_series(1, 33) AS i;"
              "SELECT bench.merger(900 + i, 'n' || i, 'm' || i) FROM generate_series(1, 3) AS i");
    bench_link(&bench);

    char *csv = csv_of(&bench, linkage_passes);

    expect_line(csv, "1 NHS number,rule,hidden,\r\n");
    expect_line(csv, "by a merger\",rule,<8,\r\n");
    free(csv);
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

static Bench scored(void)
{
    Bench bench = bench_open();

    bench_run(bench.owner, both_sql);
    bench_link(&bench);
    bench_run(bench.owner, scored_sql);
    return bench;
}

/* 9 links of 8 to 1 and 9 of 32 to 1: 9/9 + 9/33 false, of 20 as is shown 18.7273 right; 20 pairs of 4 to 1:
 * 16 missed. Switch: unrounded in read_estimate: 1.3 of 0.0707 would be 18 links. */
Test(report, estimates_are_sums_of_the_weights_probabilities)
{
    SCOPED(bench_close) Bench bench = scored();

    char *csv = csv_of(&bench, linkage_estimates), *passes = csv_of(&bench, linkage_passes),
         *page = page_of(&bench);

    expect_line(csv, "false matches,20,1.3,0.0636,");
    expect_line(csv, "missed matches,20,16.0,0.4607,");
    expect_line(passes, "9 likeness,link,10,");
    expect_line(passes, "9 likeness,clerical,10,");
    expect_line(page, "<p class=\"figure\">6.36 %</p>");
    free(csv);
    free(passes);
    free(page);
}

/* Switch: the eighth of pass_names. */
Test(report, links_by_a_keyed_combination_have_a_line_of_their_own)
{
    SCOPED(bench_close) Bench bench = scored();
    bench_run(bench.owner,
              "SET ROLE cinque_owner; UPDATE linkage.link SET pass = 8 WHERE weight = 3; RESET ROLE");

    char *passes = csv_of(&bench, linkage_passes), *page = page_of(&bench);

    expect_line(passes, "8 keyed combination,clerical,10,");
    expect_line(passes, "9 likeness,link,10,");
    expect_line(page, "8 keyed combination");
    free(passes);
    free(page);
}

/* Said as such: an empty rate would say that there are few. */
Test(report, where_no_pair_is_left_nothing_is_missed)
{
    SCOPED(bench_close) Bench bench = scored();
    bench_run(bench.owner, "DELETE FROM linkage.pair");

    char *csv = csv_of(&bench, linkage_estimates);

    expect_line(csv, "false matches,20,1.3,0.0636,");
    expect_line(csv, "missed matches,0,0.0,0.0000,");
    free(csv);
}

/* The other way round there is nothing that a share would be of. */
Test(report, without_links_no_share_is_missed)
{
    SCOPED(bench_close) Bench bench = scored();
    bench_run(bench.owner, "DELETE FROM linkage.link WHERE weight IS NOT NULL");

    char *csv = csv_of(&bench, linkage_estimates);

    expect_line(csv, "false matches,0,,,");
    expect_line(csv, "missed matches,20,,,");
    free(csv);
}

/* Switch: is_shown in report_estimates. */
Test(report, an_estimate_from_few_pairs_is_not_shown)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_link(&bench);
    bench_run(bench.owner, scored_sql);
    bench_run(bench.owner, "DELETE FROM linkage.link WHERE subject_id > 306");

    char *csv = csv_of(&bench, linkage_estimates);

    expect_line(csv, "false matches,<8,,,");
    expect_line(csv, "missed matches,30,,,");
    free(csv);
}

/* Switch: report_decisions: 10 of the 20 pairs are decided after the run, and count from the next one on. */
Test(report, what_was_decided_since_the_run_is_not_in_it)
{
    SCOPED(bench_close) Bench bench = scored();
    bench_run(bench.owner,
              "INSERT INTO linkage.decision (subject_a, subject_b, is_same, author, permit_id)"
              " SELECT i, 100 + i, false, 'a', '' FROM generate_series(1, 10) AS i;"
              "UPDATE linkage.decision SET ended = clock_timestamp() WHERE decided < '2020-01-02'");

    char *csv = csv_of(&bench, linkage_estimates);

    expect_line(csv, "missed matches,20,16.0,0.4607,");
    free(csv);
}

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
Test(report, what_a_release_copies_is_what_the_tables_show)
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
Test(report, it_is_written_under_the_permit_of_the_release_alone)
{
    SCOPED(bench_close) Bench bench = bench_open();
    Error error = {0};

    cr_expect_not(try_keep(&bench, "2026-07", &error).ok);
    cr_expect_eq(error.code, ERROR_REFUSED, "%s", error.message);
}

Test(report, what_a_release_copies_is_of_the_newest_run_alone)
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

/* Switch: protect_named in report_waiting. Each kind of conflict is protected by another, not by what waits.
 */
Test(report, pairs_that_wait_and_conflicts_are_counted_where_they_are_not_few)
{
    SCOPED(bench_close) Bench bench = scored();
    bench_run(bench.owner,
              "INSERT INTO linkage.conflict (subject_a, subject_b, reason, run_id)"
              " SELECT i, 100 + i, CASE WHEN i <= 3 THEN 'ages' WHEN i <= 30 THEN 'two deaths' ELSE"
              "  'two numbers' END, 1 FROM generate_series(1, 80) AS i");

    char *csv = csv_of(&bench, linkage_waiting);

    expect_line(csv, "waiting,pairs for a decision,20\r\n");
    expect_line(csv, "conflict,ages,<8\r\n");
    expect_line(csv, "conflict,two deaths,hidden\r\n");
    expect_line(csv, "conflict,two numbers,50\r\n");
    free(csv);
}

Test(report, without_links_by_weights_no_share_is_missed)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_link(&bench);
    bench_run(bench.owner, scored_sql);
    bench_run(bench.owner, "DELETE FROM linkage.link");

    char *csv = csv_of(&bench, linkage_estimates);

    expect_line(csv, "missed matches,30,,,");
    free(csv);
}

Test(report, nothing_is_estimated_where_nothing_has_a_weight)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_run(bench.owner, "SELECT bench.person(i, 'list', 'n' || i, NULL) FROM generate_series(1, 30) AS i");
    bench_link(&bench);

    char *csv = csv_of(&bench, linkage_estimates), *page = page_of(&bench);

    cr_expect_null(strstr(csv, "matches"));
    expect_line(page, "not estimated");
    free(csv);
    free(page);
}

Test(report, pseudonyms_mapped_to_more_than_one_are_counted)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_link(&bench);
    bench_run(bench.owner, "UPDATE linkage.run SET crosswalk_ambiguous = 12");

    char *csv = csv_of(&bench, linkage_waiting);

    expect_line(csv, "cross-walk,pseudonyms mapped to more than one,10\r\n");
    free(csv);
}

Test(report, the_page_is_whole_before_the_first_run)
{
    SCOPED(bench_close) Bench bench = bench_open();

    char *page = page_of(&bench);

    expect_line(page, "Nothing has been linked yet.");
    expect_line(page, "</html>");
    free(page);
}

Test(report, the_page_marks_who_is_linked_less_than_all_beyond_chance)
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

    expect_line(csv, "deprivation decile,3,10,10,1.0000");
    expect_line(csv, "deprivation decile,10,10,10,1.0000");
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
