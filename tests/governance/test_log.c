#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/governance/world.h"

static char *listed(Governance *governance, GovernanceFilter filter)
{
    SCOPED(table_close) Table *table = NULL;
    char *text = NULL;
    size_t bytes;
    Error error = {0};

    Result done = governance_log_list(governance, &filter, &table, &error);
    cr_assert(done.ok, "%s", error.message);
    FILE *out = open_memstream(&text, &bytes);
    table_print(table, TABLE_CSV, out);
    fclose(out);
    return text;
}

static void free_text(char **text)
{
    free(*text);
}

static size_t rows_of(Governance *governance, GovernanceFilter filter)
{
    SCOPED(table_close) Table *table = NULL;
    Error error = {0};

    Result done = governance_log_list(governance, &filter, &table, &error);
    cr_assert(done.ok, "%s", error.message);
    return table_row_count(table);
}

#define ANY_TIME .from = DATE_NONE, .to = DATE_NONE

Test(log, a_decision_and_its_result_are_listed_newest_last)
{
    SCOPED(governance_close) Governance *governance = world_open();
    GovernancePermit *permit = NULL;
    Error error = {0};

    permit = world_permit(governance, &(GovernanceRequest){.action = GOVERNANCE_LOAD,
                                                           .person_id = "eng",
                                                           .source = TEXT("gp_event"),
                                                           .sender = TEXT("icb"),
                                                           .object = TEXT("nil"),
                                                           .detail = TEXT("period=2026-07")});
    cr_assert(
        governance_result(governance, permit, &(GovernanceOutcome){.succeeded = true, .rows = 7}, &error).ok);
    governance_permit_close(&permit);
    cr_assert(governance_checkpoint(governance, NULL, &error).ok);
    SCOPED(free_text) char *text = listed(governance, (GovernanceFilter){ANY_TIME, .action = TEXT("load")});

    cr_expect_eq(strncmp(text, "index,time,person,action,object,decision,detail", 47), 0);
    const char *granted = strstr(text, ",eng,load,nil,granted,source=gp_event sender=icb period=2026-07");
    const char *succeeded = strstr(text, ",eng,load,nil,succeeded,rows=7");
    cr_assert_not_null(granted, "%s", text);
    cr_assert_not_null(succeeded, "%s", text);
    cr_expect(granted < succeeded);
    cr_expect_not_null(strstr(text, "\n2,20"), "the leaf index and the year");
}

Test(log, a_refusal_is_listed_with_its_rule)
{
    SCOPED(governance_close) Governance *governance = world_open();
    GovernancePermit *permit = NULL;
    Error error = {0};

    cr_assert_not(governance_request(governance,
                                     &(GovernanceRequest){.action = GOVERNANCE_LINK, .person_id = "ana"},
                                     &permit, &error)
                      .ok);
    SCOPED(free_text) char *text = listed(governance, (GovernanceFilter){ANY_TIME, .person_id = TEXT("ana")});

    cr_expect_not_null(strstr(text, ",ana,link,,refused: role engineer is needed,"), "%s", text);
}

Test(log, filters_and_the_most_rows_hold)
{
    SCOPED(governance_close) Governance *governance = world_open();
    Date today = (Date)(time_now_us() / 86400000000 - 10957);

    world_fill_log(governance, 60);

    cr_expect_eq(rows_of(governance, (GovernanceFilter){ANY_TIME}), 100, "100 unless told");
    cr_expect_eq(rows_of(governance, (GovernanceFilter){ANY_TIME, .rows_max = 1000}), 122);
    cr_expect_eq(rows_of(governance, (GovernanceFilter){ANY_TIME, .rows_max = 5}), 5);
    cr_expect_eq(rows_of(governance, (GovernanceFilter){ANY_TIME, .action = TEXT("apply")}), 2);
    cr_expect_eq(rows_of(governance, (GovernanceFilter){ANY_TIME, .person_id = TEXT("nobody")}), 0);
    cr_expect_eq(rows_of(governance, (GovernanceFilter){.from = today + 2, .to = DATE_NONE}), 0);
    cr_expect_eq(rows_of(governance, (GovernanceFilter){.from = DATE_NONE, .to = today - 2}), 0);
    cr_expect_eq(
        rows_of(governance, (GovernanceFilter){.from = today - 1, .to = today + 1, .rows_max = 1000}), 122);
}

Test(log, bytes_that_are_no_entry_fail_the_list)
{
    SCOPED(governance_close) Governance *governance = world_open();
    SCOPED(table_close) Table *table = NULL;
    Error error = {0};

    world_script("INSERT INTO audit.intake (at, entry) VALUES (now(), '\\x00')");
    Result done = governance_log_list(governance, &(GovernanceFilter){ANY_TIME}, &table, &error);

    cr_assert_not(done.ok);
    cr_expect_str_eq(error.message, "log entry: not of version 1");
}
