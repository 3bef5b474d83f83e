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

/* What is looked for, and in what. */
typedef struct Wanted {
    const Cli *cli;
    Db *loader;
    Month period;
    const IngestHeld *held;
    size_t count;
} Wanted;

/* Pulled, or loaded from a file of any path. */
static Result look_for(const Wanted *wanted, const IngestFeed *feed, bool *is_there, Error *error)
{
    for (size_t i = 0; i < wanted->count; i++)
        if (has_come(&wanted->held[i], ingest_feed_name(feed), wanted->period)) {
            *is_there = true;
            return RESULT_OK;
        }
    return ingest_has_come(wanted->loader, feed, wanted->period, is_there, error);
}

static Result add_missing(const Wanted *wanted, const char *name, Table *table, Error *error)
{
    SCOPED(ingest_feed_close) IngestFeed *feed = NULL;
    char month[DATE_TEXT_BYTES];
    bool is_there = false;

    TRY(feed_find(wanted->cli, name, &feed, error));
    if (!ingest_feed_is_due(feed, wanted->period, today()))
        return RESULT_OK;
    TRY(look_for(wanted, feed, &is_there, error));
    if (!is_there)
        table_row(table, (const Text[]){text_from(name), text_from(ingest_feed_source(feed)),
                                        text_from(ingest_feed_sender(feed)),
                                        text_from(month_format(wanted->period, month))});
    return RESULT_OK;
}

static Result missing_table(const Wanted *wanted, Table **table, Error *error)
{
    static const char *const headings[] = {"feed", "source", "sender", "period"};
    const char *names[FEEDS_MAX];
    size_t feed_count;

    TRY(feed_list(wanted->cli, names, &feed_count, error));
    *table = table_create(headings, NULL, 4);
    for (size_t i = 0; i < feed_count; i++)
        TRY(add_missing(wanted, names[i], *table, error));
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
    const Wanted wanted = {.cli = cli, .loader = loader, .period = missing, .held = held, .count = count};
    if (missing != DATE_NONE)
        TRY(missing_table(&wanted, &table, error));
    else
        table = ingest_held_table(held, count);
    table_print(table, format, stdout);
    return RESULT_OK;
}
