#include <criterion/criterion.h>

#include "linkage/disclosure.h"

enum { GROUPS_MAX = 10 };

/* "S" a small count, "H" hidden besides, "." shown. */
static void expect_hidden(const int64_t *counts, size_t count, const char *expected)
{
    bool hidden[GROUPS_MAX] = {false};
    char found[GROUPS_MAX + 1] = "";

    for (size_t i = 0; i < count; i++)
        hidden[i] = disclosure_is_small(counts[i]);
    disclosure_protect((const int64_t *const[]){counts}, 1, count, hidden);
    for (size_t i = 0; i < count; i++)
        found[i] = "SH."[disclosure_is_small(counts[i]) ? 0 : hidden[i] ? 1 : 2];

    cr_expect_str_eq(found, expected);
}
#define EXPECT_HIDDEN(expected, ...)                                                                         \
    expect_hidden((const int64_t[]){__VA_ARGS__}, sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t),  \
                  expected)

/* Switch: disclosure_is_small. */
Test(disclosure, counts_from_one_to_seven_are_small)
{
    cr_expect_not(disclosure_is_small(0));
    cr_expect(disclosure_is_small(1));
    cr_expect(disclosure_is_small(7));
    cr_expect_not(disclosure_is_small(8));
}

/* Switch: number == 1 and disclosure_is_small(sum) in can_be_told, both. */
Test(disclosure, one_hidden_count_hides_the_next_smallest)
{
    EXPECT_HIDDEN(".SH", 500, 5, 90);
    EXPECT_HIDDEN("SH.", 5, 90, 500);
}

/* Switch: number == 1 in can_be_told. Hidden for another measure's sake: what is left of the sum is it. */
Test(disclosure, a_large_count_that_is_hidden_alone_hides_another)
{
    const int64_t counts[] = {500, 90, 70};
    bool hidden[] = {true, false, false};

    disclosure_protect((const int64_t *const[]){counts}, 1, 3, hidden);

    cr_expect(hidden[2]);
    cr_expect_not(hidden[1]);
}

/* Switch: disclosure_is_small(sum) in can_be_told. */
Test(disclosure, hidden_counts_whose_sum_is_small_hide_another)
{
    EXPECT_HIDDEN("SS.H", 2, 3, 500, 90);
}

/* Switch: the last line of can_be_told. Two counts below 8 that make 14 are 7 each; eight that make 8 are 1
 * each. */
Test(disclosure, hidden_counts_that_their_sum_gives_away_hide_another)
{
    EXPECT_HIDDEN("SS.H", 7, 7, 500, 90);
    EXPECT_HIDDEN("SSSSSSSS.H", 1, 1, 1, 1, 1, 1, 1, 1, 500, 90);
}

Test(disclosure, nothing_more_is_hidden_where_nothing_can_be_told)
{
    EXPECT_HIDDEN("...", 500, 8, 0);
    EXPECT_HIDDEN("SS.", 5, 6, 500);
}

Test(disclosure, an_empty_group_hides_nobody)
{
    EXPECT_HIDDEN("S.H", 5, 0, 500);
}

Test(disclosure, with_nothing_left_to_hide_it_ends)
{
    EXPECT_HIDDEN("S", 5);
    EXPECT_HIDDEN("S.", 5, 0);
}

/* Switch: the loop over measures in hide_another. */
Test(disclosure, what_another_measure_tells_is_hidden_too)
{
    const int64_t subjects[] = {100, 90, 80}, others[] = {40, 3, 20};
    bool hidden[] = {false, true, false};

    disclosure_protect((const int64_t *const[]){subjects, others}, 2, 3, hidden);

    cr_expect(hidden[2]);
    cr_expect_not(hidden[0]);
}
