#include "tests/base/packed.h"

TestSuite(input_gzip, .fini = workbench_clear);

Test(input_gzip, comes_decoded_and_its_digest_is_of_what_was_delivered)
{
    static unsigned char sample[SAMPLE_BYTES], file[2 * SAMPLE_BYTES];
    SCOPED(text_builder_close) TextBuilder content = text_builder(SAMPLE_BYTES);
    Error error = {0};
    Hash digest;
    fill_sample(sample, sizeof sample);
    size_t length = gzip(sample, sizeof sample, file, sizeof file);
    const char *path = put(file, length);

    expect_content(path, sample, sizeof sample);
    cr_assert(read_whole(path, NULL, 4096, &content, &digest, &error).ok);

    Hash expected = hash_of(file, length);
    cr_expect_eq(memcmp(&digest, &expected, sizeof digest), 0);
}

/* RFC 1952, section 2.2: members follow one another, also empty ones. */
Test(input_gzip, members_one_behind_the_other_are_one_file)
{
    unsigned char file[400];
    size_t length = gzip("hello ", 6, file, sizeof file);

    length += gzip("", 0, file + length, sizeof file - length);
    length += gzip("world", 5, file + length, sizeof file - length);

    expect_content(put(file, length), "hello world", 11);
    expect_content(put(file, gzip("", 0, file, sizeof file)), "", 0);
}

/* The switch: the check at the drained end of read_gzip. */
Test(input_gzip, a_cut_anywhere_is_an_error)
{
    unsigned char file[400];
    size_t first = gzip("hello hello hello", 17, file, sizeof file);
    size_t both = first + gzip("world", 5, file + first, sizeof file - first);

    for (size_t cut = 2; cut < both; cut++)
        if (cut != first)
            expect_failure(put(file, cut), NULL, ERROR_INPUT, "gzip member ends early");
    expect_content(put(file, first), "hello hello hello", 17);
}

/* RFC 1952, section 2.3.1. libarchive's gzip filter verifies neither: the switch is windowBits 15 + 16. */
Test(input_gzip, a_member_whose_checksum_or_length_differs_is_an_error)
{
    unsigned char file[100];
    size_t length = gzip("hello", 5, file, sizeof file);

    file[length - 8] ^= 1;
    expect_failure(put(file, length), NULL, ERROR_INPUT, "gzip member is damaged (incorrect data check)");
    file[length - 8] ^= 1;
    file[length - 4] ^= 1;
    expect_failure(put(file, length), NULL, ERROR_INPUT, "gzip member is damaged (incorrect length check)");
}

Test(input_gzip, bytes_behind_a_member_that_are_no_member_are_an_error)
{
    unsigned char file[100];
    size_t length = gzip("hello", 5, file, sizeof file);

    memcpy(file + length, "plain text", 10);
    expect_failure(put(file, length + 10), NULL, ERROR_INPUT,
                   "gzip member is damaged (incorrect header check)");
    expect_failure(put(file, length + 1), NULL, ERROR_INPUT, "gzip member ends early");
}

/* gzip(1), "advanced usage": zeros up to a block of a tape are passed over. The switch: in_padding. */
Test(input_gzip, nul_bytes_behind_the_last_member_are_padding_and_nothing_may_follow_them)
{
    static unsigned char file[600000];
    size_t length = gzip("hello", 5, file, sizeof file);

    expect_content(put(file, length + 1), "hello", 5);
    expect_content(put(file, sizeof file), "hello", 5);
    file[sizeof file - 1] = 'x';
    expect_failure(put(file, sizeof file), NULL, ERROR_INPUT, "bytes behind the padding of the gzip file");
    (void)gzip("world", 5, file + length + 3, sizeof file - length - 3);
    expect_failure(put(file, 2 * length + 3), NULL, ERROR_INPUT, "bytes behind the padding of the gzip file");
}

Test(input_gzip, every_damaged_bit_is_found_or_does_not_matter)
{
    unsigned char file[400];
    size_t length = gzip("hello hello hello", 17, file, sizeof file);

    expect_every_flip_found(file, length, 2, "hello hello hello", 17);
}

/* The switches: bytes_max and ratio_max in input_layer_count. */
Test(input_gzip, has_the_limits_of_every_format)
{
    static unsigned char zeros[40 * SAMPLE_BYTES], file[SAMPLE_BYTES];
    SCOPED(text_builder_close) TextBuilder content = text_builder(sizeof zeros);
    InputLimits limits = INPUT_LIMITS_DEFAULT;
    Error error = {0};
    Hash digest;
    size_t length = gzip(zeros, sizeof zeros, file, sizeof file);

    expect_failure(put(file, length), NULL, ERROR_LIMIT, "grows more than 200-fold when decompressed");
    limits.ratio_max = 1e9;
    cr_expect(read_whole(packed_path, &limits, 4096, &content, &digest, &error).ok, "%s", error.message);
    limits.bytes_max = sizeof zeros - 1;
    expect_failure(packed_path, &limits, ERROR_LIMIT, "holds more than the 39999999 bytes allowed");
}

/* The switch: nesting_max in check_nesting. */
Test(input_gzip, formats_nest_up_to_the_limit)
{
    unsigned char once[100], twice[200], thrice[300];
    size_t length = gzip("hello", 5, once, sizeof once);
    size_t length_twice = compress_frame(once, length, 10, twice, sizeof twice);
    size_t length_thrice = gzip(twice, length_twice, thrice, sizeof thrice);

    expect_content(put(twice, length_twice), "hello", 5);
    expect_failure(put(thrice, length_thrice), NULL, ERROR_LIMIT, "packed more than 2 times over");
    /* damage of the inner one is found through the outer one */
    length_twice = compress_frame(once, length - 1, 10, twice, sizeof twice);
    expect_failure(put(twice, length_twice), NULL, ERROR_INPUT, "gzip member ends early");
}
