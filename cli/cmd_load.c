#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "cli/delivery.h"
#include "cli/held.h"
#include "cli/load_report.h"
#include "cli/reference.h"
#include "cli/spec_place.h"
#include "cli/streams.h"

static const char loader_role[] = "cinque_loader";

/* What all loads of one call share. */
typedef struct Loading {
    const Cli *cli;
    Db *loader, *merger;
    Keyring *keyring;
    PostcodeDirectory *directory;
    Work work;
    bool is_quiet; /* tells no progress */
    char quarantine[CLI_PATH_BYTES], archive[CLI_PATH_BYTES], parcels[CLI_PATH_BYTES];
} Loading;

static void loading_close(Loading *loading)
{
    work_close(&loading->work);
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

static Result loading_open(const Cli *cli, Loading *loading, Error *error)
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
        return ingest_delivery_object(delivery->delivery.path, mark, object, error);
    hash_format(&delivery->held->content, object);
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

static Result load_one(Loading *loading, const Delivery *delivery, IngestReport *report, Error *error)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = NULL;
    GovernanceRequest request;
    InputMark mark;
    const IngestContext context = {.loader = loading->loader,
                                   .merger = loading->merger,
                                   .keyring = loading->keyring,
                                   .directory = loading->directory,
                                   .quarantine_folder = loading->quarantine,
                                   .parcel_keys = loading->parcels,
                                   .show_progress = !loading->is_quiet};

    TRY(spec_open_for(delivery->source, delivery->delivery.period, &spec, error));
    TRY(make_request(loading, spec, delivery, &mark, &request, error));
    TRY(work_begin(loading->cli, &request, &loading->work, error));
    IngestDelivery marked = delivery->delivery;
    marked.mark = delivery->held == NULL && marked.path != NULL ? &mark : NULL;
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

/* What went wrong with the delivery itself does not keep the others from being loaded. */
static bool is_of_delivery(const Error *error)
{
    return error->code == ERROR_INPUT || error->code == ERROR_REFUSED || error->code == ERROR_LIMIT;
}

/* What came of the deliveries of one call. */
typedef struct Tally {
    IngestReport *reports;
    size_t reported, rejected, failed;
    Error first; /* of those that failed */
} Tally;

/* One that was pulled has no path before its archive is opened. */
static const char *name_of(const Delivery *delivery)
{
    if (delivery->held != NULL)
        return "archive";
    return delivery->delivery.path != NULL ? delivery->delivery.path : "nil return";
}

static Result tally_failure(Tally *tally, const Delivery *delivery, const Error *failure, Error *error)
{
    fprintf(stderr, "cinque: %s: %s\n", name_of(delivery), failure->message);
    if (tally->failed++ == 0)
        tally->first = *failure;
    if (is_of_delivery(failure))
        return RESULT_OK;
    *error = *failure;
    return (Result){.ok = false};
}

static Result load_any(Loading *loading, Delivery *delivery, IngestReport *report, Error *error)
{
    return delivery->held != NULL ? load_held(loading, delivery, report, error)
                                  : load_one(loading, delivery, report, error);
}

static Result load_each(Loading *loading, Delivery *deliveries, size_t count, Tally *tally, Error *error)
{
    for (size_t i = 0; i < count; i++) {
        Error failure = {0};
        IngestReport *report = &tally->reports[tally->reported];
        if (!load_any(loading, &deliveries[i], report, &failure).ok) {
            TRY(tally_failure(tally, &deliveries[i], &failure, error));
            continue;
        }
        tally->reported++;
        tally->rejected += report->outcome == INGEST_REJECTED;
    }
    return RESULT_OK;
}

/* ---- side by side ---- */

/* In a stream's process loading is its own; in the caller's it is not used. */
typedef struct SideBySide {
    const Cli *cli;
    Loading loading;
    Tally *tally;
} SideBySide;

static Result stream_begin(void *context, Error *error)
{
    SideBySide *side = context;

    side->loading.is_quiet = true;
    return loading_open(side->cli, &side->loading, error);
}

static Result stream_load(void *context, const Delivery *delivery, IngestReport *report, Error *error)
{
    SideBySide *side = context;
    Delivery own = *delivery;

    return load_any(&side->loading, &own, report, error);
}

static void stream_end(void *context)
{
    SideBySide *side = context;

    loading_close(&side->loading);
}

static Result stream_done(void *context, const Delivery *delivery, const IngestReport *report,
                          const Error *failure, Error *error)
{
    Tally *tally = ((SideBySide *)context)->tally;

    if (failure != NULL)
        return tally_failure(tally, delivery, failure, error);
    tally->reports[tally->reported++] = *report;
    tally->rejected += report->outcome == INGEST_REJECTED;
    return RESULT_OK;
}

static Result load_in_streams(const Cli *cli, int64_t streams, Delivery *deliveries, size_t count,
                              Tally *tally, Error *error)
{
    SideBySide side = {.cli = cli, .tally = tally};
    const StreamWork work = {
        .begin = stream_begin, .load = stream_load, .end = stream_end, .done = stream_done, .context = &side};

    return streams_run(&work, (size_t)streams, deliveries, count, error);
}

/* ---- one call ---- */

static Result report_all(Loading *loading, const Tally *tally, size_t count, Result done, Error *error)
{
    if (tally->reported > 0)
        load_report_print(tally->reports, tally->reported);
    TRY(done);
    TRY(load_report_limits(loading->loader, tally->reports, tally->reported, error));
    if (tally->rejected + tally->failed > 0)
        return fail(error, tally->failed > 0 ? tally->first.code : ERROR_INPUT,
                    "%zu of %zu deliveries were not loaded", tally->rejected + tally->failed, count);
    return RESULT_OK;
}

static Result one_delivery(const Cli *cli, bool is_nil, Delivery *delivery, Error *error)
{
    if (cli->argument_count != (is_nil ? 1 : 2) || delivery->delivery.sender == NULL)
        return fail(error, ERROR_USAGE, "usage: cinque %s %s", cli->command->name, cli->command->arguments);
    delivery->source = cli->arguments[0];
    delivery->delivery.path = is_nil ? NULL : cli->arguments[1];
    return RESULT_OK;
}

Result load_deliveries(const Cli *cli, int64_t streams, Delivery *deliveries, size_t count, Error *error)
{
    SCOPED(loading_close) Loading loading = {0};
    Tally tally = {.reports = arena_alloc(cli->arena, (count + 1) * sizeof *tally.reports)};

    TRY(loading_open(cli, &loading, error));
    TRY(work_open(cli, &loading.work, error));
    Result done = streams > 1 ? load_in_streams(cli, streams, deliveries, count, &tally, error)
                              : load_each(&loading, deliveries, count, &tally, error);
    if (done.ok)
        done = work_seal(cli, &loading.work, error);
    return report_all(&loading, &tally, count, done, error);
}

Result cmd_load(Cli *cli, int argc, const char *const *argv, Error *error)
{
    Delivery one = {.delivery = {.period = DATE_NONE}}, *deliveries = &one;
    const char *list = NULL, *status = "final", *again = NULL;
    int64_t held = 0, streams = 1;
    bool is_nil = false;
    const Option options[] = {
        {"sender", OPTION_TEXT, false, NULL, "who sent it", &one.delivery.sender},
        {"period", OPTION_MONTH, false, NULL, "the month it is for", &one.delivery.period},
        {"status", OPTION_TEXT, false, NULL, "provisional, final (default) or year_end", &status},
        {"replace", OPTION_FLAG, false, NULL, "it supersedes an earlier delivery of that month",
         &one.delivery.replace},
        {"again", OPTION_TEXT, false, NULL, "load it although it was withdrawn, and why; logged", &again},
        {"nil", OPTION_FLAG, false, NULL, "a nil return: there is no file", &is_nil},
        {"deliveries", OPTION_TEXT, false, NULL, "a list of deliveries, loaded in order", &list},
        {"streams", OPTION_COUNT, false, "1", "loads of a list side by side, up to 8", &streams},
        {"delivery", OPTION_COUNT, false, NULL, "one that was pulled, by its number", &held},
    };
    size_t count = 1;

    TRY(cli_parse(cli, argc, argv, options, sizeof options / sizeof options[0], 0, 2, error));
    TRY(ingest_again_check(again, error));
    if ((list != NULL || held > 0) && cli->argument_count > 0)
        return fail(error, ERROR_USAGE, "--deliveries, --delivery: take no source or file beside them");
    if (streams < 1 || streams > STREAMS_MAX || (streams > 1 && list == NULL))
        return fail(error, ERROR_USAGE, "--streams: 1 to %d, with --deliveries", STREAMS_MAX);
    if (held > 0) {
        TRY(held_delivery(cli, held, &one, error));
    } else if (list != NULL) {
        TRY(delivery_list_read(list, cli->arena, &deliveries, &count, error));
    } else {
        TRY(one_delivery(cli, is_nil, &one, error));
        TRY(delivery_status(text_from(status), &one.delivery.status, error));
        if (one.delivery.period == DATE_NONE)
            return fail(error, ERROR_USAGE, "--period: required");
    }
    for (size_t i = 0; i < count; i++)
        deliveries[i].delivery.again = again;
    return load_deliveries(cli, streams, deliveries, count, error);
}
