#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/governance/world.h"

static GovernanceRequest about(GovernanceAction action, const char *person, int64_t query_id)
{
    static char number[24];

    snprintf(number, sizeof number, "%" PRId64, query_id);
    return (GovernanceRequest){.action = action, .person_id = person, .object = text_from(number)};
}

static Error refusal(Governance *governance, GovernanceRequest request)
{
    GovernancePermit *permit = NULL;
    Error error = {0};

    Result result = governance_request(governance, &request, &permit, &error);
    cr_assert_not(result.ok);
    return error;
}

Test(queries, a_query_is_submitted_approved_by_another_and_may_then_be_run)
{
    SCOPED(governance_close) Governance *governance = world_open();
    SCOPED(arena_close) Arena *arena = arena_create(1 << 16);
    GovernanceQuery query;
    Error error = {0};

    int64_t query_id = world_query(governance);
    cr_assert(governance_query_get(governance, query_id, arena, &query, &error).ok, "%s", error.message);
    cr_expect_str_eq(query.project_id, "P1");
    cr_expect_str_eq(query.author, "ana");
    cr_expect_str_eq(query.status, "submitted");
    cr_expect_str_eq(query.approver, "");
    cr_expect(text_equal(query.text, TEXT("cohort everybody\n")));
    cr_expect_str_eq(refusal(governance, about(GOVERNANCE_QUERY_RUN, "ana", query_id)).message,
                     "query_run refused: the query is not approved");

    world_approve(governance, query_id);
    cr_assert(governance_query_get(governance, query_id, arena, &query, &error).ok);
    cr_expect_str_eq(query.status, "approved");
    cr_expect_str_eq(query.approver, "ida");
    GovernanceRequest request = about(GOVERNANCE_QUERY_RUN, "ana", query_id);
    SCOPED(governance_permit_close) GovernancePermit *permit = world_permit(governance, &request);
    cr_expect_not_null(permit);
}

/* Switch: the author's line of rule_approve, schema 010. leo is an IG lead and an analyst of the project. */
Test(queries, an_author_cannot_approve)
{
    SCOPED(governance_close) Governance *governance = world_open();
    static const char text[] = "cohort mine\n";
    char hex[HASH_TEXT_BYTES];
    Hash content = hash_of(text, strlen(text));
    int64_t query_id;
    Error error = {0};
    SCOPED(governance_permit_close)
    GovernancePermit *permit =
        world_permit(governance, &(GovernanceRequest){.action = GOVERNANCE_QUERY_SUBMIT,
                                                      .person_id = "leo",
                                                      .project = TEXT("P1"),
                                                      .object = text_from(hash_format(&content, hex))});

    Result done =
        governance_query_submit(governance, permit, "P1", TEXT("Mine"), text_from(text), &query_id, &error);
    cr_assert(done.ok, "%s", error.message);

    cr_expect_str_eq(refusal(governance, about(GOVERNANCE_QUERY_APPROVE, "leo", query_id)).message,
                     "query_approve refused: an author cannot approve");
}

/* Switch: constraints approver_is_another and approval_is_of_the_author, schema 010. By SQL as the owner. */
Test(queries, the_database_itself_refuses_an_author_as_approver)
{
    SCOPED(governance_close) Governance *governance = world_open();

    (void)world_query(governance);
    Error own = world_try("cinque_owner",
                          "INSERT INTO governance.approval (query_id, author, approver, content, permit_id) "
                          "VALUES (1, 'ana', 'ana', '\\x00', '\\x00')");
    Error false_author = world_try(
        "cinque_owner", "INSERT INTO governance.approval (query_id, author, approver, content, permit_id) "
                        "VALUES (1, 'ida', 'ana', '\\x00', '\\x00')");

    cr_expect_not_null(strstr(own.message, "constraint approver_is_another"), "%s", own.message);
    cr_expect_not_null(strstr(false_author.message, "constraint approval_is_of_the_author"), "%s",
                       false_author.message);
    world_script("ALTER TABLE governance.approval DROP CONSTRAINT approver_is_another");
    cr_expect_eq(world_try("cinque_owner",
                           "INSERT INTO governance.approval (query_id, author, approver, content, permit_id) "
                           "VALUES (1, 'ana', 'ana', '\\x00', '\\x00')")
                     .code,
                 ERROR_NONE, "so this test can fail");
}

Test(queries, an_approved_query_is_not_approved_again)
{
    SCOPED(governance_close) Governance *governance = world_open();

    int64_t query_id = world_query(governance);
    world_approve(governance, query_id);

    cr_expect_str_eq(refusal(governance, about(GOVERNANCE_QUERY_APPROVE, "ida", query_id)).message,
                     "query_approve refused: the query is approved already");
}

/* Switch: the last line of rule_run, schema 010. */
Test(queries, a_text_changed_after_its_approval_does_not_run)
{
    SCOPED(governance_close) Governance *governance = world_open();

    int64_t query_id = world_query(governance);
    world_approve(governance, query_id);
    world_script("ALTER TABLE governance.query DISABLE TRIGGER ALL;"
                 "UPDATE governance.query SET query_text = 'all', content = sha256('all')");

    cr_expect_str_eq(refusal(governance, about(GOVERNANCE_QUERY_RUN, "ana", query_id)).message,
                     "query_run refused: the query differs from what was approved");
}

