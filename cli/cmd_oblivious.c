/* Oblivious tokens by files. No data folder, database or network: provider and key holder work offline,
 * apart. */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "pseudonymise/pseudonymise.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { VALUES_MAX_DEFAULT = 100000 };

/* Makes the key where there is none yet. */
Result cmd_oblivious_key(Cli *cli, int argc, const char *const *argv, Error *error)
{
    const char *space = NULL;
    char public_key[OBLIVIOUS_PUBLIC_BYTES];
    const Option options[] = {{"space", OPTION_TEXT, true, NULL, "what the tokens are for", &space}};

    TRY(cli_parse(cli, argc, argv, options, COUNT(options), 1, 1, error));
    if (access(cli->arguments[0], F_OK) != 0)
        TRY(oblivious_key_create(cli->arguments[0], error));
    TRY(oblivious_key_public(cli->arguments[0], space, public_key, error));
    printf("%s\n", public_key);
    return RESULT_OK;
}

Result cmd_oblivious_blind(Cli *cli, int argc, const char *const *argv, Error *error)
{
    ObliviousBlinding of = {0};
    ObliviousReport report;
    const Option options[] = {
        {"space", OPTION_TEXT, true, NULL, "what the tokens are for", &of.space},
        {"secret", OPTION_TEXT, true, NULL, "file to be made and kept until the answer comes", &of.secret},
        {"request", OPTION_TEXT, true, NULL, "file to be made for the key holder", &of.request},
    };

    TRY(cli_parse(cli, argc, argv, options, COUNT(options), 1, 1, error));
    of.values = cli->arguments[0];
    TRY(oblivious_blind(&of, &report, error));
    printf("%" PRId64 " of %" PRId64 " values blinded; send the request, keep the secret\n", report.valid,
           report.values);
    return RESULT_OK;
}

Result cmd_oblivious_evaluate(Cli *cli, int argc, const char *const *argv, Error *error)
{
    ObliviousEvaluation of = {.values_max = VALUES_MAX_DEFAULT};
    ObliviousReport report;
    const Option options[] = {
        {"key", OPTION_TEXT, true, NULL, "the key holder's key", &of.key},
        {"space", OPTION_TEXT, true, NULL, "the one that this provider may ask for", &of.space},
        {"answer", OPTION_TEXT, true, NULL, "file to be made for the provider", &of.answer},
        {"values-max", OPTION_COUNT, false, NULL, "more than so many are refused; 100000", &of.values_max},
    };

    TRY(cli_parse(cli, argc, argv, options, COUNT(options), 1, 1, error));
    of.request = cli->arguments[0];
    TRY(oblivious_evaluate(&of, &report, error));
    printf("%" PRId64 " values evaluated for %s\n", report.values, of.space);
    return RESULT_OK;
}

Result cmd_oblivious_finalise(Cli *cli, int argc, const char *const *argv, Error *error)
{
    ObliviousFinalising of = {0};
    ObliviousReport report;
    const Option options[] = {
        {"secret", OPTION_TEXT, true, NULL, "what blind made", &of.secret},
        {"request", OPTION_TEXT, true, NULL, "what was sent", &of.request},
        {"answer", OPTION_TEXT, true, NULL, "what came", &of.answer},
        {"public-key", OPTION_TEXT, true, NULL, "of the key holder for this space", &of.public_key},
        {"tokens", OPTION_TEXT, true, NULL, "file to be made", &of.tokens},
    };

    TRY(cli_parse(cli, argc, argv, options, COUNT(options), 1, 1, error));
    of.values = cli->arguments[0];
    TRY(oblivious_finalise(&of, &report, error));
    printf("%" PRId64 " tokens for %" PRId64 " values; the secret and the request can go\n", report.valid,
           report.values);
    return RESULT_OK;
}
