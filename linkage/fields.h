#pragma once
/*
 * Private to linkage: how far the fields of two records agree, for a list of pairs: a level a field, from
 * filters of 512 bits. Absent fields are no evidence, neither for nor against.
 */
#include <stddef.h>
#include <stdint.h>

enum {
    FIELDS_MAX = 16,  /* four bits each in a pattern */
    FIELDS_WORDS = 8, /* a filter */
    FIELDS_LEVELS_MAX = 14,
    FIELDS_ABSENT = 15, /* the level where one of the two has no value */
};

/* In the caller's memory: record after record, in it filter after filter. */
typedef struct FieldsSet {
    const uint64_t *rows; /* at a multiple of 64 bytes a filter is one line of the caches, not two */
    const uint16_t *ones; /* of each filter, by fields_ones; 0: no value */
    unsigned fields;      /* a record */
} FieldsSet;

/* Level l: Dice reaches `from` of l levels, in thousandths and rising. 1000: only equal filters reach it. */
typedef struct FieldsLevels {
    unsigned count; /* at most FIELDS_LEVELS_MAX */
    uint16_t from[FIELDS_LEVELS_MAX];
} FieldsLevels;

typedef struct FieldsPair {
    uint32_t left, right;
} FieldsPair;

void fields_ones(const uint64_t *rows, size_t filters, uint16_t *ones);

/* left and right may be one set; both have as many fields. patterns: one a pair, the first field in the
 * lowest four bits. */
void fields_compare(const FieldsSet *left, const FieldsSet *right, const FieldsPair *pairs, size_t count,
                    const FieldsLevels *levels, uint64_t *patterns);

static inline unsigned fields_level(uint64_t pattern, unsigned field)
{
    return (unsigned)(pattern >> 4 * field & 15);
}
