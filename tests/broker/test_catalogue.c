/* What a query may name is said to the project's people alone, and only of what the project was granted. */
#include "tests/broker/workbench.h"

static char answer[ANSWER_BYTES];

static const char two_sources[] =
    "INSERT INTO ingest.source (name, title, subject_kind, update_mode) VALUES"
    " ('gp_event', 'GP events', 'person', 'snapshot'), ('hospice_stay', 'Stays', 'person', 'snapshot');"
    "INSERT INTO ingest.source_column (source_id, name, position, label, use, type, list, required, "
    "first_version,"
    " last_version) SELECT source_id, 'code', 1, 'Code', 'code', 'text', 'codes', true, 1, 1 FROM "
    "ingest.source;"
    "INSERT INTO ingest.source_code (source_id, list, code, position, meaning)"
    " SELECT source_id, 'codes', 'D1', 1, 'Diabetes' FROM ingest.source;"
    "INSERT INTO governance.project_source (project_id, source) VALUES ('P-1', 'gp_event')";

static int ask(const Bench *bench, uid_t uid, const char *path)
{
    return bench_call(bench, uid, "GET", path, "", answer);
}

/* Switch: wanted.sources in handle_catalogue; with all registered ones in their place this is red. */
Test(catalogue, names_only_sources_granted_to_the_project)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_sql(&bench, two_sources);

    cr_expect_eq(ask(&bench, ANALYST, "/catalogue?project=P-1"), 200, "%s", answer);

    cr_expect_not_null(strstr(answer, "gp_event"));
    cr_expect_not_null(strstr(answer, "not held"));
    cr_expect_null(strstr(answer, "hospice_stay"));
    cr_expect_eq(ask(&bench, ANALYST, "/catalogue?project=P-1&source=hospice_stay"), 400);
    cr_expect_eq(ask(&bench, ANALYST, "/catalogue?project=P-1&source=hospice_stay&column=code"), 400);
    cr_expect_eq(ask(&bench, ANALYST, "/catalogue?project=P-1&source=hospice_stay&months=yes"), 400);
}

Test(catalogue, says_columns_codes_and_what_is_known_of_everybody)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_sql(&bench, two_sources);

    cr_expect_eq(ask(&bench, ANALYST, "/catalogue?project=P-1&source=gp_event"), 200);
    cr_expect_not_null(strstr(answer, "Code"));
    cr_expect_not_null(strstr(answer, "terminology"));
    cr_expect_eq(ask(&bench, ANALYST, "/catalogue?project=P-1&source=gp_event&column=code&format=csv"), 200);
    cr_expect_not_null(strstr(answer, "D1,Diabetes"));
    cr_expect_eq(ask(&bench, ANALYST, "/catalogue?project=P-1&source=gp_event&months=yes&format=csv"), 200);
    cr_expect_not_null(strstr(answer, "month,status,senders,missing,missing senders,percent linked"));
    cr_expect_eq(ask(&bench, ANALYST, "/catalogue?project=P-1&source=person"), 200);
    cr_expect_not_null(strstr(answer, "imd_decile"));
    cr_expect_eq(ask(&bench, ANALYST, "/catalogue?project=P-1&source=person&column=district"), 200);
}

Test(catalogue, says_what_a_column_means)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_sql(&bench, two_sources);
    bench_sql(&bench, "UPDATE ingest.source_column SET meaning = 'What was seen, SNOMED CT'");

    cr_expect_eq(ask(&bench, ANALYST, "/catalogue?project=P-1&source=gp_event&format=json"), 200);
    cr_expect_not_null(strstr(answer, "\\\"meaning\\\": \\\"What was seen, SNOMED CT\\\""), "%s", answer);

    bench_sql(&bench, "UPDATE ingest.source_column SET meaning = NULL");

    cr_expect_eq(ask(&bench, ANALYST, "/catalogue?project=P-1&source=gp_event&format=csv"), 200);
    cr_expect_not_null(strstr(answer, "may be unknown,meaning\\r\\ncode,text,code,Code,1,,no,\\r\\n"), "%s",
                       answer);
}

Test(catalogue, says_the_terminology_that_a_columns_shape_is_of)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_sql(&bench, two_sources);
    bench_sql(&bench, "UPDATE ingest.source_column SET list = NULL, shape = 'A999?'");

    cr_expect_eq(ask(&bench, ANALYST, "/catalogue?project=P-1&source=gp_event&format=csv"), 200);
    cr_expect_not_null(strstr(answer, "OPCS-4"), "%s", answer);

    bench_sql(&bench, "UPDATE ingest.source_column SET shape = 'A99X?X?X?'");

    cr_expect_eq(ask(&bench, ANALYST, "/catalogue?project=P-1&source=gp_event&format=csv"), 200);
    cr_expect_not_null(strstr(answer, "ICD-10"), "%s", answer);
}

