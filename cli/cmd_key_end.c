/* The end of keys: a last day, and destruction. */
#include <inttypes.h>
#include <string.h>

#include "cli/cli.h"
#include "ingest/ingest.h"

enum { ENTRIES_MAX = 64 };

static const char keeper_role[] = "cinque_keeper";

static Result parse_number(const char *text, const char *what, int *version, Error *error)
{
    int64_t number;

    TRY(cli_number(text_from(text), what, &number, error));
    if (number > INT16_MAX)
        return fail(error, ERROR_USAGE, "%s: out of range", what);
    *version = (int)number;
    return RESULT_OK;
}

/* *version 0: the regional key. */
static Result parse_version(const char *text, int *version, Error *error)
{
    *version = 0;
    if (strcmp(text, "regional") == 0)
        return RESULT_OK;
    return parse_number(text, "hub key version", version, error);
}

Result cmd_key_expire(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(work_close) Work work = {0};
    const GovernanceOutcome outcome = {.succeeded = true};
    char keyring[CLI_PATH_BYTES];
    int version;
    Date day;

    TRY(cli_parse(cli, argc, argv, NULL, 0, 2, 2, error));
    TRY(parse_version(cli->arguments[0], &version, error));
    if (!date_parse(text_from(cli->arguments[1]), &day))
        return fail(error, ERROR_USAGE, "last day: CCYY-MM-DD is needed");
    TRY(cli_path(cli, "keyring", keyring, error));
    const GovernanceRequest request = {.action = GOVERNANCE_KEY_EXPIRE,
                                       .object = text_from(cli->arguments[0]),
                                       .detail = text_format(cli->arena, "not_after=%s", cli->arguments[1])};
    TRY(work_begin_unless_absent(cli, &request, &work, error));
    TRY(keyring_expire(keyring, version, day, error));
    TRY(work_end_unless_absent(cli, &work, &outcome, error));
    printf("nothing is pseudonymised under it behind %s\n", cli->arguments[1]);
    return RESULT_OK;
}

/* Where there is no database nothing is held. */
static Result check_unused(const Cli *cli, const Work *work, int version, Error *error)
{
    SCOPED(db_close) Db *keeper = NULL;

    if (work->permit == NULL)
        return RESULT_OK;
    TRY(cli_open(cli, keeper_role, &keeper, error));
    return ingest_key_destroy_check(keeper, work->permit, version, error);
}

/* What is sealed goes before its key: nobody is told of encodings that nobody can read. */
static Result destroy_encodings(const Cli *cli, const char *keyring, int version, Error *error)
{
    SCOPED(work_close) Work work = {0};
    SCOPED(db_close) Db *keeper = NULL;
    const GovernanceRequest request = {.action = GOVERNANCE_KEY_DESTROY,
                                       .object = text_from(cli->arguments[0])};
    GovernanceOutcome outcome = {.succeeded = true};

    TRY(work_begin_unless_absent(cli, &request, &work, error));
    if (work.permit != NULL) {
        TRY(cli_open(cli, keeper_role, &keeper, error));
        TRY(ingest_encodings_forget(keeper, work.permit, version, &outcome.rows, error));
    }
    TRY(keyring_destroy_encodings(keyring, version, error));
    TRY(work_end_unless_absent(cli, &work, &outcome, error));
    printf("version %d of the encodings' key is overwritten and gone, and %" PRId64
           " encodings with it; their subjects get others with their next delivery\n",
           version, outcome.rows);
    return RESULT_OK;
}

/* Asked before anything is deleted. */
static Result check_older(const char *keyring, int version, Error *error)
{
    KeyringEntry entries[ENTRIES_MAX];
    size_t count;

    TRY(keyring_list(keyring, entries, ENTRIES_MAX, &count, error));
    for (size_t i = 0; i < count; i++)
        if (strcmp(entries[i].name, "encodings") == 0 && entries[i].version == version &&
            !entries[i].is_current)
            return RESULT_OK;
    return fail(error, ERROR_CONFIG, "keyring: no older version %d of the encodings' key; rotate it first",
                version);
}

Result cmd_key_destroy(Cli *cli, int argc, const char *const *argv, Error *error)
{
    static const char encodings[] = "encodings-";
    SCOPED(work_close) Work work = {0};
    const GovernanceOutcome outcome = {.succeeded = true};
    char keyring[CLI_PATH_BYTES], object[INGEST_VERSION_BYTES];
    int version;

    TRY(cli_parse(cli, argc, argv, NULL, 0, 1, 1, error));
    TRY(cli_path(cli, "keyring", keyring, error));
    if (strncmp(cli->arguments[0], encodings, strlen(encodings)) == 0) {
        TRY(parse_number(cli->arguments[0] + strlen(encodings), "version of the encodings' key", &version,
                         error));
        TRY(check_older(keyring, version, error));
        return destroy_encodings(cli, keyring, version, error);
    }
    TRY(parse_version(cli->arguments[0], &version, error));
    if (version == 0)
        return fail(error, ERROR_USAGE, "the regional key is not destroyed: everything held depends on it");
    const GovernanceRequest request = {.action = GOVERNANCE_KEY_DESTROY,
                                       .object = ingest_rekey_object(version, object)};
    TRY(work_begin_unless_absent(cli, &request, &work, error));
    TRY(check_unused(cli, &work, version, error));
    TRY(keyring_destroy(keyring, version, error));
    TRY(work_end_unless_absent(cli, &work, &outcome, error));
    printf("hub key version %d is overwritten and gone; backups of the keyring and shares of a ceremony may "
           "still hold it\n",
           version);
    return RESULT_OK;
}
