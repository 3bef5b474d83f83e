#pragma once
/* Private to linkage: encodings held in memory, and what of their bytes the other files read. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "linkage/linkage.h"

enum { SET_FIELDS_MAX = 12, SET_BLOCKS_MAX = 64, SET_TOKEN_BYTES = 8 };

typedef struct SetRecord {
    const uint8_t *at; /* its first token, in the set's memory */
    uint64_t blocks;   /* bit of a rule: there is a token */
    uint32_t classes;  /* two bits a field: 0 unknown, 1 common, 2 middling, 3 rare */
    uint16_t fields;   /* bit of a field: there are filters */
    uint8_t token_count, source;
    uint16_t view_bytes;
} SetRecord;

typedef struct SetChunk SetChunk;

struct LinkageSet {
    /* What the first encoding said, and every other must. */
    bool is_shaped, by_blocks;
    uint16_t key_version;
    uint32_t scheme;
    size_t field_count, block_count;
    uint8_t filter_bytes[SET_FIELDS_MAX];
    bool is_exact[SET_FIELDS_MAX]; /* agrees or not, nothing between */

    SetRecord *records;
    size_t count, capacity;
    SetChunk *newest; /* of the memory that holds tokens and filters; NULL: none yet */
    SetRecord *references;
    size_t reference_count, reference_capacity;
    struct BlockIndex *index; /* NULL: not made, or the set changed since */
};

/* Tokens stand in the order of their blocks, and so do the views that go with them. */
static inline const uint8_t *set_tokens(const SetRecord *record)
{
    return record->at;
}
/* place: of the token among the record's; 0 where filters stand for all blocks. */
static inline const uint8_t *set_view_at(const SetRecord *record, size_t place)
{
    return record->at + (size_t)record->token_count * SET_TOKEN_BYTES + place * record->view_bytes;
}
const uint8_t *set_filter(const LinkageSet *set, const SetRecord *record, const uint8_t *view, size_t field);
/* The filters that stand for this block, or all: those of present fields, one behind the other. */
const uint8_t *set_view(const LinkageSet *set, const SetRecord *record, size_t block);
