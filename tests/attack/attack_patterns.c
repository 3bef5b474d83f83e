/* A2 and A3: which positions belong to one q-gram, found in two ways, and what the q-grams then spell. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "tests/attack/attack.h"

enum { PATTERNS_MAX = 128, POSITIONS_MAX = 64, SUPPORT_PERCENT = 1, SWEEPS = 30 };

typedef struct Bits {
    uint64_t *words; /* of an item, a bit a row */
    size_t items, rows, width;
} Bits;

static Bits bits_make(size_t items, size_t rows)
{
    size_t width = (rows + 63) / 64;

    return (Bits){memory_alloc(items * width * sizeof(uint64_t)), items, rows, width};
}

static uint64_t *bits_of(const Bits *bits, size_t item)
{
    return bits->words + item * bits->width;
}

static void set_bit(const Bits *bits, size_t item, size_t row)
{
    bits_of(bits, item)[row / 64] |= UINT64_C(1) << row % 64;
}

static size_t count_of(const uint64_t *a, const uint64_t *b, size_t width)
{
    size_t count = 0;

    for (size_t i = 0; i < width; i++)
        count += (size_t)__builtin_popcountll(a[i] & b[i]);
    return count;
}

static void keep_common(uint64_t *a, const uint64_t *b, size_t width)
{
    for (size_t i = 0; i < width; i++)
        a[i] &= b[i];
}

static Bits columns_of(const BitRows *filters)
{
    Bits bits = bits_make(filters->width * 8, filters->rows);

    for (size_t row = 0; row < filters->rows; row++) {
        for (size_t i = 0; i < filters->width * 8; i++) {
            if ((filters->bytes[row * filters->width + i / 8] >> i % 8 & 1) != 0)
                set_bit(&bits, i, row);
        }
    }
    return bits;
}

/* ---- items: rows that have them, the commonest first ---- */

typedef struct Items {
    Bits rows;
    size_t count;
    double support[PATTERNS_MAX]; /* share of the rows */
    uint16_t code[PATTERNS_MAX];  /* of a known item: its q-gram */
} Items;

static Items items_make(size_t rows)
{
    return (Items){.rows = bits_make(PATTERNS_MAX, rows)};
}

/* Puts an item in its place by support; of two that are in the same rows one is kept. */
static void items_add(Items *items, const uint64_t *rows, uint16_t code)
{
    size_t width = items->rows.width, count = count_of(rows, rows, width), at = items->count;
    double support = (double)count / (double)items->rows.rows;

    for (size_t i = 0; i < items->count; i++) {
        size_t both = count_of(rows, bits_of(&items->rows, i), width);
        if ((double)both > 0.97 * (double)items->rows.rows * fmax(support, items->support[i]))
            return;
    }
    if (items->count == PATTERNS_MAX && support <= items->support[PATTERNS_MAX - 1])
        return;
    if (items->count < PATTERNS_MAX)
        items->count++;
    else
        at = PATTERNS_MAX - 1;
    for (; at > 0 && items->support[at - 1] < support; at--) {
        items->support[at] = items->support[at - 1];
        items->code[at] = items->code[at - 1];
        memcpy(bits_of(&items->rows, at), bits_of(&items->rows, at - 1), width * sizeof(uint64_t));
    }
    items->support[at] = support;
    items->code[at] = code;
    memcpy(bits_of(&items->rows, at), rows, width * sizeof(uint64_t));
}

static Items known_items(const Values *known)
{
    Bits grams = bits_make(known->codes, known->rows);
    Items items = items_make(known->rows);

    for (size_t row = 0; row < known->rows; row++) {
        for (size_t g = 0; g < known->of[row].gram_count; g++)
            set_bit(&grams, known->of[row].grams[g], row);
    }
    for (size_t code = 0; code < known->codes; code++) {
        const uint64_t *rows = bits_of(&grams, code);
        if (count_of(rows, rows, grams.width) * 100 >= known->rows * SUPPORT_PERCENT)
            items_add(&items, rows, (uint16_t)code);
    }
    memory_free(grams.words);
    return items;
}

/* ---- which pattern is which q-gram ---- */

typedef struct Assignment {
    size_t count, known[PATTERNS_MAX]; /* of a stored pattern; the others of known stand behind count */
    size_t known_count;
    double stored_pair[PATTERNS_MAX][PATTERNS_MAX], known_pair[PATTERNS_MAX][PATTERNS_MAX];
} Assignment;

static void pairs_of(const Items *items, double pairs[PATTERNS_MAX][PATTERNS_MAX])
{
    for (size_t i = 0; i < items->count; i++) {
        for (size_t j = 0; j < items->count; j++)
            pairs[i][j] =
                sqrt((double)count_of(bits_of(&items->rows, i), bits_of(&items->rows, j), items->rows.width) /
                     (double)items->rows.rows);
    }
}

