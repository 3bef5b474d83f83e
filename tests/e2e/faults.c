/*
 * Laid in front of the C library and libpq by LD_PRELOAD: numbers what a program does that lasts (statements,
 * copy data, files written, synced, renamed and removed), and at one of these steps does what CINQUE_FAULT
 * says. CINQUE_FAULT_STEPS=FILE             writes the name of each step to FILE CINQUE_FAULT="N before|after
 * ACTION"  ACTION is kill, term, cut (the connection), full (the step fails with ENOSPC), clock SECONDS (time
 * goes on from there), run (sh -c "$CINQUE_FAULT_COMMAND") The program itself knows nothing of it.
 * CINQUE_FREE_BYTES: so much is said to be free on every disk.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libpq-fe.h>

typedef enum Phase { BEFORE, AFTER } Phase;

static struct {
    long step;
    Phase phase;
    char action[16];
    long seconds;
} wanted;
static char command[4096];
static int steps_file = -1;
static _Atomic long passed;
static _Atomic long clock_offset;
static PGconn *last_connection;
static pthread_mutex_t striking = PTHREAD_MUTEX_INITIALIZER;
static char *no_environment[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL};

__attribute__((constructor)) static void read_wishes(void)
{
    const char *fault = getenv("CINQUE_FAULT"), *steps = getenv("CINQUE_FAULT_STEPS"),
               *run = getenv("CINQUE_FAULT_COMMAND");
    char phase[8] = "";

    if (fault != NULL &&
        sscanf(fault, "%ld %7s %15s %ld", &wanted.step, phase, wanted.action, &wanted.seconds) < 3)
        _exit(99);
    wanted.phase = strcmp(phase, "after") == 0 ? AFTER : BEFORE;
    snprintf(command, sizeof command, "%s", run != NULL ? run : "");
    if (steps != NULL)
        steps_file = open(steps, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    unsetenv("LD_PRELOAD"); /* what the program starts is left alone */
}

static void run_command(void)
{
    char *const arguments[] = {"sh", "-c", command, NULL};
    pid_t child;
    int status;

    if (posix_spawn(&child, "/bin/sh", NULL, NULL, arguments, no_environment) == 0)
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            ;
}

/* True: the step is to fail. */
static bool strike(void)
{
    if (strcmp(wanted.action, "kill") == 0)
        syscall(SYS_kill, getpid(), SIGKILL);
    else if (strcmp(wanted.action, "term") == 0)
        syscall(SYS_kill, getpid(), SIGTERM);
    else if (strcmp(wanted.action, "cut") == 0 && last_connection != NULL)
        shutdown(PQsocket(last_connection), SHUT_RDWR);
    else if (strcmp(wanted.action, "clock") == 0)
        clock_offset = wanted.seconds;
    else if (strcmp(wanted.action, "run") == 0)
        run_command();
    return strcmp(wanted.action, "full") == 0;
}

static long enter(const char *name, bool *fails)
{
    int before = errno;
    long step = ++passed;

    if (steps_file >= 0 && dprintf(steps_file, "%s\n", name) < 0)
        _exit(98);
    pthread_mutex_lock(&striking);
    *fails = step == wanted.step && wanted.phase == BEFORE && strike();
    pthread_mutex_unlock(&striking);
    errno = *fails ? ENOSPC : before;
    return step;
}

static void leave(long step)
{
    int before = errno;

    pthread_mutex_lock(&striking);
    if (step == wanted.step && wanted.phase == AFTER)
        (void)strike();
    pthread_mutex_unlock(&striking);
    errno = before;
}

/* The function that this one hides. */
#define HIDDEN(name)                                                                                         \
    static __typeof__(name) *hidden;                                                                         \
    if (hidden == NULL)                                                                                      \
    hidden = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

#define DATABASE_STEP(type, name, parameters, arguments)                                                     \
    type name parameters                                                                                     \
    {                                                                                                        \
        HIDDEN(name);                                                                                        \
        bool fails;                                                                                          \
        last_connection = connection;                                                                        \
        long step = enter(#name, &fails);                                                                    \
        type result = hidden arguments;                                                                      \
        leave(step);                                                                                         \
        return result;                                                                                       \
    }

#define FILE_STEP(type, failure, name, parameters, arguments)                                                \
    type name parameters                                                                                     \
    {                                                                                                        \
        HIDDEN(name);                                                                                        \
        bool fails;                                                                                          \
        long step = enter(#name, &fails);                                                                    \
        if (fails)                                                                                           \
            return failure;                                                                                  \
        type result = hidden arguments;                                                                      \
        leave(step);                                                                                         \
        return result;                                                                                       \
    }

DATABASE_STEP(PGresult *, PQexec, (PGconn * connection, const char *query), (connection, query))
DATABASE_STEP(int, PQsendQuery, (PGconn * connection, const char *query), (connection, query))
DATABASE_STEP(PGresult *, PQprepare,
              (PGconn * connection, const char *name, const char *query, int count, const Oid *types),
              (connection, name, query, count, types))
DATABASE_STEP(PGresult *, PQexecPrepared,
              (PGconn * connection, const char *name, int count, const char *const *values,
               const int *lengths, const int *formats, int result_format),
              (connection, name, count, values, lengths, formats, result_format))
DATABASE_STEP(int, PQputCopyData, (PGconn * connection, const char *buffer, int length),
              (connection, buffer, length))
DATABASE_STEP(int, PQputCopyEnd, (PGconn * connection, const char *message), (connection, message))

FILE_STEP(int, -1, fsync, (int file), (file))
FILE_STEP(int, -1, rename, (const char *from, const char *to), (from, to))
FILE_STEP(int, -1, unlink, (const char *path), (path))
FILE_STEP(int, -1, unlinkat, (int folder, const char *path, int flags), (folder, path, flags))
FILE_STEP(int, EOF, fflush, (FILE * file), (file))

size_t fwrite(const void *bytes, size_t size, size_t count, FILE *file)
{
    HIDDEN(fwrite);
    bool fails = false, is_told = file == stdout || file == stderr;
    long step = is_told ? 0 : enter("fwrite", &fails);
    size_t written = fails ? 0 : hidden(bytes, size, count, file);

    if (!is_told && !fails)
        leave(step);
    return written;
}

int statvfs(const char *path, struct statvfs *place)
{
    HIDDEN(statvfs);
    int result = hidden(path, place);
    const char *bytes = getenv("CINQUE_FREE_BYTES");

    if (result == 0 && bytes != NULL)
        place->f_bavail = strtoull(bytes, NULL, 10) / place->f_frsize;
    return result;
}

int clock_gettime(clockid_t id, struct timespec *time)
{
    HIDDEN(clock_gettime);
    int result = hidden(id, time);

    if (id == CLOCK_REALTIME)
        time->tv_sec += clock_offset;
    return result;
}

time_t time(time_t *out)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (out != NULL)
        *out = now.tv_sec;
    return now.tv_sec;
}
