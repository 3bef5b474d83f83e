#pragma once
/*
 * Private to query: memory that is filled once and then read alone. It is a memfd, sealed against writing,
 * growing and shrinking by anybody, ourselves included, and mapped for reading.
 */
#include <stddef.h>

#include "base/error.h"

typedef struct Sealed {
    const void *data; /* where it will be read, also before it is sealed; NULL: none */
    void *draft;      /* where it is written; NULL once it is sealed */
    size_t bytes;
    int file; /* while it is written */
} Sealed;

/* bytes above 0; the draft is all zeros. */
Result sealed_create(size_t bytes, Sealed *sealed, Error *error) CHECKED;
Result sealed_seal(Sealed *sealed, Error *error) CHECKED;
void sealed_close(Sealed *sealed); /* accepts one that is all zeros */
