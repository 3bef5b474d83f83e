/* Who is added to sets of cells, 64 people at a time (AVX-512 VBMI2). */
#include "query/tally_parts.h"

#if defined(__x86_64__)
#include "query/bytes_wide.h"

/* A group's places are bytes. */
enum { LANES = 8, GROUP_WORDS = 4, GROUP = GROUP_WORDS * TALLY_WORD };

/* ---- hashes ---- */

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

AVX512 ALWAYS_INLINE void hash_group(const TallyCells *group, const uint64_t *among, uint32_t words,
                                     SetHash *hashes)
{
    for (uint32_t w = 0; w < words; w++)
        if (among[w] != 0)
            hash_word(group->first + w * TALLY_WORD + 1, hashes + (size_t)w * TALLY_WORD);
}

/* ---- sets ---- */

static const uint8_t places_of_word[TALLY_WORD] = {
    0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
    22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
    44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};

/* The places of the bits that are set in both, ascending. A loop over a word's bits would end where no
 * processor foretells it. */
AVX512 ALWAYS_INLINE uint32_t list_places(const uint64_t *among, const uint64_t *bits, uint32_t words,
                                          uint8_t *places)
{
    __m512i word = _mm512_loadu_si512(places_of_word);
    uint32_t count = 0;

    for (uint32_t w = 0; w < words; w++) {
        uint64_t both = among[w] & bits[w];
        _mm512_storeu_si512(places + count, _mm512_maskz_compress_epi8(both, word));
        count += (uint32_t)__builtin_popcountll(both);
        word = _mm512_add_epi8(word, _mm512_set1_epi8(TALLY_WORD));
    }
    return count;
}

ALWAYS_INLINE bool is_whole(const uint64_t *among, const uint64_t *bits, uint32_t words)
{
    uint64_t all = ~UINT64_C(0);

    for (uint32_t w = 0; w < words; w++)
        all &= among[w] & bits[w];
    return words == GROUP_WORDS && all == ~UINT64_C(0);
}

AVX512 ALWAYS_INLINE void add_listed(const TallyCells *group, const uint8_t *places, uint32_t count,
                                     const SetHash *hashes, const TallyAnswer *answer)
{
    for (uint32_t i = 0; i < count; i++)
        tally_add_person(group, places[i], hashes[places[i]], answer);
    for (uint32_t i = 0; answer->sketches != NULL && i < count; i++)
        tally_sketch_person(group, places[i], answer);
}

AVX512 ALWAYS_INLINE void add_group(const TallyCells *group, const uint64_t *among, uint32_t words,
                                    const SetHash *hashes, const TallyAnswer *answer)
{
    _Alignas(64) uint8_t places[GROUP];

    if (answer->sketches != NULL || !is_whole(among, answer->bits, words)) {
        add_listed(group, places, list_places(among, answer->bits, words, places), hashes, answer);
        return;
    }
#pragma GCC unroll 8
    for (uint32_t i = 0; i < GROUP; i++)
        tally_add_person(group, i, hashes[i], answer);
}

AVX512 void tally_add_sets_wide(const TallyCells *cells, const uint64_t *among, const TallyAnswer *answers,
                                size_t answer_count)
{
    _Alignas(64) SetHash hashes[GROUP];

    for (uint32_t from = 0; from < cells->people; from += GROUP) {
        const TallyCells group = {cells->cells + from, cells->first + from, cells->people - from};
        uint32_t words = group.people < GROUP ? (group.people + TALLY_WORD - 1) / TALLY_WORD : GROUP_WORDS;
        hash_group(&group, among + from / TALLY_WORD, words, hashes);
        for (size_t a = 0; a < answer_count; a++) {
            TallyAnswer answer = answers[a];
            answer.bits += from / TALLY_WORD;
            add_group(&group, among + from / TALLY_WORD, words, hashes, &answer);
        }
    }
}
#endif
