/* The door of IG leads who approve what another person then does: sealing the regional key to a provider's
 * key, opening a delivery or the rejected lines of a load. */
#include <inttypes.h>

#include "base/hash.h"
#include "broker/broker_private.h"

static Result approve(Call *call, GovernanceAction action, Text object, Error *error)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    const GovernanceOutcome outcome = {.succeeded = true};
    const GovernanceRequest request = {
        .action = action, .person_id = call->person.person_id, .object = object};

    TRY(governance_request(call->governance, &request, &permit, error));
    TRY(governance_act_approve(call->governance, permit, action, object, error));
    TRY(governance_result(call->governance, permit, &outcome, error));
    return seal_log(call, error);
}

/* Of what the body names by a SHA-256 in hex. */
static Result approve_hash(Call *call, GovernanceAction action, const char *name, json_t **answer,
                           Error *error)
{
    const char *given = body_string(call->body, name);
    Hash hash;

    if (given == NULL || !hash_parse(text_from(given), &hash))
        return fail(error, ERROR_USAGE, "%s: 64 hexadecimal digits in lower case", name);
    TRY(approve(call, action, text_from(given), error));
    *answer = json_pack("{s:s}", name, given);
    return RESULT_OK;
}

Result handle_key_approve(Call *call, json_t **answer, Error *error)
{
    return approve_hash(call, GOVERNANCE_KEY_APPROVE, "fingerprint", answer, error);
}

Result handle_rules_approve(Call *call, json_t **answer, Error *error)
{
    return approve_hash(call, GOVERNANCE_APPLY_APPROVE, "content", answer, error);
}

/* Of what the path's number says. */
static Result approve_number(Call *call, GovernanceAction action, const char *name, json_t **answer,
                             Error *error)
{
    TRY(approve(call, action, text_format(call->arena, "%" PRId64, call->number), error));
    *answer = json_pack("{s:I}", name, (json_int_t)call->number);
    return RESULT_OK;
}

Result handle_archive_approve(Call *call, json_t **answer, Error *error)
{
    return approve_number(call, GOVERNANCE_ARCHIVE_APPROVE, "delivery", answer, error);
}

Result handle_quarantine_approve(Call *call, json_t **answer, Error *error)
{
    return approve_number(call, GOVERNANCE_QUARANTINE_APPROVE, "load", answer, error);
}