static double cost_of(const Assignment *assignment, size_t at, size_t as)
{
    double cost = pow(assignment->stored_pair[at][at] - assignment->known_pair[as][as], 2) * 4;

    for (size_t i = 0; i < assignment->count; i++) {
        if (i != at)
            cost += pow(assignment->stored_pair[at][i] - assignment->known_pair[as][assignment->known[i]], 2);
    }
    return cost;
}

static bool try_swap(Assignment *assignment, size_t a, size_t b)
{
    size_t *known = assignment->known;
    bool both = b < assignment->count;
    double before = cost_of(assignment, a, known[a]) + (both ? cost_of(assignment, b, known[b]) : 0);
    size_t kept = known[a];

    known[a] = known[b];
    known[b] = kept;
    double after = cost_of(assignment, a, known[a]) + (both ? cost_of(assignment, b, known[b]) : 0);
    if (after < before - 1e-12)
        return true;
    known[b] = known[a];
    known[a] = kept;
    return false;
}

/* By rank first, then swapped as long as patterns then occur together more as their q-grams do. */
static Assignment *assign(const Items *stored, const Items *known)
{
    Assignment *assignment = memory_alloc(sizeof *assignment);
    bool has_changed = true;

    assignment->known_count = known->count;
    assignment->count = stored->count < known->count ? stored->count : known->count;
    pairs_of(stored, assignment->stored_pair);
    pairs_of(known, assignment->known_pair);
    for (size_t i = 0; i < known->count; i++)
        assignment->known[i] = i;
    for (int sweep = 0; sweep < SWEEPS && has_changed; sweep++) {
        has_changed = false;
        for (size_t a = 0; a < assignment->count; a++) {
            for (size_t b = a + 1; b < known->count; b++)
                has_changed |= try_swap(assignment, a, b);
        }
    }
    return assignment;
}

/* ---- what they spell ---- */

typedef struct Sign {
    uint64_t bits[PATTERNS_MAX / 64];
    uint64_t value;
    size_t count;
} Sign;

static int by_value(const void *a, const void *b)
{
    const Sign *left = a, *right = b;

    return (left->value > right->value) - (left->value < right->value);
}

static size_t distinct_signs(const Items *known, const Assignment *assignment, const Values *values,
                             Sign *signs)
{
    size_t count = 0;

    for (size_t row = 0; row < values->rows; row++) {
        signs[row] = (Sign){.value = values->of[row].value, .count = 1};
        for (size_t i = 0; i < assignment->count; i++) {
            uint64_t bit = bits_of(&known->rows, assignment->known[i])[row / 64] >> row % 64 & 1;
            signs[row].bits[i / 64] |= bit << i % 64;
        }
    }
    qsort(signs, values->rows, sizeof *signs, by_value);
    for (size_t row = 0; row < values->rows; row++) {
        if (count > 0 && signs[count - 1].value == signs[row].value)
            signs[count - 1].count++;
        else
            signs[count++] = signs[row];
    }
    return count;
}

static size_t ones(const Sign *a, const Sign *b)
{
    size_t count = 0;

    for (size_t i = 0; i < PATTERNS_MAX / 64; i++)
        count += (size_t)__builtin_popcountll(a->bits[i] & b->bits[i]);
    return count;
}

/* The value whose patterns the row has and whose lacks it lacks; of several the commonest. */
static const Sign *likeliest(const Sign *row, const Sign *signs, size_t count)
{
    const Sign *best = NULL;
    double best_score = 0;

    for (size_t i = 0; i < count; i++) {
        size_t both = ones(row, &signs[i]), all = ones(row, row) + ones(&signs[i], &signs[i]);
        double score = all == 0 ? 0 : 2 * (double)both / (double)all + (double)signs[i].count * 1e-9;
        if (both >= 3 && score > 0.8 && score > best_score) {
            best = &signs[i];
            best_score = score;
        }
    }
    return best;
}

static double commonest_share(const Values *values)
{
    Sign *signs = memory_alloc(values->rows * sizeof *signs);
    Items none = {.count = 0};
    Assignment *nothing = memory_alloc(sizeof *nothing);
    size_t count = distinct_signs(&none, nothing, values, signs), most = 0;

    for (size_t i = 0; i < count; i++)
        most = signs[i].count > most ? signs[i].count : most;
    memory_free(signs);
    memory_free(nothing);
    return (double)most / (double)values->rows;
}

