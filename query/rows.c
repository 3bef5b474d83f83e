#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "query/rows.h"

static Rows *rows_create(Arena *arena, size_t people, size_t count, uint32_t **begin, uint32_t **rows)
{
    Rows *made = arena_alloc(arena, sizeof *made);

    *begin = arena_alloc(arena, (people + 1) * sizeof **begin);
    *rows = arena_alloc(arena, (count + 1) * sizeof **rows);
    *made = (Rows){people, *begin, *rows};
    return made;
}

Rows *rows_all(Arena *arena, const DataSource *source, uint32_t first, uint32_t people)
{
    const uint32_t *from = &source->begin[first];
    uint32_t *begin, *numbers;
    Rows *all = rows_create(arena, people, from[people] - from[0], &begin, &numbers);

    for (uint32_t p = 0; p <= people; p++)
        begin[p] = from[p] - from[0];
    for (uint32_t i = 0; i < begin[people]; i++)
        numbers[i] = i;
    return all;
}

Rows *rows_filter(Arena *arena, const Rows *rows, const Vector *condition, bool keeps_true)
{
    uint32_t *begin, *kept, count = 0;
    Rows *made = rows_create(arena, rows->people, rows->begin[rows->people], &begin, &kept);

    for (size_t p = 0; p < rows->people; p++) {
        begin[p] = count;
        for (uint32_t i = rows->begin[p]; i < rows->begin[p + 1]; i++) {
            kept[count] = rows->rows[i];
            count += (vector_number(condition, rows->rows[i]) == 1) == keeps_true;
        }
    }
    begin[rows->people] = count;
    return made;
}

/* ---- order ---- */

static int compare_at(const Vector *values, uint32_t a, uint32_t b)
{
    if (values->decimals == NULL) {
        int64_t x = vector_number(values, a), y = vector_number(values, b);
        return (x > y) - (x < y);
    }
    bool knows_a = vector_is_known(values, a), knows_b = vector_is_known(values, b);
    if (!knows_a || !knows_b)
        return knows_a - knows_b;
    double x = vector_decimal(values, a), y = vector_decimal(values, b);
    return (x > y) - (x < y);
}

/* Merges two sorted runs; of equals, what stood first comes first. */
static void merge(const Vector *key, const uint32_t *from, size_t middle, size_t count, uint32_t *to)
{
    size_t a = 0, b = middle;

    for (size_t i = 0; i < count; i++) {
        bool takes_first = b == count || (a < middle && compare_at(key, from[a], from[b]) <= 0);
        to[i] = takes_first ? from[a++] : from[b++];
    }
}

static void sort_stable(const Vector *key, uint32_t *rows, uint32_t *spare, size_t count)
{
    if (count < 2)
        return;
    sort_stable(key, rows, spare, count / 2);
    sort_stable(key, rows + count / 2, spare, count - count / 2);
    if (compare_at(key, rows[count / 2 - 1], rows[count / 2]) <= 0)
        return;
    merge(key, rows, count / 2, count, spare);
    memcpy(rows, spare, count * sizeof *rows);
}

Rows *rows_sort(Arena *arena, const Rows *rows, const Vector *key)
{
    uint32_t count = rows->begin[rows->people];
    uint32_t *spare = arena_alloc(arena, (count + 1) * sizeof *spare), *begin, *sorted;
    Rows *made = rows_create(arena, rows->people, count, &begin, &sorted);

    memcpy(begin, rows->begin, (rows->people + 1) * sizeof *begin);
    memcpy(sorted, rows->rows, count * sizeof *sorted);
    for (size_t p = 0; p < rows->people; p++)
        sort_stable(key, sorted + begin[p], spare, begin[p + 1] - begin[p]);
    return made;
}

Rows *rows_pick(Arena *arena, const Rows *rows, int64_t place)
{
    uint32_t *begin, *picked, count = 0;
    Rows *made = rows_create(arena, rows->people, rows->people, &begin, &picked);

    for (size_t p = 0; p < rows->people; p++) {
        int64_t held = rows->begin[p + 1] - rows->begin[p];
        int64_t at = place > 0 ? place - 1 : held + place;
        begin[p] = count;
        if (at >= 0 && at < held)
            picked[count++] = rows->rows[rows->begin[p] + (size_t)at];
    }
    begin[rows->people] = count;
    return made;
}

/* ---- what rows add up to ---- */

typedef struct Few {
    const PlanNode *node;
    const uint32_t *rows; /* one person's */
    size_t count;
    const Vector *value;
    uint32_t *spare;
} Few;

