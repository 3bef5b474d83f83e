#include "cli/streams.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NO_DELIVERY = -1 };

typedef struct Answer {
    bool has_report;
    IngestReport report;
    Error failure;
} Answer;

typedef struct Stream {
    pid_t process;
    int socket;       /* -1: ended */
    int64_t delivery; /* under way, or NO_DELIVERY */
} Stream;

typedef enum Progress { WAITING, UNDER_WAY, DONE } Progress;

typedef struct Streams {
    const StreamWork *work;
    const Delivery *deliveries;
    size_t count, stream_count;
    Progress *progress; /* of each delivery */
    size_t first_open;  /* all in front of it are done */
    Stream streams[STREAMS_MAX];
    bool is_stopping;
} Streams;

/* ---- in the stream's process ---- */

static void work_on(const Streams *streams, int socket)
{
    const StreamWork *work = streams->work;
    static Answer answer;
    Error failure = {0};
    int64_t delivery;
    Result begun = work->begin(work->context, &failure);

    while (recv(socket, &delivery, sizeof delivery, 0) == (ssize_t)sizeof delivery) {
        answer = (Answer){.failure = failure};
        answer.has_report =
            begun.ok &&
            work->load(work->context, &streams->deliveries[delivery], &answer.report, &answer.failure).ok;
        if (send(socket, &answer, sizeof answer, MSG_NOSIGNAL) != (ssize_t)sizeof answer)
            break;
    }
    work->end(work->context);
}

static void run_stream(const Streams *streams, int socket, pid_t parent)
{
    /* A stream does not outlive the command: what it was loading is cleared as that of any killed load. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent)
        work_on(streams, socket);
    _exit(0);
}

/* ---- in the caller's ---- */

static Result start_stream(Streams *streams, Stream *stream, Error *error)
{
    pid_t parent = getpid();
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return fail_errno(error, "socketpair");
    fflush(NULL);
    stream->process = fork();
    if (stream->process == 0) {
        close(ends[0]);
        for (Stream *other = streams->streams; other < stream; other++)
            close(other->socket);
        run_stream(streams, ends[1], parent);
    }
    close(ends[1]);
    stream->socket = ends[0];
    if (stream->process >= 0)
        return RESULT_OK;
    close(ends[0]);
    return fail_errno(error, "fork");
}

static bool same_sender(const Delivery *a, const Delivery *b)
{
    return strcmp(a->source, b->source) == 0 && strcmp(a->delivery.sender, b->delivery.sender) == 0;
}

static bool waits_for_another(const Streams *streams, size_t delivery)
{
    for (size_t i = streams->first_open; i < delivery; i++)
        if (streams->progress[i] != DONE &&
            same_sender(&streams->deliveries[i], &streams->deliveries[delivery]))
            return true;
    return false;
}

static int64_t next_delivery(Streams *streams)
{
    while (streams->first_open < streams->count && streams->progress[streams->first_open] == DONE)
        streams->first_open++;
    for (size_t i = streams->first_open; i < streams->count; i++)
        if (streams->progress[i] == WAITING && !waits_for_another(streams, i))
            return (int64_t)i;
    return NO_DELIVERY;
}

static Result ended_unasked(Error *error)
{
    return fail(error, ERROR_SYSTEM,
                "a loading process ended unasked: what it was loading is not held; load again");
}

static Result give_work(Streams *streams, Error *error)
{
    for (size_t i = 0; i < streams->stream_count && !streams->is_stopping; i++) {
        Stream *stream = &streams->streams[i];
        int64_t next = stream->delivery == NO_DELIVERY ? next_delivery(streams) : NO_DELIVERY;
        if (next == NO_DELIVERY)
            continue;
        if (send(stream->socket, &next, sizeof next, MSG_NOSIGNAL) != (ssize_t)sizeof next)
            return ended_unasked(error);
        stream->delivery = next;
        streams->progress[next] = UNDER_WAY;
    }
    return RESULT_OK;
}

static Result take_answer(Streams *streams, Stream *stream, Error *error)
{
    static Answer answer;
    const StreamWork *work = streams->work;

    if (recv(stream->socket, &answer, sizeof answer, 0) != (ssize_t)sizeof answer)
        return ended_unasked(error);
    const Delivery *delivery = &streams->deliveries[stream->delivery];
    streams->progress[stream->delivery] = DONE;
    stream->delivery = NO_DELIVERY;
    return work->done(work->context, delivery, &answer.report, answer.has_report ? NULL : &answer.failure,
                      error);
}

static bool is_busy(const Streams *streams)
{
    for (size_t i = 0; i < streams->stream_count; i++)
        if (streams->streams[i].delivery != NO_DELIVERY)
            return true;
    return false;
}

/* Waits for one or more that are under way. The first failure counts. */
static Result take_answers(Streams *streams, Error *error)
{
    struct pollfd waits[STREAMS_MAX];
    Result first = RESULT_OK;
    Error later;

    for (size_t i = 0; i < streams->stream_count; i++) {
        bool is_waited_for = streams->streams[i].delivery != NO_DELIVERY;
        waits[i] = (struct pollfd){.fd = is_waited_for ? streams->streams[i].socket : -1, .events = POLLIN};
    }
    while (poll(waits, streams->stream_count, -1) < 0)
        if (errno != EINTR)
            return fail_errno(error, "poll");
    for (size_t i = 0; i < streams->stream_count; i++) {
        if (waits[i].revents == 0)
            continue;
        Result taken = take_answer(streams, &streams->streams[i], first.ok ? error : &later);
        if (!taken.ok)
            streams->streams[i].delivery = NO_DELIVERY;
        first = first.ok ? taken : first;
    }
    return first;
}

static Result run_all(Streams *streams, Error *error)
{
    Result first = RESULT_OK;
    Error later;

    for (;;) {
        Result given = give_work(streams, first.ok ? error : &later);
        first = first.ok ? given : first;
        streams->is_stopping = !first.ok;
        if (!is_busy(streams))
            return first;
        Result taken = take_answers(streams, first.ok ? error : &later);
        first = first.ok ? taken : first;
        streams->is_stopping = !first.ok;
    }
}

static void end_streams(Streams *streams)
{
    for (size_t i = 0; i < streams->stream_count; i++) {
        if (streams->streams[i].process < 0)
            continue;
        close(streams->streams[i].socket);
        while (waitpid(streams->streams[i].process, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    memory_free(streams->progress);
}

Result streams_run(const StreamWork *work, size_t stream_count, const Delivery *deliveries, size_t count,
                   Error *error)
{
    SCOPED(end_streams)
    Streams streams = {
        .work = work,
        .deliveries = deliveries,
        .count = count,
        .progress = memory_alloc((count + 1) * sizeof *streams.progress),
    };

    for (size_t i = 0; i < stream_count && i < STREAMS_MAX; i++) {
        streams.streams[i] = (Stream){.delivery = NO_DELIVERY, .socket = -1, .process = -1};
        streams.stream_count++;
        TRY(start_stream(&streams, &streams.streams[i], error));
    }
    return run_all(&streams, error);
}
