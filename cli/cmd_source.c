#include <inttypes.h>

#include "cli/load_report.h"
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
    .parameters = {VALUE_TEXT},
    .columns = {VALUE_TEXT},
};

/* Needs no permit, no key and no database: it stores nothing. */
Result cmd_source_check(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = NULL;
    IngestReport report = {0};

    TRY(cli_parse(cli, argc, argv, NULL, 0, 1, 2, error));
    TRY(spec_open(cli->arguments[0], &spec, error));
    if (cli->argument_count == 1) {
        printf("good: source %s version %d\n", ingest_spec_source(spec), ingest_spec_version(spec));
        return RESULT_OK;
    }
    TRY(ingest_check(spec, cli->arguments[1], &report, error));
    load_report_print(&report, 1);
    if (report.outcome == INGEST_REJECTED)
        return fail(error, ERROR_INPUT, "more rows would be rejected than the spec allows");
    return RESULT_OK;
}

static Result apply_one(Db *owner, const char *path, Error *error)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = NULL;

    TRY(spec_open(path, &spec, error));
    return ingest_source_apply(owner, spec, stdout, error);
}

Result cmd_source_apply(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(db_close) Db *owner = NULL;
    const char *shipped[SPECS_MAX];
    const char *const *paths = cli->arguments;
    size_t count;

    TRY(cli_parse(cli, argc, argv, NULL, 0, 0, SPECS_MAX, error));
    count = cli->argument_count;
    if (count == 0) {
        TRY(spec_list_shipped(cli->arena, shipped, &count, error));
        paths = shipped;
    }
    TRY(cli_open(cli, "cinque_owner", &owner, error));
    for (size_t i = 0; i < count; i++)
        TRY(apply_one(owner, paths[i], error));
    return RESULT_OK;
}

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

Result cmd_source_show(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(db_close) Db *reader = NULL;
    SCOPED(db_rows_close) DbRows *rows = NULL;

    TRY(cli_parse(cli, argc, argv, NULL, 0, 0, 1, error));
    TRY(cli_open(cli, "cinque_query", &reader, error));
    if (cli->argument_count == 0) {
        TRY(db_run(reader, &list_statement, NULL, &rows, error));
        print_sources(rows, cli->arena);
        return RESULT_OK;
    }
    const Value parameters[] = {value_text(text_from(cli->arguments[0]))};
    TRY(db_run(reader, &text_statement, parameters, &rows, error));
    if (db_row_count(rows) == 0)
        return fail(error, ERROR_INPUT, "source: none of this name is registered");
    printf("%.*s", TEXT_ARG(db_text(rows, 0, 0)));
    return RESULT_OK;
}
