#include "cli/cli.h"
#include "ingest/ingest.h"

static const char loader_role[] = "cinque_loader";

Result cmd_loads(Cli *cli, int argc, const char *const *argv, Error *error)
{
    return verb_list(cli, argc, argv, loader_role, ingest_load_list, error);
}

Result cmd_withdraw(Cli *cli, int argc, const char *const *argv, Error *error)
{
    static const VerbUndo verb = {"load", loader_role, GOVERNANCE_WITHDRAW, ingest_withdraw, "withdrawn"};

    return verb_undo(cli, argc, argv, &verb, error);
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
