/* Doors of queries but for running one. */
#include <inttypes.h>
#include <string.h>

#include "broker/broker_private.h"
#include "query/query.h"

static Result open_query(const Call *call, Db **reader, Query **query, Error *error)
{
    SCOPED(code_files_close) CodeFiles files = {0};
    const char *text = body_string(call->body, "text"), *file_name = body_string(call->body, "file_name");

    if (text == NULL)
        return fail(error, ERROR_INPUT, "request: text is missing");
    TRY(code_files_open(call, &files, error));
    TRY(db_open(call->broker->options.query_conninfo, "cinqued", reader, error));
    const QueryFiles lists = {.codes_folder = files.folder};
    return query_open(*reader, file_name != NULL ? file_name : "query", text_from(text), &lists, query,
                      error);
}

/* "apc_spell,gp_event", as a permit for submitting names them. */
static Text source_list(Arena *arena, const Query *query)
{
    Text list = TEXT("");

    for (size_t i = 0; i < query_source_count(query); i++)
        list = text_format(arena, "%.*s%s%.*s", TEXT_ARG(list), i > 0 ? "," : "",
                           TEXT_ARG(query_source(query, i)));
    return list;
}

/* What submitting would refuse, said before. */
static Result check_grants(Call *call, const Query *query, Error *error)
{
    const char *project = text_to_string(call->arena, query_project(query));
    Text *granted;
    size_t count, at;

    Result done = governance_project_sources(call->governance, call->person.person_id, project, call->arena,
                                             &granted, &count, error);
    if (!done.ok && error->code == ERROR_REFUSED)
        return query_refuse_project(query, error);
    for (size_t i = 0; done.ok && i < query_source_count(query); i++) {
        for (at = 0; at < count && !text_equal(granted[at], query_source(query, i)); at++)
            ;
        if (at == count)
            return query_refuse_source(query, i, error);
    }
    return done;
}

/* The rules that apply to it, what it would take, and warnings; of rules, sizes and the catalogue alone. */
static Result check_rules(Call *call, Db *reader, const Query *query, Text *said, Error *error)
{
    size_t count = query_source_count(query);
    Text *sources = arena_alloc(call->arena, (count + 1) * sizeof *sources), rules, cost;
    GovernanceProject project;
    int64_t release_id;

    for (size_t i = 0; i < count; i++)
        sources[i] = query_source(query, i);
    TRY(governance_project(call->governance, text_to_string(call->arena, query_project(query)), &project,
                           error));
    TRY(governance_project_rules(call->governance, &project, sources, count, call->arena, &rules, error));
    TRY(newest_release(reader, &project, query_known_at(query), &release_id, error));
    TRY(query_check(reader, query, release_id, &project.policy, &cost, error));
    *said = text_format(call->arena, "%.*s%.*s", TEXT_ARG(rules), TEXT_ARG(cost));
    return RESULT_OK;
}

Result handle_query_check(Call *call, json_t **answer, Error *error)
{
    SCOPED(db_close) Db *reader = NULL;
    SCOPED(query_close) Query *query = NULL;
    Text said;

    TRY(open_query(call, &reader, &query, error));
    TRY(check_grants(call, query, error));
    TRY(check_rules(call, reader, query, &said, error));
    Text sources = source_list(call->arena, query), canonical = query_canonical(query);
    Text project = query_project(query), title = query_title(query);
    *answer = json_pack("{s:s%, s:s%, s:s%, s:s%, s:s%}", "said", said.data, said.length, "title", title.data,
                        title.length, "project", project.data, project.length, "sources", sources.data,
                        sources.length, "canonical", canonical.data, canonical.length);
    return RESULT_OK;
}

Result handle_query_explain(Call *call, json_t **answer, Error *error)
{
    SCOPED(db_close) Db *reader = NULL;
    SCOPED(query_close) Query *query = NULL;
    Text explained;

    TRY(open_query(call, &reader, &query, error));
    TRY(check_grants(call, query, error));
    TRY(query_explain(query, &explained, error));
    *answer = json_pack("{s:s%}", "text", explained.data, explained.length);
    return RESULT_OK;
}

