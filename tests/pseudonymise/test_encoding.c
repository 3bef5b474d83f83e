#include <math.h>

#include "base/hash.h"
#include "fixture.h"
#include "pseudonymise/encoding_positions.h"

/* docs/linkage.md: where things are in an encoding. */
enum { AT_VERSION = 2, AT_SCHEME = 4, AT_FIELDS = 10, AT_BLOCKS = 12, AT_CLASSES = 20, AT_SIZES = 24 };
enum { PEOPLE = 300 };

static const EncodingKind kinds[] = {ENCODING_GIVEN_NAME, ENCODING_FAMILY_NAME, ENCODING_BIRTH_DATE,
                                     ENCODING_SEX, ENCODING_POSTCODE};
enum { FIELDS = sizeof kinds / sizeof kinds[0], TOKENS_AT = AT_SIZES + FIELDS };

typedef struct Encoding {
    uint8_t bytes[ENCODING_BYTES_MAX];
    size_t length;
} Encoding;

static EncodingOptions options_of(bool by_blocks)
{
    return (EncodingOptions){
        .purpose = "test", .key_version = 1, .kinds = kinds, .field_count = FIELDS, .by_blocks = by_blocks};
}

static Encoder *encoder_of(const Keyring *keyring, const EncodingOptions *options)
{
    Encoder *encoder = NULL;
    Error error = {0};

    cr_assert(encoder_create(keyring, options, &encoder, &error).ok, "%s", error.message);
    return encoder;
}

static void encode(Encoder *encoder, const char *const texts[FIELDS], Encoding *encoding)
{
    Text fields[FIELDS];
    Error error = {0};

    for (size_t i = 0; i < FIELDS; i++)
        fields[i] = text_from(texts[i]);
    cr_assert(encoder_encode(encoder, fields, encoding->bytes, &encoding->length, &error).ok, "%s",
              error.message);
}

static uint64_t number_at(const Encoding *encoding, size_t at, size_t bytes)
{
    uint64_t number = 0;

    for (size_t i = 0; i < bytes; i++)
        number = number << 8 | encoding->bytes[at + i];
    return number;
}

static size_t token_count(const Encoding *encoding)
{
    return (size_t)__builtin_popcountll(number_at(encoding, AT_BLOCKS, 8));
}

/* Whether any token of one stands among those of the other. */
static bool share_a_token(const Encoding *a, const Encoding *b)
{
    for (size_t i = 0; i < token_count(a); i++) {
        for (size_t j = 0; j < token_count(b); j++) {
            if (memcmp(a->bytes + TOKENS_AT + 8 * i, b->bytes + TOKENS_AT + 8 * j, 8) == 0)
                return true;
        }
    }
    return false;
}

/* The first filter of the first view: the given name's. */
static const uint8_t *given_filter(const Encoding *encoding)
{
    return encoding->bytes + TOKENS_AT + 8 * token_count(encoding);
}

static size_t filter_bytes(const Encoding *encoding, size_t field)
{
    return encoding->bytes[AT_SIZES + field] & 0x7FU;
}

static int bits_set(const uint8_t *filter, size_t bytes)
{
    int set = 0;

    for (size_t i = 0; i < bytes; i++)
        set += __builtin_popcount(filter[i]);
    return set;
}

static const char *const ann[FIELDS] = {"Ann", "Lee", "1923-04-05", "F", "CT1 2AB"};
static const char *const ann_again[FIELDS] = {" ANN", "LEE ", "05/04/1923", "2", "ct12ab"};
static const char *const other_ann[FIELDS] = {"Ann", "Okafor", "1988-11-30", "F", "ME7 5XY"};

Test(encoding, the_same_person_written_otherwise_is_encoded_the_same)
{
    SCOPED(keyring_close) Keyring *keyring = fixture_keyring();
    for (int by_blocks = 0; by_blocks < 2; by_blocks++) {
        const EncodingOptions options = options_of(by_blocks);
        SCOPED(encoder_close) Encoder *one = encoder_of(keyring, &options);
        SCOPED(encoder_close) Encoder *two = encoder_of(keyring, &options);
        Encoding a, b;

        encode(one, ann, &a);
        encode(two, ann_again, &b);

        cr_expect_eq(a.length, b.length);
        cr_expect_arr_eq(a.bytes, b.bytes, a.length);
    }
    fixture_clear();
}

