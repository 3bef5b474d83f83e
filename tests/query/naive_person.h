#pragma once
/* What is true of a person of naive.h on the query's day; the words are those of county.sql's look-ups. */
#include "tests/query/naive.h"

static int compare_places(const Row *a, const Row *b)
{
    int64_t from = a->facts[REGISTERED_FROM].number - b->facts[REGISTERED_FROM].number;
    int64_t to_a = a->facts[REGISTERED_TO].is_known ? a->facts[REGISTERED_TO].number : INT32_MAX;
    int64_t to_b = b->facts[REGISTERED_TO].is_known ? b->facts[REGISTERED_TO].number : INT32_MAX;
    int practice = strcmp(a->facts[PRACTICE].text, b->facts[PRACTICE].text);

    if (from != 0)
        return from < 0 ? -1 : 1;
    if (to_a != to_b)
        return to_a < to_b ? -1 : 1;
    return practice != 0 ? practice : a->address - b->address;
}

/* A new registration ends the one before it: of those that have begun, the last counts, if it still runs. */
static const Row *registration(int person, Date day)
{
    const Row *last = NULL;

    for (int i = 0; i < naive.row_counts[PATIENT_LIST]; i++) {
        const Row *row = &naive.rows[PATIENT_LIST][i];
        if (row->owner != person || row->facts[REGISTERED_FROM].number > day)
            continue;
        if (last == NULL || compare_places(row, last) > 0)
            last = row;
    }
    if (last != NULL && last->facts[REGISTERED_TO].is_known && last->facts[REGISTERED_TO].number < day)
        return NULL;
    return last;
}

static bool is_in_release(int person)
{
    static const NaiveSource of_people[] = {PATIENT_LIST, GP_EVENT, APC_SPELL, DEATH};

    for (size_t s = 0; s < 4 && !naive.people[person].opted_out; s++)
        for (int i = 0; i < naive.row_counts[of_people[s]]; i++) {
            const Row *row = &naive.rows[of_people[s]][i];
            if (row->owner == person && row->is_used)
                return true;
        }
    return false;
}

/* Birth and sex are those of the identities that stand in a used row. */
static bool is_stated(int person, bool is_birth)
{
    for (int s = 0; s < SOURCES; s++)
        for (int i = 0; s != FIRE_VISIT && i < naive.row_counts[s]; i++) {
            const Person *who = &naive.people[person];
            if (naive.rows[s][i].owner == person && naive.rows[s][i].is_used &&
                (is_birth ? who->states_birth[s] : who->states_sex[s]))
                return true;
        }
    return false;
}

static bool is_dead_before(int person, Date day)
{
    for (int i = 0; i < naive.row_counts[DEATH]; i++)
        if (naive.rows[DEATH][i].owner == person && naive.rows[DEATH][i].facts[0].number < day)
            return true;
    return false;
}

/* Stated before not stated, register before spells, latest before oldest, then by the alphabet. */
static Fact ethnic_category(int person)
{
    static const NaiveSource sources[] = {APC_SPELL, PATIENT_LIST};
    const char *best = NULL;
    int64_t best_rank = -1;

    for (size_t s = 0; s < 2; s++)
        for (int i = 0; i < naive.row_counts[sources[s]]; i++) {
            const Row *row = &naive.rows[sources[s]][i];
            const char *text = row->facts[ETHNIC].text;
            if (row->owner != person || text == NULL)
                continue;
            int64_t day = row->facts[COLUMN_COUNTS[sources[s]] - 1].number;
            bool is_stated_one = strcmp(text, "Z") != 0 && strcmp(text, "99") != 0;
            int64_t rank = (is_stated_one ? 2000000 : 0) + (int64_t)s * 1000000 + day;
            if (rank > best_rank || (rank == best_rank && strcmp(text, best) < 0)) {
                best = text;
                best_rank = rank;
            }
        }
    return word(best);
}

static Fact age(int person, Date at)
{
    const Person *who = &naive.people[person];
    CivilDate day = date_to_civil(at);

    if (who->birth_year == 0 || !is_stated(person, true))
        return (Fact){0};
    return known(day.year - who->birth_year - (day.month < who->birth_month ? 1 : 0));
}

/* ---- attributes, by name ---- */

typedef struct NaiveAttribute {
    const char *name;
    FactType type;
} NaiveAttribute;

static const NaiveAttribute NAIVE_ATTRIBUTES[] = {
    {"sex", FACT_TEXT},       {"ethnic_category", FACT_TEXT},
    {"district", FACT_TEXT},  {"ward", FACT_TEXT},
    {"hcp", FACT_TEXT},       {"pcn", FACT_TEXT},
    {"practice", FACT_TEXT},  {"imd_decile", FACT_NUMBER},
    {"care_home", FACT_BOOL},
};
enum { NAIVE_SEX, NAIVE_ETHNIC, NAIVE_DISTRICT, NAIVE_WARD, NAIVE_HCP, NAIVE_PCN, NAIVE_PRACTICE };
enum { NAIVE_IMD = NAIVE_PRACTICE + 1, NAIVE_CARE_HOME, NAIVE_ATTRIBUTE_COUNT };

static const char *const DISTRICTS[] = {"Ashford", "Canterbury", "Dartford", "Dover"};
static const char *const WARDS[] = {"E05000000", "E05000001", "E05000002", "E05000003"};

static Fact place_fact(const Row *at, int attribute)
{
    int area = area_of(at->address);
    const char *practice = at->facts[PRACTICE].text;
    bool is_first = strcmp(practice, "G00001") == 0, is_second = strcmp(practice, "G00002") == 0;

    switch (attribute) {
    case NAIVE_DISTRICT:
        return word(area < 4 ? DISTRICTS[area] : NULL);
    case NAIVE_WARD:
        return word(area < 4 ? WARDS[area] : NULL);
    case NAIVE_HCP: /* the practice's, else the area's */
        return word(is_second ? "West Kent" : is_first || area < 4 ? "East Kent" : NULL);
    case NAIVE_PCN:
        return word(is_first ? "U00001" : is_second ? "U00002" : NULL);
    case NAIVE_PRACTICE:
        return word(practice);
    case NAIVE_IMD:
        return area < 4 ? known(1 + 2 * area) : (Fact){0};
    default:
        return at->facts[CARE_HOME];
    }
}

__attribute__((unused)) static Fact attribute_fact(int person, int attribute)
{
    const Row *at = registration(person, naive.as_at);

    if (attribute == NAIVE_SEX)
        return is_stated(person, false) ? word(naive.people[person].sex) : (Fact){0};
    if (attribute == NAIVE_ETHNIC)
        return ethnic_category(person);
    return at == NULL ? (Fact){0} : place_fact(at, attribute);
}
