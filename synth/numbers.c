#include <assert.h>
#include <stdio.h>

#include "synth/numbers.h"

enum {
    BODIES_A_RANGE = 1000000, /* 999 and six more digits */
    RANGE_TOP = 999,
    /* Odd and no multiple of 5: multiplying by it runs through all of 0..999999, neighbours far apart. */
    BODY_STRIDE = 618033,
    BODY_OFFSET = 271828,
    CANARY_BODIES = 10000,
};

/* NHS Data Dictionary, NHS NUMBER: weights 10 to 2, eleven less the remainder; eleven is 0 and ten is never
 * issued. */
int numbers_check_digit(uint32_t body)
{
    uint32_t sum = 0;

    for (uint32_t weight = 2; weight <= 10; weight++, body /= 10)
        sum += weight * (body % 10);
    int digit = 11 - (int)(sum % 11);
    if (digit == 10)
        return -1;
    return digit == 11 ? 0 : digit;
}

uint32_t numbers_next_nhs_body(uint64_t *serial)
{
    for (;;) {
        uint64_t nth = (*serial)++;
        uint32_t range = RANGE_TOP - (uint32_t)(nth / BODIES_A_RANGE);
        uint32_t body = range * BODIES_A_RANGE +
                        (uint32_t)((nth % BODIES_A_RANGE * BODY_STRIDE + BODY_OFFSET) % BODIES_A_RANGE);
        if (body < NHS_BODY_CANARY && numbers_check_digit(body) >= 0)
            return body;
    }
}

uint32_t numbers_next_canary_body(uint64_t *serial)
{
    for (;;) {
        uint32_t body = NHS_BODY_CANARY + (uint32_t)(*serial)++;
        assert(*serial < CANARY_BODIES); /* the last one would be ten equal digits */
        if (numbers_check_digit(body) >= 0)
            return body;
    }
}

static void write_digits(uint64_t number, size_t count, char *out)
{
    for (size_t i = count; i-- > 0; number /= 10)
        out[i] = (char)('0' + number % 10);
    out[count] = '\0';
}

const char *numbers_nhs(uint32_t body, char out[NHS_NUMBER_BYTES])
{
    write_digits((uint64_t)body * 10 + (uint64_t)numbers_check_digit(body), 10, out);
    return out;
}

const char *numbers_uprn(uint32_t dwelling, bool is_canary, char out[UPRN_BYTES])
{
    uint64_t number = is_canary ? UINT64_C(999999000000) + dwelling
                                : UINT64_C(999000000000) + (uint64_t)dwelling * 7919 % 900000011;
    write_digits(number, 12, out);
    return out;
}

const char *numbers_national_insurance(uint32_t person, char out[NI_NUMBER_BYTES])
{
    out[0] = out[1] = 'Q';
    write_digits(person / 4 % 1000000, 6, out + 2);
    out[8] = (char)('A' + person % 4);
    out[9] = '\0';
    return out;
}

const char *numbers_local_id(uint32_t person, uint32_t issuer, char out[LOCAL_ID_BYTES])
{
    write_digits(((uint64_t)person * 104729 + (uint64_t)issuer * 15485863) % 100000000, 8, out);
    return out;
}

const char *numbers_letters(uint32_t number, char out[8])
{
    for (size_t i = 4; i-- > 0; number /= 26)
        out[i] = (char)('A' + number % 26);
    out[4] = '\0';
    return out;
}
