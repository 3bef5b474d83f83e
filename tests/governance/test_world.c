#include "tests/governance/world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

const char WORLD_RULES[] =
    "people:\n"
    "  - { id: eng, uid: 71001, name: Engineer, roles: [engineer] }\n"
    "  - { id: ana, uid: 71002, name: Analyst, roles: [analyst] }\n"
    "  - { id: ben, uid: 71003, name: Another analyst, roles: [analyst] }\n"
    "  - { id: ida, uid: 71004, name: IG lead, roles: [ig_lead] }\n"
    "  - { id: leo, uid: 71005, name: Analyst and IG lead, roles: [analyst, ig_lead] }\n"
    "purposes:\n"
    "  - { code: phm, title: Population health, opt_out: applied }\n"
    "suppliers:\n"
    "  - { id: icb, title: A board }\n"
    "agreements:\n"
    "  - { supplier: icb, datasets: [gp_event], purposes: [phm], from: 2020-01-01, to: 2090-12-31, "
    "legal_basis: b }\n"
    "  - { supplier: icb, datasets: [old_one], purposes: [phm], from: 2020-01-01, to: 2020-12-31, "
    "legal_basis: b }\n"
    "policies:\n"
    "  - { name: strict, effective_from: 2018-09-01, people_min: 8, round_to: 5 }\n"
    "projects:\n"
    "  - { id: P1, title: One, purpose: phm, policy: strict, from: 2020-01-01, to: 2090-12-31,\n"
    "      members: [ana, leo], sources: [gp_event] }\n"
    "  - { id: P2, title: Over, purpose: phm, policy: strict, from: 2020-01-01, to: 2020-12-31,\n"
    "      members: [ana], sources: [gp_event] }\n";

Governance *world_open_empty(void)
{
    Governance *governance = NULL;
    Error error = {0};

    Result opened = governance_open(support_conninfo("cinque_governor"), &governance, &error);
    cr_assert(opened.ok, "%s", error.message);
    return governance;
}

Governance *world_open(void)
{
    Governance *governance = world_open_empty();
    Error error = {0};

    Result applied = world_apply(governance, GOVERNANCE_BOOTSTRAP, WORLD_RULES, &error);
    cr_assert(applied.ok, "%s", error.message);
    return governance;
}

Result world_apply(Governance *governance, const char *person, const char *rules, Error *error)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    const char *path = support_file("rules.yaml", rules);
    char hex[HASH_TEXT_BYTES], *printed = NULL;
    size_t printed_bytes;
    Hash content = hash_of(rules, strlen(rules));
    const GovernanceRequest request = {
        .action = GOVERNANCE_APPLY, .person_id = person, .object = text_from(hash_format(&content, hex))};
    int64_t changes;

    TRY(governance_request(governance, &request, &permit, error));
    FILE *out = open_memstream(&printed, &printed_bytes);
    Result applied = governance_apply(governance, permit, path, false, out, &changes, error);
    fclose(out);
    free(printed);
    TRY(applied);
    return governance_result(governance, permit, &(GovernanceOutcome){.succeeded = true, .rows = changes},
                             error);
}

const char *world_dry_run(Governance *governance, const char *rules)
{
    static char text[8192];
    FILE *out = fmemopen(text, sizeof text, "w");
    int64_t changes;
    Error error = {0};

    memset(text, 0, sizeof text);
    Result done =
        governance_apply(governance, NULL, support_file("dry.yaml", rules), true, out, &changes, &error);
    fclose(out);
    cr_assert(done.ok, "%s", error.message);
    return text;
}

GovernancePermit *world_permit(Governance *governance, const GovernanceRequest *request)
{
    GovernancePermit *permit = NULL;
    Error error = {0};

    Result granted = governance_request(governance, request, &permit, &error);
    cr_assert(granted.ok, "%s", error.message);
    return permit;
}

void world_finish(Governance *governance, GovernancePermit **permit)
{
    Error error = {0};

    Result done = governance_result(governance, *permit, &(GovernanceOutcome){.succeeded = true}, &error);
    cr_assert(done.ok, "%s", error.message);
    governance_permit_close(permit);
}

void world_fill_log(Governance *governance, int count)
{
    for (int i = 0; i < count; i++) {
        GovernancePermit *permit =
            world_permit(governance, &(GovernanceRequest){.action = GOVERNANCE_LINK, .person_id = "eng"});
        world_finish(governance, &permit);
    }
}

int64_t world_query(Governance *governance)
{
    static const char text[] = "cohort everybody\n";
    char hex[HASH_TEXT_BYTES];
    Hash content = hash_of(text, strlen(text));
    int64_t query_id = 0;
    Error error = {0};
    GovernancePermit *permit =
        world_permit(governance, &(GovernanceRequest){.action = GOVERNANCE_QUERY_SUBMIT,
                                                      .person_id = "ana",
                                                      .project = TEXT("P1"),
                                                      .source = TEXT("gp_event"),
                                                      .object = text_from(hash_format(&content, hex))});

    Result done = governance_query_submit(governance, permit, "P1", TEXT("Everybody"), text_from(text),
                                          &query_id, &error);
    cr_assert(done.ok, "%s", error.message);
    world_finish(governance, &permit);
    return query_id;
}

void world_approve(Governance *governance, int64_t query_id)
{
    char number[24];
    Error error = {0};

    snprintf(number, sizeof number, "%" PRId64, query_id);
    GovernancePermit *permit = world_permit(
        governance, &(GovernanceRequest){
                        .action = GOVERNANCE_QUERY_APPROVE, .person_id = "ida", .object = text_from(number)});
    Result done = governance_query_approve(governance, permit, query_id, &error);
    cr_assert(done.ok, "%s", error.message);
    world_finish(governance, &permit);
}

void world_script(const char *sql)
{
    SCOPED(db_close) Db *db = support_connect(NULL);
    Error error = {0};

    Result done = db_script(db, "test", sql, &error);
    cr_assert(done.ok, "%s", error.message);
}

int64_t world_count(const char *sql)
{
    SCOPED(db_close) Db *db = support_connect(NULL);
    const DbStatement statement = {.name = "test_count", .sql = sql, .columns = {VALUE_INT8}};
    int64_t count = 0;
    Error error = {0};

    Result done = db_run_int8(db, &statement, NULL, &count, NULL, &error);
    cr_assert(done.ok, "%s", error.message);
    return count;
}

Error world_try(const char *role, const char *sql)
{
    SCOPED(db_close) Db *db = support_connect(role);
    Error error = {0};

    Result done = db_script(db, "test", sql, &error);
    if (done.ok)
        error.code = ERROR_NONE;
    return error;
}
