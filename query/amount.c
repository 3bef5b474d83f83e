#include "query/amount.h"

#include <math.h>
#include <stdlib.h>

enum { PERCENT = 100, TWO_PERCENT_MAX = 90 };

/* ---- adding ---- */

static void add_size(AmountTotal *total, double size)
{
    if (size > total->largest) {
        total->second = total->largest;
        total->largest = size;
    } else if (size > total->second) {
        total->second = size;
    }
}

static void add_lowest(AmountTotal *total, double amount, uint32_t people)
{
    if (total->people == 0 || amount < total->lowest) {
        total->lowest = amount;
        total->at_lowest = people;
    } else if (amount == total->lowest) {
        total->at_lowest += people;
    }
}

static void add_highest(AmountTotal *total, double amount, uint32_t people)
{
    if (total->people == 0 || amount > total->highest) {
        total->highest = amount;
        total->at_highest = people;
    } else if (amount == total->highest) {
        total->at_highest += people;
    }
}

void amount_add(AmountTotal *total, double amount)
{
    add_lowest(total, amount, 1);
    add_highest(total, amount, 1);
    add_size(total, fabs(amount));
    total->people++;
    total->not_zero += amount != 0;
    total->sum += amount;
    total->sizes += fabs(amount);
}

void amount_merge(AmountTotal *total, const AmountTotal *more)
{
    if (more->people == 0)
        return;
    add_lowest(total, more->lowest, more->at_lowest);
    add_highest(total, more->highest, more->at_highest);
    add_size(total, more->largest);
    add_size(total, more->second);
    total->people += more->people;
    total->not_zero += more->not_zero;
    total->sum += more->sum;
    total->sizes += more->sizes;
}

/* ---- what may be told ---- */

static bool is_few(uint32_t people, int64_t people_min)
{
    return people > 0 && people < people_min;
}

/* Who differs from what so many have that they are not few. */
static bool is_all_but_few(uint32_t people, uint32_t alike, int64_t people_min)
{
    return alike >= people_min && is_few(people - alike, people_min);
}

bool amount_is_condition(const AmountTotal *of_all)
{
    return of_all->people > 0 && of_all->at_lowest + of_all->at_highest >= of_all->people;
}

bool amount_is_of_few(const AmountTotal *total, int64_t people_min)
{
    bool is_one_value = total->people > 0 && total->at_lowest == total->people;

    return is_few(total->people, people_min) || is_few(total->not_zero, people_min) || is_one_value ||
           (amount_is_condition(total) &&
            (is_few(total->at_lowest, people_min) || is_few(total->at_highest, people_min))) ||
           is_all_but_few(total->people, total->at_lowest, people_min) ||
           is_all_but_few(total->people, total->at_highest, people_min);
}

bool amount_is_dominated(const AmountTotal *total, int64_t together)
{
    double of_two = total->largest + (double)(2 * together - 1) * total->second;
    double others = total->sizes - of_two;

    return others * PERCENT < total->sizes * (PERCENT - TWO_PERCENT_MAX);
}

bool amount_is_near(const AmountTotal *difference, int64_t people_min, int64_t together)
{
    return is_few(difference->not_zero, people_min) ||
           is_all_but_few(difference->people, difference->at_lowest, people_min) ||
           is_all_but_few(difference->people, difference->at_highest, people_min) ||
           (difference->not_zero > 0 && amount_is_dominated(difference, together));
}

/* How many have not the least, or not the most, never falls when more people are added, nor do sizes; slack
 * is for their rounding. */
bool amount_stays_far(const AmountTotal *some, const AmountTotal *of_amount, int64_t people_min,
                      int64_t together)
{
    static const double slack = 1.000001;
    double of_two = of_amount->largest + 1 + (double)(2 * together - 1) * (of_amount->second + 1);

    return some->people - some->at_lowest >= people_min && some->people - some->at_highest >= people_min &&
           some->sizes * TWO_PERCENT_MAX >= of_two * PERCENT * slack;
}

/* ---- selecting ---- */

