#include <string.h>

#include "cli/held.h"

static const char loader_role[] = "cinque_loader";

/* It came, whatever became of it; what was refused or taken back is missing again. */
static bool has_come(const IngestHeld *held, const char *feed, Month period)
{
    static const char *const gone[] = {"seen", "rejected", "withdrawn"};

    if (strcmp(held->feed, feed) != 0 || held->period != period)
        return false;
    for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
        if (strcmp(held->state, gone[i]) == 0)
            return false;
    return true;
}

static Date today(void)
{
    enum { US_A_DAY_SECONDS = 86400 };

    return (Date)(time_now_us() / 1000000 / US_A_DAY_SECONDS) + date_from_civil(1970, 1, 1);
}

static Result add_missing(const Cli *cli, const char *name, Month period, const IngestHeld *held,
                          size_t count, Table *table, Error *error)
{
    SCOPED(ingest_feed_close) IngestFeed *feed = NULL;
    char month[DATE_TEXT_BYTES];

    TRY(feed_find(cli, name, &feed, error));
    if (!ingest_feed_is_due(feed, period, today()))
        return RESULT_OK;
    for (size_t i = 0; i < count; i++)
        if (has_come(&held[i], name, period))
            return RESULT_OK;
    table_row(table,
              (const Text[]){text_from(name), text_from(ingest_feed_source(feed)),
                             text_from(ingest_feed_sender(feed)), text_from(month_format(period, month))});
    return RESULT_OK;
}

static Result missing_table(const Cli *cli, Month period, const IngestHeld *held, size_t count, Table **table,
                            Error *error)
{
    static const char *const headings[] = {"feed", "source", "sender", "period"};
    const char *names[FEEDS_MAX];
    size_t feed_count;

    TRY(feed_list(cli, names, &feed_count, error));
    *table = table_create(headings, NULL, 4);
    for (size_t i = 0; i < feed_count; i++)
        TRY(add_missing(cli, names[i], period, held, count, *table, error));
    return RESULT_OK;
}

Result cmd_deliveries(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(db_close) Db *loader = NULL;
    SCOPED(table_close) Table *table = NULL;
    const char *format_name = "terminal";
    Month missing = DATE_NONE;
    const Option options[] = {
        {"missing", OPTION_MONTH, false, NULL, "what feeds should have brought for this month and did not",
         &missing},
        {"format", OPTION_TEXT, false, NULL, "terminal, csv or json", &format_name},
    };
    TableFormat format;
    IngestHeld *held;
    size_t count;

    TRY(cli_parse(cli, argc, argv, options, 2, 0, 0, error));
    TRY(cli_format(format_name, &format, error));
    TRY(cli_open(cli, loader_role, &loader, error));
    TRY(ingest_held_list(loader, cli->arena, &held, &count, error));
    if (missing != DATE_NONE)
        TRY(missing_table(cli, missing, held, count, &table, error));
    else
        table = ingest_held_table(held, count);
    table_print(table, format, stdout);
    return RESULT_OK;
}
