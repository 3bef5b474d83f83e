#pragma once
/*
 * Private to pseudonymise: what provider and key holder of oblivious tokens send each other, byte by byte.
 *
 *   8   "CINQOPRF"
 *   1   format version, 1
 *   1   kind: 1 request, 2 answer
 *   1   n, then n bytes: the space, the name that the key was derived for
 *   4   values, big-endian
 *       an answer alone: 33 public key, 32 SHA-256 of the whole request
 *       then batches of OBLIVIOUS_BATCH values, the last one shorter:
 *   33  an element of each
 *   64  an answer alone: the batch's proof
 *   32  SHA-256 of all before
 *
 * Nothing in it is secret: elements are blinded. The hash finds accidents, the proofs find a dishonest
 * answer.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/text.h"

enum {
    OBLIVIOUS_BATCH = 1024,
    OBLIVIOUS_SPACE_BYTES = 33, /* with a NUL */
    OBLIVIOUS_HEAD_BYTES = 128,
    OBLIVIOUS_FILE_BYTES_MAX = 48 << 20, /* of an answer with OBLIVIOUS_VALUES_MAX */
};

typedef enum ObliviousKind { OBLIVIOUS_REQUEST = 1, OBLIVIOUS_ANSWER } ObliviousKind;

/* A view of the bytes that it was read from. */
typedef struct ObliviousFile {
    ObliviousKind kind;
    char space[OBLIVIOUS_SPACE_BYTES];
    size_t count;
    const uint8_t *public_key, *request; /* of an answer: the key, and the hash of what it answers */
    const uint8_t *batches;
} ObliviousFile;

/* ERROR_INPUT unless the bytes are exactly one such file of this kind. Elements are not looked at. */
Result oblivious_file_read(Text bytes, ObliviousKind kind, const char *place, ObliviousFile *file,
                           Error *error) CHECKED;
size_t oblivious_file_length(const ObliviousFile *file);
/* Writes the head and, behind all elements and proofs, which must be there, the hash; out has
 * oblivious_file_length. */
void oblivious_file_write_head(const ObliviousFile *file, uint8_t *out);
void oblivious_file_write_end(const ObliviousFile *file, uint8_t *out);
size_t oblivious_file_head_length(const ObliviousFile *file);

/* index: of a value; the batch it begins must exist. */
size_t oblivious_file_batch_count(const ObliviousFile *file, size_t index);
/* Of the element of a value, and of the proof of the batch that a value is in; from the first batch on. */
size_t oblivious_file_element_at(const ObliviousFile *file, size_t index);
size_t oblivious_file_proof_at(const ObliviousFile *file, size_t index);

/* ERROR_CONFIG unless it is 1 to 32 of a-z, 0-9, _ and -. */
Result oblivious_file_check_space(const char *space, Error *error) CHECKED;

/* Reads one of a path into the arena; *hash: of all its bytes. */
Result oblivious_file_open(const char *path, ObliviousKind kind, Arena *arena, ObliviousFile *file,
                           Hash *hash, Error *error) CHECKED;
