#include "pseudonymise/encoding_check.h"

#include <string.h>

enum {
    KIND_AT = 1,
    KIND_BY_BLOCKS = 1,
    KIND_REFERENCE = 2,
    VERSION_AT = 2,
    FIELDS_AT = 8,
    RULES_AT = 9,
    PRESENT_AT = 10,
    TOKENS_AT = 12,
    CLASSES_AT = 20,
    SIZE_EXACT = 0x80,
    BITS = 64,
    TAG_BYTES = 8
};

static uint64_t number_at(const uint8_t *at, int bytes)
{
    uint64_t number = 0;

    for (int i = 0; i < bytes; i++)
        number = number << 8 | at[i];
    return number;
}

static bool is_below(uint64_t bits, size_t count)
{
    return count >= BITS || bits >> count == 0;
}

/* Form, kind, key version, scheme, how many fields and rules, and the size of each filter. */
static bool has_header(const uint8_t *ours, size_t length, const uint8_t *theirs, bool is_reference)
{
    return theirs[0] == ours[0] && theirs[KIND_AT] == (ours[KIND_AT] | (is_reference ? KIND_REFERENCE : 0)) &&
           memcmp(theirs + VERSION_AT, ours + VERSION_AT, PRESENT_AT - VERSION_AT) == 0 &&
           memcmp(theirs + ENCODING_HEADER_BYTES, ours + ENCODING_HEADER_BYTES,
                  length - ENCODING_HEADER_BYTES) == 0;
}

/* A field that is not there is of no class. */
static bool are_classes_of(uint64_t classes, uint64_t present, size_t field_count)
{
    for (size_t i = 0; i < field_count; i++)
        if ((present >> i & 1) == 0 && (classes >> 2 * i & 3) != 0)
            return false;
    return is_below(classes, 2 * field_count);
}

static size_t filters_bytes(const uint8_t *sizes, size_t field_count, uint64_t present)
{
    size_t bytes = 0;

    for (size_t i = 0; i < field_count; i++)
        bytes += (present >> i & 1) != 0 ? sizes[i] & ~(unsigned)SIZE_EXACT : 0;
    return bytes;
}

bool encoding_fits(Text header, Text encoding, bool is_reference)
{
    const uint8_t *bytes = (const uint8_t *)encoding.data;

    if (encoding.length < header.length ||
        !has_header((const uint8_t *)header.data, header.length, bytes, is_reference))
        return false;
    uint64_t present = number_at(bytes + PRESENT_AT, 2), tokens = number_at(bytes + TOKENS_AT, 8);
    size_t field_count = bytes[FIELDS_AT], token_count = (size_t)__builtin_popcountll(tokens);
    bool is_by_blocks = (bytes[KIND_AT] & KIND_BY_BLOCKS) != 0;
    size_t views = is_by_blocks && !is_reference ? token_count : 1;

    return present != 0 && is_below(present, field_count) && is_below(tokens, bytes[RULES_AT]) &&
           (tokens == 0) == is_reference &&
           are_classes_of(number_at(bytes + CLASSES_AT, 4), present, field_count) &&
           encoding.length == header.length + token_count * TAG_BYTES +
                                  views * filters_bytes(bytes + ENCODING_HEADER_BYTES, field_count, present);
}
