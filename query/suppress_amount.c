/*
 * Which amounts may be told. Nothing is said of those whose contributors are hidden. Sums add up over places
 * as counts do, so that margins would give a hidden one back: as many more are hidden as counts would be. A
 * mean is a sum over a count that is told, and hidden with it; so is a percentile, from which a sum would be
 * guessed.
 */
#include "query/suppress_parts.h"

enum { DIFFERENCES_BYTES_MAX = 8 << 20, SMALL_ONE_IN = 8 };

/* One amount of one period. */
typedef struct Amounts {
    CountAmounts *of;
    size_t first;                                      /* of its parts */
    const AmountTotal *differences[QUERY_AMOUNTS_MAX]; /* of each place, from each other amount */
    size_t difference_count;
} Amounts;

typedef struct AllAmounts {
    const CountTable *tables;
    CellState *const *states;
    size_t table_count;
    const SuppressRule *rule;
    Arena *arena;
    Amounts of[QUERY_AMOUNTS_MAX];
    size_t count;
} AllAmounts;

/* ---- each place by itself ---- */

static size_t known_at(const CountTable *table, size_t place)
{
    return place * (count_answers(table) + 1);
}

/* In each part of this amount. */
static bool are_contributors_told(const AllAmounts *all, const Amounts *amounts, size_t place)
{
    for (size_t t = amounts->first; t < all->table_count; t++)
        if (all->tables[t].amounts == amounts->of &&
            all->states[t][known_at(&all->tables[t], place)] != CELL_SHOWN)
            return false;
    return true;
}

static void hide_places(const AllAmounts *all, const Amounts *amounts)
{
    CountAmounts *of = amounts->of;
    size_t places = count_places(&all->tables[amounts->first]);
    bool is_condition = amount_is_condition(&of->totals[places - 1]);

    of->is_hidden = arena_alloc(all->arena, places + 1);
    of->is_ordered = arena_alloc(all->arena, places + 1);
    for (size_t place = 0; place < places; place++) {
        of->is_hidden[place] =
            (is_condition && of->totals[place].people > 0) || !are_contributors_told(all, amounts, place) ||
            amount_is_of_few(&of->totals[place], all->rule->people_min) ||
            (!all->rule->without_dominance && amount_is_dominated(&of->totals[place], of->together));
    }
}

/* ---- two amounts against each other ---- */

/* The same but for whom one is not known of: blocks of both would overlap by some, and tell of these. */
static void mark_ordered(const CountAmounts *earlier, CountAmounts *later, const AmountTotal *differences,
                         size_t place)
{
    if (earlier->has_percentile && !earlier->is_hidden[place] && differences[place].people == 0 &&
        earlier->totals[place].people != later->totals[place].people)
        later->is_ordered[place] = true;
}

/* Those that differ for few people tell of these: of two that are told what comes later is hidden. */
static void hide_near(const AllAmounts *all, Amounts *earlier, Amounts *later)
{
    const CountTable *table = &all->tables[later->first];
    const AmountPair pair = {.a = &all->tables[earlier->first], .b = table};
    const AmountTotal *differences = count_amount_differences(&pair, NULL, NULL, all->arena);

    earlier->differences[earlier->difference_count++] = differences;
    later->differences[later->difference_count++] = differences;
    for (size_t place = 0; place < count_places(table); place++) {
        mark_ordered(earlier->of, later->of, differences, place);
        if (!earlier->of->is_hidden[place] &&
            amount_is_near(&differences[place], all->rule->people_min, later->of->together))
            later->of->is_hidden[place] = true;
    }
}

typedef struct Told {
    const AllAmounts *all;
    CountAmounts *of;
    size_t *places; /* where the amount and the count are */
    size_t count;
} Told;

static bool are_all_far(const void *asked, const AmountTotal *differences)
{
    const Told *told = asked;

    for (size_t i = 0; i < told->count; i++)
        if (!amount_stays_far(&differences[told->places[i]], &told->of->totals[told->places[i]],
                              told->all->rule->people_min, told->of->together))
            return false;
    return true;
}

static int64_t people_at(const CountTable *table, size_t place)
{
    return table->cells[known_at(table, place) + count_answers(table)].people;
}

/* Places of so few that all of them together are no more than an eighth of everybody; margins with all below.
 */
static bool is_small(const CountTable *table, size_t place)
{
    size_t places = count_places(table);

    return people_at(table, place) * (int64_t)places < people_at(table, places - 1) / SMALL_ONE_IN;
}

static void hide_where_near(const Told *told, const AmountTotal *differences)
{
    for (size_t i = 0; i < told->count; i++)
        if (amount_is_near(&differences[told->places[i]], told->all->rule->people_min, told->of->together))
            told->of->is_hidden[told->places[i]] = true;
}

/*
 * The same of an amount and a count that is told: what records come to may be a condition in disguise. Of
 * small places everybody is looked at, lest these keep all people of the others waiting for who is there.
 */
