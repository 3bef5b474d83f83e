#pragma once
/*
 * Two tables of the same people, joined by a classifier (naive Bayes) of what two rows have in common. Learns
 * from one half of the people and is judged by the other, and the other way round.
 */
#include <stdbool.h>

#include "tests/attack/sheet.h"

enum { FEATURES_MAX = 2 * ENCODING_FIELDS_MAX + 3, FEATURE_STEPS = 16 };

/* What is seen of a pair: each one of FEATURE_STEPS. */
typedef struct Features {
    uint8_t of[FEATURES_MAX];
    size_t count;
} Features;

void features_add(Features *features, double value);

typedef struct Joined {
    const Table *one, *other; /* row i of both is one person */
    Features (*look)(const uint8_t *a, const uint8_t *b);
    /* Whether somebody else's row of a table may be held against a person's, for that person's own; NULL: all
     * may. */
    bool (*may_stand)(const uint8_t *other, const uint8_t *own);
} Joined;

/* Area under the curve: the chance that a pair of one person scores above another; 0.5 is guessing. */
double joined_area(const Joined *joined);
