#include "pseudonymise/shamir.h"

#include <assert.h>

#include "base/secret.h"

enum { FIELD_BITS = 8, FIELD_POLYNOMIAL = 0x11b };

/* Tables would be quicker, and tell an observer of the cache which entries were read. */
uint8_t shamir_multiply(uint8_t a, uint8_t b)
{
    unsigned product = 0, left = a, right = b;

    for (int bit = 0; bit < FIELD_BITS; bit++) {
        product ^= left & (0U - (right & 1U));
        left <<= 1;
        left ^= FIELD_POLYNOMIAL & (0U - (left >> FIELD_BITS));
        right >>= 1;
    }
    return (uint8_t)product;
}

/* a to the power of 254, since a to the power of 255 is 1. */
uint8_t shamir_invert(uint8_t a)
{
    uint8_t square = a, inverse = 1;

    for (int bit = 1; bit < FIELD_BITS; bit++) {
        square = shamir_multiply(square, square);
        inverse = shamir_multiply(inverse, square);
    }
    return inverse;
}

Result shamir_split(const uint8_t *secret, size_t length, ShamirShare shares[SHAMIR_SHARES], Error *error)
{
    uint8_t *slopes = shares[0].points; /* share 1 is written last: at 1 the line is secret plus slope */

    TRY(secret_random(slopes, length, error));
    for (int index = SHAMIR_SHARES; index >= 1; index--) {
        shares[index - 1].index = index;
        for (size_t i = 0; i < length; i++)
            shares[index - 1].points[i] = secret[i] ^ shamir_multiply((uint8_t)index, slopes[i]);
    }
    return RESULT_OK;
}

/* Lagrange at 0: a share counts with the other's index over the sum of both; addition is XOR. */
static uint8_t weight(int own, int other)
{
    return shamir_multiply((uint8_t)other, shamir_invert((uint8_t)(own ^ other)));
}

void shamir_combine(const ShamirShare shares[SHAMIR_NEEDED], size_t length, uint8_t *secret)
{
    const ShamirShare *a = &shares[0], *b = &shares[1];
    uint8_t weight_a = weight(a->index, b->index), weight_b = weight(b->index, a->index);

    assert(a->index != b->index);
    for (size_t i = 0; i < length; i++)
        secret[i] = shamir_multiply(weight_a, a->points[i]) ^ shamir_multiply(weight_b, b->points[i]);
}
