#include "broker/broker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "broker/broker_private.h"

enum { BACKLOG = 64, CONNECTIONS_MAX = 256, TIMEOUT_SECONDS = 30, ARENA_BYTES = 1 << 16 };

/* One request while its body comes in. */
typedef struct Pending {
    TextBuilder body;
    bool is_too_large;
    Work work; /* of a request that takes long */
} Pending;

static enum MHD_Result send_answer(struct MHD_Connection *connection, unsigned status, json_t *answer)
{
    char *text = answer != NULL ? json_dumps(answer, JSON_COMPACT) : NULL;

    json_decref(answer);
    if (text == NULL)
        return MHD_NO; /* closes the connection */
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
    if (response == NULL)
        return MHD_NO;
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    enum MHD_Result queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result send_too_large(struct MHD_Connection *connection)
{
    return send_answer(connection, MHD_HTTP_CONTENT_TOO_LARGE,
                       json_pack("{s:s, s:s}", "error", "request: longer than 256 KiB", "code", "limit"));
}

static void take_body(Pending *pending, const char *data, size_t length)
{
    if (length > BROKER_BODY_BYTES_MAX - pending->body.length)
        pending->is_too_large = true;
    if (!pending->is_too_large)
        text_add(&pending->body, (Text){.data = data, .length = length});
}

/* Called again behind the work, when the connection is resumed. */
static enum MHD_Result answer_long(Runner *runner, struct MHD_Connection *connection, Work *work)
{
    unsigned status;

    if (work->answer != NULL) {
        json_t *answer = work->answer;
        work->answer = NULL;
        return send_answer(connection, work->status, answer);
    }
    if (work->is_given) /* and came to no answer */
        return MHD_NO;
    if (runner_give(runner, work))
        return MHD_YES;
    json_t *busy = runner_busy(&status);
    return send_answer(connection, status, busy);
}

static bool takes_long(const char *method, const char *path)
{
    int64_t number;
    unsigned status;
    const Route *route = route_find(method, path, &number, &status);

    return route != NULL && route->kind == ROUTE_LONG;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_length, void **state)
{
    Broker *broker = context;
    Pending *pending = *state;
    unsigned status;

    (void)version;
    if (pending == NULL) {
        pending = memory_alloc(sizeof *pending);
        pending->body = text_builder(BROKER_BODY_BYTES_MAX);
        *state = pending;
        return MHD_YES;
    }
    if (*data_length > 0) {
        take_body(pending, data, *data_length);
        *data_length = 0;
        return MHD_YES;
    }
    if (pending->is_too_large)
        return send_too_large(connection);
    if (takes_long(method, path)) {
        pending->work.connection = connection;
        pending->work.method = method;
        pending->work.path = path;
        pending->work.body = text_built(&pending->body);
        return answer_long(broker->runner, connection, &pending->work);
    }
    json_t *answer = serve(broker, connection, method, path, text_built(&pending->body), &status);
    return send_answer(connection, status, answer);
}

static void on_end(void *context, struct MHD_Connection *connection, void **state,
                   enum MHD_RequestTerminationCode reason)
{
    Pending *pending = *state;

    (void)context;
    (void)connection;
    (void)reason;
    if (pending == NULL)
        return;
    text_builder_close(&pending->body);
    json_decref(pending->work.answer);
    memory_free(pending);
    *state = NULL;
}

static Result take_lock(Broker *broker, Error *error)
{
    char text[32];

    broker->lock = open(broker->options.lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    /* whoever may open it may lock it: nobody else may, in a file of an earlier version neither */
    if (broker->lock < 0 || fchmod(broker->lock, 0600) != 0)
        return fail_errno(error, "%s", broker->options.lock_path);
    if (flock(broker->lock, LOCK_EX | LOCK_NB) != 0)
        return fail(error, ERROR_CONFIG, "another broker serves this data folder");
    int length = snprintf(text, sizeof text, "%d\n", (int)getpid());
    if (ftruncate(broker->lock, 0) != 0 || pwrite(broker->lock, text, (size_t)length, 0) != length)
        return fail_errno(error, "%s", broker->options.lock_path);
    return RESULT_OK;
}

/* Any local user may connect: who it is, the kernel says; what they may, governance says. */
static Result listen_on(Broker *broker, Error *error)
{
    const char *path = broker->options.socket_path;
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof address.sun_path)
        return fail(error, ERROR_CONFIG, "%s: too long for a unix socket", path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    if (unlink(path) != 0 && errno != ENOENT) /* stale: the lock is ours */
        return fail_errno(error, "%s", path);
    broker->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (broker->listener < 0 ||
        bind(broker->listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        chmod(path, 0666) != 0 || listen(broker->listener, BACKLOG) != 0)
        return fail_errno(error, "%s", path);
    return RESULT_OK;
}

static void keep_options(Broker *broker, const BrokerOptions *options)
{
    const char **const copies[] = {&broker->options.socket_path,       &broker->options.lock_path,
                                   &broker->options.scratch_folder,    &broker->options.checkpoint_path,
                                   &broker->options.governor_conninfo, &broker->options.query_conninfo};

    broker->options = *options;
    for (size_t i = 0; i < sizeof copies / sizeof copies[0]; i++)
        *copies[i] = text_to_string(broker->arena, text_from(*copies[i]));
}

Result broker_start(const BrokerOptions *options, Broker **broker, Error *error)
{
    SCOPED(broker_stop) Broker *draft = memory_alloc(sizeof *draft);

    draft->lock = draft->listener = -1;
    draft->arena = arena_create(ARENA_BYTES);
    keep_options(draft, options);
    TRY(take_lock(draft, error));
    TRY(listen_on(draft, error));
    TRY(runner_start(draft, &draft->runner, error));
    draft->daemon =
        MHD_start_daemon(MHD_USE_AUTO_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request,
                         draft, MHD_OPTION_LISTEN_SOCKET, draft->listener, MHD_OPTION_NOTIFY_COMPLETED,
                         on_end, NULL, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
                         MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TIMEOUT_SECONDS, MHD_OPTION_END);
    if (draft->daemon == NULL)
        return fail(error, ERROR_SYSTEM, "the HTTP server could not be started");
    log_event(LOG_LEVEL_INFO, "broker_start", "process=%d", (int)getpid());
    *broker = draft;
    draft = NULL;
    return RESULT_OK;
}

void broker_stop(Broker **broker)
{
    if (broker == NULL || *broker == NULL)
        return;
    runner_end((*broker)->runner); /* nothing is suspended behind it */
    if ((*broker)->daemon != NULL) {
        MHD_stop_daemon((*broker)->daemon); /* closes the listener too */
        log_event(LOG_LEVEL_INFO, "broker_stop", "process=%d", (int)getpid());
    } else if ((*broker)->listener >= 0) {
        (void)close((*broker)->listener);
    }
    if ((*broker)->listener >= 0)
        (void)unlink((*broker)->options.socket_path);
    if ((*broker)->lock >= 0)
        (void)close((*broker)->lock);
    runner_close(&(*broker)->runner);
    arena_close(&(*broker)->arena);
    memory_free(*broker);
    *broker = NULL;
}