/* Switch: rule_project inside rule_run, schema 010. */
Test(queries, only_members_with_all_sources_granted_run)
{
    SCOPED(governance_close) Governance *governance = world_open();

    int64_t query_id = world_query(governance);
    world_approve(governance, query_id);

    cr_expect_str_eq(refusal(governance, about(GOVERNANCE_QUERY_RUN, "ida", query_id)).message,
                     "query_run refused: role analyst is needed");
    cr_expect_str_eq(refusal(governance, about(GOVERNANCE_QUERY_RUN, "ben", query_id)).message,
                     "query_run refused: only a member of the project may");
    GovernanceRequest request = about(GOVERNANCE_QUERY_RUN, "ana", query_id);
    request.source = TEXT("gp_event,death");
    cr_expect_str_eq(refusal(governance, request).message,
                     "query_run refused: a source is not granted to the project");
    request.source = TEXT("");
    request.project = TEXT("P2");
    cr_expect_str_eq(refusal(governance, request).message,
                     "query_run refused: the query is of another project");
    world_script("UPDATE governance.project_source SET ended_on = current_date");
    cr_expect_str_eq(refusal(governance, about(GOVERNANCE_QUERY_RUN, "ana", query_id)).message,
                     "query_run refused: a source is not granted to the project",
                     "one asked for at submission");
}

static GovernancePermit *submit_permit(Governance *governance, const char *text)
{
    char hex[HASH_TEXT_BYTES];
    Hash content = hash_of(text, strlen(text));

    return world_permit(governance, &(GovernanceRequest){.action = GOVERNANCE_QUERY_SUBMIT,
                                                         .person_id = "ana",
                                                         .project = TEXT("P1"),
                                                         .object = text_from(hash_format(&content, hex))});
}

Test(queries, a_permit_for_one_text_or_project_submits_no_other)
{
    SCOPED(governance_close) Governance *governance = world_open();
    SCOPED(governance_permit_close) GovernancePermit *permit = submit_permit(governance, "one\n");
    int64_t query_id;
    Error error = {0};

    Result other_text =
        governance_query_submit(governance, permit, "P1", TEXT("t"), TEXT("two\n"), &query_id, &error);
    cr_expect_not(other_text.ok);
    cr_expect_str_eq(error.message, "query_submit: the permit is not an open one for this action and object");

    Result other_project =
        governance_query_submit(governance, permit, "P2", TEXT("t"), TEXT("one\n"), &query_id, &error);
    cr_expect_not(other_project.ok);
    cr_expect_str_eq(error.message, "query_submit: the permit is for another project");
    cr_expect_eq(world_count("SELECT count(*) FROM governance.query"), 0);
}

Test(queries, a_too_long_title_is_refused)
{
    SCOPED(governance_close) Governance *governance = world_open();
    SCOPED(governance_permit_close) GovernancePermit *permit = submit_permit(governance, "one\n");
    static const char title[201] = {'x'};
    int64_t query_id;
    Error error = {0};

    Result done = governance_query_submit(governance, permit, "P1", (Text){title, sizeof title},
                                          TEXT("one\n"), &query_id, &error);

    cr_expect_not(done.ok);
    cr_expect_eq(error.code, ERROR_LIMIT);
}

Test(queries, a_permit_for_one_query_approves_no_other)
{
    SCOPED(governance_close) Governance *governance = world_open();
    int64_t query_id = world_query(governance), other_id = world_query(governance);
    GovernanceRequest request = about(GOVERNANCE_QUERY_APPROVE, "ida", query_id);
    SCOPED(governance_permit_close) GovernancePermit *permit = world_permit(governance, &request);
    Error error = {0};

    Result done = governance_query_approve(governance, permit, other_id, &error);

    cr_expect_not(done.ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_eq(world_count("SELECT count(*) FROM governance.approval"), 0);
}

Test(queries, the_list_shows_each_query_with_its_status)
{
    SCOPED(governance_close) Governance *governance = world_open();
    SCOPED(table_close) Table *table = NULL;
    Error error = {0};
    world_approve(governance, world_query(governance));
    (void)world_query(governance);

    Result done = governance_query_list(governance, &table, &error);
    cr_assert(done.ok, "%s", error.message);

    const char *text = support_csv(table);
    cr_expect_eq(table_row_count(table), 2);
    cr_expect_not_null(strstr(text, "1,P1,Everybody,ana,approved,ida,20"), "%s", text);
    cr_expect_not_null(strstr(text, "2,P1,Everybody,ana,submitted,,20"), "%s", text);
}

Test(queries, an_unknown_query_is_refused)
{
    SCOPED(governance_close) Governance *governance = world_open();
    SCOPED(arena_close) Arena *arena = arena_create(1 << 16);
    GovernanceQuery query;
    Error error = {0};

    Result done = governance_query_get(governance, 99, arena, &query, &error);

    cr_expect_not(done.ok);
    cr_expect_str_eq(error.message, "query: unknown");
}

Test(queries, an_output_is_kept_under_the_run_permit_alone)
{
    SCOPED(governance_close) Governance *governance = world_open();
    int64_t query_id = world_query(governance);
    Hash content = hash_of("{}", 2);
    Error error = {0};

    world_approve(governance, query_id);
    GovernanceRequest request = about(GOVERNANCE_QUERY_RUN, "ana", query_id);
    SCOPED(governance_permit_close) GovernancePermit *permit = world_permit(governance, &request);

    Result kept = governance_output_keep(governance, permit, query_id, 3, TEXT("{}"), content, &error);
    cr_expect(kept.ok, "%s", error.message);
    cr_expect_eq(world_count("SELECT count(*) FROM governance.output WHERE query_id = 1 AND release_id = 3 "
                             "AND output_text = '{}'"),
                 1);
    Result other = governance_output_keep(governance, permit, query_id + 1, 3, TEXT("{}"), content, &error);
    cr_expect_not(other.ok);
    cr_expect_eq(error.code, ERROR_REFUSED);
}
