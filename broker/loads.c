/* Doors of loads that a limit held back: who sees them, and who releases or refuses one. */
#include <inttypes.h>

#include "broker/broker_private.h"

typedef Result (*Decide)(Governance *governance, GovernancePermit *permit, int64_t load_id,
                         int64_t *row_count, Error *error);

static Result decide(Call *call, GovernanceAction action, Decide decide_load, json_t **answer, Error *error)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    const GovernanceRequest request = {
        .action = action,
        .person_id = call->person.person_id,
        .object = text_format(call->arena, "%" PRId64, call->number),
    };
    GovernanceOutcome outcome = {.succeeded = true};

    if (call->number > INT32_MAX)
        return fail(error, ERROR_USAGE, "load: there is none of this number");
    TRY(governance_request(call->governance, &request, &permit, error));
    TRY(decide_load(call->governance, permit, call->number, &outcome.rows, error));
    TRY(governance_result(call->governance, permit, &outcome, error));
    TRY(seal_log(call, error));
    *answer = json_pack("{s:I, s:I}", "load", (json_int_t)call->number, "rows", (json_int_t)outcome.rows);
    return RESULT_OK;
}

Result handle_load_release(Call *call, json_t **answer, Error *error)
{
    return decide(call, GOVERNANCE_LOAD_RELEASE, governance_load_release, answer, error);
}

Result handle_load_refuse(Call *call, json_t **answer, Error *error)
{
    return decide(call, GOVERNANCE_LOAD_REFUSE, governance_load_refuse, answer, error);
}

/* Numbers of rows alone; analysts have no use for what is not published. */
Result handle_load_list(Call *call, json_t **answer, Error *error)
{
    SCOPED(table_close) Table *table = NULL;
    TableFormat format;

    if (!call->person.is_engineer && !call->person.is_ig_lead && !call->person.is_steward)
        return fail(error, ERROR_REFUSED, "role engineer, ig_lead or steward is needed");
    TRY(argument_format(argument_string(call, "format"), &format, error));
    TRY(governance_load_list(call->governance, &table, error));
    return answer_table(table, format, answer, error);
}
