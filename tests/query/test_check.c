/* What a query would take, said before it runs. */
#include "tests/query/county.h"

#define HEAD "query \"t\" project PHM-2026-014 cohort exists gp_event where code = \"D1\" "

static const char *check(int64_t release_id, const char *text)
{
    SCOPED(db_close) Db *reader = support_database("cinque_query");
    SCOPED(query_close) Query *query = NULL;
    static char said[4096];
    Text lines;

    COUNTY_MUST(query_open(reader, "q", text_from(text), NULL, &query, must));
    COUNTY_MUST(query_check(reader, query, release_id, &COUNTY_POLICY, &lines, must));
    snprintf(said, sizeof said, "%.*s", TEXT_ARG(lines));
    return said;
}

/* 1,013 rows of gp_event. Blocks of rows are gone: nothing of them can have been read. */
Test(check, says_rows_and_memory_without_reading_any)
{
    county_make(2000, 0);
    county_release();
    county_sql("DELETE FROM release_1.block WHERE kind > 0");

    const char *said = check(1, HEAD "table \"t\" by sex measure people");

    cr_expect_str_eq(
        said, "over release 1 (2026-06) it reads at most\n"
              "  person: about 2000 rows of 1 column, up to 1 MiB read, 1 MiB in memory\n"
              "  gp_event: about 1000 rows of 1 column, up to 1 MiB read, 1 MiB in memory\n"
              "memory at most: 1 MiB of columns (6144 may be kept), 3 of counting (512), 256 of working "
              "people out (as a rule 4); more is refused\n");
}

/* Its numbers are read at a run alone, and nothing of anybody here: the blocks are gone. */
Test(check, says_which_population_a_rate_would_be_per)
{
    static const char query[] = HEAD "table \"t\" by sex measure people "
                                     "measure r = people per 1000 of population \"Kent\"";
    county_make(60, 0);
    county_release();
    county_sql("DELETE FROM release_1.block WHERE kind > 0");
    cr_expect_not_null(strstr(
        check(1, query), "\nwarning: q:1:113: there is no population \"Kent\" of a day up to 2026-06-30\n"));
    county_sql("INSERT INTO ingest.published (kind, name, day, origin, width, fields, content) VALUES "
               "('population', 'Kent', '2025-06-30', 'Census', 2, '{sex,people,1,9,2,9}', sha256('')), "
               "('population', 'Kent', '2026-07-01', 'late', 2, '{sex,people,1,9,2,9}', sha256('1'))");

    const char *said = check(1, query);

    cr_expect_not_null(strstr(said,
                              "\npopulation \"Kent\" of 2025-06-30, content "
                              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855: Census\n"),
                       "%s", said);
    cr_expect_null(strstr(said, "there is no population"), "%s", said);
}

/* Four wards, two sexes, 19 bands of age: 152 cells of 1,960 people. */
Test(check, warns_of_tables_with_fewer_people_a_cell_than_are_shown)
{
    county_make(2000, 0);
    county_release();

    const char *said = check(1, HEAD "table \"thin\" by ward, sex, band(age, 5) measure people");

    cr_expect_not_null(strstr(said, "warning: q:1:89: 152 cells for about 2000 people of the release: "
                                    "fewer than 80 a cell even if all were counted"),
                       "%s", said);
    cr_expect_null(strstr(check(1, HEAD "table \"t\" by ward, sex measure people"), "warning"));
}

Test(check, few_rows_are_not_counted_out)
{
    county_make(2000, 0);
    county_release();

    const char *said = check(1, "query \"t\" project PHM-2026-014 cohort exists apc_spell table \"t\" by sex "
                                "measure people");

    cr_expect_not_null(strstr(said, "  apc_spell: fewer than 1000 rows of 0 columns"), "%s", said);
}

Test(check, says_that_there_is_no_release)
{
    county_make(60, 0);

    cr_expect_str_eq(check(0, HEAD "table \"t\" by sex measure people"),
                     "warning: q:1:19: no release is built for this purpose, or its newest is retired\n");
    cr_expect_str_eq(check(0, "query \"t\" project PHM-2026-014 as known at 2026-03-02 cohort care_home "
                              "table \"t\" by sex measure people"),
                     "warning: q:1:44: no release is built for this purpose as known at 2026-03-02, or its "
                     "newest is retired\n");
}

/* Switch: the hash in dataset_read_manifest. */
Test(check, reads_no_manifest_that_is_not_what_was_published)
{
    SCOPED(db_close) Db *reader = support_database("cinque_query");
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};
    Text said;
    county_make(60, 0);
    county_release();
    county_sql("UPDATE release_1.block SET content = content || '\\x00' WHERE kind = 0");
    COUNTY_MUST(query_open(reader, "q", TEXT(HEAD "table \"t\" by sex measure people"), NULL, &query, must));

    cr_expect_not(query_check(reader, query, 1, &COUNTY_POLICY, &said, &error).ok);
    cr_expect_eq(error.code, ERROR_DATABASE);
}

/* A word that nothing holds is nobody's, and the answer would be 0. */
Test(check, warns_of_texts_that_are_no_value_of_what_they_are_compared_with)
{
    county_make(60, 0);
    county_release();
    county_sql("INSERT INTO ingest.source_code (source_id, list, code, position, meaning)"
               " SELECT source_id, 'admission_method', code, 1, '' FROM ingest.source, "
               "unnest('{21,22,2A}'::text[]) AS code"
               "  WHERE name = 'apc_spell'");

    const char *said = check(
        1, "query \"t\" project PHM-2026-014 parameter place in (\"Dover\", \"Dovr\") "
           "codes m = (\"2A\", \"99\", \"2*\", \"3*\") let s = sex cohort s = \"male\" and sex != \"1\" "
           "and district in (place, \"Ashford\") and (exists gp_event where code = \"any\") "
           "and exists apc_spell where admission_method in m and admission_method = \"21\" "
           "table \"t\" by sex measure people");
    const char *rest = strstr(said, "warning: q:1:127:");

    cr_assert_not_null(rest, "%s", said);
    cr_expect_str_eq(rest, "warning: q:1:127: \"male\" is no value of sex\n"
                           "warning: q:1:166: \"Dovr\" is no value of district; did you mean \"Dover\"?\n"
                           "warning: q:1:252: \"3*\" is no value of admission_method\n"
                           "warning: q:1:252: \"99\" is no value of admission_method\n");
}

/* Deliveries of GP events begin with 2026-06 in release 1. */
Test(check, warns_of_a_series_that_begins_before_what_is_held)
{
    static const char earlier[] =
        "query \"t\" project PHM-2026-014 cohort care_home table \"t\" by month of the 3 months to "
        "as_at measure people measure seen = people with exists gp_event where event_date in month";
    static const char held[] =
        "query \"t\" project PHM-2026-014 cohort care_home table \"t\" by month of the 1 months to "
        "as_at measure people measure seen = people with exists gp_event where event_date in month";
    county_make(60, 0);
    county_release();

    const char *said = check(1, earlier);

    cr_expect_not_null(
        strstr(said,
               "\nwarning: q:1:62: the series begins with 2026-04, deliveries of gp_event with 2026-06: "
               "of the time before, 0 may say that nobody sent it\n"),
        "%s", said);
    cr_expect_null(strstr(check(1, held), "begins with"));
}
