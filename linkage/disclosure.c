#include "linkage/disclosure.h"

bool disclosure_is_small(int64_t count)
{
    return count > 0 && count < DISCLOSURE_MIN;
}

int64_t disclosure_round(int64_t count)
{
    return (count + DISCLOSURE_STEP / 2) / DISCLOSURE_STEP * DISCLOSURE_STEP;
}

/* The sum of what is hidden is known. It gives a count away when there is one, when it is small itself, and
 * when small counts can make it in one way alone: each the least, or each the most. */
static bool can_be_told(const int64_t *counts, size_t group_count, const bool *hidden)
{
    int64_t sum = 0, number = 0;
    bool are_small = true;

    for (size_t i = 0; i < group_count; i++) {
        if (!hidden[i])
            continue;
        number++;
        sum += counts[i];
        are_small = are_small && disclosure_is_small(counts[i]);
    }
    if (number == 0)
        return false;
    return number == 1 || disclosure_is_small(sum) ||
           (are_small && (sum == number || sum == number * (DISCLOSURE_MIN - 1)));
}

/* Nobody is hidden behind an empty group. group_count: there is none left. */
static size_t smallest_shown(const int64_t *counts, size_t group_count, const bool *hidden)
{
    size_t smallest = group_count;

    for (size_t i = 0; i < group_count; i++)
        if (!hidden[i] && counts[i] > 0 && (smallest == group_count || counts[i] < counts[smallest]))
            smallest = i;
    return smallest;
}

/* Hides one more group for the first measure that needs it and has one left; false: there is none. */
static bool hide_another(const int64_t *const *measures, size_t measure_count, size_t group_count,
                         bool *hidden)
{
    for (size_t m = 0; m < measure_count; m++) {
        if (!can_be_told(measures[m], group_count, hidden))
            continue;
        size_t next = smallest_shown(measures[m], group_count, hidden);
        if (next == group_count)
            continue;
        hidden[next] = true;
        return true;
    }
    return false;
}

void disclosure_protect(const int64_t *const *measures, size_t measure_count, size_t group_count,
                        bool *hidden)
{
    while (hide_another(measures, measure_count, group_count, hidden))
        continue;
}
