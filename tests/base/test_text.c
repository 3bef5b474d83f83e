#include "base/text.h"

#include <signal.h>
#include <string.h>

#include <criterion/criterion.h>

static void expect_text(Text text, const char *expected)
{
    cr_expect(text_equal(text, text_from(expected)), "\"%.*s\" is not \"%s\"", TEXT_ARG(text), expected);
}

Test(text, of_no_string_is_empty)
{
    cr_expect_eq(text_from(NULL).length, 0);
    cr_expect_eq(text_from("abc").length, 3);
}

Test(text, equality_looks_at_length_and_bytes)
{
    cr_expect(text_equal(TEXT("abc"), TEXT("abc")));
    cr_expect_not(text_equal(TEXT("abc"), TEXT("abd")));
    cr_expect_not(text_equal(TEXT("abc"), TEXT("ab")));
    cr_expect(text_equal((Text){0}, TEXT("")));
}

Test(text, case_is_ignored_for_ascii_letters_alone)
{
    cr_expect(text_equal_ignore_case(TEXT("aZ[1"), TEXT("Az[1")));
    cr_expect_not(text_equal_ignore_case(TEXT("a["), TEXT("a{")));
    cr_expect_not(text_equal_ignore_case(TEXT("\xC3\xA9"), TEXT("\xC3\x89")));
    cr_expect_not(text_equal_ignore_case(TEXT("a"), TEXT("ab")));
}

Test(text, order_is_that_of_bytes_and_the_shorter_comes_first)
{
    cr_expect_lt(text_compare(TEXT("a"), TEXT("b")), 0);
    cr_expect_gt(text_compare(TEXT("a"), TEXT("Z")), 0);
    cr_expect_gt(text_compare(TEXT("\xC3"), TEXT("z")), 0);
    cr_expect_lt(text_compare(TEXT("ab"), TEXT("abc")), 0);
    cr_expect_gt(text_compare(TEXT("abc"), TEXT("ab")), 0);
    cr_expect_eq(text_compare(TEXT("abc"), TEXT("abc")), 0);
    cr_expect_eq(text_compare((Text){0}, TEXT("")), 0);
}

Test(text, starts_with_its_prefix_alone)
{
    cr_expect(text_starts_with(TEXT("abc"), TEXT("ab")));
    cr_expect(text_starts_with(TEXT("abc"), TEXT("")));
    cr_expect_not(text_starts_with(TEXT("abc"), TEXT("b")));
    cr_expect_not(text_starts_with(TEXT("ab"), TEXT("abc")));
}

Test(text, trimming_takes_spaces_and_tabs_at_both_ends)
{
    expect_text(text_trim(TEXT(" \ta b\t ")), "a b");
    expect_text(text_trim(TEXT(" \t ")), "");
    expect_text(text_trim(TEXT("\na")), "\na");
}

Test(text, a_slice_is_a_view_of_its_part)
{
    expect_text(text_slice(TEXT("abcdef"), 2, 4), "cd");
    expect_text(text_slice(TEXT("abc"), 3, 3), "");
}

Test(text, is_split_at_the_first_separator)
{
    Text rest = TEXT("a||b");

    expect_text(text_next(&rest, '|'), "a");
    expect_text(text_next(&rest, '|'), "");
    expect_text(text_next(&rest, '|'), "b");
    cr_expect_eq(rest.length, 0);
    expect_text(text_next(&rest, '|'), "");
}

Test(text, integers_are_read_up_to_both_ends_of_64_bits)
{
    int64_t value = 1;

    cr_expect(text_to_int64(TEXT("0"), &value) && value == 0);
    cr_expect(text_to_int64(TEXT("-0"), &value) && value == 0);
    cr_expect(text_to_int64(TEXT("0042"), &value) && value == 42);
    cr_expect(text_to_int64(TEXT("-42"), &value) && value == -42);
    cr_expect(text_to_int64(TEXT("9223372036854775807"), &value) && value == INT64_MAX);
    cr_expect(text_to_int64(TEXT("-9223372036854775808"), &value) && value == INT64_MIN);
}