static Outcome spell(const Items *stored, const Values *truth, const Values *known)
{
    Items grams = known_items(known);
    Assignment *assignment = assign(stored, &grams);
    Sign *signs = memory_alloc(known->rows * sizeof *signs);
    size_t count = distinct_signs(&grams, assignment, known, signs);
    Outcome outcome = {.base = commonest_share(truth)};

    for (size_t row = 0; row < truth->rows; row++) {
        Sign sign = {.count = 0};
        for (size_t i = 0; i < assignment->count; i++)
            sign.bits[i / 64] |= (bits_of(&stored->rows, i)[row / 64] >> row % 64 & 1) << i % 64;
        const Sign *guess = likeliest(&sign, signs, count);
        outcome.guesses += guess != NULL;
        outcome.right += guess != NULL && guess->value == truth->of[row].value;
    }
    outcome.share = (double)outcome.right / (double)truth->rows;
    memory_free(signs);
    memory_free(assignment);
    memory_free(grams.rows.words);
    return outcome;
}

/* ---- A2 ---- */

/* The column most oftener set in these rows than in all. */
static size_t most_drawn(const Bits *columns, const size_t *counts, const uint64_t *rows, const bool *is_in,
                         double *share)
{
    double here = (double)count_of(rows, rows, columns->width), best = -1;
    size_t at = 0;

    for (size_t c = 0; c < columns->items; c++) {
        if (is_in[c])
            continue;
        double both = (double)count_of(rows, bits_of(columns, c), columns->width) / here;
        double drawn = both - (double)counts[c] / (double)columns->rows;
        if (drawn > best) {
            best = drawn;
            at = c;
            *share = both;
        }
    }
    return at;
}

/* From one column on, column by column, until the next is not set in all of their rows. */
static size_t mine_from(const Bits *columns, const size_t *counts, size_t seed, size_t sure, uint64_t *rows,
                        bool *is_in)
{
    size_t found = 1, least = columns->rows * SUPPORT_PERCENT / 100;

    memset(is_in, 0, columns->items * sizeof *is_in);
    is_in[seed] = true;
    memcpy(rows, bits_of(columns, seed), columns->width * sizeof *rows);
    while (found < POSITIONS_MAX && count_of(rows, rows, columns->width) >= least) {
        double share = 0;
        size_t next = most_drawn(columns, counts, rows, is_in, &share);
        if (found >= sure && share < 0.97)
            break;
        is_in[next] = true;
        found++;
        keep_common(rows, bits_of(columns, next), columns->width);
    }
    return found;
}

Outcome attack_mining(const BitRows *filters, unsigned hashes, const Values *truth, const Values *known)
{
    Bits columns = columns_of(filters);
    Items items = items_make(filters->rows);
    uint64_t *rows = memory_alloc(columns.width * sizeof *rows);
    bool *is_in = memory_alloc(columns.items * sizeof *is_in),
         *is_used = memory_alloc(columns.items * sizeof *is_used);
    size_t *counts = memory_alloc(columns.items * sizeof *counts);

    for (size_t c = 0; c < columns.items; c++)
        counts[c] = count_of(bits_of(&columns, c), bits_of(&columns, c), columns.width);
    for (size_t seed = 0; seed < columns.items; seed++) {
        if (is_used[seed])
            continue;
        size_t found = mine_from(&columns, counts, seed, hashes / 3, rows, is_in);
        if (found * 10 < hashes * 8 ||
            count_of(rows, rows, columns.width) * 100 < filters->rows * SUPPORT_PERCENT)
            continue;
        for (size_t c = 0; c < columns.items; c++)
            is_used[c] = is_used[c] || is_in[c];
        items_add(&items, rows, 0);
    }
    Outcome outcome = spell(&items, truth, known);
    memory_free(columns.words);
    memory_free(items.rows.words);
    memory_free(rows);
    memory_free(is_in);
    memory_free(is_used);
    memory_free(counts);
    return outcome;
}

/* ---- A3 ---- */

Outcome attack_atoms(const BitRows *filters, unsigned hashes, const Values *truth, const Values *known,
                     size_t *atoms)
{
    Bits columns = columns_of(filters);
    Items items = items_make(filters->rows);
    uint64_t *rows = memory_alloc(columns.width * sizeof *rows);
    size_t bits = columns.items, least = filters->rows * SUPPORT_PERCENT / 100;

    /* A pattern backwards is the same pattern. */
    for (size_t start = 0; start < bits; start++) {
        for (size_t step = 1; step < bits / 2; step++) {
            size_t left = filters->rows;
            memcpy(rows, bits_of(&columns, start), columns.width * sizeof *rows);
            for (unsigned h = 1; h < hashes && left >= least; h++) {
                keep_common(rows, bits_of(&columns, (start + h * step) % bits), columns.width);
                left = h % 3 == 0 || h + 1 == hashes ? count_of(rows, rows, columns.width) : left;
            }
            if (left >= least)
                items_add(&items, rows, 0);
        }
    }
    *atoms = items.count;
    Outcome outcome = spell(&items, truth, known);
    memory_free(columns.words);
    memory_free(items.rows.words);
    memory_free(rows);
    return outcome;
}
