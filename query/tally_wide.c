/* A tally's methods 64 people at a time, where the processor looks bytes up in its registers (AVX-512 VBMI).
 */
#include "query/tally_parts.h"

#if defined(__x86_64__)
#include "query/bytes_wide.h"

enum { LANES = 8, AHEAD_BYTES = 1024 };

/* ---- cells ---- */

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

/* ---- sets ---- */

AVX512 ALWAYS_INLINE __m512i mix(__m512i x, int shift, uint64_t factor)
{
    return _mm512_mullo_epi64(_mm512_xor_si512(x, _mm512_srli_epi64(x, (unsigned)shift)),
                              _mm512_set1_epi64((int64_t)factor));
}

/* set_hash_of of eight numbers times its first factor, in their order but for the middle ones of each four.
 */
AVX512 ALWAYS_INLINE void hash_eight(__m512i x, SetHash *hashes)
{
    x = mix(x, 32, SET_HASH_SECOND);
    __m512i high = mix(x, 29, SET_HASH_THIRD), low = mix(x, 32, SET_HASH_FOURTH);
    high = _mm512_xor_si512(high, _mm512_srli_epi64(high, 32));
    low = _mm512_or_si512(_mm512_slli_epi64(_mm512_srli_epi64(low, 32), 32), _mm512_set1_epi64(1));
    _mm512_storeu_si512(hashes, _mm512_unpacklo_epi64(high, low));
    _mm512_storeu_si512(hashes + LANES / 2, _mm512_unpackhi_epi64(high, low));
}

/* Numbers stand so that those unpacked stand in the order of people; the next ones' products are sums. */
AVX512 ALWAYS_INLINE void hash_word(uint32_t number, SetHash *hashes)
{
    __m512i numbers =
        _mm512_add_epi64(_mm512_set1_epi64((int64_t)number), _mm512_set_epi64(7, 3, 6, 2, 5, 1, 4, 0));
    __m512i x = _mm512_mullo_epi64(numbers, _mm512_set1_epi64((int64_t)SET_HASH_FIRST));

    for (uint32_t i = 0; i < TALLY_WORD; i += LANES) {
        hash_eight(x, hashes + i);
        x = _mm512_add_epi64(x, _mm512_set1_epi64((int64_t)(LANES * SET_HASH_FIRST)));
    }
}

AVX512 static void add_sets_wide(const TallyCells *cells, const uint64_t *among, const TallyAnswer *answers,
                                 size_t answer_count)
{
    SetHash hashes[TALLY_WORD];

    for (uint32_t from = 0; from < cells->people; from += TALLY_WORD) {
        uint64_t bits = among[from / TALLY_WORD];
        if (bits != 0)
            hash_word(cells->first + from + 1, hashes);
        for (size_t a = 0; bits != 0 && a < answer_count; a++)
            tally_add_word(cells, from, hashes, bits & answers[a].bits[from / TALLY_WORD], &answers[a]);
    }
}

static const TallyMethods wide = {"avx512vbmi", add_wide, put_wide, add_sets_wide};

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
