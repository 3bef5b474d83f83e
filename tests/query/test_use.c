/* Definitions of another file: pinned like the query's own, and without a trace where they are not used. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/query/words.h"
#include "tests/support/support.h"

#define TAIL " table \"t\" by sex measure people"

enum { PATH_BYTES = 600 };

static char folder[PATH_BYTES];

static void write_file(const char *name, const char *text)
{
    char path[2 * PATH_BYTES];

    if (*folder == '\0')
        snprintf(folder, sizeof folder, "%s", support_folder());
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    cr_assert_not_null(file);
    fputs(text, file);
    cr_assert_eq(fclose(file), 0);
}

static Result parse(const char *text, Query **query, Error *error)
{
    const QueryFiles files = {.codes_folder = folder};

    return query_parse(&WORDS, "q.cohort", text_from(text), QUERY_TEXT_BYTES_MAX, &files, query, error);
}

static void expect_refused(const char *text, const char *expected)
{
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};

    cr_assert_not(parse(text, &query, &error).ok, "%s", text);
    error.message[strcspn(error.message, "\n")] = '\0';
    cr_expect_str_eq(error.message, expected);
}

Test(use, is_as_if_its_lines_stood_in_the_query)
{
    SCOPED(query_close) Query *shared = NULL;
    SCOPED(query_close) Query *own = NULL;
    Error error = {0};
    write_file("d.csv", "code\nB\nA\n");
    write_file("ltc.cohort",
               "codes d from \"d.csv\" # pinned too\nlet ill = exists gp_event where code in d\n");

    cr_assert(parse("query \"t\" project P use \"ltc.cohort\" let old = ill and age >= 65 cohort old" TAIL,
                    &shared, &error)
                  .ok,
              "%s", error.message);
    cr_assert(
        parse("query \"t\" project P codes d = (\"A\", \"B\") let ill = exists gp_event where code in d "
              "let old = age >= 65 and ill cohort old" TAIL,
              &own, &error)
            .ok,
        "%s", error.message);

    cr_expect_str_eq(query_canonical(shared).data, query_canonical(own).data);
}

Test(use, what_is_not_used_leaves_no_trace_and_reads_no_source)
{
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};
    write_file("many.cohort", "codes a = (\"1\") codes b = (\"2\") let x = exists gp_event where code in a\n"
                              "let y = exists apc_spell where admission_method in b let z = x and y");

    cr_assert(parse("query \"t\" project P use \"many.cohort\" cohort x" TAIL, &query, &error).ok, "%s",
              error.message);

    cr_expect_eq(query_source_count(query), 1);
    cr_expect(text_equal(query_source(query, 0), TEXT("gp_event")));
    cr_expect_null(strstr(query_canonical(query).data, "apc_spell"));
    cr_expect_null(strstr(query_canonical(query).data, "codes b"));
}

Test(use, an_error_names_the_file_it_is_in)
{
    write_file("bad.cohort", "let x = exists gp_event\nlet y = exists gp_evnt\n");
    write_file("deep.cohort", "use \"bad.cohort\"\n");
    write_file("query.cohort", "let x = care_home cohort x\n");
    write_file("twice.cohort", "let x = care_home\n");
    write_file("bytes.cohort", "let x = care_home # \xFF\n");

    expect_refused("query \"t\" project P use \"bad.cohort\" cohort x" TAIL,
                   "bad.cohort:2:16: source 'gp_evnt' is unknown; did you mean gp_event?");
    expect_refused("query \"t\" project P use \"deep.cohort\" cohort x" TAIL,
                   "deep.cohort:1:5: a file of definitions uses no other");
    expect_refused("query \"t\" project P use \"query.cohort\" cohort x" TAIL,
                   "query.cohort:1:19: a file of definitions holds 'codes', 'let' and 'parameter' alone");
    expect_refused("query \"t\" project P let x = care_home use \"twice.cohort\" cohort x" TAIL,
                   "twice.cohort:1:5: this name is taken");
    expect_refused("query \"t\" project P use \"bytes.cohort\" cohort x" TAIL,
                   "bytes.cohort:1:21: not UTF-8");
}

Test(use, a_file_that_is_not_there_is_named_by_its_place_alone)
{
    write_file("there.cohort", "let x = care_home\n");

    expect_refused("query \"t\" project P use \"gone.cohort\" cohort care_home" TAIL,
                   "q.cohort:1:25: this file is not beside the query, or longer than 1048576 bytes");
}

/* Switch: query_is_code_file in codes_read_file. */
Test(use, a_file_outside_the_folder_is_not_read)
{
    write_file("x.cohort", "let x = care_home\n");

    expect_refused("query \"t\" project P use \"../x.cohort\" cohort care_home" TAIL,
                   "q.cohort:1:25: a file is a plain name below the folder of the query");
    expect_refused("query \"t\" project P use \"/etc/passwd\" cohort care_home" TAIL,
                   "q.cohort:1:25: a file is a plain name below the folder of the query");
}

Test(use, a_canonical_text_uses_nothing)
{
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};
    Text text = TEXT("query \"t\" project P use \"x.cohort\" cohort care_home" TAIL);

    cr_assert_not(query_parse(&WORDS, "query", text, QUERY_CANONICAL_BYTES_MAX, NULL, &query, &error).ok);

    cr_expect_not_null(strstr(error.message, "not part of a canonical text"), "%s", error.message);
}

/* ---- code lists of files ---- */

static Result parse_with_codes(const char *file, const char *cohort, Query **query, Error *error)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 16);

    write_file("c.csv", file);
    return parse(
        text_format(arena,
                    "query \"t\" project P codes c from \"c.csv\" cohort exists gp_event where %s" TAIL,
                    cohort)
            .data,
        query, error);
}

static void expect_codes(const char *file, const char *cohort, const char *expected)
{
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};

    Result done = parse_with_codes(file, cohort, &query, &error);

    cr_assert(done.ok, "%s", error.message);
    cr_expect_not_null(strstr(query_canonical(query).data, expected), "%s", query_canonical(query).data);
}

Test(use, a_column_of_categories_is_pinned_where_the_query_names_one)
{
    static const char file[] =
        "code,term,category\nB,\"quoted, with a comma\",two\r\nA,plain,\"one\"\nB,again,one\n";

    expect_codes(file, "code in c category \"one\"",
                 "codes c = (\"A\" as \"one\", \"B\" as \"one\", \"B\" as \"two\")\n");
    expect_codes(file, "code in c", "codes c = (\"A\", \"B\")\n");
    expect_codes("code,term\nI21*,heart\n", "code contains c", "codes c = (\"I21*\")\n");
}

static void expect_file_refused(const char *file, const char *cohort, const char *expected)
{
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};

    Result done = parse_with_codes(file, cohort, &query, &error);

    cr_assert_not(done.ok);
    cr_expect_not_null(strstr(error.message, expected), "%s", error.message);
}

Test(use, a_file_of_codes_is_refused_by_its_line)
{
    expect_file_refused("code,category\nA,one\nB,\n", "code in c",
                        "c.csv:3:1: a category is 1 to 80 printable characters");
    expect_file_refused("code\nA\n*\n", "code in c",
                        "c.csv:3:1: a code is 1 to 40 printable characters, and more than *");
    expect_file_refused("code,category\nA,heart\n", "code in c category \"hart\"",
                        "category 'hart' is unknown; did you mean heart?");
    expect_file_refused("code,term\nA,heart\n", "code in c category \"heart\"",
                        "category 'heart' is unknown");
}
