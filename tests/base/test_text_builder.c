#include <signal.h>
#include <string.h>

#include <criterion/criterion.h>

#include "base/text.h"

Test(text_builder, of_nothing_is_the_empty_text)
{
    SCOPED(text_builder_close) TextBuilder builder = text_builder(10);

    Text built = text_built(&builder);

    cr_expect_eq(built.length, 0);
    cr_expect_eq(built.data[0], '\0');
}

Test(text_builder, keeps_what_was_added_in_order)
{
    SCOPED(text_builder_close) TextBuilder builder = text_builder(100);

    text_add(&builder, TEXT("ab"));
    text_add(&builder, (Text){0});
    text_add_string(&builder, "cd");
    text_add_char(&builder, 'e');
    text_add_format(&builder, "%d", 12);

    cr_expect_str_eq(text_built(&builder).data, "abcde12");
    cr_expect_eq(text_built(&builder).length, 7);
}

Test(text_builder, grows_up_to_its_maximum)
{
    SCOPED(text_builder_close) TextBuilder builder = text_builder(100000);

    for (size_t i = 0; i < 10000; i++)
        text_add_format(&builder, "%010zu", i);

    cr_expect_eq(text_built(&builder).length, 100000);
    cr_expect_eq(memcmp(text_built(&builder).data + 99990, "0000009999", 11), 0);
}

Test(text_builder, passing_its_maximum_aborts, .signal = SIGABRT)
{
    TextBuilder builder = text_builder(3);

    text_add_string(&builder, "abc");
    text_add_char(&builder, 'd');
}

Test(text_builder, passing_its_maximum_by_a_format_aborts, .signal = SIGABRT)
{
    TextBuilder builder = text_builder(3);

    text_add_format(&builder, "%d", 1234);
}

Test(text_builder, can_be_used_again_once_closed)
{
    TextBuilder builder = text_builder(3);
    text_add_string(&builder, "abc");

    text_builder_close(&builder);
    text_add_string(&builder, "de");

    cr_expect_str_eq(text_built(&builder).data, "de");
    text_builder_close(&builder);
    text_builder_close(&builder);
}
