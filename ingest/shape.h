#pragma once
/*
 * Shapes of stored text: `A` letter A-Z, `9` digit, `X` letter or digit, anything else itself;
 * `?` behind one makes it optional, only in a run at the end.
 */
#include "base/text.h"

enum { SHAPE_PLACES_MAX = 64 };

/* The first places side by side, a byte each: which of them take a letter, take a digit, or are a character.
 */
enum { SHAPE_WORD_BYTES = 8 };
typedef struct ShapeWord {
    uint64_t letters, digits, same; /* 0x80 where so */
    uint64_t characters;
} ShapeWord;

typedef struct Shape {
    uint8_t places[SHAPE_PLACES_MAX]; /* a class, or the character itself */
    uint8_t length_min, length_max;
    ShapeWord word;
} Shape;

/* NULL when well, else what is wrong with the pattern. */
const char *shape_parse(Text pattern, Shape *shape);
/* Whether a text of so many digits or more, and nothing else, can match. */
bool shape_matches_digits(const Shape *shape, size_t digits_min);
bool shape_matches(const Shape *shape, Text text);
/*
 * One of the texts that match and begin so; number 0: the shortest that is not empty, `begins` itself if it
 * matches. Others differ while there are more. False: none begins so.
 */
bool shape_text(const Shape *shape, Text begins, uint64_t number, char text[SHAPE_PLACES_MAX],
                size_t *length);