Test(text, what_is_no_integer_is_refused_and_leaves_the_value)
{
    static const char *const wrong[] = {
        "",
        "-",
        "+1",
        " 1",
        "1 ",
        "1.0",
        "1e3",
        "0x1",
        "--1",
        "1-",
        "9223372036854775808",
        "-9223372036854775809",
        "99999999999999999999999",
    };
    int64_t value = 7;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_not(text_to_int64(text_from(wrong[i]), &value), "\"%s\"", wrong[i]);
    cr_expect_eq(value, 7);
}

Test(text, decimals_are_read_with_minus_and_point)
{
    double value = 1;

    cr_expect(text_to_double(TEXT("0"), &value) && value == 0);
    cr_expect(text_to_double(TEXT("12.5"), &value) && value == 12.5);
    cr_expect(text_to_double(TEXT("-0.25"), &value) && value == -0.25);
    cr_expect(text_to_double(TEXT("007"), &value) && value == 7);
    cr_expect(text_to_double((Text){.data = "1.59", .length = 3}, &value) && value == 1.5,
              "read past its end");
}

Test(text, what_is_no_decimal_is_refused_and_leaves_the_value)
{
    static const char *const wrong[] = {
        "", "-", ".", "-.", "1.", ".5", "+1", "1e3", "nan", "inf", "0x1", " 1", "1 ", "1,5", "1.2.3", "--1",
    };
    double value = 7;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_not(text_to_double(text_from(wrong[i]), &value), "\"%s\"", wrong[i]);
    cr_expect_eq(value, 7);
}

Test(text, a_decimal_too_large_for_a_double_is_refused)
{
    char digits[500];
    double value = 7;
    memset(digits, '9', sizeof digits);

    cr_expect_not(text_to_double((Text){.data = digits, .length = 350}, &value));
    cr_expect_not(text_to_double((Text){.data = digits, .length = 500}, &value));
    cr_expect_eq(value, 7);
}

Test(text, copies_end_in_nul_and_keep_nul_inside)
{
    Arena *arena = arena_create(1000);

    Text copy = text_copy(arena, (Text){.data = "a\0bX", .length = 3});
    const char *empty = text_to_string(arena, (Text){0});

    cr_expect_eq(copy.length, 3);
    cr_expect_eq(memcmp(copy.data, "a\0b", 4), 0);
    cr_expect_str_eq(empty, "");
    arena_close(&arena);
}

Test(text, formatting_makes_exactly_the_room_it_needs)
{
    Arena *arena = arena_create(10000);

    Text text = text_format(arena, "%s-%05d", "line", 42);
    Text wide = text_format(arena, "%*s", 3000, "x");

    cr_expect_str_eq(text.data, "line-00042");
    cr_expect_eq(text.length, 10);
    cr_expect_eq(wide.length, 3000);
    cr_expect_eq(wide.data[2999], 'x');
    arena_close(&arena);
}

/* The Unicode Standard 15.0, table 3-7, and section 3.9 on what is ill-formed. */
Test(text, well_formed_utf8_is_accepted_at_the_ends_of_each_range)
{
    static const char *const right[] = {
        "",
        "plain ascii of more than eight bytes",
        "\x7F",
        "\xC2\x80",
        "\xDF\xBF",
        "\xE0\xA0\x80",
        "\xE1\x80\x80",
        "\xEC\xBF\xBF",
        "\xED\x9F\xBF",
        "\xEE\x80\x80",
        "\xEF\xBF\xBF",
        "\xF0\x90\x80\x80",
        "\xF3\xBF\xBF\xBF",
        "\xF4\x8F\xBF\xBF",
        "12345678\xC3\xA9",
    };

    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        cr_expect(text_is_utf8(text_from(right[i])), "row %zu", i);
}

