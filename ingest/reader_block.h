#pragma once
/*
 * Private to reader_scan.c: which of 64 bytes may end a field, and what bytes a text has, by the widest
 * instructions that this processor has. All variants give the same answers.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum { BLOCK_BYTES = 64 };

typedef enum BlockVariant {
    BLOCK_SCALAR,
    BLOCK_SSE2,
    BLOCK_AVX2,
    BLOCK_AVX512,
    BLOCK_VARIANT_COUNT
} BlockVariant;

typedef struct BlockMethods {
    const char *name; /* "avx2" */
    /* Bit i: byte i is the delimiter, LF or CR. BLOCK_BYTES are read. */
    uint64_t (*ends)(const char *bytes, char delimiter);
    /* Is there a byte above 0x7F, is there a NUL? */
    void (*look)(Text text, bool *has_high, bool *has_nul);
} BlockMethods;

/* NULL: not on this processor, or not compiled in. */
const BlockMethods *block_methods(BlockVariant variant);
/* The widest there is. */
const BlockMethods *block_best(void);
