#include "query/tally_parts.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

void tally_find_slope(TallyLookup *lookup, uint32_t count)
{
    uint32_t i = 1;

    lookup->base = lookup->adds[0];
    lookup->slope = count > 1 ? lookup->adds[1] - lookup->adds[0] : 0;
    while (i < count && lookup->adds[i] - lookup->adds[i - 1] == lookup->slope)
        i++;
    lookup->is_even = lookup->column_count == 1 && i == count;
}

static inline uint32_t place_of(const TallyColumn *column, size_t person)
{
    uint32_t above = (uint32_t)column->column[person] - column->lowest;

    return (above < column->last ? above : column->last) * column->step;
}

void tally_add_plain(const TallyLookup *lookup, size_t first, uint32_t people, uint32_t *cells)
{
    const TallyColumn a = lookup->columns[0], b = lookup->columns[1];

    if (lookup->column_count == 1)
        for (uint32_t i = 0; i < people; i++)
            cells[i] += lookup->adds[place_of(&a, first + i)];
    else
        for (uint32_t i = 0; i < people; i++)
            cells[i] += lookup->adds[place_of(&a, first + i) + place_of(&b, first + i)];
}

#if defined(__x86_64__)
#define AVX2 __attribute__((target("avx2")))

enum { LANES = 8, BATCH = 64 };

AVX2 static inline __m256i places_of(const TallyColumn *column, size_t person)
{
    __m256i value = _mm256_loadu_si256((const __m256i *)(column->column + person));
    __m256i above = _mm256_sub_epi32(value, _mm256_set1_epi32((int32_t)column->lowest));
    __m256i place = _mm256_min_epu32(above, _mm256_set1_epi32((int32_t)column->last));

    return _mm256_mullo_epi32(place, _mm256_set1_epi32((int32_t)column->step));
}

AVX2 static inline void add_even(const TallyLookup *lookup, __m256i places, uint32_t *cells)
{
    __m256i adds = _mm256_add_epi32(_mm256_mullo_epi32(places, _mm256_set1_epi32((int32_t)lookup->slope)),
                                    _mm256_set1_epi32((int32_t)lookup->base));
    __m256i held = _mm256_loadu_si256((const __m256i *)cells);

    _mm256_storeu_si256((__m256i *)cells, _mm256_add_epi32(held, adds));
}

/* Places of eight people at a time, then the table one by one: the instruction that looks eight up at once
 * takes longer than eight looks where processors guard it against spying. */
AVX2 static inline void add_uneven(const TallyLookup *lookup, size_t first, uint32_t *cells)
{
    uint32_t places[BATCH];

    for (uint32_t i = 0; i < BATCH; i += LANES) {
        __m256i sum = places_of(&lookup->columns[0], first + i);
        if (lookup->column_count == 2)
            sum = _mm256_add_epi32(sum, places_of(&lookup->columns[1], first + i));
        _mm256_storeu_si256((__m256i *)(places + i), sum);
    }
    for (uint32_t i = 0; i < BATCH; i++)
        cells[i] += lookup->adds[places[i]];
}

AVX2 void tally_add_avx2(const TallyLookup *lookup, size_t first, uint32_t people, uint32_t *cells)
{
    const TallyLookup held = *lookup; /* which no write to cells can change */
    uint32_t i = 0;

    if (held.is_even)
        for (; i + LANES <= people; i += LANES)
            add_even(&held, places_of(&held.columns[0], first + i), cells + i);
    else
        for (; i + BATCH <= people; i += BATCH)
            add_uneven(&held, first + i, cells + i);
    tally_add_plain(lookup, first + i, people - i, cells + i);
}

TallyAdd *tally_best_add(void)
{
    return __builtin_cpu_supports("avx2") ? tally_add_avx2 : tally_add_plain;
}
#else
void tally_add_avx2(const TallyLookup *lookup, size_t first, uint32_t people, uint32_t *cells)
{
    tally_add_plain(lookup, first, people, cells);
}

TallyAdd *tally_best_add(void)
{
    return tally_add_plain;
}
#endif
