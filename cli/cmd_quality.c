#include <inttypes.h>
#include <string.h>

#include "base/input.h"
#include "cli/cli.h"
#include "ingest/ingest.h"

static const char loader_role[] = "cinque_loader";

typedef Result (*AddPublished)(Db *loader, const GovernancePermit *permit, const char *path, int64_t *count,
                               Error *error);

/* Every figure that is published may be checked against its file, whose hash is in the log. */
static Result add_published(Cli *cli, int argc, const char *const *argv, GovernanceAction action,
                            AddPublished add, Error *error)
{
    SCOPED(work_close) Work work = {0};
    SCOPED(db_close) Db *loader = NULL;
    GovernanceOutcome outcome = {.succeeded = true, .has_content = true};
    char hex[HASH_TEXT_BYTES];
    uint64_t bytes;

    TRY(cli_parse(cli, argc, argv, NULL, 0, 1, 1, error));
    TRY(input_hash_file(cli->arguments[0], &outcome.content, &bytes, error));
    TRY(cli_open(cli, loader_role, &loader, error));
    const GovernanceRequest request = {.action = action,
                                       .object = text_from(hash_format(&outcome.content, hex))};
    TRY(work_begin(cli, &request, &work, error));
    TRY(add(loader, work.permit, cli->arguments[0], &outcome.rows, error));
    TRY(work_end(cli, &work, &outcome, error));
    printf("%" PRId64 " figures taken in\n", outcome.rows);
    return RESULT_OK;
}

Result cmd_reference_add_totals(Cli *cli, int argc, const char *const *argv, Error *error)
{
    return add_published(cli, argc, argv, GOVERNANCE_TOTALS_ADD, ingest_totals_add, error);
}

Result cmd_reference_add_population(Cli *cli, int argc, const char *const *argv, Error *error)
{
    return add_published(cli, argc, argv, GOVERNANCE_POPULATION_ADD, ingest_population_add, error);
}

Result cmd_reference_add_prices(Cli *cli, int argc, const char *const *argv, Error *error)
{
    return add_published(cli, argc, argv, GOVERNANCE_PRICES_ADD, ingest_prices_add, error);
}

/* What there is to report besides measures. */
static Result print_table(Db *loader, const char *name, Month month, const char *source, TableFormat format,
                          Error *error)
{
    SCOPED(table_close) Table *table = NULL;

    if (strcmp(name, "tests") == 0)
        TRY(ingest_quality_tests(loader, month, source, &table, error));
    else if (strcmp(name, "dqmi") == 0)
        TRY(ingest_dqmi(loader, month, source, &table, error));
    else
        return fail(error, ERROR_USAGE, "--table: measures, tests or dqmi");
    table_print(table, format, stdout);
    return RESULT_OK;
}

Result cmd_quality_report(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(db_close) Db *loader = NULL;
    SCOPED(table_close) Table *table = NULL;
    const char *format_name = "terminal", *source = NULL, *table_name = NULL;
    bool all = false;
    const Option options[] = {
        {"source", OPTION_TEXT, false, NULL, "of this source alone", &source},
        {"all", OPTION_FLAG, false, NULL, "also what is as usual", &all},
        {"format", OPTION_TEXT, false, NULL, "terminal, csv, json or html", &format_name},
        {"table", OPTION_TEXT, false, NULL, "measures, tests (the seven) or dqmi", &table_name},
    };
    IngestQuality counts;
    TableFormat format = TABLE_TERMINAL;
    Month month;

    TRY(cli_parse(cli, argc, argv, options, 4, 1, 1, error));
    bool is_page = strcmp(format_name, "html") == 0;
    if (is_page && table_name != NULL)
        return fail(error, ERROR_USAGE, "--table: a page holds them all");
    if (!is_page && !table_format_parse(text_from(format_name), &format))
        return fail(error, ERROR_USAGE, "--format: one of terminal, csv, json, html");
    if (!month_parse(text_from(cli->arguments[0]), &month))
        return fail(error, ERROR_USAGE, "month: not of the form CCYY-MM");
    TRY(cli_open(cli, loader_role, &loader, error));
    if (is_page)
        return ingest_quality_page(loader, month, source, stdout, error);
    if (table_name != NULL && strcmp(table_name, "measures") != 0)
        return print_table(loader, table_name, month, source, format, error);
    TRY(ingest_quality(loader, month, source, all, &table, &counts, error));
    if (table_row_count(table) > 0 || format != TABLE_TERMINAL)
        table_print(table, format, stdout);
    if (format == TABLE_TERMINAL && counts.measures == 0)
        printf("nothing was measured: no delivery%s%s for %s is held, and none is missed\n",
               source != NULL ? " of source " : "", source != NULL ? source : "", cli->arguments[0]);
    else if (format == TABLE_TERMINAL)
        printf("%" PRId64 " of %" PRId64 " measures are unusual; %" PRId64
               " have less than three months of history\n",
               counts.unusual, counts.measures, counts.without_history);
    return RESULT_OK;
}
