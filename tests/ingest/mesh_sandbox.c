#include "tests/ingest/mesh_sandbox.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <zlib.h>

enum { PARTS = 5, TOKEN_SECONDS = 7200, PAGE_DEFAULT = 500 };

/* ---- the token, computed here again and otherwise than in the adapter ---- */

static void hex_hmac(const char *message, char hex[65])
{
    unsigned char digest[32];
    size_t length = 0;
    EVP_PKEY *key = EVP_PKEY_new_mac_key(EVP_PKEY_HMAC, NULL, (const unsigned char *)SANDBOX_SHARED_KEY,
                                         (int)strlen(SANDBOX_SHARED_KEY));
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    length = sizeof digest;
    if (EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) != 1 ||
        EVP_DigestSign(context, digest, &length, (const unsigned char *)message, strlen(message)) != 1)
        abort();
    for (size_t i = 0; i < length; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
}

static bool is_fresh(const Sandbox *sandbox, const char *text)
{
    struct tm parts = {0};
    const char *end = strptime(text, "%Y%m%d%H%M", &parts);
    long long now = (long long)time(NULL) + 3600LL * sandbox->faults.clock_hours;

    return end != NULL && *end == '\0' && strlen(text) == 12 &&
           llabs(now - (long long)timegm(&parts)) <= TOKEN_SECONDS;
}

static bool is_new(Sandbox *sandbox, const char *token)
{
    for (size_t i = 0; i < sandbox->token_count; i++)
        if (strcmp(sandbox->tokens[i], token) == 0)
            return false;
    if (sandbox->token_count == SANDBOX_TOKENS_MAX)
        abort();
    (void)snprintf(sandbox->tokens[sandbox->token_count++], SANDBOX_TOKEN_BYTES, "%s", token);
    return !sandbox->faults.repeats_tokens;
}

static bool is_authorised(Sandbox *sandbox, const WebRequest *request, const char *mailbox)
{
    const char *header = web_header(request, "Authorization");
    char parts[PARTS][96], message[512], hex[65];

    if (header == NULL || strncmp(header, "NHSMESH ", 8) != 0)
        return false;
    Text rest = text_from(header + 8);
    for (int i = 0; i < PARTS; i++) {
        Text part = text_next(&rest, ':');
        (void)snprintf(parts[i], sizeof parts[0], "%.*s", TEXT_ARG(part));
    }
    (void)snprintf(message, sizeof message, "%s:%s:%s:%s:%s", parts[0], parts[1], parts[2], SANDBOX_PASSWORD,
                   parts[3]);
    hex_hmac(message, hex);
    return rest.length == 0 && strcmp(parts[0], mailbox) == 0 && strcmp(parts[0], SANDBOX_MAILBOX) == 0 &&
           strspn(parts[2], "0123456789") == strlen(parts[2]) && strcmp(parts[4], hex) == 0 &&
           is_fresh(sandbox, parts[3]) && is_new(sandbox, header);
}

/* ---- answers ---- */

static void refuse(Sandbox *sandbox, WebAnswer *answer, int status)
{
    sandbox->refused++;
    answer->status = status;
    answer->body = TEXT("{\"detail\":[{\"event\":\"\",\"code\":\"\",\"msg\":\"refused\"}]}");
}

static bool is_waiting(const SandboxMessage *message)
{
    return message->acknowledged == 0 && !message->is_gone;
}

static bool is_wanted(const SandboxMessage *message, const char *workflow)
{
    return is_waiting(message) && (workflow == NULL || strcmp(workflow, message->workflow) == 0);
}

static void list(Sandbox *sandbox, const WebRequest *request, Arena *arena, WebAnswer *answer)
{
    const char *workflow = web_query(request, "workflow_filter"), *from = web_query(request, "continue_from");
    const char *size = web_query(request, "max_results");
    int64_t first = 0, room = PAGE_DEFAULT;
    TextBuilder page = text_builder(16 << 20);

    if (from != NULL && !text_to_int64(text_from(from), &first))
        abort();
    if (size != NULL && (!text_to_int64(text_from(size), &room) || room < 10 || room > 5000)) {
        refuse(sandbox, answer, 400);
        return;
    }
    if (sandbox->faults.has_empty_pages && sandbox->pages % 2 == 0)
        room = 0;
    sandbox->pages++;
    size_t at = (size_t)first;
    text_add_string(&page, "{\"messages\":[");
    for (int64_t given = 0; at < sandbox->message_count && given < room; at++) {
        if (!is_wanted(&sandbox->messages[at], workflow))
            continue;
        text_add_format(&page, "%s\"%s\"", given > 0 ? "," : "", sandbox->messages[at].id);
        given++;
    }
    text_add_string(&page, "],\"links\":{\"self\":\"/messageexchange/" SANDBOX_MAILBOX "/inbox\"");
    if (sandbox->faults.next != NULL)
        text_add_format(&page, ",\"next\":\"%s\"", sandbox->faults.next);
    else if (at < sandbox->message_count)
        text_add_format(&page,
                        ",\"next\":\"/messageexchange/" SANDBOX_MAILBOX "/inbox?max_results=%" PRId64
                        "&continue_from=%zu%s%s\"",
                        room == 0 ? PAGE_DEFAULT : room, at, workflow != NULL ? "&workflow_filter=" : "",
                        workflow != NULL ? workflow : "");
    text_add_format(&page, "},\"approx_inbox_count\":%zu}", sandbox->message_count);
    answer->body = text_copy(arena, text_built(&page));
    text_builder_close(&page);
}