Test(encoding, an_absent_field_has_no_filter_and_no_block)
{
    SCOPED(keyring_close) Keyring *keyring = fixture_keyring();
    const EncodingOptions options = options_of(false);
    SCOPED(encoder_close) Encoder *encoder = encoder_of(keyring, &options);
    const char *const no_date[FIELDS] = {"Ann", "Lee", "", "not stated", "CT1 2AB"};
    Encoding whole, part;

    encode(encoder, ann, &whole);
    encode(encoder, no_date, &part);

    cr_expect_eq(number_at(&whole, AT_FIELDS, 2), 0x1FU);
    cr_expect_eq(number_at(&part, AT_FIELDS, 2), 0x13U);
    cr_expect_lt(token_count(&part), token_count(&whole));
    fixture_clear();
}

/* A token of a name alone could be counted against a public list of names. Switch: the rules of
 * encoding_block_rules.c, none of which has fewer than two fields. */
Test(encoding, one_field_alone_has_no_token)
{
    SCOPED(keyring_close) Keyring *keyring = fixture_keyring();
    const EncodingOptions options = options_of(true);
    SCOPED(encoder_close) Encoder *encoder = encoder_of(keyring, &options);

    for (size_t i = 0; i < FIELDS; i++) {
        const char *alone[FIELDS] = {"", "", "", "", ""};
        Encoding encoding;
        alone[i] = ann[i];
        encode(encoder, alone, &encoding);
        cr_expect_eq(number_at(&encoding, AT_BLOCKS, 8), 0U, "field %zu", i);
    }
    fixture_clear();
}

/* Switch: options.purpose and options.key_version in sub_key's info. */
Test(encoding, another_purpose_or_key_version_shares_no_token_and_no_filter)
{
    SCOPED(keyring_close) Keyring *keyring = fixture_keyring();
    EncodingOptions options = options_of(false);
    SCOPED(encoder_close) Encoder *encoder = encoder_of(keyring, &options);
    options.purpose = "other";
    SCOPED(encoder_close) Encoder *of_other_purpose = encoder_of(keyring, &options);
    options = options_of(false);
    options.key_version = 2;
    SCOPED(encoder_close) Encoder *of_next_version = encoder_of(keyring, &options);
    Encoding here, there, then;

    encode(encoder, ann, &here);
    encode(of_other_purpose, ann, &there);
    encode(of_next_version, ann, &then);

    cr_expect_not(share_a_token(&here, &there));
    cr_expect_not(share_a_token(&here, &then));
    cr_expect_neq(memcmp(given_filter(&here), given_filter(&there), filter_bytes(&here, 0)), 0);
    cr_expect_neq(memcmp(given_filter(&here), given_filter(&then), filter_bytes(&here, 0)), 0);
    cr_expect_eq(number_at(&here, AT_VERSION, 2), 1U);
    cr_expect_eq(number_at(&then, AT_VERSION, 2), 2U);
    fixture_clear();
}

/* Of two people who share a name alone. Switch: options.by_blocks. */
Test(encoding, by_blocks_the_same_name_looks_otherwise_for_another_person)
{
    SCOPED(keyring_close) Keyring *keyring = fixture_keyring();
    EncodingOptions options = options_of(false);
    SCOPED(encoder_close) Encoder *plain = encoder_of(keyring, &options);
    options = options_of(true);
    SCOPED(encoder_close) Encoder *by_blocks = encoder_of(keyring, &options);
    Encoding a, b;

    encode(plain, ann, &a);
    encode(plain, other_ann, &b);
    cr_expect_arr_eq(given_filter(&a), given_filter(&b), filter_bytes(&a, 0), "the control: not hardened");
    encode(by_blocks, ann, &a);
    encode(by_blocks, other_ann, &b);

    const uint8_t *of_a = given_filter(&a), *of_b = given_filter(&b);
    for (const uint8_t *x = of_a; x + filter_bytes(&a, 0) <= a.bytes + a.length; x += 4) {
        for (const uint8_t *y = of_b; y + filter_bytes(&b, 0) <= b.bytes + b.length; y += 4)
            cr_assert_neq(memcmp(x, y, filter_bytes(&a, 0)), 0);
    }
    fixture_clear();
}

