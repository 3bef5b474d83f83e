/*
 * Recorded exchanges with a public MESH sandbox, and vectors of the Authorization header, put before the
 * adapter: mesh_cases FOLDER        with auth-vectors.json and sandbox-transcripts.json A host on loopback
 * answers each request with the next recorded answer of the case.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ingest/mesh.h"
#include "ingest/mesh_auth.h"
#include "tests/support/temporary.h"
#include "tests/support/web.h"

enum { ANSWERS_MAX = 2, PATH_BYTES = 1024, BODY_BYTES = 4096 };

typedef enum Call { SHAKE, LIST, GET, DESCRIBE, ACKNOWLEDGE } Call;

typedef struct Case {
    const char *mailbox, *id;
    const char *answers[ANSWERS_MAX]; /* names of exchanges */
    Call call;
    ErrorCode code; /* ERROR_NONE: it succeeds */
    int count;      /* LIST: identifiers; GET: bytes; DESCRIBE: MeshKind */
} Case;

#define PLAIN   "3621D202AC364AD39EBC8A8CC8F92307"
#define CHUNKED "5223E8D80DB94BEF8D3732C4EBC35E7D"
#define REPORT  "D9EFB2478BB94D8F8A4026FFE0475226"

static const Case cases[] = {
    {"X26ABC2", NULL, {"handshake_v2"}, SHAKE, ERROR_NONE, 0},
    {"X26ABC2", NULL, {"handshake_v1"}, SHAKE, ERROR_NONE, 0},
    {"X26ABC2", NULL, {"handshake_bad_password"}, SHAKE, ERROR_REFUSED, 0},
    {"X26ABC2", NULL, {"handshake_no_auth"}, SHAKE, ERROR_REFUSED, 0},
    {"X26ABC2", NULL, {"handshake_mailbox_mismatch"}, SHAKE, ERROR_REFUSED, 0},
    {"X26ABC2", NULL, {"inbox_empty_v2"}, LIST, ERROR_NONE, 0},
    {"X26ABC2", NULL, {"inbox_before_last_chunk"}, LIST, ERROR_NONE, 1},
    {"X26ABC2", NULL, {"inbox_two"}, LIST, ERROR_NONE, 2},
    {"X26ABC2", NULL, {"inbox_two_v1"}, LIST, ERROR_NONE, 2},
    {"X26ABC2", NULL, {"inbox_filter_none"}, LIST, ERROR_NONE, 0},
    {"X26ABC3", NULL, {"inbox_page1", "inbox_page2"}, LIST, ERROR_NONE, 12},
    {"X26ABC2", PLAIN, {"head"}, DESCRIBE, ERROR_NONE, MESH_DATA},
    {"X26ABC2", REPORT, {"get_report"}, DESCRIBE, ERROR_NONE, MESH_REPORT},
    {"X26ABC2", PLAIN, {"get_plain_identity"}, GET, ERROR_NONE, 59},
    {"X26ABC2", PLAIN, {"get_plain_accept_gzip"}, GET, ERROR_NONE, 59},
    {"X26ABC2", CHUNKED, {"get_chunk1_206", "get_chunk2_200"}, GET, ERROR_NONE, 59},
    {"X26ABC2", CHUNKED, {"get_chunk1_206", "get_chunk3_404"}, GET, ERROR_INPUT, 0},
    {"X26ABC2", CHUNKED, {"get_chunk1_206", "get_chunk1_206"}, GET, ERROR_INPUT, 0},
    {"X26ABC2", CHUNKED, {"get_chunk2_200"}, GET, ERROR_INPUT, 0},
    {"X26ABC2", "NOSUCHMESSAGE", {"get_unknown_404"}, GET, ERROR_INPUT, 0},
    {"X26ABC1", PLAIN, {"get_other_mailbox_403"}, GET, ERROR_REFUSED, 0},
    {"X26ABC2", PLAIN, {"ack_v2"}, ACKNOWLEDGE, ERROR_NONE, 0},
    {"X26ABC2", PLAIN, {"ack_again_idempotent"}, ACKNOWLEDGE, ERROR_NONE, 0},
};

