#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "tests/attack/attack.h"

enum { TOP = 50, COUNT_LEAST = 2, SHARE_OF_CLASS = 50 };

typedef struct Counted {
    uint64_t value;
    size_t count, row; /* row: one that has it */
} Counted;

typedef struct Counts {
    Counted *items; /* the commonest first */
    size_t count, rows;
} Counts;

double outcome_precision(const Outcome *outcome)
{
    return outcome->guesses == 0 ? 0 : (double)outcome->right / (double)outcome->guesses;
}

double outcome_bar(const Outcome *outcome, int overlap)
{
    double bar = outcome->base + 0.01;

    return overlap >= 80 && bar < 0.05 ? 0.05 : bar;
}

static int by_value(const void *a, const void *b)
{
    const Counted *left = a, *right = b;

    return (left->value > right->value) - (left->value < right->value);
}

static int by_count(const void *a, const void *b)
{
    const Counted *left = a, *right = b;

    return left->count != right->count ? (left->count < right->count) - (left->count > right->count)
                                       : by_value(a, b);
}

static Counts count_column(const Sheet *sheet, size_t column)
{
    const uint64_t *cells = sheet_column(sheet, column);
    Counts counts = {.items = memory_alloc((sheet->rows + 1) * sizeof *counts.items), .rows = sheet->rows};
    size_t present = 0;

    for (size_t i = 0; i < sheet->rows; i++) {
        if (cells[i] != 0)
            counts.items[present++] = (Counted){.value = cells[i], .count = 1, .row = i};
    }
    qsort(counts.items, present, sizeof *counts.items, by_value);
    for (size_t i = 0; i < present; i++) {
        if (counts.count > 0 && counts.items[counts.count - 1].value == counts.items[i].value)
            counts.items[counts.count - 1].count++;
        else
            counts.items[counts.count++] = counts.items[i];
    }
    qsort(counts.items, counts.count, sizeof *counts.items, by_count);
    return counts;
}

typedef struct Score {
    Outcome outcome;
    size_t right_rows, top_right;
} Score;

/* A token stands for one value; a class of commonness stands for many, and then its rows are marked one by
 * one. */
static size_t rows_right(const Sheets *sheets, size_t column, const Counted *stored, uint64_t value)
{
    const uint64_t *truth = sheet_column(&sheets->truth, column),
                   *cells = sheet_column(&sheets->stored, column);
    size_t right = 0;

    if (stored->count * SHARE_OF_CLASS < sheets->stored.rows)
        return truth[stored->row] == value ? stored->count : 0;
    for (size_t i = 0; i < sheets->stored.rows; i++)
        right += cells[i] == stored->value && truth[i] == value;
    return right;
}

static void guess(const Sheets *sheets, size_t column, size_t rank, const Counted *stored, uint64_t value,
                  Score *score)
{
    size_t rows = rows_right(sheets, column, stored, value);

    score->outcome.guesses++;
    score->outcome.right += rows > 0;
    score->right_rows += rows;
    score->top_right += rows > 0 && rank < TOP;
}

static bool stands_apart(const Counts *counts, size_t rank)
{
    if (rank + 1 >= counts->count)
        return false;
    double here = (double)counts->items[rank].count, next = (double)counts->items[rank + 1].count;
    return here - next > 3 * sqrt(here + next);
}

/* The run of ranks that chance does not exchange. */
static Score by_gaps(const Counts *stored, const Counts *known, const Sheets *sheets, size_t column)
{
    Score score = {0};

    for (size_t i = 0; stands_apart(stored, i) && stands_apart(known, i); i++)
        guess(sheets, column, i, &stored->items[i], known->items[i].value, &score);
    return score;
}

/* The assignment with the least distance of log frequencies is, in one dimension, that by rank. */
static Score by_rank(const Counts *stored, const Counts *known, const Sheets *sheets, size_t column)
{
    Score score = {0};

    for (size_t i = 0; i < stored->count && i < known->count && stored->items[i].count >= COUNT_LEAST; i++)
        guess(sheets, column, i, &stored->items[i], known->items[i].value, &score);
    return score;
}

static bool is_only_one(const Counts *counts, size_t rank)
{
    size_t count = counts->items[rank].count;

    return (rank == 0 || counts->items[rank - 1].count != count) &&
           (rank + 1 >= counts->count || counts->items[rank + 1].count != count);
}

/* Who knows that both files are of the same people looks for counts that occur once. */
static Score by_equal_counts(const Counts *stored, const Counts *known, const Sheets *sheets, size_t column)
{
    Score score = {0};
    size_t k = 0;

    for (size_t i = 0; i < stored->count && stored->items[i].count >= COUNT_LEAST; i++) {
        while (k < known->count && known->items[k].count > stored->items[i].count)
            k++;
        if (k < known->count && known->items[k].count == stored->items[i].count && is_only_one(stored, i) &&
            is_only_one(known, k))
            guess(sheets, column, i, &stored->items[i], known->items[k].value, &score);
    }
    return score;
}

Outcome attack_frequency(const Sheets *sheets, size_t column)
{
    Counts stored = count_column(&sheets->stored, column), known = count_column(&sheets->known, column),
           truth = count_column(&sheets->truth, column);
    Score best = {0};
    const Score scores[] = {by_gaps(&stored, &known, sheets, column),
                            by_rank(&stored, &known, sheets, column),
                            by_equal_counts(&stored, &known, sheets, column)};

    for (size_t i = 0; i < sizeof scores / sizeof scores[0]; i++) {
        size_t top = best.top_right > scores[i].top_right ? best.top_right : scores[i].top_right;
        if (scores[i].right_rows >= best.right_rows)
            best = scores[i];
        best.top_right = top;
    }
    best.outcome.share = (double)best.right_rows / (double)stored.rows;
    best.outcome.base = truth.count == 0 ? 0 : (double)truth.items[0].count / (double)truth.rows;
    best.outcome.top_lost = best.top_right;
    memory_free(stored.items);
    memory_free(known.items);
    memory_free(truth.items);
    return best.outcome;
}