/* Switch: share_positions, which gives each filter the same number of positions. */
Test(encoding, the_weight_of_a_filter_does_not_tell_the_length_of_the_name)
{
    SCOPED(keyring_close) Keyring *keyring = fixture_keyring();
    const EncodingOptions options = options_of(false);
    SCOPED(encoder_close) Encoder *encoder = encoder_of(keyring, &options);
    double sum_x = 0, sum_y = 0, sum_xx = 0, sum_yy = 0, sum_xy = 0;

    for (int i = 0; i < PEOPLE; i++) {
        char name[16] = "";
        const char *const person[FIELDS] = {name, "Lee", "", "", ""};
        int length = 3 + i % 9;
        Encoding encoding;
        for (int c = 0; c < length; c++)
            name[c] = (char)('a' + (i * 7 + c * c * 5 + c * i) % 26);
        encode(encoder, person, &encoding);
        double x = length, y = bits_set(given_filter(&encoding), filter_bytes(&encoding, 0));
        sum_x += x, sum_y += y, sum_xx += x * x, sum_yy += y * y, sum_xy += x * y;
    }

    double covariance = PEOPLE * sum_xy - sum_x * sum_y;
    double r2 =
        covariance * covariance / (PEOPLE * sum_xx - sum_x * sum_x) / (PEOPLE * sum_yy - sum_y * sum_y);
    cr_expect_lt(r2, 0.05, "R2 is %.3f", r2);
    fixture_clear();
}

Test(encoding, flips_are_a_records_own_and_come_again)
{
    SCOPED(keyring_close) Keyring *keyring = fixture_keyring();
    EncodingOptions options = options_of(false);
    options.flips_per_thousand = 50;
    SCOPED(encoder_close) Encoder *encoder = encoder_of(keyring, &options);
    Encoding a, again, other;

    encode(encoder, ann, &a);
    encode(encoder, ann_again, &again);
    encode(encoder, other_ann, &other);

    cr_expect_arr_eq(a.bytes, again.bytes, a.length);
    cr_expect_neq(memcmp(given_filter(&a), given_filter(&other), filter_bytes(&a, 0)), 0);
    fixture_clear();
}

Test(encoding, folds_halve_a_filter)
{
    SCOPED(keyring_close) Keyring *keyring = fixture_keyring();
    EncodingOptions options = options_of(false);
    options.folds = 1;
    SCOPED(encoder_close) Encoder *encoder = encoder_of(keyring, &options);
    Encoding encoding;

    encode(encoder, ann, &encoding);

    cr_expect_eq(filter_bytes(&encoding, 0), 8U);
    cr_expect_gt(bits_set(given_filter(&encoding), 8), 0);
    fixture_clear();
}

/* One in 100 is common from 1 in 256 on; one in 1000 is middling; one in 10,000 rare. */
Test(encoding, what_was_observed_gives_a_value_one_of_three_classes)
{
    SCOPED(keyring_close) Keyring *keyring = fixture_keyring();
    const EncodingOptions options = options_of(true);
    SCOPED(encoder_close) Encoder *encoder = encoder_of(keyring, &options);
    Encoding unknown, common, middling, rare;
    Error error = {0};
    const char *const bob[FIELDS] = {"Bob", "Lee", "", "", ""}, *const cy[FIELDS] = {"Cy", "Lee", "", "", ""};

    encode(encoder, ann, &unknown);
    for (int i = 0; i < 10000; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "name%d", i);
        const char *given = i == 0 ? "Cy" : i % 100 == 1 ? "Ann" : i % 1000 == 2 ? "Bob" : name;
        const Text fields[FIELDS] = {text_from(given), TEXT("Lee"), {0}, {0}, {0}};
        cr_assert(encoder_observe(encoder, fields, &error).ok, "%s", error.message);
    }
    encode(encoder, ann, &common);
    encode(encoder, bob, &middling);
    encode(encoder, cy, &rare);

    cr_expect_eq(number_at(&unknown, AT_CLASSES, 4) & 3, 0U);
    cr_expect_eq(number_at(&common, AT_CLASSES, 4) & 3, 1U);
    cr_expect_eq(number_at(&middling, AT_CLASSES, 4) & 3, 2U);
    cr_expect_eq(number_at(&rare, AT_CLASSES, 4) & 3, 3U);
    fixture_clear();
}

