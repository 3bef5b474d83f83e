#pragma once
/* Private to linkage: the shape that most encodings have. One that differs can be compared with none of them;
 * it is passed over, so that it spoils the run for nobody else. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum { ALIKE_SHAPE_BYTES = 10 + 12 };

typedef struct AlikeShape {
    uint8_t bytes[ALIKE_SHAPE_BYTES]; /* form to rules, then the filters' sizes */
    int64_t lead;                     /* of the votes; 0: no shape yet */
} AlikeShape;

/* One vote for the head's shape; where one has more than half of all votes, it is left. */
void alike_shape_vote(AlikeShape *shape, Text head);
/* Of an encoding or its head. */
bool alike_shape_has(const AlikeShape *shape, Text head);
