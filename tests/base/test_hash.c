#include "base/hash.h"

#include <string.h>

#include <criterion/criterion.h>

/* FIPS 180-4 example values (NIST CSRC, "SHA256.pdf"), and the hash of nothing. */
static const char hash_of_nothing[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
static const char hash_of_abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
static const char hash_of_two_blocks[] = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";

static void expect_hash(Hash hash, const char *expected)
{
    char text[HASH_TEXT_BYTES];

    cr_expect_str_eq(hash_format(&hash, text), expected);
}

Test(hash, gives_the_values_of_the_standard)
{
    expect_hash(hash_of(NULL, 0), hash_of_nothing);
    expect_hash(hash_of("abc", 3), hash_of_abc);
    expect_hash(hash_of(two_blocks, strlen(two_blocks)), hash_of_two_blocks);
}

Test(hash, of_a_stream_is_that_of_its_pieces_together)
{
    HashStream *stream = hash_open();

    expect_hash(hash_value(stream), hash_of_nothing);
    hash_add(stream, "a", 1);
    hash_add(stream, NULL, 0);
    hash_add(stream, "bc", 2);
    expect_hash(hash_value(stream), hash_of_abc);
    hash_add(stream, two_blocks + 3, strlen(two_blocks) - 3);
    hash_close(&stream);

    cr_expect_null(stream);
    hash_close(&stream);
}

Test(hash, goes_on_after_its_value_was_taken)
{
    HashStream *stream = hash_open();

    hash_add(stream, two_blocks, 10);
    (void)hash_value(stream);
    hash_add(stream, two_blocks + 10, strlen(two_blocks) - 10);

    expect_hash(hash_value(stream), hash_of_two_blocks);
    hash_close(&stream);
}

Test(hash, is_read_from_lower_case_hex)
{
    Hash hash, expected = hash_of("abc", 3);

    cr_expect(hash_parse(text_from(hash_of_abc), &hash));

    cr_expect_eq(memcmp(hash.bytes, expected.bytes, HASH_BYTES), 0);
}

Test(hash, what_is_no_hash_is_refused_and_leaves_the_hash)
{
    Hash hash = {{7}};
    char text[HASH_TEXT_BYTES];

    cr_expect_not(hash_parse(TEXT(""), &hash));
    cr_expect_not(hash_parse((Text){hash_of_abc, HASH_TEXT_BYTES - 2}, &hash));
    for (size_t i = 0; i < 2; i++) {
        static const char wrong[] = {'g', 'A'};
        memcpy(text, hash_of_abc, sizeof text);
        text[63 - i] = wrong[i];
        cr_expect_not(hash_parse(text_from(text), &hash), "\"%s\"", text);
    }
    cr_expect_eq(hash.bytes[0], 7);
}
