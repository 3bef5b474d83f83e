/* What is read ahead is what the source gives, its failure too. */
#include <string.h>

#include <criterion/criterion.h>

#include "base/read_ahead.h"

enum { SOURCE_BYTES = 3 << 20, NEVER = SOURCE_BYTES + 1 };

typedef struct Source {
    size_t at, fails_at, piece_bytes, calls_after_end;
    bool has_ended;
} Source;

static char byte_at(size_t at)
{
    return (char)(at * 2654435761u >> 13);
}

static Result read_source(void *context, void *buffer, size_t capacity, size_t *length, Error *error)
{
    Source *source = context;
    size_t left = SOURCE_BYTES - source->at,
           piece = capacity < source->piece_bytes ? capacity : source->piece_bytes;

    source->calls_after_end += source->has_ended;
    if (source->at >= source->fails_at) {
        source->has_ended = true;
        return fail(error, ERROR_INPUT, "file: damaged here");
    }
    *length = piece < left ? piece : left;
    for (size_t i = 0; i < *length; i++)
        ((char *)buffer)[i] = byte_at(source->at + i);
    source->at += *length;
    source->has_ended = *length == 0;
    return RESULT_OK;
}

/* Reads on until the end or a failure; all that came must be right. */
static Result read_on(ReadAhead *ahead, size_t capacity, size_t *total, Error *error)
{
    static char buffer[1 << 18];
    size_t length = 1;

    *total = 0;
    while (length > 0) {
        TRY(read_ahead_next(ahead, buffer, capacity, &length, error));
        for (size_t i = 0; i < length; i++)
            cr_assert_eq(buffer[i], byte_at(*total + i));
        *total += length;
    }
    return RESULT_OK;
}

static void read_whole(size_t piece_bytes, size_t capacity)
{
    Source source = {.fails_at = NEVER, .piece_bytes = piece_bytes};
    ReadAhead *ahead = read_ahead_open(read_source, &source);
    Error error;
    size_t total, length;

    cr_assert(read_on(ahead, capacity, &total, &error).ok);
    cr_assert_eq(total, SOURCE_BYTES);
    cr_assert(read_ahead_next(ahead, &(char){0}, 1, &length, &error).ok);
    cr_assert_eq(length, 0, "the end stays the end");
    read_ahead_close(&ahead);

    cr_assert_eq(source.calls_after_end, 0);
}

Test(read_ahead, gives_all_that_the_source_gives)
{
    read_whole(1 << 20, 1 << 18);
    read_whole(100003, 1 << 18);
    read_whole(1 << 20, 1009);
    read_whole(4099, 4099);
}

Test(read_ahead, gives_what_came_before_a_failure_and_then_the_failure_again_and_again)
{
    Source source = {.fails_at = 1 << 20, .piece_bytes = 1 << 16};
    ReadAhead *ahead = read_ahead_open(read_source, &source);
    Error error = {0};
    size_t total;

    for (int again = 0; again < 2; again++) {
        size_t expected = again == 0 ? 1 << 20 : 0;
        cr_assert_not(read_on(ahead, 1 << 18, &total, &error).ok);
        cr_assert_eq(total, expected);
        cr_assert_eq(error.code, ERROR_INPUT);
        cr_assert_str_eq(error.message, "file: damaged here");
    }
    read_ahead_close(&ahead);

    cr_assert_eq(source.calls_after_end, 0);
}

Test(read_ahead, gives_the_failure_of_a_source_that_fails_soon)
{
    Source source = {.fails_at = 1000, .piece_bytes = 500};
    ReadAhead *ahead = read_ahead_open(read_source, &source);
    Error error = {0};
    size_t total;

    cr_assert_not(read_on(ahead, 1 << 18, &total, &error).ok);
    cr_assert_eq(total, 1000);
    cr_assert_not(read_on(ahead, 1 << 18, &total, &error).ok);
    cr_assert_str_eq(error.message, "file: damaged here");
    read_ahead_close(&ahead);

    cr_assert_eq(source.calls_after_end, 0);
}

Test(read_ahead, may_be_closed_before_its_end)
{
    Source source = {.fails_at = NEVER, .piece_bytes = 1 << 20};
    ReadAhead *ahead = read_ahead_open(read_source, &source);
    Error error;
    size_t length;
    static char buffer[4096];

    for (size_t total = 0; total < 1 << 20; total += length)
        cr_assert(read_ahead_next(ahead, buffer, sizeof buffer, &length, &error).ok);
    read_ahead_close(&ahead);

    cr_assert_null(ahead);
    cr_assert_lt(source.at, (size_t)SOURCE_BYTES, "it reads a bounded number of blocks ahead");
}
