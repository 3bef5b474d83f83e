/* What the parts of one table tell of a place together: zeros beside few, and one difference many times. */
#include <stdlib.h>
#include <string.h>

#include "query/suppress_parts.h"

/* ---- zeros beside few ---- */

static bool has_few(const Suppression *s, const CountTable *table, size_t place)
{
    size_t answers = count_answers(table);

    for (size_t answer = 0; answer < answers; answer++)
        if (suppress_is_few(s, table->cells[place * (answers + 1) + answer].people))
            return true;
    return false;
}

/* Its own few count as well: else it would tell of another's few which zeros of it are hidden. */
bool suppress_is_beside_few(const Suppression *s, const CountTable *table, size_t cell)
{
    size_t answers = count_answers(table), parts = 0;
    bool is_few = false;

    if (answers == 0 || cell % (answers + 1) == answers)
        return false;
    for (size_t t = 0; t < s->table_count; t++) {
        const CountTable *other = &s->tables[t];
        if (!text_equal(other->period, table->period) || !suppress_are_of_one_table(table, other))
            continue;
        parts++;
        is_few = is_few || has_few(s, other, cell / (answers + 1));
    }
    return is_few && parts > 1;
}

/* ---- one difference many times ---- */

/* Two shown cells of a place: what the larger has more than the other, in people that each add or take away.
 */
typedef struct Difference {
    SetHash more, smaller;
    CellName first, second; /* in the order of their tables */
} Difference;

typedef struct Differences {
    Difference *all;
    size_t count;
    uint32_t *places;   /* a hash table of them: 0, or one more than where it stands in `all` */
    size_t place_count; /* a power of two */
} Differences;

static int compare_hashes(SetHash a, SetHash b)
{
    if (a.high != b.high)
        return a.high < b.high ? -1 : 1;
    return (a.low > b.low) - (a.low < b.low);
}

static int compare_differences(const void *a, const void *b)
{
    const Difference *x = a, *y = b;
    int compared = compare_hashes(x->more, y->more);

    if (compared != 0)
        return compared;
    if (x->first.table != y->first.table)
        return x->first.table < y->first.table ? -1 : 1;
    if (x->second.table != y->second.table)
        return x->second.table < y->second.table ? -1 : 1;
    return (x->first.cell > y->first.cell) - (x->first.cell < y->first.cell);
}

static bool is_shown(const Suppression *s, const CellName *name)
{
    return s->states[name->table][name->cell] == CELL_SHOWN;
}

/* The shown answers of a place in all parts of the first one's table, that with no people left out. */
static size_t list_answers(const Suppression *s, size_t first, size_t place, CellName *names)
{
    size_t count = 0;

    for (size_t t = first; t < s->table_count; t++) {
        size_t answers = count_answers(&s->tables[t]);
        if (!suppress_are_of_one_table(&s->tables[first], &s->tables[t]))
            continue;
        for (size_t answer = 0; answer < answers; answer++) {
            size_t cell = place * (answers + 1) + answer;
            if (s->states[t][cell] == CELL_SHOWN && s->tables[t].cells[cell].people > 0)
                names[count++] = (CellName){t, cell, s->tables[t].cells[cell].set};
        }
    }
    return count;
}

static void list_differences(const CellName *names, size_t count, Differences *differences)
{
    differences->count = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t o = i + 1; o < count; o++) {
            uint32_t people = set_hash_people(names[i].set), others = set_hash_people(names[o].set);
            const CellName *smaller = people < others ? &names[i] : &names[o];
            const CellName *larger = people < others ? &names[o] : &names[i];
            if (names[i].table != names[o].table && people != others)
                differences->all[differences->count++] =
                    (Difference){set_hash_less(larger->set, smaller->set), smaller->set, names[i], names[o]};
        }
}

/* Might two of them be the same? Mostly not, and then there is nothing to sort. */
static bool may_repeat(const Differences *differences)
{
    size_t places = differences->place_count;

    memset(differences->places, 0, places * sizeof *differences->places);
    for (size_t i = 0; i < differences->count; i++) {
        uint64_t hash = differences->all[i].more.high;
        size_t at = hash % places;
        for (; differences->places[at] != 0; at = (at + 1) % places)
            if (differences->all[differences->places[at] - 1].more.high == hash)
                return true;
        differences->places[at] = (uint32_t)i + 1;
    }
    return false;
}

/* The same two published counts, or what they leave of all of the place: nothing is told twice. */
static bool tells_no_more(const Difference *told, const Difference *again, SetHash all)
{
    SetHash rest = set_hash_less(set_hash_less(all, told->smaller), told->more);

    return compare_hashes(told->smaller, again->smaller) == 0 || compare_hashes(rest, again->smaller) == 0 ||
           (told->first.table == again->first.table && told->second.table == again->second.table);
}

/* The later part's cell, so that what a pair leaves of all goes with one part. True where one was hidden. */
static bool hide_repeated(Suppression *s, const Differences *differences, SetHash all)
{
    const Difference *told = NULL;
    bool changed = false;

    for (size_t i = 0; i < differences->count; i++) {
        const Difference *again = &differences->all[i];
        if (!is_shown(s, &again->first) || !is_shown(s, &again->second))
            continue;
        if (told == NULL || compare_hashes(told->more, again->more) != 0 || !is_shown(s, &told->first) ||
            !is_shown(s, &told->second)) {
            told = again;
        } else if (!tells_no_more(told, again, all)) {
            suppress_hide(s, again->second.table, again->second.cell);
            changed = true;
        }
    }
    return changed;
}

static bool is_first_of_table(const Suppression *s, size_t t)
{
    for (size_t before = 0; before < t; before++)
        if (suppress_are_of_one_table(&s->tables[before], &s->tables[t]))
            return false;
    return count_answers(&s->tables[t]) > 0;
}

static Differences make_differences(const Suppression *s, size_t most)
{
    Differences made = {.all = arena_alloc(s->arena, most * sizeof *made.all), .place_count = 16};

    while (made.place_count < 2 * most)
        made.place_count *= 2;
    made.places = arena_alloc(s->arena, made.place_count * sizeof *made.places);
    return made;
}

void suppress_repeated(Suppression *s)
{
    size_t answers = 0;

    if (s->rule->without_nested)
        return;
    for (size_t t = 0; t < s->table_count; t++)
        answers += count_answers(&s->tables[t]);
    CellName *names = arena_alloc(s->arena, (answers + 1) * sizeof *names);
    Differences differences = make_differences(s, answers * answers / 2 + 1);
    for (size_t t = 0; t < s->table_count; t++) {
        const CountTable *table = &s->tables[t];
        for (size_t place = 0; is_first_of_table(s, t) && place < count_places(table); place++) {
            if (deadline_is_over(s->rule->deadline))
                return; /* the caller finds it over, too */
            size_t all = place * (count_answers(table) + 1) + count_answers(table);
            list_differences(names, list_answers(s, t, place, names), &differences);
            if (!may_repeat(&differences))
                continue;
            qsort(differences.all, differences.count, sizeof *differences.all, compare_differences);
            while (hide_repeated(s, &differences, table->cells[all].set))
                continue;
        }
    }
}
