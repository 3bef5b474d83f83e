#include <string.h>

#include <criterion/criterion.h>

#include "base/arena.h"
#include "synth/numbers.h"

Test(numbers, check_digits_follow_the_data_dictionary)
{
    /* NHS Data Dictionary, NHS NUMBER: 943 476 5919 and 401 023 2137 are its examples; 10 is never issued. */
    cr_expect_eq(numbers_check_digit(943476591), 9);
    cr_expect_eq(numbers_check_digit(401023213), 7);
    cr_expect_eq(numbers_check_digit(123456789), -1);
    cr_expect_eq(numbers_check_digit(999000000), -1);
    /* 2 x 10 + 1 x 2 = 22, remainder 0, and 11 becomes 0. */
    cr_expect_eq(numbers_check_digit(200000001), 0);
}

Test(numbers, every_nhs_number_of_the_first_eight_hundred_thousand_is_new_and_in_the_999_range)
{
    uint8_t *seen = memory_alloc(1000000);
    uint64_t serial = 0;

    for (int i = 0; i < 800000; i++) {
        uint32_t body = numbers_next_nhs_body(&serial);
        cr_assert_eq(body / 1000000, 999);
        cr_assert_eq(seen[body % 1000000], 0);
        cr_assert(numbers_check_digit(body) >= 0);
        seen[body % 1000000] = 1;
    }

    memory_free(seen);
}

Test(numbers, the_range_after_999_is_998)
{
    uint64_t serial = 999999;

    (void)numbers_next_nhs_body(&serial);
    uint32_t body = numbers_next_nhs_body(&serial);

    cr_expect_eq(body / 1000000, 998);
}

Test(numbers, canaries_have_a_block_that_nobody_else_gets)
{
    uint64_t canary_serial = 0, serial = 0;

    uint32_t canary = numbers_next_canary_body(&canary_serial);
    uint32_t highest = 0;
    while (serial < 1000000) {
        uint32_t body = numbers_next_nhs_body(&serial);
        if (serial <= 1000000 && body > highest)
            highest = body;
    }

    cr_expect_geq(canary, NHS_BODY_CANARY);
    cr_expect_lt(highest, NHS_BODY_CANARY);
}

Test(numbers, uprns_are_twelve_digits_of_the_999_range_and_differ)
{
    char one[UPRN_BYTES], other[UPRN_BYTES], canary[UPRN_BYTES];

    (void)numbers_uprn(1, false, one);
    (void)numbers_uprn(2, false, other);
    (void)numbers_uprn(2, true, canary);

    cr_expect_str_eq(one, "999000007919");
    cr_expect_str_eq(other, "999000015838");
    cr_expect_str_eq(canary, "999999000002");
}

Test(numbers, national_insurance_numbers_have_the_prefix_that_is_never_issued)
{
    char text[NI_NUMBER_BYTES];

    cr_expect_str_eq(numbers_national_insurance(5, text), "QQ000001B");
}

Test(numbers, two_people_of_one_issuer_have_two_local_ids)
{
    char one[LOCAL_ID_BYTES], other[LOCAL_ID_BYTES], elsewhere[LOCAL_ID_BYTES];

    (void)numbers_local_id(7, 3, one);
    (void)numbers_local_id(8, 3, other);
    (void)numbers_local_id(7, 4, elsewhere);

    cr_expect_str_neq(one, other);
    cr_expect_str_neq(one, elsewhere);
}

Test(numbers, letters_count_like_digits)
{
    char text[8];

    cr_expect_str_eq(numbers_letters(0, text), "AAAA");
    cr_expect_str_eq(numbers_letters(27, text), "AABB");
}
