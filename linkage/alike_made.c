/* What comes of people: of each free subject whose it is, and why; of each conflict the reason. */
#include <stdlib.h>

#include "linkage/alike_people_private.h"
#include "linkage/combination.h"
#include "linkage/fields.h"

enum {
    PASS_EQUAL = 6,
    PASS_BIRTH_NEARLY = 7,
    PASS_COMBINATION = 8,
    PASS_WEIGHT = 9,
    PASS_ALONE = 10,
    BIRTH_NEARLY = 2
};

static const char *conflict_of(const AlikePeople *people, const AlikeEvidence *evidence)
{
    const AlikeUnit *a = &people->units[evidence->sides[0].unit],
                    *b = &people->units[evidence->sides[1].unit];

    if (!alike_is_enough(evidence) || a->cluster == b->cluster)
        return NULL;
    if (evidence->is_impossible || tree_years_apart(&a->years, &b->years))
        return "ages";
    if (a->is_torn || b->is_torn)
        return "two numbers";
    if ((a->mask & b->mask & ALIKE_HAS_DEATH) != 0)
        return "two deaths";
    if (tree_lists_share(&people->once[evidence->sides[0].unit], &people->once[evidence->sides[1].unit]))
        return "one delivery";
    return "apart from the others";
}

static void note_best(AlikePeople *people)
{
    for (size_t i = 0; i < people->evidence_count; i++) {
        AlikeEvidence *evidence = &people->evidence[i];
        evidence->conflict = conflict_of(people, evidence);
        for (size_t s = 0; s < 2; s++) {
            AlikeUnit *own = &people->units[evidence->sides[s].unit];
            const AlikeUnit *other = &people->units[evidence->sides[1 - s].unit];
            if (own->cluster == other->cluster && own->best == NULL && alike_is_likely(evidence))
                own->best = evidence;
        }
    }
}

static void note_clusters(AlikePeople *people)
{
    size_t clusters = 2 * people->unit_count + 1;

    people->firsts = memory_alloc(clusters * sizeof(int64_t));
    people->persons = memory_alloc(clusters * sizeof(int64_t));
    for (size_t i = 0; i < clusters; i++)
        people->firsts[i] = INT64_MAX;
    for (size_t i = 0; i < people->unit_count; i++) {
        const AlikeUnit *unit = &people->units[i];
        if (unit->has_number)
            people->persons[unit->cluster] = unit->person_id;
        else if (unit->first_subject < people->firsts[unit->cluster])
            people->firsts[unit->cluster] = unit->first_subject;
    }
}

static bool is_equal(uint64_t levels, size_t field)
{
    unsigned level = fields_level(levels, field);

    return level >= LEVEL_EQUAL && level != LINKAGE_LEVEL_ABSENT;
}

static int pass_of(uint64_t levels)
{
    unsigned birth = fields_level(levels, ALIKE_BIRTH_DATE);
    bool rest = is_equal(levels, ALIKE_GIVEN_NAME) && is_equal(levels, ALIKE_FAMILY_NAME) &&
                is_equal(levels, ALIKE_POSTCODE);

    if (rest && is_equal(levels, ALIKE_BIRTH_DATE))
        return PASS_EQUAL;
    if (rest && birth >= BIRTH_NEARLY && birth < LEVEL_EQUAL)
        return PASS_BIRTH_NEARLY;
    return combination_in(levels) != 0 ? PASS_COMBINATION : PASS_WEIGHT;
}

static Result copy_alone(DbCopy *copy, int64_t subject_id, Error *error)
{
    const Value values[] = {value_int8(subject_id), value_int8(subject_id), value_null(VALUE_INT8),
                            value_int2(PASS_ALONE), value_null(VALUE_INT8), value_null(VALUE_FLOAT8),
                            value_null(VALUE_INT8)};

    return db_copy_row(copy, values, error);
}

static Result copy_unit(const AlikePeople *people, DbCopy *copy, const AlikeUnit *unit, Error *error)
{
    int64_t person_id = people->persons[unit->cluster], first = people->firsts[unit->cluster];
    const AlikeEvidence *best = unit->best;

    /* Whoever joined it to the others may have been taken out again by a decision. */
    if (best == NULL || (person_id == 0 && first == unit->first_subject))
        return copy_alone(copy, unit->first_subject, error);
    bool is_first = best->sides[0].subject_id == unit->first_subject;
    const Value values[] = {value_int8(unit->first_subject),
                            value_int8(first),
                            person_id != 0 ? value_int8(person_id) : value_null(VALUE_INT8),
                            value_int2(pass_of(best->levels)),
                            value_int8(best->sides[is_first ? 1 : 0].subject_id),
                            value_float8(best->weight),
                            value_int8((int64_t)best->levels)};

    return db_copy_row(copy, values, error);
}

static int compare_subject(const void *key, const void *unit)
{
    int64_t wanted = *(const int64_t *)key, has = ((const AlikeUnit *)unit)->first_subject;

    return wanted < has ? -1 : wanted > has;
}

/* A unit of a number may have the smallest subject of nobody free: it is no free subject's. */
static Result copy_people(AlikeRun *run, const AlikePeople *people, Error *error)
{
    static const DbCopyColumn columns[] = {{"subject_id", VALUE_INT8},    {"first_subject", VALUE_INT8},
                                           {"person_id", VALUE_INT8},     {"pass", VALUE_INT2},
                                           {"other_subject", VALUE_INT8}, {"weight", VALUE_FLOAT8},
                                           {"levels", VALUE_INT8}};
    SCOPED(db_copy_abandon) DbCopy *copy = NULL;

    TRY(db_copy_in(run->linker, "pg_temp.person_made", columns, sizeof columns / sizeof *columns, &copy,
                   error));
    for (size_t i = 0; i < people->alone_count; i++) {
        const AlikeUnit *unit = people->unit_count == 0
                                    ? NULL
                                    : bsearch(&people->alone[i], people->units, people->unit_count,
                                              sizeof(AlikeUnit), compare_subject);
        if (unit == NULL || unit->has_number)
            TRY(copy_alone(copy, people->alone[i], error));
        else
            TRY(copy_unit(people, copy, unit, error));
    }
    return db_copy_end(&copy, NULL, error);
}

static Result copy_conflicts(AlikeRun *run, const AlikePeople *people, Error *error)
{
    static const DbCopyColumn columns[] = {
        {"subject_a", VALUE_INT8}, {"subject_b", VALUE_INT8}, {"reason", VALUE_TEXT}};
    SCOPED(db_copy_abandon) DbCopy *copy = NULL;

    TRY(db_copy_in(run->linker, "pg_temp.conflict_made", columns, sizeof columns / sizeof *columns, &copy,
                   error));
    for (size_t i = 0; i < people->evidence_count; i++) {
        const AlikeEvidence *evidence = &people->evidence[i];
        if (evidence->conflict == NULL)
            continue;
        const Value values[] = {value_int8(evidence->sides[0].subject_id),
                                value_int8(evidence->sides[1].subject_id),
                                value_text(text_from(evidence->conflict))};
        TRY(db_copy_row(copy, values, error));
    }
    return db_copy_end(&copy, NULL, error);
}

Result alike_made(AlikeRun *run, AlikePeople *people, Error *error)
{
    note_best(people);
    note_clusters(people);
    TRY(copy_people(run, people, error));
    return copy_conflicts(run, people, error);
}
