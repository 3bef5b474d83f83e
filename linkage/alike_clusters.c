/* Which units are one person, by the likeliest evidence of each two, and who is kept apart. */
#include <stdlib.h>

#include "linkage/alike_people_private.h"
#include "linkage/combination.h"

/* log2 of the odds at 0.95: the band that links. */
static const double WEIGHT_LINK = 4.2479275134;
static const double SHARE = 0.5, WEIGHT_CLERICAL = 0;

static int compare_evidence(const void *a, const void *b)
{
    const AlikeEvidence *x = a, *y = b;

    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    if (x->sides[0].subject_id != y->sides[0].subject_id)
        return x->sides[0].subject_id < y->sides[0].subject_id ? -1 : 1;
    return x->sides[1].subject_id < y->sides[1].subject_id ? -1
                                                           : x->sides[1].subject_id > y->sides[1].subject_id;
}

void alike_evidence_sort(AlikePeople *people)
{
    if (people->evidence_count > 1)
        qsort(people->evidence, people->evidence_count, sizeof(AlikeEvidence), compare_evidence);
}

/* Whoever shares a keyed combination needs no more than to be likelier one person than two. */
bool alike_is_enough(const AlikeEvidence *evidence)
{
    return evidence->weight >= (combination_in(evidence->levels) != 0 ? WEIGHT_CLERICAL : WEIGHT_LINK);
}

bool alike_is_likely(const AlikeEvidence *evidence)
{
    return alike_is_enough(evidence) && !evidence->is_impossible;
}

/* Twins may share a keyed combination: where one is in the band that links, the other has to be as well. */
static bool is_rival(const AlikeEvidence *first, const AlikeEvidence *other)
{
    return other->weight >= WEIGHT_LINK || first->weight < WEIGHT_LINK;
}

/* Likely two people who have numbers: nobody can say which, so a person has to. A decision says which. */
static void tear_units(AlikePeople *people)
{
    const AlikeEvidence **first = memory_alloc((people->unit_count + 1) * sizeof(const AlikeEvidence *));

    for (size_t i = 0; i < people->evidence_count; i++) {
        const AlikeEvidence *evidence = &people->evidence[i];
        size_t number = people->units[evidence->sides[0].unit].has_number ? 0 : 1;
        uint32_t with = evidence->sides[number].unit, own = evidence->sides[1 - number].unit;
        if (!alike_is_likely(evidence) || !people->units[with].has_number)
            continue;
        if (first[own] == NULL)
            first[own] = evidence; /* by weight: the likeliest comes first */
        else if (first[own]->sides[0].unit != with && first[own]->sides[1].unit != with &&
                 first[own]->weight < ALIKE_DECIDED && is_rival(first[own], evidence))
            people->units[own].is_torn = true;
    }
    memory_free((void *)first);
}

static int compare_pairs(const void *a, const void *b)
{
    const LinkagePair *x = a, *y = b;

    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    if (x->b != y->b)
        return x->b < y->b ? -1 : 1;
    return x->weight > y->weight ? -1 : x->weight < y->weight;
}

static int compare_weights(const void *a, const void *b)
{
    const LinkagePair *x = a, *y = b;

    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return compare_pairs(a, b);
}

/* Of two units the likeliest pair speaks: an old address of somebody makes nobody else of them. What is not
 * enough to link counts as unlikely. */
static void make_pairs(AlikePeople *people)
{
    LinkagePairs *pairs = &people->pairs;
    size_t kept = 0;

    *pairs = (LinkagePairs){.record_count = people->unit_count};
    pairs->pairs = memory_alloc((people->evidence_count + 1) * sizeof *pairs->pairs);
    for (size_t i = 0; i < people->evidence_count; i++) {
        const AlikeEvidence *evidence = &people->evidence[i];
        uint32_t a = evidence->sides[0].unit, b = evidence->sides[1].unit;
        if (!alike_is_likely(evidence) || people->units[a].is_torn || people->units[b].is_torn || a == b)
            continue;
        pairs->pairs[pairs->count++] =
            (LinkagePair){.a = a < b ? a : b, .b = a < b ? b : a, .weight = (float)evidence->weight};
    }
    if (pairs->count > 1)
        qsort(pairs->pairs, pairs->count, sizeof *pairs->pairs, compare_pairs);
    for (size_t i = 0; i < pairs->count; i++) {
        if (kept == 0 || pairs->pairs[kept - 1].a != pairs->pairs[i].a ||
            pairs->pairs[kept - 1].b != pairs->pairs[i].b)
            pairs->pairs[kept++] = pairs->pairs[i];
    }
    pairs->count = kept;
    if (kept > 1)
        qsort(pairs->pairs, kept, sizeof *pairs->pairs, compare_weights);
}

/* Who was decided to be apart is, also where others stand between them: the later one goes. */
static void keep_apart(AlikePeople *people)
{
    for (size_t i = 0; i < people->evidence_count; i++) {
        const AlikeEvidence *evidence = &people->evidence[i];
        uint32_t a = evidence->sides[0].unit, b = evidence->sides[1].unit;
        if (evidence->weight > -ALIKE_DECIDED || people->units[a].cluster != people->units[b].cluster)
            continue;
        uint32_t later = people->units[a].has_number || (a < b && !people->units[b].has_number) ? b : a;
        people->units[later].cluster = (uint32_t)people->unit_count + later; /* of its own */
    }
}

Result alike_clusters(AlikePeople *people, Error *error)
{
    uint64_t *unique = memory_alloc((people->unit_count + 1) * sizeof *unique);
    TreeYears *years = memory_alloc((people->unit_count + 1) * sizeof *years);

    for (size_t i = 0; i < people->unit_count; i++) {
        unique[i] = people->units[i].mask;
        years[i] = people->units[i].years;
    }
    tear_units(people);
    make_pairs(people);
    const TreeUnique once = {.bits = unique, .lists = people->once, .years = years};
    Result result = cluster_pairs(&people->pairs, &once, SHARE, &people->clusters, error);
    memory_free(unique);
    memory_free(years);
    TRY(result);
    for (size_t i = 0; i < people->unit_count; i++)
        people->units[i].cluster = people->clusters.person[i];
    keep_apart(people);
    return RESULT_OK;
}
