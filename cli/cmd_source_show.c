#include <inttypes.h>

#include "cli/spec_place.h"
#include "cli_sql.h"

static const DbStatement list_statement = {
    .name = "source_list",
    .sql = cli_sql_source_list,
    .columns = {VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_INT8, VALUE_DATE},
};

static const DbStatement text_statement = {
    .name = "source_text",
    .sql = cli_sql_source_text,
    .parameters = {VALUE_TEXT, VALUE_INT4},
    .columns = {VALUE_TEXT},
};

static void print_sources(const DbRows *rows, Arena *arena)
{
    static const char *const headings[] = {"source", "title", "subject", "role", "version", "effective from"};
    static const bool right_aligned[] = {false, false, false, false, true, false};
    SCOPED(table_close)
    Table *table = table_create(headings, right_aligned, sizeof headings / sizeof headings[0]);

    for (size_t row = 0; row < db_row_count(rows); row++) {
        char date[DATE_TEXT_BYTES];
        const Text cells[] = {db_text(rows, row, 0),
                              db_text(rows, row, 1),
                              db_text(rows, row, 2),
                              db_text(rows, row, 3),
                              text_format(arena, "%" PRId64, db_int(rows, row, 4)),
                              text_from(date_format(db_value(rows, row, 5).date, date))};
        table_row(table, cells);
    }
    table_print(table, TABLE_TERMINAL, stdout);
}

static Result show_registered(Cli *cli, const char *source, const char *period, Error *error)
{
    SCOPED(db_close) Db *reader = NULL;
    SCOPED(db_rows_close) DbRows *rows = NULL;
    Month month = 0;

    if (period != NULL)
        TRY(spec_period(period, &month, error));

    TRY(cli_open(cli, "cinque_query", &reader, error));
    if (source == NULL) {
        TRY(db_run(reader, &list_statement, NULL, &rows, error));
        print_sources(rows, cli->arena);
        return RESULT_OK;
    }
    const Value parameters[] = {value_text(text_from(source)),
                                period != NULL ? value_int4(month) : value_null(VALUE_INT4)};
    TRY(db_run(reader, &text_statement, parameters, &rows, error));
    if (db_row_count(rows) == 0)
        return fail(error, ERROR_INPUT, "source: none of this name is registered%s",
                    period != NULL ? " and in effect in this month" : "");
    printf("%.*s", TEXT_ARG(db_text(rows, 0, 0)));
    return RESULT_OK;
}

/* A page needs no database: it is of the spec's file. */
Result cmd_source_show(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = NULL;
    bool is_markdown = false, is_registered = false;
    const char *period = NULL;
    const Option options[] = {
        {"period", OPTION_TEXT, false, NULL, "the version that is in effect in this month", &period},
        {"markdown", OPTION_FLAG, false, NULL, "the page as Markdown", &is_markdown},
        {"registered", OPTION_FLAG, false, NULL, "the text of the spec as the database holds it",
         &is_registered},
    };

    TRY(cli_parse(cli, argc, argv, options, 3, 0, 1, error));
    if (cli->argument_count == 0 || is_registered)
        return show_registered(cli, cli->argument_count > 0 ? cli->arguments[0] : NULL, period, error);
    TRY(spec_open_in(cli->arguments[0], period, &spec, error));
    ingest_spec_page(spec, is_markdown, stdout);
    return RESULT_OK;
}
