#include "query/block.h"

#include <criterion/criterion.h>
#include <inttypes.h>

#include "query/dataset_blocks.h"
#include "tests/query/chance.h"

enum { VALUES_MAX = 64 };

static size_t put(const int64_t *values, size_t count, const PartRows *rows, uint8_t *out)
{
    return numbers_put(values, count, rows, out);
}

static Text raw_of(const uint8_t *bytes, size_t length)
{
    return (Text){.data = (const char *)bytes, .length = length};
}

Test(block, a_number_is_what_it_is_above_the_smallest_plus_one)
{
    const int64_t values[] = {-3, NUMBER_UNKNOWN, 297, -3};
    uint8_t out[NUMBERS_HEADER_BYTES + 64];

    size_t length = put(values, 4, NULL, out);

    const uint8_t expected[] = {2,    0, /* bytes, flags */
                                0xFD, 0xFF, 0xFF, 0xFF, 0xFF,
                                0xFF, 0xFF, 0xFF, /* -3 */
                                45,   1,    0,    0,    0,
                                0,    0,    0, /* the largest: 301 */
                                1,    0,    45,   1,    /* 1, unknown, 301 = 1 * 256 + 45, 1 */ 0,
                                0,    1,    0};
    cr_assert_eq(length, sizeof expected);
    cr_expect_arr_eq(out, expected, sizeof expected);
}

Test(block, equal_numbers_and_unknown_ones_take_a_byte_or_none)
{
    const int64_t unknown[] = {NUMBER_UNKNOWN, NUMBER_UNKNOWN}, equal[] = {INT64_MAX, INT64_MAX};
    uint8_t out[NUMBERS_HEADER_BYTES + 64];

    cr_expect_eq(put(unknown, 2, NULL, out), NUMBERS_HEADER_BYTES);
    cr_expect_eq(put(equal, 2, NULL, out), NUMBERS_HEADER_BYTES + 2);
    cr_expect_eq(put(NULL, 0, NULL, out), NUMBERS_HEADER_BYTES);
}

Test(block, a_difference_is_what_a_number_adds_to_the_persons_one_before)
{
    const int64_t values[] = {NUMBER_UNKNOWN, 1007, 1000, 1000};
    const uint32_t begin[] = {0, 3, 3, 4};
    const PartRows rows = {.begin = begin, .people = 3};
    uint8_t out[NUMBERS_HEADER_BYTES + 64];

    size_t length = put(values, 4, &rows, out);

    cr_assert_eq(length, NUMBERS_HEADER_BYTES + 4);
    const uint8_t expected[] = {0, 8, 2, 1}; /* unknown, 8, 1 = 8 + 2 - 9, 1 */
    cr_expect_arr_eq(out + NUMBERS_HEADER_BYTES, expected, 4);
}

/* ---- there and back ---- */

static int64_t extreme(void)
{
    static const int64_t values[] = {NUMBER_UNKNOWN, INT64_MIN + 1, INT64_MAX, -1, 0, 1, INT32_MIN, 255, 256};

    return values[chance(sizeof values / sizeof *values)];
}

static void expect_back(const int64_t *values, size_t count, const PartRows *rows, bool has_differences)
{
    const ManifestColumn described = {.type = TYPE_NUMBER, .is_wide = true};
    uint8_t out[NUMBERS_HEADER_BYTES + 8 * VALUES_MAX];
    int64_t back[VALUES_MAX];

    size_t length = put(values, count, has_differences ? rows : NULL, out);
    const BlockColumn column = {.column = &described, .rows = *rows};

    cr_assert(blocks_take_column(raw_of(out, length), &column, back));
    for (size_t i = 0; i < count; i++)
        cr_assert_eq(back[i], values[i], "place %zu: %" PRId64 " is %" PRId64, i, values[i], back[i]);
}

Test(block, numbers_come_back_as_they_were)
{
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        int64_t values[VALUES_MAX];
        uint32_t begin[5] = {0};
        chance_state = seed;
        for (int p = 0; p < 4; p++) {
            begin[p + 1] = begin[p] + (uint32_t)chance(VALUES_MAX / 4 + 1);
            for (uint32_t i = begin[p]; i < begin[p + 1]; i++)
                values[i] = seed % 2 == 0 ? extreme() : (int64_t)chance(70000) - 100;
        }
        const PartRows rows = {.begin = begin, .people = 4};
        expect_back(values, begin[4], &rows, false);
        expect_back(values, begin[4], &rows, true);
    }
}

/* ---- what does not fit ---- */

static bool is_taken(const int64_t *values, size_t count, QueryType type, uint32_t word_count)
{
    static const int32_t numbers[] = {5, 6, 7};
    const ManifestColumn described = {.type = type, .word_count = word_count};
    const uint32_t begin[] = {0, (uint32_t)count};
    const BlockColumn column = {
        .column = &described, .rows = {.begin = begin, .people = 1}, .numbers = numbers};
    uint8_t out[NUMBERS_HEADER_BYTES + 8 * VALUES_MAX];
    double taken[VALUES_MAX];

    return blocks_take_column(raw_of(out, put(values, count, NULL, out)), &column, taken);
}

