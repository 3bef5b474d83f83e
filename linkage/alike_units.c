/* Units of the evidence: somebody whom a number places, with all their subjects, or one subject that no
 * number places. */
#include <stdlib.h>

#include "linkage/alike_people_private.h"

static int compare_keys(const void *a, const void *b)
{
    const AlikeUnit *x = a, *y = b;

    if (x->has_number != y->has_number)
        return x->has_number ? 1 : -1;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->first_subject < y->first_subject ? -1 : x->first_subject > y->first_subject;
}

/* The order that ties are broken by: the subjects', for people's ids depend on who came first. */
static int compare_units(const void *a, const void *b)
{
    const AlikeUnit *x = *(AlikeUnit *const *)a, *y = *(AlikeUnit *const *)b;

    return x->first_subject < y->first_subject ? -1 : x->first_subject > y->first_subject;
}

static void merge_units(AlikePeople *people)
{
    size_t kept = 0;

    for (size_t i = 0; i < people->unit_count; i++) {
        AlikeUnit *unit = &people->units[i];
        if (kept > 0 && people->units[kept - 1].key == unit->key &&
            people->units[kept - 1].has_number == unit->has_number)
            people->units[kept - 1].mask |= unit->mask;
        else
            people->units[kept++] = *unit;
    }
    people->unit_count = kept;
}

static uint32_t unit_of(const AlikePeople *people, const AlikeSide *side)
{
    const AlikeUnit wanted = {.key = side->key, .has_number = side->has_number, .first_subject = INT64_MIN};
    size_t low = 0, high = people->unit_count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare_keys(&people->units[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return people->units[low].cluster; /* its place by first subject, until there are clusters */
}

static void place_units(AlikePeople *people)
{
    AlikeUnit **order = memory_alloc((people->unit_count + 1) * sizeof(AlikeUnit *));

    for (size_t i = 0; i < people->unit_count; i++)
        order[i] = &people->units[i];
    if (people->unit_count > 1)
        qsort(order, people->unit_count, sizeof(AlikeUnit *), compare_units);
    for (size_t i = 0; i < people->unit_count; i++)
        order[i]->cluster = (uint32_t)i;
    for (size_t i = 0; i < people->evidence_count; i++)
        for (size_t s = 0; s < 2; s++)
            people->evidence[i].sides[s].unit = unit_of(people, &people->evidence[i].sides[s]);
    AlikeUnit *placed = memory_alloc((people->unit_count + 1) * sizeof(AlikeUnit));
    for (size_t i = 0; i < people->unit_count; i++)
        placed[i] = *order[i];
    memory_free(people->units);
    memory_free(order);
    people->units = placed;
}

/* Who is of two ages by themselves says nothing of others', nor does who somebody decided is one person with
 * whom years part. Each side of a unit says the same. */
static void note_years(AlikePeople *people)
{
    for (size_t i = 0; i < people->unit_count; i++)
        if (tree_years_apart(&people->units[i].years, &people->units[i].years))
            people->units[i].years = ALIKE_UNBORN;
    for (size_t i = 0; i < people->evidence_count; i++) {
        const AlikeSide *sides = people->evidence[i].sides;
        if (people->evidence[i].weight >= ALIKE_DECIDED && tree_years_apart(&sides[0].years, &sides[1].years))
            people->units[sides[0].unit].years = people->units[sides[1].unit].years = ALIKE_UNBORN;
    }
}

void alike_units(AlikePeople *people)
{
    people->units = memory_alloc((2 * people->evidence_count + 1) * sizeof(AlikeUnit));
    for (size_t i = 0; i < people->evidence_count; i++) {
        for (size_t s = 0; s < 2; s++) {
            const AlikeSide *side = &people->evidence[i].sides[s];
            people->units[people->unit_count++] = (AlikeUnit){
                .key = side->key,
                .first_subject = side->subject_id,
                .person_id = side->has_number ? side->key : 0,
                .has_number = side->has_number,
                .years = side->years,
                .mask = (side->has_number ? ALIKE_HAS_NUMBER : 0U) | (side->is_dead ? ALIKE_HAS_DEATH : 0U),
            };
        }
    }
    if (people->unit_count > 1)
        qsort(people->units, people->unit_count, sizeof(AlikeUnit), compare_keys);
    merge_units(people);
    place_units(people);
    note_years(people);
}
