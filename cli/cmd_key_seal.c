/* The regional key for a provider that pseudonymises at source: sealed here, opened there. */
#include <string.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "pseudonymise/pseudonymise.h"

/* By an IG lead, who compared it with the provider: a request to the broker. */
Result cmd_key_approve(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(client_release) json_t *answer = NULL;
    SCOPED(client_release) json_t *body = NULL;

    TRY(cli_parse(cli, argc, argv, NULL, 0, 1, 1, error));
    body = json_pack("{s:s}", "fingerprint", cli->arguments[0]);
    TRY(client_call(cli, "POST", "/keys/approve", body, &answer, error));
    printf("another person may seal the regional key to %s, once, within 30 days\n", cli->arguments[0]);
    return RESULT_OK;
}

/* Sealed is the key whose fingerprint was asked for: the file is read once. */
Result cmd_key_seal_for(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(work_close) Work work = {0};
    SCOPED(keyring_close) Keyring *keyring = NULL;
    const GovernanceOutcome outcome = {.succeeded = true};
    const char *out = NULL;
    const Option options[] = {{"out", OPTION_TEXT, true, NULL, "file to be made for the provider", &out}};
    char folder[CLI_PATH_BYTES];
    ProviderKey key;

    TRY(cli_parse(cli, argc, argv, options, 1, 1, 1, error));
    TRY(cli_path(cli, "keyring", folder, error));
    TRY(keyring_provider_key(cli->arguments[0], &key, error));
    const GovernanceRequest request = {.action = GOVERNANCE_KEY_SEAL, .object = text_from(key.fingerprint)};
    Result asked = work_begin_unless_absent(cli, &request, &work, error);
    if (!asked.ok)
        return fail_context(error, "provider's key %s", key.fingerprint);
    TRY(keyring_open(folder, &keyring, error));
    if (work.permit != NULL)
        TRY(governance_act_use_approval(work.governance, work.permit, request.action, request.object, error));
    TRY(keyring_seal_for(keyring, &key, out, error));
    TRY(work_end_unless_absent(cli, &work, &outcome, error));
    printf("regional key sealed to the provider's key %s\n", key.fingerprint);
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