static Text pack(Arena *arena, Text content)
{
    z_stream stream = {0};

    if (deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    size_t room = deflateBound(&stream, content.length);
    char *out = arena_alloc(arena, room);
    stream.next_in = (z_const Bytef *)content.data;
    stream.avail_in = (uInt)content.length;
    stream.next_out = (Bytef *)out;
    stream.avail_out = (uInt)room;
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
        abort();
    size_t length = stream.total_out;
    (void)deflateEnd(&stream);
    return (Text){.data = out, .length = length};
}

static void describe(const SandboxMessage *message, const Sandbox *sandbox, int chunk, Arena *arena,
                     WebAnswer *answer)
{
    int wrong = sandbox->faults.has_wrong_range ? 1 : 0;

    web_add_header(answer, "mex-From", message->from != NULL ? message->from : SANDBOX_SENDER);
    web_add_header(answer, "MEX-TO", SANDBOX_MAILBOX);
    web_add_header(answer, "mex-workflowid", message->workflow);
    web_add_header(
        answer, "Mex-Chunk-Range",
        text_format(arena, "%d:%d", chunk + wrong, message->is_report ? 0 : message->chunk_count).data);
    web_add_header(answer, "mex-filename", message->name);
    web_add_header(answer, "mex-messagetype", message->is_report ? "REPORT" : "DATA");
    web_add_header(answer, "mex-messageid", message->id);
    web_add_header(answer, "mex-statuscode", message->status_code != NULL ? message->status_code : "00");
    web_add_header(answer, "mex-statussuccess", message->is_report ? "ERROR" : "SUCCESS");
    web_add_header(answer, "mex-statustimestamp", message->sent);
    if (message->is_report)
        web_add_header(answer, "mex-linkedmsgid", "20201122");
}

/* After its connection was cut the chunk comes as another, where that is asked for. */
static Text content_of(const SandboxFaults *faults, const SandboxMessage *message, int chunk, Arena *arena)
{
    Text content = message->chunks[chunk - 1];

    if (!faults->is_changed_behind_cut || faults->cut_chunk != chunk || faults->cut_at != WEB_WHOLE)
        return content;
    char *other = text_to_string(arena, content);
    other[0] ^= 1;
    return (Text){.data = other, .length = content.length};
}

static void cut_once(SandboxFaults *faults, int chunk, WebAnswer *answer)
{
    if (faults->cut_chunk != chunk)
        return;
    answer->cut_at = faults->cut_at;
    faults->cut_at = WEB_WHOLE;
}

static void give(Sandbox *sandbox, SandboxMessage *message, int chunk, const WebRequest *request,
                 Arena *arena, WebAnswer *answer)
{
    SandboxFaults *faults = &sandbox->faults;
    const char *takes = web_header(request, "Accept-Encoding");
    bool is_last = chunk >= message->chunk_count;

    if (faults->busy > 0 && faults->busy_from_chunk > 0 && chunk >= faults->busy_from_chunk) {
        faults->busy--;
        refuse(sandbox, answer, 503);
        return;
    }
    if (message->is_gone || faults->gone_at_chunk == chunk) {
        refuse(sandbox, answer, 410);
        return;
    }
    if (faults->missing_chunk == chunk || chunk > (message->is_report ? 1 : message->chunk_count)) {
        refuse(sandbox, answer, 404);
        return;
    }
    answer->status = is_last ? 200 : 206;
    if (faults->says_more_at_last && is_last)
        answer->status = 206;
    if (faults->says_last_at_first && chunk == 1)
        answer->status = 200;
    describe(message, sandbox, chunk, arena, answer);
    if (strcmp(web_method(request), "HEAD") == 0)
        answer->status = 200;
    if (message->is_report || strcmp(web_method(request), "HEAD") == 0)
        return;
    answer->body = content_of(faults, message, chunk, arena);
    if (message->is_packed && takes != NULL && strstr(takes, "gzip") != NULL) {
        answer->body = pack(arena, answer->body);
        web_add_header(answer, "content-encoding", "gzip");
        web_add_header(answer, "mex-content-compressed", "Y");
    }
    cut_once(faults, chunk, answer);
    if (faults->damaged_chunk == chunk)
        answer->body.length -= faults->damaged_bytes;
    answer->has_no_end = faults->endless_chunk == chunk;
    if (answer->has_no_end)
        answer->body.length /= 2;
    answer->has_no_length = faults->has_no_length;
    answer->piece_bytes = faults->piece_bytes;
    if (is_last && answer->cut_at == WEB_WHOLE)
        message->fetched++;
}

static void acknowledge(Sandbox *sandbox, SandboxMessage *message, WebAnswer *answer)
{
    if (sandbox->before_acknowledgement != NULL)
        sandbox->before_acknowledgement();
    message->acknowledged++;
    if (sandbox->faults.lost_acknowledgements > 0) {
        sandbox->faults.lost_acknowledgements--;
        answer->is_dropped = true;
    }
}

static SandboxMessage *find(Sandbox *sandbox, Text id)
{
    for (size_t i = 0; i < sandbox->message_count; i++)
        if (text_equal(id, text_from(sandbox->messages[i].id)))
            return &sandbox->messages[i];
    return NULL;
}

static void answer_message(Sandbox *sandbox, const WebRequest *request, Text rest, Arena *arena,
                           WebAnswer *answer)
{
    SandboxMessage *message = find(sandbox, text_next(&rest, '/'));
    int64_t chunk = 1;

    if (message == NULL) {
        refuse(sandbox, answer, 404);
    } else if (text_equal(rest, TEXT("status/acknowledged"))) {
        if (strcmp(web_method(request), "PUT") != 0)
            refuse(sandbox, answer, 405);
        else
            acknowledge(sandbox, message, answer);
    } else if (message->acknowledged > 0 || (rest.length > 0 && !text_to_int64(rest, &chunk))) {
        refuse(sandbox, answer, 404);
    } else {
        give(sandbox, message, (int)chunk, request, arena, answer);
    }
}

static void shake_hands(Sandbox *sandbox, const WebRequest *request, WebAnswer *answer)
{
    if (strcmp(web_method(request), "POST") != 0 || web_header(request, "mex-ClientVersion") == NULL ||
        web_header(request, "mex-OSName") == NULL || web_header(request, "mex-OSVersion") == NULL)
        refuse(sandbox, answer, 400);
    else
        sandbox->handshakes++;
}

static void serve(void *context, const WebRequest *request, Arena *arena, WebAnswer *answer)
{
    Sandbox *sandbox = context;
    const char *accepts = web_header(request, "Accept");
    char mailbox[64];
    Text rest = text_from(web_path(request));

    sandbox->requests++;
    if (sandbox->faults.drops > 0) {
        sandbox->faults.drops--;
        answer->is_dropped = true;
        return;
    }
    (void)text_next(&rest, '/');
    bool is_exchange = text_equal(text_next(&rest, '/'), TEXT("messageexchange"));
    Text owner = text_next(&rest, '/');
    (void)snprintf(mailbox, sizeof mailbox, "%.*s", TEXT_ARG(owner));
    /* A token is used up by a request that is turned away, too. */
    if (!is_exchange || !is_authorised(sandbox, request, mailbox)) {
        refuse(sandbox, answer, 403);
    } else if (sandbox->faults.busy > 0 && sandbox->faults.busy_from_chunk == 0) {
        sandbox->faults.busy--;
        refuse(sandbox, answer, 503);
    } else if (accepts == NULL || strcmp(accepts, "application/vnd.mesh.v2+json") != 0) {
        refuse(sandbox, answer, 406);
    } else if (rest.length == 0) {
        shake_hands(sandbox, request, answer);
    } else if (!text_equal(text_next(&rest, '/'), TEXT("inbox"))) {
        refuse(sandbox, answer, 404);
    } else if (rest.length == 0) {
        list(sandbox, request, arena, answer);
    } else {
        answer_message(sandbox, request, rest, arena, answer);
    }
}

void sandbox_start(Sandbox *sandbox, SandboxMessage *messages, size_t count)
{
    sandbox->messages = messages;
    sandbox->message_count = count;
    sandbox->authority = test_authority_create();
    sandbox->web = test_web_start(sandbox->authority, "localhost", true, serve, sandbox);
    (void)snprintf(sandbox->url, sizeof sandbox->url, "https://localhost:%d", test_web_port(sandbox->web));
}

void sandbox_stop(Sandbox *sandbox)
{
    test_web_stop(&sandbox->web);
    test_authority_close(&sandbox->authority);
}
