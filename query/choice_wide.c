/* Chosen rows 16 people at a time: which rows pass first, a bit each, and then who has one. */
#include "query/choice.h"

#if defined(__x86_64__)
#include "query/bytes_wide.h"

enum { LANES = 16, WORD = 64, AHEAD_BYTES = 2048 };

static inline __mmask16 lanes_of(size_t left)
{
    return (__mmask16)(left < LANES ? (1U << left) - 1 : 0xFFFF);
}

/* ---- rows ---- */

AVX512 ALWAYS_INLINE __mmask16 pass(const ChoiceTest *test, size_t row, __mmask16 lanes)
{
    const int32_t *column = test->column.column + row;
    __m512i values = _mm512_maskz_loadu_epi32(lanes, column);
    __m512i above = _mm512_sub_epi32(values, _mm512_set1_epi32((int32_t)test->from));
    __mmask16 passed = _mm512_cmplt_epu32_mask(above, _mm512_set1_epi32((int32_t)test->width));
    __mmask16 unknown = _mm512_cmpeq_epi32_mask(values, _mm512_set1_epi32(SMALL_UNKNOWN));

    _mm_prefetch((const char *)column + AHEAD_BYTES, _MM_HINT_T0);
    return test->passes[0] ? passed | unknown : passed & (__mmask16)~unknown;
}

AVX512 static void find_passing(const Choice *choice, size_t first, size_t count, uint64_t *bits)
{
    for (size_t i = 0; i < count; i += LANES) {
        __mmask16 lanes = lanes_of(count - i), passed = lanes;
        for (size_t t = 0; t < choice->test_count; t++)
            passed &= pass(&choice->tests[t], first + i, lanes);
        bits[i / WORD] |= (uint64_t)passed << i % WORD;
    }
}

/* ---- people ---- */

typedef struct Passing {
    const uint64_t *bits;
    uint32_t first; /* the row of the first bit */
} Passing;

static inline bool passes(const Passing *passing, uint32_t row)
{
    uint32_t at = row - passing->first;

    return passing->bits[at / WORD] >> at % WORD & 1;
}

/* Of who has a row that does not pass where most have one that does. */
static uint32_t search(const Passing *passing, const uint32_t *begin, bool last)
{
    for (uint32_t i = begin[0]; i < begin[1]; i++) {
        uint32_t row = last ? begin[1] - 1 - (i - begin[0]) : i;
        if (passes(passing, row))
            return row;
    }
    return CHOICE_NONE;
}

AVX512 ALWAYS_INLINE void choose(const Passing *passing, const uint32_t *begin, __mmask16 lanes, bool last,
                                 uint32_t *rows)
{
    __m512i from = _mm512_maskz_loadu_epi32(lanes, begin),
            behind = _mm512_maskz_loadu_epi32(lanes, begin + 1);
    __mmask16 some = _mm512_cmplt_epu32_mask(from, behind);
    _mm_prefetch((const char *)begin + AHEAD_BYTES, _MM_HINT_T0);
    __m512i row = last ? _mm512_sub_epi32(behind, _mm512_set1_epi32(1)) : from;
    __m512i at = _mm512_sub_epi32(row, _mm512_set1_epi32((int32_t)passing->first));
    __m512i words = _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), some, _mm512_srli_epi32(at, 5),
                                                (const int *)passing->bits, 4);
    __m512i bit = _mm512_sllv_epi32(_mm512_set1_epi32(1), _mm512_and_si512(at, _mm512_set1_epi32(31)));
    __mmask16 passed = _mm512_mask_test_epi32_mask(some, words, bit);

    _mm512_mask_storeu_epi32(rows, lanes,
                             _mm512_mask_mov_epi32(_mm512_set1_epi32((int32_t)CHOICE_NONE), passed, row));
    for (uint32_t left = some & (uint32_t)~passed; left != 0; left &= left - 1) {
        uint32_t p = (uint32_t)__builtin_ctz(left);
        rows[p] = search(passing, begin + p, last);
    }
}

AVX512 static void choose_all(const Passing *passing, const uint32_t *begin, uint32_t people, bool last,
                              uint32_t *rows)
{
    for (uint32_t p = 0; p < people; p += LANES)
        choose(passing, begin + p, lanes_of(people - p), last, rows + p);
}

bool choice_rows_wide(const Choice *choice, uint32_t first, uint32_t people, bool last, Arena *scratch,
                      uint32_t *rows)
{
    const uint32_t *begin = choice->begin + first;
    size_t count = begin[people] - begin[0];

    for (size_t t = 0; t < choice->test_count; t++)
        if (!choice->tests[t].is_window)
            return false;
    if (!bytes_are_wide())
        return false;
    uint64_t *bits = arena_alloc(scratch, (count / WORD + 1) * sizeof *bits);
    find_passing(choice, begin[0], count, bits);
    choose_all(&(Passing){bits, begin[0]}, begin, people, last, rows);
    return true;
}

AVX512 static void find_bits(const uint32_t *rows, uint32_t people, bool wanted, uint64_t *bits)
{
    const __m512i none = _mm512_set1_epi32((int32_t)CHOICE_NONE);

    for (uint32_t p = 0; p < people; p += LANES) {
        __mmask16 lanes = lanes_of(people - p);
        __m512i held = _mm512_maskz_loadu_epi32(lanes, rows + p);
        uint64_t has = wanted ? _mm512_mask_cmpneq_epi32_mask(lanes, held, none)
                              : _mm512_mask_cmpeq_epi32_mask(lanes, held, none);
        bits[p / WORD] = has << p % WORD | (p % WORD == 0 ? 0 : bits[p / WORD]);
    }
}

bool choice_bits_wide(const uint32_t *rows, uint32_t people, bool wanted, uint64_t *bits)
{
    if (bytes_are_wide())
        find_bits(rows, people, wanted, bits);
    return bytes_are_wide();
}
#else
bool choice_rows_wide(const Choice *choice, uint32_t first, uint32_t people, bool last, Arena *scratch,
                      uint32_t *rows)
{
    (void)choice, (void)first, (void)people, (void)last, (void)scratch, (void)rows;
    return false;
}

bool choice_bits_wide(const uint32_t *rows, uint32_t people, bool wanted, uint64_t *bits)
{
    (void)rows, (void)people, (void)wanted, (void)bits;
    return false;
}
#endif
