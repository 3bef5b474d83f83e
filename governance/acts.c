/* What takes two people, such as opening an archive: who approves is not who does it, and it is done once. */
#include "governance/state.h"
#include "governance_sql.h"

static const DbStatement approve_statement = {
    .name = "act_approve",
    .sql = governance_sql_act_approve,
    .parameters = {VALUE_BYTES, VALUE_TEXT, VALUE_TEXT},
    .columns = {VALUE_INT8},
};
static const DbStatement use_statement = {
    .name = "act_use_approval",
    .sql = governance_sql_act_use_approval,
    .parameters = {VALUE_BYTES, VALUE_TEXT, VALUE_TEXT},
    .columns = {VALUE_INT8},
};

static Result run(Governance *governance, const GovernancePermit *permit, const DbStatement *statement,
                  GovernanceAction action, Text object, Error *error)
{
    const Value parameters[] = {permit_value(permit), value_text(text_from(GOVERNANCE_ACTION_NAMES[action])),
                                value_text(object)};
    int64_t nothing;

    TRY(permit_check(permit, action, object, error));
    return db_run_int8(governance->db, statement, parameters, &nothing, NULL, error);
}

Result governance_act_approve(Governance *governance, const GovernancePermit *permit, GovernanceAction action,
                              Text object, Error *error)
{
    return run(governance, permit, &approve_statement, action, object, error);
}

Result governance_act_use_approval(Governance *governance, const GovernancePermit *permit,
                                   GovernanceAction action, Text object, Error *error)
{
    return run(governance, permit, &use_statement, action, object, error);
}
