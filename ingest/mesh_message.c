/* What MESH says about a message without handing it over. */
#include <stdio.h>

#include "base/date.h"
#include "base/log.h"
#include "ingest/mesh_private.h"

enum { HEADER_TIME_LENGTH = 14 /* CCYYMMDDhhmmss */ };

#define HOUR_US      ((int64_t)3600 * 1000000)
#define OLD_AFTER_US (96 * HOUR_US) /* of the 120 hours after which MESH gives up */

static void copy_header(const Mesh *mesh, const char *name, char *out, size_t room)
{
    Text value = transfer_header(mesh->transfer, name);

    (void)snprintf(out, room, "%.*s", TEXT_ARG(value));
}

static void copy_id(const Mesh *mesh, const char *name, char *out)
{
    if (mesh_is_id(transfer_header(mesh->transfer, name)))
        copy_header(mesh, name, out, MESH_ID_BYTES);
}

/* "CCYYMMDDhhmmss", UTC; 0 on anything else. */
static int64_t read_time(Text text)
{
    Date date;
    int64_t clock;

    if (text.length != HEADER_TIME_LENGTH || !date_parse_compact(text_slice(text, 0, 8), &date) ||
        !text_to_int64(text_slice(text, 8, HEADER_TIME_LENGTH), &clock) || clock < 0)
        return 0;
    int64_t seconds = clock / 10000 * 3600 + clock / 100 % 100 * 60 + clock % 100;
    int64_t days = (int64_t)date - date_from_civil(1970, 1, 1);
    return (days * 86400 + seconds) * 1000000;
}

bool mesh_chunk_range(const Mesh *mesh, int64_t *chunk, int64_t *chunks)
{
    Text range = transfer_header(mesh->transfer, "mex-chunk-range");
    Text first = text_next(&range, ':');

    return text_to_int64(first, chunk) && text_to_int64(range, chunks) && *chunk >= 1 && *chunks >= 0;
}

static void read_message(const Mesh *mesh, const char *id, MeshMessage *message)
{
    int64_t first;

    *message = (MeshMessage){.chunks = 1};
    (void)snprintf(message->id, sizeof message->id, "%s", id);
    if (text_equal_ignore_case(transfer_header(mesh->transfer, "mex-messagetype"), TEXT("REPORT")))
        message->kind = MESH_REPORT;
    copy_header(mesh, "mex-filename", message->name, sizeof message->name);
    copy_id(mesh, "mex-from", message->sender);
    copy_id(mesh, "mex-workflowid", message->workflow);
    copy_id(mesh, "mex-linkedmsgid", message->linked);
    Text code = transfer_header(mesh->transfer, "mex-statuscode");
    if (code.length < MESH_CODE_BYTES && mesh_is_id(code))
        copy_header(mesh, "mex-statuscode", message->status_code, sizeof message->status_code);
    message->sent_us = read_time(transfer_header(mesh->transfer, "mex-statustimestamp"));
    if (!mesh_chunk_range(mesh, &first, &message->chunks))
        message->chunks = 1;
}

Result mesh_describe(Mesh *mesh, const char *id, MeshMessage *message, bool *is_there, Error *error)
{
    char path[MESH_URL_BYTES];
    MeshCall call = {.method = "HEAD", .path = path};
    TransferAnswer answer;

    if (!mesh_is_id(text_from(id)))
        return fail(error, ERROR_INPUT, "%s: not an identifier of a message", mesh->place);
    (void)snprintf(path, sizeof path, "/messageexchange/%s/inbox/%s", mesh->mailbox, id);
    TRY(mesh_call(mesh, &call, &answer, error));
    *is_there = answer.status == MESH_OK || answer.status == MESH_PARTIAL;
    if (answer.status == MESH_NOT_FOUND || answer.status == MESH_GONE) {
        log_event(LOG_LEVEL_WARNING, "mesh_message_gone", "feed=%s message=%s status=%d", mesh->place, id,
                  answer.status);
        return RESULT_OK;
    }
    if (!*is_there)
        return mesh_fail_status(mesh, answer.status, "the description of a message", error);
    read_message(mesh, id, message);
    return RESULT_OK;
}

bool mesh_is_nearly_lost(const Mesh *mesh, const MeshMessage *message)
{
    return message->sent_us != 0 && mesh->now_us() - message->sent_us >= OLD_AFTER_US;
}