static int compare_amounts(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static double middle_of(double a, double b, double c)
{
    return fmax(fmin(a, b), fmin(fmax(a, b), c));
}

static void swap(double *a, double *b)
{
    double held = *a;

    *a = *b;
    *b = held;
}

/* Hoare's: what stands at a place then stands there in order as well, with less before it and more behind. */
static void put_in_place(double *amounts, int64_t from, int64_t to, int64_t at)
{
    while (to - from > 1) {
        double pivot = middle_of(amounts[from], amounts[from + (to - from) / 2], amounts[to - 1]);
        int64_t low = from, high = to - 1;
        while (low <= high) {
            while (amounts[low] < pivot)
                low++;
            while (amounts[high] > pivot)
                high--;
            if (low <= high)
                swap(&amounts[low++], &amounts[high--]);
        }
        if (at <= high)
            to = high + 1;
        else if (at >= low)
            from = low;
        else
            return;
    }
}

/* ---- what is told ---- */

/* The smallest 1, 2 or 5 of a decimal place that is not below it. */
static double step_above(double size)
{
    double place = pow(10, floor(log10(size)));

    if (size <= place)
        return place;
    return size <= 2 * place ? 2 * place : size <= 5 * place ? 5 * place : 10 * place;
}

double amount_step(double *amounts, size_t count, int64_t people_min)
{
    int64_t at = (int64_t)count - people_min;

    for (size_t i = 0; i < count; i++)
        amounts[i] = fabs(amounts[i]);
    put_in_place(amounts, 0, (int64_t)count, at < 0 ? 0 : at);
    return amounts[at < 0 ? 0 : at];
}

double amount_rounded_sum(const AmountTotal *total, double step, int64_t round_to)
{
    if (step == 0)
        return 0;
    double unit = (double)round_to * step_above(step);
    return floor(total->sum / unit + 0.5) * unit;
}

/* ---- percentiles ---- */

/*
 * How many blocks from the middle one, below 0 downwards. Of the published count: of the true one, which of
 * two percentiles share a block would tell how many people there are.
 */
static int64_t block_of(int64_t percent, int64_t published, int64_t people_min)
{
    int64_t from_middle = published * (percent - PERCENT / 2);
    int64_t beyond = llabs(from_middle) - PERCENT / 2 * people_min;

    if (beyond <= 0)
        return 0;
    int64_t blocks = (beyond + PERCENT * people_min - 1) / (PERCENT * people_min);
    return from_middle < 0 ? -blocks : blocks;
}

/* Whichever count is published as this one. */
static bool has_room(int64_t percent, int64_t published, int64_t blocks, AmountDoubt doubt)
{
    int64_t side = percent < PERCENT - percent ? percent : PERCENT - percent;
    int64_t least = published - doubt.round_to / 2;

    return published * side >= PERCENT * doubt.people_min &&
           least - (doubt.people_min + 1) >= 2 * llabs(blocks) * doubt.people_min;
}

/* Of a block in order: how far people are from one of them. */
static bool is_dominated_from(const double *block, size_t count, double from, int64_t together)
{
    AmountTotal distances = {0};

    for (size_t i = 0; i < count; i++)
        amount_add(&distances, block[i] - from);
    return amount_is_dominated(&distances, together);
}

/* From its ends and its middle, so that it matters neither where 0 is nor which way is up. */
static bool is_of_two(const double *block, size_t count, int64_t together)
{
    return is_dominated_from(block, count, block[0], together) ||
           is_dominated_from(block, count, block[count - 1], together) ||
           is_dominated_from(block, count, block[(count - 1) / 2], together) ||
           is_dominated_from(block, count, block[count / 2], together);
}

bool amount_percentile(double *amounts, size_t count, int64_t percent, int64_t published, AmountDoubt doubt,
                       double *percentile)
{
    int64_t people_min = doubt.people_min, all = (int64_t)count;
    int64_t blocks = block_of(percent, published, people_min);
    int64_t middle = people_min + (all - people_min) % 2, first = (all - middle) / 2, size = people_min;

    if (!has_room(percent, published, blocks, doubt))
        return false;
    if (blocks == 0)
        size = middle;
    else
        first += blocks < 0 ? blocks * people_min : middle + (blocks - 1) * people_min;
    put_in_place(amounts, 0, all, first);
    put_in_place(amounts, first, all, first + size - 1);
    qsort(amounts + first, (size_t)size, sizeof *amounts, compare_amounts);
    if (is_of_two(amounts + first, (size_t)size, doubt.together))
        return false;
    *percentile = 0;
    for (int64_t i = first; i < first + size; i++)
        *percentile += amounts[i] / (double)size;
    return true;
}
