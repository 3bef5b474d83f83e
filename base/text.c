#include "base/text.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DOUBLE_TEXT_MAX = 400, WORD_BYTES_MAX = 64 };

Text text_from(const char *string)
{
    return string == NULL ? TEXT("") : (Text){.data = string, .length = strlen(string)};
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool text_equal_ignore_case(Text a, Text b)
{
    if (a.length != b.length)
        return false;
    for (size_t i = 0; i < a.length; i++) {
        if (lower(a.data[i]) != lower(b.data[i]))
            return false;
    }
    return true;
}

int text_compare(Text a, Text b)
{
    size_t shared = a.length < b.length ? a.length : b.length;
    int order = shared == 0 ? 0 : memcmp(a.data, b.data, shared);

    if (order != 0)
        return order < 0 ? -1 : 1;
    return (a.length > b.length) - (a.length < b.length);
}

bool text_starts_with(Text text, Text prefix)
{
    return text.length >= prefix.length && text_equal(text_slice(text, 0, prefix.length), prefix);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

Text text_trim(Text text)
{
    size_t from = 0, to = text.length;

    while (from < to && is_blank(text.data[from]))
        from++;
    while (to > from && is_blank(text.data[to - 1]))
        to--;
    return text_slice(text, from, to);
}

Text text_slice(Text text, size_t from, size_t to)
{
    assert(from <= to && to <= text.length);
    if (from == to)
        return TEXT("");
    return (Text){.data = text.data + from, .length = to - from};
}

Text text_next(Text *rest, char separator)
{
    const char *found = rest->length == 0 ? NULL : memchr(rest->data, separator, rest->length);
    Text whole = *rest;

    if (found == NULL) {
        *rest = TEXT("");
        return whole;
    }
    size_t at = (size_t)(found - whole.data);
    *rest = text_slice(whole, at + 1, whole.length);
    return text_slice(whole, 0, at);
}

enum { SAFE_DIGITS = 18 }; /* so many cannot overflow */

bool text_to_int64(Text text, int64_t *value)
{
    bool negative = text.length > 0 && text.data[0] == '-';
    uint64_t limit = negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
    uint64_t magnitude = 0;

    if (text.length == (size_t)negative)
        return false;
    for (size_t i = negative; i < text.length; i++) {
        unsigned digit = (unsigned)(unsigned char)text.data[i] - '0';
        if (digit > 9 || (i >= SAFE_DIGITS && magnitude > (limit - digit) / 10))
            return false;
        magnitude = magnitude * 10 + digit;
    }
    /* Via the complement: -INT64_MIN has no positive. */
    *value = negative && magnitude > 0 ? -(int64_t)(magnitude - 1) - 1 : (int64_t)magnitude;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits before and, when there is a point, behind it. */
static bool is_decimal(Text text)
{
    size_t points = 0;
    size_t i = text.length > 0 && text.data[0] == '-';

    if (i == text.length || !is_digit(text.data[i]) || !is_digit(text.data[text.length - 1]))
        return false;
    for (; i < text.length; i++) {
        if (text.data[i] == '.')
            points++;
        else if (!is_digit(text.data[i]))
            return false;
    }
    return points <= 1;
}

bool text_to_double(Text text, double *value)
{
    char copy[DOUBLE_TEXT_MAX + 1];

    if (text.length > DOUBLE_TEXT_MAX || !is_decimal(text))
        return false;
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    double parsed = strtod(copy, NULL);
    if (parsed - parsed != 0) /* infinite: too large */
        return false;
    *value = parsed;
    return true;
}

char *text_to_string(Arena *arena, Text text)
{
    char *copy = arena_alloc(arena, text.length + 1);

    if (text.length > 0)
        memcpy(copy, text.data, text.length);
    return copy;
}

Text text_copy(Arena *arena, Text text)
{
    return (Text){.data = text_to_string(arena, text), .length = text.length};
}

Text text_format(Arena *arena, const char *format, ...)
{
    assert(format != NULL);
    va_list arguments, again;

    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    assert(length >= 0);
    char *copy = arena_alloc(arena, (size_t)length + 1);
    (void)vsnprintf(copy, (size_t)length + 1, format, again);
    va_end(again);
    return (Text){.data = copy, .length = (size_t)length};
}

typedef struct Utf8Lead {
    unsigned char from, to; /* lead bytes */
    unsigned char second_from,
        second_to; /* what may follow: no overlong form, no surrogate, no more than U+10FFFF */
    unsigned char bytes;
} Utf8Lead;

/* The Unicode Standard 15.0, table 3-7. */
static const Utf8Lead utf8_leads[] = {
    {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3}, {0xE1, 0xEC, 0x80, 0xBF, 3},
    {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
    {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
};

/* Bytes of the well-formed sequence that begins here, 0 when there is none. */
static size_t utf8_sequence(const unsigned char *at, size_t left)
{
    if (at[0] < 0x80)
        return 1;
    for (size_t i = 0; i < sizeof utf8_leads / sizeof *utf8_leads; i++) {
        const Utf8Lead *lead = &utf8_leads[i];
        if (at[0] < lead->from || at[0] > lead->to)
            continue;
        if (left < lead->bytes || at[1] < lead->second_from || at[1] > lead->second_to)
            return 0;
        for (size_t j = 2; j < lead->bytes; j++) {
            if ((at[j] & 0xC0) != 0x80)
                return 0;
        }
        return lead->bytes;
    }
    return 0;
}

size_t text_utf8_length(Text text)
{
    const unsigned char *bytes = (const unsigned char *)text.data;
    size_t at = 0;

    while (at < text.length) {
        uint64_t eight;
        if (text.length - at >= sizeof eight) {
            memcpy(&eight, bytes + at, sizeof eight);
            if ((eight & UINT64_C(0x8080808080808080)) == 0) {
                at += sizeof eight;
                continue;
            }
        }
        size_t length = utf8_sequence(bytes + at, text.length - at);
        if (length == 0)
            return at;
        at += length;
    }
    return at;
}

bool text_is_utf8(Text text)
{
    return text_utf8_length(text) == text.length;
}

bool text_has_control(Text text)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c < ' ' || c == 0x7F)
            return true;
        if (c == 0xC2 && i + 1 < text.length && (unsigned char)text.data[i + 1] < 0xA0)
            return true;
    }
    return false;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Insertions, deletions, changes and swaps of neighbours, each 1 (optimal string alignment). */
static size_t edit_distance(Text a, Text b)
{
    size_t rows[3][WORD_BYTES_MAX + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];

    for (size_t j = 0; j <= b.length; j++)
        before[j] = above[j] = j;
    for (size_t i = 1; i <= a.length; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b.length; j++) {
            bool same = a.data[i - 1] == b.data[j - 1];
            row[j] = least(above[j - 1] + !same, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
        size_t *free_row = before;
        before = above;
        above = row;
        row = free_row;
    }
    return above[b.length];
}

Text text_nearest(Text word, const Text *candidates, size_t count)
{
    size_t distance_min = word.length / 3 > 1 ? word.length / 3 : 1;
    Text nearest = TEXT("");

    if (word.length == 0 || word.length > WORD_BYTES_MAX)
        return nearest;
    for (size_t i = 0; i < count; i++) {
        if (candidates[i].length > WORD_BYTES_MAX)
            continue;
        size_t distance = edit_distance(word, candidates[i]);
        /* The first of equals wins. */
        if (distance < distance_min || (distance == distance_min && nearest.length == 0)) {
            distance_min = distance;
            nearest = candidates[i];
        }
    }
    return nearest;
}
