#include "query/dataset_blocks.h"

#include <math.h>
#include <string.h>

/* Whole numbers up to here are exact as decimals. */
static const int64_t DECIMAL_MAX = INT64_C(1) << 53;

typedef struct Codes {
    uint64_t *codes;
    NumbersFrame frame;
    uint64_t largest;
} Codes;

static void codes_close(Codes *codes)
{
    memory_free(codes->codes);
}

static bool codes_read(Text raw, size_t count, const PartRows *rows, Codes *codes)
{
    if (!numbers_open(raw, count, &codes->frame) || (rows == NULL && codes->frame.has_differences))
        return false;
    codes->codes = memory_alloc((count + 1) * sizeof *codes->codes);
    codes->largest = numbers_codes(&codes->frame, rows, codes->codes);
    return true;
}

static bool codes_are_within(const Codes *codes, int64_t least, int64_t most)
{
    return numbers_are_within(&codes->frame, codes->largest, least, most);
}

/* Of a code above 0. */
static int64_t number_at(const Codes *codes, size_t i)
{
    return (int64_t)((uint64_t)codes->frame.base + codes->codes[i] - 1);
}

bool blocks_take_rows(Text raw, uint32_t people, uint32_t row_count, uint32_t *begin)
{
    SCOPED(codes_close) Codes codes = {0};
    uint64_t sum = 0;

    if (!codes_read(raw, people, NULL, &codes) || !codes_are_within(&codes, 0, row_count))
        return false;
    for (uint32_t p = 0; p < people; p++) {
        if (codes.codes[p] == 0)
            return false;
        sum += (uint64_t)number_at(&codes, p);
        if (sum > row_count)
            return false;
        begin[p + 1] = begin[0] + (uint32_t)sum;
    }
    return sum == row_count;
}

bool blocks_take_column_words(Text raw, uint32_t word_count, uint32_t word_max, int32_t *numbers)
{
    SCOPED(codes_close) Codes codes = {0};

    if (!codes_read(raw, word_count, NULL, &codes) || !codes_are_within(&codes, 0, (int64_t)word_max - 1))
        return false;
    for (uint32_t i = 0; i < word_count; i++) {
        if (codes.codes[i] == 0)
            return false;
        numbers[i] = (int32_t)number_at(&codes, i);
    }
    return true;
}

/* ---- columns ---- */

size_t blocks_value_bytes(const ManifestColumn *column)
{
    return column->is_wide || column->type == TYPE_DECIMAL ? 8 : 4;
}

static bool take_narrow(const Codes *codes, int64_t least, int64_t most, int32_t *out)
{
    if (!codes_are_within(codes, least, most))
        return false;
    for (size_t i = 0; i < codes->frame.count; i++)
        out[i] = codes->codes[i] == 0 ? SMALL_UNKNOWN : (int32_t)number_at(codes, i);
    return true;
}

static bool take_wide(const Codes *codes, int64_t *out)
{
    if (!codes_are_within(codes, INT64_MIN + 1, INT64_MAX))
        return false;
    for (size_t i = 0; i < codes->frame.count; i++)
        out[i] = codes->codes[i] == 0 ? NUMBER_UNKNOWN : number_at(codes, i);
    return true;
}

/* One division of two exact numbers: the nearest there is to the decimal. */
static bool take_decimals(const Codes *codes, double *out)
{
    if (!codes_are_within(codes, -DECIMAL_MAX, DECIMAL_MAX))
        return false;
    for (size_t i = 0; i < codes->frame.count; i++)
        out[i] = codes->codes[i] == 0 ? NAN : (double)number_at(codes, i) / 100;
    return true;
}

static bool take_texts(const Codes *codes, const BlockColumn *column, int32_t *out)
{
    if (!codes_are_within(codes, 0, (int64_t)column->column->word_count - 1))
        return false;
    for (size_t i = 0; i < codes->frame.count; i++)
        out[i] = codes->codes[i] == 0 ? SMALL_UNKNOWN : column->numbers[number_at(codes, i)];
    return true;
}

