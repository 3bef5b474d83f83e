#include "pseudonymise/oblivious_file.h"

#include <assert.h>
#include <string.h>

#include "base/input.h"
#include "base/secret.h"
#include "pseudonymise/pseudonymise.h"
#include "pseudonymise/voprf.h"

enum { MAGIC_BYTES = 8, FORMAT_VERSION = 1, START_BYTES = MAGIC_BYTES + 3, COUNT_BYTES = 4 };

static const char magic[MAGIC_BYTES + 1] = "CINQOPRF";

static bool is_space(Text space)
{
    if (space.length == 0 || space.length >= OBLIVIOUS_SPACE_BYTES)
        return false;
    for (size_t i = 0; i < space.length; i++) {
        char c = space.data[i];
        if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-')
            return false;
    }
    return true;
}

Result oblivious_file_check_space(const char *space, Error *error)
{
    return is_space(text_from(space))
               ? RESULT_OK
               : fail(error, ERROR_CONFIG, "token space: a name is 1 to 32 of a-z, 0-9, _ and -");
}

/* ---- where things stand ---- */

static size_t proof_bytes(const ObliviousFile *file)
{
    return file->kind == OBLIVIOUS_ANSWER ? VOPRF_PROOF_BYTES : 0;
}

size_t oblivious_file_head_length(const ObliviousFile *file)
{
    size_t answer = file->kind == OBLIVIOUS_ANSWER ? P256_ELEMENT_BYTES + HASH_BYTES : 0;
    return START_BYTES + strlen(file->space) + COUNT_BYTES + answer;
}

size_t oblivious_file_batch_count(const ObliviousFile *file, size_t index)
{
    size_t first = index / OBLIVIOUS_BATCH * OBLIVIOUS_BATCH;

    assert(index < file->count);
    return file->count - first < OBLIVIOUS_BATCH ? file->count - first : OBLIVIOUS_BATCH;
}

size_t oblivious_file_element_at(const ObliviousFile *file, size_t index)
{
    return index * P256_ELEMENT_BYTES + index / OBLIVIOUS_BATCH * proof_bytes(file);
}

size_t oblivious_file_proof_at(const ObliviousFile *file, size_t index)
{
    size_t first = index / OBLIVIOUS_BATCH * OBLIVIOUS_BATCH;
    return oblivious_file_element_at(file, first) +
           oblivious_file_batch_count(file, index) * P256_ELEMENT_BYTES;
}

size_t oblivious_file_length(const ObliviousFile *file)
{
    size_t batches = (file->count + OBLIVIOUS_BATCH - 1) / OBLIVIOUS_BATCH;
    return oblivious_file_head_length(file) + file->count * P256_ELEMENT_BYTES + batches * proof_bytes(file) +
           HASH_BYTES;
}

/* ---- writing ---- */

void oblivious_file_write_head(const ObliviousFile *file, uint8_t *out)
{
    size_t space = strlen(file->space);

    memcpy(out, magic, MAGIC_BYTES);
    out[MAGIC_BYTES] = FORMAT_VERSION;
    out[MAGIC_BYTES + 1] = (uint8_t)file->kind;
    out[MAGIC_BYTES + 2] = (uint8_t)space;
    memcpy(out + START_BYTES, file->space, space);
    out += START_BYTES + space;
    for (int i = 0; i < COUNT_BYTES; i++)
        out[i] = (uint8_t)(file->count >> (24 - 8 * i));
    if (file->kind == OBLIVIOUS_ANSWER) {
        memcpy(out + COUNT_BYTES, file->public_key, P256_ELEMENT_BYTES);
        memcpy(out + COUNT_BYTES + P256_ELEMENT_BYTES, file->request, HASH_BYTES);
    }
}

void oblivious_file_write_end(const ObliviousFile *file, uint8_t *out)
{
    size_t length = oblivious_file_length(file) - HASH_BYTES;
    Hash hash = hash_of(out, length);

    memcpy(out + length, hash.bytes, HASH_BYTES);
}

/* ---- reading ---- */

static bool read_start(Text bytes, ObliviousKind kind, ObliviousFile *file)
{
    const uint8_t *at = (const uint8_t *)bytes.data;

    if (bytes.length < START_BYTES || memcmp(at, magic, MAGIC_BYTES) != 0 ||
        at[MAGIC_BYTES] != FORMAT_VERSION || at[MAGIC_BYTES + 1] != kind)
        return false;
    Text space = {.data = bytes.data + START_BYTES, .length = at[MAGIC_BYTES + 2]};
    if (bytes.length < START_BYTES + space.length + COUNT_BYTES || !is_space(space))
        return false;
    *file = (ObliviousFile){.kind = kind};
    memcpy(file->space, space.data, space.length);
    for (size_t i = 0; i < COUNT_BYTES; i++)
        file->count = file->count << 8 | at[START_BYTES + space.length + i];
    return file->count > 0 && file->count <= OBLIVIOUS_VALUES_MAX;
}

Result oblivious_file_read(Text bytes, ObliviousKind kind, const char *place, ObliviousFile *file,
                           Error *error)
{
    const uint8_t *at = (const uint8_t *)bytes.data;

    if (!read_start(bytes, kind, file))
        return fail(error, ERROR_INPUT, "%s: is no oblivious %s of a known version", place,
                    kind == OBLIVIOUS_ANSWER ? "answer" : "request");
    size_t length = oblivious_file_length(file), head = oblivious_file_head_length(file);
    if (bytes.length != length)
        return fail(error, ERROR_INPUT, "%s: is cut off, or something follows its end", place);
    Hash hash = hash_of(at, length - HASH_BYTES);
    if (!secret_equal(hash.bytes, at + length - HASH_BYTES, HASH_BYTES))
        return fail(error, ERROR_INPUT, "%s: is damaged, its hash differs", place);
    if (kind == OBLIVIOUS_ANSWER) {
        file->public_key = at + head - HASH_BYTES - P256_ELEMENT_BYTES;
        file->request = at + head - HASH_BYTES;
    }
    file->batches = at + head;
    return RESULT_OK;
}

Result oblivious_file_open(const char *path, ObliviousKind kind, Arena *arena, ObliviousFile *file,
                           Hash *hash, Error *error)
{
    Text bytes;

    TRY(input_read_all(path, OBLIVIOUS_FILE_BYTES_MAX, arena, &bytes, error));
    TRY(oblivious_file_read(bytes, kind, path, file, error));
    *hash = hash_of(bytes.data, bytes.length);
    return RESULT_OK;
}
