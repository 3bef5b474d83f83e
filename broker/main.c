#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/config.h"
#include "base/db_place.h"
#include "base/log.h"
#include "base/secret.h"
#include "broker/broker.h"

enum { PATH_BYTES = 512 };

static Result path_in(const char *data, const char *name, char out[PATH_BYTES], Error *error)
{
    int length = snprintf(out, PATH_BYTES, "%s/%s", data, name);

    if (length < 0 || length >= PATH_BYTES)
        return fail(error, ERROR_CONFIG, "data folder: its path is too long");
    return RESULT_OK;
}

static Result start(const char *data, Broker **broker, Error *error)
{
    char socket_path[PATH_BYTES], lock_path[PATH_BYTES], scratch[PATH_BYTES], checkpoints[PATH_BYTES];
    char governor[DB_PLACE_BYTES], query[DB_PLACE_BYTES];

    TRY(path_in(data, "run/cinqued.sock", socket_path, error));
    TRY(path_in(data, "run/cinqued.pid", lock_path, error));
    TRY(path_in(data, "run", scratch, error));
    TRY(path_in(data, "log/checkpoints", checkpoints, error));
    TRY(db_place_conninfo(data, "cinque", "cinque_governor", governor, error));
    TRY(db_place_conninfo(data, "cinque", "cinque_query", query, error));
    const BrokerOptions options = {.socket_path = socket_path,
                                   .lock_path = lock_path,
                                   .scratch_folder = scratch,
                                   .checkpoint_path = checkpoints,
                                   .governor_conninfo = governor,
                                   .query_conninfo = query};
    return broker_start(&options, broker, error);
}

/* Blocked before the broker's thread starts, so that only the wait below takes them. */
static void block_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN); /* a caller that hangs up is no reason to end */
}

static Result serve_until_told(int argc, const char *const *argv, Error *error)
{
    SCOPED(broker_stop) Broker *broker = NULL;
    const char *data = getenv("CINQUE_DATA"), *positional[1];
    const Option options[] = {
        {"data", OPTION_TEXT, false, NULL, "data folder (default: CINQUE_DATA)", &data}};
    size_t positional_count;
    sigset_t signals;
    int taken;

    TRY(config_parse(options, 1, argc, argv, positional, 0, &positional_count, error));
    if (data == NULL)
        return fail(error, ERROR_USAGE, "which data folder? give --data DIR or set CINQUE_DATA");
    log_set_level(LOG_LEVEL_INFO);
    block_signals(&signals);
    TRY(start(data, &broker, error));
    (void)sigwait(&signals, &taken);
    return RESULT_OK;
}

int main(int argc, char **argv)
{
    Error error = {0};

    secret_harden_process();
    Result done = serve_until_told(argc - 1, (const char *const *)argv + 1, &error);
    if (done.ok)
        return 0;
    fprintf(stderr, "cinqued: %s\n", error.message);
    return error_exit_status(&error);
}
