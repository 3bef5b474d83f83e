#include <stdio.h>
#include <string.h>

#include "base/transfer_attempt.h"

enum { STALL_BYTES_PER_SECOND = 64, HEADER_LINE_BYTES_MAX = 8 << 10 };

/* What holds for every request. None of it can be asked away: there is no setting that reaches these. */
static void set_always(Attempt *attempt)
{
    CURL *curl = attempt->transfer->curl;
    const TransferSettings *settings = &attempt->transfer->settings;

    curl_easy_reset(curl); /* connections stay open */
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* whatever the environment says */
    curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)settings->connect_seconds);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)settings->request_seconds);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, (long)STALL_BYTES_PER_SECOND);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)settings->stall_seconds);
    curl_easy_setopt(curl, CURLOPT_FILETIME, 1L);
    curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, attempt_begin);
    curl_easy_setopt(curl, CURLOPT_PREREQDATA, attempt);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, attempt_take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, attempt);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, attempt_take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, attempt);
}

static void set_tls(const Transfer *transfer)
{
    CURL *curl = transfer->curl;
    const TransferSettings *settings = &transfer->settings;

    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    if (settings->trust_file != NULL) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, settings->trust_file);
        curl_easy_setopt(curl, CURLOPT_CAPATH, NULL); /* else the system's authorities would count as well */
    }
    if (settings->revoked_file != NULL)
        curl_easy_setopt(curl, CURLOPT_CRLFILE, settings->revoked_file);
    if (settings->certificate_file != NULL) {
        curl_easy_setopt(curl, CURLOPT_SSLCERT, settings->certificate_file);
        curl_easy_setopt(curl, CURLOPT_SSLKEY, settings->key_file);
    }
}

static void set_ssh(const Transfer *transfer)
{
    CURL *curl = transfer->curl;
    const TransferSettings *settings = &transfer->settings;

    /* Without a key function libcurl refuses every host whose key is not in the file, and learns none. */
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "sftp");
    curl_easy_setopt(curl, CURLOPT_SSH_KNOWNHOSTS, settings->known_hosts_file);
    curl_easy_setopt(curl, CURLOPT_SSH_AUTH_TYPES, (long)CURLSSH_AUTH_PUBLICKEY);
    curl_easy_setopt(curl, CURLOPT_USERNAME, settings->user);
    curl_easy_setopt(curl, CURLOPT_SSH_PRIVATE_KEYFILE, settings->private_key_file);
}

static void set_method(CURL *curl, const TransferRequest *request)
{
    bool has_body = strcmp(request->method, "PUT") == 0 || strcmp(request->method, "POST") == 0;

    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_HTTP_CONTENT_DECODING, 0L); /* bytes as sent: their end is ours to check */
    if (has_body) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.length > 0 ? request->body.data : "");
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.length);
    }
    if (strcmp(request->method, "HEAD") == 0)
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    else
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
}

static Result add_header(struct curl_slist **list, const char *place, Text line, Error *error)
{
    if (memchr(line.data, '\r', line.length) != NULL || memchr(line.data, '\n', line.length) != NULL)
        return fail(error, ERROR_CONFIG, "%s: a header holds a line end", place);
    struct curl_slist *longer = curl_slist_append(*list, line.data);
    if (longer == NULL)
        return fail(error, ERROR_SYSTEM, "%s: memory exhausted", place);
    *list = longer;
    return RESULT_OK;
}

static Result add_pair(struct curl_slist **list, const char *place, const char *name, const char *value,
                       Error *error)
{
    SCOPED(text_builder_close) TextBuilder line = text_builder(HEADER_LINE_BYTES_MAX);

    if (strlen(name) + strlen(value) + 3 > HEADER_LINE_BYTES_MAX)
        return fail(error, ERROR_LIMIT, "%s: a header is too long", place);
    text_add_format(&line, "%s: %s", name, value);
    return add_header(list, place, text_built(&line), error);
}

/* Asked for from a place, a file that is another by now must come whole, which attempt_see refuses. */
static Result add_range(const Attempt *attempt, struct curl_slist **list, Error *error)
{
    const char *place = attempt->transfer->settings.place;
    char range[48];

    if (attempt->from == 0)
        return RESULT_OK;
    (void)snprintf(range, sizeof range, "bytes=%llu-", (unsigned long long)attempt->from);
    TRY(add_pair(list, place, "Range", range, error));
    return add_pair(list, place, "If-Range", attempt->validator, error);
}

static Result add_headers(const Attempt *attempt, struct curl_slist **list, Error *error)
{
    const TransferRequest *request = attempt->request;
    const char *place = attempt->transfer->settings.place;
    SCOPED(text_builder_close) TextBuilder signature = text_builder(HEADER_LINE_BYTES_MAX);

    TRY(add_header(list, place, TEXT("Expect:"), error)); /* curl's own additions, taken away */
    TRY(add_header(list, place, TEXT("Content-Type:"), error));
    for (size_t i = 0; i < request->header_count; i++)
        TRY(add_pair(list, place, request->headers[i].name, request->headers[i].value, error));
    TRY(add_range(attempt, list, error));
    if (request->sign == NULL)
        return RESULT_OK;
    TRY(request->sign(request->sign_context, &signature, error));
    return add_header(list, place, text_built(&signature), error);
}

static Result add_command(const Attempt *attempt, struct curl_slist **list, Error *error)
{
    if (attempt->command == NULL)
        return RESULT_OK;
    TRY(add_header(list, attempt->transfer->settings.place, text_from(attempt->command), error));
    curl_easy_setopt(attempt->transfer->curl, CURLOPT_QUOTE, *list);
    return RESULT_OK;
}

Result attempt_prepare(Attempt *attempt, struct curl_slist **list, Error *error)
{
    CURL *curl = attempt->transfer->curl;

    set_always(attempt);
    curl_easy_setopt(curl, CURLOPT_URL, attempt->request->url);
    if (attempt->is_sftp) {
        set_ssh(attempt->transfer);
        curl_easy_setopt(curl, CURLOPT_NOBODY, strcmp(attempt->request->method, "HEAD") == 0 ? 1L : 0L);
        curl_easy_setopt(curl, CURLOPT_DIRLISTONLY, attempt->listing == LISTING_NAMES ? 1L : 0L);
        curl_easy_setopt(curl, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)attempt->from);
        return add_command(attempt, list, error);
    }
    set_tls(attempt->transfer);
    set_method(curl, attempt->request);
    TRY(add_headers(attempt, list, error));
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, *list);
    return RESULT_OK;
}
