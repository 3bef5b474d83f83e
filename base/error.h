#pragma once
/*
 * Errors: a one-member Result that cannot be ignored, and an explicit Error
 * as the last argument. A message gives the place, then the broken rule, in
 * lower case and without a full stop; it never holds a value from the data.
 */
#include <stdarg.h>
#include <stdbool.h>

enum { ERROR_MESSAGE_BYTES = 768 };

typedef enum ErrorCode {
    ERROR_NONE,
    ERROR_USAGE,    /* the command line is wrong */
    ERROR_CONFIG,   /* a specification, policy or option is wrong */
    ERROR_INPUT,    /* a delivered file is wrong */
    ERROR_LIMIT,    /* a stated limit was reached */
    ERROR_REFUSED,  /* governance or a PostgreSQL privilege said no */
    ERROR_DATABASE, /* PostgreSQL failed */
    ERROR_SYSTEM,   /* the operating system or a library failed */
} ErrorCode;

typedef struct Error {
    ErrorCode code;
    char message[ERROR_MESSAGE_BYTES];
} Error;

/* A struct, so that neither an int nor a bool passes for one, and ignoring it warns. */
typedef struct Result {
    bool ok;
} Result;

#define CHECKED       __attribute__((warn_unused_result))
#define PRINTF(f, a)  __attribute__((format(printf, f, a)))
#define SCOPED(close) __attribute__((cleanup(close)))
#define RESULT_OK     ((Result){.ok = true})

#define TRY(call)                                                                                            \
    do {                                                                                                     \
        Result try_result_ = (call);                                                                         \
        if (!try_result_.ok)                                                                                 \
            return try_result_;                                                                              \
    } while (0)

/* Fills in error and returns the failed Result: return fail(error, ERROR_INPUT, "%s line %u: ...", ...). */
Result fail(Error *error, ErrorCode code, const char *format, ...) PRINTF(3, 4) CHECKED;

/* Puts "format: " in front of the message of a failure, and returns the failed Result again. */
Result fail_context(Error *error, const char *format, ...) PRINTF(2, 3) CHECKED;

/* ERROR_SYSTEM with strerror(errno) behind the formatted place. */
Result fail_errno(Error *error, const char *format, ...) PRINTF(2, 3) CHECKED;

/* The exit status of a command that failed so: 2 usage, 3 refused, 1 all else. */
int error_exit_status(const Error *error);

#if defined(__clang_analyzer__) && !defined(ERROR_IMPLEMENTATION)
/* The analyser does not see into error.c: here it learns that what failed is not ok. */
#define fail(...)         ((void)fail(__VA_ARGS__), (Result){.ok = false})
#define fail_context(...) ((void)fail_context(__VA_ARGS__), (Result){.ok = false})
#define fail_errno(...)   ((void)fail_errno(__VA_ARGS__), (Result){.ok = false})
#endif
