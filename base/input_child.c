#include "base/input_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STATUS_DESCRIPTOR = 3, DESCRIPTOR_MIN = 16 }; /* above those that the child gets */

typedef struct Pair {
    int ours, theirs;
} Pair;

void input_child_close_end(int *descriptor)
{
    if (*descriptor >= 0)
        (void)close(*descriptor);
    *descriptor = -1;
}

static void pair_close(Pair *pair)
{
    input_child_close_end(&pair->ours);
    input_child_close_end(&pair->theirs);
}

static int raised(int *descriptor)
{
    int high = fcntl(*descriptor, F_DUPFD_CLOEXEC, DESCRIPTOR_MIN);

    input_child_close_end(descriptor);
    return high;
}

/* Sockets: writing to a child that is gone is an error there, where a pipe would send us a signal. */
static Result pair_open(Pair *pair, Error *error)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return fail_errno(error, "a pipe to another program");
    pair->ours = raised(&ends[0]);
    pair->theirs = raised(&ends[1]);
    if (pair->ours < 0 || pair->theirs < 0 || fcntl(pair->ours, F_SETFL, O_NONBLOCK) != 0)
        return fail_errno(error, "a pipe to another program");
    return RESULT_OK;
}

/* Between fork and exec: only what may be called beside other threads. */
static void child_main(const char *const *argv, int in, int out, int status)
{
    char *environment[] = {"PATH=/usr/bin:/bin", "LC_ALL=C", "HOME=/nonexistent", NULL};
    int nowhere = open("/dev/null", O_WRONLY);

    (void)umask(077);
    if (nowhere >= 0 && dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
        dup2(nowhere, STDERR_FILENO) >= 0 && dup2(status, STATUS_DESCRIPTOR) >= 0 &&
        close_range(STATUS_DESCRIPTOR + 1, ~0U, 0) == 0)
        execve(argv[0], (char *const *)(uintptr_t)argv, environment);
    _exit(INPUT_CHILD_NOT_RUN);
}

Result input_child_start(const char *const *argv, InputChild *child, Error *error)
{
    SCOPED(pair_close) Pair in = {-1, -1};
    SCOPED(pair_close) Pair out = {-1, -1};
    SCOPED(pair_close) Pair status = {-1, -1};

    TRY(pair_open(&in, error));
    TRY(pair_open(&out, error));
    TRY(pair_open(&status, error));
    pid_t pid = fork();
    if (pid < 0)
        return fail_errno(error, "another program");
    if (pid == 0)
        child_main(argv, in.theirs, out.theirs, status.theirs);
    *child = (InputChild){.pid = pid, .in = in.ours, .out = out.ours, .status = status.ours};
    in.ours = out.ours = status.ours = -1;
    return RESULT_OK;
}

int input_child_wait(InputChild *child)
{
    int status = 0;
    pid_t ended;

    do {
        ended = waitpid(child->pid, &status, 0);
    } while (ended < 0 && errno == EINTR);
    child->pid = 0;
    return ended > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : INPUT_CHILD_KILLED;
}

void input_child_close(InputChild *child)
{
    input_child_close_end(&child->in);
    input_child_close_end(&child->out);
    input_child_close_end(&child->status);
    if (child->pid > 0) {
        (void)kill(child->pid, SIGKILL);
        (void)input_child_wait(child);
    }
}
