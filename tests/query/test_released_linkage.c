/* The report of a release's linkage, from linkage.report of county.sql to what stands beside an answer. */
#include "query/released_linkage.h"
#include "tests/query/county.h"

static const char gp_query[] =
    "query \"t\" project PHM-2026-014 cohort registered at as_at and exists gp_event "
    "table \"t\" by sex measure people";

static bool has(Text text, const char *part)
{
    return memmem(text.data, text.length, part, strlen(part)) != NULL;
}

/* All of it but sources that the query does not read. Switch: of sources, in query/sql/linkage.sql. */
Test(released_linkage, an_answer_carries_the_report_of_the_linkage_whole)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(60, 2);
    county_release();

    Text answer = county_ask(gp_query, arena);

    cr_expect(has(answer,
                  "\"linkage\":{\"groups\":["
                  "{\"change\":\"0.0123\",\"group\":\"all\",\"high\":\"0.9693\",\"low\":\"0.9480\","
                  "\"rate\":\"0.9600\",\"value\":\"person sources\",\"weak\":false},"
                  "{\"change\":\"-0.0040\",\"group\":\"source\",\"high\":\"0.9168\",\"low\":\"0.8802\","
                  "\"rate\":\"0.9000\",\"value\":\"gp_event\",\"weak\":true},"
                  "{\"change\":null,\"group\":\"source\",\"high\":null,\"low\":null,"
                  "\"rate\":null,\"value\":\"patient_list\",\"weak\":false},"
                  "{\"change\":\"0.0000\",\"group\":\"age\",\"high\":\"0.8254\",\"low\":\"0.7720\","
                  "\"rate\":\"0.8000\",\"value\":\"18 to 24\",\"weak\":true},"
                  "{\"change\":null,\"group\":\"estimate\",\"high\":null,\"low\":null,"
                  "\"rate\":\"0.0071\",\"value\":\"false matches\",\"weak\":false},"
                  "{\"change\":null,\"group\":\"estimate\",\"high\":null,\"low\":null,"
                  "\"rate\":null,\"value\":\"missed matches\",\"weak\":false}],"
                  "\"run\":\"2026-07-02\",\"run_before\":\"2026-06-03\"}"),
              "%.*s", TEXT_ARG(answer));
}

/* Switch: E'\nlinkage ' in release.content_hash. */
Test(released_linkage, verify_notices_a_changed_one)
{
    SCOPED(db_close) Db *releaser = NULL;
    Error error = {0};
    county_make(60, 2);
    county_release();
    releaser = support_database("cinque_releaser");
    COUNTY_MUST(query_release_verify(releaser, 1, must));

    county_sql("UPDATE release.linkage SET is_weak = true WHERE value = 'apc_spell'");

    cr_expect_not(query_release_verify(releaser, 1, &error).ok);
    cr_expect_str_eq(error.message, "release 1: its content is not what was published");
}

Test(released_linkage, a_release_keeps_the_report_of_its_own_linkage)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(60, 2);
    county_release();
    county_sql("INSERT INTO linkage.run (rule_version, state, permit_id) VALUES (1, 'done', "
               "decode(repeat('00', 16), 'hex'));"
               "DELETE FROM linkage.report;"
               "INSERT INTO linkage.report (run_id, line, kind, value, rate, is_weak) VALUES"
               " (2, -2, 'run', '2026-08-01', NULL, false), (2, 0, 'all', 'person sources', 0.5, false)");
    Text answer = county_ask(gp_query, arena);

    county_release();

    cr_expect(has(answer, "\"run\":\"2026-07-02\""), "%.*s", TEXT_ARG(answer));
    cr_expect_eq(county_number("SELECT count(*) FROM release.linkage WHERE release_id = 1"), 9);
    cr_expect_eq(county_number("SELECT count(*) FROM release.linkage WHERE release_id = 2"), 2);
    cr_expect_eq(county_number("SELECT count(*) FROM release.linkage WHERE release_id = 2 AND rate = 0.5"),
                 1);
}

/* Switch: the exception in release.linkage_note. */
static void expect_no_release(void)
{
    SCOPED(db_close) Db *releaser = support_database("cinque_releaser");
    ReleaseReport report;
    Error error = {0};

    Result built = release_build(releaser, COUNTY_BUILD_PERMIT, &COUNTY_WANTED, &report, &error);

    cr_expect_not(built.ok);
    cr_expect_not_null(strstr(error.message, "the report of its linkage is not written"), "%s",
                       error.message);
    cr_expect_eq(county_number("SELECT count(*) FROM release.release"), 0);
}

