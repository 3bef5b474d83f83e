#pragma once
/*
 * Private to query: what decompressed blocks hold, as the engine reads it. All of them take any bytes: false
 * says that they are not what the manifest promises.
 */
#include "query/manifest.h"

/* begin: people + 1 of them; begin[0] is set and the rest follows. */
bool blocks_take_rows(Text raw, uint32_t people, uint32_t row_count, uint32_t *begin);
/* numbers: word_count of them, each below word_max. */
bool blocks_take_column_words(Text raw, uint32_t word_count, uint32_t word_max, int32_t *numbers);

typedef struct BlockColumn {
    const ManifestColumn *column;
    PartRows rows;          /* of the part */
    const int32_t *numbers; /* of a text: of the column's words among all */
} BlockColumn;

size_t blocks_value_bytes(const ManifestColumn *column); /* of one value, as the engine reads it */
/* out: the part's values, of that size each. */
bool blocks_take_column(Text raw, const BlockColumn *column, void *out);

/* How many rows each list has: unknown first, then each word; they add up to row_count. ends: word_count + 1.
 */
bool blocks_take_listed(Text raw, uint32_t word_count, uint64_t row_count, uint64_t *ends);
/* pieces: of lists in the block. out: from first to last, or SMALL_UNKNOWN. */
bool blocks_take_listed_days(Text raw, const PartRows *pieces, int32_t first, int32_t last, int32_t *out);
/* out: each below `people`. */
bool blocks_take_listed_people(Text raw, const PartRows *pieces, uint32_t people, uint32_t *out);

/*
 * Copies the words to `to`, where there is room for as many bytes as raw has; they will be read at `at`.
 * before: NULL, or the word before the first, which must be the smaller one. bytes: of all of them.
 */
bool blocks_take_words(Text raw, uint32_t count, const Text *before, char *to, const char *at, Text *words,
                       size_t *bytes);
