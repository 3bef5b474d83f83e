/* What a load rejected: places and rules for everybody who loads, the lines themselves for two people. */
#include <inttypes.h>

#include "cli/cli.h"
#include "ingest/ingest.h"
#include "pseudonymise/pseudonymise.h"

static const char loader_role[] = "cinque_loader";

Result cmd_quarantine(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(db_close) Db *loader = NULL;
    SCOPED(table_close) Table *table = NULL, *refused = NULL;
    const char *format_name = "terminal";
    int64_t load_id, rows = 0;
    const Option options[] = {
        {"rows", OPTION_COUNT, false, "1000", "at most so many", &rows},
        {"format", OPTION_TEXT, false, NULL, "terminal, csv or json", &format_name},
    };
    TableFormat format;

    TRY(cli_parse(cli, argc, argv, options, 2, 1, 1, error));
    TRY(cli_number(text_from(cli->arguments[0]), "load", &load_id, error));
    TRY(cli_format(format_name, &format, error));
    TRY(cli_open(cli, loader_role, &loader, error));
    TRY(ingest_quarantine_list(loader, load_id, rows, &table, error));
    table_print(table, format, stdout);
    /* A file for a program holds one table. */
    if (format != TABLE_TERMINAL)
        return RESULT_OK;
    TRY(ingest_refused_list(loader, load_id, &refused, error));
    if (refused != NULL)
        table_print(refused, format, stdout);
    return RESULT_OK;
}

Result cmd_quarantine_approve(Cli *cli, int argc, const char *const *argv, Error *error)
{
    static const VerbApprove verb = {"load", "/loads", "/quarantine/approve", "open the rejected lines of"};

    return verb_approve(cli, argc, argv, &verb, error);
}

static Result not_written(Error *error)
{
    return fail_errno(error, "quarantine open: its output cannot be written");
}

static Result print_line(void *context, uint64_t line_number, Text line, Error *error)
{
    (void)context;
    if (printf("%" PRIu64 "\t", line_number) < 0 ||
        fwrite(line.data, 1, line.length, stdout) != line.length || putchar('\n') == EOF)
        return not_written(error);
    return RESULT_OK;
}

Result cmd_quarantine_open(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(work_close) Work work = {0};
    const GovernanceOutcome outcome = {.succeeded = true};
    const char *private_key = NULL;
    const Option options[] = {
        {"private-key", OPTION_TEXT, true, NULL, "the quarantine's private key, a file of mode 0600",
         &private_key},
    };
    char folder[CLI_PATH_BYTES];
    int64_t load_id;

    TRY(cli_parse(cli, argc, argv, options, 1, 1, 1, error));
    TRY(cli_number(text_from(cli->arguments[0]), "load", &load_id, error));
    TRY(verb_output_is_placed("quarantine open", error));
    TRY(cli_path(cli, "quarantine", folder, error));
    TRY(work_begin_approved(cli, GOVERNANCE_QUARANTINE_OPEN, load_id, &work, error));
    TRY(ingest_rejected_read(folder, load_id, private_key, print_line, NULL, error));
    /* Before the log says that it was opened. */
    if (fflush(stdout) != 0)
        return not_written(error);
    return work_end(cli, &work, &outcome, error);
}
