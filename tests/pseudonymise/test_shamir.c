#include "pseudonymise/shamir.h"

#include "tests/pseudonymise/fixture.h"

TestSuite(shamir);

/* FIPS 197, section 4.2 (its worked product) and 4.2.1 (multiplication by x, repeated). */
Test(shamir, products_are_those_of_fips_197)
{
    cr_expect_eq(shamir_multiply(0x57, 0x83), 0xc1);
    cr_expect_eq(shamir_multiply(0x57, 0x02), 0xae);
    cr_expect_eq(shamir_multiply(0x57, 0x04), 0x47);
    cr_expect_eq(shamir_multiply(0x57, 0x08), 0x8e);
    cr_expect_eq(shamir_multiply(0x57, 0x10), 0x07);
    cr_expect_eq(shamir_multiply(0x57, 0x13), 0xfe);
}

Test(shamir, it_is_a_field)
{
    for (unsigned a = 0; a < 256; a++) {
        cr_assert_eq(shamir_multiply((uint8_t)a, 1), a);
        cr_assert_eq(shamir_multiply((uint8_t)a, 0), 0);
        if (a > 0)
            cr_assert_eq(shamir_multiply((uint8_t)a, shamir_invert((uint8_t)a)), 1, "%u", a);
        for (unsigned b = 0; b < 256; b++)
            cr_assert_eq(shamir_multiply((uint8_t)a, (uint8_t)b), shamir_multiply((uint8_t)b, (uint8_t)a));
    }
}

/* The line through 0x53 with slope 0xca: points worked out by hand with xtime, 0xca * 2 = 0x8f. */
Test(shamir, any_two_points_of_a_known_line_give_the_secret)
{
    uint8_t points[SHAMIR_SHARES] = {0x53 ^ 0xca, 0x53 ^ 0x8f, 0x53 ^ 0x45};

    for (int a = 0; a < SHAMIR_SHARES; a++)
        for (int b = 0; b < SHAMIR_SHARES; b++) {
            const ShamirShare pair[] = {{a + 1, &points[a]}, {b + 1, &points[b]}};
            uint8_t secret = 0;
            if (a == b)
                continue;
            shamir_combine(pair, 1, &secret);
            cr_expect_eq(secret, 0x53, "shares %d and %d", a + 1, b + 1);
        }
}

Test(shamir, what_was_split_is_restored_by_every_pair)
{
    uint8_t secret[256], points[SHAMIR_SHARES][256], restored[256];
    ShamirShare shares[] = {{0, points[0]}, {0, points[1]}, {0, points[2]}};
    Error error = {0};
    for (unsigned i = 0; i < 256; i++)
        secret[i] = (uint8_t)i;

    cr_assert(shamir_split(secret, sizeof secret, shares, &error).ok);

    for (int a = 0; a < SHAMIR_SHARES; a++)
        for (int b = 0; b < SHAMIR_SHARES; b++) {
            const ShamirShare pair[] = {shares[a], shares[b]};
            if (a == b)
                continue;
            memset(restored, 0xee, sizeof restored);
            shamir_combine(pair, sizeof restored, restored);
            cr_expect_arr_eq(restored, secret, sizeof secret, "shares %d and %d", a + 1, b + 1);
        }
}

/* Each share of an all-zero and of an all-one secret takes every byte value about as often: chi squared with
 * 255 degrees of freedom exceeds 400 with a chance of 1e-8. Goes red when the slope is left out or halved. */
Test(shamir, a_share_alone_is_uniform_whatever_the_secret_is)
{
    enum { LENGTH = 65536 };
    static uint8_t secret[LENGTH], points[SHAMIR_SHARES][LENGTH];
    ShamirShare shares[] = {{0, points[0]}, {0, points[1]}, {0, points[2]}};
    Error error = {0};

    for (int fill = 0; fill <= 0xff; fill += 0xff) {
        memset(secret, fill, sizeof secret);
        cr_assert(shamir_split(secret, LENGTH, shares, &error).ok);

        for (int share = 0; share < SHAMIR_SHARES; share++) {
            double counts[256] = {0}, chi = 0;
            for (int i = 0; i < LENGTH; i++)
                counts[points[share][i]]++;
            for (int value = 0; value < 256; value++)
                chi += (counts[value] - 256) * (counts[value] - 256) / 256;
            cr_expect_lt(chi, 400, "share %d of a secret of %02x", share + 1, fill);
        }
    }
}
