#include "cli/client.h"

#include <curl/curl.h>
#include <string.h>

enum { ANSWER_BYTES_MAX = 64 << 20, CONNECT_SECONDS = 10, URL_BYTES = 2048 };

static const struct {
    const char *name;
    ErrorCode code;
} codes[] = {
    {"usage", ERROR_USAGE},   {"config", ERROR_CONFIG},   {"input", ERROR_INPUT},
    {"limit", ERROR_LIMIT},   {"refused", ERROR_REFUSED}, {"database", ERROR_DATABASE},
    {"system", ERROR_SYSTEM},
};

static size_t take(char *data, size_t size, size_t count, void *context)
{
    TextBuilder *answer = context;
    size_t length = size * count;

    if (length > ANSWER_BYTES_MAX - answer->length)
        return 0; /* curl ends the transfer with an error */
    text_add(answer, (Text){.data = data, .length = length});
    return length;
}

static void curl_close(CURL **curl)
{
    curl_easy_cleanup(*curl);
}

static Result perform(const char *socket_path, const char *method, const char *path, const char *body,
                      TextBuilder *answer, long *status, Error *error)
{
    SCOPED(curl_close) CURL *curl = curl_easy_init();
    char url[URL_BYTES];
    int length = snprintf(url, sizeof url, "http://cinqued%s", path);

    if (curl == NULL || length < 0 || (size_t)length >= sizeof url)
        return fail(error, ERROR_SYSTEM, "request: could not be made");
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket_path);
    curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* whatever the environment says */
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    if (body != NULL)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    CURLcode done = curl_easy_perform(curl);
    if (done == CURLE_COULDNT_CONNECT)
        return fail(error, ERROR_SYSTEM, "the broker does not answer; cinque broker start starts it");
    if (done != CURLE_OK)
        return fail(error, ERROR_SYSTEM, "the broker: %s", curl_easy_strerror(done));
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
    return RESULT_OK;
}

static Result fail_as_answered(const json_t *answer, Error *error)
{
    const char *message = json_string_value(json_object_get(answer, "error"));
    const char *name = json_string_value(json_object_get(answer, "code"));

    for (size_t i = 0; name != NULL && message != NULL && i < sizeof codes / sizeof codes[0]; i++)
        if (strcmp(codes[i].name, name) == 0)
            return fail(error, codes[i].code, "%s", message);
    return fail(error, ERROR_SYSTEM, "the broker answered with an error of an unknown kind");
}

Result client_call(const Cli *cli, const char *method, const char *path, const json_t *body, json_t **answer,
                   Error *error)
{
    SCOPED(text_builder_close) TextBuilder received = text_builder(ANSWER_BYTES_MAX);
    char socket_path[CLI_PATH_BYTES];
    char *sent = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
    long status = 0;

    Result done = cli_path(cli, "run/cinqued.sock", socket_path, error);
    if (done.ok)
        done = perform(socket_path, method, path, sent, &received, &status, error);
    memory_free(sent);
    TRY(done);
    Text text = text_built(&received);
    *answer = json_loadb(text.data, text.length, 0, NULL);
    if (!json_is_object(*answer))
        return fail(error, ERROR_SYSTEM, "the broker's answer is not JSON");
    return status == 200 ? RESULT_OK : fail_as_answered(*answer, error);
}

void client_release(json_t **answer)
{
    json_decref(*answer);
    *answer = NULL;
}

Text client_argument(Arena *arena, Text path, const char *name, const char *value)
{
    if (value == NULL)
        return path;
    char *escaped = curl_easy_escape(NULL, value, 0);
    Text whole =
        text_format(arena, "%.*s%c%s=%s", TEXT_ARG(path), memchr(path.data, '?', path.length) ? '&' : '?',
                    name, escaped != NULL ? escaped : "");
    curl_free(escaped);
    return whole;
}
