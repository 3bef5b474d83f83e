#pragma once
/* An inbox of two messages at a strict host, collected as pulling does: what came whole is kept, and
 * acknowledged behind that alone. sandbox.messages[i].acknowledged says what the host was told. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/date.h"
#include "ingest/mesh.h"
#include "tests/ingest/mesh_sandbox.h"
#include "tests/support/support.h"

enum { CHUNK_BYTES = 50000, KEPT_MAX = 16, MANY = 10000 };

static Sandbox sandbox;
static char halves[2][CHUNK_BYTES];
static char now_text[16];
static SandboxMessage messages[4];
static MeshSettings how;
static const char *certificate_file, *key_file;

static inline const char *hours_ago(int hours, char out[16])
{
    time_t then = time(NULL) - 3600 * (time_t)hours;
    struct tm parts;

    (void)strftime(out, 16, "%Y%m%d%H%M%S", gmtime_r(&then, &parts));
    return out;
}

static inline Text half(int number)
{
    return (Text){.data = halves[number], .length = CHUNK_BYTES};
}

static inline void start(void)
{
    const char *certificate, *key;

    for (size_t i = 0; i < CHUNK_BYTES; i++) {
        halves[0][i] = (char)('a' + i * i % 23);
        halves[1][i] = (char)('A' + i * i % 19);
    }
    messages[0] = (SandboxMessage){.id = "20261122_PLAIN",
                                   .name = "apc.csv",
                                   .workflow = "EXTRACT",
                                   .sent = hours_ago(1, now_text),
                                   .chunks = {half(0)},
                                   .chunk_count = 1};
    messages[1] = (SandboxMessage){.id = "20261122_CHUNKED",
                                   .name = "ecds.csv",
                                   .workflow = "EXTRACT",
                                   .sent = now_text,
                                   .chunks = {half(0), half(1), TEXT("the end\n")},
                                   .chunk_count = 3,
                                   .is_packed = true};
    sandbox_start(&sandbox, messages, 2);
    test_authority_sign(sandbox.authority, "us.example", &certificate, &key);
    certificate_file = support_file("us.pem", certificate);
    key_file = support_file("us.key", key);
    cr_assert_eq(chmod(key_file, 0600), 0);
    how = (MeshSettings){.place = "the feed",
                         .url = sandbox.url,
                         .mailbox = SANDBOX_MAILBOX,
                         .trust_file = support_file("authority.pem", test_authority_pem(sandbox.authority)),
                         .certificate_file = certificate_file,
                         .key_file = key_file,
                         .page = 10,
                         .wait_ms = 1};
}

static inline Secret *secret(const char *text)
{
    Secret *made = NULL;
    Error error = {0};

    cr_assert(secret_create(strlen(text), &made, &error).ok, "%s", error.message);
    memcpy(secret_bytes(made), text, strlen(text));
    return made;
}

static inline Result open_with(const char *password, Mesh **mesh, Error *error)
{
    how.password = secret(password);
    how.password_length = strlen(password);
    how.shared_key = secret(SANDBOX_SHARED_KEY);
    how.shared_key_length = strlen(SANDBOX_SHARED_KEY);
    return mesh_open(&how, mesh, error);
}

static inline Mesh *open_mesh(void)
{
    Mesh *mesh = NULL;
    Error error = {0};

    cr_assert(open_with(SANDBOX_PASSWORD, &mesh, &error).ok, "%s", error.message);
    return mesh;
}

/* ---- as pulling does ---- */

typedef struct Kept {
    char id[MESH_ID_BYTES];
    TextBuilder content;
    bool is_whole;
} Kept;

static Kept kept[KEPT_MAX];
static size_t kept_count;
static char listed[KEPT_MAX][MESH_ID_BYTES];
static size_t listed_count;

static inline void forget_kept(void)
{
    while (kept_count > 0)
        text_builder_close(&kept[--kept_count].content);
}

static inline void stop(void)
{
    forget_kept();
    sandbox_stop(&sandbox);
}

static inline Result note(void *context, const char *id, Error *error)
{
    (void)context;
    (void)error;
    if (listed_count < KEPT_MAX)
        (void)snprintf(listed[listed_count], MESH_ID_BYTES, "%s", id);
    listed_count++;
    return RESULT_OK;
}

static inline Result keep(void *context, const void *data, size_t length, Error *error)
{
    (void)error;
    text_add(context, (Text){.data = data, .length = length});
    return RESULT_OK;
}

static inline Kept *find_kept(const char *id)
{
    for (size_t i = 0; i < kept_count; i++)
        if (kept[i].is_whole && strcmp(kept[i].id, id) == 0)
            return &kept[i];
    return NULL;
}

static inline Result collect_one(Mesh *mesh, const char *id, Error *error)
{
    MeshMessage message;
    bool is_there;

    TRY(mesh_describe(mesh, id, &message, &is_there, error));
    if (!is_there)
        return RESULT_OK;
    if (message.kind == MESH_DATA && find_kept(id) == NULL) {
        Kept *one = &kept[kept_count++];
        *one = (Kept){.content = text_builder(1 << 20)};
        (void)snprintf(one->id, sizeof one->id, "%s", id);
        TRY(mesh_get(mesh, id, 1 << 20, keep, &one->content, error));
        one->is_whole = true;
    }
    return mesh_acknowledge(mesh, id, error);
}

/* All messages; one's trouble does not keep the others away. The last trouble is what it returns. */
static inline Result collect(Error *error)
{
    SCOPED(mesh_close) Mesh *mesh = open_mesh();
    Result done = RESULT_OK;

    listed_count = 0;
    TRY(mesh_handshake(mesh, error));
    TRY(mesh_list(mesh, note, NULL, error));
    for (size_t i = 0; i < listed_count; i++) {
        Result one = collect_one(mesh, listed[i], error);
        if (!one.ok)
            done = one;
    }
    return done;
}

static inline void expect_content(const char *id, int chunks)
{
    static const char end[] = "the end\n";
    const Kept *one = find_kept(id);

    cr_assert_not_null(one, "%s is not here", id);
    cr_assert_eq(one->content.length, chunks == 1 ? (size_t)CHUNK_BYTES : 2 * (size_t)CHUNK_BYTES + 8);
    cr_expect_eq(memcmp(one->content.data, halves[0], CHUNK_BYTES), 0);
    if (chunks > 1) {
        cr_expect_eq(memcmp(one->content.data + CHUNK_BYTES, halves[1], CHUNK_BYTES), 0);
        cr_expect_eq(memcmp(one->content.data + (ptrdiff_t)2 * CHUNK_BYTES, end, 8), 0);
    }
}

static inline void expect_both_whole(void)
{
    expect_content("20261122_PLAIN", 1);
    expect_content("20261122_CHUNKED", 3);
    cr_expect_eq(messages[0].acknowledged, 1);
    cr_expect_eq(messages[1].acknowledged, 1);
    cr_expect_eq(kept_count, 2U, "each once");
}

static inline void expect_only_the_plain(const char *message, const Error *error)
{
    cr_expect_str_eq(error->message, message);
    expect_content("20261122_PLAIN", 1);
    cr_expect_eq(messages[0].acknowledged, 1);
    cr_expect_eq(messages[1].acknowledged, 0, "what is not whole stays there");
    cr_expect_null(find_kept("20261122_CHUNKED"));
}