static int compare_row_numbers(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static size_t known_rows(const Few *few)
{
    size_t count = 0;

    for (size_t i = 0; i < few->count; i++)
        if (vector_is_known(few->value, few->rows[i]))
            few->spare[count++] = few->rows[i];
    return count;
}

static double decimal_sum(const Few *few, size_t known)
{
    double sum = 0;

    qsort(few->spare, known, sizeof *few->spare, compare_row_numbers);
    for (size_t i = 0; i < known; i++)
        sum += few->value->decimals != NULL ? vector_decimal(few->value, few->spare[i])
                                            : (double)vector_number(few->value, few->spare[i]);
    return sum;
}

static int64_t whole_sum(const Few *few, size_t known)
{
    int64_t sum = 0;
    bool overflows = known == 0;

    for (size_t i = 0; i < known; i++)
        overflows |= __builtin_add_overflow(sum, vector_number(few->value, few->spare[i]), &sum);
    return vector_worked_out(sum, overflows);
}

static uint32_t extreme(const Few *few, size_t known)
{
    uint32_t best = few->spare[0];

    for (size_t i = 1; i < known; i++) {
        int order = compare_at(few->value, few->spare[i], best);
        if (few->node->kind == PLAN_SMALLEST ? order < 0 : order > 0)
            best = few->spare[i];
    }
    return best;
}

static int64_t day_at(const Few *few, size_t i)
{
    return vector_number(few->value, few->spare[i]);
}

/* Of sorted days, which are any whole numbers here: what is further apart than fits is apart too. */
static bool is_further(const Few *few, size_t from, size_t to, int64_t days)
{
    int64_t between;

    return __builtin_sub_overflow(day_at(few, to), day_at(few, from), &between) || between > days;
}

static int64_t most_within(const Few *few, size_t known)
{
    size_t most = 0, from = 0;

    for (size_t i = 0; i < known; i++) {
        while (from < i && is_further(few, from, i, few->node->integer - 1))
            from++;
        most = i + 1 - from > most ? i + 1 - from : most;
    }
    return (int64_t)most;
}

static bool begins_another(const Few *few, size_t i)
{
    if (few->node->kind == PLAN_EPISODES)
        return is_further(few, i - 1, i, few->node->integer);
    return compare_at(few->value, few->spare[i], few->spare[i - 1]) != 0;
}

static int64_t count_sorted(const Few *few, size_t known)
{
    int64_t count = known > 0;

    sort_stable(few->value, few->spare, few->spare + known, known);
    if (few->node->kind == PLAN_MOST)
        return most_within(few, known);
    for (size_t i = 1; i < known; i++)
        count += begins_another(few, i);
    return count;
}

static void put(Vector *out, size_t p, const Vector *value, uint32_t row, bool is_there)
{
    if (out->decimals != NULL)
        out->decimals[p] = is_there ? vector_decimal(value, row) : NAN;
    else
        out->numbers[p] = is_there ? vector_number(value, row) : NUMBER_UNKNOWN;
}

static void gather_values(const Few *few, size_t p, Vector *out)
{
    size_t known = known_rows(few);

    switch (few->node->kind) {
    case PLAN_SUM:
        if (out->decimals != NULL)
            out->decimals[p] = known == 0 ? NAN : decimal_sum(few, known);
        else
            out->numbers[p] = whole_sum(few, known);
        break;
    case PLAN_MEAN:
        out->decimals[p] = known == 0 ? NAN : decimal_sum(few, known) / (double)known;
        break;
    case PLAN_SMALLEST:
    case PLAN_LARGEST:
        put(out, p, few->value, known == 0 ? 0 : extreme(few, known), known > 0);
        break;
    default:
        out->numbers[p] = count_sorted(few, known);
    }
}

void rows_gather(const PlanNode *node, const Rows *rows, const Vector *value, Arena *arena, Vector *out)
{
    Few few = {.node = node, .value = value};

    few.spare = arena_alloc(arena, (2 * (size_t)rows->begin[rows->people] + 1) * sizeof *few.spare);
    for (size_t p = 0; p < rows->people; p++) {
        few.rows = rows->rows + rows->begin[p];
        few.count = rows->begin[p + 1] - rows->begin[p];
        switch (node->kind) {
        case PLAN_EXISTS:
            out->numbers[p] = few.count > 0;
            break;
        case PLAN_COUNT:
            out->numbers[p] = (int64_t)few.count;
            break;
        case PLAN_VALUE:
            put(out, p, value, few.count > 0 ? few.rows[0] : 0, few.count > 0);
            break;
        default:
            gather_values(&few, p, out);
        }
    }
}
