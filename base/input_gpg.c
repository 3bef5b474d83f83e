#include "base/input_gpg.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/input_child.h"

Result gpg_prepare(const char *folder, const char *const *more, GpgCall *call, Error *error)
{
    /* Nothing from the network, no question to anybody, no option that we did not choose, and no file but
     * those of the folder. Which keys are in there is decided by who may write there: all are trusted. */
    static const char *const common[] = {
        "/usr/bin/gpg",
        "--no-options",
        "--batch",
        "--no-tty",
        "--quiet",
        "--no-greeting",
        "--status-fd",
        "3",
        "--trust-model",
        "always",
        "--no-auto-key-retrieve",
        "--no-auto-check-trustdb",
        "--disable-dirmngr",
        "--pinentry-mode",
        "loopback",
        "--passphrase",
        "",
        "--homedir",
    };
    size_t count = sizeof common / sizeof *common;

    if (realpath(folder, call->folder) == NULL)
        return fail_errno(error, "%s", folder);
    if (strlen(call->folder) > GPG_FOLDER_BYTES_MAX)
        return fail(error, ERROR_CONFIG, "%s: longer than %d bytes, so gpg's agent cannot be reached", folder,
                    GPG_FOLDER_BYTES_MAX);
    memcpy(call->arguments, common, sizeof common);
    call->arguments[count++] = call->folder;
    for (; *more != NULL; more++) {
        assert(count < GPG_ARGUMENTS_MAX - 1);
        call->arguments[count++] = *more;
    }
    call->arguments[count] = NULL;
    return RESULT_OK;
}

/* VALIDSIG has the fingerprint of the key that signed first and that of its primary key last. */
static bool is_by(const char *signer, Text fields)
{
    if (signer == NULL)
        return false;
    if (text_equal(text_next(&fields, ' '), text_from(signer)))
        return true;
    Text last = {0};
    while (fields.data != NULL && fields.length > 0)
        last = text_next(&fields, ' ');
    return text_equal(last, text_from(signer));
}

static void take_line(GpgStatus *status)
{
    Text rest = {.data = status->line, .length = status->length};
    Text prefix = text_next(&rest, ' '), word = text_next(&rest, ' ');

    if (!text_equal(prefix, TEXT("[GNUPG:]")))
        return;
    if (text_equal(word, TEXT("DECRYPTION_OKAY")))
        status->is_opened = true;
    else if (text_equal(word, TEXT("GOODMDC")))
        status->is_unchanged = true;
    else if (text_equal(word, TEXT("DECRYPTION_FAILED")) || text_equal(word, TEXT("BADMDC")) ||
             text_equal(word, TEXT("NODATA")) || text_equal(word, TEXT("UNEXPECTED")))
        status->is_failed = true;
    else if (text_equal(word, TEXT("DECRYPTION_KEY")))
        status->has_key = true;
    else if (text_equal(word, TEXT("NEWSIG")))
        status->is_signer = false;
    else if (text_equal(word, TEXT("GOODSIG")))
        status->is_signer = true; /* good and in force; whose it is comes in the next line */
    else if (text_equal(word, TEXT("VALIDSIG")))
        status->has_good_signature |= status->is_signer && is_by(status->signer, rest);
    else if (text_equal(word, TEXT("KEY_CREATED")) || text_equal(word, TEXT("IMPORT_OK"))) {
        (void)text_next(&rest, ' ');
        Text fingerprint = text_next(&rest, ' ');
        if (fingerprint.length < sizeof status->made) {
            memset(status->made, 0, sizeof status->made);
            memcpy(status->made, fingerprint.data, fingerprint.length);
        }
    }
}

void gpg_status_take(GpgStatus *status, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == '\n') {
            take_line(status);
            status->length = 0;
        } else if (status->length < sizeof status->line) {
            status->line[status->length++] = bytes[i];
        }
    }
}

/* ---- one short run ---- */

enum { END_COUNT = 3, POLL_MS = 1000, SECONDS_MAX = 120 };

static void give(InputChild *child, Text *input)
{
    ssize_t sent = input->length > 0 ? send(child->in, input->data, input->length, MSG_NOSIGNAL) : 0;

    if (sent > 0)
        *input = text_slice(*input, (size_t)sent, input->length);
    if (input->length == 0 || (sent < 0 && errno != EAGAIN && errno != EINTR))
        input_child_close_end(&child->in);
}

/* The length read; at its end the descriptor is closed. */
static size_t take(int *descriptor, char *bytes, size_t capacity)
{
    ssize_t got = read(*descriptor, bytes, capacity);

    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
        input_child_close_end(descriptor);
    return got > 0 ? (size_t)got : 0;
}

static Result talk(InputChild *child, Text input, TextBuilder *output, GpgStatus *status, Error *error)
{
    char bytes[GPG_LINE_BYTES];

    for (int idle = 0; child->out >= 0 || child->status >= 0;) {
        struct pollfd ends[END_COUNT] = {{.fd = child->out, .events = POLLIN},
                                         {.fd = child->status, .events = POLLIN},
                                         {.fd = child->in, .events = POLLOUT}};
        idle = poll(ends, END_COUNT, POLL_MS) == 0 ? idle + 1 : 0;
        if (idle * POLL_MS / 1000 >= SECONDS_MAX)
            return fail(error, ERROR_SYSTEM, "gpg: does not answer");
        if (ends[0].revents != 0) {
            size_t length = take(&child->out, bytes, sizeof bytes);
            if (length > output->bytes_max - output->length)
                return fail(error, ERROR_LIMIT, "gpg: answers with more than is taken");
            text_add(output, (Text){.data = bytes, .length = length});
        }
        if (ends[1].revents != 0)
            gpg_status_take(status, bytes, take(&child->status, bytes, sizeof bytes));
        if (ends[2].revents != 0)
            give(child, &input);
    }
    return RESULT_OK;
}

Result gpg_run(const char *folder, const char *const *more, Text input, TextBuilder *output,
               GpgStatus *status, Error *error)
{
    SCOPED(input_child_close) InputChild child = INPUT_CHILD_NONE;
    GpgCall call;

    TRY(gpg_prepare(folder, more, &call, error));
    TRY(input_child_start(call.arguments, &child, error));
    TRY(talk(&child, input, output, status, error));
    input_child_close_end(&child.in);
    int exit_status = input_child_wait(&child);
    if (exit_status != 0)
        return fail(error, ERROR_SYSTEM, "gpg: %s",
                    exit_status == INPUT_CHILD_NOT_RUN ? "cannot be run" : "failed");
    return RESULT_OK;
}
