#include <inttypes.h>

#include "cli/spec_place.h"

/* As cinque(1) says; 1 to 3 are those of errors. */
enum { EXIT_TAKEN = 4, EXIT_REFUSED = 5 };

static void print_summary(const IngestSpec *spec, const IngestDrift *drift)
{
    static const char *const levels[] = {
        [INGEST_DRIFT_NONE] = "no drift",
        [INGEST_DRIFT_TAKEN] = "drift that a load takes",
        [INGEST_DRIFT_REFUSED] = "drift that a load would refuse",
    };

    printf("%s version %d, %" PRId64 " rows looked at: %s; columns missing %" PRId64 ", new %" PRId64
           ", renamed %" PRId64 ", moved %" PRId64 ", with values that do not fit %" PRId64 "\n",
           ingest_spec_source(spec), ingest_spec_version(spec), drift->rows, levels[drift->level],
           drift->missing, drift->unknown, drift->renamed, drift->moved, drift->unfit);
}

/* Needs no permit, no key and no database: it stores nothing. */
Result cmd_source_diff(Cli *cli, int argc, const char *const *argv, Error *error)
{
    static const int statuses[] = {
        [INGEST_DRIFT_NONE] = 0, [INGEST_DRIFT_TAKEN] = EXIT_TAKEN, [INGEST_DRIFT_REFUSED] = EXIT_REFUSED};
    SCOPED(ingest_spec_close) IngestSpec *spec = NULL;
    SCOPED(table_close) Table *table = NULL;
    const char *format_name = "terminal";
    const char *period = NULL;
    const Option options[] = {
        {"period", OPTION_TEXT, false, NULL, "by the version that is in effect in this month", &period},
        {"format", OPTION_TEXT, false, NULL, "terminal, csv or json", &format_name},
    };
    IngestDrift drift;
    TableFormat format;

    TRY(cli_parse(cli, argc, argv, options, 2, 2, 2, error));
    TRY(cli_format(format_name, &format, error));
    TRY(spec_open_in(cli->arguments[0], period, &spec, error));
    TRY(ingest_diff(spec, cli->arguments[1], &drift, &table, error));
    if (table_row_count(table) > 0 || format != TABLE_TERMINAL)
        table_print(table, format, stdout);
    if (format == TABLE_TERMINAL)
        print_summary(spec, &drift);
    cli->exit_status = statuses[drift.level];
    return RESULT_OK;
}
