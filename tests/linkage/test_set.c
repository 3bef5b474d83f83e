#include "tests/linkage/encoded.h"

static void expect_refused(LinkageSet *set, Text encoding, const char *message)
{
    Error error = {0};

    Result result = linkage_set_add(set, encoding, 0, &error);

    cr_expect_not(result.ok);
    cr_expect_eq(error.code, ERROR_INPUT);
    cr_expect_str_eq(error.message, message);
}

static const Encoded whole = {.values = {1, 2, 3}, .tokens = {4, 5}};

Test(linkage_set, an_encoding_of_another_key_version_is_refused)
{
    SCOPED(linkage_set_close) LinkageSet *set = linkage_set_create();
    const Encoded later = {.values = {1}, .key_version = 2};
    uint8_t bytes[ENCODED_BYTES];

    encoded_add(set, &whole, 0);

    expect_refused(set, encoded_write(&later, bytes),
                   "encoding: made under another key version than those before");
    cr_expect_eq(linkage_set_count(set), 1U);
}

Test(linkage_set, an_encoding_of_another_scheme_is_refused)
{
    SCOPED(linkage_set_close) LinkageSet *set = linkage_set_create();
    const Encoded by_blocks = {.values = {1}, .tokens = {4}, .flags = 1};
    uint8_t bytes[ENCODED_BYTES];
    static const char message[] = "encoding: of another scheme than those before";

    encoded_add(set, &whole, 0);

    expect_refused(set, encoded_write(&by_blocks, bytes), message);
    Text other = encoded_write(&whole, bytes);
    bytes[4] ^= 1;
    expect_refused(set, other, message);
    other = encoded_write(&whole, bytes);
    bytes[24] ^= 4;
    expect_refused(set, other, message);
}

Test(linkage_set, bytes_that_are_no_encoding_are_refused)
{
    static const char message[] = "encoding: not of a form that this version reads";
    uint8_t bytes[ENCODED_BYTES];
    Text encoding = encoded_write(&whole, bytes);

    for (size_t length = 0; length < encoding.length; length++) {
        SCOPED(linkage_set_close) LinkageSet *set = linkage_set_create();
        expect_refused(set, text_slice(encoding, 0, length), message);
    }
    const struct {
        size_t at;
        uint8_t value;
    } changes[] = {{0, 2}, {8, 0}, {8, 13}, {9, 65}, {11, 0xFF}, {19, 0xFF}, {24, 0}, {1, 2}};
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        SCOPED(linkage_set_close) LinkageSet *set = linkage_set_create();
        encoding = encoded_write(&whole, bytes);
        bytes[changes[i].at] = changes[i].value;
        expect_refused(set, encoding, message);
    }
}

Test(linkage_set, a_reference_is_no_record_and_a_record_no_reference)
{
    SCOPED(linkage_set_close) LinkageSet *set = linkage_set_create();
    const Encoded reference = {.values = {1, 2, 3}, .flags = 3}, record = {.values = {1}, .flags = 1};
    uint8_t bytes[ENCODED_BYTES];
    Error error = {0};

    expect_refused(set, encoded_write(&reference, bytes), "encoding: not of a form that this version reads");
    cr_expect(linkage_set_add_reference(set, encoded_write(&reference, bytes), &error).ok);
    cr_expect_not(linkage_set_add_reference(set, encoded_write(&record, bytes), &error).ok);
    cr_expect_eq(linkage_set_count(set), 0U);
}