/* Switch: codes_are_within in query/dataset_blocks.c, here and in the next. */
Test(block, numbers_outside_their_column_are_not_taken)
{
    cr_expect(is_taken((int64_t[]){0, 1}, 2, TYPE_BOOL, 0));
    cr_expect_not(is_taken((int64_t[]){0, 2}, 2, TYPE_BOOL, 0));
    cr_expect_not(is_taken((int64_t[]){-1, 1}, 2, TYPE_BOOL, 0));
    cr_expect(is_taken((int64_t[]){INT32_MAX}, 1, TYPE_NUMBER, 0));
    cr_expect_not(is_taken((int64_t[]){INT64_C(1) << 31}, 1, TYPE_NUMBER, 0));
    cr_expect_not(is_taken((int64_t[]){INT32_MIN}, 1, TYPE_NUMBER, 0), "stands for unknown");
    cr_expect_not(is_taken((int64_t[]){INT32_MAX}, 1, TYPE_DATE, 0));
    cr_expect_not(is_taken((int64_t[]){(INT64_C(1) << 53) + 1}, 1, TYPE_DECIMAL, 0));
    cr_expect(is_taken((int64_t[]){NUMBER_UNKNOWN}, 1, TYPE_TEXT, 0));
}

Test(block, words_outside_the_columns_are_not_taken)
{
    cr_expect(is_taken((int64_t[]){0, 2}, 2, TYPE_TEXT, 3));
    cr_expect_not(is_taken((int64_t[]){0, 3}, 2, TYPE_TEXT, 3));
    cr_expect_not(is_taken((int64_t[]){0}, 1, TYPE_TEXT, 0));
}

Test(block, rows_that_do_not_add_up_are_not_taken)
{
    const int64_t counts[] = {2, 0, 3};
    uint8_t out[NUMBERS_HEADER_BYTES + 64];
    uint32_t begin[4] = {7};
    Text raw = raw_of(out, put(counts, 3, NULL, out));

    cr_expect(blocks_take_rows(raw, 3, 5, begin));
    cr_expect_eq(begin[3], 12);
    cr_expect_not(blocks_take_rows(raw, 3, 4, begin));
    cr_expect_not(blocks_take_rows(raw, 3, 6, begin));
    cr_expect_not(blocks_take_rows(raw, 2, 5, begin), "another number of people");
}

Test(block, lists_that_do_not_add_up_are_not_taken)
{
    const int64_t counts[] = {0, 2, 3};
    uint8_t out[NUMBERS_HEADER_BYTES + 64];
    uint64_t ends[3];
    Text raw = raw_of(out, put(counts, 3, NULL, out));

    cr_expect(blocks_take_listed(raw, 2, 5, ends));
    cr_expect_eq(ends[1], 2);
    cr_expect_eq(ends[2], 5);
    cr_expect_not(blocks_take_listed(raw, 2, 6, ends));
    cr_expect_not(blocks_take_listed(raw, 1, 5, ends), "another number of words");
}

/* A person that is not would be a place behind the answer's. Switch: codes_are_within and unknown in
 * blocks_take_listed_people. */
Test(block, people_and_days_outside_the_release_are_not_taken)
{
    const int64_t people[] = {0, 4}, unknown[] = {0, NUMBER_UNKNOWN}, days[] = {NUMBER_UNKNOWN, 100, 90};
    const uint32_t begin[] = {0, 2, 3};
    const PartRows pieces = {.begin = begin, .people = 2}, one = {.begin = begin, .people = 1};
    uint8_t out[NUMBERS_HEADER_BYTES + 64];
    uint32_t taken[2];
    int32_t taken_days[3];

    cr_expect(blocks_take_listed_people(raw_of(out, put(people, 2, NULL, out)), &one, 5, taken));
    cr_expect_not(blocks_take_listed_people(raw_of(out, put(people, 2, &one, out)), &one, 4, taken));
    cr_expect_not(blocks_take_listed_people(raw_of(out, put(unknown, 2, NULL, out)), &one, 5, taken));
    cr_expect(blocks_take_listed_days(raw_of(out, put(days, 3, &pieces, out)), &pieces, 90, 100, taken_days));
    cr_expect_eq(taken_days[0], SMALL_UNKNOWN);
    cr_expect_eq(taken_days[1], 100);
    cr_expect_not(
        blocks_take_listed_days(raw_of(out, put(days, 3, &pieces, out)), &pieces, 91, 100, taken_days));
}

Test(block, words_that_do_not_ascend_are_not_taken)
{
    const int64_t lengths[] = {1, 0};
    uint8_t out[NUMBERS_HEADER_BYTES + 64];
    char to[64];
    Text words[2];
    size_t bytes, length = put(lengths, 2, NULL, out);
    out[length] = 'b';

    cr_expect_not(blocks_take_words(raw_of(out, length + 1), 2, NULL, to, to, words, &bytes));
    cr_expect_not(blocks_take_words(raw_of(out, length), 2, NULL, to, to, words, &bytes), "too short");
}

