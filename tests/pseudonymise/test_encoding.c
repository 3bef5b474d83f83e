#include "encodings.h"

enum { PEOPLE = 300 };

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
