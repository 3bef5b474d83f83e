#pragma once
/* Private to pseudonymise: what of a field's text is encoded, its q-grams, and the parts that blocks are made
 * of. */
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "pseudonymise/pseudonymise.h"

enum {
    ENCODING_TEXT_BYTES = 96,  /* of a value in normal form; what is longer is cut */
    ENCODING_GRAMS_MAX = 64,   /* of a value */
    ENCODING_GRAM_CODES = 4096 /* a q-gram is a number below this */
};

typedef struct EncodingValue {
    char text[ENCODING_TEXT_BYTES];
    size_t length; /* 0: absent */
    uint16_t grams[ENCODING_GRAMS_MAX];
    size_t gram_count;
} EncodingValue;

void encoding_value_fill(EncodingKind kind, Text text, EncodingValue *value);
void encoding_value_wipe(EncodingValue *value);

/* Which part of a value a block rests on. */
typedef enum EncodingPart {
    ENCODING_PART_NONE,
    ENCODING_PART_WHOLE,
    ENCODING_PART_SOUND,     /* of a given name its first word's */
    ENCODING_PART_PREFIX,    /* first three letters */
    ENCODING_PART_LETTER,    /* the first */
    ENCODING_PART_YEAR,      /* of a date */
    ENCODING_PART_MONTH_DAY, /* of a date */
    ENCODING_PART_OUTWARD,   /* of a postcode: without the last three characters */
    ENCODING_PART_START,     /* of an address: its first two words */
} EncodingPart;

/* A view into the value or into buffer; empty: the value has no such part. */
Text encoding_value_part(const EncodingValue *value, EncodingKind kind, EncodingPart part,
                         char buffer[ENCODING_TEXT_BYTES]);
