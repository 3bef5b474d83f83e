/* Levels are those of a loop that counts single bits and knows likeness from its definition
 * (docs/linkage.md), on every path and for filters of every size. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "linkage/fields.h"
#include "tests/support/draw.h"

enum { RECORDS = 60, PAIRS = 4000, VIEW_BYTES = SET_FIELDS_MAX * 64 };

typedef struct Sheet {
    LinkageSet set;
    SetRecord records[RECORDS];
    uint8_t views[RECORDS][VIEW_BYTES];
} Sheet;

/* Copies of one of three values with some bits changed, so that all levels come; every fifth is absent. */
static void fill_record(Sheet *sheet, size_t r)
{
    SetRecord *record = &sheet->records[r];
    uint8_t *at = sheet->views[r];

    record->classes = (uint32_t)draw();
    for (size_t f = 0; f < sheet->set.field_count; f++) {
        size_t bytes = sheet->set.filter_bytes[f];
        uint64_t value = draw() % 3;
        if (draw() % 5 == 0)
            continue;
        record->fields |= (uint16_t)(1U << f);
        for (size_t i = 0; i < bytes; i++)
            at[i] = (uint8_t)((value * 77 + f * 31 + i * 29) * UINT64_C(0x9E3779B1) >> 13);
        for (uint64_t flips = draw() % 4 * bytes / 2; flips > 0; flips--) {
            uint64_t bit = draw() % (bytes * 8);
            at[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
        at += bytes;
    }
}

static Sheet *sheet_make(const uint8_t *sizes, size_t fields, bool by_blocks)
{
    Sheet *sheet = calloc(1, sizeof *sheet);

    sheet->set.field_count = fields;
    sheet->set.by_blocks = by_blocks;
    for (size_t f = 0; f < fields; f++) {
        sheet->set.filter_bytes[f] = sizes[f] & 0x7F;
        sheet->set.is_exact[f] = (sizes[f] & 0x80) != 0;
    }
    for (size_t r = 0; r < RECORDS; r++)
        fill_record(sheet, r);
    return sheet;
}

static const uint8_t *filter_of(const Sheet *sheet, size_t record, size_t field)
{
    return set_filter(&sheet->set, &sheet->records[record], sheet->views[record], field);
}

static unsigned naive_class(const Sheet *sheet, size_t a, size_t b, size_t field)
{
    unsigned in_a = sheet->records[a].classes >> 2 * field & 3,
             in_b = sheet->records[b].classes >> 2 * field & 3;

    if (!sheet->set.by_blocks)
        return 2;
    if (in_a == 0 || in_b == 0)
        return in_a == in_b ? 1 : in_a + in_b - 1;
    return (in_a < in_b ? in_a : in_b) - 1;
}

/* Dice above what two filters of these weights share by chance: unlike, four steps, equal. */
static unsigned naive_level(const Sheet *sheet, size_t a, size_t b, size_t field)
{
    static const float from[] = {0.30F, 0.50F, 0.68F, 0.84F};
    const uint8_t *x = filter_of(sheet, a, field), *y = filter_of(sheet, b, field);
    size_t bytes = sheet->set.filter_bytes[field];
    float ones_x = 0, ones_y = 0, both = 0, bits = (float)bytes * 8;
    unsigned level = 0;

    if ((sheet->records[a].fields & sheet->records[b].fields & 1U << field) == 0)
        return LINKAGE_LEVEL_ABSENT;
    if (memcmp(x, y, bytes) == 0)
        return LEVEL_EQUAL + naive_class(sheet, a, b, field);
    for (size_t bit = 0; bit < bytes * 8; bit++) {
        unsigned in_x = x[bit / 8] >> bit % 8 & 1, in_y = y[bit / 8] >> bit % 8 & 1;
        ones_x += (float)in_x;
        ones_y += (float)in_y;
        both += (float)(in_x & in_y);
    }
    float above = both * bits - ones_x * ones_y, most = (ones_x + ones_y) * bits / 2 - ones_x * ones_y;
    while (!sheet->set.is_exact[field] && most > 0 && level < 4 && above >= from[level] * most)
        level++;
    return level;
}

static void expect_levels(const Sheet *sheet, FieldsPath path, unsigned seen[16])
{
    SCOPED(fields_rows_close) FieldsRows *rows = fields_rows_create(&sheet->set);
    static FieldsPair pairs[PAIRS];
    static uint64_t levels[PAIRS];

    fields_rows_start(rows, RECORDS);
    for (size_t r = 0; r < RECORDS; r++)
        fields_rows_lay(rows, r, &sheet->records[r], sheet->views[r]);
    for (size_t i = 0; i < PAIRS; i++)
        pairs[i] = (FieldsPair){(uint32_t)(draw() % RECORDS), (uint32_t)(draw() % RECORDS)};
    if (!fields_compare_by(path, rows, pairs, PAIRS, levels))
        return;
    for (size_t i = 0; i < PAIRS; i++) {
        cr_assert_eq(levels[i] >> 4 * sheet->set.field_count, 0U);
        for (size_t f = 0; f < sheet->set.field_count; f++) {
            unsigned expected = naive_level(sheet, pairs[i].left, pairs[i].right, f);
            cr_assert_eq(fields_level(levels[i], f), expected, "path %d, field %zu", (int)path, f);
            seen[expected]++;
        }
    }
}

enum { EXACT = 0x80 };

Test(fields, levels_are_those_of_the_definition_on_every_path)
{
    const struct {
        uint8_t sizes[SET_FIELDS_MAX];
        size_t fields;
    } cases[] = {
        {{16, 16, 16, 4 | EXACT, 16, 16}, 6}, {{16}, 1},
        {{16, 8, 16, 4, 16, 12, 16, 16}, 8},  {{16, 16, 16, 16, 16, 16, 16, 16, 4 | EXACT, 16, 8, 16}, 12},
        {{32, 32, 4 | EXACT, 32, 32}, 5},     {{60, 16, 8, 60, 16, 16, 16, 16, 20}, 9},
    };
    unsigned seen[16] = {0};

    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        for (int by_blocks = 0; by_blocks < 2; by_blocks++) {
            Sheet *sheet = sheet_make(cases[c].sizes, cases[c].fields, by_blocks != 0);
            for (FieldsPath path = 0; path < FIELDS_PATH_COUNT; path++)
                expect_levels(sheet, path, seen);
            free(sheet);
        }
    }
    for (unsigned level = 0; level < LINKAGE_LEVELS; level++)
        cr_expect_gt(seen[level], 0U, "level %u never came", level);
    cr_expect_gt(seen[LINKAGE_LEVEL_ABSENT], 0U);
}

Test(fields, wide_filters_are_not_for_the_path_of_slim_ones)
{
    Sheet *sheet = sheet_make((const uint8_t[]){32}, 1, false);
    SCOPED(fields_rows_close) FieldsRows *rows = fields_rows_create(&sheet->set);
    uint64_t levels;

    cr_expect_not(fields_compare_by(FIELDS_AVX2, rows, &(FieldsPair){0, 0}, 0, &levels));
    cr_expect(fields_compare_by(FIELDS_PORTABLE, rows, &(FieldsPair){0, 0}, 0, &levels));
    free(sheet);
}

/* Two filters without a one are equal: the value is there, a fold may have cleared it. */
Test(fields, empty_filters_are_equal_and_not_absent)
{
    Sheet *sheet = sheet_make((const uint8_t[]){16, 16}, 2, false);
    SCOPED(fields_rows_close) FieldsRows *rows = fields_rows_create(&sheet->set);
    const SetRecord present = {.fields = 3}, half = {.fields = 1};
    const uint8_t view[32] = {0};

    fields_rows_start(rows, 2);
    fields_rows_lay(rows, 0, &present, view);
    fields_rows_lay(rows, 1, &half, view);
    for (FieldsPath path = 0; path < FIELDS_PATH_COUNT; path++) {
        uint64_t levels = 0xF7;
        (void)fields_compare_by(path, rows, &(FieldsPair){0, 1}, 1, &levels);
        cr_expect_eq(levels, 0xF7U, "path %d", (int)path);
    }
    free(sheet);
}
