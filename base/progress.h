#pragma once
/* One line that is rewritten on a terminal, and printed at the end only when standard error is none. */
#include <stdint.h>

typedef struct Progress {
    const char *label;
    uint64_t total, done;
    int64_t started_us, shown_us;
} Progress;

Progress progress_start(const char *label, uint64_t total); /* total 0: unknown */
void progress_update(Progress *progress, uint64_t done);    /* cheap: redraws at most 5 times a second */
void progress_end(Progress *progress, const char *format, ...) __attribute__((format(printf, 2, 3)));
