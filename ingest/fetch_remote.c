#include "ingest/fetch_remote.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"

enum {
    FILES_MAX = 20000,
    ARENA_BYTES = 64 << 20,
    VALIDATOR_BYTES_MAX = 1024,
    STATUS_OK = 200,
    STATUS_NOT_FOUND = 404
};

#define FILE_BYTES_MAX ((uint64_t)1 << 40)

bool fetch_is_name(Text name)
{
    if (name.length == 0 || name.length >= FETCH_NAME_BYTES || name.data[0] == '.' || !text_is_utf8(name))
        return false;
    for (size_t i = 0; i < name.length; i++)
        if ((unsigned char)name.data[i] < ' ' || name.data[i] == 0x7f || name.data[i] == '/')
            return false;
    return true;
}

static bool ends_with(Text name, Text end)
{
    return name.length > end.length &&
           text_equal(text_slice(name, name.length - end.length, name.length), end);
}

bool fetch_is_companion(Text name)
{
    return ends_with(name, TEXT(".manifest")) || ends_with(name, TEXT(".manifest.sig")) ||
           ends_with(name, TEXT(".done"));
}

/* As programs that send name what they have not finished. */
static bool is_unfinished(Text name)
{
    return ends_with(name, TEXT(".part")) || ends_with(name, TEXT(".tmp")) ||
           ends_with(name, TEXT(".filepart")) || ends_with(name, TEXT("~"));
}

Result remote_open(const Feed *feed, const RemoteKind *kind, const TransferSettings *settings,
                   Remote **remote, Error *error)
{
    Remote *made = memory_alloc(sizeof *made);
    void *state = made;

    *made = (Remote){.kind = kind, .feed = feed, .arena = arena_create(ARENA_BYTES)};
    size_t folder = (size_t)(strrchr(feed->settings.url, '/') + 1 - feed->settings.url);
    made->base = memory_alloc(folder + 1); /* the arena is for a list */
    memcpy(made->base, feed->settings.url, folder);
    Result done = transfer_open(settings, &made->transfer, error);
    if (!done.ok) {
        remote_close(&state);
        return done;
    }
    *remote = made;
    return RESULT_OK;
}

void remote_close(void **state)
{
    Remote *remote = *state;

    if (remote == NULL)
        return;
    transfer_close(&remote->transfer);
    secret_close(&remote->password);
    arena_close(&remote->arena);
    memory_free(remote->base);
    memory_free(remote);
    *state = NULL;
}

static Result perform(Remote *remote, TransferRequest *request, TransferAnswer *answer, Error *error)
{
    request->sign = remote->password != NULL ? remote->kind->sign : NULL;
    request->sign_context = remote;
    return transfer_perform(remote->transfer, request, answer, error);
}

static Result fail_status(const Remote *remote, int status, Error *error)
{
    if (status == 401 || status == 403)
        return fail(error, ERROR_REFUSED, "feed %s: the host refuses us (%d)", remote->feed->name, status);
    if (status == 425 || status == 429 || status >= 500)
        return fail(error, ERROR_SYSTEM, "feed %s: the host is busy or out of order (%d)", remote->feed->name,
                    status);
    return fail(error, ERROR_INPUT, "feed %s: the host answers %d", remote->feed->name, status);
}

static Result look(Remote *remote, RemoteFile *file, Error *error)
{
    SCOPED(arena_close) Arena *scratch = arena_create(1 << 16);
    TransferRequest request = {.method = "HEAD",
                               .url = transfer_url(scratch, remote->base, text_from(file->name))};
    TransferAnswer answer;

    TRY(perform(remote, &request, &answer, error));
    file->is_there = answer.status == STATUS_OK;
    if (answer.status == STATUS_NOT_FOUND) /* taken away since its name was read */
        return RESULT_OK;
    if (!file->is_there)
        return fail_status(remote, answer.status, error);
    Text validator = transfer_validator(remote->transfer), tag = transfer_header(remote->transfer, "etag");
    if (validator.length > VALIDATOR_BYTES_MAX || tag.length > VALIDATOR_BYTES_MAX)
        return fail(error, ERROR_LIMIT, "feed %s: the host's ETag is longer than %d bytes",
                    remote->feed->name, VALIDATOR_BYTES_MAX);
    file->size = answer.size;
    file->changed = answer.changed;
    file->has_version = tag.length > 0;
    if (file->has_version)
        file->version = hash_of(tag.data, tag.length);
    file->validator = text_to_string(remote->arena, validator);
    return RESULT_OK;
}

static bool is_listed(const Text all, const char *name, const char *suffix)
{
    size_t length = strlen(name);

    for (Text rest = all; rest.length > 0;) {
        Text other = text_next(&rest, '\n');
        if (other.length == length + strlen(suffix) && memcmp(other.data, name, length) == 0 &&
            memcmp(other.data + length, suffix, strlen(suffix)) == 0)
            return true;
    }
    return false;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const RemoteFile *)a)->name, ((const RemoteFile *)b)->name);
}

