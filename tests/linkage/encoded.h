#pragma once
/* Encodings written by hand, as docs/linkage.md has them: linkage is tested without the module that makes
 * them. Three fields with filters of 16 bytes; two block rules. */
#include <string.h>

#include <criterion/criterion.h>

#include "linkage/linkage.h"

enum { ENCODED_FIELDS = 3, ENCODED_FILTER = 16, ENCODED_BYTES = 256 };

typedef struct Encoded {
    uint64_t values[ENCODED_FIELDS]; /* each makes a filter of its own; 0: absent */
    uint64_t tokens[2];              /* 0: none */
    uint8_t key_version, flags;      /* 0: version 1 */
    uint8_t classes[ENCODED_FIELDS]; /* 0 unknown, 1 common, 2 middling, 3 rare */
} Encoded;

/* About half the bits, another half for every value. */
static inline void encoded_filter(uint64_t value, uint8_t *filter)
{
    for (int i = 0; i < ENCODED_FILTER; i++) {
        value = (value + (uint64_t)i) * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        filter[i] = (uint8_t)(value >> 48);
    }
}

static inline Text encoded_write(const Encoded *record, uint8_t out[ENCODED_BYTES])
{
    uint8_t *at = out + 24 + ENCODED_FIELDS;

    memset(out, 0, ENCODED_BYTES);
    out[0] = 1;
    out[1] = record->flags;
    out[3] = record->key_version != 0 ? record->key_version : 1;
    memcpy(out + 4, "test", 4);
    out[8] = ENCODED_FIELDS;
    out[9] = 2;
    memset(out + 24, ENCODED_FILTER, ENCODED_FIELDS);
    for (int b = 0; b < 2; b++) {
        if (record->tokens[b] == 0)
            continue;
        out[19] |= (uint8_t)(1 << b);
        memcpy(at, &record->tokens[b], 8);
        at += 8;
    }
    for (int f = 0; f < ENCODED_FIELDS; f++) {
        if (record->values[f] == 0)
            continue;
        out[23] |= (uint8_t)(record->classes[f] << 2 * f);
        out[11] |= (uint8_t)(1 << f);
        encoded_filter(record->values[f], at);
        at += ENCODED_FILTER;
    }
    return (Text){.data = (const char *)out, .length = (size_t)(at - out)};
}

static inline void encoded_add(LinkageSet *set, const Encoded *record, unsigned source)
{
    uint8_t bytes[ENCODED_BYTES];
    Error error = {0};

    cr_assert(linkage_set_add(set, encoded_write(record, bytes), source, &error).ok, "%s", error.message);
}
