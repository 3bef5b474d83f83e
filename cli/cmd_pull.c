#include <inttypes.h>
#include <string.h>

#include "cli/held.h"

static const char loader_role[] = "cinque_loader";

/* One call of pull. */
typedef struct Pulling {
    Cli *cli;
    Db *loader;
    Keyring *keyring;
    IngestFeed *feed;
    IngestPull *pull;
    Work work;
    char archive[CLI_PATH_BYTES];
    const char *again; /* why what was withdrawn is taken; NULL: it is not */
    size_t archived, duplicates, refused;
    Error first; /* of those refused */
} Pulling;

static void pulling_close(Pulling *pulling)
{
    work_close(&pulling->work);
    ingest_pull_close(&pulling->pull);
    ingest_feed_close(&pulling->feed);
    keyring_close(&pulling->keyring);
    db_close(&pulling->loader);
}

static Result pulling_open(Pulling *pulling, const char *name, Month period, Error *error)
{
    const Cli *cli = pulling->cli;
    char keyring[CLI_PATH_BYTES];

    TRY(feed_find(cli, name, &pulling->feed, error));
    TRY(cli_path(cli, "keyring", keyring, error));
    TRY(cli_path(cli, "archive", pulling->archive, error));
    TRY(keyring_open(keyring, &pulling->keyring, error));
    TRY(cli_make_folder(pulling->archive, 0700, error));
    TRY(cli_open(cli, loader_role, &pulling->loader, error));
    const IngestPullContext context = {.loader = pulling->loader,
                                       .keyring = pulling->keyring,
                                       .archive_folder = pulling->archive,
                                       .period = period};
    return ingest_pull_look(&context, pulling->feed, &pulling->pull, error);
}

/* ---- archiving ---- */

static Result begin(Pulling *pulling, Error *error)
{
    const IngestFeed *feed = pulling->feed;
    const GovernanceRequest request = {
        .action = GOVERNANCE_PULL,
        .source = text_from(ingest_feed_source(feed)),
        .sender = text_from(ingest_feed_sender(feed)),
        .object = text_from(ingest_feed_name(feed)),
        .detail = ingest_pull_detail(feed, pulling->again, pulling->cli->arena),
    };

    return work_begin(pulling->cli, &request, &pulling->work, error);
}

static void tell(const IngestPulled *pulled)
{
    char period[DATE_TEXT_BYTES];

    printf("delivery %" PRId64 ": %s, ", pulled->delivery_id, month_format(pulled->period, period));
    if (!pulled->is_duplicate)
        printf("archived, %" PRIu64 " bytes (%" PRIu64 " sealed)\n", pulled->bytes, pulled->archive_bytes);
    else if (pulled->duplicate_of > 0)
        printf("duplicate of delivery %" PRId64 ", nothing kept\n", pulled->duplicate_of);
    else
        printf("duplicate of what was loaded from a file, nothing kept\n");
}

/* What is wrong with one delivery does not keep the others from being pulled; it stays where it lies. */
static Result take(Pulling *pulling, size_t index, Error *error)
{
    Error failure = {0};
    IngestPulled pulled;

    if (ingest_pull_take(pulling->pull, pulling->work.permit, index, &pulled, &failure).ok) {
        tell(&pulled);
        pulling->duplicates += pulled.is_duplicate;
        pulling->archived += !pulled.is_duplicate;
        return RESULT_OK;
    }
    fprintf(stderr, "cinque: %s\n", failure.message);
    if (pulling->refused++ == 0)
        pulling->first = failure;
    if (failure.code == ERROR_INPUT || failure.code == ERROR_REFUSED || failure.code == ERROR_LIMIT)
        return RESULT_OK;
    *error = failure;
    return (Result){.ok = false};
}

/* Each that was not taken has had its message. */
static Result not_taken(const Pulling *pulling, ErrorCode code, Error *error)
{
    size_t count = ingest_pull_count(pulling->pull);

    return fail(error, code, "%zu of %zu deliveries were not taken and lie where they were",
                count - pulling->archived - pulling->duplicates, count);
}

static Result take_all(Pulling *pulling, Error *error)
{
    size_t count = ingest_pull_count(pulling->pull);

    TRY(begin(pulling, error));
    for (size_t i = 0; i < count; i++)
        if (!take(pulling, i, error).ok)
            return not_taken(pulling, error->code, error);
    const GovernanceOutcome outcome = {
        .succeeded = pulling->refused == 0,
        .detail = text_format(pulling->cli->arena, "archived=%zu duplicate=%zu refused=%zu",
                              pulling->archived, pulling->duplicates, pulling->refused),
    };
    return work_end(pulling->cli, &pulling->work, &outcome, error);
}

/* ---- loading what is archived ---- */

static Result load_archived(Pulling *pulling, Error *error)
{
    const Cli *cli = pulling->cli;
    IngestHeld *held;
    size_t held_count, count = 0;

    TRY(ingest_held_list(pulling->loader, cli->arena, &held, &held_count, error));
    Delivery *deliveries = arena_alloc(cli->arena, (held_count + 1) * sizeof *deliveries);
    for (size_t i = 0; i < held_count; i++) {
        if (strcmp(held[i].feed, ingest_feed_name(pulling->feed)) != 0)
            continue;
        if (held_is_loadable(&held[i])) {
            TRY(held_wanted(cli, &held[i], &deliveries[count], error));
            deliveries[count++].delivery.again = pulling->again;
        } else if (held[i].has_archive &&
                   !held[i].needs_opening) /* a load that was killed behind its commit */
            TRY(ingest_archive_forget(pulling->archive, held[i].delivery_id, error));
    }
    return count > 0 ? load_deliveries(cli, 1, deliveries, count, error) : RESULT_OK;
}

static Result pull(Pulling *pulling, bool loads, Error *error)
{
    size_t count = ingest_pull_count(pulling->pull), known = ingest_pull_known(pulling->pull),
           others = ingest_pull_others(pulling->pull);

    if (count == 0)
        printf("feed %s: nothing new (%zu there were taken before)\n", ingest_feed_name(pulling->feed),
               known);
    else
        TRY(take_all(pulling, error));
    if (others > 0)
        printf("feed %s: left there: %zu whose names its `file` does not match\n",
               ingest_feed_name(pulling->feed), others);
    if (loads)
        TRY(load_archived(pulling, error));
    return pulling->refused > 0 ? not_taken(pulling, pulling->first.code, error) : RESULT_OK;
}

Result cmd_pull(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(pulling_close) Pulling pulling = {.cli = cli};
    Month period = DATE_NONE;
    bool loads = false;
    const Option options[] = {
        {"load", OPTION_FLAG, false, NULL, "load what is archived as well, each under a permit", &loads},
        {"period", OPTION_MONTH, false, NULL, "the month, of a feed whose files do not tell it", &period},
        {"again", OPTION_TEXT, false, NULL, "take what was withdrawn as well, and why; logged",
         &pulling.again},
    };

    TRY(cli_parse(cli, argc, argv, options, 3, 1, 1, error));
    TRY(ingest_again_check(pulling.again, error));
    TRY(pulling_open(&pulling, cli->arguments[0], period, error));
    return pull(&pulling, loads, error);
}
