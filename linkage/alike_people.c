/*
 * People of what is known about pairs, whatever run found it out: of all, or of those whom something new
 * touches. A unit is somebody whom a number places, with all their subjects, or one subject that no number
 * places.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "linkage/alike.h"
#include "linkage/cluster.h"
#include "linkage/combination.h"
#include "linkage/fields.h"
#include "linkage_sql.h"

enum { LIST_FIRST = 1024, YEARS_MOST = 10, DECIDED = 60, HAS_NUMBER = 1, HAS_DEATH = 2 };
enum {
    PASS_EQUAL = 6,
    PASS_BIRTH_NEARLY = 7,
    PASS_COMBINATION = 8,
    PASS_WEIGHT = 9,
    PASS_ALONE = 10,
    BIRTH_NEARLY = 2
};

/* log2 of the odds at 0.95: the band that links. */
static const double WEIGHT_LINK = 4.2479275134;
static const double SHARE = 0.5, WEIGHT_CLERICAL = 0;

static const DbStatement collect_statement = {
    .name = "linkage_run_evidence",
    .sql = linkage_sql_run_evidence,
    .parameters = {VALUE_BYTES, VALUE_INT4},
    .columns = {VALUE_INT8},
};
static const DbStatement evidence_statement = {
    .name = "linkage_evidence",
    .sql = linkage_sql_evidence,
    .columns = {VALUE_INT8, VALUE_INT8, VALUE_INT8, VALUE_INT8, VALUE_FLOAT8, VALUE_INT8, VALUE_BOOL,
                VALUE_BOOL, VALUE_INT8},
};
static const DbStatement free_statement = {
    .name = "linkage_free_subjects", .sql = linkage_sql_free_subjects, .columns = {VALUE_INT8}};

typedef struct Side {
    int64_t subject_id, key; /* key: of the unit, a person's or a subject's */
    bool has_number, is_dead;
    uint32_t unit;
} Side;

typedef struct Evidence {
    Side sides[2];
    double weight;
    uint64_t levels;
    const char *conflict; /* NULL: none */
    bool is_impossible;
} Evidence;

typedef struct Unit {
    int64_t key, first_subject, person_id; /* person_id 0: none yet */
    bool has_number, is_torn;              /* torn: likely two people who have numbers */
    uint64_t mask;
    const Evidence *best; /* why it is with the others */
    uint32_t cluster;
} Unit;

typedef struct People {
    Evidence *evidence;
    size_t evidence_count, evidence_capacity;
    Unit *units; /* by first subject */
    size_t unit_count;
    TreeList *once; /* of each unit: deliveries that name each person once, and name it */
    int64_t *alone; /* free subjects, in order */
    size_t alone_count, alone_capacity;
    LinkagePairs pairs;
    LinkageClusters clusters;
    int64_t *firsts, *persons; /* of clusters: the smallest free subject, whom a number places */
} People;

static void close_people(People *people)
{
    memory_free(people->evidence);
    for (size_t i = 0; i < people->unit_count && people->once != NULL; i++)
        memory_free(people->once[i].items);
    memory_free(people->once);
    memory_free(people->units);
    memory_free(people->alone);
    memory_free(people->firsts);
    memory_free(people->persons);
    linkage_pairs_close(&people->pairs);
    linkage_clusters_close(&people->clusters);
}

static void *room(void *items, size_t count, size_t *capacity, size_t bytes)
{
    if (count < *capacity)
        return items;
    *capacity = *capacity * 2 + LIST_FIRST;
    return memory_resize(items, *capacity * bytes);
}

/* ---- reading ---- */

static Side read_side(const Value *subject, const Value *person, const Value *is_dead)
{
    return (Side){.subject_id = subject->integer,
                  .key = person->is_null ? subject->integer : person->integer,
                  .has_number = !person->is_null,
                  .is_dead = is_dead->boolean};
}

static Result add_evidence(void *context, const Value *row, Error *error)
{
    People *people = context;
    double weight = row[4].real;

    (void)error;
    people->evidence =
        room(people->evidence, people->evidence_count, &people->evidence_capacity, sizeof(Evidence));
    people->evidence[people->evidence_count++] = (Evidence){
        .sides = {read_side(&row[0], &row[2], &row[6]), read_side(&row[1], &row[3], &row[7])},
        .weight = weight,
        .levels = (uint64_t)row[5].integer,
        .is_impossible = row[8].integer >= YEARS_MOST && weight < DECIDED,
    };
    return RESULT_OK;
}

