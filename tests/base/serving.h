#pragma once
/* A host of one file over HTTPS, what is to go wrong with it, and how it is asked. */
#include <stdio.h>

#include "tests/base/fetching.h"
#include "tests/support/support.h"
#include "tests/support/web.h"

enum { FILE_BYTES = 100000, URL_BYTES = 128 };

/* ---- the host ---- */

typedef struct Host {
    TestAuthority *authority;
    TestWeb *web;
    char data[FILE_BYTES];
    const char *tag, *changed;
    int requests;
    int busy; /* the first so many answers */
    int busy_status;
    int drops;   /* the first so many requests */
    long cut_at; /* of the first answer with a body */
    size_t piece_bytes;
    bool changes_after_first, ignores_range;
    bool redirects;
    char ranges[4][32]; /* asked for */
    char signatures[8][16];
    char method[8];
    char url[URL_BYTES];
    const char *trust_file;
} Host;

static Host host;

static inline void answer_range(const WebRequest *request, Arena *arena, WebAnswer *answer)
{
    const char *range = web_header(request, "Range"), *proof = web_header(request, "If-Range");
    int64_t from = 0;

    if (range == NULL || host.ignores_range ||
        (proof != NULL && host.tag != NULL && strcmp(proof, host.tag) != 0))
        return;
    Text rest = text_from(range);
    (void)text_next(&rest, '=');
    cr_assert(text_to_int64(text_next(&rest, '-'), &from));
    answer->status = 206;
    answer->body = text_slice(answer->body, (size_t)from, answer->body.length);
    web_add_header(answer, "Content-Range",
                   text_format(arena, "bytes %ld-%d/%d", (long)from, FILE_BYTES - 1, FILE_BYTES).data);
}

static inline void serve(void *context, const WebRequest *request, Arena *arena, WebAnswer *answer)
{
    const char *range = web_header(request, "Range"), *signature = web_header(request, "X-Signature");
    int number = host.requests++;
    (void)context;

    if (number < 4)
        (void)snprintf(host.ranges[number], sizeof host.ranges[0], "%s", range != NULL ? range : "");
    if (number < 8)
        (void)snprintf(host.signatures[number], sizeof host.signatures[0], "%s",
                       signature != NULL ? signature : "");
    (void)snprintf(host.method, sizeof host.method, "%s", web_method(request));
    if (host.redirects) {
        answer->status = 302;
        web_add_header(answer, "Location", "https://localhost/elsewhere");
        return;
    }
    answer->is_dropped = number < host.drops;
    if (number < host.busy) {
        answer->status = host.busy_status;
        answer->body = TEXT("busy, and nobody wants this text");
        return;
    }
    if (host.changes_after_first && number > 0)
        host.tag = "\"another\"";
    answer->body = (Text){.data = host.data, .length = FILE_BYTES};
    answer->piece_bytes = host.piece_bytes;
    if (host.cut_at >= 0) {
        answer->cut_at = host.cut_at;
        host.cut_at = WEB_WHOLE;
    }
    if (host.tag != NULL)
        web_add_header(answer, "eTaG", host.tag);
    if (host.changed != NULL)
        web_add_header(answer, "LAST-MODIFIED", host.changed);
    answer_range(request, arena, answer);
}

static inline void start_as(const char *name, bool wants_client)
{
    for (size_t i = 0; i < FILE_BYTES; i++)
        host.data[i] = (char)('a' + i * i % 23);
    host.cut_at = WEB_WHOLE;
    host.authority = test_authority_create();
    host.web = test_web_start(host.authority, name, wants_client, serve, NULL);
    host.trust_file = support_file("authority.pem", test_authority_pem(host.authority));
    (void)snprintf(host.url, sizeof host.url, "https://localhost:%d/file", test_web_port(host.web));
}

static inline void start(void)
{
    start_as("localhost", false);
}

static inline void stop(void)
{
    test_web_stop(&host.web);
    test_authority_close(&host.authority);
}

/* ---- us ---- */

static inline TransferSettings settings(void)
{
    return (TransferSettings){.place = "the feed", .trust_file = host.trust_file, .wait_ms = 1};
}

static inline TransferRequest request(void)
{
    return (TransferRequest){
        .method = "GET", .url = host.url, .bytes_max = FILE_BYTES, .may_go_on = true, .sink = keep};
}

static inline void expect_whole(void)
{
    cr_assert_eq(got.length, (size_t)FILE_BYTES);
    cr_expect_eq(memcmp(got.data, host.data, FILE_BYTES), 0);
}
