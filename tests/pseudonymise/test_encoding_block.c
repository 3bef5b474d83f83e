/* Which blocks a record is in, and what is the same only within one. */
#include "encodings.h"

/* Of two people who share a name alone. Switch: options.by_blocks. */
Test(encoding_block, by_blocks_the_same_name_looks_otherwise_for_another_person)
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

/* One in 100 is common from 1 in 256 on; one in 1000 is middling; one in 10,000 rare. */
Test(encoding_block, what_was_observed_gives_a_value_one_of_three_classes)
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
Test(encoding_block, a_crowded_block_has_no_token)
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
Test(encoding_block, how_large_a_block_may_be_follows_from_how_many_were_observed)
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
Test(encoding_block, a_reference_holds_no_filter_of_a_record_and_no_token)
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

/* Given and family name alone make a block of strangers. Switch: is_broad in encoding_block_rules.c. */
Test(encoding_block, hardened_encodings_have_no_broad_blocks)
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