/* Switch: wanted.people_min in handle_catalogue. Policy plain asks for 8 people. */
Test(catalogue, months_do_not_tell_how_few_rows_are_linked_or_are_not)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_sql(&bench, two_sources);
    bench_sql(
        &bench,
        "INSERT INTO release.release (release_id, month, purpose, state, content, manifest, permit_id,"
        " built) OVERRIDING SYSTEM VALUE SELECT 1, 317, purpose, 'live', sha256(''), sha256(''), '', now()"
        " FROM governance.project WHERE project_id = 'P-1';"
        "INSERT INTO release.coverage (release_id, source, month, status, senders, rows, match_rate)"
        " VALUES (1, 'gp_event', 314, 'final', 1, 1000, 993 / 1000::float8),"
        " (1, 'gp_event', 315, 'final', 1, 1000, 992 / 1000::float8),"
        " (1, 'gp_event', 316, 'final', 1, 7, 5 / 7::float8),"
        " (1, 'gp_event', 317, 'final', 1, 1000, 7 / 1000::float8)");

    cr_expect_eq(ask(&bench, ANALYST, "/catalogue?project=P-1&source=gp_event&months=yes&format=csv"), 200);

    cr_expect_not_null(strstr(answer, "2026-03,final,1,,,\\r\\n2026-04,final,1,,,99\\r\\n"
                                      "2026-05,final,1,,,\\r\\n2026-06,final,1,,,\\r\\n"),
                       "%s", answer);
}

Test(catalogue, a_wrong_word_is_told_the_nearest)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_sql(&bench, two_sources);

    cr_expect_eq(ask(&bench, ANALYST, "/catalogue?project=P-1&source=gp_evnt"), 400);
    cr_expect_not_null(strstr(answer, "did you mean gp_event?"));
    cr_expect_eq(ask(&bench, ANALYST, "/catalogue?project=P-1&source=gp_event&column=cod"), 400);
    cr_expect_not_null(strstr(answer, "did you mean code?"));
    cr_expect_eq(ask(&bench, ANALYST, "/catalogue?project=P-1&source=person&column=distric"), 400);
    cr_expect_not_null(strstr(answer, "did you mean district?"));
    cr_expect_eq(ask(&bench, ANALYST, "/catalogue"), 400);
}

/* Switch: the rule in governance.project_sources (schema/010_governance.sql). */
Test(catalogue, is_for_members_of_a_current_project_and_for_ig_leads)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_sql(&bench, two_sources);

    cr_expect_eq(ask(&bench, IG_LEAD, "/catalogue?project=P-1"), 200);
    cr_expect_eq(ask(&bench, ENGINEER, "/catalogue?project=P-1"), 403);
    cr_expect_eq(ask(&bench, STRANGER, "/catalogue?project=P-1"), 403);
    cr_expect_eq(ask(&bench, ANALYST, "/catalogue?project=P-2"), 403);
    cr_expect_eq(ask(&bench, IG_LEAD, "/catalogue?project=P-2"), 403);

    bench_sql(&bench, "UPDATE governance.project_member SET ended_on = '2026-01-01'");

    cr_expect_eq(ask(&bench, ANALYST, "/catalogue?project=P-1"), 403);
    cr_expect_not_null(strstr(answer, "only a member"));
}

static const char hospice_body[] =
    "{\"file_name\": \"t.cohort\", \"text\": \"query \\\"t\\\"\\nproject P-1\\n"
    "cohort exists hospice_stay\\ntable \\\"t\\\"\\n  by sex\\n  measure people\\n\"}";

/* Without: refuse_submit in broker/queries.c. The log has the refusal all the same. */
Test(catalogue, a_submit_says_which_source_is_not_granted)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_sql(&bench, two_sources);

    cr_expect_eq(bench_call(&bench, ANALYST, "POST", "/queries", hospice_body, answer), 403, "%s", answer);

    cr_expect_not_null(
        strstr(answer, "t.cohort:3:15: source hospice_stay is not granted to the project, and this reads it"),
        "%s", answer);
    cr_expect_eq(bench_call(&bench, IG_LEAD, "GET", "/audit", "", answer), 200);
    cr_expect_not_null(strstr(answer, "query_submit"), "%s", answer);
    cr_expect_not_null(strstr(answer, "refused"), "%s", answer);
}

/* Switch: check_grants in broker/queries.c. */
Test(catalogue, a_check_says_which_source_is_not_granted)
{
    SCOPED(bench_close) Bench bench = bench_open();
    bench_sql(&bench, two_sources);

    cr_expect_eq(bench_call(&bench, ANALYST, "POST", "/queries/check", hospice_body, answer), 403, "%s",
                 answer);
    cr_expect_not_null(
        strstr(answer,
               "t.cohort:3:15: source hospice_stay is not granted to the project, and this reads it\\n"
               "  cohort exists hospice_stay\\n                ^"),
        "%s", answer);

    bench_sql(&bench,
              "INSERT INTO governance.project_source (project_id, source) VALUES ('P-1', 'hospice_stay')");

    cr_expect_eq(bench_call(&bench, ANALYST, "POST", "/queries/check", hospice_body, answer), 200);
    cr_expect_not_null(strstr(answer, "exists hospice_stay"));
    cr_expect_not_null(strstr(answer, "policy plain of 2020-01-01: at least 8 people, to the nearest 5"));
    cr_expect_not_null(strstr(answer, "opt-outs: applied, by a list of at most 31 days"));
    cr_expect_not_null(strstr(answer, "warning: nobody agrees to give source hospice_stay"));
    cr_expect_not_null(strstr(answer, "warning: t.cohort:2:9: no release is built"));

    bench_sql(&bench,
              "INSERT INTO governance.supplier (supplier, title) VALUES ('h', 'Hospice');"
              "INSERT INTO governance.agreement (sender, source, purpose, valid_from, valid_to,"
              " legal_basis) VALUES ('h', 'hospice_stay', 'phm', '2020-01-01', '2099-12-31', 'basis')");

    cr_expect_eq(bench_call(&bench, ANALYST, "POST", "/queries/check", hospice_body, answer), 200);
    cr_expect_not_null(strstr(answer, "agreements: hospice_stay, 1 sender\\n"));
}
