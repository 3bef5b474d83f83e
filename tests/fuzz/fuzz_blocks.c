/*
 * Blocks of any bytes, as if their hashes were right: what is taken from them lies within what the manifest
 * promises, and nothing outside is touched. The first byte says what the rest is taken for.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "query/dataset_blocks.h"

enum { PEOPLE = 5, ROWS = 11, WORDS = 7, ALL_WORDS = 9, ARENA_BYTES_MAX = 1 << 28 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint32_t BEGIN[PEOPLE + 1] = {40, 43, 43, 44, 51, 51};

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* What was taken for a manifest and is written again is the same bytes. */
static void take_manifest(Text bytes)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES_MAX);
    SCOPED(text_builder_close) TextBuilder again = text_builder(MANIFEST_BYTES_MAX);
    Manifest manifest;

    if (!manifest_take(bytes, arena, &manifest))
        return;
    manifest_put(&manifest, &again);
    check(text_equal(text_built(&again), bytes));
    for (size_t b = 0; b < manifest.block_count; b++)
        check(manifest_block(&manifest, &manifest.blocks[b].place) == &manifest.blocks[b]);
}

static void take_rows(Text bytes)
{
    uint32_t begin[PEOPLE + 1] = {40};

    if (!blocks_take_rows(bytes, PEOPLE, ROWS, begin))
        return;
    for (size_t p = 0; p < PEOPLE; p++)
        check(begin[p] <= begin[p + 1]);
    check(begin[PEOPLE] == 40 + ROWS);
}

static void take_column_words(Text bytes)
{
    int32_t numbers[WORDS];

    if (blocks_take_column_words(bytes, WORDS, ALL_WORDS, numbers))
        for (size_t i = 0; i < WORDS; i++)
            check(numbers[i] >= 0 && numbers[i] < ALL_WORDS);
}

static bool fits(const ManifestColumn *column, const void *out, size_t i)
{
    int64_t number;

    if (column->type == TYPE_DECIMAL)
        return isnan(((const double *)out)[i]) || fabs(((const double *)out)[i]) <= 0x1p53;
    if (column->is_wide)
        return true;
    number = ((const int32_t *)out)[i];
    if (number == SMALL_UNKNOWN || column->type == TYPE_NUMBER)
        return true;
    if (column->type == TYPE_DATE)
        return number < INT32_MAX;
    return number >= 0 && number < (column->type == TYPE_BOOL ? 2 : ALL_WORDS);
}

static void take_column(Text bytes, QueryType type, bool is_wide)
{
    static const int32_t numbers[WORDS] = {8, 0, 1, 2, 3, 4, 5};
    const ManifestColumn described = {
        .type = type, .is_wide = is_wide, .word_count = type == TYPE_TEXT ? WORDS : 0};
    const BlockColumn column = {
        .column = &described, .rows = {.begin = BEGIN, .people = PEOPLE}, .numbers = numbers};
    double out[ROWS];

    if (blocks_take_column(bytes, &column, out))
        for (size_t i = 0; i < ROWS; i++)
            check(fits(&described, out, i));
}

/* Pieces of lists of the same rows. */
static void take_listed(Text bytes, char kind)
{
    static const uint32_t begin[] = {0, 3, 4, 11};
    const PartRows pieces = {.begin = begin, .people = 3};
    uint64_t ends[WORDS + 1] = {0};
    int32_t days[ROWS];
    uint32_t people[ROWS];

    if (kind == 'l' && blocks_take_listed(bytes, WORDS, ROWS, ends)) {
        for (size_t i = 0; i < WORDS; i++)
            check(ends[i] <= ends[i + 1]);
        check(ends[WORDS] == ROWS);
    }
    if (kind == 'd' && blocks_take_listed_days(bytes, &pieces, 100, 200, days))
        for (size_t i = 0; i < ROWS; i++)
            check(days[i] == SMALL_UNKNOWN || (days[i] >= 100 && days[i] <= 200));
    if (kind == 'p' && blocks_take_listed_people(bytes, &pieces, PEOPLE, people))
        for (size_t i = 0; i < ROWS; i++)
            check(people[i] < PEOPLE);
}

static void take_words(Text bytes)
{
    Text words[WORDS], before = TEXT("a");
    size_t length;
    char *to = memory_alloc(bytes.length + 1);

    if (blocks_take_words(bytes, WORDS, &before, to, to, words, &length))
        for (size_t i = 0; i < WORDS; i++) {
            check(text_compare(i == 0 ? before : words[i - 1], words[i]) < 0);
            check(words[i].data + words[i].length <= to + length);
        }
    memory_free(to);
}

static void unpack(Text bytes)
{
    Error error = {0};
    SCOPED(block_unpacker_close) BlockUnpacker *unpacker = NULL;
    Text raw;

    check(block_unpacker_open(&unpacker, &error).ok);
    if (block_unpacker_unpack(unpacker, bytes, 1000, &raw))
        check(raw.length == 1000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    Text bytes = {.data = (const char *)data + 1, .length = size - 1};
    switch (data[0]) {
    case 'm':
        take_manifest(bytes);
        break;
    case 'r':
        take_rows(bytes);
        break;
    case 'c':
        take_column_words(bytes);
        break;
    case 'w':
        take_words(bytes);
        break;
    case 'l':
    case 'd':
    case 'p':
        take_listed(bytes, (char)data[0]);
        break;
    case 'z':
        unpack(bytes);
        break;
    case 'W':
        take_column(bytes, TYPE_NUMBER, true);
        break;
    default:
        take_column(bytes, (QueryType)(data[0] % (TYPE_DECIMAL + 1)), false);
    }
    return 0;
}
