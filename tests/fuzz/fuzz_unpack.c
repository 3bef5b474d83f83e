/*
 * Packed files of any bytes: however they are read, what comes out and how it ends is the same, and no more
 * comes than the limits allow. The first byte chooses the size of a read.
 */
#include <string.h>

#include "base/input.h"
#include "tests/fuzz/fuzz_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BYTES_MAX = 1 << 20, PIECE_BYTES = 8192 };

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* Bytes in front of a failure may differ with the size of a read: they count for nothing then. */
static Hash read_all(const char *path, size_t piece)
{
    static const InputLimits limits = {
        .bytes_max = BYTES_MAX, .ratio_max = 200, .window_log_max = 20, .nesting_max = 2};
    SCOPED(input_close) Input *input = NULL;
    SCOPED(hash_close) HashStream *content = hash_open();
    char buffer[PIECE_BYTES];
    uint64_t total = 0;
    size_t length = 1;
    Error error = {0};
    Hash delivered, of_file;

    Result result = input_open(path, &limits, &input, &error);
    while (result.ok && length > 0 && (result = input_read(input, buffer, piece, &length, &error)).ok) {
        total += length;
        require(total <= BYTES_MAX);
        hash_add(content, buffer, length);
    }
    if (!result.ok)
        return hash_of(&error.code, sizeof error.code);
    require(input_digest(input, &delivered));
    require(input_hash_file(path, &of_file, &total, &error).ok);
    require(memcmp(delivered.bytes, of_file.bytes, HASH_BYTES) == 0);
    return hash_value(content);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    const char *path = fuzz_file(data + 1, size - 1);
    Hash whole = read_all(path, PIECE_BYTES);
    Hash in_parts = read_all(path, 1u + data[0]);
    require(memcmp(whole.bytes, in_parts.bytes, HASH_BYTES) == 0);
    return 0;
}
