/*
 * The story of a pull: what lies there is listed, what the ledger knows is acknowledged again, and each new
 * one is seen, archived, entered as archived, and only then acknowledged. Killed between any two steps the
 * next pull finds either a row that says seen, and begins anew or takes up what is whole, or one that says
 * archived, and acknowledges.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/log.h"
#include "ingest/archive_path.h"
#include "ingest/delivery.h"
#include "ingest/manifest.h"

enum { ITEMS_MAX = 5000, TRIES = 3, ARENA_BYTES = 1 << 20 };

struct IngestPull {
    IngestPullContext context;
    const Feed *feed;
    const FetchKind *kind;
    void *state;
    FetchItem *items;
    size_t count, known, others;
    int lock; /* of the feed; -1: none */
};

void ingest_pull_close(IngestPull **pull)
{
    IngestPull *closing = *pull;

    if (closing == NULL)
        return;
    if (closing->kind != NULL)
        closing->kind->close(&closing->state);
    if (closing->lock >= 0)
        (void)close(closing->lock);
    memory_free(closing->items);
    memory_free(closing);
    *pull = NULL;
}

/* The ledger's lock goes with its session, which can be lost while the pull goes on: this one is the
 * process's. It is taken before the first look, so that no two acknowledge at a time. */
static Result lock_feed(IngestPull *pull, Error *error)
{
    char path[ARCHIVE_PATH_BYTES];
    int length =
        snprintf(path, sizeof path, "%s/%s" ARCHIVE_LOCK, pull->context.archive_folder, pull->feed->name);

    if (length < 0 || length >= ARCHIVE_PATH_BYTES)
        return fail(error, ERROR_CONFIG, "archive: its path is too long");
    pull->lock = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (pull->lock < 0)
        return fail_errno(error, "%s: cannot be opened", path);
    if (flock(pull->lock, LOCK_EX | LOCK_NB) == 0)
        return RESULT_OK;
    if (errno == EWOULDBLOCK)
        return fail(error, ERROR_REFUSED, "feed %s: another session is pulling it", pull->feed->name);
    return fail_errno(error, "%s: cannot be locked", path);
}

/* ---- what is there ---- */

/* What is acknowledged is gone at the sender: never while our own copy is missing. Nothing else is pulled
 * either: it may be that the whole archive is not where it was. */
static Result check_archive(const IngestPull *pull, const FetchItem *item, const DeliveryKnown *known,
                            Error *error)
{
    char path[ARCHIVE_PATH_BYTES];

    if (!known->has_archive)
        return RESULT_OK;
    TRY(archive_path(pull->context.archive_folder, known->delivery_id, ARCHIVE_SEALED, path, error));
    if (access(path, F_OK) == 0)
        return RESULT_OK;
    return fail(
        error, ERROR_REFUSED,
        "feed %s: %s: the archive of delivery %" PRId64
        " is missing, so nothing is acknowledged and nothing else is pulled: put the archive back, or take "
        "the sender's file from there, keep it and load it by its path",
        pull->feed->name, item->name, known->delivery_id);
}

static Result consider(void *context, const FetchItem *item, Error *error)
{
    IngestPull *pull = context;
    Hash hash = delivery_item(pull->feed, item);
    DeliveryKnown known = {0};
    Month period;

    if (!feed_match(pull->feed, text_from(item->name), &period)) {
        pull->others++;
        return RESULT_OK;
    }
    if (!pull->kind->is_made_anew)
        TRY(delivery_known(pull->context.loader, pull->feed, &hash, &known, error));
    if (known.delivery_id > 0 && !item->is_vague) {
        TRY(check_archive(pull, item, &known, error));
        pull->known++;
        return pull->kind->acknowledge(pull->state, item, error);
    }
    if (item->is_bare)
        return RESULT_OK;
    if (pull->count == ITEMS_MAX)
        return fail(error, ERROR_LIMIT, "feed %s: more than %d deliveries wait", pull->feed->name, ITEMS_MAX);
    pull->items[pull->count++] = *item;
    return RESULT_OK;
}

Result ingest_pull_look(const IngestPullContext *context, const IngestFeed *feed, IngestPull **pull,
                        Error *error)
{
    SCOPED(ingest_pull_close) IngestPull *made = memory_alloc(sizeof *made);
    const FetchKind *kind;

    made->lock = -1;
    TRY(fetch_kind(feed, &kind, error));
    made->context = *context;
    made->feed = feed;
    made->items = memory_alloc(ITEMS_MAX * sizeof *made->items);
    TRY(lock_feed(made, error));
    made->kind = kind;
    TRY(kind->open(feed, &made->state, error));
    if (context->period != DATE_NONE && feed->period_from != FEED_PERIOD_GIVEN)
        return fail(error, ERROR_USAGE, "feed %s: its deliveries tell their month: no --period", feed->name);
    if (kind->use_period != NULL && context->period != DATE_NONE)
        kind->use_period(made->state, context->period);
    TRY(kind->list(made->state, consider, made, error));
    *pull = made;
    made = NULL;
    return RESULT_OK;
}

