/* Amounts of people: kept while they are counted, then added up by the places of tables. */
#include <string.h>

#include "query/count_parts.h"
#include "query/engine_parts.h"

/* Of differences: people who are gone through before it is asked whether they are enough. */
enum { SECTION_WORDS = 16, SECTION_PLACES_A_WORD = 8, SECTION_GROWS = 4 };

/* ---- of each person ---- */

const CountValues *count_values_of(Counting *counting, size_t dimension)
{
    PlanId amount = counting->bound->amounts[dimension];
    size_t i = 0;

    if (amount == BOUND_NO_AMOUNT)
        return NULL;
    while (i < counting->value_count && counting->values[i].amount != amount)
        i++;
    if (i == counting->value_count)
        counting->values[counting->value_count++] = (CountValues){.amount = amount};
    return &counting->values[i];
}

static void keep_values(const Vector *from, uint32_t people, double *to)
{
    for (uint32_t i = 0; i < people; i++)
        to[i] = from->decimals != NULL ? vector_decimal(from, i) : (double)vector_number(from, i);
}

void count_values_add(Counting *counting, Engine *engine)
{
    for (size_t i = 0; i < counting->value_count; i++) {
        const CountValues *values = &counting->values[i];
        keep_values(engine_value(engine, values->amount), engine->people, values->values + engine->first);
    }
}

/* ---- of each place ---- */

/* The same amount of the same period's places is added up once. */
static CountAmounts *find_amounts(const Counting *counting, size_t number, const CountTable *parts)
{
    const Part *part = &counting->tree->parts[number];

    for (size_t p = number; p-- > 0;)
        if (counting->parts[p].values == counting->parts[number].values &&
            counting->tree->parts[p].period == part->period)
            return parts[p].amounts;
    return NULL;
}

static uint32_t words_of(const CountPeople *who)
{
    return (who->people + 63) / 64;
}

static size_t *places_of_cells(const CountTable *table)
{
    size_t *places = memory_alloc(((size_t)table->who->place_count + 1) * sizeof *places);
    size_t each = count_answers(table) + 1;

    for (size_t place = 0; place < count_places(table); place++)
        if (count_is_inner(table, place * each) && table->cells[place * each + each - 1].people > 0)
            places[table->who_places[place]] = place;
    return places;
}

static void add_amounts(const CountTable *table, AmountTotal *totals)
{
    const CountPeople *who = table->who;
    size_t *places = places_of_cells(table);

    for (uint32_t word = 0; word < words_of(who); word++)
        for (uint64_t bits = table->yes[word] & who->cohort[word]; bits != 0; bits &= bits - 1) {
            uint32_t person = word * 64 + (uint32_t)__builtin_ctzll(bits);
            amount_add(&totals[places[who->places[person]]], table->amounts->values[person]);
        }
    memory_free(places);
    count_amount_margins(table, totals);
}

static const uint64_t *find_not_zero(const CountTable *table, Arena *arena)
{
    uint64_t *found = arena_alloc(arena, (words_of(table->who) + 1) * sizeof *found);

    for (uint32_t word = 0; word < words_of(table->who); word++)
        for (uint64_t bits = table->yes[word]; bits != 0; bits &= bits - 1) {
            uint32_t bit = (uint32_t)__builtin_ctzll(bits);
            found[word] |= (uint64_t)(table->amounts->values[word * 64 + bit] != 0) << bit;
        }
    return found;
}

/* ---- what two differ by ---- */

static bool is_known(const CountTable *table, uint32_t person)
{
    return (table->yes[person / 64] >> person % 64 & 1) != 0;
}

static double amount_of(const CountTable *table, uint32_t person)
{
    return is_known(table, person) ? table->amounts->values[person] : 0;
}

/* Those of whom it is not 0: nobody else's can be another than an amount of 0. */
static uint64_t others_of(const AmountPair *pair, uint32_t word)
{
    if (pair->b->amounts != NULL)
        return pair->b->amounts->not_zero[word];
    if (pair->answer == 0)
        return pair->b->yes[word];
    return pair->answer == 1 ? ~(pair->b->yes[word] | pair->b->unknown[word]) : pair->b->unknown[word];
}

/* others: of the person's word, as others_of has them. */
static void add_difference(const AmountPair *pair, uint32_t person, uint64_t others, AmountTotal *total)
{
    double of_a = amount_of(pair->a, person);
    double of_b = pair->b->amounts != NULL ? amount_of(pair->b, person) : (double)(others >> person % 64 & 1);

    if (of_a != of_b)
        amount_add(total, of_a - of_b);
}

static void add_differences(const AmountPair *pair, const size_t *places, uint32_t from, uint32_t to,
                            AmountTotal *totals)
{
    const CountPeople *who = pair->a->who;

    for (uint32_t word = from; word < to; word++) {
        uint64_t others = others_of(pair, word);
        uint64_t bits = (pair->a->amounts->not_zero[word] | others) & who->cohort[word];
        for (; bits != 0; bits &= bits - 1) {
            uint32_t person = word * 64 + (uint32_t)__builtin_ctzll(bits);
            add_difference(pair, person, others, &totals[places[who->places[person]]]);
        }
    }
}

