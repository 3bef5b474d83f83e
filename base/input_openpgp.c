/*
 * An OpenPGP message, opened by gpg beside us: it gets the message and gives the content by pipes. We let
 * only a message through whose every change shows, and its end counts only once gpg has said that all was
 * well.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/input_child.h"
#include "base/input_gpg.h"
#include "base/input_layer.h"
#include "base/input_packets.h"

enum { POLL_MS = 1000, END_COUNT = 3 };

typedef struct OpenPgp {
    InputChild child;
    Packets packets;
    GpgStatus status;
    bool has_ended; /* and was found good */
} OpenPgp;

/* ---- what it is told by ---- */

/* A session key (RFC 9580, 5.1) of version 3 or 6 in front, or what we refuse by name: one from a passphrase
 * (5.3). Text could begin with the first byte, but has no such second one. */
bool input_is_openpgp(const unsigned char *bytes, size_t length)
{
    static const unsigned char octets_old[] = {1, 2, 4, 0};
    enum { NEEDED = 16, SESSION_KEY_MAX = 4096 };
    size_t at;

    if (length < NEEDED || (bytes[0] & 0x80) == 0)
        return false;
    bool is_new = (bytes[0] & 0x40) != 0;
    unsigned tag = is_new ? bytes[0] & 0x3Fu : (bytes[0] & 0x3Fu) >> 2;
    if (tag != 1 && tag != 3)
        return false;
    if (is_new)
        at = 1 + (bytes[1] < 192 ? 1u : bytes[1] < 224 ? 2u : 5u);
    else
        at = 1u + octets_old[bytes[0] & 3];
    if (tag == 3)
        return bytes[at] >= 4 && bytes[at] <= 6 && bytes[at + 1] > 0 && bytes[at + 1] < 32;
    return bytes[at] == 3 || bytes[at] == 6;
}

/* ---- the message ---- */

static Result check_packets(InputLayer *layer, Error *error)
{
    OpenPgp *openpgp = layer->decoder;
    const char *path = layer->file->path;

    switch (packets_take(&openpgp->packets, layer->block + layer->at, layer->length - layer->at)) {
    case PACKETS_GOOD:
        return RESULT_OK;
    case PACKETS_PASSPHRASE:
        return fail(error, ERROR_INPUT,
                    "%s: an OpenPGP message under a passphrase; ask for one to the key for deliveries", path);
    case PACKETS_UNPROTECTED:
        return fail(error, ERROR_INPUT,
                    "%s: an OpenPGP message without modification detection, so it could have been changed",
                    path);
    case PACKETS_FOLLOWED:
        return fail(error, ERROR_INPUT, "%s: bytes behind the OpenPGP message", path);
    case PACKETS_DAMAGED:
        break;
    }
    return fail(error, ERROR_INPUT, "%s: OpenPGP message is damaged", path);
}

static Result open_openpgp(InputLayer *layer, Error *error)
{
    /* A signature that nobody asked for is not looked at: it could be anybody's. */
    static const char *const unsigned_too[] = {"--skip-verify", "--decrypt", NULL};
    static const char *const signed_alone[] = {"--decrypt", NULL};
    OpenPgp *openpgp = layer->decoder = memory_alloc(sizeof *openpgp);
    GpgCall call;
    const InputKeys *keys;

    openpgp->child = INPUT_CHILD_NONE;
    TRY(input_layer_keys(layer, &keys, error));
    openpgp->status.signer = keys->signer;
    layer->checks_signer = layer->checks_signature = keys->signer != NULL;
    TRY(check_packets(layer, error));
    TRY(gpg_prepare(keys->folder, keys->signer != NULL ? signed_alone : unsigned_too, &call, error));
    return input_child_start(call.arguments, &openpgp->child, error);
}

/* ---- gpg ---- */

static Result feed(InputLayer *layer, Error *error)
{
    OpenPgp *openpgp = layer->decoder;

    if (layer->at == layer->length) {
        TRY(input_layer_fill(layer, error));
        TRY(check_packets(layer, error));
    }
    if (layer->at == layer->length) {
        if (!packets_are_whole(&openpgp->packets))
            return fail(error, ERROR_INPUT, "%s: OpenPGP message ends early", layer->file->path);
        input_child_close_end(&openpgp->child.in);
        return RESULT_OK;
    }
    ssize_t sent = send(openpgp->child.in, layer->block + layer->at, layer->length - layer->at, MSG_NOSIGNAL);
    if (sent >= 0)
        layer->at += (size_t)sent;
    else if (errno != EAGAIN && errno != EINTR)
        input_child_close_end(&openpgp->child.in); /* it is gone; its status tells why */
    return RESULT_OK;
}

