/*
 * How a permit comes to be: the rule is asked, the decision and its permit are
 * committed in one transaction, and only then is there a GovernancePermit.
 */
#include "governance/governance.h"

#include <string.h>

#include "base/secret.h"
#include "governance/state.h"
#include "governance_sql.h"

const char *const GOVERNANCE_ACTION_NAMES[GOVERNANCE_ACTION_COUNT] = {
    [GOVERNANCE_LOAD] = "load",
    [GOVERNANCE_PULL] = "pull",
    [GOVERNANCE_ARCHIVE_APPROVE] = "archive_approve",
    [GOVERNANCE_ARCHIVE_OPEN] = "archive_open",
    [GOVERNANCE_QUARANTINE_APPROVE] = "quarantine_approve",
    [GOVERNANCE_QUARANTINE_OPEN] = "quarantine_open",
    [GOVERNANCE_ARCHIVE_SWEEP] = "archive_sweep",
    [GOVERNANCE_WITHDRAW] = "withdraw",
    [GOVERNANCE_LOAD_RELEASE] = "load_release",
    [GOVERNANCE_LOAD_REFUSE] = "load_refuse",
    [GOVERNANCE_TOTALS_ADD] = "totals_add",
    [GOVERNANCE_POPULATION_ADD] = "population_add",
    [GOVERNANCE_PRICES_ADD] = "prices_add",
    [GOVERNANCE_SOURCE_APPLY] = "source_apply",
    [GOVERNANCE_LINK] = "link",
    [GOVERNANCE_LINK_UNDO] = "link_undo",
    [GOVERNANCE_LINK_EXPLAIN] = "link_explain",
    [GOVERNANCE_LINK_DECIDE] = "link_decide",
    [GOVERNANCE_REKEY] = "rekey",
    [GOVERNANCE_KEY_CEREMONY] = "key_ceremony",
    [GOVERNANCE_KEY_EXPIRE] = "key_expire",
    [GOVERNANCE_KEY_DESTROY] = "key_destroy",
    [GOVERNANCE_KEY_APPROVE] = "key_approve",
    [GOVERNANCE_KEY_SEAL] = "key_seal",
    [GOVERNANCE_RELEASE_BUILD] = "release_build",
    [GOVERNANCE_RELEASE_RETIRE] = "release_retire",
    [GOVERNANCE_QUERY_SUBMIT] = "query_submit",
    [GOVERNANCE_QUERY_APPROVE] = "query_approve",
    [GOVERNANCE_QUERY_RUN] = "query_run",
    [GOVERNANCE_AUDIT_READ] = "audit_read",
    [GOVERNANCE_APPLY_APPROVE] = "apply_approve",
    [GOVERNANCE_APPLY] = "apply",
};

static const DbStatement decide_statement = {
    .name = "decide",
    .sql = governance_sql_decide,
    .parameters = {VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT},
    .columns = {VALUE_TEXT},
};

enum { RULE_BYTES = 128 };

Result governance_open(const char *conninfo, Governance **governance, Error *error)
{
    SCOPED(governance_close) Governance *draft = memory_alloc(sizeof *draft);

    TRY(db_open(conninfo, "cinque governance", &draft->db, error));
    *governance = draft;
    draft = NULL;
    return RESULT_OK;
}

void governance_close(Governance **governance)
{
    if (governance == NULL || *governance == NULL)
        return;
    db_close(&(*governance)->db);
    memory_free(*governance);
    *governance = NULL;
}

/* rule: empty when the action is granted. */
static Result ask_rule(Db *db, const Entry *entry, char rule[RULE_BYTES], Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const Value parameters[] = {
        value_text(entry->action), value_text(entry->person),  value_text(entry->source),
        value_text(entry->sender), value_text(entry->purpose), value_text(entry->project),
        value_text(entry->object),
    };

    TRY(db_run(db, &decide_statement, parameters, &rows, error));
    if (db_row_count(rows) != 1)
        return fail(error, ERROR_DATABASE, "statement decide: gave no decision");
    snprintf(rule, RULE_BYTES, "%.*s", TEXT_ARG(db_text(rows, 0, 0)));
    return RESULT_OK;
}

