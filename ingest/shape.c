#include "ingest/shape.h"

/* Classes lie above ASCII, where no place of a shape can be; a bit each for letters and digits. */
enum { IS_CLASS = 0x80, CLASS_LETTER = 0x81, CLASS_DIGIT = 0x82, CLASS_EITHER = 0x83 };

static uint8_t class_of(char c)
{
    return c == 'A' ? CLASS_LETTER : c == '9' ? CLASS_DIGIT : c == 'X' ? CLASS_EITHER : (uint8_t)c;
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

bool shape_matches(const Shape *shape, Text text)
{
    if (text.length < shape->length_min || text.length > shape->length_max)
        return false;
    for (size_t i = 0; i < text.length; i++)
        if (!place_matches(shape->places[i], text.data[i]))
            return false;
    return true;
}
