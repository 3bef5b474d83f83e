#pragma once
/* Private to base/input*.c: a regular file as delivered, whose bytes are hashed as they are read. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/input.h"

typedef struct InputFile {
    int descriptor; /* -1: not open */
    char *path;     /* for messages */
    uint64_t bytes; /* size and time of change when opened */
    struct timespec changed;
    const InputSource *source;      /* NULL: a file */
    void *stream;                   /* the source's own */
    const InputMark *expected;      /* NULL: none; else the fingerprint alone is made */
    HashStream *hash;               /* NULL: not wanted */
    FingerprintStream *fingerprint; /* NULL: not wanted */
    uint64_t delivered;
    uint64_t entered_ns, worked_ns; /* since when we work on it now, and how long before */
    bool is_unchecked;              /* a zstd frame has no checksum */
} InputFile;

/* file is all zero but for descriptor -1. On failure, too, input_file_close is called. */
Result input_file_open(const char *path, InputFile *file, Error *error) CHECKED;
/* *length 0 at the end, where it is checked that the file has not changed since it was opened. */
Result input_file_read(InputFile *file, void *buffer, size_t capacity, size_t *length, Error *error) CHECKED;
/* Beside the hash, from the first byte on. */
Result input_file_mark(InputFile *file, const uint8_t key[FINGERPRINT_KEY_BYTES], Error *error) CHECKED;
/* Once the end has been read: ERROR_REFUSED when it is not the file expected. */
Result input_file_check(InputFile *file, Error *error) CHECKED;
Hash input_file_digest(const InputFile *file);
/* Around each piece of work: what the caller does in between does not count. */
void input_file_enter(InputFile *file);
void input_file_leave(InputFile *file);
double input_file_seconds(const InputFile *file); /* worked so far */
void input_file_close(InputFile *file);
