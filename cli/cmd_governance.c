#include <inttypes.h>

#include "base/input.h"
#include "cli/cli.h"

/* The permit's object is the file's hash, so that the log says which rules came into force. */
Result cmd_governance_apply(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(work_close) Work work = {0};
    bool dry_run = false;
    const Option options[] = {
        {"dry-run", OPTION_FLAG, false, NULL, "only say what would change", &dry_run},
    };
    char hex[HASH_TEXT_BYTES];
    Hash content;
    uint64_t bytes;
    int64_t changes;

    TRY(cli_parse(cli, argc, argv, options, 1, 1, 1, error));
    TRY(input_hash_file(cli->arguments[0], &content, &bytes, error));
    GovernanceRequest request = {.action = GOVERNANCE_APPLY,
                                 .object = text_from(hash_format(&content, hex)),
                                 .detail = dry_run ? TEXT("dry_run") : TEXT("")};
    TRY(work_begin(cli, &request, &work, error));
    TRY(governance_apply(work.governance, work.permit, cli->arguments[0], dry_run, stdout, &changes, error));
    GovernanceOutcome outcome = {.succeeded = true, .rows = changes, .content = content, .has_content = true};
    TRY(work_end(cli, &work, &outcome, error));
    printf("%" PRId64 " %s%s\n", changes, changes == 1 ? "change" : "changes",
           dry_run ? ", not applied" : "");
    return RESULT_OK;
}
