#include "tests/support/web.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

enum { ARENA_BYTES = 64 << 20 };

struct TestWeb {
    struct MHD_Daemon *daemon;
    WebHandler handler;
    void *context;
    bool wants_client;
    int port;
};

struct WebRequest {
    struct MHD_Connection *connection;
    const char *method, *path;
};

typedef struct Body {
    char *data;
    size_t length, cut_at, piece_bytes;
} Body;

const char *web_method(const WebRequest *request)
{
    return request->method;
}

const char *web_path(const WebRequest *request)
{
    return request->path;
}

const char *web_query(const WebRequest *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

const char *web_header(const WebRequest *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

bool web_has_client(const WebRequest *request)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    unsigned problems = 1;

    return info != NULL && gnutls_certificate_verify_peers2(info->tls_session, &problems) == 0 &&
           problems == 0;
}

void web_add_header(WebAnswer *answer, const char *name, const char *value)
{
    if (answer->header_count == WEB_HEADERS_MAX)
        abort();
    answer->names[answer->header_count] = name;
    answer->values[answer->header_count++] = value;
}

static ssize_t give(void *context, uint64_t position, char *buffer, size_t room)
{
    const Body *body = context;

    if (position >= body->cut_at)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (position == body->length) /* asked for alone where no length was said */
        return MHD_CONTENT_READER_END_OF_STREAM;
    size_t length = body->length - position;
    if (length > body->cut_at - position)
        length = body->cut_at - position;
    if (length > room)
        length = room;
    if (body->piece_bytes > 0 && length > body->piece_bytes)
        length = body->piece_bytes;
    memcpy(buffer, body->data + position, length);
    return (ssize_t)length;
}

static void forget(void *context)
{
    Body *body = context;

    memory_free(body->data);
    memory_free(body);
}

static struct MHD_Response *make_response(const WebAnswer *answer)
{
    Body *body = memory_alloc(sizeof *body);

    body->length = answer->body.length;
    body->data = memory_alloc(body->length + 1);
    if (body->length > 0)
        memcpy(body->data, answer->body.data, body->length);
    body->cut_at = answer->cut_at == WEB_WHOLE ? SIZE_MAX : (size_t)answer->cut_at;
    body->piece_bytes = answer->piece_bytes;
    bool is_said = !answer->has_no_length && !answer->has_no_end;
    struct MHD_Response *response = MHD_create_response_from_callback(
        is_said ? body->length : MHD_SIZE_UNKNOWN, 32 << 10, give, body, forget);
    if (answer->has_no_end)
        (void)MHD_set_response_options(response, MHD_RF_HTTP_VERSION_1_0_ONLY, MHD_RO_END);
    for (size_t i = 0; i < answer->header_count; i++)
        (void)MHD_add_response_header(response, answer->names[i], answer->values[i]);
    return response;
}

static enum MHD_Result answer_request(void *context, struct MHD_Connection *connection, const char *url,
                                      const char *method, const char *version, const char *upload,
                                      size_t *upload_length, void **state)
{
    static int is_begun;
    TestWeb *web = context;
    WebRequest request = {.connection = connection, .method = method, .path = url};
    WebAnswer answer = {.status = MHD_HTTP_OK, .cut_at = WEB_WHOLE};
    (void)version;
    (void)upload;

    if (*state == NULL) {
        *state = &is_begun;
        return MHD_YES;
    }
    if (*upload_length > 0) {
        *upload_length = 0;
        return MHD_YES;
    }
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);
    if (web->wants_client && !web_has_client(&request))
        answer.status = MHD_HTTP_FORBIDDEN;
    else
        web->handler(web->context, &request, arena, &answer);
    if (answer.is_dropped)
        return MHD_NO;
    struct MHD_Response *response = make_response(&answer);
    enum MHD_Result queued = MHD_queue_response(connection, (unsigned)answer.status, response);
    MHD_destroy_response(response);
    return queued;
}

static void say_nothing(void *context, const char *format, va_list arguments)
{
    (void)context;
    (void)format;
    (void)arguments;
}

TestWeb *test_web_start(TestAuthority *authority, const char *host, bool wants_client, WebHandler handler,
                        void *context)
{
    TestWeb *web = memory_alloc(sizeof *web);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const char *certificate, *key;

    *web = (TestWeb){.handler = handler, .context = context, .wants_client = wants_client};
    test_authority_sign(authority, host, &certificate, &key);
    web->daemon = MHD_start_daemon(MHD_USE_TLS | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ERROR_LOG, 0, NULL,
                                   NULL, answer_request, web, MHD_OPTION_EXTERNAL_LOGGER, say_nothing, NULL,
                                   MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_HTTPS_MEM_CERT, certificate,
                                   MHD_OPTION_HTTPS_MEM_KEY, key, MHD_OPTION_HTTPS_MEM_TRUST,
                                   test_authority_pem(authority), MHD_OPTION_END);
    if (web->daemon == NULL)
        abort();
    web->port = MHD_get_daemon_info(web->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    return web;
}

int test_web_port(const TestWeb *web)
{
    return web->port;
}

void test_web_stop(TestWeb **web)
{
    if (*web == NULL)
        return;
    MHD_stop_daemon((*web)->daemon);
    memory_free(*web);
    *web = NULL;
}