static Result add_alone(void *context, const Value *row, Error *error)
{
    People *people = context;

    (void)error;
    people->alone = room(people->alone, people->alone_count, &people->alone_capacity, sizeof(int64_t));
    people->alone[people->alone_count++] = row[0].integer;
    return RESULT_OK;
}

/* ---- units ---- */

static int compare_keys(const void *a, const void *b)
{
    const Unit *x = a, *y = b;

    if (x->has_number != y->has_number)
        return x->has_number ? 1 : -1;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->first_subject < y->first_subject ? -1 : x->first_subject > y->first_subject;
}

/* The order that ties are broken by: the subjects', for people's ids depend on who came first. */
static int compare_units(const void *a, const void *b)
{
    const Unit *x = *(Unit *const *)a, *y = *(Unit *const *)b;

    return x->first_subject < y->first_subject ? -1 : x->first_subject > y->first_subject;
}

static void merge_units(People *people)
{
    size_t kept = 0;

    for (size_t i = 0; i < people->unit_count; i++) {
        Unit *unit = &people->units[i];
        if (kept > 0 && people->units[kept - 1].key == unit->key &&
            people->units[kept - 1].has_number == unit->has_number)
            people->units[kept - 1].mask |= unit->mask;
        else
            people->units[kept++] = *unit;
    }
    people->unit_count = kept;
}

