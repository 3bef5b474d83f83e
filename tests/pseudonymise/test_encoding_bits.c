/* The bits of an encoding do not depend on what path makes them. */
#include "base/hash.h"
#include "encodings.h"
#include "pseudonymise/encoding_positions.h"

/* Names that go round: far more than an encoder keeps, so that each place is taken over again and again. */
static void nth_person(int n, char names[2][32], const char *person[FIELDS])
{
    static const char *const dates[] = {"1923-04-05", "05/04/1923", "", "19881130"};
    static const char *const postcodes[] = {"CT1 2AB", "ct12ab", "ME7 5XY", "",
                                            "no postcode but a long remark that "
                                            "nobody wrote into this field before"};

    (void)snprintf(names[0], sizeof names[0], "%c%s%d", 'a' + n % 26, n % 7 == 0 ? "\xC3\xA9" : "nn",
                   n % 3000);
    (void)snprintf(names[1], sizeof names[1], n % 11 == 0 ? "" : "O'%c%d", 'a' + n % 13, n % 5000);
    person[0] = names[0];
    person[1] = n % 5 == 0 ? names[0] : names[1];
    person[2] = dates[n % 4];
    person[3] = n % 3 == 0 ? "F" : n % 3 == 1 ? "1" : "";
    person[4] = postcodes[n % 5];
}

/* Switch: the comparison of known_by in memo_take. */
Test(encoding_bits, what_was_encoded_before_changes_no_encoding)
{
    SCOPED(keyring_close) Keyring *keyring = fixture_keyring();
    for (int by_blocks = 0; by_blocks < 2; by_blocks++) {
        const EncodingOptions options = options_of(by_blocks != 0);
        SCOPED(encoder_close) Encoder *used = encoder_of(keyring, &options);
        char names[2][32];
        const char *person[FIELDS];
        Encoding one, other;
        for (int n = 0; n < 6000; n++) {
            nth_person(n, names, person);
            encode(used, person, &one);
        }
        for (int n = 0; n < 6000; n += 397) {
            SCOPED(encoder_close) Encoder *fresh = encoder_of(keyring, &options);
            nth_person(n, names, person);

            encode(used, person, &one);
            encode(fresh, person, &other);

            cr_assert_eq(one.length, other.length);
            cr_assert_arr_eq(one.bytes, other.bytes, one.length);
        }
    }
    fixture_clear();
}

/* Encodings are kept for years and come from many places: their bits are those of the first version, whatever
 * path makes them. A change of this hash is a change of the scheme and needs another key version. */
Test(encoding_bits, its_bits_are_those_that_were_always_made)
{
    static const struct {
        EncodingOptions options;
        const char *expected;
    } cases[] = {
        {{.by_blocks = false}, "59a9e17459fd2674b0a39e8c5131118e014cd45f8776ddec7796f9e9c8d150b4"},
        {{.by_blocks = true}, "9ece4c754e8c28a7b1553ec94e2212c46d683ffab7bc44f4f39e6c06c2096e41"},
        {{.by_blocks = true, .filter_bits = 64, .folds = 1, .flips_per_thousand = 40},
         "fc6a28ec6da155d9d68f7f464f939cb5aad50c387bdebec8d103289fe7aea6be"},
        {{.by_blocks = true, .filter_bits = 256},
         "ba71bdf299f8e8a6dcd8be0666e36bdd3652f883523cd3fc6a8836da9bf3c228"},
    };
    SCOPED(keyring_close) Keyring *keyring = fixture_keyring();

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        EncodingOptions options = options_of(cases[i].options.by_blocks);
        options.filter_bits = cases[i].options.filter_bits;
        options.folds = cases[i].options.folds;
        options.flips_per_thousand = cases[i].options.flips_per_thousand;
        SCOPED(encoder_close) Encoder *encoder = encoder_of(keyring, &options);
        HashStream *stream = hash_open();
        char names[2][32], hex[HASH_TEXT_BYTES];
        const char *person[FIELDS];
        Encoding encoding;

        for (int n = 0; n < 500; n++) {
            nth_person(n, names, person);
            encode(encoder, person, &encoding);
            hash_add(stream, encoding.bytes, encoding.length);
        }
        const Hash hash = hash_value(stream);
        hash_close(&stream);

        cr_expect_str_eq(hash_format(&hash, hex), cases[i].expected, "case %zu: %s", i, hex);
    }
    fixture_clear();
}

/* On the wide path: each of a q-gram's first positions sets its bit, and what lies behind them sets none. */
Test(encoding_bits, positions_set_their_bits_and_no_others)
{
#ifdef __x86_64__
    enum { GRAMS = 9 };
    static const uint8_t counts[GRAMS] = {1, 7, 8, 9, 16, 17, 0, 40, 64}, masks[] = {127, 63, 31};
    uint8_t chunks[16 * 16];

    for (size_t i = 0; i < sizeof chunks; i++)
        chunks[i] = (uint8_t)(i * 197 + i / 5 * 31);
    for (size_t m = 0; m < sizeof masks && __builtin_cpu_supports("avx2"); m++) {
        for (size_t first = 0; first < GRAMS; first++) {
            const FilterGrams grams = {
                .counts = counts + first, .count = 1, .mask = masks[m], .is_slim = true};
            uint64_t words[2] = {0}, expected[2] = {0};
            for (size_t i = 0; i < counts[first]; i++) {
                unsigned position = chunks[i] & masks[m];
                expected[position / 64] |= UINT64_C(1) << position % 64;
            }

            filter_set_avx2(chunks, &grams, words);

            cr_expect_eq(words[0], expected[0], "%d of mask %d", counts[first], masks[m]);
            cr_expect_eq(words[1], expected[1], "%d of mask %d", counts[first], masks[m]);
        }
    }
#endif
}
