/* What stands beside counts: how many digits of it, and rates, which are of published counts alone. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "query/released_population.h"

static double round_amount(double amount)
{
    char text[AMOUNT_TEXT_BYTES];

    (void)snprintf(text, sizeof text, "%.*e", AMOUNT_DIGITS - 1, amount);
    return strtod(text, NULL);
}

const char *amount_format(double amount, char text[AMOUNT_TEXT_BYTES])
{
    double rounded = round_amount(amount);
    int decimals = 0;

    if (rounded != 0)
        decimals = AMOUNT_DIGITS - 1 - (int)floor(log10(fabs(rounded)) + 1e-9);
    (void)snprintf(text, AMOUNT_TEXT_BYTES, "%.*f", decimals < 0 ? 0 : decimals, rounded);
    return text;
}

/* ---- of amounts ---- */

bool released_has_amounts(const ReleasedTable *table)
{
    bool has = false;

    for (size_t m = 0; m < table->measure_count; m++)
        has = has || table->measures[m].statistic.length > 0;
    return has;
}

/* The mean is of the published sum and contributors: of the true ones it would tell how many they are. */
static double added(const Measure *measure, const AmountTotal *total, double step,
                    const ReleasedCell *contributors, const GovernancePolicy *policy)
{
    double sum = round_amount(amount_rounded_sum(total, step, policy->round_to));

    return measure->kind == MEASURE_SUM ? sum : round_amount(sum / (double)contributors->people);
}

ReleasedAmount released_statistic(const Measure *measure, const CountTable *counts, size_t place,
                                  const ReleasedCell *contributors, const GovernancePolicy *policy,
                                  Arena *values)
{
    const AmountTotal *total = &counts->amounts->totals[place];
    const AmountDoubt doubt = {policy->people_min, policy->round_to, counts->amounts->together};
    double percentile;
    size_t count;

    if (contributors->is_hidden || counts->amounts->is_hidden[place])
        return (ReleasedAmount){.is_hidden = true};
    if (total->people == 0)
        return (ReleasedAmount){.is_none = true};
    if (measure->kind == MEASURE_PERCENTILE && counts->amounts->is_ordered[place])
        return (ReleasedAmount){.is_hidden = true};
    double *all = count_amounts_at(counts, place, values, &count);
    if (measure->kind != MEASURE_PERCENTILE)
        return (ReleasedAmount){.amount = added(measure, total, amount_step(all, count, policy->people_min),
                                                contributors, policy)};
    if (!amount_percentile(all, count, measure->percent, contributors->people, doubt, &percentile))
        return (ReleasedAmount){.is_hidden = true};
    return (ReleasedAmount){.amount = round_amount(percentile)};
}

/* ---- rates ---- */

static ReleasedAmount count_of(const ReleasedTable *table, size_t measure, size_t line)
{
    const ReleasedMeasure *of = &table->measures[measure == MEASURE_OF_ALL ? 0 : measure];
    const ReleasedCell *cell =
        measure == MEASURE_OF_ALL ? &table->lines[line].people : &of->cells[line * of->answers.value_count];

    return (ReleasedAmount){.is_hidden = cell->is_hidden, .amount = (double)cell->people};
}

/* Hidden when either of its counts is; where nobody is counted below the line, which is shown, there is none.
 */
static ReleasedAmount rate_of(const ReleasedTable *table, const Measure *rate, size_t line)
{
    ReleasedAmount numerator = count_of(table, rate->numerator, line);
    ReleasedAmount denominator = count_of(table, rate->denominator, line);

    if (numerator.is_hidden || denominator.is_hidden)
        return (ReleasedAmount){.is_hidden = true};
    if (denominator.amount == 0)
        return (ReleasedAmount){.is_none = true};
    return (ReleasedAmount){.amount =
                                round_amount(numerator.amount * (double)rate->per / denominator.amount)};
}

/* Hidden when its count is; of a population that has nobody there, or says nothing of it, there is none. */
static ReleasedAmount rate_of_population(const ReleasedTable *table, const Measure *rate, size_t line,
                                         int64_t people)
{
    ReleasedAmount numerator = count_of(table, rate->numerator, line);

    if (numerator.is_hidden)
        return (ReleasedAmount){.is_hidden = true};
    if (people <= 0)
        return (ReleasedAmount){.is_none = true};
    return (ReleasedAmount){.amount = round_amount(numerator.amount * (double)rate->per / (double)people)};
}

void released_rates(ReleasedTable *table, const TableNode *node)
{
    for (size_t m = 0; m < table->measure_count; m++) {
        ReleasedMeasure *measure = &table->measures[m];
        const int64_t *people = NULL;
        if (measure->of->kind != MEASURE_RATE)
            continue;
        if (measure->of->population.length > 0)
            people = released_population_people(table, node, measure->of);
        measure->amounts = arena_alloc(table->arena, (table->line_count + 1) * sizeof *measure->amounts);
        for (size_t i = 0; i < table->line_count; i++) {
            measure->amounts[i] = people == NULL ? rate_of(table, measure->of, i)
                                                 : rate_of_population(table, measure->of, i, people[i]);
            table->hidden_count += measure->amounts[i].is_hidden;
            table->cell_count++;
        }
    }
}
