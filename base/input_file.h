#pragma once
/* Private to base/input.c: a regular file as delivered, read in large blocks that are hashed as they come. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/error.h"
#include "base/hash.h"

typedef struct InputFile {
    int descriptor; /* -1: not open */
    char *path;     /* for messages */
    uint64_t bytes; /* size and time of change when opened */
    struct timespec changed;
    HashStream *hash;
    unsigned char *buffer;
    size_t length, at; /* bytes in the buffer, and of these used up */
    uint64_t delivered;
    bool at_end;
} InputFile;

/* file is all zero but for descriptor -1. On failure, too, input_file_close is called. */
Result input_file_open(const char *path, InputFile *file, Error *error) CHECKED;
/* Replaces the buffer's content, or sets at_end. Checks at the end that the file has not changed since it was
 * opened. */
Result input_file_fill(InputFile *file, Error *error) CHECKED;
void input_file_close(InputFile *file);
