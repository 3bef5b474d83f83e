#pragma once
/* Runs verbs as the program does, with what they print in a file. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "tests/support/support.h"

enum { WORDS_MAX = 32 };

/* words end with NULL */
static inline Result bench_cli(Error *error, const char *const *words)
{
    SCOPED(arena_close) Arena *arena = arena_create(64 << 20);
    Cli cli = {.arena = arena};
    int count = 0;

    while (words[count] != NULL)
        count++;
    return cli_run(&cli, count, words, error);
}
#define CLI(error, ...) bench_cli(error, (const char *const[]){__VA_ARGS__, NULL})

static inline void expect_failure(Result result, const Error *error, ErrorCode code, const char *part)
{
    cr_expect(!result.ok);
    cr_expect_eq(error->code, code, "%s", error->message);
    cr_expect_not_null(strstr(error->message, part), "'%s' is not in: %s", part, error->message);
}
