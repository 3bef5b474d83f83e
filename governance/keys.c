/* The regional key for a provider that pseudonymises at source: who approves is not who seals. */
#include "governance/state.h"
#include "governance_sql.h"

static const DbStatement approve_statement = {
    .name = "key_approve",
    .sql = governance_sql_key_approve,
    .parameters = {VALUE_BYTES, VALUE_TEXT},
    .columns = {VALUE_INT8},
};
static const DbStatement use_statement = {
    .name = "key_use_approval",
    .sql = governance_sql_key_use_approval,
    .parameters = {VALUE_BYTES, VALUE_TEXT},
    .columns = {VALUE_INT8},
};

static Result run(Governance *governance, const GovernancePermit *permit, const DbStatement *statement,
                  Text fingerprint, Error *error)
{
    const Value parameters[] = {permit_value(permit), value_text(fingerprint)};
    int64_t nothing;

    return db_run_int8(governance->db, statement, parameters, &nothing, NULL, error);
}

Result governance_key_approve(Governance *governance, GovernancePermit *permit, Text fingerprint,
                              Error *error)
{
    TRY(permit_check(permit, GOVERNANCE_KEY_APPROVE, fingerprint, error));
    return run(governance, permit, &approve_statement, fingerprint, error);
}

Result governance_key_use_approval(Governance *governance, const GovernancePermit *permit, Text fingerprint,
                                   Error *error)
{
    TRY(permit_check(permit, GOVERNANCE_KEY_SEAL, fingerprint, error));
    return run(governance, permit, &use_statement, fingerprint, error);
}