static uint32_t unit_of(const People *people, const Side *side)
{
    const Unit wanted = {.key = side->key, .has_number = side->has_number, .first_subject = INT64_MIN};
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

static void place_units(People *people)
{
    Unit **order = memory_alloc((people->unit_count + 1) * sizeof(Unit *));

    for (size_t i = 0; i < people->unit_count; i++)
        order[i] = &people->units[i];
    if (people->unit_count > 1)
        qsort(order, people->unit_count, sizeof(Unit *), compare_units);
    for (size_t i = 0; i < people->unit_count; i++)
        order[i]->cluster = (uint32_t)i;
    for (size_t i = 0; i < people->evidence_count; i++)
        for (size_t s = 0; s < 2; s++)
            people->evidence[i].sides[s].unit = unit_of(people, &people->evidence[i].sides[s]);
    Unit *placed = memory_alloc((people->unit_count + 1) * sizeof(Unit));
    for (size_t i = 0; i < people->unit_count; i++)
        placed[i] = *order[i];
    memory_free(people->units);
    memory_free(order);
    people->units = placed;
}

static void make_units(People *people)
{
    people->units = memory_alloc((2 * people->evidence_count + 1) * sizeof(Unit));
    for (size_t i = 0; i < people->evidence_count; i++) {
        for (size_t s = 0; s < 2; s++) {
            const Side *side = &people->evidence[i].sides[s];
            people->units[people->unit_count++] = (Unit){
                .key = side->key,
                .first_subject = side->subject_id,
                .person_id = side->has_number ? side->key : 0,
                .has_number = side->has_number,
                .mask = (side->has_number ? HAS_NUMBER : 0U) | (side->is_dead ? HAS_DEATH : 0U),
            };
        }
    }
    if (people->unit_count > 1)
        qsort(people->units, people->unit_count, sizeof(Unit), compare_keys);
    merge_units(people);
    place_units(people);
}

static Result read_once(AlikeRun *run, People *people, Error *error)
{
    AlikeKey *keys = memory_alloc((people->unit_count + 1) * sizeof *keys);

    people->once = memory_alloc((people->unit_count + 1) * sizeof *people->once);
    for (uint32_t i = 0; i < people->unit_count; i++)
        keys[i] =
            (AlikeKey){.key = people->units[i].key, .has_number = people->units[i].has_number, .place = i};
    Result result = alike_once(run, keys, people->unit_count, people->once, error);
    memory_free(keys);
    return result;
}

/* ---- clusters ---- */

static int compare_evidence(const void *a, const void *b)
{
    const Evidence *x = a, *y = b;

    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    if (x->sides[0].subject_id != y->sides[0].subject_id)
        return x->sides[0].subject_id < y->sides[0].subject_id ? -1 : 1;
    return x->sides[1].subject_id < y->sides[1].subject_id ? -1
                                                           : x->sides[1].subject_id > y->sides[1].subject_id;
}

/* Whoever shares a keyed combination needs no more than to be likelier one person than two. */
static bool is_enough(const Evidence *evidence)
{
    return evidence->weight >= (combination_in(evidence->levels) != 0 ? WEIGHT_CLERICAL : WEIGHT_LINK);
}

static bool is_likely(const Evidence *evidence)
{
    return is_enough(evidence) && !evidence->is_impossible;
}

/* Twins may share a keyed combination: where one is in the band that links, the other has to be as well. */
static bool is_rival(const Evidence *first, const Evidence *other)
{
    return other->weight >= WEIGHT_LINK || first->weight < WEIGHT_LINK;
}

/* Likely two people who have numbers: nobody can say which, so a person has to. A decision says which. */
static void tear_units(People *people)
{
    const Evidence **first = memory_alloc((people->unit_count + 1) * sizeof(const Evidence *));

    for (size_t i = 0; i < people->evidence_count; i++) {
        const Evidence *evidence = &people->evidence[i];
        size_t number = people->units[evidence->sides[0].unit].has_number ? 0 : 1;
        uint32_t with = evidence->sides[number].unit, own = evidence->sides[1 - number].unit;
        if (!is_likely(evidence) || !people->units[with].has_number)
            continue;
        if (first[own] == NULL)
            first[own] = evidence; /* by weight: the likeliest comes first */
        else if (first[own]->sides[0].unit != with && first[own]->sides[1].unit != with &&
                 first[own]->weight < DECIDED && is_rival(first[own], evidence))
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
static void make_pairs(People *people)
{
    LinkagePairs *pairs = &people->pairs;
    size_t kept = 0;

    *pairs = (LinkagePairs){.record_count = people->unit_count};
    pairs->pairs = memory_alloc((people->evidence_count + 1) * sizeof *pairs->pairs);
    for (size_t i = 0; i < people->evidence_count; i++) {
        const Evidence *evidence = &people->evidence[i];
        uint32_t a = evidence->sides[0].unit, b = evidence->sides[1].unit;
        if (!is_likely(evidence) || people->units[a].is_torn || people->units[b].is_torn || a == b)
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

static Result make_clusters(People *people, Error *error)
{
    uint64_t *unique = memory_alloc((people->unit_count + 1) * sizeof *unique);

    for (size_t i = 0; i < people->unit_count; i++)
        unique[i] = people->units[i].mask;
    const TreeUnique once = {.bits = unique, .lists = people->once};
    Result result = cluster_pairs(&people->pairs, &once, SHARE, &people->clusters, error);
    memory_free(unique);
    TRY(result);
    for (size_t i = 0; i < people->unit_count; i++)
        people->units[i].cluster = people->clusters.person[i];
    return RESULT_OK;
}

/* Who was decided to be apart is, also where others stand between them: the later one goes. */
static void keep_apart(People *people)
{
    for (size_t i = 0; i < people->evidence_count; i++) {
        const Evidence *evidence = &people->evidence[i];
        uint32_t a = evidence->sides[0].unit, b = evidence->sides[1].unit;
        if (evidence->weight > -DECIDED || people->units[a].cluster != people->units[b].cluster)
            continue;
        uint32_t later = people->units[a].has_number || (a < b && !people->units[b].has_number) ? b : a;
        people->units[later].cluster = (uint32_t)people->unit_count + later; /* of its own */
    }
}

/* ---- what comes of it ---- */

static const char *conflict_of(const People *people, const Evidence *evidence)
{
    const Unit *a = &people->units[evidence->sides[0].unit], *b = &people->units[evidence->sides[1].unit];

    if (!is_enough(evidence) || a->cluster == b->cluster)
        return NULL;
    if (evidence->is_impossible)
        return "ages";
    if (a->is_torn || b->is_torn)
        return "two numbers";
    if ((a->mask & b->mask & HAS_DEATH) != 0)
        return "two deaths";
    if (tree_lists_share(&people->once[evidence->sides[0].unit], &people->once[evidence->sides[1].unit]))
        return "one delivery";
    return "apart from the others";
}

static void note_best(People *people)
{
    for (size_t i = 0; i < people->evidence_count; i++) {
        Evidence *evidence = &people->evidence[i];
        evidence->conflict = conflict_of(people, evidence);
        for (size_t s = 0; s < 2; s++) {
            Unit *own = &people->units[evidence->sides[s].unit];
            const Unit *other = &people->units[evidence->sides[1 - s].unit];
            if (own->cluster == other->cluster && own->best == NULL && is_likely(evidence))
                own->best = evidence;
        }
    }
}

static void note_clusters(People *people)
{
    size_t clusters = 2 * people->unit_count + 1;

    people->firsts = memory_alloc(clusters * sizeof(int64_t));
    people->persons = memory_alloc(clusters * sizeof(int64_t));
    for (size_t i = 0; i < clusters; i++)
        people->firsts[i] = INT64_MAX;
    for (size_t i = 0; i < people->unit_count; i++) {
        const Unit *unit = &people->units[i];
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

static Result copy_unit(const People *people, DbCopy *copy, const Unit *unit, Error *error)
{
    int64_t person_id = people->persons[unit->cluster], first = people->firsts[unit->cluster];
    const Evidence *best = unit->best;

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
    int64_t wanted = *(const int64_t *)key, has = ((const Unit *)unit)->first_subject;

    return wanted < has ? -1 : wanted > has;
}

/* A unit of a number may have the smallest subject of nobody free: it is no free subject's. */
static Result copy_people(AlikeRun *run, const People *people, Error *error)
{
    static const DbCopyColumn columns[] = {{"subject_id", VALUE_INT8},    {"first_subject", VALUE_INT8},
                                           {"person_id", VALUE_INT8},     {"pass", VALUE_INT2},
                                           {"other_subject", VALUE_INT8}, {"weight", VALUE_FLOAT8},
                                           {"levels", VALUE_INT8}};
    SCOPED(db_copy_abandon) DbCopy *copy = NULL;

    TRY(db_copy_in(run->linker, "pg_temp.person_made", columns, sizeof columns / sizeof *columns, &copy,
                   error));
    for (size_t i = 0; i < people->alone_count; i++) {
        const Unit *unit = people->unit_count == 0
                               ? NULL
                               : bsearch(&people->alone[i], people->units, people->unit_count, sizeof(Unit),
                                         compare_subject);
        if (unit == NULL || unit->has_number)
            TRY(copy_alone(copy, people->alone[i], error));
        else
            TRY(copy_unit(people, copy, unit, error));
    }
    return db_copy_end(&copy, NULL, error);
}

static Result copy_conflicts(AlikeRun *run, const People *people, Error *error)
{
    static const DbCopyColumn columns[] = {
        {"subject_a", VALUE_INT8}, {"subject_b", VALUE_INT8}, {"reason", VALUE_TEXT}};
    SCOPED(db_copy_abandon) DbCopy *copy = NULL;

    TRY(db_copy_in(run->linker, "pg_temp.conflict_made", columns, sizeof columns / sizeof *columns, &copy,
                   error));
    for (size_t i = 0; i < people->evidence_count; i++) {
        const Evidence *evidence = &people->evidence[i];
        if (evidence->conflict == NULL)
            continue;
        const Value values[] = {value_int8(evidence->sides[0].subject_id),
                                value_int8(evidence->sides[1].subject_id),
                                value_text(text_from(evidence->conflict))};
        TRY(db_copy_row(copy, values, error));
    }
    return db_copy_end(&copy, NULL, error);
}

Result alike_people(AlikeRun *run, Error *error)
{
    SCOPED(close_people) People people = {0};
    const Value step[] = {run->permit, value_int4(run->run_id)};
    int64_t pieces;

    TRY(db_run_int8(run->linker, &collect_statement, step, &pieces, NULL, error));
    TRY(db_copy_out(run->linker, &evidence_statement, add_evidence, &people, error));
    TRY(db_copy_out(run->linker, &free_statement, add_alone, &people, error));
    if (people.evidence_count > 1)
        qsort(people.evidence, people.evidence_count, sizeof(Evidence), compare_evidence);
    make_units(&people);
    tear_units(&people);
    make_pairs(&people);
    TRY(read_once(run, &people, error));
    TRY(make_clusters(&people, error));
    keep_apart(&people);
    note_best(&people);
    note_clusters(&people);
    TRY(copy_people(run, &people, error));
    return copy_conflicts(run, &people, error);
}