static void hide_near_answer(const AllAmounts *all, const Amounts *amounts, size_t t, size_t answer)
{
    SCOPED(arena_close) Arena *arena = arena_create(DIFFERENCES_BYTES_MAX);
    const CountTable *counts = &all->tables[t];
    const AmountPair pair = {.a = &all->tables[amounts->first], .b = counts, .answer = answer};
    size_t places = count_places(counts);
    bool *small = arena_alloc(arena, places + 1);
    Told of_small = {all, amounts->of, arena_alloc(arena, (places + 1) * sizeof(size_t)), 0};
    Told of_large = {all, amounts->of, arena_alloc(arena, (places + 1) * sizeof(size_t)), 0};

    for (size_t place = 0; place < places; place++) {
        small[place] = is_small(counts, place);
        Told *told = small[place] ? &of_small : &of_large;
        if (!amounts->of->is_hidden[place] && people_at(counts, place) > 0 &&
            all->states[t][known_at(counts, place) + answer] == CELL_SHOWN)
            told->places[told->count++] = place;
    }
    if (of_small.count > 0)
        hide_where_near(&of_small, count_amount_differences_where(&pair, small, arena));
    if (of_large.count > 0)
        hide_where_near(&of_large, count_amount_differences(&pair, are_all_far, &of_large, arena));
}

/* Of another period who has the condition alone: all answers of all periods would take minutes. */
static size_t answers_of(const AllAmounts *all, const Amounts *amounts, size_t t)
{
    const CountTable *counts = &all->tables[t];

    if (counts->amounts != NULL)
        return 0;
    return counts->part->period == all->tables[amounts->first].part->period ? count_answers(counts) : 1;
}

static void hide_near_counts(const AllAmounts *all, const Amounts *amounts)
{
    for (size_t t = 0; t < all->table_count; t++)
        for (size_t answer = 0;
             answer < answers_of(all, amounts, t) && !deadline_is_over(all->rule->deadline); answer++)
            hide_near_answer(all, amounts, t, answer);
}

/* ---- places against each other ---- */

static void add_total(const Suppression *s, size_t which, size_t count, AmountTotal *total)
{
    *total = (AmountTotal){0};
    for (size_t i = 0; i < count; i++)
        amount_merge(total, &s->totals[which][s->hidden[i]]);
}

bool suppress_is_total_safe(const Suppression *s, size_t hidden_count)
{
    int64_t together = s->tables[0].amounts->together;
    AmountTotal total;

    add_total(s, 0, hidden_count, &total);
    if (total.people < s->rule->people_min || amount_is_of_few(&total, s->rule->people_min) ||
        (!s->rule->without_dominance && amount_is_dominated(&total, together)))
        return false;
    for (size_t i = 1; i < s->total_count; i++) {
        add_total(s, i, hidden_count, &total);
        if (amount_is_near(&total, s->rule->people_min, together))
            return false;
    }
    return true;
}

/* Its places as a table of their own, in which the contributors are the people. */
static CountTable places_of(const CountTable *from, Arena *arena)
{
    CountTable table = *from;

    table.dimension_count--;
    table.cell_count = count_places(from);
    table.cells = arena_alloc(arena, (table.cell_count + 1) * sizeof *table.cells);
    for (size_t place = 0; place < table.cell_count; place++)
        table.cells[place] = from->cells[known_at(from, place)];
    return table;
}

static CellState *states_of(const AllAmounts *all, const Amounts *amounts, size_t places)
{
    CellState *states = arena_alloc(all->arena, (places + 1) * sizeof *states);

    for (size_t place = 0; place < places; place++) {
        size_t known = known_at(&all->tables[amounts->first], place);
        bool is_asked = all->states[amounts->first][known] != CELL_NOT_ASKED;
        states[place] = !is_asked                       ? CELL_NOT_ASKED
                        : amounts->of->is_hidden[place] ? CELL_PRIMARY
                                                        : CELL_SHOWN;
    }
    return states;
}

static void hide_rest(const AllAmounts *all, const Amounts *amounts)
{
    const CountTable table = places_of(&all->tables[amounts->first], all->arena);
    CellState *states = states_of(all, amounts, table.cell_count);
    const AmountTotal *totals[QUERY_AMOUNTS_MAX] = {amounts->of->totals};
    Suppression s = {.tables = &table,
                     .table_count = 1,
                     .rule = all->rule,
                     .states = &states,
                     .arena = all->arena,
                     .totals = totals,
                     .total_count = 1 + amounts->difference_count};

    for (size_t i = 0; i < amounts->difference_count; i++)
        totals[1 + i] = amounts->differences[i];
    s.hidden = arena_alloc(all->arena, (table.cell_count + 1) * sizeof *s.hidden);
    suppress_rest(&s);
    for (size_t place = 0; place < table.cell_count; place++)
        amounts->of->is_hidden[place] = states[place] != CELL_SHOWN;
}

/* ---- all of them ---- */

static void list_amounts(AllAmounts *all)
{
    for (size_t t = 0; t < all->table_count; t++) {
        size_t i = 0;
        while (i < all->count && all->of[i].of != all->tables[t].amounts)
            i++;
        if (i == all->count && all->tables[t].amounts != NULL)
            all->of[all->count++] = (Amounts){.of = all->tables[t].amounts, .first = t};
    }
}

void suppress_amounts(const CountTable *tables, size_t table_count, const SuppressRule *rule, Arena *arena,
                      CellState *const *states)
{
    AllAmounts all = {
        .tables = tables, .states = states, .table_count = table_count, .rule = rule, .arena = arena};

    list_amounts(&all);
    for (size_t i = 0; i < all.count; i++)
        hide_places(&all, &all.of[i]);
    for (size_t later = 1; later < all.count && !rule->without_differences; later++)
        for (size_t earlier = 0; earlier < later && !deadline_is_over(rule->deadline); earlier++)
            hide_near(&all, &all.of[earlier], &all.of[later]);
    for (size_t i = 0; i < all.count && !rule->without_differences; i++)
        hide_near_counts(&all, &all.of[i]);
    for (size_t i = 0; i < all.count && !rule->without_complementary; i++)
        hide_rest(&all, &all.of[i]);
}