/* *length 0: nothing now, or *descriptor is closed. */
static Result take(const InputLayer *layer, int *descriptor, void *buffer, size_t capacity, size_t *length,
                   Error *error)
{
    ssize_t got = read(*descriptor, buffer, capacity);

    *length = got > 0 ? (size_t)got : 0;
    if (got < 0 && errno != EAGAIN && errno != EINTR)
        return fail_errno(error, "%s: gpg", layer->file->path);
    if (got == 0)
        input_child_close_end(descriptor);
    return RESULT_OK;
}

static Result take_status(const InputLayer *layer, Error *error)
{
    OpenPgp *openpgp = layer->decoder;
    char bytes[GPG_LINE_BYTES];
    size_t length;

    TRY(take(layer, &openpgp->child.status, bytes, sizeof bytes, &length, error));
    gpg_status_take(&openpgp->status, bytes, length);
    return RESULT_OK;
}

/* Waits until an end is ready, and works on it. */
static Result work(InputLayer *layer, void *buffer, size_t capacity, size_t *length, Error *error)
{
    OpenPgp *openpgp = layer->decoder;
    InputChild *child = &openpgp->child;
    struct pollfd ends[END_COUNT] = {
        {.fd = child->out, .events = POLLIN},
        {.fd = child->status, .events = POLLIN},
        {.fd = child->in, .events = POLLOUT},
    };

    if (poll(ends, END_COUNT, POLL_MS) < 0 && errno != EINTR)
        return fail_errno(error, "%s: gpg", layer->file->path);
    if (ends[1].revents != 0)
        TRY(take_status(layer, error));
    if (ends[0].revents != 0)
        TRY(take(layer, &child->out, buffer, capacity, length, error));
    if (ends[2].revents != 0)
        TRY(feed(layer, error));
    return input_layer_check_time(layer, error);
}

/* The end counts only when everything that should have been said was. */
static Result finish(InputLayer *layer, Error *error)
{
    OpenPgp *openpgp = layer->decoder;
    const GpgStatus *status = &openpgp->status;
    const char *path = layer->file->path;
    int exit_status = input_child_wait(&openpgp->child);
    bool is_unchanged = status->is_unchanged || openpgp->packets.is_aead;
    bool is_good = status->is_opened && is_unchanged && !status->is_failed;

    if (exit_status == INPUT_CHILD_NOT_RUN)
        return fail(error, ERROR_SYSTEM, "%s: an OpenPGP message, and gpg cannot be run", path);
    if (exit_status == INPUT_CHILD_KILLED)
        return fail(error, ERROR_SYSTEM, "%s: gpg was killed while it opened the file", path);
    if (!is_good && !status->has_key)
        return fail(error, ERROR_CONFIG, "%s: no key for deliveries opens it", path);
    if (is_good && status->signer != NULL && !status->has_good_signature)
        return fail(error, ERROR_INPUT, "%s: not signed by key %s, as is demanded", path, status->signer);
    if (!is_good || exit_status != 0)
        return fail(error, ERROR_INPUT, "%s: OpenPGP message is damaged", path);
    openpgp->has_ended = true;
    return RESULT_OK;
}

static Result read_openpgp(InputLayer *layer, void *buffer, size_t capacity, size_t *length, Error *error)
{
    OpenPgp *openpgp = layer->decoder;

    if (openpgp->has_ended)
        return RESULT_OK;
    while (*length == 0) {
        if (openpgp->child.out < 0 && openpgp->child.status < 0)
            break;
        TRY(work(layer, buffer, capacity, length, error));
    }
    if (*length > 0)
        return RESULT_OK;
    /* it must not have stopped before its input did */
    while (openpgp->child.in >= 0)
        TRY(feed(layer, error));
    return finish(layer, error);
}

static void close_openpgp(InputLayer *layer)
{
    OpenPgp *openpgp = layer->decoder;

    input_child_close(&openpgp->child);
    memory_free(openpgp);
}

const InputKind INPUT_OPENPGP = {.name = "OpenPGP",
                                 .is_unpacking = true,
                                 .open = open_openpgp,
                                 .read = read_openpgp,
                                 .close = close_openpgp};
