#include "ingest/mesh.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/date.h"
#include "ingest/mesh_auth.h"
#include "ingest/mesh_private.h"

enum { ARENA_BYTES = 64 << 10, PAGE = 500, REQUEST_SECONDS = 600 };

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
    if (status == MESH_FORBIDDEN)
        return fail(
            error, ERROR_REFUSED,
            "%s: MESH refuses us (403) at %s: mailbox, password, shared key, or a clock that is hours off",
            mesh->place, what);
    if (status == MESH_GONE)
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
    return answer.status == MESH_OK ? RESULT_OK : mesh_fail_status(mesh, answer.status, what, error);
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
