#include "ingest/mesh.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include <jansson.h>

#include "base/date.h"
#include "base/log.h"
#include "ingest/mesh_auth.h"
#include "ingest/mesh_private.h"

enum {
    ARENA_BYTES = 64 << 10,
    PAGE = 500,
    PAGES_MAX = 10000,
    PAGE_BYTES_MAX = 16 << 20,
    REQUEST_SECONDS = 600,
    STATUS_OK = 200,
    STATUS_PARTIAL = 206,
    STATUS_FORBIDDEN = 403,
    STATUS_NOT_FOUND = 404,
    STATUS_GONE = 410,
    HEADER_TIME_LENGTH = 14, /* CCYYMMDDhhmmss */
};

#define HOUR_US      ((int64_t)3600 * 1000000)
#define OLD_AFTER_US (96 * HOUR_US) /* of the 120 hours after which MESH gives up */

static const char accepted[] = "application/vnd.mesh.v2+json";

static Result check_settings(const MeshSettings *settings, Error *error)
{
    if (strncmp(settings->url, "https://", 8) != 0)
        return fail(error, ERROR_CONFIG, "%s: the address of MESH begins with https://", settings->place);
    if (!mesh_is_id(text_from(settings->mailbox)))
        return fail(error, ERROR_CONFIG, "%s: a mailbox is named by capital letters and digits",
                    settings->place);
    for (const char *c = settings->mailbox; *c != '\0'; c++)
        if (*c >= 'a' && *c <= 'z')
            return fail(error, ERROR_CONFIG, "%s: a mailbox is named by capital letters and digits",
                        settings->place);
    if (settings->workflow != NULL && !mesh_is_id(text_from(settings->workflow)))
        return fail(error, ERROR_CONFIG, "%s: a workflow is named by letters, digits, - and _",
                    settings->place);
    return RESULT_OK;
}

static const char *keep(Arena *arena, const char *text)
{
    return text == NULL ? NULL : text_to_string(arena, text_from(text));
}

/* Without slashes at its end: paths begin with one. */
static const char *keep_url(Arena *arena, const char *url)
{
    Text text = text_from(url);

    while (text.length > 0 && text.data[text.length - 1] == '/')
        text.length--;
    return text_to_string(arena, text);
}

Result mesh_open(const MeshSettings *settings, Mesh **mesh, Error *error)
{
    SCOPED(mesh_close) Mesh *made = memory_alloc(sizeof *made);

    made->password = settings->password;
    made->shared_key = settings->shared_key;
    made->password_length = settings->password_length;
    made->shared_key_length = settings->shared_key_length;
    TRY(check_settings(settings, error));
    made->arena = arena_create(ARENA_BYTES);
    made->place = keep(made->arena, settings->place);
    made->url = keep_url(made->arena, settings->url);
    made->mailbox = keep(made->arena, settings->mailbox);
    made->workflow = keep(made->arena, settings->workflow);
    made->now_us = settings->now_us != NULL ? settings->now_us : time_now_us;
    made->page = settings->page != 0 ? settings->page : PAGE;
    made->wait_ms = settings->wait_ms != 0 ? settings->wait_ms : 500;
    TransferSettings transfer = {.place = made->place,
                                 .trust_file = settings->trust_file,
                                 .revoked_file = settings->revoked_file,
                                 .certificate_file = settings->certificate_file,
                                 .key_file = settings->key_file,
                                 .tries = MESH_TRIES,
                                 .wait_ms = made->wait_ms,
                                 .request_seconds = REQUEST_SECONDS};
    TRY(transfer_open(&transfer, &made->transfer, error));
    *mesh = made;
    made = NULL;
    return RESULT_OK;
}

void mesh_close(Mesh **mesh)
{
    if (*mesh == NULL)
        return;
    transfer_close(&(*mesh)->transfer);
    secret_close(&(*mesh)->password);
    secret_close(&(*mesh)->shared_key);
    arena_close(&(*mesh)->arena);
    memory_free(*mesh);
    *mesh = NULL;
}

bool mesh_is_id(Text id)
{
    if (id.length == 0 || id.length >= MESH_ID_BYTES)
        return false;
    for (size_t i = 0; i < id.length; i++) {
        char c = id.data[i];
        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
              c == '_'))
            return false;
    }
    return true;
}

