#include "linkage/alike_shape.h"

#include <string.h>

enum {
    KIND_AT = 1,
    KIND_REFERENCE = 2,
    FIELDS_AT = 8,
    SIZES_AT = 24,
    START_BYTES = 10,
    FIELDS_MAX = ALIKE_SHAPE_BYTES - START_BYTES
};

static bool read_shape(Text head, uint8_t out[ALIKE_SHAPE_BYTES])
{
    const uint8_t *bytes = (const uint8_t *)head.data;

    if (head.length < SIZES_AT || bytes[FIELDS_AT] > FIELDS_MAX ||
        head.length < SIZES_AT + (size_t)bytes[FIELDS_AT])
        return false;
    memset(out, 0, ALIKE_SHAPE_BYTES);
    memcpy(out, bytes, START_BYTES);
    out[KIND_AT] = (uint8_t)(out[KIND_AT] & ~KIND_REFERENCE); /* it shares the shape of those it stands for */
    memcpy(out + START_BYTES, bytes + SIZES_AT, bytes[FIELDS_AT]);
    return true;
}

/* Boyer and Moore, 1981. */
void alike_shape_vote(AlikeShape *shape, Text head)
{
    uint8_t theirs[ALIKE_SHAPE_BYTES];

    if (!read_shape(head, theirs))
        return;
    if (shape->lead == 0)
        memcpy(shape->bytes, theirs, sizeof theirs);
    shape->lead += memcmp(shape->bytes, theirs, sizeof theirs) == 0 ? 1 : -1;
}

bool alike_shape_has(const AlikeShape *shape, Text head)
{
    uint8_t theirs[ALIKE_SHAPE_BYTES];

    return read_shape(head, theirs) && memcmp(shape->bytes, theirs, sizeof theirs) == 0;
}
