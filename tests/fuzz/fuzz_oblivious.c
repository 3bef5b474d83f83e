/* Requests and answers of any bytes: what is accepted has exactly one form, every place in it lies within,
 * and its elements are points or refused. The hash at the end is also put right, so that what stands before
 * is reached. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "pseudonymise/oblivious_file.h"
#include "pseudonymise/voprf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ELEMENTS_TRIED = 4 };

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_element(const P256 *curve, const uint8_t *bytes)
{
    EC_POINT *point = NULL;
    uint8_t again[P256_ELEMENT_BYTES];
    Error error = {0};

    if (!p256_read(curve, bytes, &point, &error).ok)
        return;
    require(p256_write(curve, point, again, &error).ok);
    require(memcmp(again, bytes, sizeof again) == 0);
    p256_point_close(&point);
}

static void check_file(const P256 *curve, const ObliviousFile *file, const uint8_t *bytes, size_t size)
{
    uint8_t *again = memory_alloc(size);
    size_t head = oblivious_file_head_length(file);

    require(oblivious_file_length(file) == size);
    require(file->batches == bytes + head);
    memcpy(again, bytes, size - HASH_BYTES);
    oblivious_file_write_head(file, again);
    oblivious_file_write_end(file, again);
    require(memcmp(again, bytes, size) == 0);
    for (size_t i = 0; i < file->count; i += 1 + file->count / ELEMENTS_TRIED) {
        require(head + oblivious_file_element_at(file, i) + P256_ELEMENT_BYTES + HASH_BYTES <= size);
        check_element(curve, file->batches + oblivious_file_element_at(file, i));
        if (file->kind == OBLIVIOUS_ANSWER)
            require(head + oblivious_file_proof_at(file, i) + VOPRF_PROOF_BYTES + HASH_BYTES <= size);
    }
    memory_free(again);
}

static void try_bytes(const P256 *curve, const uint8_t *bytes, size_t size)
{
    for (ObliviousKind kind = OBLIVIOUS_REQUEST; kind <= OBLIVIOUS_ANSWER; kind++) {
        ObliviousFile file;
        Error error = {0};
        Text text = {.data = (const char *)bytes, .length = size};
        if (oblivious_file_read(text, kind, "file", &file, &error).ok)
            check_file(curve, &file, bytes, size);
        else
            require(*error.message != '\0');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static P256 *curve;
    Error error = {0};

    require(curve != NULL || p256_open(&curve, &error).ok);
    try_bytes(curve, data, size);
    if (size < HASH_BYTES)
        return 0;
    uint8_t *right = memory_alloc(size);
    memcpy(right, data, size);
    Hash hash = hash_of(right, size - HASH_BYTES);
    memcpy(right + size - HASH_BYTES, hash.bytes, HASH_BYTES);
    try_bytes(curve, right, size);
    memory_free(right);
    return 0;
}
