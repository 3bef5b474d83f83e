#include "pseudonymise/keyed.h"

#include "tests/pseudonymise/fixture.h"

typedef struct HmacVector {
    const char *key, *message, *expected;
} HmacVector;

/* RFC 4231, section 4: test cases 1, 2, 3, 4, 6 and 7 (5 is of a truncated output). */
static const HmacVector hmac_vectors[] = {
    {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {"4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",
     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {"0102030405060708090a0b0c0d0e0f10111213141516171819",
     "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
     "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
};

static const char long_key_message_6[] = "Test Using Larger Than Block-Size Key - Hash Key First";
static const char long_key_message_7[] = "This is a test using a larger than block-size key and a larger "
                                         "than block-size data. The key needs to be "
                                         "hashed before being used by the HMAC algorithm.";

static void expect_hmac(EVP_MAC_CTX *hash, const void *message, size_t length, const char *expected)
{
    uint8_t digest[KEYED_HASH_BYTES];
    char hex[FIXTURE_HEX_BYTES];
    Error error = {0};

    cr_assert(keyed_hash_of(hash, message, length, digest, &error).ok, "%s", error.message);
    cr_expect_str_eq(fixture_hex(digest, sizeof digest, hex), expected);
}

Test(keyed, hmac_gives_the_answers_of_rfc_4231)
{
    for (size_t i = 0; i < sizeof hmac_vectors / sizeof hmac_vectors[0]; i++) {
        uint8_t key[64], message[64];
        size_t key_length = fixture_unhex(hmac_vectors[i].key, key, sizeof key);
        size_t length = fixture_unhex(hmac_vectors[i].message, message, sizeof message);
        EVP_MAC_CTX *hash = NULL;
        Error error = {0};

        cr_assert(keyed_hash_create(KEYED_HMAC, key, key_length, &hash, &error).ok, "%s", error.message);

        expect_hmac(hash, message, length, hmac_vectors[i].expected);
        keyed_hash_close(&hash);
    }
}

Test(keyed, hmac_gives_the_answers_of_rfc_4231_for_a_long_key_and_again_when_reused)
{
    uint8_t key[131];
    EVP_MAC_CTX *hash = NULL;
    Error error = {0};

    memset(key, 0xaa, sizeof key);
    cr_assert(keyed_hash_create(KEYED_HMAC, key, sizeof key, &hash, &error).ok, "%s", error.message);

    for (int again = 0; again < 2; again++) {
        expect_hmac(hash, long_key_message_6, strlen(long_key_message_6),
                    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
        expect_hmac(hash, long_key_message_7, strlen(long_key_message_7),
                    "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
    }
    keyed_hash_close(&hash);
}

/* NIST SP 800-38B, appendix D.3 (AES-256): messages of 0, 16, 40 and 64 bytes, the later ones by going on. */
Test(keyed, cmac_gives_the_answers_of_sp_800_38b_and_again_when_reused)
{
    static const struct {
        size_t length;
        const char *expected;
    } vectors[] = {
        {0, "028962f61b7bf89efc6b551f4667d983"},
        {16, "28a7023f452e8f82bd4bf28d8c37c35c"},
        {40, "aaf3d8f1de5640c232f5b169b9c911e6"},
        {64, "e1992190549f6ed5696a2c056c315410"},
    };
    uint8_t key[KEY_BYTES], message[64], digest[KEYED_HASH_BYTES];
    char hex[FIXTURE_HEX_BYTES];
    EVP_MAC_CTX *hash = NULL;
    Error error = {0};

    fixture_unhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", key, sizeof key);
    fixture_unhex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                  "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
                  message, sizeof message);
    cr_assert(keyed_hash_create(KEYED_CMAC, key, sizeof key, &hash, &error).ok, "%s", error.message);

    for (size_t i = 0; i < 2 * sizeof vectors / sizeof *vectors; i++) {
        size_t length = vectors[i / 2].length;
        cr_assert(keyed_hash_of(hash, message, length, digest, &error).ok, "%s", error.message);
        cr_expect_str_eq(fixture_hex(digest, KEYED_BLOCK_BYTES, hex), vectors[i / 2].expected);
    }
    keyed_hash_close(&hash);
}

typedef struct HkdfVector {
    const char *secret, *salt, *info, *expected;
} HkdfVector;

/* RFC 5869, appendix A.1 to A.3. */
static const HkdfVector hkdf_vectors[] = {
    {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
     "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
    {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f"
     "303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f",
     "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f"
     "909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
     "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
     "e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
     "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
     "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"},
    {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
     "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"},
};

Test(keyed, hkdf_gives_the_answers_of_rfc_5869)
{
    for (size_t i = 0; i < sizeof hkdf_vectors / sizeof hkdf_vectors[0]; i++) {
        const HkdfVector *vector = &hkdf_vectors[i];
        uint8_t secret[80], salt[80], info[80], key[82];
        char hex[FIXTURE_HEX_BYTES];
        size_t key_length = strlen(vector->expected) / 2;
        KeyedDerivation derivation = {
            .secret = secret, .salt = vector->salt[0] == '\0' ? NULL : salt, .info = info};
        Error error = {0};
        derivation.secret_length = fixture_unhex(vector->secret, secret, sizeof secret);
        derivation.salt_length = fixture_unhex(vector->salt, salt, sizeof salt);
        derivation.info_length = fixture_unhex(vector->info, info, sizeof info);

        cr_assert(keyed_derive(&derivation, key, key_length, &error).ok, "%s", error.message);

        cr_expect_str_eq(fixture_hex(key, key_length, hex), vector->expected);
    }
}

Test(keyed, hkdf_of_more_bytes_than_it_can_give_is_an_error)
{
    static uint8_t key[255 * 32 + 1]; /* RFC 5869, section 2.3: at most 255 hashes */
    const KeyedDerivation derivation = {.secret = key, .secret_length = 32, .info = "", .info_length = 0};
    Error error = {0};

    cr_expect_not(keyed_derive(&derivation, key, sizeof key, &error).ok);

    cr_expect_eq(error.code, ERROR_SYSTEM);
    cr_expect_str_eq(error.message, "HKDF-SHA-256: OpenSSL refused");
}

/* FIPS 197, appendix C.3. */
Test(keyed, aes_256_gives_the_answer_of_fips_197_both_ways)
{
    uint8_t key[KEY_BYTES], block[KEYED_BLOCK_BYTES];
    char hex[FIXTURE_HEX_BYTES];
    EVP_CIPHER_CTX *lock = NULL, *unlock = NULL;
    Error error = {0};
    (void)fixture_unhex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", key, sizeof key);
    (void)fixture_unhex("00112233445566778899aabbccddeeff", block, sizeof block);
    cr_assert(keyed_block_create(key, KEYED_LOCK, &lock, &error).ok, "%s", error.message);
    cr_assert(keyed_block_create(key, KEYED_UNLOCK, &unlock, &error).ok, "%s", error.message);

    cr_assert(keyed_block_apply(lock, block, block, &error).ok, "%s", error.message);
    cr_expect_str_eq(fixture_hex(block, sizeof block, hex), "8ea2b7ca516745bfeafc49904b496089");
    cr_assert(keyed_block_apply(unlock, block, block, &error).ok, "%s", error.message);
    cr_expect_str_eq(fixture_hex(block, sizeof block, hex), "00112233445566778899aabbccddeeff");

    keyed_block_close(&lock);
    keyed_block_close(&unlock);
}

Test(keyed, a_cipher_answers_the_same_when_reused)
{
    uint8_t key[KEY_BYTES] = {1}, block[KEYED_BLOCK_BYTES] = {2}, first[KEYED_BLOCK_BYTES],
            second[KEYED_BLOCK_BYTES];
    EVP_CIPHER_CTX *lock = NULL;
    Error error = {0};
    cr_assert(keyed_block_create(key, KEYED_LOCK, &lock, &error).ok, "%s", error.message);

    cr_assert(keyed_block_apply(lock, block, first, &error).ok);
    cr_assert(keyed_block_apply(lock, block, second, &error).ok);

    cr_expect_arr_eq(first, second, sizeof first);
    keyed_block_close(&lock);
}