Test(released_linkage, none_is_built_without_the_report_of_its_own_linkage)
{
    county_make(60, 0);
    county_sql("INSERT INTO linkage.run (rule_version, state, permit_id) VALUES (1, 'done', "
               "decode(repeat('00', 16), 'hex'))");
    expect_no_release();
    county_sql("DELETE FROM linkage.report");
    expect_no_release();
}

/* ---- for people ---- */

static const LinkageLine lines[] = {
    {.kind = {"run", 3}, .value = {"2026-07-02", 10}},
    {.kind = {"run before", 10}, .value = {"2026-06-03", 10}},
    {.kind = {"all", 3},
     .value = {"person sources", 14},
     .rate = {"0.9958", 6},
     .low = {"0.9950", 6},
     .high = {"0.9961", 6},
     .change = {"-0.0012", 7}},
    {.kind = {"source", 6}, .value = {"death", 5}},
    {.kind = {"source", 6},
     .value = {"gp_event", 8},
     .rate = {"0.9000", 6},
     .low = {"0.8802", 6},
     .high = {"0.9168", 6},
     .is_weak = true},
    {.kind = {"age", 3},
     .value = {"5 to 17", 7},
     .rate = {"1.0000", 6},
     .low = {"0.99", 4},
     .high = {"1", 1}},
    {.kind = {"age", 3},
     .value = {"18 to 24", 8},
     .rate = {"0.8000", 6},
     .low = {"0.7720", 6},
     .high = {"0.8254", 6},
     .is_weak = true},
    {.kind = {"estimate", 8}, .value = {"false matches", 13}, .rate = {"0.0071", 6}},
    {.kind = {"estimate", 8}, .value = {"missed matches", 14}},
};

static const char *printed(size_t count,
                           void (*print)(const LinkageLines *lines, const char *before, FILE *out))
{
    static char text[4096];
    const LinkageLines held = {lines, count};
    FILE *out = fmemopen(text, sizeof text, "w");

    cr_assert_not_null(out);
    print(&held, "# ", out);
    cr_assert_eq(fclose(out), 0);
    return text;
}

/* Switch: is_weak in linkage_lines_print: an analyst sees where linkage is weak. */
Test(released_linkage, people_read_the_whole_the_sources_and_the_weak_groups)
{
    cr_expect_str_eq(
        printed(9, linkage_lines_print),
        "# Linkage of 2026-07-02, subjects linked: all person sources 99.58 % (99.50 to 99.61), "
        "-0.12 points since 2026-06-03; of links by likeness expected false 0.71 %, missed hidden.\n"
        "#   source death hidden, source gp_event 90.00 % (88.02 to 91.68)\n"
        "#   Weak, less than all beyond chance: source gp_event 90.00 % (88.02 to 91.68), age 18 to "
        "24 80.00 % (77.20 to 82.54)\n");
}

Test(released_linkage, where_nothing_is_linked_by_likeness_nothing_is_estimated)
{
    cr_expect_str_eq(printed(4, linkage_lines_print),
                     "# Linkage of 2026-07-02, subjects linked: all person sources 99.58 % (99.50 to 99.61), "
                     "-0.12 points since 2026-06-03; false and missed matches are not estimated.\n"
                     "#   source death hidden\n");
}

Test(released_linkage, a_release_without_a_linkage_says_so)
{
    json_t *json = linkage_lines_json(&(const LinkageLines){lines, 0});

    cr_expect_str_eq(printed(0, linkage_lines_print),
                     "# Linkage: nothing had been linked when the release was built.\n");
    cr_expect_str_eq(printed(0, linkage_lines_print_csv), printed(0, linkage_lines_print));
    cr_expect(json_is_null(json));
    json_decref(json);
}

Test(released_linkage, csv_has_a_line_a_group)
{
    const char *text = printed(9, linkage_lines_print_csv);

    cr_expect_not_null(strstr(text, "\n# group,value,rate,low,high,change,weak\n# run,2026-07-02,,,,,\n"),
                       "%s", text);
    cr_expect_not_null(strstr(text, "\n# source,death,,,,,\n# source,gp_event,0.9000,0.8802,0.9168,,yes\n"),
                       "%s", text);
    cr_expect_not_null(strstr(text, "\n# all,person sources,0.9958,0.9950,0.9961,-0.0012,\n"), "%s", text);
    cr_expect_not_null(strstr(text, "\n# estimate,missed matches,,,,,\n"), "%s", text);
}
