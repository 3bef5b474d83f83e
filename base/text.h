#pragma once
/*
 * Text is a view of bytes it does not own, not NUL-terminated.
 * TextBuilder is the growable one; it is made with its maximum.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"

typedef struct Text {
    const char *data;
    size_t length;
} Text;

#define TEXT(literal)  ((Text){.data = (literal), .length = sizeof(literal) - 1})
#define TEXT_ARG(text) (int)(text).length, (text).data /* for "%.*s" */

Text text_from(const char *string); /* NULL gives the empty text */
/* By two overlapping halves: no call for up to 16 bytes. */
static inline bool text_equal(Text a, Text b)
{
    size_t length = a.length;
    uint64_t of_a[2] = {0}, of_b[2] = {0};

    if (length != b.length)
        return false;
    if (length > 16)
        return memcmp(a.data, b.data, length) == 0;
    if (length >= 8) {
        memcpy(&of_a[0], a.data, 8);
        memcpy(&of_b[0], b.data, 8);
        memcpy(&of_a[1], a.data + length - 8, 8);
        memcpy(&of_b[1], b.data + length - 8, 8);
    } else if (length >= 4) {
        memcpy(&of_a[0], a.data, 4);
        memcpy(&of_b[0], b.data, 4);
        memcpy(&of_a[1], a.data + length - 4, 4);
        memcpy(&of_b[1], b.data + length - 4, 4);
    } else if (length > 0) {
        return a.data[0] == b.data[0] && a.data[length / 2] == b.data[length / 2] &&
               a.data[length - 1] == b.data[length - 1];
    }
    return of_a[0] == of_b[0] && of_a[1] == of_b[1];
}
bool text_equal_ignore_case(Text a, Text b); /* ASCII letters only */
int text_compare(Text a, Text b);            /* byte order, shorter first: collation C */
bool text_starts_with(Text text, Text prefix);
Text text_trim(Text text); /* spaces and tabs at both ends */
Text text_slice(Text text, size_t from, size_t to);
/* Splits at the first separator: returns what stands before, leaves in *rest what stands behind. */
Text text_next(Text *rest, char separator);
/* Whole text, decimal digits with optional minus: false on overflow, sign alone, spaces or the empty text. */
bool text_to_int64(Text text, int64_t *value);
/* Whole text, digits with optional minus and one point; no exponent, no "nan", no "inf". */
bool text_to_double(Text text, double *value);
Text text_copy(Arena *arena, Text text);       /* NUL-terminated behind its length */
char *text_to_string(Arena *arena, Text text); /* the same as a C string */
/* Formats into the arena. */
Text text_format(Arena *arena, const char *format, ...) PRINTF(2, 3);
bool text_is_utf8(Text text);       /* well-formed, no surrogates, no overlong forms */
size_t text_utf8_length(Text text); /* how many bytes from its beginning on are that */
bool text_has_control(Text text);   /* C0, DEL, or C1 as UTF-8: not to be printed as it stands */
/* Copies to out and returns what is behind it. By two overlapping halves: no call for up to 16 bytes, and the
 * same branch for most of a column. */
static inline char *text_put(char *out, Text text)
{
    const char *from = text.data;
    size_t length = text.length;

    if (length > 16) {
        memcpy(out, from, length);
    } else if (length >= 8) {
        uint64_t halves[2];
        memcpy(&halves[0], from, 8);
        memcpy(&halves[1], from + length - 8, 8);
        memcpy(out, &halves[0], 8);
        memcpy(out + length - 8, &halves[1], 8);
    } else if (length >= 4) {
        uint32_t halves[2];
        memcpy(&halves[0], from, 4);
        memcpy(&halves[1], from + length - 4, 4);
        memcpy(out, &halves[0], 4);
        memcpy(out + length - 4, &halves[1], 4);
    } else if (length > 0) {
        out[0] = from[0];
        out[length / 2] = from[length / 2];
        out[length - 1] = from[length - 1];
    }
    return out + length;
}
/* The nearest candidate by edit distance, or the empty text when none is near (a third of the letters). */
Text text_nearest(Text word, const Text *candidates, size_t count);

typedef struct TextBuilder {
    char *data;
    size_t length, capacity, bytes_max;
} TextBuilder;

TextBuilder text_builder(size_t bytes_max);
/* Aborts past bytes_max: bound what you add. */
void text_add(TextBuilder *builder, Text text);
void text_add_string(TextBuilder *builder, const char *string);
void text_add_char(TextBuilder *builder, char c);
void text_add_format(TextBuilder *builder, const char *format, ...) PRINTF(2, 3);
Text text_built(const TextBuilder *builder); /* a view; data[length] is NUL */
void text_builder_close(
    TextBuilder *builder); /* usable as SCOPED(text_builder_close) on a TextBuilder; wipes */
