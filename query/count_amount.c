/* Amounts of people: kept while they are counted, then added up by the places of tables. */
#include "query/count_parts.h"
#include "query/engine_parts.h"

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

static size_t *places_of_cells(const CountTable *table)
{
    size_t *places = memory_alloc(((size_t)table->who->place_count + 1) * sizeof *places);
    size_t each = count_answers(table) + 1;

    for (size_t place = 0; place < count_places(table); place++)
        if (count_is_inner(table, place * each) && table->cells[place * each + each - 1].people > 0)
            places[table->who_places[place]] = place;
    return places;
}

typedef void TakePerson(const AmountPair *pair, uint32_t person, AmountTotal *total);

static void go_through_people(const AmountPair *pair, TakePerson *take, AmountTotal *totals)
{
    const CountPeople *who = pair->a->who;
    size_t *places = places_of_cells(pair->a);

    for (uint32_t word = 0; word < (who->people + 63) / 64; word++)
        for (uint64_t bits = who->cohort[word]; bits != 0; bits &= bits - 1) {
            uint32_t person = word * 64 + (uint32_t)__builtin_ctzll(bits);
            take(pair, person, &totals[places[who->places[person]]]);
        }
    memory_free(places);
    count_amount_margins(pair->a, totals);
}

static bool is_known(const CountTable *table, uint32_t person)
{
    return (table->yes[person / 64] >> person % 64 & 1) != 0;
}

static void take_amount(const AmountPair *pair, uint32_t person, AmountTotal *total)
{
    if (is_known(pair->a, person))
        amount_add(total, pair->a->amounts->values[person]);
}

static double other_of(const AmountPair *pair, uint32_t person)
{
    if (pair->b->amounts == NULL)
        return count_answer_of(pair->b, person) == pair->answer;
    return is_known(pair->b, person) ? pair->b->amounts->values[person] : 0;
}

static void take_difference(const AmountPair *pair, uint32_t person, AmountTotal *total)
{
    double of_a = is_known(pair->a, person) ? pair->a->amounts->values[person] : 0;
    double of_b = other_of(pair, person);

    if (of_a != of_b)
        amount_add(total, of_a - of_b);
}

/* Places of one dimension stand `step` beside each other; the margin's come last. */
static void add_to_margin(AmountTotal *totals, size_t values, size_t step)
{
    AmountTotal *margin = totals + values * step;

    for (; totals < margin; totals += step)
        for (size_t i = 0; i < step; i++)
            amount_merge(&margin[i], &totals[i]);
}

void count_amount_margins(const CountTable *table, AmountTotal *totals)
{
    size_t step = 1;

    for (size_t d = table->dimension_count - 1; d-- > 0;) {
        size_t values = table->dimensions[d].value_count;
        for (size_t place = 0; place < count_places(table); place += (values + 1) * step)
            add_to_margin(totals + place, values, step);
        step *= values + 1;
    }
}

static AmountTotal *make_totals(const CountTable *table, Arena *arena)
{
    return arena_alloc(arena, (count_places(table) + 1) * sizeof(AmountTotal));
}

AmountTotal *count_amount_differences(const AmountPair *pair, Arena *arena)
{
    AmountTotal *totals = make_totals(pair->a, arena);

    go_through_people(pair, take_difference, totals);
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
        go_through_people(&(AmountPair){.a = table}, take_amount, table->amounts->totals);
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