/* A block of 101 people has no token any more, one of 100 has. Switch: crowd_of in encode. */
Test(encoding, a_crowded_block_has_no_token)
{
    SCOPED(keyring_close) Keyring *keyring = fixture_keyring();
    EncodingOptions options = options_of(false);
    options.block_max = 100;
    SCOPED(encoder_close) Encoder *encoder = encoder_of(keyring, &options);
    const Text full[FIELDS] = {TEXT("Ann"), TEXT("Lee"), {0}, {0}, {0}};
    const Text crowded[FIELDS] = {TEXT("Bob"), TEXT("Ray"), {0}, {0}, {0}};
    Encoding encoding;
    Error error = {0};

    for (int i = 0; i < 100; i++) {
        cr_assert(encoder_observe(encoder, full, &error).ok);
        cr_assert(encoder_observe(encoder, crowded, &error).ok);
    }
    cr_assert(encoder_observe(encoder, crowded, &error).ok);

    cr_assert(encoder_encode(encoder, full, encoding.bytes, &encoding.length, &error).ok);
    cr_expect_eq(token_count(&encoding), 1U);
    cr_assert(encoder_encode(encoder, crowded, encoding.bytes, &encoding.length, &error).ok);
    cr_expect_eq(token_count(&encoding), 0U);
    fixture_clear();
}

/* Of 20,000 records a block may hold 20: half of 20 squared is a hundredth of them. */
Test(encoding, how_large_a_block_may_be_follows_from_how_many_were_observed)
{
    SCOPED(keyring_close) Keyring *keyring = fixture_keyring();
    EncodingOptions options = options_of(false);
    SCOPED(encoder_close) Encoder *encoder = encoder_of(keyring, &options);
    Encoding encoding;
    Error error = {0};

    for (int i = 0; i < 20000; i++) {
        const Text person[FIELDS] = {i < 20   ? TEXT("Ann")
                                     : i < 41 ? TEXT("Bob")
                                              : TEXT("Cy"),
                                     TEXT("Lee"),
                                     {0},
                                     {0},
                                     {0}};
        cr_assert(encoder_observe(encoder, person, &error).ok);
    }

    const Text of_20[FIELDS] = {TEXT("Ann"), TEXT("Lee"), {0}, {0}, {0}};
    const Text of_21[FIELDS] = {TEXT("Bob"), TEXT("Lee"), {0}, {0}, {0}};
    cr_assert(encoder_encode(encoder, of_20, encoding.bytes, &encoding.length, &error).ok);
    cr_expect_eq(token_count(&encoding), 1U);
    cr_assert(encoder_encode(encoder, of_21, encoding.bytes, &encoding.length, &error).ok);
    cr_expect_eq(token_count(&encoding), 0U);
    fixture_clear();
}

/* Switch: the reference's own salt. */
Test(encoding, a_reference_holds_no_filter_of_a_record_and_no_token)
{
    SCOPED(keyring_close) Keyring *keyring = fixture_keyring();
    const EncodingOptions options = options_of(true);
    SCOPED(encoder_close) Encoder *encoder = encoder_of(keyring, &options);
    Encoding record, reference;
    Error error = {0};

    encode(encoder, ann, &record);
    cr_assert(encoder_reference(encoder, reference.bytes, &reference.length, &error).ok);
    cr_expect_eq(number_at(&reference, AT_BLOCKS, 8), 0U);
    cr_expect_eq(number_at(&reference, AT_FIELDS, 2), 0x1FU);
    size_t bytes = filter_bytes(&record, 0);
    for (const uint8_t *x = given_filter(&record); x + bytes <= record.bytes + record.length; x += 4)
        cr_assert_neq(memcmp(x, reference.bytes + TOKENS_AT, bytes), 0);
    cr_assert(encoder_reference(encoder, reference.bytes, &reference.length, &error).ok);
    cr_expect_eq(reference.length, 0U, "one record, one sample");
    fixture_clear();
}

