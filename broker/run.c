/* Runs an approved query. Nothing of it leaves before what it released is kept and its result is in the log.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "broker/broker_private.h"
#include "query/query.h"

size_t run_kept_bytes_max = 64 << 20;

typedef struct Tables {
    ReleasedTable *items[QUERY_TABLES_MAX];
    size_t count;
    Text settings; /* of the query's parameters, for the log */
} Tables;

static void tables_close(Tables *tables)
{
    for (size_t i = 0; i < tables->count; i++)
        released_table_close(&tables->items[i]);
}

/* "set": {"NAME": "VALUE"}: which of the approved values the run is of. */
static Result set_parameters(const Call *call, Query *query, Error *error)
{
    json_t *set = json_object_get(call->body, "set"), *value;
    const char *name;

    if (set != NULL && !json_is_object(set))
        return fail(error, ERROR_INPUT, "request: set is no object");
    json_object_foreach(set, name, value)
    {
        if (!json_is_string(value))
            return fail(error, ERROR_INPUT, "request: a value of set is no text");
        TRY(query_set(query, text_from(name), (Text){json_string_value(value), json_string_length(value)},
                      error));
    }
    return RESULT_OK;
}

/* What the query is, of which nobody's data are read; who may ask is not decided yet. */
typedef struct Prepared {
    Db *reader;
    Query *query;
    GovernanceProject project;
} Prepared;

static void prepared_close(Prepared *prepared)
{
    query_close(&prepared->query);
    db_close(&prepared->reader);
}

static Result prepare(const Call *call, Prepared *prepared, Error *error)
{
    GovernanceQuery asked;

    TRY(db_open(call->broker->options.query_conninfo, "cinqued", &prepared->reader, error));
    TRY(query_forget_retired(prepared->reader,
                             error)); /* before anything refuses: there may be nothing left to open */
    TRY(governance_query_get(call->governance, call->number, call->arena, &asked, error));
    TRY(governance_project(call->governance, asked.project_id, &prepared->project, error));
    TRY(query_open_canonical(prepared->reader, asked.text, &prepared->query, error));
    TRY(set_parameters(call, prepared->query, error));
    return query_check_set(prepared->query, error);
}

/* For the log, which holds approved values and nothing else that was typed. */
static Text settings_of(const Prepared *prepared, bool is_set)
{
    if (prepared->query == NULL)
        return TEXT("");
    return is_set ? query_settings(prepared->query) : TEXT("parameters not as approved");
}

static Result run_query(const GovernancePermit *permit, const Prepared *prepared, QueryRun *run,
                        Tables *tables, Error *error)
{
    Result done = query_release_newest(prepared->reader, prepared->project.purpose,
                                       query_known_at(prepared->query), &run->release_id, error);
    if (!done.ok)
        return error->code == ERROR_REFUSED ? query_refuse_known(prepared->query, error) : done;
    run->policy = &prepared->project.policy;
    done = query_run(prepared->reader, permit, prepared->query, run, tables->items, &tables->count, error);
    run->policy = NULL; /* ends here */
    return done;
}

Result run_kept_add(TextBuilder *kept, Text canonical, Error *error)
{
    if (canonical.length >= kept->bytes_max - kept->length)
        return fail(error, ERROR_LIMIT, "up to this table the answer is longer than %zu bytes",
                    kept->bytes_max);
    text_add(kept, canonical);
    text_add_char(kept, '\n');
    return RESULT_OK;
}

/* The canonical bytes of all tables in order, one a line: what is kept, hashed and logged. */
static Result keep(const Call *call, const Prepared *prepared, GovernancePermit *permit, const QueryRun *run,
                   const Tables *tables, GovernanceOutcome *outcome, Error *error)
{
    SCOPED(text_builder_close) TextBuilder kept = text_builder(run_kept_bytes_max);

    for (size_t i = 0; i < tables->count; i++) {
        if (!run_kept_add(&kept, released_table_canonical(tables->items[i]), error).ok)
            return query_refuse_table(prepared->query, i, error);
        outcome->cells += released_table_cells(tables->items[i]);
        outcome->cells_suppressed += released_table_suppressed(tables->items[i]);
    }
    outcome->content = hash_of(text_built(&kept).data, text_built(&kept).length);
    outcome->has_content = true;
    outcome->detail = text_format(call->arena, "release=%" PRId64 "%s%.*s", run->release_id,
                                  tables->settings.length > 0 ? " " : "", TEXT_ARG(tables->settings));
    TRY(governance_output_keep(call->governance, permit, call->number, run->release_id, text_built(&kept),
                               outcome->content, error));
    outcome->succeeded = true;
    return governance_result(call->governance, permit, outcome, error);
}

static Result print_tables(const Tables *tables, TableFormat format, json_t *out, Error *error)
{
    for (size_t i = 0; i < tables->count; i++) {
        char *text = NULL;
        size_t length = 0;
        FILE *stream = open_memstream(&text, &length);
        if (stream == NULL)
            return fail_errno(error, "answer");
        released_table_print(tables->items[i], format, stream);
        bool written = fclose(stream) == 0 && json_array_append_new(out, json_stringn(text, length)) == 0;
        memory_free(text);
        if (!written)
            return fail(error, ERROR_SYSTEM, "answer: could not be written");
    }
    return RESULT_OK;
}

static Result answer_run(const Call *call, const QueryRun *run, const Tables *tables,
                         const GovernanceOutcome *outcome, TableFormat format, json_t **answer, Error *error)
{
    json_t *texts = json_array();

    *answer = json_pack("{s:I, s:I, s:I, s:I, s:o}", "query", (json_int_t)call->number, "release",
                        (json_int_t)run->release_id, "cells", (json_int_t)outcome->cells, "suppressed",
                        (json_int_t)outcome->cells_suppressed, "tables", texts);
    if (*answer == NULL)
        return fail(error, ERROR_SYSTEM, "answer: could not be made");
    return print_tables(tables, format, texts, error);
}

Result handle_query_run(Call *call, json_t **answer, Error *error)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    SCOPED(prepared_close) Prepared prepared = {0};
    SCOPED(tables_close) Tables tables = {0};
    GovernanceRequest request = {
        .action = GOVERNANCE_QUERY_RUN,
        .person_id = call->person.person_id,
        .object = text_format(call->arena, "%" PRId64, call->number),
    };
    GovernanceOutcome outcome = {0};
    QueryRun run = {0};
    TableFormat format;
    Error unprepared = {0};

    TRY(argument_format(body_string(call->body, "format"), &format, error));
    Result done = prepare(call, &prepared, &unprepared);
    request.detail = tables.settings = settings_of(&prepared, done.ok);
    TRY(governance_request(call->governance, &request, &permit, error)); /* who may not is told no more */
    if (done.ok)
        done = run_query(permit, &prepared, &run, &tables, error);
    else
        *error = unprepared;
    if (!done.ok) {
        log_event(LOG_LEVEL_WARNING, "query_failed", "query=%" PRId64 " %s", call->number, error->message);
        return done;
    }
    TRY(keep(call, &prepared, permit, &run, &tables, &outcome, error));
    TRY(seal_log(call, error));
    log_event(LOG_LEVEL_INFO, "query_run",
              "query=%" PRId64 " release=%" PRId64 " cells=%" PRId64 " suppressed=%" PRId64, call->number,
              run.release_id, outcome.cells, outcome.cells_suppressed);
    return answer_run(call, &run, &tables, &outcome, format, answer, error);
}