void mesh_pause(unsigned ms)
{
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

    while (nanosleep(&left, &left) != 0)
        ;
}

/* A token counts once: each try gets a nonce of its own, used for the first time. */
static Result sign(void *context, TextBuilder *header, Error *error)
{
    const Mesh *mesh = context;
    char nonce[MESH_NONCE_BYTES], time[MESH_TIME_BYTES];

    TRY(mesh_auth_nonce(nonce, error));
    MeshToken token = {.mailbox = mesh->mailbox,
                       .nonce = nonce,
                       .time = mesh_auth_time(mesh->now_us(), time),
                       .password = secret_bytes(mesh->password),
                       .password_length = mesh->password_length,
                       .shared_key = secret_bytes(mesh->shared_key),
                       .shared_key_length = mesh->shared_key_length};
    text_add_string(header, "Authorization: ");
    return mesh_auth_add(&token, header, error);
}

Result mesh_call(Mesh *mesh, const MeshCall *call, TransferAnswer *answer, Error *error)
{
    struct utsname system;
    char url[MESH_URL_BYTES];

    if ((size_t)snprintf(url, sizeof url, "%s%s", mesh->url, call->path) >= sizeof url)
        return fail(error, ERROR_LIMIT, "%s: a path is too long", mesh->place);
    if (uname(&system) != 0)
        return fail_errno(error, "%s: this machine has no name", mesh->place);
    TransferHeader headers[] = {
        {"Accept", accepted},
        {"User-Agent", "cinque"},
        {"mex-ClientVersion", "cinque==0.1"},
        {"mex-OSName", system.sysname},
        {"mex-OSVersion", system.release},
        {"mex-OSArchitecture", system.machine},
        {"Accept-Encoding", "gzip"},
    };
    size_t count = sizeof headers / sizeof headers[0];
    TransferRequest request = {.method = call->method,
                               .url = url,
                               .headers = headers,
                               .header_count = call->takes_gzip ? count : count - 1,
                               .sign = sign,
                               .sign_context = mesh,
                               .bytes_max = call->bytes_max,
                               .sink = call->sink,
                               .sink_context = call->sink_context};
    return transfer_perform(mesh->transfer, &request, answer, error);
}

Result mesh_fail_status(const Mesh *mesh, int status, const char *what, Error *error)
{
    if (status == STATUS_FORBIDDEN)
        return fail(
            error, ERROR_REFUSED,
            "%s: MESH refuses us (403) at %s: mailbox, password, shared key, or a clock that is hours off",
            mesh->place, what);
    if (status == STATUS_GONE)
        return fail(error, ERROR_INPUT,
                    "%s: MESH has given up on the message (410): ask the sender to send it again",
                    mesh->place);
    if (status == 425 || status == 429 || status >= 500)
        return fail(error, ERROR_SYSTEM, "%s: MESH is busy or out of order (%d) at %s", mesh->place, status,
                    what);
    return fail(error, ERROR_INPUT, "%s: MESH answers %d at %s", mesh->place, status, what);
}

/* A request whose answer's body nobody reads. */
static Result call_plainly(Mesh *mesh, const char *method, const char *path, const char *what, Error *error)
{
    MeshCall call = {.method = method, .path = path};
    TransferAnswer answer;

    TRY(mesh_call(mesh, &call, &answer, error));
    return answer.status == STATUS_OK ? RESULT_OK : mesh_fail_status(mesh, answer.status, what, error);
}

Result mesh_handshake(Mesh *mesh, Error *error)
{
    char path[MESH_URL_BYTES];

    (void)snprintf(path, sizeof path, "/messageexchange/%s", mesh->mailbox);
    return call_plainly(mesh, "POST", path, "the handshake", error);
}

Result mesh_acknowledge(Mesh *mesh, const char *id, Error *error)
{
    char path[MESH_URL_BYTES];

    if (!mesh_is_id(text_from(id)))
        return fail(error, ERROR_INPUT, "%s: not an identifier of a message", mesh->place);
    (void)snprintf(path, sizeof path, "/messageexchange/%s/inbox/%s/status/acknowledged", mesh->mailbox, id);
    return call_plainly(mesh, "PUT", path, "an acknowledgement", error);
}

