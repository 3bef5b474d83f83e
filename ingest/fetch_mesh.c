/*
 * Deliveries in a MESH mailbox. Reports are logged and acknowledged; a message that has waited for four days
 * is said so; a delivery is acknowledged, which deletes it, when pull.c says so.
 */
#include <inttypes.h>
#include <string.h>

#include "base/date.h"
#include "base/hash.h"
#include "base/log.h"
#include "ingest/fetch_remote.h"
#include "ingest/mesh.h"

enum { ARENA_BYTES = 64 << 20, MESSAGES_MAX = 50000 };

#define MESSAGE_BYTES_MAX ((uint64_t)1 << 40)

typedef struct Waiting {
    const char *id, *name; /* name NULL: no delivery */
    int64_t sent_us;
} Waiting;

/* The delivery fetched last, as far as it came: to go on behind it, the same bytes must come first. */
typedef struct Begun {
    char id[FETCH_ID_BYTES];
    HashStream *hash;
    uint64_t bytes;
} Begun;

typedef struct Mailbox {
    const Feed *feed;
    Arena *arena;
    Mesh *mesh;
    Waiting *messages;
    size_t count;
    Begun begun;
} Mailbox;

static void close_mailbox(void **state)
{
    Mailbox *mailbox = *state;

    if (mailbox == NULL)
        return;
    mesh_close(&mailbox->mesh);
    hash_close(&mailbox->begun.hash);
    arena_close(&mailbox->arena);
    memory_free(mailbox);
    *state = NULL;
}

static Result read_secrets(const FeedSettings *given, MeshSettings *settings, Error *error)
{
    TRY(feed_secret(given->password_file, &settings->password, &settings->password_length, error));
    Result read =
        feed_secret(given->shared_key_file, &settings->shared_key, &settings->shared_key_length, error);
    if (!read.ok)
        secret_close(&settings->password);
    return read;
}

static Result open_mesh(const Feed *feed, void **state, Error *error)
{
    const FeedSettings *given = &feed->settings;
    MeshSettings settings = {.place = feed->name,
                             .url = given->url,
                             .mailbox = given->mailbox,
                             .workflow = given->workflow,
                             .trust_file = given->ca_file,
                             .revoked_file = given->crl_file,
                             .certificate_file = given->certificate_file,
                             .key_file = given->key_file};
    Mesh *mesh = NULL;

    if (given->url == NULL || given->mailbox == NULL || given->password_file == NULL ||
        given->shared_key_file == NULL || given->certificate_file == NULL || given->key_file == NULL)
        return fail(
            error, ERROR_CONFIG,
            "feed %s: MESH wants url, mailbox, password_file, shared_key_file, certificate_file and key_file",
            feed->name);
    TRY(read_secrets(given, &settings, error));
    TRY(mesh_open(&settings, &mesh, error));
    Mailbox *mailbox = memory_alloc(sizeof *mailbox);
    *mailbox = (Mailbox){.feed = feed, .mesh = mesh, .arena = arena_create(ARENA_BYTES)};
    *state = mailbox;
    return RESULT_OK;
}

static Result note_id(void *context, const char *id, Error *error)
{
    Mailbox *mailbox = context;

    if (mailbox->count == MESSAGES_MAX)
        return fail(error, ERROR_LIMIT, "feed %s: more than %d messages wait", mailbox->feed->name,
                    MESSAGES_MAX);
    mailbox->messages[mailbox->count++] = (Waiting){.id = text_to_string(mailbox->arena, text_from(id))};
    return RESULT_OK;
}

static Result take_report(Mailbox *mailbox, const MeshMessage *message, Error *error)
{
    log_event(LOG_LEVEL_WARNING, "mesh_report", "feed=%s message=%s code=%s workflow=%s about=%s",
              mailbox->feed->name, message->id, message->status_code, message->workflow, message->linked);
    return mesh_acknowledge(mailbox->mesh, message->id, error);
}

/* Senders that name no file, or name it as no file is named here, have the message's identifier for a name.
 */
static void keep_delivery(Mailbox *mailbox, const MeshMessage *message, Waiting *waiting)
{
    Text name = text_from(message->name);

    if (mesh_is_nearly_lost(mailbox->mesh, message))
        log_event(LOG_LEVEL_ERROR, "mesh_message_nearly_lost", "feed=%s message=%s hours=%" PRId64,
                  mailbox->feed->name, message->id,
                  (time_now_us() - message->sent_us) / ((int64_t)3600 * 1000000));
    if (!fetch_is_name(name))
        name = text_format(mailbox->arena, "%s.dat", message->id);
    waiting->name = text_to_string(mailbox->arena, name);
    waiting->sent_us = message->sent_us;
}

static bool is_from_sender(const Mailbox *mailbox, const MeshMessage *message)
{
    const char *from = mailbox->feed->settings.from;

    if (from == NULL || strcmp(from, message->sender) == 0)
        return true;
    log_event(LOG_LEVEL_WARNING, "mesh_sender_passed_over", "feed=%s message=%s", mailbox->feed->name,
              message->id);
    return false;
}

static Result describe_all(Mailbox *mailbox, Error *error)
{
    for (size_t i = 0; i < mailbox->count; i++) {
        MeshMessage message;
        bool is_there;
        TRY(mesh_describe(mailbox->mesh, mailbox->messages[i].id, &message, &is_there, error));
        if (is_there && message.kind == MESH_REPORT)
            TRY(take_report(mailbox, &message, error));
        else if (is_there && is_from_sender(mailbox, &message))
            keep_delivery(mailbox, &message, &mailbox->messages[i]);
    }
    return RESULT_OK;
}

