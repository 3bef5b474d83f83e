#include <math.h>

#include "tests/linkage/encoded.h"

enum { PEOPLE = 200, EACH = 3 };

/* People with three records each: the second lacks a field, the third has another value in one. */
static void add_people(LinkageSet *set)
{
    for (uint64_t p = 1; p <= PEOPLE; p++) {
        Encoded record = {.values = {p, 1000 + p, 2000 + p % 40}, .tokens = {p, 500 + p % 20}};
        encoded_add(set, &record, 0);
        record.values[0] = 0;
        encoded_add(set, &record, 1);
        record.values[0] = p;
        record.values[1] = 5000 + p;
        encoded_add(set, &record, 2);
    }
}

static void score(LinkageSet *set, const LinkageOptions *options, LinkagePairs *pairs)
{
    LinkageModel model;
    Error error = {0};

    cr_assert(linkage_train(set, options, &model, &error).ok, "%s", error.message);
    cr_assert(linkage_score(set, &model, options, pairs, &error).ok, "%s", error.message);
}

Test(linkage_match, records_of_one_person_are_found_and_others_are_not)
{
    SCOPED(linkage_set_close) LinkageSet *set = linkage_set_create();
    SCOPED(linkage_pairs_close) LinkagePairs pairs = {0};
    SCOPED(linkage_clusters_close) LinkageClusters clusters = {0};
    const LinkageOptions options = {.threads = 2};
    Error error = {0};

    add_people(set);
    score(set, &options, &pairs);
    cr_assert(linkage_cluster(set, &pairs, &options, NAN, &clusters, &error).ok, "%s", error.message);

    cr_expect_eq(clusters.cluster_count, (size_t)PEOPLE);
    for (uint32_t i = 0; i < PEOPLE * EACH; i++)
        cr_expect_eq(clusters.person[i], i - i % EACH);
}

Test(linkage_match, one_thread_and_three_give_the_same_pairs)
{
    SCOPED(linkage_set_close) LinkageSet *set = linkage_set_create();
    SCOPED(linkage_pairs_close) LinkagePairs of_one = {0}, of_three = {0};
    const LinkageOptions one = {.threads = 1}, three = {.threads = 3};

    add_people(set);
    score(set, &one, &of_one);
    score(set, &three, &of_three);

    cr_assert_eq(of_one.count, of_three.count);
    cr_expect_eq(of_one.compared, of_three.compared);
    cr_expect_arr_eq(of_one.pairs, of_three.pairs, of_one.count * sizeof *of_one.pairs);
}

/* Switch: live in block.c, without which a pair comes once for each token that it shares. */
Test(linkage_match, a_pair_that_shares_two_blocks_is_compared_once)
{
    SCOPED(linkage_set_close) LinkageSet *set = linkage_set_create();
    SCOPED(linkage_pairs_close) LinkagePairs pairs = {0};
    const LinkageOptions options = {.threads = 2};
    const Encoded record = {.values = {1, 2, 3}, .tokens = {4, 5}};

    for (int i = 0; i < 4; i++)
        encoded_add(set, &record, 0);
    score(set, &options, &pairs);

    cr_expect_eq(pairs.compared, 6U);
}

/* Switch: options.block_max. */
Test(linkage_match, a_block_over_the_most_is_not_compared_and_a_smaller_one_of_its_records_is)
{
    SCOPED(linkage_set_close) LinkageSet *set = linkage_set_create();
    SCOPED(linkage_pairs_close) LinkagePairs pairs = {0};
    const LinkageOptions options = {.threads = 2, .block_max = 5};

    for (uint64_t i = 0; i < 10; i++) {
        const Encoded record = {.values = {i + 1, 2, 3}, .tokens = {4, 10 + i / 2}};
        encoded_add(set, &record, 0);
    }
    score(set, &options, &pairs);

    cr_expect_eq(pairs.compared, 5U);
}

Test(linkage_match, with_first_new_old_records_are_not_compared_again)
{
    SCOPED(linkage_set_close) LinkageSet *set = linkage_set_create();
    SCOPED(linkage_pairs_close) LinkagePairs pairs = {0};
    const LinkageOptions options = {.threads = 2, .first_new = 3};
    const Encoded record = {.values = {1, 2, 3}, .tokens = {4}};

    for (int i = 0; i < 4; i++)
        encoded_add(set, &record, 0);
    score(set, &options, &pairs);

    cr_expect_eq(pairs.compared, 3U);
}

Test(linkage_match, encodings_by_blocks_without_references_are_refused)
{
    SCOPED(linkage_set_close) LinkageSet *set = linkage_set_create();
    const LinkageOptions options = {.threads = 2};
    const Encoded record = {.values = {1, 2, 3}, .tokens = {4}, .flags = 1};
    LinkageModel model;
    Error error = {0};

    encoded_add(set, &record, 0);
    encoded_add(set, &record, 0);
    Result result = linkage_train(set, &options, &model, &error);

    cr_expect_not(result.ok);
    cr_expect_eq(error.code, ERROR_INPUT);
    cr_expect_str_eq(error.message, "linkage: encodings by blocks came without references");
}

Test(linkage_match, records_without_a_common_block_cannot_train)
{
    SCOPED(linkage_set_close) LinkageSet *set = linkage_set_create();
    const LinkageOptions options = {.threads = 2};
    const Encoded one = {.values = {1}, .tokens = {4}}, two = {.values = {1}, .tokens = {5}};
    LinkageModel model;
    Error error = {0};

    encoded_add(set, &one, 0);
    Result alone = linkage_train(set, &options, &model, &error);
    cr_expect_not(alone.ok);
    cr_expect_str_eq(error.message, "linkage: fewer than two records");
    encoded_add(set, &two, 0);
    Result apart = linkage_train(set, &options, &model, &error);

    cr_expect_not(apart.ok);
    cr_expect_str_eq(error.message, "linkage: no two records share a block");
}
