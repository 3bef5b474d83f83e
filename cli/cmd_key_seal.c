/* The regional key for a provider that pseudonymises at source: sealed here, opened there. */
#include <string.h>

#include "cli/cli.h"
#include "pseudonymise/pseudonymise.h"

Result cmd_key_seal_for(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(work_close) Work work = {0};
    SCOPED(keyring_close) Keyring *keyring = NULL;
    const GovernanceOutcome outcome = {.succeeded = true};
    const char *out = NULL;
    const Option options[] = {{"out", OPTION_TEXT, true, NULL, "file to be made for the provider", &out}};
    char folder[CLI_PATH_BYTES], fingerprint[HASH_TEXT_BYTES];

    TRY(cli_parse(cli, argc, argv, options, 1, 1, 1, error));
    TRY(cli_path(cli, "keyring", folder, error));
    TRY(keyring_provider_fingerprint(cli->arguments[0], fingerprint, error));
    const GovernanceRequest request = {.action = GOVERNANCE_KEY_SEAL, .object = text_from(fingerprint)};
    TRY(work_begin_unless_absent(cli, &request, &work, error));
    TRY(keyring_open(folder, &keyring, error));
    TRY(keyring_seal_for(keyring, cli->arguments[0], out, error));
    TRY(work_end_unless_absent(cli, &work, &outcome, error));
    printf("regional key sealed to the provider's key %s\ncompare this with the provider before it is sent\n",
           fingerprint);
    return RESULT_OK;
}

/* On the provider's machine: no data folder. */
Result cmd_key_unseal(Cli *cli, int argc, const char *const *argv, Error *error)
{
    const char *private_key = NULL, *to = NULL;
    const Option options[] = {
        {"private-key", OPTION_TEXT, true, NULL, "PEM file of mode 0600", &private_key},
        {"to", OPTION_TEXT, true, NULL, "folder to be made", &to},
    };

    TRY(cli_parse(cli, argc, argv, options, 2, 1, 1, error));
    TRY(keyring_unseal(cli->arguments[0], private_key, to, error));
    printf("regional key in %s; the sealed file can go\n", to);
    return RESULT_OK;
}
