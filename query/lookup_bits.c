/* Where a condition that a table decides is true, or false: 64 people a word. */
#include "query/lookup.h"

static uint64_t word_of(const Lookup *lookup, size_t first, uint32_t count, uint8_t wanted)
{
    const LookupColumn a = lookup->columns[0], b = lookup->columns[1];
    bool has_two = lookup->column_count == 2;
    uint64_t bits = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint32_t place = lookup_place(&a, first + i) + (has_two ? lookup_place(&b, first + i) : 0);
        bits |= (uint64_t)(lookup->truths[place] == wanted) << i;
    }
    return bits;
}

void lookup_bits_plain(const Lookup *lookup, size_t first, uint32_t people, bool wanted, uint64_t *bits)
{
    for (uint32_t i = 0; i < people; i += 64)
        bits[i / 64] = word_of(lookup, first + i, people - i < 64 ? people - i : 64, wanted);
}

#if defined(__x86_64__)
#include "query/bytes_wide.h"

AVX512 static void codes_bits(const Lookup *lookup, size_t first, uint32_t words, bool wanted, uint64_t *bits)
{
    const __m512i sought = _mm512_set1_epi8((char)wanted);
    const uint8_t *codes = lookup->columns[0].codes + first;

    for (uint32_t w = 0; w < words; w++) {
        __m512i truths = bytes_look_up(lookup->truths, _mm512_loadu_si512(codes + (size_t)w * 64), false);
        bits[w] = _mm512_cmpeq_epi8_mask(truths, sought);
    }
}

void lookup_bits(const Lookup *lookup, size_t first, uint32_t people, bool wanted, uint64_t *bits)
{
    bool is_coded = lookup->column_count == 1 && lookup->columns[0].codes != NULL;
    uint32_t whole = is_coded && bytes_are_wide() ? people / 64 : 0;

    if (whole > 0)
        codes_bits(lookup, first, whole, wanted, bits);
    lookup_bits_plain(lookup, first + (size_t)whole * 64, people - whole * 64, wanted, bits + whole);
}
#else
void lookup_bits(const Lookup *lookup, size_t first, uint32_t people, bool wanted, uint64_t *bits)
{
    lookup_bits_plain(lookup, first, people, wanted, bits);
}
#endif