size_t ingest_pull_count(const IngestPull *pull)
{
    return pull->count;
}

size_t ingest_pull_known(const IngestPull *pull)
{
    return pull->known;
}

size_t ingest_pull_others(const IngestPull *pull)
{
    return pull->others;
}

Text ingest_pull_detail(const IngestFeed *feed, const char *again, Arena *arena)
{
    return text_format(arena, "feed=%s%s%s", feed->name, again != NULL ? " again=" : "",
                       again != NULL ? again : "");
}

/* ---- one of them ---- */

typedef struct Taking {
    const IngestPull *pull;
    const FetchItem *item;
    bool is_signed;
    Manifest manifest; /* when is_signed */
    ArchiveWriter *writer;
    bool is_failed; /* the archive took no more, which is no lost connection */
} Taking;

static void taking_close(Taking *taking)
{
    archive_abandon(&taking->writer);
}

static Result read_manifest(Taking *taking, Arena *arena, Error *error)
{
    const IngestPull *pull = taking->pull;
    const char *name = taking->item->name;
    Text manifest = TEXT(""), signature = TEXT("");
    bool is_found = false, is_signature_found = false;

    if (pull->feed->manifest_key == NULL)
        return RESULT_OK;
    if (pull->kind->companion != NULL) {
        TRY(pull->kind->companion(pull->state, taking->item, ".manifest", MANIFEST_BYTES_MAX, arena,
                                  &manifest, &is_found, error));
        TRY(pull->kind->companion(pull->state, taking->item, ".manifest.sig", MANIFEST_BYTES_MAX, arena,
                                  &signature, &is_signature_found, error));
    }
    if (!is_found && !pull->feed->manifest_required)
        return RESULT_OK;
    if (!is_found)
        return fail(error, ERROR_REFUSED, "%s: its manifest (NAME.manifest) is missing", name);
    TRY(manifest_read(pull->feed, name, manifest, signature, &taking->manifest, error));
    taking->is_signed = true;
    if (taking->item->bytes != FETCH_BYTES_UNKNOWN && taking->item->bytes != taking->manifest.bytes)
        return fail(error, ERROR_REFUSED, "%s: not as long as its manifest says", name);
    return RESULT_OK;
}

static Result tell_period(const Taking *taking, Month *period, Error *error)
{
    const IngestPull *pull = taking->pull;
    const char *name = taking->item->name;
    Month named;

    (void)feed_match(pull->feed, text_from(name), &named);
    *period = pull->feed->period_from == FEED_PERIOD_NAME       ? named
              : pull->feed->period_from == FEED_PERIOD_MANIFEST ? taking->manifest.period
                                                                : pull->context.period;
    if (*period == DATE_NONE)
        return fail(error, ERROR_USAGE, "feed %s: its files do not tell their period; give --period",
                    pull->feed->name);
    if (taking->is_signed && *period != taking->manifest.period)
        return fail(error, ERROR_REFUSED, "%s: its manifest is for another period", name);
    return RESULT_OK;
}

/* An archive is never much longer than what it holds. */
static Result check_space(const Taking *taking, Error *error)
{
    const char *folder = taking->pull->context.archive_folder;
    struct statvfs place;

    if (taking->item->bytes == FETCH_BYTES_UNKNOWN)
        return RESULT_OK;
    if (statvfs(folder, &place) != 0)
        return fail_errno(error, "%s", folder);
    uint64_t is_free = (uint64_t)place.f_bavail * place.f_frsize, needed = taking->item->bytes + (4u << 20);
    if (is_free < needed)
        return fail(error, ERROR_LIMIT,
                    "%s: needs %" PRIu64 " MiB in the archive, %" PRIu64 " are free: nothing begun",
                    taking->item->name, (needed >> 20) + 1, is_free >> 20);
    return RESULT_OK;
}

static Result archive_piece(void *context, const void *bytes, size_t length, Error *error)
{
    Taking *taking = context;

    Result result = archive_add(taking->writer, bytes, length, error);
    taking->is_failed = !result.ok;
    return result;
}