static void add_totals(void *totals, CountSum sum)
{
    AmountTotal *margin = (AmountTotal *)totals + sum.margin, *more = (AmountTotal *)totals + sum.place;

    for (size_t i = 0; i < sum.count; i++)
        amount_merge(&margin[i], &more[i]);
}

/* Places have no margin of the condition, which is asked last. */
void count_amount_margins(const CountTable *table, AmountTotal *totals)
{
    count_add_up(table, table->dimension_count - 1, add_totals, totals);
}

static AmountTotal *make_totals(const CountTable *table, Arena *arena)
{
    return arena_alloc(arena, (count_places(table) + 1) * sizeof(AmountTotal));
}

/* Those of people so far, margins as well. */
static bool is_enough(const AmountPair *pair, AmountsEnough *enough, const void *asked,
                      const AmountTotal *totals, AmountTotal *so_far)
{
    memcpy(so_far, totals, count_places(pair->a) * sizeof *so_far);
    count_amount_margins(pair->a, so_far);
    return enough(asked, so_far);
}

/* Sections grow, and the first is no less work than to look at what they come to. */
AmountTotal *count_amount_differences(const AmountPair *pair, AmountsEnough *enough, const void *asked,
                                      Arena *arena)
{
    AmountTotal *totals = make_totals(pair->a, arena), *so_far = NULL;
    uint32_t words = words_of(pair->a->who), from = 0;
    uint32_t section = SECTION_WORDS + (uint32_t)count_places(pair->a) / SECTION_PLACES_A_WORD;
    size_t *places = places_of_cells(pair->a);
    bool is_done = false;

    if (enough != NULL && section < words)
        so_far = make_totals(pair->a, arena);
    for (; from < words && !is_done; section *= SECTION_GROWS) {
        uint32_t to = so_far == NULL || words - from <= section ? words : from + section;
        add_differences(pair, places, from, to, totals);
        from = to;
        is_done = from < words && is_enough(pair, enough, asked, totals, so_far);
    }
    memory_free(places);
    if (is_done)
        return so_far;
    count_amount_margins(pair->a, totals);
    return totals;
}

AmountTotal *count_amount_differences_where(const AmountPair *pair, const bool *is_asked, Arena *arena)
{
    AmountTotal *totals = make_totals(pair->a, arena);
    size_t each = count_answers(pair->a) + 1, count;

    for (size_t place = 0; place < count_places(pair->a); place++) {
        bool is_any = pair->a->cells[place * each + each - 1].people > 0;
        if (!is_asked[place] || !is_any || !count_is_inner(pair->a, place * each))
            continue;
        const uint32_t *people = count_people_at(pair->a, place, arena, &count);
        for (size_t i = 0; i < count; i++)
            add_difference(pair, people[i], others_of(pair, people[i] / 64), &totals[place]);
    }
    count_amount_margins(pair->a, totals);
    return totals;
}

void count_amounts(const Counting *counting, size_t number, CountTable *parts)
{
    const Part *part = &counting->tree->parts[number];
    const Measure *measure = &counting->tree->tables[part->table].measures[part->measure];
    CountTable *table = &parts[number];
    size_t people;

    if (counting->parts[number].values == NULL)
        return;
    table->amounts = find_amounts(counting, number, parts);
    if (table->amounts == NULL) {
        table->amounts = arena_alloc(counting->arena, sizeof *table->amounts);
        *table->amounts =
            (CountAmounts){.values = counting->parts[number].values->values,
                           .totals = make_totals(table, counting->arena),
                           .together = counting->tree->asks_households ? PLAN_HOME_PEOPLE_MAX : 1};
        add_amounts(table, table->amounts->totals);
        table->amounts->not_zero = find_not_zero(table, counting->arena);
    }
    table->amounts->has_percentile |= measure->kind == MEASURE_PERCENTILE;
    /* who is of a place is listed while there is an arena that stays */
    (void)count_people_at(table, 0, counting->arena, &people);
}

double *count_amounts_at(const CountTable *table, size_t place, Arena *arena, size_t *count)
{
    size_t each = count_answers(table) + 1, margin[QUERY_DIMENSIONS_MAX], below[QUERY_DIMENSIONS_MAX];
    double *amounts =
        arena_alloc(arena, ((size_t)table->amounts->totals[place].people + 1) * sizeof *amounts);

    *count = 0;
    count_coordinates(table, place * each, margin);
    bool is_more = count_first_below(table, margin, below);
    for (; is_more; is_more = count_next_below(table, margin, below)) {
        size_t inner = count_cell(table, below) / each, people_count;
        if (table->amounts->totals[inner].people == 0)
            continue;
        const uint32_t *people = count_people_at(table, inner, arena, &people_count);
        for (size_t i = 0; i < people_count; i++)
            if (is_known(table, people[i]))
                amounts[(*count)++] = table->amounts->values[people[i]];
    }
    return amounts;
}
