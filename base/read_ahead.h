#pragma once
/*
 * Reads a source in a thread of its own, a bounded number of blocks ahead of who uses it: reading, hashing,
 * decrypting and unpacking overlap with what is done with the bytes.
 */
#include <stddef.h>

#include "base/error.h"

typedef struct ReadAhead ReadAhead;

/* At most capacity bytes; *length 0 at the end, after which it is not called again. */
typedef Result (*ReadAheadSource)(void *context, void *buffer, size_t capacity, size_t *length, Error *error);

/* From the first read to the close context belongs to the reading ahead. A source that ends soon gets no
 * thread. */
ReadAhead *read_ahead_open(ReadAheadSource source, void *context);
/*
 * As the source would have answered: what was read before a failure first, then the failure, again and again.
 * Errors  the source's; ERROR_SYSTEM: no thread can be had
 */
Result read_ahead_next(ReadAhead *ahead, void *buffer, size_t capacity, size_t *length, Error *error) CHECKED;
/* Waits for the source's present read. Wipes; accepts a pointer to NULL. */
void read_ahead_close(ReadAhead **ahead);
