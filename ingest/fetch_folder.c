/*
 * A drop folder on this host. A file is a delivery only when it is complete: the same size and time at two
 * looks, or a NAME.done beside it, or the .ctl of a MESH client that says SUCCESS. Symbolic links are not
 * followed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "ingest/control.h"
#include "ingest/fetch_remote.h"

enum { ITEMS_MAX = 10000, PIECE_BYTES = 256 * 1024 };

typedef struct Folder {
    const Feed *feed;
    int descriptor;
    unsigned char *piece; /* wiped */
} Folder;

static void close_folder(void **state)
{
    Folder *folder = *state;

    if (folder == NULL)
        return;
    if (folder->descriptor >= 0)
        (void)close(folder->descriptor);
    secret_wipe(folder->piece, PIECE_BYTES);
    memory_free(folder->piece);
    memory_free(folder);
    *state = NULL;
}

static Result open_folder(const Feed *feed, void **state, Error *error)
{
    SCOPED(close_folder) void *made = memory_alloc(sizeof(Folder));
    Folder *folder = made;

    folder->feed = feed;
    folder->piece = memory_alloc(PIECE_BYTES);
    folder->descriptor = open(feed->settings.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder->descriptor < 0)
        return fail_errno(error, "%s: drop folder cannot be opened", feed->settings.folder);
    *state = made;
    made = NULL;
    return RESULT_OK;
}

/* ---- what lies there ---- */

typedef struct Items {
    FetchItem *items;
    size_t count;
} Items;

static void items_close(Items *items)
{
    memory_free(items->items);
}

static bool ends_with(const char *name, const char *suffix)
{
    size_t length = strlen(name), suffix_length = strlen(suffix);

    return length > suffix_length && strcmp(name + length - suffix_length, suffix) == 0;
}

/* Being written, or about a delivery. */
static bool is_companion(const char *name)
{
    static const char *const suffixes[] = {".part", ".tmp",      ".filepart",    ".done",
                                           ".ctl",  ".manifest", ".manifest.sig"};

    if (name[0] == '.')
        return true;
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (ends_with(name, suffixes[i]))
            return true;
    return false;
}

