/* The catalogue of a project: words, codes and months held, and never a count of people. */
#include "broker/broker_private.h"
#include "query/query.h"

/* A project without a release yet has a catalogue all the same. */
Result newest_release(Db *reader, const GovernanceProject *project, Date known_at, int64_t *release_id,
                      Error *error)
{
    Error none = {0};

    *release_id = 0;
    if (query_release_newest(reader, project->purpose, known_at, release_id, &none).ok ||
        none.code == ERROR_REFUSED)
        return RESULT_OK;
    *error = none;
    return (Result){.ok = false};
}

Result handle_catalogue(Call *call, json_t **answer, Error *error)
{
    SCOPED(db_close) Db *reader = NULL;
    SCOPED(table_close) Table *table = NULL;
    const char *project = argument_string(call, "project"), *months = argument_string(call, "months");
    CatalogueWanted wanted = {.source = argument_string(call, "source"),
                              .column = argument_string(call, "column"),
                              .by_month = months != NULL};
    GovernanceProject of;
    TableFormat format;
    Text *sources;

    TRY(argument_format(argument_string(call, "format"), &format, error));
    if (project == NULL)
        return fail(error, ERROR_INPUT, "request: project is missing");
    TRY(governance_project_sources(call->governance, call->person.person_id, project, call->arena, &sources,
                                   &wanted.source_count, error));
    wanted.sources = sources;
    TRY(db_open(call->broker->options.query_conninfo, "cinqued", &reader, error));
    TRY(governance_project(call->governance, project, &of, error));
    wanted.people_min = of.policy.people_min;
    TRY(newest_release(reader, &of, DATE_NONE, &wanted.release_id, error));
    TRY(query_catalogue(reader, &wanted, &table, error));
    return answer_table(table, format, answer, error);
}
