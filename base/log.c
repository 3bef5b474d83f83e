#include "base/log.h"

#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/date.h"

enum { LINE_BYTES = 2048 };

static const char *const level_names[] = {"debug", "info", "warning", "error"};

static _Atomic LogLevel level_min = LOG_LEVEL_WARNING;

void log_set_level(LogLevel level)
{
    level_min = level;
}

static size_t within(int written, size_t room)
{
    if (written < 0)
        return 0;
    return (size_t)written < room ? (size_t)written : room - 1;
}

void log_event(LogLevel level, const char *event, const char *format, ...)
{
    if (level < level_min)
        return;

    char line[LINE_BYTES], time[TIME_TEXT_BYTES];
    int head =
        snprintf(line, sizeof line, "%s %s %s ", time_format(time_now_us(), time), level_names[level], event);
    size_t length = within(head, sizeof line);
    va_list arguments;
    va_start(arguments, format);
    length += within(vsnprintf(line + length, sizeof line - length, format, arguments), sizeof line - length);
    va_end(arguments);

    /* An event is one line: a control character in it must not forge a second. */
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
            line[i] = ' ';
    }
    if (line[length - 1] == ' ')
        length--;
    line[length++] = '\n';
    /* One write, so that lines of several processes do not mix. A log that cannot be written stops nobody. */
    ssize_t ignored = write(STDERR_FILENO, line, length);
    (void)ignored;
}
