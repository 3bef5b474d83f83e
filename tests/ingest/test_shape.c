/* Shapes are matched eight places at a time; here they are read one place at a time, from the pattern itself.
 */
#include <string.h>

#include <criterion/criterion.h>

#include "ingest/shape.h"
#include "tests/support/draw.h"

enum { PATTERN_BYTES = 32 };

static bool takes(char place, char c)
{
    bool is_letter = c >= 'A' && c <= 'Z', is_digit = c >= '0' && c <= '9';

    if (place == 'A')
        return is_letter;
    if (place == '9')
        return is_digit;
    return place == 'X' ? is_letter || is_digit : c == place;
}

static bool naive_matches(const char *pattern, Text text)
{
    size_t at = 0;

    for (; *pattern != '\0'; pattern += 1 + (pattern[1] == '?')) {
        if (at == text.length)
            return pattern[1] == '?';
        if (!takes(*pattern, text.data[at++]))
            return false;
    }
    return at == text.length;
}

/* One to ten places, those at the end optional. */
static void make_pattern(char out[PATTERN_BYTES])
{
    static const char places[] = "AAA999XX-:. a0@[/~";
    size_t length = 1 + draw_below(10), needed = draw_below((unsigned)length + 1);

    for (size_t i = 0; i < length; i++) {
        *out++ = places[draw_below(sizeof places - 1)];
        if (i >= needed)
            *out++ = '?';
    }
    *out = '\0';
}

/* Mostly what the pattern wants, with bytes beside the edges of its classes. */
static size_t make_text(const char *pattern, char *out)
{
    static const char edges[] = "AZaz09@[`{/:!~ -\x7f\x80\xb0\xc1\xff";
    size_t length = 0;

    for (; *pattern != '\0' && draw_below(12) > 0; pattern += 1 + (pattern[1] == '?')) {
        char c = *pattern;
        if (c == 'A' || c == 'X')
            c = (char)('A' + draw_below(26));
        else if (c == '9')
            c = (char)('0' + draw_below(10));
        out[length++] = draw_below(20) == 0 ? edges[draw_below(sizeof edges)] : c;
    }
    if (draw_below(20) == 0)
        out[length++] = 'A';
    return length;
}

/* Goes red with any class, bound or mask changed on one side alone. */
Test(shape, texts_match_as_their_pattern_reads_one_place_at_a_time)
{
    int matches = 0, others = 0;

    for (int round = 0; round < 400000; round++) {
        char pattern[PATTERN_BYTES], bytes[PATTERN_BYTES];
        Shape shape;
        make_pattern(pattern);
        cr_assert_null(shape_parse(text_from(pattern), &shape), "%s", pattern);
        /* at the end of memory that is allowed, so that AddressSanitizer sees a byte too many */
        size_t length = make_text(pattern, bytes);
        char *end = bytes + sizeof bytes - length;
        memmove(end, bytes, length);
        const Text text = {.data = end, .length = length};

        bool expected = naive_matches(pattern, text);

        cr_assert_eq(shape_matches(&shape, text), expected, "round %d: %s", round, pattern);
        matches += expected;
        others += !expected;
    }
    cr_expect_gt(matches, 50000);
    cr_expect_gt(others, 50000);
}

/* Begun anew from a part of a text that was made. */
Test(shape, texts_that_are_made_match_and_begin_as_asked)
{
    for (int i = 0; i < 2000; i++) {
        char pattern[PATTERN_BYTES], made[SHAPE_PLACES_MAX], again[SHAPE_PLACES_MAX];
        size_t length, again_length;
        Shape shape;
        make_pattern(pattern);
        cr_assert_null(shape_parse(text_from(pattern), &shape), "%s", pattern);

        cr_assert(shape_text(&shape, TEXT(""), draw_below(1000), made, &length), "%s", pattern);
        size_t begun = draw_below((unsigned)length + 1);
        cr_assert(shape_text(&shape, (Text){made, begun}, 0, again, &again_length), "%s", pattern);

        cr_expect(naive_matches(pattern, (Text){made, length}), "%s: %.*s", pattern, (int)length, made);
        cr_expect(naive_matches(pattern, (Text){again, again_length}), "%s", pattern);
        cr_expect_eq(memcmp(again, made, begun), 0, "%s", pattern);
        cr_expect(begun == 0 || again_length == begun || !shape_matches(&shape, (Text){made, begun}), "%s",
                  pattern);
    }
}

Test(shape, a_text_that_none_begins_with_is_not_made)
{
    static const char *const beginnings[] = {"1", "AA", "A0Z", "A00XX"};
    char made[SHAPE_PLACES_MAX];
    size_t length;
    Shape shape;
    cr_assert_null(shape_parse(TEXT("A99X?"), &shape));

    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        cr_expect_not(shape_text(&shape, text_from(beginnings[i]), 0, made, &length), "%s", beginnings[i]);
    cr_assert(shape_text(&shape, TEXT("E1"), 0, made, &length));
    cr_expect(text_equal((Text){made, length}, TEXT("E19")));
}