/* A connection that was lost is taken up where it was. */
static Result transfer(Taking *taking, Error *error)
{
    const IngestPull *pull = taking->pull;

    for (int attempt = 1;; attempt++) {
        Error failure = {0};
        if (pull->kind
                ->get(pull->state, taking->item, archive_added(taking->writer), archive_piece, taking,
                      &failure)
                .ok)
            return RESULT_OK;
        if (taking->is_failed || failure.code != ERROR_SYSTEM || attempt == TRIES ||
            pull->kind->is_made_anew) {
            *error = failure;
            return (Result){.ok = false};
        }
        log_event(LOG_LEVEL_WARNING, "pull_resumed", "feed=%s attempt=%d", pull->feed->name, attempt);
    }
}

/* What is empty can never be loaded: its sender sends it again, and takes it for sent once it is
 * acknowledged. */
static Result check_content(const Taking *taking, const ArchiveSum *sum, Error *error)
{
    if (sum->bytes == 0)
        return fail(error, ERROR_INPUT, "%s: empty file", taking->item->name);
    if (!taking->is_signed)
        return RESULT_OK;
    if (sum->bytes != taking->manifest.bytes ||
        memcmp(sum->content.bytes, taking->manifest.content.bytes, HASH_BYTES) != 0)
        return fail(error, ERROR_REFUSED, "%s: not the content that its manifest vouches for",
                    taking->item->name);
    return RESULT_OK;
}

/* What a killed pull had sealed is sealed again, under a key of this attempt: a frame that was half written
 * cannot go on, for two texts would be encrypted under one nonce. */
static Result open_writer(Taking *taking, int64_t delivery_id, Error *error)
{
    const IngestPullContext *context = &taking->pull->context;

    if (!taking->item->may_go_on)
        return archive_create(context->keyring, context->archive_folder, delivery_id, &taking->writer, error);
    TRY(archive_resume(context->keyring, context->archive_folder, delivery_id, &taking->writer, error));
    if (archive_added(taking->writer) > 0)
        log_event(LOG_LEVEL_INFO, "pull_taken_up", "delivery=%" PRId64 " bytes=%" PRIu64, delivery_id,
                  archive_added(taking->writer));
    return RESULT_OK;
}

static Result archive_item(Taking *taking, int64_t delivery_id, ArchiveSum *sum, Error *error)
{
    const IngestPullContext *context = &taking->pull->context;

    TRY(open_writer(taking, delivery_id, error));
    TRY(transfer(taking, error));
    TRY(archive_finish(&taking->writer, sum, error));
    Result result = check_content(taking, sum, error);
    Error ignored;
    if (!result.ok)
        (void)archive_remove(context->archive_folder, delivery_id, &ignored).ok;
    return result;
}

static Result enter(const Taking *taking, const GovernancePermit *permit, const ArchiveSum *sum,
                    IngestPulled *pulled, Error *error)
{
    const IngestPullContext *context = &taking->pull->context;
    Error ignored = {0};

    Result result = delivery_archive(context->loader, permit, pulled->delivery_id, sum, &pulled->is_duplicate,
                                     &pulled->duplicate_of, error);
    if (!result.ok && error->code == ERROR_REFUSED) /* and nothing else: what is committed may look lost */
        (void)archive_remove(context->archive_folder, pulled->delivery_id, &ignored).ok;
    TRY(result);
    pulled->content = sum->content;
    pulled->bytes = sum->bytes;
    pulled->archive_bytes = sum->sealed_bytes;
    log_event(LOG_LEVEL_INFO, "delivery_archived", "delivery=%" PRId64 " duplicate=%d bytes=%" PRIu64,
              pulled->delivery_id, (int)pulled->is_duplicate, pulled->bytes);
    if (pulled->is_duplicate)
        TRY(archive_remove(context->archive_folder, pulled->delivery_id, error));
    return RESULT_OK;
}

static Result take(Taking *taking, const GovernancePermit *permit, IngestPulled *pulled, Error *error)
{
    const IngestPull *pull = taking->pull;
    DeliverySeen seen = {.feed = pull->feed, .item = delivery_item(pull->feed, taking->item)};
    ArchiveSum sum;

    TRY(tell_period(taking, &seen.period, error));
    TRY(check_space(taking, error));
    seen.is_signed = taking->is_signed;
    pulled->period = seen.period;
    TRY(delivery_see(pull->context.loader, permit, &seen, &pulled->delivery_id, error));
    TRY(archive_item(taking, pulled->delivery_id, &sum, error));
    TRY(enter(taking, permit, &sum, pulled, error));
    return pull->kind->acknowledge(pull->state, taking->item, error);
}

Result ingest_pull_take(IngestPull *pull, const GovernancePermit *permit, size_t index, IngestPulled *pulled,
                        Error *error)
{
    SCOPED(taking_close) Taking taking = {.pull = pull, .item = &pull->items[index]};
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);

    *pulled = (IngestPulled){0};
    TRY(read_manifest(&taking, arena, error));
    return take(&taking, permit, pulled, error);
}
