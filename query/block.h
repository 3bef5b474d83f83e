#pragma once
/*
 * Private to query: numbers as they lie in a block, before it is compressed and after it is decompressed. A
 * known number is stored as what it is above the smallest known one, plus 1; an unknown one as 0; all in as
 * few bytes as the largest needs, first the lowest bytes of all, then the next ones. Or what is stored is
 * what each adds to the one before it of the same person, round from the largest to 0.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

enum {
    BLOCK_PART_PEOPLE = 1 << 16, /* of a part */
    BLOCK_BYTES_MAX = 1 << 29,   /* of a block, before it is compressed */
    NUMBERS_HEADER_BYTES = 18,
};

/* The people of a part have rows begin[p] to begin[p+1]-1; the part's first is begin[0]. */
typedef struct PartRows {
    const uint32_t *begin; /* people + 1, ascending */
    size_t people;
} PartRows;

size_t numbers_bytes_max(size_t count);
/* NUMBER_UNKNOWN stands for what is not known. rows: NULL, or those within which differences are stored.
 * Gives the length of what it wrote. */
size_t numbers_put(const int64_t *values, size_t count, const PartRows *rows, uint8_t *out);

/* What a block says of its numbers, before they are taken out of it. */
typedef struct NumbersFrame {
    int64_t base;
    uint64_t largest; /* what differences go round at */
    const uint8_t *planes;
    size_t count;
    uint8_t width;
    bool has_differences;
} NumbersFrame;

/* False when the bytes are not those of a block of count numbers. */
bool numbers_open(Text raw, size_t count, NumbersFrame *frame);
/* The stored codes, 0: unknown. rows: needed where they are differences. The largest of them is given back.
 */
uint64_t numbers_codes(const NumbersFrame *frame, const PartRows *rows, uint64_t *codes);
/* Whether all numbers are from least to most, which base and the largest code tell. */
bool numbers_are_within(const NumbersFrame *frame, uint64_t code_max, int64_t least, int64_t most);

/* ---- compression ---- */

typedef struct BlockPacker BlockPacker;

Result block_packer_open(BlockPacker **packer, Error *error) CHECKED;
/* *packed: a view that lives until the next one. */
Result block_packer_pack(BlockPacker *packer, Text raw, Text *packed, Error *error) CHECKED;
void block_packer_close(BlockPacker **packer);

typedef struct BlockUnpacker BlockUnpacker;

Result block_unpacker_open(BlockUnpacker **unpacker, Error *error) CHECKED;
/* False unless it is one frame of exactly this many bytes. *raw: a view that lives until the next one. */
bool block_unpacker_unpack(BlockUnpacker *unpacker, Text packed, size_t bytes, Text *raw);
void block_unpacker_close(BlockUnpacker **unpacker);
