#include "cli/loading.h"

#include <inttypes.h>

#include "base/log.h"
#include "cli/held.h"
#include "cli/reference.h"
#include "cli/spec_place.h"

static const char loader_role[] = "cinque_loader";

void loading_close(Loading *loading)
{
    work_close(&loading->work);
    db_close(&loading->writer);
    db_close(&loading->merger);
    db_close(&loading->loader);
    keyring_close(&loading->keyring);
    postcode_directory_close(&loading->directory);
}

enum { WARNED_DAYS = 30 };

/* Behind the last day every delivery would fail for it: it is told once, before any is begun. */
static Result check_keys(const Keyring *keyring, Error *error)
{
    Date until = keyring_not_after(keyring);
    char day[DATE_TEXT_BYTES];

    TRY(keyring_check_day(keyring, date_today(), error));
    if (until != DATE_NONE && until - date_today() <= WARNED_DAYS)
        log_event(LOG_LEVEL_WARNING, "key_expires", "last_day=%s", date_format(until, day));
    return RESULT_OK;
}

Result loading_open(const Cli *cli, Loading *loading, Error *error)
{
    char keyring[CLI_PATH_BYTES];

    loading->cli = cli;
    TRY(cli_path(cli, "keyring", keyring, error));
    TRY(cli_path(cli, "quarantine", loading->quarantine, error));
    TRY(cli_path(cli, "archive", loading->archive, error));
    TRY(cli_path(cli, "keyring/parcels", loading->parcels, error));
    TRY(keyring_open(keyring, &loading->keyring, error));
    TRY(check_keys(loading->keyring, error));
    TRY(reference_open(cli, &loading->directory, error));
    TRY(cli_open(cli, loader_role, &loading->merger, error));
    return cli_open(cli, loader_role, &loading->loader, error);
}

/* What is archived need not be read to be known. */
static Result find_object(const Delivery *delivery, InputMark *mark, char object[HASH_TEXT_BYTES],
                          Error *error)
{
    if (delivery->held == NULL)
        return ingest_delivery_object(&delivery->delivery, mark, object, error);
    hash_format(&delivery->held->content, object);
    mark->bytes = (uint64_t)delivery->held->bytes;
    return RESULT_OK;
}

static Result make_request(const Loading *loading, const IngestSpec *spec, const Delivery *wanted,
                           InputMark *mark, GovernanceRequest *request, Error *error)
{
    const IngestDelivery *delivery = &wanted->delivery;
    char object[HASH_TEXT_BYTES], detail[INGEST_DETAIL_BYTES];
    Arena *arena = loading->cli->arena;

    TRY(find_object(wanted, mark, object, error));
    *request = (GovernanceRequest){
        .action = GOVERNANCE_LOAD,
        .source = text_from(ingest_spec_source(spec)),
        .sender = text_from(delivery->sender),
        .object = text_copy(arena, text_from(object)),
        .detail = text_copy(arena, ingest_delivery_detail(delivery, detail)),
    };
    return RESULT_OK;
}

static GovernanceOutcome outcome_of(const Loading *loading, const IngestReport *report)
{
    static const char *const names[] = {
        [INGEST_LOADED] = "loaded",
        [INGEST_DUPLICATE] = "duplicate",
        [INGEST_REJECTED] = "rejected",
        [INGEST_HELD] = "held",
    };

    char use[KEY_USE_BYTES];
    return (GovernanceOutcome){
        .succeeded = report->outcome != INGEST_REJECTED,
        .rows = report->rows_loaded,
        .content = report->content,
        .has_content = true,
        .detail = text_format(loading->cli->arena, "%s load=%" PRId64 " %.*s", names[report->outcome],
                              report->load_id, TEXT_ARG(key_use_text(&report->key_use, use))),
    };
}

/* What the keys were used for counts also where nothing came of it. */
static Result failed_load(Loading *loading, const IngestReport *report, Result failed)
{
    char use[KEY_USE_BYTES];
    Error ignored = {0};
    const GovernanceOutcome outcome = {.detail = text_format(loading->cli->arena, "failed %.*s",
                                                             TEXT_ARG(key_use_text(&report->key_use, use)))};

    /* Where this cannot be logged, closing the permit logs that it failed, or says that it could not. */
    Result logged = work_result(&loading->work, &outcome, &ignored);
    (void)logged;
    return failed;
}

/* As delivered, packed or not. Below this two who write rows are no quicker than one. */
enum { LARGE_BYTES = 16 << 20 };

static Result find_writer(Loading *loading, uint64_t bytes, Db **writer, Error *error)
{
    *writer = NULL;
    if (bytes < LARGE_BYTES)
        return RESULT_OK;
    if (loading->writer == NULL)
        TRY(cli_open(loading->cli, loader_role, &loading->writer, error));
    *writer = loading->writer;
    return RESULT_OK;
}

static Result load_one(Loading *loading, const Delivery *delivery, IngestReport *report, Error *error)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = NULL;
    GovernanceRequest request;
    InputMark mark = {.path = NULL};
    IngestContext context = {.loader = loading->loader,
                             .merger = loading->merger,
                             .keyring = loading->keyring,
                             .directory = loading->directory,
                             .quarantine_folder = loading->quarantine,
                             .parcel_keys = loading->parcels,
                             .show_progress = !loading->is_quiet};

    TRY(spec_open_for(delivery->source, delivery->delivery.period, &spec, error));
    TRY(make_request(loading, spec, delivery, &mark, &request, error));
    TRY(find_writer(loading, mark.bytes, &context.writer, error));
    TRY(work_begin(loading->cli, &request, &loading->work, error));
    IngestDelivery marked = delivery->delivery;
    marked.mark = mark.path != NULL ? &mark : NULL;
    *report = (IngestReport){0};
    Result loaded = ingest_load(&context, loading->work.permit, spec, &marked, report, error);
    if (!loaded.ok)
        return failed_load(loading, report, loaded);
    ingest_duplicates_count(loading->loader, loading->work.permit, report);
    if (delivery->held != NULL && report->outcome == INGEST_DUPLICATE)
        TRY(ingest_held_settle(loading->loader, loading->work.permit, delivery->held->delivery_id, error));
    GovernanceOutcome outcome = outcome_of(loading, report);
    return work_result(&loading->work, &outcome, error);
}

/* From the archive, without clear text on the disk. Once it is loaded or rejected only the private key opens
 * it. */
static Result load_held(Loading *loading, Delivery *delivery, IngestReport *report, Error *error)
{
    const IngestHeld *held = delivery->held;
    const IngestArchive archive = {.folder = loading->archive,
                                   .delivery_id = held->delivery_id,
                                   .keyring = loading->keyring,
                                   .signer = delivery->signer,
                                   .is_vouched = held->is_signed};

    delivery->delivery.path = ingest_archive_serve(&archive);
    Result result = space_check(loading->cli, held, delivery->delivery.path, error);
    if (result.ok)
        result = load_one(loading, delivery, report, error);
    (void)ingest_archive_serve(NULL);
    TRY(result);
    return ingest_archive_forget(loading->archive, held->delivery_id, error);
}

Result loading_take(Loading *loading, Delivery *delivery, IngestReport *report, Error *error)
{
    return delivery->held != NULL ? load_held(loading, delivery, report, error)
                                  : load_one(loading, delivery, report, error);
}