/* What the chunks hold, and the plain message too. */
static const char content[] = "NHS_NUMBER,PROVIDER_CODE\n9990000018,RVV01\n9990000026,RWF03\n";

static json_t *exchanges;
static const Case *current;
static size_t answered;
static int passed, failed;

static void report(const char *name, bool is_right, const char *trouble)
{
    passed += is_right;
    failed += !is_right;
    if (!is_right)
        printf("FAIL %s: %s\n", name, trouble);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

/* ---- the header ---- */

static void check_vector(const json_t *vector)
{
    SCOPED(text_builder_close) TextBuilder header = text_builder(1024);
    const char *password = text_of(vector, "mailbox_password"), *key = text_of(vector, "shared_key");
    MeshToken token = {.mailbox = text_of(vector, "mailbox_id"),
                       .nonce = text_of(vector, "nonce"),
                       .count = (uint64_t)json_integer_value(json_object_get(vector, "nonce_count")),
                       .time = text_of(vector, "timestamp"),
                       .password = (const uint8_t *)password,
                       .password_length = strlen(password),
                       .shared_key = (const uint8_t *)key,
                       .shared_key_length = strlen(key)};
    Error error = {0};
    bool is_right = mesh_auth_add(&token, &header, &error).ok &&
                    text_equal(text_built(&header), text_from(text_of(vector, "authorization")));

    report(token.nonce, is_right, "another Authorization header");
}

/* ---- the host ---- */

static const json_t *find_exchange(const char *name)
{
    for (size_t i = 0; i < json_array_size(exchanges); i++)
        if (strcmp(text_of(json_array_get(exchanges, i), "name"), name) == 0)
            return json_array_get(exchanges, i);
    return NULL;
}

static Text unhex(Arena *arena, Text hex)
{
    char *bytes = arena_alloc(arena, hex.length / 2 + 1);

    for (size_t i = 0; i + 1 < hex.length; i += 2) {
        char two[3] = {hex.data[i], hex.data[i + 1], '\0'};
        bytes[i / 2] = (char)strtol(two, NULL, 16);
    }
    return (Text){.data = bytes, .length = hex.length / 2};
}

static void answer_as_recorded(const json_t *exchange, Arena *arena, WebAnswer *answer)
{
    Text rest = text_from(text_of(exchange, "response_head"));
    Text status = text_next(&rest, '\n');
    int64_t code = 500;

    (void)text_next(&status, ' ');
    (void)text_to_int64(text_next(&status, ' '), &code);
    answer->status = (int)code;
    while (rest.length > 0) {
        Text line = text_next(&rest, '\n');
        Text name = text_next(&line, ':');
        while (line.length > 0 && line.data[line.length - 1] == '\r')
            line.length--;
        if (!text_equal_ignore_case(name, TEXT("date")) &&
            !text_equal_ignore_case(name, TEXT("connection")) &&
            !text_equal_ignore_case(name, TEXT("content-length")))
            web_add_header(answer, text_to_string(arena, name), text_to_string(arena, text_trim(line)));
    }
    answer->body = unhex(arena, text_from(text_of(exchange, "response_body_hex")));
}

static void serve(void *context, const WebRequest *request, Arena *arena, WebAnswer *answer)
{
    const char *name = answered < ANSWERS_MAX ? current->answers[answered++] : NULL;
    const json_t *exchange = name != NULL ? find_exchange(name) : NULL;
    (void)context;
    (void)request;

    if (exchange == NULL)
        answer->status = 500;
    else
        answer_as_recorded(exchange, arena, answer);
}

/* ---- the adapter ---- */

static Result count_one(void *context, const char *id, Error *error)
{
    (void)id;
    (void)error;
    ++*(int *)context;
    return RESULT_OK;
}

static Result keep(void *context, const void *data, size_t length, Error *error)
{
    (void)error;
    text_add(context, (Text){.data = data, .length = length});
    return RESULT_OK;
}

static Result make_call(Mesh *mesh, int *count, Error *error)
{
    SCOPED(text_builder_close) TextBuilder got = text_builder(BODY_BYTES);
    MeshMessage message;
    bool is_there;

    switch (current->call) {
    case SHAKE:
        return mesh_handshake(mesh, error);
    case LIST:
        return mesh_list(mesh, count_one, count, error);
    case DESCRIBE:
        TRY(mesh_describe(mesh, current->id, &message, &is_there, error));
        *count = is_there ? (int)message.kind : -1;
        return RESULT_OK;
    case GET:
        TRY(mesh_get(mesh, current->id, BODY_BYTES, keep, &got, error));
        *count = text_equal(text_built(&got), text_from(content)) ? (int)got.length : -1;
        return RESULT_OK;
    case ACKNOWLEDGE:
        return mesh_acknowledge(mesh, current->id, error);
    }
    return fail(error, ERROR_USAGE, "no call of that kind");
}

static Result make_secret(const char *text, Secret **secret, Error *error)
{
    TRY(secret_create(strlen(text), secret, error));
    memcpy(secret_bytes(*secret), text, strlen(text));
    return RESULT_OK;
}

static Result open_and_call(MeshSettings settings, int *count, Error *error)
{
    SCOPED(mesh_close) Mesh *mesh = NULL;

    settings.password_length = strlen("password");
    settings.shared_key_length = strlen("TestKey");
    TRY(make_secret("password", &settings.password, error));
    TRY(make_secret("TestKey", &settings.shared_key, error));
    TRY(mesh_open(&settings, &mesh, error));
    return make_call(mesh, count, error);
}

static void check_case(const char *url, const char *trust_file)
{
    MeshSettings settings = {.place = "the case",
                             .url = url,
                             .mailbox = current->mailbox,
                             .trust_file = trust_file,
                             .page = 10,
                             .wait_ms = 1};
    Error error = {0};
    int count = 0;

    answered = 0;
    Result done = open_and_call(settings, &count, &error);
    report(current->answers[0],
           done.ok ? current->code == ERROR_NONE && count == current->count : error.code == current->code,
           done.ok ? "another answer than was recorded" : error.message);
}

static void check_cases(void)
{
    TestAuthority *authority = test_authority_create();
    TestWeb *web = test_web_start(authority, "localhost", false, serve, NULL);
    char trust_file[TEMPORARY_PATH_BYTES], url[64], name[64];
    (void)snprintf(name, sizeof name, "mesh-%d.pem", (int)getpid());
    FILE *file = fopen(temporary_path(name, trust_file), "w");

    if (file == NULL || fputs(test_authority_pem(authority), file) < 0 || fclose(file) != 0)
        abort();
    (void)snprintf(url, sizeof url, "https://localhost:%d", test_web_port(web));
    for (current = cases; current < cases + sizeof cases / sizeof cases[0]; current++)
        check_case(url, trust_file);
    (void)unlink(trust_file);
    test_web_stop(&web);
    test_authority_close(&authority);
}

static json_t *load(const char *folder, const char *name, const char *list)
{
    char path[PATH_BYTES];
    json_error_t trouble;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    json_t *whole = json_load_file(path, 0, &trouble);
    json_t *wanted = json_incref(json_object_get(whole, list));
    json_decref(whole);
    return wanted;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fputs("usage: mesh_cases FOLDER\n", stderr);
        return 2;
    }
    json_t *vectors = load(argv[1], "auth-vectors.json", "vectors");
    exchanges = load(argv[1], "sandbox-transcripts.json", "exchanges");
    if (json_array_size(vectors) == 0 || json_array_size(exchanges) == 0) {
        printf("FAIL %s: without vectors or exchanges\n0 passed, 1 failed\n", argv[1]);
        return 1;
    }
    for (size_t i = 0; i < json_array_size(vectors); i++)
        check_vector(json_array_get(vectors, i));
    check_cases();
    json_decref(vectors);
    json_decref(exchanges);
    printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