/* ---- the list ---- */

static Result keep_page(void *context, const void *data, size_t length, Error *error)
{
    (void)error;
    text_add(context, (Text){.data = data, .length = length}); /* bytes_max holds before */
    return RESULT_OK;
}

static Result fail_page(const Mesh *mesh, Error *error)
{
    return fail(error, ERROR_INPUT, "%s: MESH's list of messages is not as specified", mesh->place);
}

static Result each_of_page(Mesh *mesh, const json_t *messages, MeshEach each, void *context, Error *error)
{
    if (!json_is_array(messages))
        return fail_page(mesh, error);
    for (size_t i = 0; i < json_array_size(messages); i++) {
        const char *id = json_string_value(json_array_get(messages, i));
        if (id == NULL || !mesh_is_id(text_from(id)))
            return fail_page(mesh, error);
        TRY(each(context, id, error));
    }
    return RESULT_OK;
}

/* A next page is of our own inbox, and not the one we have; path[0] is NUL when there is none. */
static Result take_next(const Mesh *mesh, const json_t *links, char path[MESH_URL_BYTES], Error *error)
{
    const char *next = json_string_value(json_object_get(links, "next"));
    char inbox[MESH_URL_BYTES];
    int length = snprintf(inbox, sizeof inbox, "/messageexchange/%s/inbox?", mesh->mailbox);

    if (next == NULL) {
        path[0] = '\0';
        return RESULT_OK;
    }
    if (strncmp(next, inbox, (size_t)length) != 0 || strlen(next) >= MESH_URL_BYTES ||
        strcspn(next, " \t\r\n#") != strlen(next) || strcmp(next, path) == 0)
        return fail_page(mesh, error);
    (void)snprintf(path, MESH_URL_BYTES, "%s", next);
    return RESULT_OK;
}

static void json_close(json_t **json)
{
    json_decref(*json);
}

static Result read_page(Mesh *mesh, char path[MESH_URL_BYTES], MeshEach each, void *context, Error *error)
{
    SCOPED(text_builder_close) TextBuilder page = text_builder(PAGE_BYTES_MAX);
    SCOPED(json_close) json_t *json = NULL;
    MeshCall call = {
        .method = "GET", .path = path, .bytes_max = PAGE_BYTES_MAX, .sink = keep_page, .sink_context = &page};
    TransferAnswer answer = {0};

    for (unsigned try = 1;; try++) {
        page.length = 0; /* what a broken answer brought counts for nothing */
        Result done = mesh_call(mesh, &call, &answer, error);
        if (done.ok)
            break;
        if (!answer.is_transient || try == MESH_TRIES)
            return done;
        mesh_pause(mesh->wait_ms << try);
    }
    if (answer.status != STATUS_OK)
        return mesh_fail_status(mesh, answer.status, "the list of messages", error);
    json = json_loadb(page.data != NULL ? page.data : "", page.length, 0, NULL);
    if (json == NULL)
        return fail_page(mesh, error);
    TRY(each_of_page(mesh, json_object_get(json, "messages"), each, context, error));
    return take_next(mesh, json_object_get(json, "links"), path, error);
}

Result mesh_list(Mesh *mesh, MeshEach each, void *context, Error *error)
{
    char path[MESH_URL_BYTES];

    (void)snprintf(path, sizeof path, "/messageexchange/%s/inbox?max_results=%u%s%s", mesh->mailbox,
                   mesh->page, mesh->workflow != NULL ? "&workflow_filter=" : "",
                   mesh->workflow != NULL ? mesh->workflow : "");
    /* A page of a filtered list may be empty although more follow. */
    for (int page = 0; path[0] != '\0'; page++) {
        if (page == PAGES_MAX)
            return fail(error, ERROR_LIMIT, "%s: MESH's list of messages does not end", mesh->place);
        TRY(read_page(mesh, path, each, context, error));
    }
    return RESULT_OK;
}

/* ---- what MESH says about a message ---- */

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
    *is_there = answer.status == STATUS_OK || answer.status == STATUS_PARTIAL;
    if (answer.status == STATUS_NOT_FOUND || answer.status == STATUS_GONE) {
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
