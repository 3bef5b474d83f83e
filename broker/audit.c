/* Doors of the access log. Reading it is itself logged. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "broker/broker_private.h"

enum { ROWS_MAX = 10000 };

static Result parse_date(const Call *call, const char *name, Date *date, Error *error)
{
    const char *text = argument_string(call, name);

    *date = DATE_NONE;
    if (text != NULL && !date_parse(text_from(text), date))
        return fail(error, ERROR_INPUT, "%s: not of the form CCYY-MM-DD", name);
    return RESULT_OK;
}

static Result parse_filter(const Call *call, GovernanceFilter *filter, Error *error)
{
    const char *rows = argument_string(call, "rows");

    TRY(parse_date(call, "from", &filter->from, error));
    TRY(parse_date(call, "to", &filter->to, error));
    filter->person_id = text_from(argument_string(call, "person"));
    filter->action = text_from(argument_string(call, "action"));
    if (rows != NULL && (!text_to_int64(text_from(rows), &filter->rows_max) || filter->rows_max < 1 ||
                         filter->rows_max > ROWS_MAX))
        return fail(error, ERROR_INPUT, "rows: not from 1 to %d", ROWS_MAX);
    return RESULT_OK;
}

static Result ask(const Call *call, const char *object, GovernancePermit **permit, Error *error)
{
    const GovernanceRequest request = {
        .action = GOVERNANCE_AUDIT_READ, .person_id = call->person.person_id, .object = text_from(object)};

    return governance_request(call->governance, &request, permit, error);
}

Result handle_audit_list(Call *call, json_t **answer, Error *error)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    SCOPED(table_close) Table *table = NULL;
    GovernanceFilter filter = {0};
    TableFormat format;

    TRY(argument_format(argument_string(call, "format"), &format, error));
    TRY(parse_filter(call, &filter, error));
    TRY(ask(call, "list", &permit, error));
    TRY(seal_log(call, error)); /* so that each entry shown has its index */
    TRY(governance_log_list(call->governance, &filter, &table, error));
    const GovernanceOutcome outcome = {.succeeded = true, .rows = (int64_t)table_row_count(table)};
    TRY(governance_result(call->governance, permit, &outcome, error));
    return answer_table(table, format, answer, error);
}

/* The caller's own copy of the checkpoints, in a file that is gone when this is closed. */
static Result write_checkpoints(const Call *call, const char *content, char path[BROKER_PATH_BYTES],
                                Error *error)
{
    size_t length = strlen(content);

    snprintf(path, BROKER_PATH_BYTES, "%s/checkpoints-XXXXXX", call->broker->options.scratch_folder);
    int file = mkostemp(path, O_CLOEXEC);
    if (file < 0) {
        *path = '\0';
        return fail_errno(error, "checkpoints");
    }
    bool written = write(file, content, length) == (ssize_t)length;
    if (close(file) != 0 || !written)
        return fail_errno(error, "checkpoints");
    return RESULT_OK;
}

static void remove_path(char (*path)[BROKER_PATH_BYTES])
{
    if (**path != '\0')
        (void)unlink(*path);
}

Result handle_audit_verify(Call *call, json_t **answer, Error *error)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    SCOPED(remove_path) char copy[BROKER_PATH_BYTES] = "";
    const char *given = body_string(call->body, "checkpoints");
    GovernanceVerification found;
    char hex[HASH_TEXT_BYTES];

    TRY(ask(call, "verify", &permit, error));
    if (!seal_log(call, error).ok) /* a changed log is not sealed; what is wrong with it is found below */
        log_event(LOG_LEVEL_WARNING, "audit_not_sealed", "%s", error->message);
    if (given != NULL)
        TRY(write_checkpoints(call, given, copy, error));
    TRY(governance_verify(call->governance, given != NULL ? copy : call->broker->options.checkpoint_path,
                          &found, error));
    const GovernanceOutcome outcome = {.succeeded = true,
                                       .rows = found.entry_count,
                                       .detail = found.is_verified ? TEXT("verified") : TEXT("fault")};
    TRY(governance_result(call->governance, permit, &outcome, error));
    *answer =
        json_pack("{s:b, s:I, s:I, s:I, s:I, s:s, s:s}", "verified", found.is_verified, "entries",
                  (json_int_t)found.entry_count, "checkpoints", (json_int_t)found.checkpoint_count, "pending",
                  (json_int_t)found.pending_count, "without_result", (json_int_t)found.open_intent_count,
                  "root", hash_format(&found.root, hex), "fault", found.fault);
    return RESULT_OK;
}
