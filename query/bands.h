#pragma once
/* Private to query: bands of age, which a table is by. */
#include "base/text.h"

enum {
    BAND_YEARS_MIN = 5,
    BAND_YEARS_MAX = 120,
    BAND_START_MAX = 90, /* very old people are few, and so one band */
    BANDS_MAX = BAND_START_MAX / BAND_YEARS_MIN + 1,
};

/* The ages at which they begin: 0, then each BAND_YEARS_MIN or more above the one before, up to
 * BAND_START_MAX. The last has no end. */
typedef struct Bands {
    uint8_t starts[BANDS_MAX];
    size_t count; /* 0: no bands */
} Bands;

/* As wide as each other, from 0 on; years from BAND_YEARS_MIN. */
Bands bands_of_years(int64_t years);
bool bands_equal(const Bands *a, const Bands *b);
/* `18-64`, or `65+` of the last. */
Text bands_label(const Bands *bands, size_t band, Arena *arena);