static Result list(void *state, FetchEach each, void *context, Error *error)
{
    Mailbox *mailbox = state;

    arena_reset(mailbox->arena);
    mailbox->messages = arena_alloc(mailbox->arena, MESSAGES_MAX * sizeof *mailbox->messages);
    mailbox->count = 0;
    TRY(mesh_handshake(mailbox->mesh, error));
    TRY(mesh_list(mailbox->mesh, note_id, mailbox, error));
    TRY(describe_all(mailbox, error));
    for (size_t i = 0; i < mailbox->count; i++) {
        const Waiting *waiting = &mailbox->messages[i];
        FetchItem item = {.bytes = FETCH_BYTES_UNKNOWN, .changed_us = waiting->sent_us};
        if (waiting->name == NULL || fetch_is_companion(text_from(waiting->name)))
            continue;
        memcpy(item.id, waiting->id, strlen(waiting->id) + 1);
        memcpy(item.name, waiting->name, strlen(waiting->name) + 1);
        TRY(each(context, &item, error));
    }
    return RESULT_OK;
}

typedef struct Fetching {
    Mailbox *mailbox;
    FetchSink sink;
    void *context;
    HashStream *again; /* of what comes again */
    uint64_t left;     /* of it */
} Fetching;

static void fetching_close(Fetching *fetching)
{
    hash_close(&fetching->again);
}

static Result pass_again(Fetching *fetching, const void *bytes, size_t length, Error *error)
{
    const Begun *begun = &fetching->mailbox->begun;

    hash_add(fetching->again, bytes, length);
    fetching->left -= length;
    if (fetching->left > 0)
        return RESULT_OK;
    Hash before = hash_value(begun->hash), now = hash_value(fetching->again);
    return memcmp(&before, &now, sizeof now) == 0
               ? RESULT_OK
               : fail(error, ERROR_INPUT, "feed %s: message %s is another than before",
                      fetching->mailbox->feed->name, begun->id);
}

static Result take(void *context, const void *bytes, size_t length, Error *error)
{
    Fetching *fetching = context;
    Begun *begun = &fetching->mailbox->begun;
    size_t again = fetching->left < length ? (size_t)fetching->left : length;

    if (again > 0)
        TRY(pass_again(fetching, bytes, again, error));
    if (again == length)
        return RESULT_OK;
    TRY(fetching->sink(fetching->context, (const char *)bytes + again, length - again, error));
    hash_add(begun->hash, (const char *)bytes + again, length - again);
    begun->bytes += length - again;
    return RESULT_OK;
}

/* Chunks are packed each by itself, so no place in the content is one in the message: it comes again whole.
 */
static Result get(void *state, const FetchItem *item, uint64_t offset, FetchSink sink, void *context,
                  Error *error)
{
    Mailbox *mailbox = state;
    Begun *begun = &mailbox->begun;
    SCOPED(fetching_close)
    Fetching fetching = {
        .mailbox = mailbox, .sink = sink, .context = context, .again = hash_open(), .left = offset};

    if (offset > 0 && (offset != begun->bytes || strcmp(item->id, begun->id) != 0))
        return fail(error, ERROR_LIMIT, "feed %s: a message is fetched from its beginning",
                    mailbox->feed->name);
    if (offset == 0) {
        hash_close(&begun->hash);
        *begun = (Begun){.hash = hash_open()};
        memcpy(begun->id, item->id, sizeof begun->id);
    }
    TRY(mesh_get(mailbox->mesh, item->id, MESSAGE_BYTES_MAX, take, &fetching, error));
    return fetching.left == 0 ? RESULT_OK
                              : fail(error, ERROR_INPUT, "feed %s: message %s is another than before",
                                     mailbox->feed->name, begun->id);
}

/* The message whose file has this name and suffix, of those listed last. */
static const Waiting *find_companion(const Mailbox *mailbox, const FetchItem *item, const char *suffix)
{
    size_t length = strlen(item->name);

    for (size_t i = 0; i < mailbox->count; i++) {
        const char *name = mailbox->messages[i].name;
        if (name != NULL && strncmp(name, item->name, length) == 0 && strcmp(name + length, suffix) == 0)
            return &mailbox->messages[i];
    }
    return NULL;
}

static Result keep(void *context, const void *data, size_t length, Error *error)
{
    (void)error;
    text_add(context, (Text){.data = data, .length = length}); /* bytes_max holds before */
    return RESULT_OK;
}

static Result companion(void *state, const FetchItem *item, const char *suffix, size_t bytes_max,
                        Arena *arena, Text *content, bool *is_found, Error *error)
{
    Mailbox *mailbox = state;
    SCOPED(text_builder_close) TextBuilder read = text_builder(bytes_max);
    const Waiting *found = find_companion(mailbox, item, suffix);

    *is_found = found != NULL;
    if (found == NULL)
        return RESULT_OK;
    TRY(mesh_get(mailbox->mesh, found->id, bytes_max, keep, &read, error));
    *content = text_copy(arena, text_built(&read));
    return RESULT_OK;
}

/* What came with the delivery goes first: killed in between, the delivery is listed again, and that again. */
static Result acknowledge(void *state, const FetchItem *item, Error *error)
{
    static const char *const suffixes[] = {".manifest.sig", ".manifest"};
    Mailbox *mailbox = state;

    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        const Waiting *found = find_companion(mailbox, item, suffixes[i]);
        if (found != NULL)
            TRY(mesh_acknowledge(mailbox->mesh, found->id, error));
    }
    return mesh_acknowledge(mailbox->mesh, item->id, error);
}

const FetchKind FETCH_MESH = {.name = "mesh",
                              .open = open_mesh,
                              .list = list,
                              .get = get,
                              .companion = companion,
                              .acknowledge = acknowledge,
                              .close = close_mailbox};
