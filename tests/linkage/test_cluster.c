#include <math.h>

#include "tests/linkage/encoded.h"

enum { CROWD = 5 };

static LinkageSet *set_of(size_t count, unsigned sources)
{
    LinkageSet *set = linkage_set_create();
    const Encoded record = {.values = {1, 2, 3}};

    for (size_t i = 0; i < count; i++)
        encoded_add(set, &record, (unsigned)i % sources);
    return set;
}

/* Two crowds in which each knows each, and between them pairs as given. */
static size_t two_crowds(LinkagePair *pairs, size_t between, float weight)
{
    size_t count = 0;

    for (uint32_t a = 0; a < 2 * CROWD; a++) {
        for (uint32_t b = a + 1; b < 2 * CROWD; b++) {
            if (a / CROWD == b / CROWD)
                pairs[count++] = (LinkagePair){.a = a, .b = b, .weight = 10};
        }
    }
    for (uint32_t i = 0; i < between; i++)
        pairs[count++] = (LinkagePair){.a = i / CROWD, .b = CROWD + i % CROWD, .weight = weight};
    return count;
}

static size_t clusters_of(const LinkageSet *set, LinkagePair *list, size_t count,
                          const LinkageOptions *options)
{
    SCOPED(linkage_clusters_close) LinkageClusters clusters = {0};
    const LinkagePairs pairs = {.pairs = list,
                                .count = count,
                                .record_count = linkage_set_count(set),
                                .expected_matches = (double)count};
    Error error = {0};

    cr_assert(linkage_cluster(set, &pairs, options, NAN, &clusters, &error).ok, "%s", error.message);
    return clusters.cluster_count;
}

/* Switch: share_of in tree.c. With single links the two are one. */
Test(linkage_cluster, one_convincing_pair_does_not_chain_two_people)
{
    SCOPED(linkage_set_close) LinkageSet *set = set_of(2 * CROWD, 1);
    const LinkageOptions options = {0};
    LinkagePair pairs[100];

    size_t count = two_crowds(pairs, 1, 8);

    cr_expect_eq(clusters_of(set, pairs, count, &options), 2U);
}

Test(linkage_cluster, people_whose_records_agree_on_the_whole_are_one)
{
    SCOPED(linkage_set_close) LinkageSet *set = set_of(2 * CROWD, 1);
    const LinkageOptions options = {0};
    LinkagePair pairs[100];

    size_t count = two_crowds(pairs, (CROWD - 1) * CROWD, 4);

    cr_expect_eq(clusters_of(set, pairs, count, &options), 1U);
}

/* Switch: unique_sources. */
Test(linkage_cluster, a_source_that_holds_a_person_once_never_gives_a_cluster_two_records)
{
    SCOPED(linkage_set_close) LinkageSet *set = set_of(4, 2);
    LinkagePair pairs[] = {{.a = 0, .b = 2, .weight = 10}, {.a = 0, .b = 1, .weight = 9},
                           {.a = 2, .b = 3, .weight = 8},  {.a = 1, .b = 2, .weight = 7},
                           {.a = 0, .b = 3, .weight = 7},  {.a = 1, .b = 3, .weight = 7}};
    const LinkageOptions free_options = {0}, unique = {.unique_sources = 3};

    cr_expect_eq(clusters_of(set, pairs, 6, &free_options), 1U, "the control");
    cr_expect_eq(clusters_of(set, pairs, 6, &unique), 2U);
}

/* Every record knows every other, so each join moves sums to new places: the table must not fill up. */
Test(linkage_cluster, a_crowd_where_all_know_all_is_one)
{
    enum { ALL = 120 };
    SCOPED(linkage_set_close) LinkageSet *set = set_of(ALL, 1);
    const LinkageOptions options = {0};
    static LinkagePair pairs[ALL * ALL / 2];
    size_t count = 0;

    for (uint32_t a = 0; a < ALL; a++) {
        for (uint32_t b = a + 1; b < ALL; b++)
            pairs[count++] = (LinkagePair){.a = a, .b = b, .weight = (float)(1 + (a * 31 + b * 17) % 9)};
    }

    cr_expect_eq(clusters_of(set, pairs, count, &options), 1U);
}

Test(linkage_cluster, a_pair_of_no_weight_is_as_likely_as_not)
{
    cr_expect_float_eq(linkage_probability(0), 0.5, 1e-12);
}

Test(linkage_cluster, pairs_of_another_set_are_refused)
{
    SCOPED(linkage_set_close) LinkageSet *set = set_of(2, 1);
    SCOPED(linkage_clusters_close) LinkageClusters clusters = {0};
    const LinkagePairs pairs = {.record_count = 3};
    const LinkageOptions options = {0};
    Error error = {0};

    Result result = linkage_cluster(set, &pairs, &options, NAN, &clusters, &error);

    cr_expect_not(result.ok);
    cr_expect_str_eq(error.message, "linkage: the pairs are of other records than the set");
}
