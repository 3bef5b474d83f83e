/*
 * An SFTP host for a script: sftp_host FOLDER. Its keys lie in FOLDER; it says where it is and then obeys
 * lines of its standard input, each answered by one line, until that ends.
 *
 * put NAME PATH: lays the content of PATH there as NAME ("-": nothing in it), under the time of 2026-09-01.
 *
 * has NAME: yes or no.
 *
 * run N COMMAND: runs COMMAND by sh; the host's Nth request from now on is not answered, and COMMAND killed
 * (0: none). Says how it ended, as a shell does, and how many requests there were.
 */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/sftp.h"

enum { LINE_BYTES = 4096, LOOK_US = 2000, CHANGED = 1788220800 };

extern char **environ;

static void give_up(const char *what)
{
    (void)fprintf(stderr, "sftp_host: %s\n", what);
    exit(1);
}

/* Held until the end: the host has no copy of it. */
static Text read_whole(const char *path)
{
    Text content = {.data = "", .length = 0};

    if (strcmp(path, "-") == 0)
        return content;
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        give_up(path);
    long length = ftell(file);
    char *bytes = memory_alloc((size_t)length + 1);
    rewind(file);
    if (fread(bytes, 1, (size_t)length, file) != (size_t)length)
        give_up(path);
    (void)fclose(file);
    return (Text){.data = bytes, .length = (size_t)length};
}

static char *keep(const char *name)
{
    char *kept = strdup(name);

    if (kept == NULL)
        give_up("no memory");
    return kept;
}

static int run(TestSftp *sftp, int request, char *command)
{
    char shell[] = "sh", flag[] = "-c";
    char *const arguments[] = {shell, flag, command, NULL};
    pid_t child;
    int status = 0;

    test_sftp_hold(sftp, request);
    if (posix_spawn(&child, "/bin/sh", NULL, NULL, arguments, environ) != 0)
        give_up("cannot run");
    while (waitpid(child, &status, WNOHANG) == 0) {
        if (test_sftp_is_holding(sftp))
            (void)kill(child, SIGKILL);
        (void)usleep(LOOK_US);
    }
    while (test_sftp_is_holding(sftp))
        (void)usleep(LOOK_US);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void obey(TestSftp *sftp, char *line)
{
    char *rest = NULL, *verb = strtok_r(line, " \n", &rest), *first = strtok_r(NULL, " \n", &rest),
         *second = strtok_r(NULL, "\n", &rest);

    if (verb == NULL || first == NULL)
        give_up("what is to be done?");
    if (strcmp(verb, "put") == 0 && second != NULL) {
        test_sftp_put(sftp, keep(first), read_whole(second), CHANGED);
        (void)puts("there");
    } else if (strcmp(verb, "has") == 0) {
        (void)puts(test_sftp_has(sftp, first) ? "yes" : "no");
    } else if (strcmp(verb, "run") == 0 && second != NULL) {
        int outcome = run(sftp, (int)strtol(first, NULL, 10), second);
        (void)printf("%d %d\n", outcome, test_sftp_requests(sftp));
    } else {
        give_up("unknown line");
    }
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    SftpPlace place;
    char line[LINE_BYTES];

    if (argc != 2)
        give_up("FOLDER");
    TestSftp *sftp = test_sftp_start(argv[1], &place);
    (void)printf("%s %s %s\n", place.url, place.known_hosts, place.client_key);
    (void)fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL)
        obey(sftp, line);
    test_sftp_stop(&sftp);
    return 0;
}
