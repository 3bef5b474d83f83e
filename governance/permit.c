#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "governance/state.h"

void governance_permit_close(GovernancePermit **permit)
{
    const GovernanceOutcome outcome = {.detail = TEXT("closed without a result")};
    Error error = {0};

    if (permit == NULL || *permit == NULL)
        return;
    if (!(*permit)->is_spent && !governance_result((*permit)->governance, *permit, &outcome, &error).ok)
        log_event(LOG_LEVEL_WARNING, "permit_without_result", "action=%s",
                  GOVERNANCE_ACTION_NAMES[(*permit)->action]);
    memory_free((*permit)->object);
    memory_free(*permit);
    *permit = NULL;
}

bool governance_permit_covers(const GovernancePermit *permit, GovernanceAction action, Text object)
{
    return permit != NULL && !permit->is_spent && permit->action == action &&
           text_equal(text_from(permit->object), object);
}

Text governance_permit_object(const GovernancePermit *permit)
{
    return permit != NULL ? text_from(permit->object) : TEXT("");
}

const uint8_t *governance_permit_id(const GovernancePermit *permit)
{
    return permit->id;
}

Result permit_check(const GovernancePermit *permit, GovernanceAction action, Text object, Error *error)
{
    if (governance_permit_covers(permit, action, object))
        return RESULT_OK;
    return fail(error, ERROR_REFUSED, "%s: the permit is not an open one for this action and object",
                GOVERNANCE_ACTION_NAMES[action]);
}

Value permit_value(const GovernancePermit *permit)
{
    return value_bytes(permit->id, sizeof permit->id);
}

Text object_of_number(int64_t number, char out[OBJECT_NUMBER_BYTES])
{
    snprintf(out, OBJECT_NUMBER_BYTES, "%" PRId64, number);
    return text_from(out);
}
