/* A tally of cells 64 people at a time, where the processor looks bytes up in its registers (AVX-512 VBMI2).
 */
#include "query/tally_parts.h"

#if defined(__x86_64__)
#include "query/bytes_wide.h"

enum { AHEAD_BYTES = 1024 };

/* Eight by eight in such an order that bytes unpacked are in the order of people. */
AVX512 ALWAYS_INLINE __m512i load_codes(const uint8_t *codes)
{
    const __m512i order = _mm512_set_epi64(7, 3, 6, 2, 5, 1, 4, 0);

    _mm_prefetch((const char *)codes + AHEAD_BYTES, _MM_HINT_T0);
    return _mm512_permutexvar_epi64(order, _mm512_loadu_si512(codes));
}

AVX512 ALWAYS_INLINE void store(uint16_t *cells, __m512i adds, bool is_put)
{
    _mm512_storeu_si512(cells, is_put ? adds : _mm512_add_epi16(_mm512_loadu_si512(cells), adds));
}

AVX512 ALWAYS_INLINE void add_word(const TallyRows *rows, size_t person, bool is_short, bool is_put,
                                   uint16_t *cells)
{
    __m512i codes = load_codes(rows->codes + person);
    __m512i low = bytes_look_up(rows->low[0], codes, is_short),
            high = bytes_look_up(rows->high[0], codes, is_short);

    if (rows->others != NULL) {
        __m512i row = bytes_look_up(rows->row_of, load_codes(rows->others + person), false);
        for (uint32_t r = 1; r < rows->row_count; r++) {
            __mmask64 is_this = _mm512_cmpeq_epi8_mask(row, _mm512_set1_epi8((char)r));
            low = _mm512_mask_mov_epi8(low, is_this, bytes_look_up(rows->low[r], codes, is_short));
            high = _mm512_mask_mov_epi8(high, is_this, bytes_look_up(rows->high[r], codes, is_short));
        }
    }
    store(cells, _mm512_unpacklo_epi8(low, high), is_put);
    store(cells + TALLY_WORD / 2, _mm512_unpackhi_epi8(low, high), is_put);
}

/* How many there are in whole words: they are done. */
AVX512 ALWAYS_INLINE uint32_t add_words(const TallyRows *rows, size_t first, uint32_t people, bool is_put,
                                        uint16_t *cells)
{
    uint32_t i = 0;

    if (rows->row_count > 0 && rows->is_short)
        for (; i + TALLY_WORD <= people; i += TALLY_WORD)
            add_word(rows, first + i, true, is_put, cells + i);
    else if (rows->row_count > 0)
        for (; i + TALLY_WORD <= people; i += TALLY_WORD)
            add_word(rows, first + i, false, is_put, cells + i);
    return i;
}

AVX512 static void add_wide(const TallyLookup *by, size_t first, uint32_t people, uint16_t *cells)
{
    uint32_t done = add_words(by->rows, first, people, false, cells);

    tally_plain.add(by, first + done, people - done, cells + done);
}

AVX512 static void put_wide(const TallyLookup *by, size_t first, uint32_t people, uint16_t *cells)
{
    uint32_t done = add_words(by->rows, first, people, true, cells);

    tally_plain.put(by, first + done, people - done, cells + done);
}

static const TallyMethods wide = {"avx512vbmi2", add_wide, put_wide, tally_add_sets_wide};

const TallyMethods *tally_wide(void)
{
    return bytes_are_wide() ? &wide : NULL;
}
#else
const TallyMethods *tally_wide(void)
{
    return NULL;
}
#endif
