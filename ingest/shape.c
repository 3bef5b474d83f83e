#include "ingest/shape.h"

#include <string.h>

/* Classes lie above ASCII, where no place of a shape can be; a bit each for letters and digits. */
enum { IS_CLASS = 0x80, CLASS_LETTER = 0x81, CLASS_DIGIT = 0x82, CLASS_EITHER = 0x83 };

#define EVERY_BYTE UINT64_C(0x0101010101010101)

static uint8_t class_of(char c)
{
    return c == 'A' ? CLASS_LETTER : c == '9' ? CLASS_DIGIT : c == 'X' ? CLASS_EITHER : (uint8_t)c;
}

static void add_to_word(Shape *shape, uint8_t place)
{
    unsigned shift = shape->length_max * 8u;
    uint64_t here = shape->length_max < SHAPE_WORD_BYTES ? UINT64_C(0x80) << shift : 0;

    if (here == 0)
        return;
    shape->word.letters |= place == CLASS_LETTER || place == CLASS_EITHER ? here : 0;
    shape->word.digits |= place == CLASS_DIGIT || place == CLASS_EITHER ? here : 0;
    shape->word.same |= place < IS_CLASS ? here : 0;
    shape->word.characters |= place < IS_CLASS ? (uint64_t)place << shift : 0;
}

const char *shape_parse(Text pattern, Shape *shape)
{
    *shape = (Shape){0};
    for (size_t i = 0; i < pattern.length; i++) {
        char c = pattern.data[i];
        if ((unsigned char)c < ' ' || (unsigned char)c > '~' || c == '?')
            return c == '?' ? "`?` stands behind nothing" : "not printable ASCII";
        if (shape->length_max == SHAPE_PLACES_MAX)
            return "longer than 64 places";
        bool is_optional = i + 1 < pattern.length && pattern.data[i + 1] == '?';
        if (!is_optional && shape->length_min < shape->length_max)
            return "a place that must be there follows one that may be missing";
        add_to_word(shape, class_of(c));
        shape->places[shape->length_max++] = class_of(c);
        shape->length_min = (uint8_t)(shape->length_min + !is_optional);
        i += is_optional;
    }
    return shape->length_max == 0 ? "empty" : NULL;
}

static bool place_matches(uint8_t place, char c)
{
    bool is_letter = (unsigned)(c - 'A') < 26, is_digit = (unsigned)(c - '0') < 10;
    unsigned classes = is_letter | (unsigned)is_digit << 1;

    return place < IS_CLASS ? (uint8_t)c == place : (place & classes) != 0;
}

bool shape_matches_digits(const Shape *shape, size_t digits_min)
{
    size_t length = 0;

    while (length < shape->length_max &&
           (shape->places[length] == CLASS_DIGIT || shape->places[length] == CLASS_EITHER ||
            (shape->places[length] >= '0' && shape->places[length] <= '9')))
        length++;
    return length >= digits_min && length >= shape->length_min;
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first place is the lowest byte");

/* One to eight bytes as a word, without a byte that is not the text's: overlapping parts are the same. */
static uint64_t load(Text text)
{
    const unsigned char *bytes = (const unsigned char *)text.data;
    size_t middle = text.length / 2, end = text.length - 1;
    uint32_t first, last;

    if (text.length >= sizeof first) {
        memcpy(&first, bytes, sizeof first);
        memcpy(&last, bytes + text.length - sizeof last, sizeof last);
        return first | (uint64_t)last << (text.length - sizeof last) * 8;
    }
    return bytes[0] | (uint64_t)bytes[middle] << middle * 8 | (uint64_t)bytes[end] << end * 8;
}

/* 0x80 in each byte that is at least `from`; only for bytes below 0x80. */
static uint64_t at_least(uint64_t word, uint8_t from)
{
    return word + EVERY_BYTE * (uint8_t)(0x80 - from);
}

/* All places at once. Bytes from 0x80 on, which no place takes, are masked out of the sums, lest they carry
 * over. */
static bool word_matches(const ShapeWord *shape, Text text)
{
    const uint64_t top = EVERY_BYTE * 0x80, word = load(text), low = word & ~top;
    uint64_t letters = at_least(low, 'A') & ~at_least(low, 'Z' + 1),
             digits = at_least(low, '0') & ~at_least(low, '9' + 1),
             same = ~((low ^ shape->characters) + EVERY_BYTE * 0x7F);
    uint64_t wanted = top >> (SHAPE_WORD_BYTES - text.length) * 8,
             matched = (letters & shape->letters) | (digits & shape->digits) | (same & shape->same);

    return (matched & ~word & wanted) == wanted;
}

bool shape_matches(const Shape *shape, Text text)
{
    if (text.length < shape->length_min || text.length > shape->length_max || text.length == 0)
        return text.length == 0 && shape->length_min == 0;
    if (text.length <= SHAPE_WORD_BYTES)
        return word_matches(&shape->word, text);
    for (size_t i = 0; i < text.length; i++)
        if (!place_matches(shape->places[i], text.data[i]))
            return false;
    return true;
}

/* From the end of a class, where real codes are rarer. */
static char character_of(uint8_t place, uint64_t *number)
{
    unsigned many = place < IS_CLASS ? 1 : place == CLASS_LETTER ? 26 : 10;
    char last = place < IS_CLASS ? (char)place : place == CLASS_LETTER ? 'Z' : '9';
    char made = (char)(last - (char)(*number % many));

    *number /= many;
    return made;
}

bool shape_text(const Shape *shape, Text begins, uint64_t number, char text[SHAPE_PLACES_MAX], size_t *length)
{
    size_t shortest = shape->length_min == 0 ? 1 : shape->length_min;

    shortest = begins.length > shortest ? begins.length : shortest;
    if (shortest > shape->length_max)
        return false;
    for (size_t i = 0; i < begins.length; i++)
        if (!place_matches(shape->places[i], begins.data[i]))
            return false;
    *length = shortest + number % (shape->length_max - shortest + 1);
    for (size_t i = *length; i-- > begins.length;)
        text[i] = character_of(shape->places[i], &number);
    memcpy(text, begins.data, begins.length);
    return true;
}
