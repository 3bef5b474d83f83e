#include "governance/rules.h"

#include <inttypes.h>

#include "governance/state.h"
#include "governance_sql.h"

enum { POLICY_TEXT_BYTES = 512 };

static const DbStatement project_statement = {
    .name = "project",
    .sql = governance_sql_project,
    .parameters = {VALUE_TEXT},
    .columns = {VALUE_TEXT, VALUE_DATE, VALUE_DATE, VALUE_TEXT, VALUE_DATE, VALUE_INT8, VALUE_INT8},
};

Result rules_check_policy(const GovernancePolicy *policy, Error *error)
{
    if (policy->people_min < POLICY_PEOPLE_MIN_FLOOR)
        return fail(error, ERROR_CONFIG, "policy: people_min is below %d", POLICY_PEOPLE_MIN_FLOOR);
    if (policy->round_to < POLICY_ROUND_TO_FLOOR)
        return fail(error, ERROR_CONFIG, "policy: round_to is below %d", POLICY_ROUND_TO_FLOOR);
    if (policy->round_to > policy->people_min)
        return fail(error, ERROR_CONFIG, "policy: round_to is above people_min");
    return RESULT_OK;
}

Hash rules_policy_content(const GovernancePolicy *policy)
{
    SCOPED(text_builder_close) TextBuilder text = text_builder(POLICY_TEXT_BYTES);
    char date[DATE_TEXT_BYTES];

    text_add_format(
        &text, "policy 1\nname %s\neffective_from %s\npeople_min %" PRId64 "\nround_to %" PRId64 "\n",
        policy->name, date_format(policy->effective_from, date), policy->people_min, policy->round_to);
    return hash_of(text.data, text.length);
}

Result governance_project(Governance *governance, const char *project_id, GovernanceProject *project,
                          Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const Value parameters[] = {value_text(text_from(project_id))};

    *project = (GovernanceProject){0};
    TRY(db_run(governance->db, &project_statement, parameters, &rows, error));
    if (db_row_count(rows) == 0)
        return fail(error, ERROR_REFUSED, "project: unknown, or no policy of its is in force");
    snprintf(project->project_id, sizeof project->project_id, "%s", project_id);
    snprintf(project->purpose, sizeof project->purpose, "%.*s", TEXT_ARG(db_text(rows, 0, 0)));
    project->valid_from = db_value(rows, 0, 1).date;
    project->valid_to = db_value(rows, 0, 2).date;

    GovernancePolicy *policy = &project->policy;
    snprintf(policy->name, sizeof policy->name, "%.*s", TEXT_ARG(db_text(rows, 0, 3)));
    policy->effective_from = db_value(rows, 0, 4).date;
    policy->people_min = db_int(rows, 0, 5);
    policy->round_to = db_int(rows, 0, 6);
    policy->content = rules_policy_content(policy);
    return rules_check_policy(policy, error);
}
