#include "linkage/fields_private.h"

#ifdef __x86_64__
#include <immintrin.h>

#define AVX2          __attribute__((target("avx2")))
#define ALWAYS_INLINE __attribute__((always_inline)) static inline

/* Ones that two pairs of filters share, in four sums of 64 bits: of the halves of one filter and of the
 * other. */
AVX2 ALWAYS_INLINE __m256i shared(const uint64_t *a, const uint64_t *b)
{
    const __m256i table =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
    const __m256i nibble = _mm256_set1_epi8(0x0F);
    __m256i both =
        _mm256_and_si256(_mm256_loadu_si256((const __m256i *)a), _mm256_loadu_si256((const __m256i *)b));
    __m256i low = _mm256_shuffle_epi8(table, _mm256_and_si256(both, nibble));
    __m256i high = _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(both, 4), nibble));

    return _mm256_sad_epu8(_mm256_add_epi8(low, high), _mm256_setzero_si256());
}

/* Of eight filters each, in the fields' order: the sums of two vectors go into the halves of one. */
AVX2 ALWAYS_INLINE __m256 shared_of_eight(const uint64_t *a, const uint64_t *b)
{
    __m256i front = _mm256_or_si256(shared(a, b), _mm256_slli_epi64(shared(a + 4, b + 4), 32));
    __m256i back = _mm256_or_si256(shared(a + 8, b + 8), _mm256_slli_epi64(shared(a + 12, b + 12), 32));

    return _mm256_cvtepi32_ps(
        _mm256_add_epi32(_mm256_unpacklo_epi64(front, back), _mm256_unpackhi_epi64(front, back)));
}

AVX2 ALWAYS_INLINE __m256i classes_of(const int32_t *a, const int32_t *b)
{
    __m256i least =
        _mm256_min_epi32(_mm256_loadu_si256((const __m256i *)a), _mm256_loadu_si256((const __m256i *)b));
    __m256i unknown = _mm256_cmpeq_epi32(least, _mm256_set1_epi32(FIELDS_UNKNOWN));

    /* unknown: 4 - 1 - 2 */
    return _mm256_add_epi32(_mm256_sub_epi32(least, _mm256_set1_epi32(1)),
                            _mm256_and_si256(unknown, _mm256_set1_epi32(-2)));
}

/* As level_of of fields.c: comparing gives -1 where it holds. */
AVX2 ALWAYS_INLINE __m256i likeness(__m256 ones_a, __m256 ones_b, __m256 common, __m256 bits)
{
    __m256 chance = _mm256_mul_ps(ones_a, ones_b), above = _mm256_sub_ps(_mm256_mul_ps(common, bits), chance);
    __m256 most = _mm256_mul_ps(_mm256_mul_ps(_mm256_add_ps(ones_a, ones_b), bits), _mm256_set1_ps(0.5F));
    __m256i level = _mm256_setzero_si256();

    most = _mm256_sub_ps(most, chance);
    for (size_t i = 1; i < LEVEL_EQUAL; i++) {
        __m256 least = _mm256_mul_ps(_mm256_set1_ps(fields_level_from[i]), most);
        level = _mm256_sub_epi32(level, _mm256_castps_si256(_mm256_cmp_ps(above, least, _CMP_GE_OQ)));
    }
    return _mm256_and_si256(level, _mm256_castps_si256(_mm256_cmp_ps(most, _mm256_setzero_ps(), _CMP_GT_OQ)));
}

/* Eight levels of four bits as 32 bits. */
AVX2 ALWAYS_INLINE uint64_t pack(__m256i levels)
{
    const __m256i places = _mm256_setr_epi32(0, 4, 8, 12, 16, 20, 24, 28);
    __m256i placed = _mm256_sllv_epi32(levels, places);
    __m128i half = _mm_or_si128(_mm256_castsi256_si128(placed), _mm256_extracti128_si256(placed, 1));

    half = _mm_or_si128(half, _mm_srli_si128(half, 8));
    uint64_t two = (uint64_t)_mm_cvtsi128_si64(half);
    return (two | two >> 32) & UINT32_MAX;
}

AVX2 ALWAYS_INLINE uint64_t group_levels(const FieldsRows *rows, size_t a, size_t b, size_t group)
{
    const __m256 zero = _mm256_setzero_ps();
    __m256 ones_a = _mm256_loadu_ps(rows->ones + a), ones_b = _mm256_loadu_ps(rows->ones + b);
    __m256 common =
        shared_of_eight(rows->filters + a * FIELDS_SLIM_WORDS, rows->filters + b * FIELDS_SLIM_WORDS);
    __m256i partly = _mm256_loadu_si256((const __m256i *)(rows->partly + group * FIELDS_GROUP));
    __m256i level = likeness(ones_a, ones_b, common, _mm256_loadu_ps(rows->bits + group * FIELDS_GROUP));
    __m256 equal =
        _mm256_and_ps(_mm256_cmp_ps(common, ones_a, _CMP_EQ_OQ), _mm256_cmp_ps(common, ones_b, _CMP_EQ_OQ));
    __m256 absent = _mm256_cmp_ps(_mm256_min_ps(ones_a, ones_b), zero, _CMP_LT_OQ);
    __m256i of_equal =
        _mm256_add_epi32(classes_of(rows->classes + a, rows->classes + b), _mm256_set1_epi32(LEVEL_EQUAL));

    level = _mm256_blendv_epi8(_mm256_and_si256(level, partly), of_equal, _mm256_castps_si256(equal));
    level = _mm256_blendv_epi8(level, _mm256_set1_epi32(LINKAGE_LEVEL_ABSENT), _mm256_castps_si256(absent));
    return pack(level);
}

AVX2 void fields_compare_avx2(const FieldsRows *rows, const FieldsPair *pairs, size_t count, uint64_t *levels)
{
    uint64_t fields = (UINT64_C(1) << 4 * rows->set->field_count) - 1;

    for (size_t i = 0; i < count; i++) {
        size_t a = pairs[i].left * rows->slots, b = pairs[i].right * rows->slots;
        uint64_t all = group_levels(rows, a, b, 0);
        if (rows->groups > 1)
            all |= group_levels(rows, a + FIELDS_GROUP, b + FIELDS_GROUP, 1) << 4 * FIELDS_GROUP;
        levels[i] = all & fields;
    }
}
#endif
