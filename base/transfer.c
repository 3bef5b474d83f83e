#include "base/transfer.h"

#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/secret.h"
#include "base/transfer_attempt.h"

enum {
    TRIES = 3,
    WAIT_MS = 500,
    WAIT_MS_MAX = 60 * 1000,
    CONNECT_SECONDS = 30,
    STALL_SECONDS = 60,
    ARENA_BYTES = 64 << 10,
    STATUS_NOT_FOUND = 404,
    STATUS_FORBIDDEN = 403
};

/* RFC 6585, RFC 8470, RFC 9110: the host asks for another try. */
static const int busy_statuses[] = {425, 429, 502, 503, 504};

static const CURLcode lost_connections[] = {
    CURLE_COULDNT_RESOLVE_HOST,
    CURLE_COULDNT_CONNECT,
    CURLE_OPERATION_TIMEDOUT,
    CURLE_PARTIAL_FILE,
    CURLE_SEND_ERROR,
    CURLE_RECV_ERROR,
    CURLE_GOT_NOTHING,
    CURLE_SSL_CONNECT_ERROR,
    CURLE_SSH,
    CURLE_AGAIN,
    CURLE_ABORTED_BY_CALLBACK, /* attempt_begin's */
};

static void start_curl(void)
{
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

static Result check_file(const TransferSettings *settings, const char *path, bool is_ours_alone, Error *error)
{
    struct stat status;

    if (path == NULL)
        return RESULT_OK;
    if (stat(path, &status) != 0)
        return fail_errno(error, "%s: %s", settings->place, path);
    if (!S_ISREG(status.st_mode))
        return fail(error, ERROR_CONFIG, "%s: %s: not a regular file", settings->place, path);
    if (is_ours_alone && ((status.st_mode & 077) != 0 || status.st_uid != geteuid()))
        return fail(error, ERROR_CONFIG, "%s: %s: a private key must be its owner's alone, and the owner us",
                    settings->place, path);
    return RESULT_OK;
}

static const char *keep(Arena *arena, const char *text)
{
    return text == NULL ? NULL : text_to_string(arena, text_from(text));
}

static unsigned or_else(unsigned value, unsigned instead)
{
    return value != 0 ? value : instead;
}

static void keep_settings(Transfer *transfer, const TransferSettings *given)
{
    Arena *arena = transfer->arena;

    transfer->settings = (TransferSettings){
        .place = keep(arena, given->place),
        .trust_file = keep(arena, given->trust_file),
        .revoked_file = keep(arena, given->revoked_file),
        .certificate_file = keep(arena, given->certificate_file),
        .key_file = keep(arena, given->key_file),
        .user = keep(arena, given->user),
        .private_key_file = keep(arena, given->private_key_file),
        .known_hosts_file = keep(arena, given->known_hosts_file),
        .tries = or_else(given->tries, TRIES),
        .wait_ms = or_else(given->wait_ms, WAIT_MS),
        .connect_seconds = or_else(given->connect_seconds, CONNECT_SECONDS),
        .stall_seconds = or_else(given->stall_seconds, STALL_SECONDS),
        .request_seconds = given->request_seconds,
    };
}

Result transfer_open(const TransferSettings *settings, Transfer **transfer, Error *error)
{
    static pthread_once_t is_started = PTHREAD_ONCE_INIT;

    (void)pthread_once(&is_started, start_curl);
    if ((settings->certificate_file == NULL) != (settings->key_file == NULL))
        return fail(error, ERROR_CONFIG, "%s: a client certificate and its key go together", settings->place);
    TRY(check_file(settings, settings->trust_file, false, error));
    TRY(check_file(settings, settings->revoked_file, false, error));
    TRY(check_file(settings, settings->certificate_file, false, error));
    TRY(check_file(settings, settings->key_file, true, error));
    TRY(check_file(settings, settings->private_key_file, true, error));
    TRY(check_file(settings, settings->known_hosts_file, false, error));

    SCOPED(transfer_close) Transfer *made = memory_alloc(sizeof *made);
    made->arena = arena_create(ARENA_BYTES);
    made->headers = text_builder(TRANSFER_HEADER_BYTES_MAX);
    made->validator = text_builder(TRANSFER_HEADER_BYTES_MAX);
    made->wanted = text_builder(TRANSFER_HEADER_BYTES_MAX);
    made->curl = curl_easy_init();
    if (made->curl == NULL)
        return fail(error, ERROR_SYSTEM, "%s: libcurl cannot be set up", settings->place);
    keep_settings(made, settings);
    *transfer = made;
    made = NULL;
    return RESULT_OK;
}

void transfer_close(Transfer **transfer)
{
    if (*transfer == NULL)
        return;
    curl_easy_cleanup((*transfer)->curl);
    text_builder_close(&(*transfer)->headers);
    text_builder_close(&(*transfer)->validator);
    text_builder_close(&(*transfer)->wanted);
    arena_close(&(*transfer)->arena);
    memory_free(*transfer);
    *transfer = NULL;
}

static bool is_busy(int status)
{
    for (size_t i = 0; i < sizeof busy_statuses / sizeof busy_statuses[0]; i++)
        if (status == busy_statuses[i])
            return true;
    return false;
}

static bool is_lost(CURLcode code)
{
    for (size_t i = 0; i < sizeof lost_connections / sizeof lost_connections[0]; i++)
        if (code == lost_connections[i])
            return true;
    return false;
}

/* SFTP has no status: what stands for one. */
static bool is_answer(Attempt *attempt, CURLcode code)
{
    if (!attempt->is_sftp || (code != CURLE_REMOTE_FILE_NOT_FOUND && code != CURLE_REMOTE_ACCESS_DENIED))
        return false;
    attempt->answer->status = code == CURLE_REMOTE_FILE_NOT_FOUND ? STATUS_NOT_FOUND : STATUS_FORBIDDEN;
    return true;
}

static void list_close(struct curl_slist **list)
{
    for (struct curl_slist *item = *list; item != NULL; item = item->next)
        secret_wipe(item->data, strlen(item->data)); /* tokens */
    curl_slist_free_all(*list);
}

static Result run(Attempt *attempt, Error *error)
{
    SCOPED(list_close) struct curl_slist *list = NULL;

    attempt->answer->is_transient = false;
    attempt->answer->status = 0;
    attempt->is_sent = false;
    attempt->transfer->headers.length = 0;
    TRY(attempt_prepare(attempt, &list, error));
    attempt->answer->tries++;
    CURLcode code = curl_easy_perform(attempt->transfer->curl);
    curl_easy_setopt(attempt->transfer->curl, CURLOPT_HTTPHEADER, NULL); /* list ends with this function */
    if (!attempt->failed.ok || is_answer(attempt, code))
        return attempt->failed;
    if (code != CURLE_OK) {
        attempt->answer->is_transient = is_lost(code);
        return attempt_fail(attempt, code, error);
    }
    TRY(attempt_see(attempt, error));
    attempt->answer->is_transient = is_busy(attempt->answer->status);
    return RESULT_OK;
}

/* May the request be made again, and from where? Behind a byte that was given only with a proof. */
static bool prepare_next(Attempt *attempt)
{
    const TransferRequest *request = attempt->request;
    Text validator = transfer_validator(attempt->transfer);

    if (!attempt->answer->is_transient || attempt->answer->tries >= attempt->transfer->settings.tries)
        return false;
    attempt->is_seen = false;
    attempt->passed = 0;
    if (attempt->at == attempt->from)
        return true;
    if (!request->may_go_on || validator.length == 0)
        return false;
    attempt->from = attempt->at;
    attempt->transfer->wanted.length = 0;
    text_add(&attempt->transfer->wanted, validator);
    attempt->validator = attempt->transfer->wanted.data;
    return true;
}

/* Twice as long each time; longer where the host says so, up to a minute. */
static void wait_before_next(const Attempt *attempt)
{
    unsigned doubled = attempt->answer->tries - 1 < 16 ? attempt->answer->tries - 1 : 16;
    uint64_t wait_ms = (uint64_t)attempt->transfer->settings.wait_ms << doubled;
    int64_t asked_seconds;

    if (text_to_int64(transfer_header(attempt->transfer, "retry-after"), &asked_seconds) &&
        asked_seconds > 0 && asked_seconds <= WAIT_MS_MAX / 1000 && wait_ms < (uint64_t)asked_seconds * 1000)
        wait_ms = (uint64_t)asked_seconds * 1000;
    if (wait_ms > WAIT_MS_MAX)
        wait_ms = WAIT_MS_MAX;
    struct timespec left = {.tv_sec = (time_t)(wait_ms / 1000), .tv_nsec = (long)(wait_ms % 1000) * 1000000};
    while (nanosleep(&left, &left) != 0)
        ;
}

/* What the request needs, and whether it is one for SFTP. */
static Result check_request(const Transfer *transfer, const TransferRequest *request, bool *is_sftp,
                            Error *error)
{
    const TransferSettings *settings = &transfer->settings;
    Text url = text_from(request->url);

    *is_sftp = text_starts_with(url, TEXT("sftp://"));
    if (!*is_sftp && !text_starts_with(url, TEXT("https://")))
        return fail(error, ERROR_CONFIG, "%s: an address begins with https:// or sftp://", settings->place);
    if (*is_sftp &&
        (settings->known_hosts_file == NULL || settings->private_key_file == NULL || settings->user == NULL))
        return fail(error, ERROR_CONFIG, "%s: SFTP wants a user, a private key and a known hosts file",
                    settings->place);
    if (request->offset > 0 && (request->validator == NULL || request->validator[0] == '\0'))
        return fail(error, ERROR_LIMIT, "%s: nothing proves that the file is the same: begin anew",
                    settings->place);
    return RESULT_OK;
}

Result transfer_try(Transfer *transfer, const TransferRequest *request, TransferListing listing,
                    const char *command, TransferAnswer *answer, Error *error)
{
    bool is_sftp;

    *answer = (TransferAnswer){.size = -1, .changed = -1};
    TRY(check_request(transfer, request, &is_sftp, error));
    Attempt attempt = {.transfer = transfer,
                       .request = request,
                       .answer = answer,
                       .validator = request->validator,
                       .listing = listing,
                       .command = command,
                       .is_sftp = is_sftp,
                       .from = request->offset,
                       .at = request->offset,
                       .failed = RESULT_OK,
                       .error = error};
    transfer->validator.length = 0;
    Result done = run(&attempt, error);
    while (prepare_next(&attempt)) {
        wait_before_next(&attempt);
        done = run(&attempt, error);
    }
    return done;
}

Result transfer_perform(Transfer *transfer, const TransferRequest *request, TransferAnswer *answer,
                        Error *error)
{
    return transfer_try(transfer, request, LISTING_NONE, NULL, answer, error);
}

char *transfer_url(Arena *arena, const char *base, Text name)
{
    char *escaped = curl_easy_escape(NULL, name.data, (int)name.length);
    size_t length = strlen(base);
    const char *slash = length > 0 && base[length - 1] == '/' ? "" : "/";
    Text whole = text_format(arena, "%s%s%s", base, slash, escaped != NULL ? escaped : "");

    curl_free(escaped);
    return text_to_string(arena, whole);
}
