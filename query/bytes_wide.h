#pragma once
/* Private to query, for files that hold a way of 64 bytes at a time (AVX-512 VBMI2): tables of bytes. */
#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>

/* gcc 12 lays the sanitizer's own stack out for 32 bytes: a vector of 64 on it would trap (gcc bug 110027).
 */
#define AVX512                                                                                               \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vbmi,avx512vbmi2"), no_sanitize_address))
#define ALWAYS_INLINE __attribute__((always_inline)) static inline

static inline bool bytes_are_wide(void)
{
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2");
}

/* Of a table of 256 bytes, or of 128 that no code is beyond. */
AVX512 ALWAYS_INLINE __m512i bytes_look_up(const uint8_t *table, __m512i codes, bool is_short)
{
    __m512i found =
        _mm512_permutex2var_epi8(_mm512_loadu_si512(table), codes, _mm512_loadu_si512(table + 64));

    if (is_short)
        return found;
    __m512i above =
        _mm512_permutex2var_epi8(_mm512_loadu_si512(table + 128), codes, _mm512_loadu_si512(table + 192));
    return _mm512_mask_mov_epi8(found, _mm512_movepi8_mask(codes), above);
}