Test(block, decimals_are_the_nearest_to_their_hundredths)
{
    const int64_t values[] = {-107, 1, NUMBER_UNKNOWN, INT64_C(99999999999999)};
    const ManifestColumn described = {.type = TYPE_DECIMAL};
    const uint32_t begin[] = {0, 4};
    const BlockColumn column = {.column = &described, .rows = {.begin = begin, .people = 1}};
    uint8_t out[NUMBERS_HEADER_BYTES + 64];
    double taken[4];

    cr_assert(blocks_take_column(raw_of(out, put(values, 4, NULL, out)), &column, taken));

    cr_expect(taken[0] == -1.07 && taken[1] == 0.01 && taken[3] == 999999999999.99);
    cr_expect(taken[2] != taken[2], "unknown is not a number");
}

/* ---- compression ---- */

/* Switch: the sizes in block_unpacker_unpack. */
Test(block, a_block_of_another_length_is_not_unpacked)
{
    Error error = {0};
    SCOPED(block_packer_close) BlockPacker *packer = NULL;
    SCOPED(block_unpacker_close) BlockUnpacker *unpacker = NULL;
    char packed_copy[256], plain[1000] = "a";
    Text packed, raw;
    cr_assert(block_packer_open(&packer, &error).ok && block_unpacker_open(&unpacker, &error).ok);
    cr_assert(block_packer_pack(packer, (Text){.data = plain, .length = sizeof plain}, &packed, &error).ok);
    cr_assert_lt(packed.length, sizeof packed_copy);
    memcpy(packed_copy, packed.data, packed.length);
    packed.data = packed_copy;

    cr_expect(block_unpacker_unpack(unpacker, packed, 1000, &raw));
    cr_expect_not(block_unpacker_unpack(unpacker, packed, 999, &raw));
    cr_expect_not(block_unpacker_unpack(unpacker, packed, 1001, &raw));
    cr_expect_not(block_unpacker_unpack(unpacker, text_slice(packed, 0, packed.length - 1), 1000, &raw));
    packed.length++;
    cr_expect_not(block_unpacker_unpack(unpacker, packed, 1000, &raw), "more behind it");
}

/* ---- the manifest ---- */

static void make_manifest(TextBuilder *out)
{
    ManifestColumn columns[] = {{.name = TEXT("day"), .type = TYPE_DATE},
                                {.name = TEXT("code"), .type = TYPE_TEXT, .word_count = 3}};
    uint32_t rows[] = {5, 6, 0}, people[] = {2, 2, 1};
    ManifestSource sources[] = {{.name = TEXT("person"), .part_rows = people},
                                {.name = TEXT("event"),
                                 .columns = columns,
                                 .column_count = 2,
                                 .part_rows = rows,
                                 .is_listed = true,
                                 .code = 1,
                                 .day = 0,
                                 .first_day = -5,
                                 .last_day = 9000}};
    ManifestBlock blocks[] = {{.place = {BLOCK_COLUMN, 1, 1, 0}, .packed_bytes = 10, .bytes = 20},
                              {.place = {BLOCK_ROWS, 1, 0, 2}, .packed_bytes = 11, .bytes = 21}};
    Manifest manifest = {.people = 5,
                         .part_people = 2,
                         .word_count = 3,
                         .sources = sources,
                         .source_count = 2,
                         .blocks = blocks,
                         .block_count = 2};

    manifest_sort(&manifest);
    manifest_put(&manifest, out);
}

Test(block, a_manifest_comes_back_as_it_was)
{
    SCOPED(text_builder_close) TextBuilder bytes = text_builder(1 << 16);
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    Manifest manifest;
    make_manifest(&bytes);

    cr_assert(manifest_take(text_built(&bytes), arena, &manifest));

    cr_expect_eq(manifest_part_count(&manifest), 3);
    cr_expect_eq(manifest_part_people(&manifest, 2), 1);
    cr_expect(text_equal(manifest.sources[1].columns[1].name, TEXT("code")));
    cr_expect_eq(manifest.sources[1].part_rows[1], 6);
    cr_expect(manifest.sources[1].is_listed && !manifest.sources[0].is_listed);
    cr_expect_eq(manifest.sources[1].code, 1);
    cr_expect_eq(manifest.sources[1].first_day, -5);
    const BlockPlace place = {BLOCK_ROWS, 1, 0, 2}, none = {BLOCK_ROWS, 1, 0, 1};
    cr_assert_not_null(manifest_block(&manifest, &place));
    cr_expect_eq(manifest_block(&manifest, &place)->bytes, 21);
    cr_expect_null(manifest_block(&manifest, &none));
}

Test(block, a_manifest_cut_anywhere_or_longer_is_not_taken)
{
    SCOPED(text_builder_close) TextBuilder bytes = text_builder(1 << 16);
    Manifest manifest;
    make_manifest(&bytes);

    for (size_t length = 0; length < bytes.length; length++) {
        SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
        cr_assert_not(manifest_take(text_slice(text_built(&bytes), 0, length), arena, &manifest),
                      "%zu of %zu", length, bytes.length);
    }
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    text_add_char(&bytes, 'x');
    cr_expect_not(manifest_take(text_built(&bytes), arena, &manifest));
}
