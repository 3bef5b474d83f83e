#include <inttypes.h>
#include <unistd.h>

#include "base/db_place.h"
#include "cli/cli.h"

Result work_open(const Cli *cli, Work *work, Error *error)
{
    char conninfo[DB_PLACE_BYTES];
    const char *data;

    TRY(cli_data(cli, &data, error));
    TRY(db_place_conninfo(data, "cinque", "cinque_governor", conninfo, error));
    TRY(governance_open(conninfo, &work->governance, error));
    return governance_person_of_uid(work->governance, getuid(), &work->person, error);
}

Result work_begin(const Cli *cli, const GovernanceRequest *request, Work *work, Error *error)
{
    GovernanceRequest by_person = *request;

    governance_permit_close(&work->permit);
    if (work->governance == NULL)
        TRY(work_open(cli, work, error));
    by_person.person_id = work->person.person_id;
    return governance_request(work->governance, &by_person, &work->permit, error);
}

Result work_begin_approved(const Cli *cli, GovernanceAction action, int64_t object, Work *work, Error *error)
{
    const GovernanceRequest request = {.action = action,
                                       .object = text_format(cli->arena, "%" PRId64, object)};

    TRY(work_begin(cli, &request, work, error));
    return governance_act_use_approval(work->governance, work->permit, action, request.object, error);
}

Result work_result(Work *work, const GovernanceOutcome *outcome, Error *error)
{
    return governance_result(work->governance, work->permit, outcome, error);
}

Result work_seal(const Cli *cli, Work *work, Error *error)
{
    char path[CLI_PATH_BYTES];

    if (work->governance == NULL) /* nothing was asked for */
        return RESULT_OK;
    TRY(cli_path(cli, "log/checkpoints", path, error));
    return governance_checkpoint(work->governance, path, error);
}

Result work_end(const Cli *cli, Work *work, const GovernanceOutcome *outcome, Error *error)
{
    TRY(work_result(work, outcome, error));
    return work_seal(cli, work, error);
}

Result work_begin_unless_absent(const Cli *cli, const GovernanceRequest *request, Work *work, Error *error)
{
    ClusterState state;

    TRY(cli_database_state(cli, &state, error));
    if (state == CLUSTER_STOPPED)
        return fail(error, ERROR_CONFIG,
                    "database: is stopped, and work on keys is logged there; cinque start starts it");
    return state == CLUSTER_ABSENT ? RESULT_OK : work_begin(cli, request, work, error);
}

Result work_end_unless_absent(const Cli *cli, Work *work, const GovernanceOutcome *outcome, Error *error)
{
    return work->permit == NULL ? RESULT_OK : work_end(cli, work, outcome, error);
}

void work_close(Work *work)
{
    governance_permit_close(&work->permit);
    governance_close(&work->governance);
}
