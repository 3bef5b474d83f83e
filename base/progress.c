#include "base/progress.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/date.h"

enum { REDRAW_US = 200000 };

/* Back to the line's begin, and erase to its end (ECMA-48 EL). */
#define REWRITE "\r\033[K"

Progress progress_start(const char *label, uint64_t total)
{
    int64_t now = time_now_us();
    return (Progress){.label = label, .total = total, .started_us = now, .shown_us = now};
}

static void draw(const Progress *progress)
{
    double seconds = (double)(progress->shown_us - progress->started_us) / 1e6;

    if (progress->total == 0) {
        (void)fprintf(stderr, REWRITE "%s: %" PRIu64 ", %.0f s", progress->label, progress->done, seconds);
        return;
    }
    double part = (double)progress->done / (double)progress->total;
    (void)fprintf(stderr, REWRITE "%s: %.0f %%, %.0f s", progress->label, 100 * part, seconds);
    if (part > 0 && part < 1)
        (void)fprintf(stderr, ", %.0f s left", seconds * (1 - part) / part);
}

void progress_update(Progress *progress, uint64_t done)
{
    progress->done = done;
    int64_t now = time_now_us();
    if (now - progress->shown_us < REDRAW_US)
        return;
    progress->shown_us = now;
    if (isatty(STDERR_FILENO))
        draw(progress);
}

void progress_end(Progress *progress, const char *format, ...)
{
    double seconds = (double)(time_now_us() - progress->started_us) / 1e6;

    (void)fprintf(stderr, "%s%s: ", isatty(STDERR_FILENO) ? REWRITE : "", progress->label);
    va_list arguments;
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    (void)fprintf(stderr, " (%.1f s)\n", seconds);
}
