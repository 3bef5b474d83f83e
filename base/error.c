#define ERROR_IMPLEMENTATION
#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* By way of a buffer of its own: an argument may point into the message that is replaced. */
PRINTF(3, 0) static void set_message(Error *error, const char *behind, const char *format, va_list arguments)
{
    char message[ERROR_MESSAGE_BYTES];
    int written = vsnprintf(message, sizeof message, format, arguments);
    size_t length = written < 0 ? 0 : (size_t)written;

    if (length >= sizeof message)
        length = sizeof message - 1;
    message[length] = '\0';
    if (behind != NULL && length < sizeof message - 1)
        (void)snprintf(message + length, sizeof message - length, ": %s", behind);
    memcpy(error->message, message, sizeof message);
}

Result fail(Error *error, ErrorCode code, const char *format, ...)
{
    if (error == NULL)
        return (Result){.ok = false};

    va_list arguments;
    va_start(arguments, format);
    set_message(error, NULL, format, arguments);
    va_end(arguments);
    error->code = code;
    return (Result){.ok = false};
}

Result fail_context(Error *error, const char *format, ...)
{
    if (error == NULL)
        return (Result){.ok = false};

    char behind[ERROR_MESSAGE_BYTES];
    memcpy(behind, error->message, sizeof behind);
    behind[sizeof behind - 1] = '\0';
    va_list arguments;
    va_start(arguments, format);
    set_message(error, behind, format, arguments);
    va_end(arguments);
    return (Result){.ok = false};
}

Result fail_errno(Error *error, const char *format, ...)
{
    int number = errno;
    if (error == NULL)
        return (Result){.ok = false};

    char buffer[128];
    va_list arguments;
    va_start(arguments, format);
    set_message(error, strerror_r(number, buffer, sizeof buffer), format, arguments);
    va_end(arguments);
    error->code = ERROR_SYSTEM;
    return (Result){.ok = false};
}

int error_exit_status(const Error *error)
{
    switch (error->code) {
    case ERROR_USAGE:
        return 2;
    case ERROR_REFUSED:
        return 3;
    default:
        return 1;
    }
}
