#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/transfer_attempt.h"

enum { STATUS_OK = 200, STATUS_PARTIAL = 206, DATE_BYTES = 64 };

/*
 * When a connection kept from before turns out to be dead, libcurl sends the request again by itself: with
 * the signature that the host may have counted already. Then the try ends, and the next one is signed anew.
 */
int attempt_begin(void *context, char *to, char *from, int to_port, int from_port)
{
    Attempt *attempt = context;
    bool is_again = attempt->is_sent && attempt->request->sign != NULL;
    (void)to;
    (void)from;
    (void)to_port;
    (void)from_port;

    attempt->is_sent = true;
    return is_again ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

size_t attempt_take_header(char *data, size_t size, size_t count, void *context)
{
    Attempt *attempt = context;
    TextBuilder *headers = &attempt->transfer->headers;
    size_t length = size * count;

    if (length > TRANSFER_HEADER_BYTES_MAX - headers->length)
        return 0; /* curl ends the transfer with an error */
    if (length > 5 && memcmp(data, "HTTP/", 5) == 0)
        headers->length = 0; /* 100 Continue came before */
    text_add(headers, (Text){.data = data, .length = length});
    return length;
}

Text transfer_header(const Transfer *transfer, const char *name)
{
    Text rest = text_built(&transfer->headers);

    while (rest.length > 0) {
        Text line = text_next(&rest, '\n');
        Text key = text_next(&line, ':');
        if (text_equal_ignore_case(key, text_from(name))) {
            while (line.length > 0 && line.data[line.length - 1] == '\r')
                line.length--;
            return text_trim(line);
        }
    }
    return TEXT("");
}

/* RFC 9110, 8.8.2.2: a date of the very second the answer was sent does not prove equal bytes. */
static bool is_date_proof(Text changed, Text sent)
{
    char changed_date[DATE_BYTES], sent_date[DATE_BYTES];

    if (changed.length == 0 || changed.length >= DATE_BYTES || sent.length >= DATE_BYTES)
        return false;
    (void)snprintf(changed_date, sizeof changed_date, "%.*s", TEXT_ARG(changed));
    (void)snprintf(sent_date, sizeof sent_date, "%.*s", TEXT_ARG(sent));
    time_t changed_at = curl_getdate(changed_date, NULL), sent_at = curl_getdate(sent_date, NULL);
    return changed_at > 0 && sent_at > changed_at + 1;
}

/* RFC 9110, 8.8.3: nor does a weak tag. */
static void keep_http_validator(Transfer *transfer)
{
    Text tag = transfer_header(transfer, "etag"), changed = transfer_header(transfer, "last-modified");

    transfer->validator.length = 0;
    if (tag.length > 1 && tag.data[0] == '"')
        text_add(&transfer->validator, tag);
    else if (tag.length == 0 && is_date_proof(changed, transfer_header(transfer, "date")))
        text_add(&transfer->validator, changed);
}

Text transfer_validator(const Transfer *transfer)
{
    return text_built(&transfer->validator);
}

/* "bytes FROM-TO/SIZE" or "bytes FROM-TO/" and a star: begins it where we asked? *size -1: a star. */
static bool read_range(Text range, uint64_t from, int64_t *size)
{
    Text unit = text_next(&range, ' ');
    Text first = text_next(&range, '-');
    Text last = text_next(&range, '/');
    int64_t first_byte, last_byte;

    if (!text_equal_ignore_case(unit, TEXT("bytes")) || !text_to_int64(first, &first_byte) ||
        !text_to_int64(last, &last_byte) || first_byte < 0 || (uint64_t)first_byte != from)
        return false;
    if (text_equal(range, TEXT("*"))) {
        *size = -1;
        return true;
    }
    return text_to_int64(range, size) && last_byte == *size - 1;
}

static Result fail_changed(const Attempt *attempt, Error *error)
{
    return fail(error, ERROR_INPUT, "%s: the file is another by now, or cannot be read from its middle",
                attempt->transfer->settings.place);
}

static Result see_http(Attempt *attempt, Error *error)
{
    Transfer *transfer = attempt->transfer;
    TransferAnswer *answer = attempt->answer;
    long status = 0;
    curl_off_t length = -1;

    curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
    answer->status = (int)status;
    if (status >= 300 && status < 400)
        return fail(error, ERROR_REFUSED, "%s: answers %ld, another place, where we do not go",
                    transfer->settings.place, status);
    if (status != STATUS_OK && status != STATUS_PARTIAL)
        return RESULT_OK;
    if (attempt->from == 0) {
        curl_easy_getinfo(transfer->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
        answer->size = length;
        keep_http_validator(transfer);
        return RESULT_OK;
    }
    int64_t size = -1;
    if (status != STATUS_PARTIAL ||
        !read_range(transfer_header(transfer, "content-range"), attempt->from, &size) ||
        (answer->size >= 0 && size >= 0 && size != answer->size))
        return fail_changed(attempt, error);
    if (size >= 0)
        answer->size = size;
    keep_http_validator(transfer);
    return RESULT_OK;
}

static Result see_sftp(Attempt *attempt, Error *error)
{
    Transfer *transfer = attempt->transfer;
    curl_off_t length = -1;
    SCOPED(text_builder_close) TextBuilder found = text_builder(TRANSFER_HEADER_BYTES_MAX);

    attempt->answer->status = STATUS_OK;
    curl_easy_getinfo(transfer->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    if (length < 0 || attempt->answer->changed < 0)
        return RESULT_OK;
    attempt->answer->size = (int64_t)attempt->from + length;
    text_add_format(&found, "%lld/%lld", (long long)attempt->answer->size,
                    (long long)attempt->answer->changed);
    if (attempt->from > 0 && !text_equal(text_built(&found), text_from(attempt->validator)))
        return fail_changed(attempt, error);
    transfer->validator.length = 0;
    text_add(&transfer->validator, text_built(&found));
    return RESULT_OK;
}

Result attempt_see(Attempt *attempt, Error *error)
{
    curl_off_t changed = -1;

    if (attempt->is_seen)
        return RESULT_OK;
    attempt->is_seen = true;
    curl_easy_getinfo(attempt->transfer->curl, CURLINFO_FILETIME_T, &changed);
    attempt->answer->changed = changed;
    return attempt->is_sftp ? see_sftp(attempt, error) : see_http(attempt, error);
}

static Result take(Attempt *attempt, const void *data, size_t length, Error *error)
{
    const TransferRequest *request = attempt->request;
    const char *place = attempt->transfer->settings.place;
    int status = attempt->answer->status;

    if (request->sink == NULL || (status != STATUS_OK && status != STATUS_PARTIAL)) {
        attempt->passed += length;
        return attempt->passed <= TRANSFER_OTHER_BYTES_MAX
                   ? RESULT_OK
                   : fail(error, ERROR_LIMIT, "%s: says more than it may where nothing is asked for", place);
    }
    if (length > request->bytes_max || attempt->at - request->offset > request->bytes_max - length)
        return fail(error, ERROR_LIMIT, "%s: sends more bytes than allowed", place);
    TRY(request->sink(request->sink_context, data, length, error));
    attempt->at += length;
    attempt->answer->given += length;
    return RESULT_OK;
}

size_t attempt_take_body(char *data, size_t size, size_t count, void *context)
{
    Attempt *attempt = context;
    size_t length = size * count;

    attempt->failed = attempt_see(attempt, attempt->error);
    if (attempt->failed.ok)
        attempt->failed = take(attempt, data, length, attempt->error);
    return attempt->failed.ok ? length : CURL_WRITEFUNC_ERROR;
}

Result attempt_fail(const Attempt *attempt, CURLcode code, Error *error)
{
    const char *place = attempt->transfer->settings.place;

    switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
        if (attempt->is_sftp)
            return fail(error, ERROR_REFUSED, "%s: the host's key is not the one in the known hosts file",
                        place);
        return fail(error, ERROR_REFUSED, "%s: the host's certificate cannot be verified", place);
    case CURLE_LOGIN_DENIED:
        return fail(error, ERROR_REFUSED, "%s: the host does not accept our key", place);
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return fail(error, ERROR_CONFIG, "%s: not a usable https or sftp address", place);
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
        return fail(error, ERROR_CONFIG, "%s: %s", place, curl_easy_strerror(code));
    default: /* curl's own constants, without anything of the host */
        return fail(error, ERROR_SYSTEM, "%s: %s", place, curl_easy_strerror(code));
    }
}
