/* Keys for encrypted deliveries: ours, whose public half senders are given, and those that senders sign with.
 */
#include <string.h>
#include <sys/stat.h>

#include "base/input_keys.h"
#include "cli/cli.h"

static void print_fingerprints(const InputFingerprints *keys)
{
    if (*keys->openpgp != '\0')
        printf("OpenPGP %s\n", keys->openpgp);
    if (*keys->cms != '\0')
        printf("CMS     %s\n", keys->cms);
}

static Result create(const Cli *cli, const char *folder, Error *error)
{
    char keyring[CLI_PATH_BYTES];
    InputFingerprints made;

    TRY(cli_path(cli, "keyring", keyring, error));
    TRY(cli_make_folder(keyring, 0700, error));
    TRY(input_keys_create(folder, cli->arguments[1], &made, error));
    print_fingerprints(&made);
    printf("keys made in %s; cinque key delivery show prints what senders need\n", folder);
    return RESULT_OK;
}

static Result import(const Cli *cli, const char *folder, Error *error)
{
    InputFingerprints taken;

    TRY(input_keys_import(folder, cli->arguments[1], &taken, error));
    print_fingerprints(&taken);
    return RESULT_OK;
}

static Result show(const Cli *cli, const char *folder, Error *error)
{
    Text text;

    TRY(input_keys_public(folder, cli->arena, &text, error));
    printf("%.*s", TEXT_ARG(text));
    return RESULT_OK;
}

Result cmd_key_delivery(Cli *cli, int argc, const char *const *argv, Error *error)
{
    static const struct {
        const char *name;
        size_t arguments;
        Result (*run)(const Cli *cli, const char *folder, Error *error);
    } actions[] = {{"create", 2, create}, {"import", 2, import}, {"show", 1, show}};
    char folder[CLI_PATH_BYTES];

    TRY(cli_parse(cli, argc, argv, NULL, 0, 1, 2, error));
    TRY(cli_path(cli, "keyring/delivery", folder, error));
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (strcmp(cli->arguments[0], actions[i].name) == 0 && cli->argument_count == actions[i].arguments)
            return actions[i].run(cli, folder, error);
    return fail(error, ERROR_USAGE, "usage: cinque %s %s", cli->command->name, cli->command->arguments);
}