static Result keep_names(Remote *remote, Text names, Error *error)
{
    size_t left_out = 0;

    remote->files = arena_alloc(remote->arena, FILES_MAX * sizeof *remote->files);
    remote->file_count = 0;
    for (Text rest = names; rest.length > 0;) {
        Text name = text_trim(text_next(&rest, '\n'));
        if (name.length > 0 && name.data[name.length - 1] == '\r')
            name.length--;
        if (name.length == 0 || name.data[0] == '.' || fetch_is_companion(name) || is_unfinished(name))
            continue;
        if (!fetch_is_name(name)) {
            left_out++;
            continue;
        }
        char *kept = text_to_string(remote->arena, name);
        if (remote->file_count == FILES_MAX)
            return fail(error, ERROR_LIMIT, "feed %s: more than %d files", remote->feed->name, FILES_MAX);
        /* A pull that was killed while it deleted has left a file without its marker. */
        bool is_bare = remote->feed->settings.complete == FEED_DONE && !is_listed(names, kept, ".done");
        remote->files[remote->file_count++] = (RemoteFile){.name = kept, .is_bare = is_bare};
    }
    if (left_out > 0)
        log_event(LOG_LEVEL_WARNING, "feed_names_left_out", "feed=%s names=%zu", remote->feed->name,
                  left_out);
    qsort(remote->files, remote->file_count, sizeof *remote->files, compare_names);
    return RESULT_OK;
}

/* Is each the same after the feed's stable_seconds? What is not, is still being written. */
static Result leave_out_growing(Remote *remote, Error *error)
{
    struct timespec left = {.tv_sec = remote->feed->settings.stable_seconds};

    if (!remote->kind->waits || remote->feed->settings.complete != FEED_STABLE || remote->file_count == 0)
        return RESULT_OK;
    while (nanosleep(&left, &left) != 0)
        ;
    for (size_t i = 0; i < remote->file_count; i++) {
        RemoteFile *file = &remote->files[i], before = *file;
        TRY(look(remote, file, error));
        file->is_there &= before.is_there && file->size == before.size && file->changed == before.changed;
    }
    return RESULT_OK;
}

/* A weak one (W/"...") is of files that mean the same. */
static bool has_strong_tag(const RemoteFile *file)
{
    return file->has_version && file->validator[0] == '"';
}

/* The same for a while before each fetch of it: so what a killed process got has this size and time, too. */
static bool proves_stable(const Remote *remote, const RemoteFile *file)
{
    return remote->kind->waits && remote->feed->settings.complete == FEED_STABLE &&
           remote->feed->settings.stable_seconds > 1 && file->changed > 0;
}

Result remote_list(void *state, FetchEach each, void *context, Error *error)
{
    Remote *remote = state;
    Text names;

    arena_reset(remote->arena);
    remote->file_count = 0;
    TRY(remote->kind->names(remote, &names, error));
    TRY(keep_names(remote, names, error));
    for (size_t i = 0; i < remote->file_count; i++)
        TRY(look(remote, &remote->files[i], error));
    TRY(leave_out_growing(remote, error));
    for (size_t i = 0; i < remote->file_count; i++) {
        const RemoteFile *file = &remote->files[i];
        FetchItem item = {.bytes = file->size >= 0 ? (uint64_t)file->size : FETCH_BYTES_UNKNOWN,
                          .changed_us = file->changed > 0 ? file->changed * 1000000 : 0,
                          .has_version = file->has_version,
                          .version = file->version,
                          .is_vague = file->changed <= 0 && !file->has_version,
                          .is_bare = file->is_bare};
        if (!file->is_there)
            continue;
        item.may_go_on = has_strong_tag(file) || proves_stable(remote, file);
        memcpy(item.id, file->name, strlen(file->name) + 1);
        memcpy(item.name, file->name, strlen(file->name) + 1);
        TRY(each(context, &item, error));
    }
    return RESULT_OK;
}

static RemoteFile *find(const Remote *remote, const char *name)
{
    for (size_t i = 0; i < remote->file_count; i++)
        if (strcmp(remote->files[i].name, name) == 0)
            return &remote->files[i];
    return NULL;
}

static Result fail_changed(const Remote *remote, Error *error)
{
    return fail(error, ERROR_INPUT, "feed %s: the file is another than the one that was listed",
                remote->feed->name);
}

/* HTTP says where a body ends by its length or in chunks; one that only stops may have been cut. */
static Result check_end(Remote *remote, const TransferAnswer *answer, uint64_t offset, Error *error)
{
    bool is_chunked =
        text_equal_ignore_case(transfer_header(remote->transfer, "transfer-encoding"), TEXT("chunked"));

    if (answer->size < 0 && !is_chunked)
        return fail(error, ERROR_INPUT, "feed %s: the host does not say where the file ends",
                    remote->feed->name);
    if (answer->size >= 0 && offset + answer->given != (uint64_t)answer->size)
        return fail_changed(remote, error);
    return RESULT_OK;
}

