#include "cli/held.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/db_place.h"
#include "base/input.h"
#include "base/secret.h"

enum { PIECE_BYTES = 256 * 1024 };

static const char suffix[] = ".yaml";

static bool is_yaml(const char *name)
{
    size_t length = strlen(name);

    return length >= sizeof suffix && strcmp(name + length - (sizeof suffix - 1), suffix) == 0;
}

Result feed_find(const Cli *cli, const char *name, IngestFeed **feed, Error *error)
{
    char path[CLI_PATH_BYTES];

    if (strchr(name, '/') != NULL || is_yaml(name))
        return ingest_feed_open(name, feed, error);
    Text within = text_format(cli->arena, "feeds/%s%s", name, suffix);
    TRY(cli_path(cli, within.data, path, error));
    return ingest_feed_open(path, feed, error);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void folder_close(DIR **folder)
{
    if (*folder != NULL)
        (void)closedir(*folder);
}

Result feed_list(const Cli *cli, const char *names[FEEDS_MAX], size_t *count, Error *error)
{
    char path[CLI_PATH_BYTES];

    *count = 0;
    TRY(cli_path(cli, "feeds", path, error));
    SCOPED(folder_close) DIR *folder = opendir(path);
    if (folder == NULL && errno == ENOENT)
        return RESULT_OK;
    if (folder == NULL)
        return fail_errno(error, "%s", path);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        Text name = text_from(entry->d_name);
        if (!is_yaml(entry->d_name))
            continue;
        if (*count == FEEDS_MAX)
            return fail(error, ERROR_LIMIT, "%s: more than %d feeds", path, FEEDS_MAX);
        names[(*count)++] =
            text_to_string(cli->arena, text_slice(name, 0, name.length - (sizeof suffix - 1)));
    }
    qsort(names, *count, sizeof *names, compare_names);
    return RESULT_OK;
}

/* ---- a delivery that was pulled ---- */

/* One that is loading may be a killed load's: opening it again clears that. */
bool held_is_loadable(const IngestHeld *held)
{
    return held->has_archive && (strcmp(held->state, "archived") == 0 || strcmp(held->state, "loading") == 0);
}

Result held_wanted(const Cli *cli, const IngestHeld *held, Delivery *delivery, Error *error)
{
    SCOPED(ingest_feed_close) IngestFeed *feed = NULL;

    if (!held_is_loadable(held))
        return fail(error, ERROR_CONFIG, "delivery %" PRId64 ": %s, not to be loaded", held->delivery_id,
                    held->state);
    TRY(feed_find(cli, held->feed, &feed, error));
    delivery->source = text_to_string(cli->arena, text_from(ingest_feed_spec(feed)));
    delivery->held = held;
    if (ingest_feed_signer(feed) != NULL)
        delivery->signer = text_to_string(cli->arena, text_from(ingest_feed_signer(feed)));
    delivery->delivery.sender = held->sender;
    delivery->delivery.period = held->period;
    delivery->delivery.status = held->status;
    delivery->delivery.is_signed = held->is_signed;
    return RESULT_OK;
}

Result held_delivery(const Cli *cli, int64_t delivery_id, Delivery *delivery, Error *error)
{
    SCOPED(db_close) Db *loader = NULL;
    IngestHeld *held;
    size_t count;

    TRY(cli_open(cli, "cinque_loader", &loader, error));
    TRY(ingest_held_list(loader, cli->arena, &held, &count, error));
    for (size_t i = 0; i < count; i++)
        if (held[i].delivery_id == delivery_id)
            return held_wanted(cli, &held[i], delivery, error);
    return fail(error, ERROR_USAGE, "delivery %" PRId64 ": there is none of this number", delivery_id);
}

/* Measured: a file needs 1.02 times its bytes, unpacked, as rows, which are not logged, and with a row a
 * person 0.68 times for its subjects until they are merged. Those that are new, which nobody knows before,
 * need as much again and their log. */
static uint64_t space_needed(uint64_t bytes)
{
    return bytes * 17 / 10;
}

static Result count_content(Input *input, uint64_t is_free, uint64_t *bytes, Error *error)
{
    size_t length;

    char *piece = memory_alloc(PIECE_BYTES);
    Result result;
    do {
        result = input_read(input, piece, PIECE_BYTES, &length, error);
        *bytes += result.ok ? length : 0;
    } while (result.ok && length > 0 && space_needed(*bytes) <= is_free);
    secret_wipe(piece, PIECE_BYTES);
    memory_free(piece);
    return result;
}

/* Up to what there is no room for. What is wrong with a delivery is for its load to tell. */
static uint64_t content_bytes(const IngestHeld *held, const char *path, uint64_t is_free)
{
    SCOPED(input_close) Input *input = NULL;
    uint64_t bytes = 0;
    Error ignored = {0};

    if (!input_open(path, NULL, &input, &ignored).ok || !input_is_packed(input))
        return (uint64_t)held->bytes;
    (void)count_content(input, is_free, &bytes, &ignored).ok;
    return bytes;
}

Result space_check(const Cli *cli, const IngestHeld *held, const char *path, Error *error)
{
    char folder[CLI_PATH_BYTES];
    struct statvfs place;
    bool is_external;

    TRY(db_place_is_external(cli->data, &is_external, error));
    if (is_external)
        return RESULT_OK;
    TRY(cli_path(cli, "pg", folder, error));
    if (statvfs(folder, &place) != 0)
        return fail_errno(error, "%s", folder);
    uint64_t is_free = (uint64_t)place.f_bavail * place.f_frsize;
    uint64_t needed = space_needed(content_bytes(held, path, is_free));
    if (is_free < needed)
        return fail(error, ERROR_LIMIT,
                    "delivery %" PRId64 ": needs %" PRIu64 " MiB or more in the database, %" PRIu64
                    " are free: nothing begun",
                    held->delivery_id, (needed >> 20) + 1, is_free >> 20);
    return RESULT_OK;
}
