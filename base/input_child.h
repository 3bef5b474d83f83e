#pragma once
/*
 * Private to base/input*.c: a program that opens what we give it, by pipes alone. It sees no file of ours but
 * these, runs with an environment of its own, and what it complains about is dropped: it may name people.
 */
#include <sys/types.h>

#include "base/error.h"

enum { INPUT_CHILD_NOT_RUN = 127, INPUT_CHILD_KILLED = -1 };

typedef struct InputChild {
    pid_t pid;           /* 0: none */
    int in, out, status; /* our ends, none of which waits; -1: closed. status is its descriptor 3 */
} InputChild;

#define INPUT_CHILD_NONE ((InputChild){.in = -1, .out = -1, .status = -1})

/* argv[0] is the program's path, argv ends with NULL. */
Result input_child_start(const char *const *argv, InputChild *child, Error *error) CHECKED;
void input_child_close_end(int *descriptor);
/* Its exit status, or INPUT_CHILD_KILLED. */
int input_child_wait(InputChild *child);
/* Kills it if it lives. */
void input_child_close(InputChild *child);
