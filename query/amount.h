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

/* Of more, a double no longer holds each whole number, and what is compared would not be exact. */
#define AMOUNT_SIZES_MAX 1e15

void amount_add(AmountTotal *total, double amount);
void amount_merge(AmountTotal *total, const AmountTotal *more);
/*
 * Do few (1 to people_min - 1) contribute, or others than 0, or differ from what the rest have, or has
 * everybody the same? Such a total tells of those few, and one of the same of each.
 */
bool amount_is_of_few(const AmountTotal *total, int64_t people_min);
/* Has nobody a third value? Then it is a condition, and who has it would be compared with who has others. */
bool amount_is_condition(const AmountTotal *of_all);
/* Do the two largest make up more than 90 per cent of all sizes? */
bool amount_is_dominated(const AmountTotal *total);
/* Of a difference of two amounts: is it one of few people, or of two above all? */
bool amount_is_near(const AmountTotal *difference, int64_t people_min);
/*
 * To a multiple of round_to times the largest 1, 2 or 5 of a decimal place that is not above the mean size of
 * those that are not 0: as blurred as a count of those people is.
 */
double amount_rounded_sum(const AmountTotal *total, int64_t round_to);
/*
 * The mean of the people_min amounts about a percentile. amounts: put in another order. False where fewer
 * than people_min people are on one side of it, or two make up most of it.
 */
bool amount_percentile(double *amounts, size_t count, int64_t percent, int64_t people_min,
                       double *percentile);
