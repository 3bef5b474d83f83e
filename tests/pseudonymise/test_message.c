#include "pseudonymise/message.h"

#include "tests/pseudonymise/fixture.h"

Test(message, fields_stand_behind_their_length_as_big_endian_32_bits)
{
    Message message = message_open("domain");

    message_add_field(&message, TEXT("ab"));
    message_add_field(&message, TEXT(""));

    cr_assert_eq(message.length, 6 + 4 + 2 + 4);
    cr_expect_arr_eq(message.bytes, "domain\0\0\0\2ab\0\0\0\0", message.length);
    message_close(&message);
}

Test(message, no_two_lists_of_fields_give_the_same_bytes)
{
    Message split_early = message_open("domain"), split_late = message_open("domain");

    message_add_field(&split_early, TEXT("a"));
    message_add_field(&split_early, TEXT("bc"));
    message_add_field(&split_late, TEXT("ab"));
    message_add_field(&split_late, TEXT("c"));

    cr_assert_eq(split_early.length, split_late.length);
    cr_expect_arr_neq(split_early.bytes, split_late.bytes, split_early.length);
    message_close(&split_early);
    message_close(&split_late);
}

Test(message, grows_and_keeps_what_it_holds)
{
    static char long_text[100000];
    Message message = message_open("domain");
    memset(long_text, 'x', sizeof long_text);

    message_add_field(&message, (Text){.data = long_text, .length = sizeof long_text});

    cr_assert_eq(message.length, 6 + 4 + sizeof long_text);
    cr_expect_arr_eq(message.bytes, "domain\0\1\206\240x", 11, "100000 is 00 01 86 A0");
    cr_expect_eq(message.bytes[message.length - 1], 'x');
    message_close(&message);
    cr_expect_null(message.bytes);
    message_close(&message);
}

/* Goes red when secret_wipe is taken out of message_rewind. */
Test(message, nothing_is_left_behind_the_place_it_is_rewound_to)
{
    Message message = message_open("domain");
    message_add_field(&message, TEXT("9434765919"));

    message_rewind(&message, 6);

    cr_assert_eq(message.length, 6);
    for (size_t i = 6; i < message.capacity; i++)
        cr_assert_eq(message.bytes[i], 0);
    cr_expect_arr_eq(message.bytes, "domain", 6);
    message_close(&message);
}
