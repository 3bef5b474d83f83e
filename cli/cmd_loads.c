#include <inttypes.h>

#include "cli/cli.h"
#include "ingest/ingest.h"

static const char loader_role[] = "cinque_loader";

Result cmd_loads(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(db_close) Db *loader = NULL;
    SCOPED(table_close) Table *table = NULL;
    const char *format_name = "terminal";
    const Option options[] = {{"format", OPTION_TEXT, false, NULL, "terminal, csv or json", &format_name}};
    TableFormat format;

    TRY(cli_parse(cli, argc, argv, options, 1, 0, 0, error));
    TRY(cli_format(format_name, &format, error));
    TRY(cli_open(cli, loader_role, &loader, error));
    TRY(ingest_load_list(loader, &table, error));
    table_print(table, format, stdout);
    return RESULT_OK;
}

Result cmd_withdraw(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(work_close) Work work = {0};
    SCOPED(db_close) Db *loader = NULL;
    const GovernanceOutcome outcome = {.succeeded = true};
    int64_t load_id;

    TRY(cli_parse(cli, argc, argv, NULL, 0, 1, 1, error));
    TRY(cli_number(text_from(cli->arguments[0]), "load", &load_id, error));
    TRY(cli_open(cli, loader_role, &loader, error));
    GovernanceRequest request = {.action = GOVERNANCE_WITHDRAW,
                                 .object = text_format(cli->arena, "%" PRId64, load_id)};
    TRY(work_begin(cli, &request, &work, error));
    TRY(ingest_withdraw(loader, work.permit, load_id, error));
    TRY(work_end(cli, &work, &outcome, error));
    printf("load %" PRId64 " withdrawn\n", load_id);
    return RESULT_OK;
}

Result cmd_quarantine(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(db_close) Db *loader = NULL;
    SCOPED(table_close) Table *table = NULL;
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
    return RESULT_OK;
}
