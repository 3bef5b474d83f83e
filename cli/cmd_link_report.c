#include <string.h>

#include "cli/cli.h"
#include "linkage/linkage.h"

static const char linker_role[] = "cinque_linker";

typedef struct Part {
    const char *name;
    Result (*make)(Db *linker, Table **table, Error *error);
} Part;

static const Part parts[] = {
    {"rates", linkage_report},
    {"passes", linkage_passes},
    {"waiting", linkage_waiting},
    {"estimates", linkage_estimates},
};
enum { PARTS = sizeof parts / sizeof *parts };

static Result find_part(const char *name, const Part **part, Error *error)
{
    for (size_t i = 0; i < PARTS; i++)
        if (strcmp(parts[i].name, name) == 0) {
            *part = &parts[i];
            return RESULT_OK;
        }
    return fail(error, ERROR_USAGE, "--table: rates, passes, waiting or estimates");
}

static Result print_part(Db *linker, const Part *part, TableFormat format, Error *error)
{
    SCOPED(table_close) Table *table = NULL;

    TRY(part->make(linker, &table, error));
    table_print(table, format, stdout);
    return RESULT_OK;
}

/* A part that has nothing to say is not headed. */
static Result print_all(Db *linker, Error *error)
{
    for (size_t i = 0; i < PARTS; i++) {
        SCOPED(table_close) Table *table = NULL;
        TRY(parts[i].make(linker, &table, error));
        if (table_row_count(table) == 0)
            continue;
        if (i > 0)
            printf("\n%s\n", parts[i].name);
        table_print(table, TABLE_TERMINAL, stdout);
    }
    return RESULT_OK;
}

/* A file or another program gets one table, whoever reads the terminal all. */
Result cmd_link_report(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(db_close) Db *linker = NULL;
    const char *format_name = "terminal", *part_name = NULL;
    const Option options[] = {
        {"format", OPTION_TEXT, false, NULL, "terminal, csv, json or html", &format_name},
        {"table", OPTION_TEXT, false, NULL, "rates, passes, waiting or estimates", &part_name},
    };
    const Part *part = &parts[0];
    TableFormat format = TABLE_TERMINAL;

    TRY(cli_parse(cli, argc, argv, options, 2, 0, 0, error));
    bool is_page = strcmp(format_name, "html") == 0;
    if (!is_page)
        TRY(cli_format(format_name, &format, error));
    if (part_name != NULL)
        TRY(find_part(part_name, &part, error));
    if (is_page && part_name != NULL)
        return fail(error, ERROR_USAGE, "--table: a page holds them all");
    TRY(cli_open(cli, linker_role, &linker, error));
    if (is_page)
        return linkage_report_page(linker, stdout, error);
    if (part_name == NULL && format == TABLE_TERMINAL)
        return print_all(linker, error);
    return print_part(linker, part, format, error);
}
