/* The root keys in three shares for three people, and the keyring restored from two of them. */
#include <string.h>

#include "cli/cli.h"
#include "pseudonymise/pseudonymise.h"

enum { DETAIL_BYTES = KEYRING_CEREMONY_BYTES + 16 };

static Result split(const Cli *cli, const char *keyring, Error *error)
{
    SCOPED(work_close) Work work = {0};
    const GovernanceRequest request = {.action = GOVERNANCE_KEY_CEREMONY, .object = TEXT("split")};
    char ceremony[KEYRING_CEREMONY_BYTES], detail[DETAIL_BYTES];

    TRY(work_begin_unless_absent(cli, &request, &work, error));
    TRY(keyring_split(keyring, cli->arguments, ceremony, error));
    snprintf(detail, sizeof detail, "ceremony=%s", ceremony);
    const GovernanceOutcome outcome = {.succeeded = true, .detail = text_from(detail)};
    TRY(work_end_unless_absent(cli, &work, &outcome, error));
    printf("ceremony %s: three shares made, any two restore the root keys\n"
           "give each to another person; a hub key made after today is in none of them\n",
           ceremony);
    return RESULT_OK;
}

static Result restore(const Cli *cli, const char *keyring, Error *error)
{
    SCOPED(work_close) Work work = {0};
    const GovernanceRequest request = {.action = GOVERNANCE_KEY_CEREMONY, .object = TEXT("restore")};
    const GovernanceOutcome outcome = {.succeeded = true};
    KeyringRestored restored;

    TRY(work_begin_unless_absent(cli, &request, &work, error));
    TRY(keyring_restore(keyring, cli->arguments + 1, &restored, error));
    TRY(work_end_unless_absent(cli, &work, &outcome, error));
    printf("%d root keys restored in %s, %d were there already\n", restored.written, keyring, restored.kept);
    if (restored.has_new_quarantine)
        printf(
            "quarantine key pair made anew: what was sealed before opens with the old private key alone\n");
    if (restored.has_new_encodings)
        printf("encodings' key pair made anew: put the old one back, or what is stored before does not open; "
               "then "
               "cinque key rotate encodings and cinque key destroy encodings-1 let linkage go on\n");
    return RESULT_OK;
}

/* A place that is called "restore" is written ./restore. */
Result cmd_key_ceremony(Cli *cli, int argc, const char *const *argv, Error *error)
{
    char keyring[CLI_PATH_BYTES];

    TRY(cli_parse(cli, argc, argv, NULL, 0, KEYRING_SHARES, KEYRING_SHARES, error));
    TRY(cli_path(cli, "keyring", keyring, error));
    return strcmp(cli->arguments[0], "restore") == 0 ? restore(cli, keyring, error)
                                                     : split(cli, keyring, error);
}