/* The refusal is in the log; where it has a place in the query, the place is said. */
static Result refuse_submit(Call *call, const Query *query, Error *error)
{
    Error placed = {0};

    if (error->code == ERROR_REFUSED && !check_grants(call, query, &placed).ok &&
        placed.code == ERROR_REFUSED)
        *error = placed;
    return (Result){.ok = false};
}

static Result submit(Call *call, const Query *query, int64_t *query_id, Error *error)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    char hex[HASH_TEXT_BYTES];
    Hash content = query_content(query);
    Text project = query_project(query);
    const GovernanceRequest request = {
        .action = GOVERNANCE_QUERY_SUBMIT,
        .person_id = call->person.person_id,
        .project = project,
        .source = source_list(call->arena, query),
        .object = text_from(hash_format(&content, hex)),
    };

    if (!governance_request(call->governance, &request, &permit, error).ok)
        return refuse_submit(call, query, error);
    TRY(governance_query_submit(call->governance, permit, text_to_string(call->arena, project),
                                query_title(query), query_canonical(query), query_id, error));
    const GovernanceOutcome outcome = {.succeeded = true,
                                       .content = content,
                                       .has_content = true,
                                       .detail = text_format(call->arena, "query=%" PRId64, *query_id)};
    TRY(governance_result(call->governance, permit, &outcome, error));
    return seal_log(call, error);
}

Result handle_query_submit(Call *call, json_t **answer, Error *error)
{
    SCOPED(db_close) Db *reader = NULL;
    SCOPED(query_close) Query *query = NULL;
    int64_t query_id;

    TRY(open_query(call, &reader, &query, error));
    TRY(submit(call, query, &query_id, error));
    *answer = json_pack("{s:I}", "query", (json_int_t)query_id);
    return RESULT_OK;
}

Result handle_query_approve(Call *call, json_t **answer, Error *error)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    const GovernanceRequest request = {
        .action = GOVERNANCE_QUERY_APPROVE,
        .person_id = call->person.person_id,
        .object = text_format(call->arena, "%" PRId64, call->number),
    };
    const GovernanceOutcome outcome = {.succeeded = true};

    TRY(governance_request(call->governance, &request, &permit, error));
    TRY(governance_query_approve(call->governance, permit, call->number, error));
    TRY(governance_result(call->governance, permit, &outcome, error));
    TRY(seal_log(call, error));
    *answer = json_pack("{s:I}", "query", (json_int_t)call->number);
    return RESULT_OK;
}

/* The list and the texts hold no data; any registered analyst or IG lead may see what is asked. */
static Result check_reader(const Call *call, Error *error)
{
    if (!call->person.is_analyst && !call->person.is_ig_lead)
        return fail(error, ERROR_REFUSED, "role analyst or ig_lead is needed");
    return RESULT_OK;
}

Result handle_query_list(Call *call, json_t **answer, Error *error)
{
    SCOPED(table_close) Table *table = NULL;
    TableFormat format;

    TRY(check_reader(call, error));
    TRY(argument_format(argument_string(call, "format"), &format, error));
    TRY(governance_query_list(call->governance, &table, error));
    return answer_table(table, format, answer, error);
}

Result handle_query_show(Call *call, json_t **answer, Error *error)
{
    GovernanceQuery query;

    TRY(check_reader(call, error));
    TRY(governance_query_get(call->governance, call->number, call->arena, &query, error));
    *answer = json_pack("{s:I, s:s, s:s, s:s, s:s, s:s%}", "query", (json_int_t)query.query_id, "project",
                        query.project_id, "author", query.author, "status", query.status, "approver",
                        query.approver, "text", query.text.data, query.text.length);
    return RESULT_OK;
}