bool blocks_take_column(Text raw, const BlockColumn *column, void *out)
{
    SCOPED(codes_close) Codes codes = {0};
    const PartRows *rows = &column->rows;

    if (!codes_read(raw, rows->begin[rows->people] - rows->begin[0], rows, &codes))
        return false;
    switch (column->column->type) {
    case TYPE_BOOL:
        return take_narrow(&codes, 0, 1, out);
    case TYPE_DATE:
        return take_narrow(&codes, INT32_MIN + 1, INT32_MAX - 1, out);
    case TYPE_NUMBER:
        return column->column->is_wide ? take_wide(&codes, out)
                                       : take_narrow(&codes, INT32_MIN + 1, INT32_MAX, out);
    case TYPE_TEXT:
        return take_texts(&codes, column, out);
    case TYPE_DECIMAL:
        return take_decimals(&codes, out);
    }
    return false;
}

/* ---- lists ---- */

bool blocks_take_listed(Text raw, uint32_t word_count, uint64_t row_count, uint64_t *ends)
{
    SCOPED(codes_close) Codes codes = {0};
    uint64_t sum = 0;

    if (!codes_read(raw, (size_t)word_count + 1, NULL, &codes) || !codes_are_within(&codes, 0, UINT32_MAX))
        return false;
    for (size_t i = 0; i <= word_count; i++) {
        if (codes.codes[i] == 0)
            return false;
        ends[i] = sum += (uint64_t)number_at(&codes, i);
    }
    return sum == row_count;
}

bool blocks_take_listed_days(Text raw, const PartRows *pieces, int32_t first, int32_t last, int32_t *out)
{
    SCOPED(codes_close) Codes codes = {0};

    return codes_read(raw, pieces->begin[pieces->people], pieces, &codes) && first != SMALL_UNKNOWN &&
           take_narrow(&codes, first, last, out);
}

bool blocks_take_listed_people(Text raw, const PartRows *pieces, uint32_t people, uint32_t *out)
{
    SCOPED(codes_close) Codes codes = {0};
    size_t count = pieces->begin[pieces->people];

    if (!codes_read(raw, count, pieces, &codes) || !codes_are_within(&codes, 0, (int64_t)people - 1))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (codes.codes[i] == 0)
            return false;
        out[i] = (uint32_t)number_at(&codes, i);
    }
    return true;
}

/* ---- words ---- */

/* The lengths are a block of numbers in front; its width says how long it is. */
static bool split_words(Text raw, uint32_t count, Codes *lengths, Text *bytes)
{
    if (raw.length < NUMBERS_HEADER_BYTES || (unsigned char)raw.data[0] > 8)
        return false;
    size_t length = NUMBERS_HEADER_BYTES + (size_t)(unsigned char)raw.data[0] * count;
    if (length > raw.length || !codes_read(text_slice(raw, 0, length), count, NULL, lengths) ||
        !codes_are_within(lengths, 0, BLOCK_BYTES_MAX))
        return false;
    *bytes = text_slice(raw, length, raw.length);
    return true;
}

static bool lengths_fit(const Codes *lengths, Text bytes)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < lengths->frame.count; i++) {
        if (lengths->codes[i] == 0)
            return false;
        sum += (uint64_t)number_at(lengths, i);
    }
    return sum == bytes.length;
}

bool blocks_take_words(Text raw, uint32_t count, const Text *before, char *to, const char *at, Text *words,
                       size_t *bytes)
{
    SCOPED(codes_close) Codes lengths = {0};
    Text last = before != NULL ? *before : (Text){0}, rest;

    if (!split_words(raw, count, &lengths, &rest) || !lengths_fit(&lengths, rest))
        return false;
    *bytes = rest.length;
    memcpy(to, rest.data, rest.length);
    for (uint32_t i = 0; i < count; i++) {
        size_t length = (size_t)number_at(&lengths, i);
        Text word = text_slice(rest, 0, length);
        if ((i > 0 || before != NULL) && text_compare(last, word) >= 0)
            return false;
        words[i] = (Text){.data = at, .length = length};
        at += length;
        rest = text_slice(rest, length, rest.length);
        last = word;
    }
    return true;
}
