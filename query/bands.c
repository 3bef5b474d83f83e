#include "query/bands.h"

#include <assert.h>
#include <string.h>

Bands bands_of_years(int64_t years)
{
    Bands bands = {0};

    assert(years >= BAND_YEARS_MIN);
    for (int64_t start = 0; start <= BAND_START_MAX; start += years)
        bands.starts[bands.count++] = (uint8_t)start;
    return bands;
}

bool bands_equal(const Bands *a, const Bands *b)
{
    return a->count == b->count && memcmp(a->starts, b->starts, a->count * sizeof *a->starts) == 0;
}

Text bands_label(const Bands *bands, size_t band, Arena *arena)
{
    if (band + 1 == bands->count)
        return text_format(arena, "%d+", bands->starts[band]);
    return text_format(arena, "%d-%d", bands->starts[band], bands->starts[band + 1] - 1);
}