Test(encoding, options_out_of_range_are_refused)
{
    const struct {
        EncodingOptions options;
        const char *message;
    } cases[] = {
        {{.purpose = "t", .key_version = 1, .kinds = kinds}, "encoding: 1 to 12 fields"},
        {{.purpose = "t", .kinds = kinds, .field_count = 1}, "encoding: key version is not 1 to 65535"},
        {{.purpose = "t", .key_version = 1, .kinds = kinds, .field_count = 1, .filter_bits = 100},
         "encoding: filter bits are no power of two from 32 to 256"},
        {{.purpose = "t", .key_version = 1, .kinds = kinds, .field_count = 1, .block_max = 10001},
         "encoding: blocks hold 1 to 10000 records"},
        {{.purpose = "t", .key_version = 1, .kinds = kinds, .field_count = 1, .folds = 3},
         "encoding: 0 to 2 folds"},
        {{.purpose = "t", .key_version = 1, .kinds = kinds, .field_count = 1, .filter_bits = 256, .folds = 1},
         "encoding: filters before folding have more than 256 bits"},
        {{.purpose = "t", .key_version = 1, .kinds = kinds, .field_count = 1, .flips_per_thousand = 251},
         "encoding: 0 to 250 flips in a thousand bits"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Encoder *encoder = NULL;
        Error error = {0};
        cr_expect_not(encoder_create_ephemeral(&cases[i].options, &encoder, &error).ok);
        cr_expect_str_eq(error.message, cases[i].message);
        cr_expect_eq(error.code, ERROR_CONFIG);
    }
}

/* Longer than any buffer, every byte of it growing when folded, and bytes that are no text at all. */
Test(encoding, a_value_of_any_length_and_bytes_is_encoded)
{
    SCOPED(keyring_close) Keyring *keyring = fixture_keyring();
    const EncodingOptions options = options_of(true);
    SCOPED(encoder_close) Encoder *encoder = encoder_of(keyring, &options);
    static char longest[4000], broken[4000];
    Encoding encoding;

    for (size_t i = 0; i + 3 < sizeof longest; i += 3)
        memcpy(longest + i, "\xEF\xB7\xBA", 3);
    memset(broken, 0xE2, sizeof broken - 1);
    const char *const person[FIELDS] = {longest, longest, longest, "F", longest};
    const char *const junk[FIELDS] = {broken, broken, broken, broken, broken};

    encode(encoder, person, &encoding);
    cr_expect_eq(number_at(&encoding, AT_FIELDS, 2), 0x1FU);
    encode(encoder, junk, &encoding);
    cr_expect_eq(number_at(&encoding, AT_FIELDS, 2), 0U);
    fixture_clear();
}

/* Switch: keyring_check_day in encoder_create. */
Test(encoding, behind_the_last_day_of_a_key_nothing_is_encoded)
{
    const EncodingOptions options = options_of(false);
    char path[FIXTURE_PATH_BYTES];
    Encoder *encoder = NULL;
    Error error = {0};
    (void)fixture_keyring_folder(path);
    cr_assert(keyring_expire(path, 0, date_today() - 1, &error).ok, "%s", error.message);
    Keyring *keyring = fixture_open(path);

    cr_expect_not(encoder_create(keyring, &options, &encoder, &error).ok);

    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_null(encoder);
    keyring_close(&keyring);
}

/* Given and family name alone make a block of strangers. Switch: is_broad in encoding_block_rules.c. */
Test(encoding, hardened_encodings_have_no_broad_blocks)
{
    SCOPED(keyring_close) Keyring *keyring = fixture_keyring();
    const EncodingOptions hardened = options_of(true), plain = options_of(false);
    SCOPED(encoder_close) Encoder *narrow = encoder_of(keyring, &hardened);
    SCOPED(encoder_close) Encoder *broad = encoder_of(keyring, &plain);
    const char *const names[FIELDS] = {"Ann", "Lee", "", "", ""};
    Encoding encoding;

    encode(narrow, names, &encoding);
    cr_expect_eq(token_count(&encoding), 0U);
    encode(broad, names, &encoding);
    cr_expect_eq(token_count(&encoding), 1U);
    fixture_clear();
}

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
Test(encoding, what_was_encoded_before_changes_no_encoding)
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
Test(encoding, its_bits_are_those_that_were_always_made)
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
Test(encoding, positions_set_their_bits_and_no_others)
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
