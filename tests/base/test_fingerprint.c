#include "base/fingerprint.h"

#include <string.h>

#include <criterion/criterion.h>

static Fingerprint of(uint8_t key_byte, const char *first, const char *second)
{
    uint8_t key[FINGERPRINT_KEY_BYTES];
    FingerprintStream *stream = NULL;
    Fingerprint fingerprint;
    Error error = {0};

    memset(key, key_byte, sizeof key);
    cr_assert(fingerprint_open(key, &stream, &error).ok, "%s", error.message);
    fingerprint_add(stream, first, strlen(first));
    fingerprint_add(stream, second, strlen(second));
    cr_assert(fingerprint_end(stream, &fingerprint, &error).ok, "%s", error.message);
    fingerprint_close(&stream);
    return fingerprint;
}

Test(fingerprint, it_is_of_the_bytes_and_not_of_how_they_came)
{
    Fingerprint one = of(1, "a fingerprint of bytes", " in two pieces");
    Fingerprint other = of(1, "a fingerprint of b", "ytes in two pieces");

    cr_expect_arr_eq(one.bytes, other.bytes, FINGERPRINT_BYTES);
}

Test(fingerprint, other_bytes_and_other_keys_have_another)
{
    Fingerprint one = of(1, "abc", ""), longer = of(1, "abc", "\1"), other = of(1, "abd", ""),
                key = of(2, "abc", "");

    cr_expect_arr_neq(one.bytes, longer.bytes, FINGERPRINT_BYTES);
    cr_expect_arr_neq(one.bytes, other.bytes, FINGERPRINT_BYTES);
    cr_expect_arr_neq(one.bytes, key.bytes, FINGERPRINT_BYTES);
}

/* Test case 13 of the GCM specification (McGrew and Viega, 2005): AES-256, all zero, nothing authenticated.
 */
Test(fingerprint, of_nothing_under_a_key_of_zeros_it_is_the_published_one)
{
    static const uint8_t expected[FINGERPRINT_BYTES] = {0x53, 0x0f, 0x8a, 0xfb, 0xc7, 0x45, 0x36, 0xb9,
                                                        0xa9, 0x63, 0xb4, 0xf1, 0xc4, 0xcb, 0x73, 0x8b};

    cr_expect_arr_eq(of(0, "", "").bytes, expected, FINGERPRINT_BYTES);
}
