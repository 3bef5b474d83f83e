#include "cli/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_ROUNDS = 300, WAIT_NANOSECONDS = 50 * 1000 * 1000, PID_BYTES = 32 };

static void pause_shortly(void)
{
    const struct timespec pause = {.tv_nsec = WAIT_NANOSECONDS};

    (void)nanosleep(&pause, NULL);
}

/* A number in a file may be anybody's: what is signalled must run our program, which may be replaced since.
 */
static bool is_broker(pid_t pid)
{
    char link[PID_BYTES], program[PATH_MAX];

    (void)snprintf(link, sizeof link, "/proc/%d/exe", (int)pid);
    ssize_t length = readlink(link, program, sizeof program - 1);
    program[length > 0 ? length : 0] = '\0';
    const char *name = strrchr(program, '/');
    return name != NULL && (strcmp(name, "/cinqued") == 0 || strcmp(name, "/cinqued (deleted)") == 0);
}

/* *pid: of the process that holds the lock; 0: none does. */
static Result holder(const Cli *cli, pid_t *pid, Error *error)
{
    char path[CLI_PATH_BYTES], text[PID_BYTES];
    int64_t number = 0;

    *pid = 0;
    TRY(cli_path(cli, "run/cinqued.pid", path, error));
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 && errno == ENOENT)
        return RESULT_OK;
    if (file < 0)
        return fail_errno(error, "%s", path);
    bool is_held = flock(file, LOCK_SH | LOCK_NB) != 0;
    ssize_t length = read(file, text, sizeof text);
    (void)close(file);
    if (!is_held || length <= 0 ||
        !text_to_int64(text_trim((Text){.data = text, .length = (size_t)length - 1}), &number) || number <= 1)
        return RESULT_OK;
    *pid = (pid_t)number;
    return RESULT_OK;
}

static bool answers(const char *socket_path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(socket_path) >= sizeof address.sun_path)
        return false; /* the broker says so, too, and ends */
    memcpy(address.sun_path, socket_path, strlen(socket_path) + 1);
    int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client < 0)
        return false;
    bool connected = connect(client, (const struct sockaddr *)&address, sizeof address) == 0;
    (void)close(client);
    return connected;
}

/* Asked of the socket: the lock is for its owner alone. */
Result daemon_runs(const Cli *cli, bool *runs, Error *error)
{
    char socket_path[CLI_PATH_BYTES];

    TRY(cli_path(cli, "run/cinqued.sock", socket_path, error));
    *runs = answers(socket_path);
    return RESULT_OK;
}

/* In the child. Its standard error goes to the log file; nothing else is inherited. */
static void become_broker(const char *program, const char *data, const char *log_path)
{
    int nothing = open("/dev/null", O_RDWR);
    int log = open(log_path, O_WRONLY | O_CREAT | O_APPEND, 0600);

    if (nothing < 0 || log < 0 || setsid() < 0 || dup2(nothing, 0) < 0 || dup2(nothing, 1) < 0 ||
        dup2(log, 2) < 0)
        _exit(126);
    (void)close_range(3, ~0U, 0);
    execl(program, "cinqued", "--data", data, (char *)NULL);
    _exit(127);
}

static Result wait_until_it_answers(pid_t child, const char *socket_path, const char *log_path, Error *error)
{
    for (int round = 0; round < WAIT_ROUNDS; round++) {
        if (waitpid(child, NULL, WNOHANG) == child)
            return fail(error, ERROR_SYSTEM, "the broker ended at once, see %s", log_path);
        if (answers(socket_path))
            return RESULT_OK;
        pause_shortly();
    }
    return fail(error, ERROR_SYSTEM, "the broker does not answer, see %s", log_path);
}

/* No-op when it runs. */
static Result start(const Cli *cli, Error *error)
{
    char program[CLI_PATH_BYTES], log_path[CLI_PATH_BYTES], socket_path[CLI_PATH_BYTES];
    const char *data;
    pid_t pid;

    TRY(cli_data(cli, &data, error));
    TRY(holder(cli, &pid, error));
    if (pid != 0)
        return RESULT_OK;
    TRY(cli_program_path("cinqued", program, error));
    TRY(cli_path(cli, "log/cinqued.log", log_path, error));
    TRY(cli_path(cli, "run/cinqued.sock", socket_path, error));
    (void)unlink(socket_path); /* nobody listens there: the lock is free */
    pid_t child = fork();
    if (child < 0)
        return fail_errno(error, "the broker");
    if (child == 0)
        become_broker(program, data, log_path);
    return wait_until_it_answers(child, socket_path, log_path, error);
}

Result daemon_stop(const Cli *cli, Error *error)
{
    pid_t pid;

    TRY(holder(cli, &pid, error));
    if (pid == 0)
        return RESULT_OK;
    if (!is_broker(pid))
        return fail(error, ERROR_SYSTEM, "run/cinqued.pid: names a process that is no broker");
    if (kill(pid, SIGTERM) != 0 && errno != ESRCH)
        return fail_errno(error, "the broker");
    for (int round = 0; round < WAIT_ROUNDS && pid != 0; round++) {
        pause_shortly();
        TRY(holder(cli, &pid, error));
    }
    if (pid != 0)
        return fail(error, ERROR_SYSTEM, "the broker does not end");
    return RESULT_OK;
}

Result cmd_broker_start(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(db_close) Db *governor = NULL;

    TRY(cli_parse(cli, argc, argv, NULL, 0, 0, 0, error));
    /* A broker without its database would refuse everybody, long behind this. */
    TRY(cli_open(cli, "cinque_governor", &governor, error));
    TRY(start(cli, error));
    puts("broker running");
    return RESULT_OK;
}

Result cmd_broker_stop(Cli *cli, int argc, const char *const *argv, Error *error)
{
    TRY(cli_parse(cli, argc, argv, NULL, 0, 0, 0, error));
    TRY(daemon_stop(cli, error));
    puts("broker stopped");
    return RESULT_OK;
}
