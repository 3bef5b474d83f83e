#pragma once
/*
 * Private to query: what the amounts of several people add up to, with what it takes to say whether that may
 * be told. A total of two groups is made of theirs, so that what margins leave of cells is judged as well.
 * docs/decisions/disclosure.md says why by these rules.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct AmountTotal {
    uint32_t people; /* whose amount is known: the contributors */
    uint32_t not_zero;
    uint32_t at_lowest, at_highest; /* how many have just these */
    double lowest, highest;
    double sum;
    double sizes;           /* how far amounts are from 0, added up */
    double largest, second; /* of the sizes */
} AmountTotal;

void amount_add(AmountTotal *total, double amount);
void amount_merge(AmountTotal *total, const AmountTotal *more);
/*
 * Do few (1 to people_min - 1) contribute, or others than 0, or others than the least or the most of all, or
 * has everybody the same? Such a total tells of those few, and one of the same of each.
 */
bool amount_is_of_few(const AmountTotal *total, int64_t people_min);
/* Has nobody a third value? Then it is a condition, and who has it would be compared with who has others. */
bool amount_is_condition(const AmountTotal *of_all);
/*
 * Can two people, or two homes, make up more than 90 per cent of all sizes? together: how many people can
 * have an amount in common, 1 or those of a home. Nothing is known of who lives where: what two homes have is
 * no more than the largest size and, for each of the others in them, the second largest. Of 1 it is what two
 * have.
 */
bool amount_is_dominated(const AmountTotal *total, int64_t together);
/* Of a difference of two amounts: is it one of few people, is it another than that of all others for few, or
 * one of two, people or homes, above all? */
bool amount_is_near(const AmountTotal *difference, int64_t people_min, int64_t together);
/*
 * Of the difference of an amount and a condition, some people's: it is not near, whatever those of the others
 * are. of_amount: what all of them have of the amount, from which a condition takes 1 or nothing.
 */
bool amount_stays_far(const AmountTotal *some, const AmountTotal *of_amount, int64_t people_min,
                      int64_t together);
/* The people_min-th largest size: none that fewer people have says how a sum is blurred. amounts: changed. */
double amount_step(double *amounts, size_t count, int64_t people_min);
/* To a multiple of round_to times the smallest 1, 2 or 5 of a decimal place that is not below the step: not
 * sharper than a count of people who have so much. */
double amount_rounded_sum(const AmountTotal *total, double step, int64_t round_to);

typedef struct AmountDoubt {
    int64_t people_min, round_to;
    int64_t together; /* as of amount_is_dominated */
} AmountDoubt;

/*
 * The mean of a block of people_min amounts in order, or one more in the middle. Blocks lie side by side from
 * the middle one, so that those of two percentiles are one, or share nobody. published: count as it is
 * published, which alone says which block it is and whether people_min people are on each side. amounts: put
 * in another order. False where they are not, or where two (people, or homes) make up most of how far those
 * of the block are from each other.
 */
bool amount_percentile(double *amounts, size_t count, int64_t percent, int64_t published, AmountDoubt doubt,
                       double *percentile);
