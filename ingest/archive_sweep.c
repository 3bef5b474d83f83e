/* The archive as others see it: served to a load, copied out, compared with the ledger. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ingest/archive_path.h"

static Archive served_archive;
static InputSource served_source;

static Archive archive_of(const IngestArchive *archive)
{
    return (Archive){.folder = archive->folder,
                     .delivery_id = archive->delivery_id,
                     .keyring = archive->keyring,
                     .private_key_path = archive->private_key_path};
}

const char *ingest_archive_serve(const IngestArchive *archive)
{
    if (archive == NULL) {
        input_serve(NULL);
        return NULL;
    }
    served_archive = archive_of(archive);
    served_source = archive_source(&served_archive);
    served_source.signer = archive->signer;
    served_source.is_vouched = archive->is_vouched;
    input_serve(&served_source);
    return served_source.name;
}

Result ingest_archive_copy(const IngestArchive *archive, FILE *out, Hash *content, Error *error)
{
    Archive opened = archive_of(archive);
    ArchiveSum sum;

    TRY(archive_copy(&opened, out, &sum, error));
    *content = sum.content;
    return RESULT_OK;
}

Result ingest_archive_forget(const char *folder, int64_t delivery_id, Error *error)
{
    return archive_forget(folder, delivery_id, error);
}

/* ---- folder against ledger ---- */

static const IngestHeld *find(const IngestHeld *held, size_t count, int64_t delivery_id)
{
    for (size_t i = 0; i < count; i++)
        if (held[i].delivery_id == delivery_id)
            return &held[i];
    return NULL;
}

static bool is_lock(const char *name)
{
    const char *end = strrchr(name, '.');

    return end != NULL && end != name && strcmp(end, ARCHIVE_LOCK) == 0;
}

static bool is_before(const char *suffix)
{
    return strcmp(suffix, ARCHIVE_BEFORE) == 0 || strcmp(suffix, ARCHIVE_BEFORE_OPENING) == 0;
}

/* What is wrong with a file that lies there, or NULL. A delivery that is seen may be being written now. */
static const char *fault_of(const char *name, const IngestHeld *held, size_t count)
{
    char *suffix;
    long long number = strtoll(name, &suffix, 10);
    const IngestHeld *row = number > 0 ? find(held, count, number) : NULL;
    bool is_seen = row != NULL && strcmp(row->state, "seen") == 0;

    if (suffix == name && is_lock(name))
        return NULL;
    if (suffix == name || (strcmp(suffix, ARCHIVE_SEALED) != 0 && strcmp(suffix, ARCHIVE_PART) != 0 &&
                           strcmp(suffix, ARCHIVE_OPENING) != 0 && !is_before(suffix)))
        return "not of the archive";
    if (row == NULL)
        return "no delivery of this number in the ledger";
    if (is_seen)
        return "of a pull that is under way or was stopped: the next pull of its feed takes it up";
    if (strcmp(suffix, ARCHIVE_PART) == 0 || is_before(suffix))
        return "left by a pull that was stopped";
    if (!row->has_archive)
        return "the ledger says that its archive was deleted";
    if (strcmp(suffix, ARCHIVE_OPENING) == 0 && !row->needs_opening)
        return "the delivery was loaded: only the private key should open it";
    return NULL;
}

static void report(Table *table, const char *file, const char *fault)
{
    table_row(table, (const Text[]){text_from(file), text_from(fault)});
}

static void directory_close(DIR **directory)
{
    if (*directory != NULL)
        (void)closedir(*directory);
}

static Result report_files(const char *folder, const IngestHeld *held, size_t count, bool *is_there,
                           Table *table, Error *error)
{
    SCOPED(directory_close) DIR *directory = opendir(folder);

    if (directory == NULL && errno == ENOENT)
        return RESULT_OK;
    if (directory == NULL)
        return fail_errno(error, "%s", folder);
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        const char *fault = fault_of(entry->d_name, held, count);
        const IngestHeld *row = find(held, count, strtoll(entry->d_name, NULL, 10));
        if (row != NULL && strstr(entry->d_name, ARCHIVE_SEALED) != NULL)
            is_there[row - held] = true;
        if (fault != NULL)
            report(table, entry->d_name, fault);
    }
    return RESULT_OK;
}

Result ingest_archive_orphans(const char *folder, const IngestHeld *held, size_t count, Table **table,
                              Error *error)
{
    static const char *const headings[] = {"file", "fault"};
    SCOPED(table_close) Table *made = table_create(headings, NULL, 2);
    SCOPED(arena_close) Arena *arena = arena_create(count + 4096);
    bool *is_there = arena_alloc(arena, count + 1);
    char name[64];

    TRY(report_files(folder, held, count, is_there, made, error));
    for (size_t i = 0; i < count; i++)
        if (held[i].has_archive && !is_there[i]) {
            snprintf(name, sizeof name, "%" PRId64 ARCHIVE_SEALED, held[i].delivery_id);
            report(
                made, name,
                "missing: the ledger says that it is archived; ask the sender for the file again and load it "
                "by its path");
        }
    *table = made;
    made = NULL;
    return RESULT_OK;
}
