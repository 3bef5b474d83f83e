/* What code lists say of themselves: terminology, its release, inactive concepts. */
#include <criterion/criterion.h>
#include <string.h>

#include "query/check_codes.h"
#include "tests/query/words.h"
#include "tests/support/support.h"

#define TAIL " cohort exists gp_event where code in d table \"t\" by sex measure people"

static Result parse(const char *text, Query **query, Error *error)
{
    const QueryFiles files = {.codes_folder = support_folder()};

    return query_parse(&WORDS, "q", text_from(text), QUERY_TEXT_BYTES_MAX, &files, query, error);
}

static void expect_pinned(const char *content, const char *expected)
{
    SCOPED(query_close) Query *query = NULL;
    SCOPED(query_close) Query *again = NULL;
    Error error = {0};
    (void)support_file("d.csv", content);

    Result done = parse("query \"t\" project P codes d from \"d.csv\"" TAIL, &query, &error);

    cr_assert(done.ok, "%s", error.message);
    cr_expect_not_null(strstr(query_canonical(query).data, expected), "%s", query_canonical(query).data);
    cr_assert(parse(query_canonical(query).data, &again, &error).ok, "%s", error.message);
    cr_expect(text_equal(query_canonical(query), query_canonical(again)), "and prints to itself");
}

static void expect_refused(const char *content, const char *expected)
{
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};
    (void)support_file("d.csv", content);

    Result done = parse("query \"t\" project P codes d from \"d.csv\"" TAIL, &query, &error);

    cr_assert_not(done.ok, "%s", content);
    error.message[strcspn(error.message, "\n")] = '\0';
    cr_expect_str_eq(error.message, expected);
}

/* Of a query that stands alone. */
static const char *warnings(const char *text)
{
    SCOPED(query_close) Query *query = NULL;
    SCOPED(text_builder_close) TextBuilder out = text_builder(1 << 14);
    static char said[2048];
    Error error = {0};

    cr_assert(parse(text, &query, &error).ok, "%s", error.message);
    check_codes(query->tree, &out);
    snprintf(said, sizeof said, "%.*s", TEXT_ARG(text_built(&out)));
    return said;
}

Test(code_lists, terminology_release_and_inactive_concepts_are_pinned)
{
    expect_pinned("code,term,terminology,release,active\nB,\"b, c\",SNOMED CT,2026-04-01,0\nA,a,SNOMED "
                  "CT,2026-04-01,1\n",
                  "codes d terminology \"SNOMED CT\" release \"2026-04-01\" = (\"A\", \"B\" inactive)\n");
    expect_pinned("code,terminology\nA,ICD-10\n", "codes d terminology \"ICD-10\" = (\"A\")\n");
    expect_pinned("code,active\nA,no\nA,yes\n", "codes d = (\"A\" inactive)\n");
}

Test(code_lists, a_file_that_contradicts_itself_is_refused)
{
    expect_refused("code,terminology\nA,ICD-10\nB,OPCS-4\n",
                   "d.csv:3:3: the terminology is another than on the lines before; use two lists");
    expect_refused("code,terminology,release\nA,ICD-10,\n",
                   "d.csv:2:1: a release is 1 to 80 printable characters");
    expect_refused("code,release\nA,5\n", "d.csv:1:6: a release stands beside its terminology");
    expect_refused("code,active\nA,maybe\n", "d.csv:2:3: active is 1 or 0, yes or no, true or false");
}

Test(code_lists, a_list_of_another_terminology_than_the_columns_is_warned_of)
{
    cr_expect_str_eq(warnings("query \"t\" project P codes d terminology \"ICD-10\" = (\"A\")" TAIL),
                     "warning: q:1:87: codes d are of ICD-10, and column code is of SNOMED CT\n");
    cr_expect_str_eq(warnings("query \"t\" project P codes d terminology \"snomed-ct UK\" = (\"A\")" TAIL),
                     "");
    cr_expect_str_eq(warnings("query \"t\" project P codes d = (\"A\")" TAIL), "");
    cr_expect_str_eq(warnings("query \"t\" project P codes d terminology \"ICD-10\" = (\"A\") cohort exists "
                              "apc_spell where admission_method in d table \"t\" by sex measure people"),
                     "", "whose terminology the catalogue does not know");
}

Test(code_lists, a_list_with_inactive_concepts_is_warned_of)
{
    cr_expect_str_eq(
        warnings(
            "query \"t\" project P codes d = (\"A\" inactive, \"B\" as \"x\" inactive, \"B\", \"C\")" TAIL),
        "warning: q:1:27: codes d name 2 inactive concepts: old records may hold them, new ones should "
        "not\n");
}

Test(code_lists, are_said_by_explain)
{
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};
    Text said;
    cr_assert(
        parse("query \"t\" project P codes d terminology \"SNOMED CT\" release \"2026-04\" = (\"A\", \"B\" "
              "inactive)" TAIL,
              &query, &error)
            .ok);

    cr_assert(query_explain(query, &said, &error).ok, "%s", error.message);

    cr_expect_not_null(strstr(said.data, "\ncodes d: 2 codes of SNOMED CT, release 2026-04, 1 inactive\n"),
                       "%s", said.data);
}

Test(code_lists, only_codes_that_stand_there_are_given_a_terminology)
{
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};

    cr_expect_not(
        parse("query \"t\" project P codes d terminology \"x\" from \"d.csv\"" TAIL, &query, &error).ok);
    cr_expect_not_null(strstr(error.message, "expected '='; a file says its own terminology"), "%s",
                       error.message);
}
