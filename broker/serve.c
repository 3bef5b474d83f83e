#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "broker/broker_private.h"

enum { ARENA_BYTES_MAX = 64 << 20 };

static const struct {
    const char *name;
    unsigned status;
} codes[] = {
    [ERROR_NONE] = {"none", MHD_HTTP_INTERNAL_SERVER_ERROR},
    [ERROR_USAGE] = {"usage", MHD_HTTP_BAD_REQUEST},
    [ERROR_CONFIG] = {"config", MHD_HTTP_BAD_REQUEST},
    [ERROR_INPUT] = {"input", MHD_HTTP_BAD_REQUEST},
    [ERROR_LIMIT] = {"limit", MHD_HTTP_BAD_REQUEST},
    [ERROR_REFUSED] = {"refused", MHD_HTTP_FORBIDDEN},
    [ERROR_DATABASE] = {"database", MHD_HTTP_INTERNAL_SERVER_ERROR},
    [ERROR_SYSTEM] = {"system", MHD_HTTP_INTERNAL_SERVER_ERROR},
};

/* {"error": message, "code": name} */
static json_t *answer_error(const Error *error, unsigned *status)
{
    json_t *answer = json_pack("{s:s%, s:s}", "error", error->message, strlen(error->message), "code",
                               codes[error->code].name);

    *status = codes[error->code].status;
    if (answer == NULL) /* a message that is not UTF-8 is not passed on */
        answer =
            json_pack("{s:s, s:s}", "error", "an error without a message", "code", codes[error->code].name);
    return answer;
}

static Result parse_body(Text body, json_t **parsed, Error *error)
{
    json_error_t place;

    if (body.length == 0)
        return RESULT_OK;
    *parsed = json_loadb(body.data, body.length, JSON_REJECT_DUPLICATES, &place);
    if (!json_is_object(*parsed))
        return fail(error, ERROR_INPUT, "request: its body is not a JSON object");
    return RESULT_OK;
}

/* A connection a request: a restart of PostgreSQL is then nobody's trouble. */
static Result identify(Call *call, Error *error)
{
    uid_t uid;

    TRY(peer_uid(call->connection, &uid, error));
    TRY(governance_open(call->broker->options.governor_conninfo, &call->governance, error));
    return governance_person_of_uid(call->governance, uid, &call->person, error);
}

static Result handle(const Route *route, Call *call, Text body, json_t **answer, Error *error)
{
    json_t *parsed = NULL;
    Result done = RESULT_OK;

    if (route->kind != ROUTE_OPEN)
        done = identify(call, error);
    if (done.ok)
        done = parse_body(body, &parsed, error);
    call->body = parsed;
    if (done.ok)
        done = route->handle(call, answer, error);
    json_decref(parsed);
    governance_close(&call->governance);
    return done;
}

json_t *serve(const Broker *broker, struct MHD_Connection *connection, const char *method, const char *path,
              Text body, unsigned *status)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES_MAX);
    Call call = {.broker = broker, .connection = connection, .arena = arena};
    json_t *answer = NULL;
    Error error = {0};

    const Route *route = route_find(method, path, &call.number, status);
    if (route == NULL)
        return json_pack("{s:s, s:s}", "error", "there is no such door", "code", "usage");
    *status = MHD_HTTP_OK;
    Result done = handle(route, &call, body, &answer, &error);
    if (!done.ok) {
        json_decref(answer);
        answer = answer_error(&error, status);
    }
    log_event(LOG_LEVEL_INFO, "request", "route=%s%s status=%u bytes=%zu", route->method, route->pattern,
              *status, body.length);
    return answer;
}
