/* An attacker of sums: what is published as equations, and what they make of hidden ones. */
#include "tests/query/amounts.h"
#include "tests/query/chance.h"

enum { PLACES_MAX = 36, TABLES = 60 };

/* Of the table in question, totals among them. */
static size_t table_lines, table_columns;

/* What is published as equations of the hidden inner sums; each row's last is not needed: whether one is
 * determined does not depend on what it comes to. */
typedef struct Equations {
    double of[PLACES_MAX][PLACES_MAX];
    size_t count;
} Equations;

static bool is_below(size_t place, size_t inner)
{
    size_t line = place / table_columns, column = place % table_columns;

    return (line == table_lines - 1 || line == inner / table_columns) &&
           (column == table_columns - 1 || column == inner % table_columns);
}

static bool is_inner(size_t place)
{
    return place / table_columns < table_lines - 1 && place % table_columns < table_columns - 1;
}

static void add_place(const CountAmounts *amounts, size_t place, double row[PLACES_MAX])
{
    for (size_t inner = 0; inner < table_lines * table_columns; inner++)
        row[inner] = is_inner(inner) && amounts->is_hidden[inner] && is_below(place, inner);
}

/* Gauss, with 0 and 1 and so without trouble of digits. Leaves nothing of what the others make up. */
static bool reduce(const Equations *equations, double row[PLACES_MAX])
{
    for (size_t e = 0; e < equations->count; e++) {
        size_t first = 0;
        while (equations->of[e][first] == 0)
            first++;
        double times = row[first] / equations->of[e][first];
        for (size_t i = 0; i < table_lines * table_columns; i++)
            row[i] -= times * equations->of[e][i];
    }
    for (size_t i = 0; i < table_lines * table_columns; i++)
        if (row[i] > 1e-9 || row[i] < -1e-9)
            return true;
        else
            row[i] = 0;
    return false;
}

static void take_published(const CountAmounts *amounts, Equations *equations)
{
    equations->count = 0;
    for (size_t place = 0; place < table_lines * table_columns; place++) {
        double *row = equations->of[equations->count];
        add_place(amounts, place, row);
        if (!amounts->is_hidden[place] && reduce(equations, row))
            equations->count++;
    }
}

/* Hidden sums of which it follows what they are; and groups of hidden ones that a line tells and that are few
 * people's or two people's. */
static int wins_of(const CountAmounts *amounts)
{
    Equations equations;
    int wins = 0;

    take_published(amounts, &equations);
    for (size_t place = 0; place < table_lines * table_columns; place++) {
        double row[PLACES_MAX];
        add_place(amounts, place, row);
        if (amounts->is_hidden[place] && amounts->totals[place].people > 0)
            wins += !reduce(&equations, row);
    }
    for (size_t place = 0; place < table_lines * table_columns; place++) {
        AmountTotal left = {0};
        for (size_t inner = 0; inner < table_lines * table_columns; inner++)
            if (is_inner(inner) && amounts->is_hidden[inner] && is_below(place, inner))
                amount_merge(&left, &amounts->totals[inner]);
        if (!amounts->is_hidden[place] && left.people > 0)
            wins +=
                amount_is_of_few(&left, PAYERS_PEOPLE_MIN) || amount_is_dominated(&left, amounts->together);
    }
    return wins;
}

static void suppress_payments(Payments *payments, const char *table, const SuppressRule *rule)
{
    Error error = {0};

    Result counted = payments_count(table, BUDGET_CHUNK_BYTES, payments, &error);
    cr_assert(counted.ok, "%s", error.message);
    table_lines = payments->parts[0].dimensions[0].value_count + 1;
    table_columns = payments->parts[0].dimensions[1].value_count + 1;
    cr_assert_leq(table_lines * table_columns, (size_t)PLACES_MAX);
    suppress(payments->parts, payments->part_count, rule, payments->arena, payments->states);
}

static void pay_at_random(void)
{
    payers.count = payers.events = 0;
    for (int sex = 1; sex <= 2; sex++)
        for (int decile = 1; decile <= 4; decile++) {
            unlike_payers((int)chance(30), sex, decile, (double)chance(50));
            if (chance(3) == 0)
                payer(sex, decile, (double)(1000 * (1 + chance(20))));
            same_payers((int)chance(3) * 9, sex, decile, NO_AMOUNT);
        }
    for (int sex = 1; sex <= 2; sex++) /* nobody is of an unknown line, and all lines are there */
        unlike_payers(50, sex, 1, 10);
}

static int wins_at_random(const SuppressRule *rule)
{
    int wins = 0;

    chance_state = setting("CINQUE_SEED", 20261122);
    for (int i = 0; i < TABLES; i++) {
        Payments payments;
        pay_at_random();
        suppress_payments(&payments,
                          "table \"t\" by sex, imd_decile totals sex, imd_decile measure people "
                          "measure cost = sum of " COST,
                          rule);
        wins += wins_of(payments.parts[0].amounts);
        payments_close(&payments);
    }
    return wins;
}

Test(amounts, no_sum_of_random_tables_is_given_back)
{
    static const SuppressRule without = {.people_min = PAYERS_PEOPLE_MIN, .without_complementary = true};

    cr_expect_eq(wins_at_random(&PAYERS_RULE), 0);
    cr_expect_gt(wins_at_random(&without), TABLES / 2, "the attacker knows how to");
}

/* ---- what lines do not see ---- */

enum { BANDS = 4, DECILES = 4 };

/* In a place marked * twenty people all pay the same, which hides it; two or three in each line. The one of
 * 20 to 39 in decile 3 is what the two upper lines hide less what the two left columns hide. */
static const char *const hidden_at[BANDS] = {"**..", "***.", "..**", "..**"};

static void pay_by_pattern(void)
{
    for (int band = 0; band < BANDS; band++)
        for (int decile = 0; decile < DECILES; decile++) {
            uint32_t first = payers.count;
            if (hidden_at[band][decile] == '*')
                same_payers(20, 1, 1 + decile, 10 + band * DECILES + decile);
            else
                unlike_payers(20, 1, 1 + decile, 10);
            payers_aged(first, 20 * band + 10);
        }
}

/* Red without audit_all of suppress.c, for amounts alone: the lines hide nothing more. */
Test(amounts, no_sum_is_what_several_lines_leave)
{
    Payments payments;
    pay_by_pattern();
    suppress_payments(&payments,
                      "table \"t\" by band(age, 20), imd_decile totals band(age, 20), imd_decile measure "
                      "people measure cost = sum of " COST,
                      &PAYERS_RULE);
    CountAmounts *amounts = payments.parts[0].amounts, by_lines = *amounts;
    cr_assert_eq(table_lines, BANDS + 1);
    cr_assert_eq(table_columns, DECILES + 1);
    by_lines.is_hidden = arena_alloc(payments.arena, PLACES_MAX);
    for (size_t band = 0; band < BANDS; band++)
        for (size_t decile = 0; decile < DECILES; decile++)
            by_lines.is_hidden[band * table_columns + decile] = hidden_at[band][decile] == '*';

    cr_expect_eq(wins_of(&by_lines), 1, "the pattern itself gives one away");
    cr_expect_eq(wins_of(amounts), 0);
    for (size_t place = 0; place < table_lines * table_columns; place++)
        cr_expect(amounts->is_hidden[place] || !by_lines.is_hidden[place]);
    payments_close(&payments);
}