Test(text, ill_formed_utf8_is_refused)
{
    static const char *const wrong[] = {
        "\x80",
        "\xBF",
        "\xC0\x80",
        "\xC1\xBF",
        "\xC2",
        "\xC2"
        "A",
        "\xE0\x9F\xBF",
        "\xE0\xA0",
        "\xED\xA0\x80",
        "\xED\xBF\xBF",
        "\xE1\x80"
        "A",
        "\xF0\x8F\xBF\xBF",
        "\xF0\x90\x80",
        "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80",
        "\xFF",
        "12345678\xE9",
        "1234567\xE9"
        "12345678",
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_not(text_is_utf8(text_from(wrong[i])), "row %zu", i);
}

Test(text, control_characters_are_those_of_c0_c1_and_del)
{
    static const char *const with[] = {"a\nb", "\t", "a\x1B[2J", "\x7F", "\xC2\x80", "a\xC2\x9F"};
    static const char *const without[] = {"", "a b~", "\xC2\xA0", "\xC3\x85", "\xE2\x82\x80", "\xC2"};

    for (size_t i = 0; i < sizeof with / sizeof *with; i++)
        cr_expect(text_has_control(text_from(with[i])), "row %zu", i);
    cr_expect(text_has_control((Text){.data = "", .length = 1}), "NUL");
    for (size_t i = 0; i < sizeof without / sizeof *without; i++)
        cr_expect_not(text_has_control(text_from(without[i])), "row %zu", i);
}

Test(text, the_nearest_word_is_within_a_third_of_its_letters)
{
    const Text words[] = {TEXT("permit"), TEXT("period"), TEXT("postcode"), TEXT("id")};

    expect_text(text_nearest(TEXT("permti"), words, 4), "permit");
    expect_text(text_nearest(TEXT("perod"), words, 4), "period");
    expect_text(text_nearest(TEXT("postcodes"), words, 4), "postcode");
    expect_text(text_nearest(TEXT("psotcdoe"), words, 4), "postcode");
    expect_text(text_nearest(TEXT("permit"), words, 4), "permit");
    expect_text(text_nearest(TEXT("ix"), words, 4), "id");
}

Test(text, no_word_is_nearest_when_all_are_far)
{
    const Text words[] = {TEXT("permit"), TEXT("i")};
    char longer[200];
    memset(longer, 'p', sizeof longer);
    const Text long_words[] = {{longer, sizeof longer}};

    cr_expect_eq(text_nearest(TEXT("xxxxxx"), words, 2).length, 0);
    cr_expect_eq(text_nearest(TEXT("pert"), words, 1).length, 0, "distance 2 of 4 letters");
    cr_expect_eq(text_nearest(TEXT(""), words, 2).length, 0);
    cr_expect_eq(text_nearest(TEXT("permit"), words, 0).length, 0);
    cr_expect_eq(text_nearest((Text){longer, sizeof longer}, words, 2).length, 0);
    cr_expect_eq(text_nearest(TEXT("pppp"), long_words, 1).length, 0);
}

/* Longer than what is compared and copied without a call. */
enum { LENGTHS = 40 };

Test(text, two_texts_are_equal_only_if_every_byte_is)
{
    char one[LENGTHS], other[LENGTHS];

    memset(one, 'a', sizeof one);
    memset(other, 'a', sizeof other);
    for (size_t length = 0; length <= LENGTHS; length++) {
        const Text a = {.data = one, .length = length}, b = {.data = other, .length = length};
        cr_expect(text_equal(a, b), "%zu bytes", length);
        for (size_t at = 0; at < length; at++) {
            other[at] = 'b';
            cr_expect_not(text_equal(a, b), "%zu bytes, byte %zu", length, at);
            other[at] = 'a';
        }
        cr_expect_not(text_equal(a, (Text){.data = other, .length = length + 1}));
    }
    cr_expect(text_equal((Text){0}, TEXT("")));
}

Test(text, what_is_put_is_the_text_and_no_byte_more)
{
    const char from[] = "0123456789abcdefghijklmnopqrstuvwxyzABCD";
    char out[LENGTHS + 1];

    for (size_t length = 0; length <= LENGTHS; length++) {
        memset(out, '#', sizeof out);
        cr_expect_eq(text_put(out, (Text){.data = from, .length = length}) - out, (ptrdiff_t)length);
        cr_expect_eq(memcmp(out, from, length), 0, "%zu bytes", length);
        cr_expect_eq(out[length], '#', "%zu bytes", length);
    }
    cr_expect_eq(text_put(out, (Text){0}), out);
}
