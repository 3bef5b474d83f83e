#include <unistd.h>

#include "base/db_place.h"
#include "cli/cli.h"

Result work_begin(const Cli *cli, const GovernanceRequest *request, Work *work, Error *error)
{
    char conninfo[DB_PLACE_BYTES];
    const char *data;

    TRY(cli_data(cli, &data, error));
    TRY(db_place_conninfo(data, "cinque", "cinque_governor", conninfo, error));
    TRY(governance_open(conninfo, &work->governance, error));
    TRY(governance_person_of_uid(work->governance, getuid(), &work->person, error));
    GovernanceRequest by_person = *request;
    by_person.person_id = work->person.person_id;
    return governance_request(work->governance, &by_person, &work->permit, error);
}

Result work_end(const Cli *cli, Work *work, const GovernanceOutcome *outcome, Error *error)
{
    char path[CLI_PATH_BYTES];

    TRY(cli_path(cli, "log/checkpoints", path, error));
    TRY(governance_result(work->governance, work->permit, outcome, error));
    return governance_checkpoint(work->governance, path, error);
}

void work_close(Work *work)
{
    governance_permit_close(&work->permit);
    governance_close(&work->governance);
}
