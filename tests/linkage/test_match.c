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

/* Some blocks differ in their tokens' first bits, as those of encodings do, some in the last alone. */
static uint64_t token_of(uint64_t i)
{
    return i % 3 == 0 ? i % 50 + 1 : (i % 170 + 1) * UINT64_C(0x9E3779B97F4A7C15);
}

static void add_spread(LinkageSet *set, size_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        const Encoded record = {.values = {i % 180 + 1, i % 180 + 1001, i % 180 + 2001},
                                .tokens = {token_of(i), i % 90 + 1}};
        encoded_add(set, &record, 0);
    }
}

Test(linkage_match, all_who_share_a_token_meet_and_nobody_else_and_likelier_pairs_come_first)
{
    enum { RECORDS = 600 };
    SCOPED(linkage_set_close) LinkageSet *set = linkage_set_create();
    SCOPED(linkage_pairs_close) LinkagePairs pairs = {0};
    const LinkageOptions options = {.threads = 2};
    uint64_t meet = 0;

    add_spread(set, RECORDS);
    for (uint64_t a = 0; a < RECORDS; a++)
        for (uint64_t b = a + 1; b < RECORDS; b++)
            meet += token_of(a) == token_of(b) || a % 90 == b % 90;
    score(set, &options, &pairs);

    cr_expect_eq(pairs.compared, meet);
    cr_assert_gt(pairs.count, 1U);
    for (size_t i = 1; i < pairs.count; i++) {
        const LinkagePair *x = &pairs.pairs[i - 1], *y = &pairs.pairs[i];
        cr_assert(x->weight > y->weight ||
                  (x->weight == y->weight && (x->a < y->a || (x->a == y->a && x->b < y->b))));
    }
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

/* ---- how common a value is, of records by blocks ---- */

enum { BY_BLOCKS = 1, REFERENCE = 3, UNKNOWN = 0, COMMON = 1, MIDDLING = 2, RARE = 3, LEVEL_BITS = 4 };

/* The level of a field that is equal, of two records that say its value is of these classes. */
static unsigned level_of(uint8_t one, uint8_t other)
{
    SCOPED(linkage_set_close) LinkageSet *set = linkage_set_create();
    SCOPED(linkage_pairs_close) LinkagePairs pairs = {0};
    const LinkageOptions options = {.threads = 1};
    LinkageModel model = {.field_count = ENCODED_FIELDS, .prior = 0.5};
    Encoded record = {.values = {1, 2, 3}, .tokens = {4}, .flags = BY_BLOCKS, .classes = {one}};
    Error error = {0};

    for (size_t f = 0; f < ENCODED_FIELDS; f++) {
        for (size_t l = 0; l < LINKAGE_LEVELS; l++)
            model.match[f][l] = 2 * (model.chance[f][l] = 0.1);
    }
    encoded_add(set, &record, 0);
    record.classes[0] = other;
    encoded_add(set, &record, 0);
    cr_assert(linkage_score(set, &model, &options, &pairs, &error).ok, "%s", error.message);
    cr_assert_eq(pairs.count, 1U);
    return (unsigned)pairs.pairs[0].levels & ((1U << LEVEL_BITS) - 1);
}

/* Switch: the first condition of the rule in fields.c, without which a short file makes every value
 * middling. */
Test(linkage_match, who_knows_a_values_class_says_it_and_of_two_the_commoner_counts)
{
    static const struct {
        uint8_t one, other;
        unsigned level;
    } cases[] = {{COMMON, COMMON, 5},    {MIDDLING, MIDDLING, 6}, {RARE, RARE, 7},    {RARE, COMMON, 5},
                 {MIDDLING, COMMON, 5},  {RARE, MIDDLING, 6},     {UNKNOWN, RARE, 7}, {UNKNOWN, COMMON, 5},
                 {UNKNOWN, MIDDLING, 6}, {UNKNOWN, UNKNOWN, 6}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_expect_eq(level_of(cases[i].one, cases[i].other), cases[i].level, "case %zu", i);
        cr_expect_eq(level_of(cases[i].other, cases[i].one), cases[i].level, "case %zu the other way", i);
    }
}

/* People with two records, whose first field is all of a class, and of a class or unknown in the other's
 * file.
 */
static LinkageModel model_of(uint8_t class, uint8_t in_others)
{
    SCOPED(linkage_set_close) LinkageSet *set = linkage_set_create();
    const LinkageOptions options = {.threads = 1};
    uint8_t bytes[ENCODED_BYTES];
    LinkageModel model;
    Error error = {0};

    for (uint64_t p = 1; p <= PEOPLE; p++) {
        Encoded record = {.values = {p % 50 + 1, 1000 + p, 2000 + p},
                          .tokens = {p % 10 + 1},
                          .flags = BY_BLOCKS,
                          .classes = {class}};
        encoded_add(set, &record, 0);
        record.classes[0] = in_others;
        encoded_add(set, &record, 1);
        for (size_t f = 0; f < ENCODED_FIELDS; f++) {
            Encoded reference = {.flags = REFERENCE, .classes = {class}};
            reference.values[f] = record.values[f];
            cr_assert(linkage_set_add_reference(set, encoded_write(&reference, bytes), &error).ok);
        }
    }
    cr_assert(linkage_train(set, &options, &model, &error).ok, "%s", error.message);
    return model;
}

static double odds(const LinkageModel *model, size_t level)
{
    return model->match[0][level] / model->chance[0][level];
}

/* A kept model meets them later. Switch: lend_to_unseen. */
Test(linkage_match, a_class_that_nobody_had_when_weights_were_learnt_weighs_what_the_nearest_does)
{
    const LinkageModel middling = model_of(MIDDLING, MIDDLING), common = model_of(COMMON, COMMON);

    cr_expect_gt(odds(&middling, 6), 10);
    cr_expect_eq(odds(&middling, 5), odds(&middling, 6));
    cr_expect_eq(odds(&middling, 7), odds(&middling, 6));
    cr_expect_gt(odds(&common, 5), 10);
    cr_expect_eq(odds(&common, 6), odds(&common, 5));
    cr_expect_eq(odds(&common, 7), odds(&common, 5));
}

/* Switch: is_known in count_classes; without it half of all matches are taken to agree on middling values. */
Test(linkage_match, a_file_that_says_no_class_leaves_the_weights_of_classes_as_they_are)
{
    const LinkageModel both = model_of(RARE, RARE), one = model_of(RARE, UNKNOWN);

    cr_expect_float_eq(one.match[0][7], both.match[0][7], 1e-9);
    cr_expect_float_eq(odds(&one, 7), odds(&both, 7), odds(&both, 7) * 1e-6);
}

/* ---- matches that numbers know ---- */

enum { HOMES = 100, AT_HOME = 4, REGISTERED = HOMES * AT_HOME, FROM_ELSEWHERE = 60 };

/* A register holds each person once, and who lives together shares a block, two values and no more. Of
 * another source some are the same people. */
static LinkageModel model_of_homes(bool are_placed, int known)
{
    SCOPED(linkage_set_close) LinkageSet *set = linkage_set_create();
    int64_t placed[REGISTERED + FROM_ELSEWHERE] = {0};
    const LinkageOptions options = {.threads = 1, .placed = are_placed ? placed : NULL};
    LinkageModel model;
    Error error = {0};

    for (uint64_t p = 0; p < REGISTERED + FROM_ELSEWHERE; p++) {
        uint64_t person = p < REGISTERED ? p : (p - REGISTERED) * AT_HOME, home = 1 + person / AT_HOME;
        const Encoded record = {.values = {10000 + person, 2000 + home, 3000 + home}, .tokens = {home}};
        encoded_add(set, &record, p < REGISTERED ? 0 : 1);
        placed[p] = p < REGISTERED + (uint64_t)known ? (int64_t)person + 1 : 0;
    }
    cr_assert(linkage_train(set, &options, &model, &error).ok, "%s", error.message);
    return model;
}

/* By itself the model learns families, which are ten times as many. Switch: model_learn_known. */
Test(linkage_match, what_matches_do_is_learnt_from_pairs_that_numbers_know)
{
    const LinkageModel by_itself = model_of_homes(false, FROM_ELSEWHERE),
                       by_numbers = model_of_homes(true, FROM_ELSEWHERE);

    cr_expect_lt(by_itself.match[0][7], 0.5, "%f", by_itself.match[0][7]);
    cr_expect_gt(by_numbers.match[0][7], 0.9);
    cr_expect(by_numbers.is_settled);
    cr_expect_float_eq(by_numbers.prior, 1.0 / REGISTERED, 1e-9, "60 of 60 times 400");
}

/* Nobody's values are nearly equal here. Switch: hold_nearly. */
Test(linkage_match, what_is_nearly_equal_weighs_at_most_what_is_equal)
{
    const LinkageModel model = model_of_homes(true, FROM_ELSEWHERE);

    for (size_t level = 0; level < 5; level++)
        cr_expect_leq(odds(&model, level), odds(&model, 7) * 1.001, "level %zu", level);
}

/* Switch: LINKAGE_KNOWN_LEAST. */
Test(linkage_match, a_few_known_pairs_are_no_sample)
{
    const LinkageModel by_itself = model_of_homes(false, 49), by_numbers = model_of_homes(true, 49);

    cr_expect_eq(by_numbers.match[0][7], by_itself.match[0][7]);
    cr_expect_gt(model_of_homes(true, 50).match[0][7], 0.9);
}

/* ---- whom no block brings together ---- */

static uint64_t compared_of(const Encoded *one, const Encoded *other, const LinkageOptions *options)
{
    SCOPED(linkage_set_close) LinkageSet *set = linkage_set_create();
    SCOPED(linkage_pairs_close) LinkagePairs pairs = {0};
    LinkageModel model = {.field_count = ENCODED_FIELDS, .prior = 0.5};
    Error error = {0};

    for (size_t f = 0; f < ENCODED_FIELDS; f++) {
        for (size_t l = 0; l < LINKAGE_LEVELS; l++)
            model.match[f][l] = model.chance[f][l] = 0.1;
    }
    encoded_add(set, one, 0);
    encoded_add(set, other, 1);
    cr_assert(linkage_score(set, &model, options, &pairs, &error).ok, "%s", error.message);
    return pairs.compared;
}

/* Switch: options.near_too, and in near_find whether the set is by blocks. */
Test(linkage_match, records_that_are_alike_all_over_need_no_block_where_encodings_are_not_hardened)
{
    const uint64_t apart[64] = {1, 2};
    const LinkageOptions near = {.near_too = true}, blocked = {.threads = 2},
                         old = {.near_too = true, .first_new = 2},
                         strangers = {.near_too = true, .may_meet = apart};
    const Encoded one = {.values = {1, 2, 3}, .tokens = {4}}, other = {.values = {1, 2, 3}, .tokens = {5}},
                  same = {.values = {1, 2, 3}, .tokens = {4}}, unlike = {.values = {1, 8, 9}, .tokens = {5}};
    Encoded hardened = one, hardened_other = other;
    hardened.flags = hardened_other.flags = BY_BLOCKS;

    cr_expect_eq(compared_of(&one, &other, &blocked), 0U);
    cr_expect_eq(compared_of(&one, &other, &near), 1U);
    cr_expect_eq(compared_of(&one, &same, &near), 1U, "once, though they share a block as well");
    cr_expect_eq(compared_of(&one, &unlike, &near), 0U);
    cr_expect_eq(compared_of(&one, &other, &old), 0U, "both were compared before");
    cr_expect_eq(compared_of(&one, &other, &strangers), 0U, "their sources may not meet");
    cr_expect_eq(compared_of(&hardened, &hardened_other, &near), 0U, "filters of two blocks say nothing");
}
