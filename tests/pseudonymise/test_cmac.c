#include "pseudonymise/cmac.h"

#include "tests/pseudonymise/fixture.h"

/* NIST SP 800-38B, appendix D.3 (AES-256). */
static const char key_hex[] = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4";
static const char text_hex[] = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                               "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";

static Cmac *open_with(const uint8_t *key)
{
    Cmac *cmac = NULL;
    Error error = {0};

    cr_assert(cmac_create(key, &cmac, &error).ok, "%s", error.message);
    return cmac;
}

/* All four in one call, so that messages of four lengths run side by side. */
Test(cmac, many_at_once_give_the_answers_of_sp_800_38b)
{
    static const struct {
        size_t length;
        const char *expected;
    } vectors[] = {
        {40, "aaf3d8f1de5640c232f5b169b9c911e6"},
        {0, "028962f61b7bf89efc6b551f4667d983"},
        {64, "e1992190549f6ed5696a2c056c315410"},
        {16, "28a7023f452e8f82bd4bf28d8c37c35c"},
    };
    uint8_t key[KEY_BYTES], text[64], digests[4][KEYED_BLOCK_BYTES];
    CmacMessage messages[4];
    char hex[FIXTURE_HEX_BYTES];
    Error error = {0};
    fixture_unhex(key_hex, key, sizeof key);
    fixture_unhex(text_hex, text, sizeof text);
    Cmac *cmac = open_with(key);
    for (int i = 0; i < 4; i++)
        messages[i] = (CmacMessage){.bytes = text, .length = vectors[i].length};

    for (int again = 0; again < 2; again++) {
        cr_assert(cmac_of(cmac, messages, 4, digests, &error).ok, "%s", error.message);
        for (int i = 0; i < 4; i++)
            cr_expect_str_eq(fixture_hex(digests[i], KEYED_BLOCK_BYTES, hex), vectors[i].expected);
    }
    cmac_close(&cmac);
}

/* Every count, and lengths around every edge of a block, against OpenSSL's own. */
Test(cmac, many_at_once_are_what_openssl_makes_of_each)
{
    static uint8_t text[700];
    uint8_t key[KEY_BYTES], digests[CMAC_MESSAGES_MAX][KEYED_BLOCK_BYTES], expected[KEYED_HASH_BYTES];
    CmacMessage messages[CMAC_MESSAGES_MAX];
    EVP_MAC_CTX *theirs = NULL;
    uint32_t seed = 1;
    Error error = {0};
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(seed = seed * 1664525 + 1013904223, seed >> 24);
    memcpy(key, text, sizeof key);
    Cmac *cmac = open_with(key);
    cr_assert(keyed_hash_create(KEYED_CMAC, key, sizeof key, &theirs, &error).ok);

    for (size_t turn = 0; turn < 500; turn++) {
        size_t count = turn % (CMAC_MESSAGES_MAX + 1);
        for (size_t i = 0; i < count; i++) {
            seed = seed * 1664525 + 1013904223;
            messages[i] = (CmacMessage){.bytes = text + (seed >> 8) % 300, .length = (seed >> 16) % 400};
        }
        cr_assert(cmac_of(cmac, messages, count, digests, &error).ok);
        for (size_t i = 0; i < count; i++) {
            cr_assert(keyed_hash_of(theirs, messages[i].bytes, messages[i].length, expected, &error).ok);
            cr_expect_arr_eq(digests[i], expected, KEYED_BLOCK_BYTES, "length %zu", messages[i].length);
        }
    }
    keyed_hash_close(&theirs);
    cmac_close(&cmac);
}
