#include "cli/cli.h"
#include "ingest/ingest.h"

static const char loader_role[] = "cinque_loader";

Result cmd_loads(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(db_close) Db *loader = NULL;
    SCOPED(table_close) Table *table = NULL;
    const char *format_name = "terminal", *held_on = NULL, *missing = NULL;
    const Option options[] = {
        {"held-on", OPTION_TEXT, false, NULL, "CCYY-MM-DD: what was held at the end of that day", &held_on},
        {"missing", OPTION_TEXT, false, NULL, "CCYY-MM: who delivered before and not then", &missing},
        {"format", OPTION_TEXT, false, NULL, "terminal, csv or json", &format_name},
    };
    TableFormat format;
    Date day = DATE_NONE;
    Month month = 0;

    TRY(cli_parse(cli, argc, argv, options, 3, 0, 0, error));
    TRY(cli_format(format_name, &format, error));
    if (held_on != NULL && missing != NULL)
        return fail(error, ERROR_USAGE, "loads: --held-on or --missing, not both");
    if (held_on != NULL && !date_parse(text_from(held_on), &day))
        return fail(error, ERROR_USAGE, "--held-on: not a date of the form CCYY-MM-DD");
    if (missing != NULL && !month_parse(text_from(missing), &month))
        return fail(error, ERROR_USAGE, "--missing: not of the form CCYY-MM");
    TRY(cli_open(cli, loader_role, &loader, error));
    TRY(missing != NULL ? ingest_load_missing(loader, month, &table, error)
                        : ingest_load_list(loader, day, &table, error));
    table_print(table, format, stdout);
    return RESULT_OK;
}

Result cmd_withdraw(Cli *cli, int argc, const char *const *argv, Error *error)
{
    static const VerbUndo verb = {"load", loader_role, GOVERNANCE_WITHDRAW, ingest_withdraw, "withdrawn"};

    return verb_undo(cli, argc, argv, &verb, error);
}
