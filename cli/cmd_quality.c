#include <inttypes.h>
#include <string.h>

#include "cli/cli.h"
#include "ingest/ingest.h"

Result cmd_quality_report(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(db_close) Db *loader = NULL;
    SCOPED(table_close) Table *table = NULL;
    const char *format_name = "terminal", *source = NULL;
    bool all = false;
    const Option options[] = {
        {"source", OPTION_TEXT, false, NULL, "of this source alone", &source},
        {"all", OPTION_FLAG, false, NULL, "also what is as usual", &all},
        {"format", OPTION_TEXT, false, NULL, "terminal, csv, json or html", &format_name},
    };
    IngestQuality counts;
    TableFormat format = TABLE_TERMINAL;
    Month month;

    TRY(cli_parse(cli, argc, argv, options, 3, 1, 1, error));
    bool is_page = strcmp(format_name, "html") == 0;
    if (!is_page)
        TRY(cli_format(format_name, &format, error));
    if (!month_parse(text_from(cli->arguments[0]), &month))
        return fail(error, ERROR_USAGE, "month: not of the form CCYY-MM");
    TRY(cli_open(cli, "cinque_loader", &loader, error));
    if (is_page)
        return ingest_quality_page(loader, month, source, stdout, error);
    TRY(ingest_quality(loader, month, source, all, &table, &counts, error));
    if (table_row_count(table) > 0 || format != TABLE_TERMINAL)
        table_print(table, format, stdout);
    if (format == TABLE_TERMINAL)
        printf("%" PRId64 " of %" PRId64 " measures are unusual; %" PRId64
               " have less than three months of history\n",
               counts.unusual, counts.measures, counts.without_history);
    return RESULT_OK;
}