static Result check_same(Remote *remote, const FetchItem *item, const RemoteFile *file,
                         const TransferAnswer *answer, Error *error)
{
    Text encoding = transfer_header(remote->transfer, "content-encoding");

    if (encoding.length > 0 && !text_equal_ignore_case(encoding, TEXT("identity")))
        return fail(error, ERROR_INPUT, "feed %s: packed in a way we did not ask for", remote->feed->name);
    if (item->bytes != FETCH_BYTES_UNKNOWN && answer->size >= 0 && (uint64_t)answer->size != item->bytes)
        return fail_changed(remote, error);
    if (answer->changed >= 0 && file->changed >= 0 && answer->changed != file->changed)
        return fail_changed(remote, error);
    Text validator = transfer_validator(remote->transfer);
    if (validator.length > 0 && file->validator[0] != '\0' &&
        !text_equal(text_from(file->validator), validator))
        return fail_changed(remote, error);
    return RESULT_OK;
}

Result remote_get(void *state, const FetchItem *item, uint64_t offset, FetchSink sink, void *context,
                  Error *error)
{
    Remote *remote = state;
    SCOPED(arena_close) Arena *scratch = arena_create(1 << 16);
    RemoteFile *file = find(remote, item->id), after = {.name = item->id};
    TransferAnswer answer;

    if (file == NULL)
        return fail(error, ERROR_INPUT, "feed %s: asked for what was not listed", remote->feed->name);
    TransferRequest request = {.method = "GET",
                               .url = transfer_url(scratch, remote->base, text_from(item->id)),
                               .bytes_max = FILE_BYTES_MAX,
                               .may_go_on = true,
                               .offset = offset,
                               .validator = file->validator,
                               .sink = sink,
                               .sink_context = context};
    if (offset > 0 && offset == item->bytes) /* all of it came before the connection was lost */
        request.method = "HEAD", request.offset = 0;
    TRY(perform(remote, &request, &answer, error));
    if (answer.status != STATUS_OK && (offset == 0 || answer.status != 206))
        return fail_status(remote, answer.status, error);
    TRY(check_same(remote, item, file, &answer, error));
    TRY(check_end(remote, &answer, offset, error));
    if (!remote->kind->waits)
        return RESULT_OK;
    TRY(look(remote, &after, error)); /* written to while it was read? */
    return after.is_there && after.size == file->size && after.changed == file->changed
               ? RESULT_OK
               : fail_changed(remote, error);
}

static Result keep(void *context, const void *data, size_t length, Error *error)
{
    (void)error;
    text_add(context, (Text){.data = data, .length = length}); /* bytes_max holds before */
    return RESULT_OK;
}

Result remote_read(Remote *remote, const char *url, size_t bytes_max, Arena *arena, Text *content,
                   bool *is_found, Error *error)
{
    SCOPED(text_builder_close) TextBuilder read = text_builder(bytes_max);
    TransferRequest request = {.method = "GET",
                               .url = url,
                               .bytes_max = bytes_max,
                               .may_go_on = true,
                               .sink = keep,
                               .sink_context = &read};
    TransferAnswer answer;

    TRY(perform(remote, &request, &answer, error));
    *is_found = answer.status == STATUS_OK;
    if (answer.status == STATUS_NOT_FOUND)
        return RESULT_OK;
    if (!*is_found)
        return fail_status(remote, answer.status, error);
    TRY(check_end(remote, &answer, 0, error));
    *content = text_copy(arena, text_built(&read));
    return RESULT_OK;
}

Result remote_companion(void *state, const FetchItem *item, const char *suffix, size_t bytes_max,
                        Arena *arena, Text *content, bool *is_found, Error *error)
{
    Remote *remote = state;
    SCOPED(arena_close) Arena *scratch = arena_create(1 << 16);
    Text name = text_format(scratch, "%s%s", item->id, suffix);

    return remote_read(remote, transfer_url(scratch, remote->base, name), bytes_max, arena, content, is_found,
                       error);
}

/* What goes with the file first: as long as the file is there, the ledger has it acknowledged again. */
static Result take_away(Remote *remote, const char *name, Error *error)
{
    static const char *const suffixes[] = {".manifest.sig", ".manifest", ".done", ""};
    SCOPED(arena_close) Arena *scratch = arena_create(1 << 16);

    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
        TRY(transfer_remove(remote->transfer, remote->base, text_format(scratch, "%s%s", name, suffixes[i]),
                            error));
    return RESULT_OK;
}

Result remote_acknowledge(void *state, const FetchItem *item, Error *error)
{
    Remote *remote = state;
    RemoteFile file = {.name = item->id};

    if (!remote->feed->settings.deletes || !remote->kind->waits)
        return RESULT_OK;
    /* Another file may have taken its name by now: that one has not been archived. */
    TRY(look(remote, &file, error));
    if (!file.is_there || (uint64_t)file.size != item->bytes || file.changed * 1000000 != item->changed_us)
        return RESULT_OK;
    return take_away(remote, item->id, error);
}