/* One snapshot for the rule asked here and asked again by audit.decide. */
static Result decide_and_log(Db *db, Entry *entry, const uint8_t id[GOVERNANCE_PERMIT_BYTES],
                             char rule[RULE_BYTES], Error *error)
{
    TRY(entry_check_texts(entry, error));
    TRY(db_begin(db, error));
    TRY(db_script(db, "decide", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", error));
    TRY(ask_rule(db, entry, rule, error));
    entry->rule = text_from(rule);
    entry->decision = *rule == '\0' ? ENTRY_GRANTED : ENTRY_REFUSED;
    if (entry->decision == ENTRY_GRANTED)
        entry->permit = (Text){.data = (const char *)id, .length = GOVERNANCE_PERMIT_BYTES};
    TRY(log_append(db, &log_decide, entry, error));
    return db_commit(db, error);
}

static Entry entry_of_request(const GovernanceRequest *request)
{
    return (Entry){
        .kind = ENTRY_DECISION,
        .time_us = time_now_us(),
        .person = text_from(request->person_id),
        .action = text_from(GOVERNANCE_ACTION_NAMES[request->action]),
        .source = request->source,
        .sender = request->sender,
        .purpose = request->purpose,
        .project = request->project,
        .object = request->object,
        .detail = request->detail,
    };
}

/* Only called once the grant is committed. */
static GovernancePermit *permit_create(Governance *governance, const GovernanceRequest *request,
                                       const uint8_t id[GOVERNANCE_PERMIT_BYTES])
{
    GovernancePermit *permit = memory_alloc(sizeof *permit);

    permit->governance = governance;
    permit->action = request->action;
    memcpy(permit->id, id, sizeof permit->id);
    snprintf(permit->person_id, sizeof permit->person_id, "%s", request->person_id);
    permit->object = memory_alloc(request->object.length + 1);
    if (request->object.length > 0)
        memcpy(permit->object, request->object.data, request->object.length);
    return permit;
}

Result governance_request(Governance *governance, const GovernanceRequest *request, GovernancePermit **permit,
                          Error *error)
{
    Entry entry = entry_of_request(request);
    uint8_t id[GOVERNANCE_PERMIT_BYTES];
    char rule[RULE_BYTES] = "";
    Error ignored;

    if (request->person_id == NULL || strlen(request->person_id) >= GOVERNANCE_NAME_BYTES)
        return fail(error, ERROR_USAGE, "permit: the person's name is missing or too long");
    TRY(secret_random(id, sizeof id, error));
    Result logged = decide_and_log(governance->db, &entry, id, rule, error);
    if (!logged.ok) {
        Result undone = db_rollback(governance->db, &ignored);
        (void)undone; /* the first error is the one to tell */
        return fail_context(error, "%s: no permit", GOVERNANCE_ACTION_NAMES[request->action]);
    }
    if (entry.decision != ENTRY_GRANTED)
        return fail(error, ERROR_REFUSED, "%s refused: %s", GOVERNANCE_ACTION_NAMES[request->action], rule);
    *permit = permit_create(governance, request, id);
    return RESULT_OK;
}

Result governance_result(Governance *governance, GovernancePermit *permit, const GovernanceOutcome *outcome,
                         Error *error)
{
    const Entry entry = {
        .kind = ENTRY_RESULT,
        .time_us = time_now_us(),
        .permit = {.data = (const char *)permit->id, .length = sizeof permit->id},
        .person = text_from(permit->person_id),
        .action = text_from(GOVERNANCE_ACTION_NAMES[permit->action]),
        .object = text_from(permit->object),
        .detail = outcome->detail,
        .end = outcome->succeeded ? ENTRY_SUCCEEDED : ENTRY_FAILED,
        .rows = outcome->rows,
        .cells = outcome->cells,
        .cells_suppressed = outcome->cells_suppressed,
        .content = {.data = (const char *)outcome->content.bytes,
                    .length = outcome->has_content ? sizeof outcome->content.bytes : 0},
    };

    if (permit->is_spent)
        return fail(error, ERROR_REFUSED, "permit: it has its result already");
    TRY(log_append(governance->db, &log_result, &entry, error));
    permit->is_spent = true;
    return RESULT_OK;
}
