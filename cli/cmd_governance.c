#include <inttypes.h>

#include "base/input.h"
#include "cli/cli.h"
#include "cli/client.h"

static Result hash_rules(const char *path, char hex[HASH_TEXT_BYTES], Hash *content, Error *error)
{
    uint64_t bytes;

    TRY(input_hash_file(path, content, &bytes, error));
    (void)hash_format(content, hex);
    return RESULT_OK;
}

/* By an IG lead, who read the file: a request to the broker. */
Result cmd_governance_approve(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(client_release) json_t *answer = NULL;
    SCOPED(client_release) json_t *body = NULL;
    char hex[HASH_TEXT_BYTES];
    Hash content;

    TRY(cli_parse(cli, argc, argv, NULL, 0, 1, 1, error));
    TRY(hash_rules(cli->arguments[0], hex, &content, error));
    body = json_pack("{s:s}", "content", hex);
    TRY(client_call(cli, "POST", "/rules/approve", body, &answer, error));
    printf("another person may apply the rules with SHA-256 %s, once, within 30 days\n", hex);
    return RESULT_OK;
}

/* The permit's object is the file's hash, so that the log says which rules came into force. */
static Result apply(const Cli *cli, Work *work, const char *path, int64_t *changes, Error *error)
{
    char hex[HASH_TEXT_BYTES];
    Hash content;

    TRY(hash_rules(path, hex, &content, error));
    const GovernanceRequest request = {.action = GOVERNANCE_APPLY, .object = text_from(hex)};
    TRY(work_begin(cli, &request, work, error));
    TRY(governance_apply(work->governance, work->permit, path, false, stdout, changes, error));
    const GovernanceOutcome outcome = {
        .succeeded = true, .rows = *changes, .content = content, .has_content = true};
    return work_end(cli, work, &outcome, error);
}

/* Changes nothing, so it needs no permit. */
static Result dry_apply(const Cli *cli, Work *work, const char *path, int64_t *changes, Error *error)
{
    TRY(work_open(cli, work, error));
    return governance_apply(work->governance, NULL, path, true, stdout, changes, error);
}

Result cmd_governance_apply(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(work_close) Work work = {0};
    bool dry_run = false;
    const Option options[] = {
        {"dry-run", OPTION_FLAG, false, NULL, "only say what would change", &dry_run},
    };
    int64_t changes;

    TRY(cli_parse(cli, argc, argv, options, 1, 1, 1, error));
    TRY(dry_run ? dry_apply(cli, &work, cli->arguments[0], &changes, error)
                : apply(cli, &work, cli->arguments[0], &changes, error));
    printf("%" PRId64 " %s%s\n", changes, changes == 1 ? "change" : "changes",
           dry_run ? ", not applied" : "");
    return RESULT_OK;
}
