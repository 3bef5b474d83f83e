#include "cli/cli.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum { OPTIONS_MAX = 24 };

static bool wants_help(int argc, const char *const *argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0)
            return true;
    return false;
}

static void print_help(const Cli *cli, const Option *options, size_t option_count)
{
    printf("usage: cinque %s %s\n%s\n\n", cli->command->name, cli->command->arguments, cli->command->help);
    config_help(stdout, options, option_count);
}

Result cli_parse(Cli *cli, int argc, const char *const *argv, const Option *options, size_t option_count,
                 size_t min, size_t max, Error *error)
{
    bool is_verbose = false, help = false;
    const Option shared[] = {
        {"data", OPTION_TEXT, false, NULL, "data folder (default: CINQUE_DATA)", &cli->data},
        {"verbose", OPTION_FLAG, false, NULL, "say each step on standard error", &is_verbose},
        {"help", OPTION_FLAG, false, NULL, "this help", &help},
    };
    enum { SHARED_COUNT = sizeof shared / sizeof shared[0] };
    Option all[OPTIONS_MAX];

    assert(option_count + SHARED_COUNT <= OPTIONS_MAX && max <= CLI_ARGUMENTS_MAX);
    if (option_count > 0)
        memcpy(all, options, option_count * sizeof *options);
    memcpy(all + option_count, shared, sizeof shared);
    cli->data = getenv("CINQUE_DATA");
    if (wants_help(argc, argv)) {
        print_help(cli, all, option_count + SHARED_COUNT);
        exit(0);
    }
    TRY(config_parse(all, option_count + SHARED_COUNT, argc, argv, cli->arguments, max, &cli->argument_count,
                     error));
    if (cli->argument_count < min)
        return fail(error, ERROR_USAGE, "usage: cinque %s %s", cli->command->name, cli->command->arguments);
    if (is_verbose)
        log_set_level(LOG_LEVEL_INFO);
    cli_use_delivery_keys(cli);
    return RESULT_OK;
}

Result cli_number(Text text, const char *what, int64_t *number, Error *error)
{
    if (!text_to_int64(text, number) || *number < 1)
        return fail(error, ERROR_USAGE, "%s: not a number", what);
    return RESULT_OK;
}

Result cli_format(const char *name, TableFormat *format, Error *error)
{
    if (!table_format_parse(text_from(name), format))
        return fail(error, ERROR_USAGE, "--format: one of terminal, csv, json");
    return RESULT_OK;
}
