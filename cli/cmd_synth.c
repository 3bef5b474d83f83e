#include <inttypes.h>

#include "cli/cli.h"
#include "synth/synth.h"

enum { CELL_BYTES = 32 };

static void print_report(const SynthReport *report, const char *folder)
{
    static const char *const headings[] = {"source", "rows"};
    static const bool right_aligned[] = {false, true};
    SCOPED(table_close) Table *table = table_create(headings, right_aligned, 2);

    for (int i = 0; i < SYNTH_SOURCE_COUNT; i++) {
        char rows[CELL_BYTES];
        snprintf(rows, sizeof rows, "%" PRId64, report->rows[i]);
        const Text cells[] = {text_from(synth_source_name((SynthSource)i)), text_from(rows)};
        table_row(table, cells);
    }
    table_print(table, TABLE_TERMINAL, stdout);
    printf("%" PRId64 " rows of %" PRId64 " people (%.1f a person) in %" PRId64
           " deliveries in %.1f s, in %s\n",
           report->rows_total, report->people, (double)report->rows_total / (double)report->people,
           report->deliveries, (double)report->elapsed_us / 1e6, folder);
}

Result cmd_synth(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SynthOptions options = synth_options_default();
    SynthReport report;
    int64_t people = options.people, months = options.months, canaries = options.canaries,
            seed = (int64_t)options.seed;
    const Option table[] = {
        {"out", OPTION_TEXT, true, NULL, "folder to write to", &options.out_folder},
        {"people", OPTION_COUNT, false, NULL, "people alive at the start", &people},
        {"months", OPTION_COUNT, false, NULL, "months delivered", &months},
        {"seed", OPTION_COUNT, false, NULL, "same seed, same bytes", &seed},
        {"first-month", OPTION_MONTH, false, NULL, "first month delivered", &options.first_month},
        {"canaries", OPTION_COUNT, false, NULL, "people with marked identifiers", &canaries},
    };

    TRY(cli_parse(cli, argc, argv, table, sizeof table / sizeof table[0], 0, 0, error));
    if (months > SYNTH_MONTHS_MAX || canaries > SYNTH_CANARIES_MAX)
        return fail(error, ERROR_USAGE, "at most %d months and %d canaries", SYNTH_MONTHS_MAX,
                    SYNTH_CANARIES_MAX);
    options.people = people;
    options.months = (int)months;
    options.canaries = (int)canaries;
    options.seed = (uint64_t)seed;
    options.show_progress = true;
    TRY(synth_county(&options, &report, error));
    print_report(&report, options.out_folder);
    return RESULT_OK;
}
