#include <stdio.h>

#include "base/secret.h"
#include "cli/cli.h"

enum { ARENA_BYTES_MAX = 64 << 20 };

int main(int argc, char **argv)
{
    SCOPED(arena_close) Arena *arena = NULL;
    Error error = {0};

    secret_harden_process(); /* first: keys and identifiers may follow */
    arena = arena_create(ARENA_BYTES_MAX);
    Cli cli = {.arena = arena};
    Result done = cli_run(&cli, argc - 1, (const char *const *)argv + 1, &error);
    if (done.ok && fflush(stdout) != 0)
        done = fail_errno(&error, "standard output");
    if (done.ok)
        return cli.exit_status;
    fprintf(stderr, "cinque: %s\n", error.message);
    return error_exit_status(&error);
}