static int64_t time_us(struct timespec time)
{
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static void note(const struct stat *status, FetchItem *item)
{
    item->bytes = (uint64_t)status->st_size;
    item->changed_us = time_us(status->st_mtim);
    item->inode = status->st_ino;
    item->inode_changed_us = time_us(status->st_ctim);
}

/* false: no regular file under this name, which is no fault of ours */
static bool look(const Folder *folder, const char *name, FetchItem *item)
{
    struct stat status;

    if (fstatat(folder->descriptor, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode))
        return false;
    snprintf(item->id, sizeof item->id, "%s", name);
    snprintf(item->name, sizeof item->name, "%s", name);
    note(&status, item);
    return true;
}

static bool is_same(const FetchItem *a, const FetchItem *b)
{
    return a->bytes == b->bytes && a->changed_us == b->changed_us && a->inode == b->inode &&
           a->inode_changed_us == b->inode_changed_us;
}

static void warn(const Folder *folder, const char *event, size_t names)
{
    if (names > 0)
        log_event(LOG_LEVEL_WARNING, event, "feed=%s names=%zu", folder->feed->name, names);
}

static int compare_ids(const void *a, const void *b)
{
    return strcmp(((const FetchItem *)a)->id, ((const FetchItem *)b)->id);
}

static void directory_close(DIR **directory)
{
    if (*directory != NULL)
        (void)closedir(*directory);
}

static Result read_names(const Folder *folder, Items *items, Error *error)
{
    int copy = openat(folder->descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    SCOPED(directory_close) DIR *directory = copy >= 0 ? fdopendir(copy) : NULL;
    FetchItem item = {0};
    size_t left_out = 0;

    if (directory == NULL)
        return fail_errno(error, "%s: drop folder cannot be read", folder->feed->settings.folder);
    items->items = memory_alloc(ITEMS_MAX * sizeof *items->items);
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (is_companion(entry->d_name))
            continue;
        if (!fetch_is_name(text_from(entry->d_name))) {
            left_out++;
            continue;
        }
        if (!look(folder, entry->d_name, &item))
            continue;
        if (items->count == ITEMS_MAX)
            return fail(error, ERROR_LIMIT, "%s: more than %d files", folder->feed->settings.folder,
                        ITEMS_MAX);
        items->items[items->count++] = item;
    }
    warn(folder, "feed_names_left_out", left_out);
    qsort(items->items, items->count, sizeof *items->items, compare_ids);
    return RESULT_OK;
}

/* ---- which are complete ---- */

static bool has_beside(const Folder *folder, const char *name, const char *suffix)
{
    char path[FETCH_NAME_BYTES + 16];
    struct stat status;

    snprintf(path, sizeof path, "%s%s", name, suffix);
    return fstatat(folder->descriptor, path, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode);
}

static void keep_done(const Folder *folder, Items *items)
{
    size_t kept = 0;

    for (size_t i = 0; i < items->count; i++)
        if (has_beside(folder, items->items[i].id, ".done"))
            items->items[kept++] = items->items[i];
    items->count = kept;
}

static void keep_stable(const Folder *folder, Items *items)
{
    struct timespec pause = {.tv_sec = folder->feed->settings.stable_seconds};
    size_t kept = 0;

    if (items->count == 0)
        return;
    while (nanosleep(&pause, &pause) != 0 && errno == EINTR)
        continue;
    for (size_t i = 0; i < items->count; i++) {
        const FetchItem *first = &items->items[i];
        FetchItem again;
        if (look(folder, first->id, &again) && is_same(first, &again))
            items->items[kept++] = *first;
    }
    items->count = kept;
}

/* A control file that is none is of its own delivery alone. */
static void keep_successful(const Folder *folder, Items *items)
{
    size_t kept = 0, unreadable = 0;

    for (size_t i = 0; i < items->count; i++) {
        FetchItem *item = &items->items[i];
        char name[FETCH_NAME_BYTES];
        bool is_success = false;
        Error ignored;
        if (!ends_with(item->id, ".dat"))
            continue;
        snprintf(name, sizeof name, "%.*s.ctl", (int)(strlen(item->id) - 4), item->id);
        unreadable += !control_read(folder->descriptor, name, item->name, &is_success, &ignored).ok;
        if (is_success)
            items->items[kept++] = *item;
    }
    items->count = kept;
    warn(folder, "feed_controls_unreadable", unreadable);
}

static void keep_complete(const Folder *folder, Items *items)
{
    switch (folder->feed->settings.complete) {
    case FEED_DONE:
        keep_done(folder, items);
        return;
    case FEED_MESH_CLIENT:
        keep_successful(folder, items);
        return;
    default:
        keep_stable(folder, items);
    }
}

static Result list_folder(void *state, FetchEach each, void *context, Error *error)
{
    SCOPED(items_close) Items items = {0};

    TRY(read_names(state, &items, error));
    keep_complete(state, &items);
    for (size_t i = 0; i < items.count; i++)
        TRY(each(context, &items.items[i], error));
    return RESULT_OK;
}

/* ---- one item ---- */

static void descriptor_close(int *descriptor)
{
    if (*descriptor >= 0)
        (void)close(*descriptor);
}

/* O_NONBLOCK: a pipe laid in a file's place must not hold us up before it is refused. */
static Result open_item(const Folder *folder, const char *name, int *file, Error *error)
{
    *file = openat(folder->descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (*file < 0 && errno == ELOOP)
        return fail(error, ERROR_INPUT, "%s: a symbolic link is not followed", name);
    if (*file < 0 && errno == ENOENT)
        return fail(error, ERROR_INPUT, "%s: gone since it was listed", name);
    return *file >= 0 ? RESULT_OK : fail_errno(error, "%s: cannot be opened", name);
}

static Result check_item(const FetchItem *item, int file, Error *error)
{
    struct stat status;
    FetchItem now;

    if (fstat(file, &status) != 0)
        return fail_errno(error, "%s: cannot be examined", item->id);
    note(&status, &now);
    if (!S_ISREG(status.st_mode) || !is_same(item, &now))
        return fail(error, ERROR_INPUT, "%s: changed while it was read", item->id);
    return RESULT_OK;
}

static Result get_item(void *state, const FetchItem *item, uint64_t offset, FetchSink sink, void *context,
                       Error *error)
{
    const Folder *folder = state;
    SCOPED(descriptor_close) int file = -1;
    ssize_t got;
    uint64_t given = offset;

    TRY(open_item(folder, item->id, &file, error));
    TRY(check_item(item, file, error));
    if (lseek(file, (off_t)offset, SEEK_SET) < 0)
        return fail_errno(error, "%s: cannot be read", item->id);
    while ((got = read(file, folder->piece, PIECE_BYTES)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_errno(error, "%s: cannot be read", item->id);
        given += (uint64_t)got;
        TRY(sink(context, folder->piece, (size_t)got, error));
    }
    if (given != item->bytes)
        return fail(error, ERROR_INPUT, "%s: changed while it was read", item->id);
    return check_item(item, file, error);
}

static Result read_companion(void *state, const FetchItem *item, const char *suffix, size_t bytes_max,
                             Arena *arena, Text *content, bool *is_found, Error *error)
{
    const Folder *folder = state;
    SCOPED(descriptor_close) int file = -1;
    char name[FETCH_NAME_BYTES + 16];
    char *bytes = arena_alloc(arena, bytes_max + 2);

    snprintf(name, sizeof name, "%s%s", item->id, suffix);
    *is_found = has_beside(folder, item->id, suffix);
    if (!*is_found)
        return RESULT_OK;
    TRY(open_item(folder, name, &file, error));
    ssize_t got = read(file, bytes, bytes_max + 1);
    if (got < 0)
        return fail_errno(error, "%s: cannot be read", name);
    if ((size_t)got > bytes_max)
        return fail(error, ERROR_LIMIT, "%s: more than %zu bytes", name, bytes_max);
    *content = (Text){.data = bytes, .length = (size_t)got};
    return RESULT_OK;
}

/* What was listed, and so what was read. Another of its name may have come since, which nobody has read. */
static bool is_still_there(const Folder *folder, const FetchItem *item)
{
    FetchItem now;

    if (!look(folder, item->id, &now))
        return false;
    if (is_same(item, &now))
        return true;
    warn(folder, "delivery_left_for_another_has_its_name", 1);
    return false;
}

/* The delivery first: companions that are left when we are stopped in between are never taken for one. */
static Result acknowledge(void *state, const FetchItem *item, Error *error)
{
    static const char *const suffixes[] = {"", ".done", ".manifest", ".manifest.sig"};
    const Folder *folder = state;
    char name[FETCH_NAME_BYTES + 16];

    if (!folder->feed->settings.deletes || !is_still_there(folder, item))
        return RESULT_OK;
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        snprintf(name, sizeof name, "%s%s", item->id, suffixes[i]);
        if (unlinkat(folder->descriptor, name, 0) != 0 && errno != ENOENT)
            return fail_errno(error, "%s: cannot be removed from the drop folder", name);
    }
    if (ends_with(item->id, ".dat")) {
        snprintf(name, sizeof name, "%.*s.ctl", (int)(strlen(item->id) - 4), item->id);
        (void)unlinkat(folder->descriptor, name, 0);
    }
    return RESULT_OK;
}

const FetchKind FETCH_FOLDER = {
    .name = "folder",
    .open = open_folder,
    .list = list_folder,
    .get = get_item,
    .companion = read_companion,
    .acknowledge = acknowledge,
    .close = close_folder,
};
