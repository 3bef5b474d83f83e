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

bool amount_is_dominated(const AmountTotal *total)
{
    double others = total->sizes - (total->largest + total->second);

    return others * PERCENT < total->sizes * (PERCENT - TWO_PERCENT_MAX);
}

bool amount_is_near(const AmountTotal *difference, int64_t people_min)
{
    return is_few(difference->not_zero, people_min) ||
           (difference->not_zero > 0 && amount_is_dominated(difference));
}

/* ---- what is told ---- */

/* The largest 1, 2 or 5 of a decimal place that is not above it. */
static double step_below(double size)
{
    double place = pow(10, floor(log10(size)));
    double step = place;

    if (5 * place <= size)
        step = 5 * place;
    else if (2 * place <= size)
        step = 2 * place;
    return step;
}

double amount_rounded_sum(const AmountTotal *total, int64_t round_to)
{
    if (total->not_zero == 0)
        return 0;
    double unit = (double)round_to * step_below(total->sizes / total->not_zero);
    return floor(total->sum / unit + 0.5) * unit;
}

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

bool amount_percentile(double *amounts, size_t count, int64_t percent, int64_t people_min, double *percentile)
{
    int64_t below = (int64_t)count * percent, above = (int64_t)count * (PERCENT - percent);
    AmountTotal about = {0};

    if (below < PERCENT * people_min || above < PERCENT * people_min)
        return false;
    int64_t first = (below - PERCENT / 2 * people_min + PERCENT / 2) / PERCENT;
    put_in_place(amounts, 0, (int64_t)count, first);
    put_in_place(amounts, first, (int64_t)count, first + people_min - 1);
    qsort(amounts + first, (size_t)people_min, sizeof *amounts, compare_amounts);
    for (int64_t i = first; i < first + people_min; i++)
        amount_add(&about, amounts[i]);
    if (about.not_zero > 0 && amount_is_dominated(&about))
        return false;
    *percentile = about.sum / (double)people_min;
    return true;
}
