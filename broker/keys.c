/* The door of IG leads who approve a provider's key: whoever holds the keyring seals to it afterwards. */
#include "base/hash.h"
#include "broker/broker_private.h"

Result handle_key_approve(Call *call, json_t **answer, Error *error)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    const char *fingerprint = body_string(call->body, "fingerprint");
    const GovernanceOutcome outcome = {.succeeded = true};
    Hash hash;

    if (fingerprint == NULL || !hash_parse(text_from(fingerprint), &hash))
        return fail(error, ERROR_USAGE, "fingerprint: 64 hexadecimal digits in lower case");
    const GovernanceRequest request = {.action = GOVERNANCE_KEY_APPROVE,
                                       .person_id = call->person.person_id,
                                       .object = text_from(fingerprint)};
    TRY(governance_request(call->governance, &request, &permit, error));
    TRY(governance_key_approve(call->governance, permit, request.object, error));
    TRY(governance_result(call->governance, permit, &outcome, error));
    TRY(seal_log(call, error));
    *answer = json_pack("{s:s}", "fingerprint", fingerprint);
    return RESULT_OK;
}
