#include <inttypes.h>
#include <string.h>

#include "cli/held.h"
#include "cli/load_report.h"
#include "cli/loading.h"
#include "cli/streams.h"

enum { NUMBER_BYTES = 32 };

/* What went wrong with the delivery itself does not keep the others from being loaded. */
static bool is_of_delivery(const Error *error)
{
    return error->code == ERROR_INPUT || error->code == ERROR_REFUSED || error->code == ERROR_LIMIT;
}

/* What came of the deliveries of one call. */
typedef struct Tally {
    IngestReport *reports;
    size_t reported, rejected, failed;
    Error first;     /* of those that failed */
    bool is_stopped; /* what came behind the last that failed was not begun */
} Tally;

/* One that was pulled has no path before its archive is opened. */
static const char *name_of(const Delivery *delivery, char number[NUMBER_BYTES])
{
    snprintf(number, NUMBER_BYTES, "delivery %" PRId64,
             delivery->held != NULL ? delivery->held->delivery_id : 0);
    if (delivery->held != NULL)
        return number;
    return delivery->delivery.path != NULL ? delivery->delivery.path : "nil return";
}

/* Most messages begin with the file's name. */
static void say_failure(const Delivery *delivery, const char *message)
{
    char number[NUMBER_BYTES];
    const char *name = name_of(delivery, number);
    bool is_named = strncmp(message, name, strlen(name)) == 0;

    fprintf(stderr, "cinque: %s%s%s\n", is_named ? "" : name, is_named ? "" : ": ", message);
}

static Result tally_failure(Tally *tally, const Delivery *delivery, const Error *failure, Error *error)
{
    say_failure(delivery, failure->message);
    if (tally->failed++ == 0)
        tally->first = *failure;
    if (is_of_delivery(failure))
        return RESULT_OK;
    tally->is_stopped = true;
    *error = *failure;
    return (Result){.ok = false};
}

static Result load_each(Loading *loading, Delivery *deliveries, size_t count, Tally *tally, Error *error)
{
    for (size_t i = 0; i < count; i++) {
        Error failure = {0};
        IngestReport *report = &tally->reports[tally->reported];
        if (!loading_take(loading, &deliveries[i], report, &failure).ok) {
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

    return loading_take(&side->loading, &own, report, error);
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
    size_t missing = count - (tally->reported - tally->rejected);
    if (tally->is_stopped)
        return fail(error, error->code, "%zu of %zu deliveries were not loaded", missing, count);
    TRY(done);
    TRY(load_report_limits(loading->loader, tally->reports, tally->reported, error));
    if (missing > 0)
        return fail(error, tally->failed > 0 ? tally->first.code : ERROR_INPUT,
                    "%zu of %zu deliveries were not loaded", missing, count);
    return RESULT_OK;
}

static Result one_delivery(const Cli *cli, bool is_nil, Delivery *delivery, Error *error)
{
    if (cli->argument_count != (is_nil ? 1 : 2) || delivery->delivery.sender == NULL)
        return fail(error, ERROR_USAGE, "usage: cinque %s %s", cli->command->name, cli->command->arguments);
    if (is_nil && delivery->delivery.announced != NULL)
        return fail(error, ERROR_USAGE, "--sha256: a nil return has no file");
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

/* What a list or a pulled delivery says itself is never said beside it: it would be passed over. */
static Result check_alone(const Cli *cli, const Delivery *beside, bool has_status, bool is_nil, Error *error)
{
    if (cli->argument_count > 0 || beside->delivery.sender != NULL || beside->delivery.period != DATE_NONE ||
        beside->delivery.announced != NULL || has_status || is_nil)
        return fail(
            error, ERROR_USAGE,
            "--deliveries, --delivery: say themselves what is loaded: no source, file, --nil, --sender, "
            "--period, --status or --sha256 beside them");
    return RESULT_OK;
}

Result cmd_load(Cli *cli, int argc, const char *const *argv, Error *error)
{
    Delivery one = {.delivery = {.period = DATE_NONE}}, *deliveries = &one;
    const char *list = NULL, *status = NULL, *again = NULL, *announced = NULL;
    int64_t held = 0, streams = 1;
    bool is_nil = false;
    const Option options[] = {
        {"sender", OPTION_TEXT, false, NULL, "who sent it", &one.delivery.sender},
        {"period", OPTION_MONTH, false, NULL, "the month it is for", &one.delivery.period},
        {"status", OPTION_TEXT, false, NULL, "provisional, final (default) or year_end", &status},
        {"sha256", OPTION_TEXT, false, NULL, "the file's hash as its sender announced it", &announced},
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
    if (announced != NULL)
        TRY(delivery_announced(text_from(announced), cli->arena, &one.delivery.announced, error));
    if (list != NULL || held > 0)
        TRY(check_alone(cli, &one, status != NULL, is_nil, error));
    if (list != NULL && (held > 0 || one.delivery.replace))
        return fail(
            error, ERROR_USAGE,
            "--deliveries: neither --delivery nor --replace beside it: its column replace says which do");
    if (streams < 1 || streams > STREAMS_MAX || (streams > 1 && list == NULL))
        return fail(error, ERROR_USAGE, "--streams: 1 to %d, with --deliveries", STREAMS_MAX);
    if (held > 0) {
        TRY(held_delivery(cli, held, &one, error));
    } else if (list != NULL) {
        TRY(delivery_list_read(list, cli->arena, &deliveries, &count, error));
    } else {
        TRY(one_delivery(cli, is_nil, &one, error));
        TRY(delivery_status(text_from(status != NULL ? status : "final"), &one.delivery.status, error));
        if (one.delivery.period == DATE_NONE)
            return fail(error, ERROR_USAGE, "--period: required");
    }
    for (size_t i = 0; i < count; i++)
        deliveries[i].delivery.again = again;
    return load_deliveries(cli, streams, deliveries, count, error);
}
