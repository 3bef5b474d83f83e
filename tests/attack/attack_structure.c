#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "tests/attack/attack.h"

enum { NONE = UINT32_MAX, SEEDS = 60, GROUP_MAX = 400, ROUNDS = 40, NEAREST = 3, SIZES = 512 };
static const double BITS_OVER = 8,
                    BITS_APART = 5; /* of evidence: over log2 of the rows, and over the second */

/* The rows that share a value in a column. */
typedef struct Groups {
    uint32_t *of;    /* of a row, its group; NONE: absent */
    uint32_t *start; /* of a group, into rows */
    uint32_t *rows;
    uint32_t count;
} Groups;

typedef struct Side {
    Groups *columns;
    size_t rows;
} Side;

typedef struct Growth {
    const Sheets *sheets;
    size_t columns;
    Side stored, known;
    uint32_t **bound;      /* of a column and a stored group: the known one */
    uint32_t **bound_back; /* the other way */
    uint32_t *match, *match_back;
    double *share_of_size; /* of known rows, by rule and size of their block */
    double spread;         /* how much a size differs between the files, over its square root */
    bool *is_new;          /* a cell of the row was bound since it was looked at */
    double *scores;
    uint32_t *touched;
    size_t touched_count, matched, conflicts;
} Growth;

typedef struct Cell {
    uint64_t value;
    uint32_t row;
} Cell;

static int by_value(const void *a, const void *b)
{
    const Cell *left = a, *right = b;

    if (left->value != right->value)
        return left->value < right->value ? -1 : 1;
    return (left->row > right->row) - (left->row < right->row);
}

static Groups group(const Sheet *sheet, size_t column)
{
    const uint64_t *cells = sheet_column(sheet, column);
    Cell *sorted = memory_alloc((sheet->rows + 1) * sizeof *sorted);
    Groups groups = {.of = memory_alloc(sheet->rows * sizeof(uint32_t)),
                     .start = memory_alloc((sheet->rows + 1) * sizeof(uint32_t)),
                     .rows = memory_alloc(sheet->rows * sizeof(uint32_t))};
    uint32_t present = 0;

    for (size_t i = 0; i < sheet->rows; i++) {
        groups.of[i] = NONE;
        if (cells[i] != 0)
            sorted[present++] = (Cell){cells[i], (uint32_t)i};
    }
    qsort(sorted, present, sizeof *sorted, by_value);
    for (uint32_t i = 0; i < present; i++) {
        if (i == 0 || sorted[i].value != sorted[i - 1].value)
            groups.start[groups.count++] = i;
        groups.of[sorted[i].row] = groups.count - 1;
        groups.rows[i] = sorted[i].row;
    }
    groups.start[groups.count] = present;
    memory_free(sorted);
    return groups;
}

static uint32_t size_of(const Groups *groups, uint32_t number)
{
    return groups->start[number + 1] - groups->start[number];
}

static Side side_make(const Sheet *sheet, size_t columns)
{
    Side side = {.columns = memory_alloc(columns * sizeof(Groups)), .rows = sheet->rows};

    for (size_t c = 0; c < columns; c++)
        side.columns[c] = group(sheet, c);
    return side;
}

static void side_close(Side *side, size_t columns)
{
    for (size_t c = 0; c < columns; c++) {
        memory_free(side->columns[c].of);
        memory_free(side->columns[c].start);
        memory_free(side->columns[c].rows);
    }
    memory_free(side->columns);
}

static void forget(Growth *growth)
{
    for (size_t c = 0; c < growth->columns; c++) {
        memset(growth->bound[c], 0xFF, (growth->stored.columns[c].count + 1) * sizeof(uint32_t));
        memset(growth->bound_back[c], 0xFF, (growth->known.columns[c].count + 1) * sizeof(uint32_t));
    }
    memset(growth->match, 0xFF, growth->stored.rows * sizeof(uint32_t));
    memset(growth->match_back, 0xFF, growth->known.rows * sizeof(uint32_t));
    memset(growth->is_new, 0, growth->stored.rows * sizeof(bool));
    growth->matched = growth->conflicts = 0;
}

static Growth growth_make(const Sheets *sheets)
{
    Growth growth = {.sheets = sheets, .columns = sheets->rules * (1 + sheets->fields)};

    growth.stored = side_make(&sheets->stored, growth.columns);
    growth.known = side_make(&sheets->known, growth.columns);
    growth.bound = memory_alloc(growth.columns * sizeof(uint32_t *));
    growth.bound_back = memory_alloc(growth.columns * sizeof(uint32_t *));
    for (size_t c = 0; c < growth.columns; c++) {
        growth.bound[c] = memory_alloc((growth.stored.columns[c].count + 1) * sizeof(uint32_t));
        growth.bound_back[c] = memory_alloc((growth.known.columns[c].count + 1) * sizeof(uint32_t));
    }
    growth.match = memory_alloc(growth.stored.rows * sizeof(uint32_t));
    growth.match_back = memory_alloc(growth.known.rows * sizeof(uint32_t));
    growth.is_new = memory_alloc(growth.stored.rows * sizeof(bool));
    growth.scores = memory_alloc(growth.known.rows * sizeof(double));
    growth.share_of_size = memory_alloc(sheets->rules * SIZES * sizeof(double));
    growth.touched = memory_alloc(growth.known.rows * sizeof(uint32_t));
    return growth;
}

static void growth_close(Growth *growth)
{
    for (size_t c = 0; c < growth->columns; c++) {
        memory_free(growth->bound[c]);
        memory_free(growth->bound_back[c]);
    }
    side_close(&growth->stored, growth->columns);
    side_close(&growth->known, growth->columns);
    memory_free(growth->bound);
    memory_free(growth->bound_back);
    memory_free(growth->match);
    memory_free(growth->match_back);
    memory_free(growth->is_new);
    memory_free(growth->scores);
    memory_free(growth->touched);
    memory_free(growth->share_of_size);
}

static bool may_be(const Growth *growth, uint32_t e, uint32_t p)
{
    size_t mask = growth->sheets->stored.columns - 1;

    return sheet_column(&growth->sheets->stored, mask)[e] == sheet_column(&growth->sheets->known, mask)[p];
}

/* ---- growing ---- */

static void look_again(Growth *growth, const Groups *groups, uint32_t number)
{
    if (size_of(groups, number) > GROUP_MAX)
        return;
    for (uint32_t i = groups->start[number]; i < groups->start[number + 1]; i++)
        growth->is_new[groups->rows[i]] = true;
}

static void match(Growth *growth, uint32_t e, uint32_t p)
{
    growth->match[e] = p;
    growth->match_back[p] = e;
    growth->matched++;
    for (size_t c = 0; c < growth->columns; c++) {
        uint32_t stored = growth->stored.columns[c].of[e], known = growth->known.columns[c].of[p];
        if (stored == NONE || known == NONE)
            continue;
        uint32_t *bound = &growth->bound[c][stored], *back = &growth->bound_back[c][known];
        if (*bound == NONE && *back == NONE) {
            *bound = known;
            *back = stored;
            look_again(growth, &growth->stored.columns[c], stored);
        } else if (*bound != known) {
            growth->conflicts++;
        }
    }
}

static void add_evidence(Growth *growth, uint32_t e, size_t column, double *bits)
{
    const Groups *known = &growth->known.columns[column];
    uint32_t stored = growth->stored.columns[column].of[e];

    if (stored == NONE || growth->bound[column][stored] == NONE)
        return;
    uint32_t number = growth->bound[column][stored], size = size_of(known, number);
    double here = log2((double)growth->known.rows / size);
    if (size > GROUP_MAX || here <= *bits + 0.1)
        return;
    for (uint32_t i = known->start[number]; i < known->start[number + 1]; i++) {
        uint32_t p = known->rows[i];
        if (growth->match_back[p] != NONE || !may_be(growth, e, p))
            continue;
        if (growth->scores[p] == 0)
            growth->touched[growth->touched_count++] = p;
        growth->scores[p] += here - *bits;
    }
    if (column < growth->sheets->rules)
        *bits = here; /* a filter under the same token adds what it tells beyond that */
}

static uint32_t block_size(const Side *side, size_t column, uint32_t row)
{
    uint32_t number = side->columns[column].of[row],
             size = number == NONE ? 0 : size_of(&side->columns[column], number);

    return size < SIZES ? size : SIZES - 1;
}

/* What the sizes of their blocks say for e and p being one person, in bits; halved, since rules share fields.
 */
static double evidence_of_sizes(const Growth *growth, uint32_t e, uint32_t p)
{
    double bits = 0;

    for (size_t r = 0; r < growth->sheets->rules; r++) {
        uint32_t stored = block_size(&growth->stored, r, e), known = block_size(&growth->known, r, p);
        double sigma = 0.3 + growth->spread * sqrt(stored);
        double away = ((double)stored - (double)known) / sigma;
        double same = exp(-away * away / 2) / (sigma * 2.5) + 1e-3;
        bits += log2(fmin(same, 1) / growth->share_of_size[r * SIZES + known]);
    }
    return bits / 2;
}

static void note_sizes(Growth *growth, int overlap)
{
    growth->spread = sqrt(2 * (1 - overlap / 100.0));
    for (size_t r = 0; r < growth->sheets->rules; r++) {
        for (uint32_t p = 0; p < growth->known.rows; p++)
            growth->share_of_size[r * SIZES + block_size(&growth->known, r, p)] +=
                1.0 / (double)growth->known.rows;
    }
}

/* Bound cells of e that say another value than p has. */
static size_t contradictions(const Growth *growth, uint32_t e, uint32_t p)
{
    size_t found = 0;

    for (size_t c = 0; c < growth->sheets->rules; c++) {
        uint32_t stored = growth->stored.columns[c].of[e], known = growth->known.columns[c].of[p];
        if (stored != NONE && growth->bound[c][stored] != NONE)
            found += growth->bound[c][stored] != known;
        else if (known != NONE && growth->bound_back[c][known] != NONE)
            found += growth->bound_back[c][known] != stored;
    }
    return found;
}

static bool look_at(Growth *growth, uint32_t e)
{
    double best = 0, second = 0;
    uint32_t of_best = NONE;

    growth->touched_count = 0;
    for (size_t r = 0; r < growth->sheets->rules; r++) {
        double bits = 0;
        add_evidence(growth, e, r, &bits);
        for (size_t f = 0; f < growth->sheets->fields; f++)
            add_evidence(growth, e, growth->sheets->rules + r * growth->sheets->fields + f, &bits);
    }
    for (size_t i = 0; i < growth->touched_count; i++) {
        uint32_t p = growth->touched[i];
        double score =
            growth->scores[p] + evidence_of_sizes(growth, e, p) - 10 * (double)contradictions(growth, e, p);
        growth->scores[p] = 0;
        if (score > best) {
            second = best;
            best = score;
            of_best = p;
        } else if (score > second) {
            second = score;
        }
    }
    if (of_best == NONE || best < log2((double)growth->known.rows) + BITS_OVER || best < second + BITS_APART)
        return false;
    match(growth, e, of_best);
    return true;
}

static void grow(Growth *growth)
{
    bool has_grown = true;

    for (int round = 0; round < ROUNDS && has_grown; round++) {
        has_grown = false;
        for (uint32_t e = 0; e < growth->stored.rows; e++) {
            if (!growth->is_new[e] || growth->match[e] != NONE)
                continue;
            growth->is_new[e] = false;
            has_grown |= look_at(growth, e);
        }
    }
}

/* ---- beginnings ---- */

typedef struct Seed {
    uint32_t e, p;
    double distance;
} Seed;

static int by_distance(const void *a, const void *b)
{
    const Seed *left = a, *right = b;

    return (left->distance > right->distance) - (left->distance < right->distance);
}

static int by_most(const void *a, const void *b)
{
    return -by_distance(a, b);
}

static double log_size(const Side *side, size_t column, uint32_t row)
{
    uint32_t number = side->columns[column].of[row];

    return number == NONE ? 0 : log2(size_of(&side->columns[column], number));
}

static void nearest_of(const Growth *growth, uint32_t e, Seed seeds[NEAREST])
{
    for (size_t i = 0; i < NEAREST; i++)
        seeds[i] = (Seed){.e = e, .p = NONE, .distance = INFINITY};
    for (uint32_t p = 0; p < growth->known.rows; p++) {
        if (!may_be(growth, e, p))
            continue;
        Seed seed = {e, p, -evidence_of_sizes(growth, e, p)};
        for (size_t i = 0; i < NEAREST; i++) {
            if (seed.distance >= seeds[i].distance)
                continue;
            Seed kept = seeds[i];
            seeds[i] = seed;
            seed = kept;
        }
    }
}

/* The rows in the largest blocks, and to each the likeliest. */
static size_t find_seeds(const Growth *growth, Seed *seeds)
{
    Seed *rows = memory_alloc(growth->stored.rows * sizeof *rows);
    size_t tried = growth->stored.rows < SEEDS ? growth->stored.rows : SEEDS;

    for (uint32_t e = 0; e < growth->stored.rows; e++) {
        rows[e].e = e;
        for (size_t r = 0; r < growth->sheets->rules; r++)
            rows[e].distance += log_size(&growth->stored, r, e);
    }
    qsort(rows, growth->stored.rows, sizeof *rows, by_most);
    for (size_t i = 0; i < tried; i++)
        nearest_of(growth, rows[i].e, seeds + i * NEAREST);
    memory_free(rows);
    qsort(seeds, tried * NEAREST, sizeof *seeds, by_distance);
    return tried * NEAREST;
}

static double merit(const Growth *growth)
{
    return (double)growth->matched - (double)growth->conflicts / 4;
}

static Outcome mark(const Growth *growth, const Files *files)
{
    Outcome outcome = {.base = 1 / (double)files->count};

    for (size_t e = 0; e < growth->stored.rows; e++) {
        outcome.guesses += growth->match[e] != NONE;
        outcome.right += growth->match[e] != NONE && files->encoded[e] == files->plain[growth->match[e]];
    }
    outcome.share = (double)outcome.right / (double)files->count;
    return outcome;
}

Outcome attack_structure(const Sheets *sheets, const Files *files)
{
    Growth growth = growth_make(sheets);
    Seed seeds[SEEDS * NEAREST];
    size_t count;
    Outcome best = {0};
    double best_merit = 0;

    note_sizes(&growth, files->overlap);
    count = find_seeds(&growth, seeds);
    for (size_t i = 0; i < count && seeds[i].p != NONE && best_merit < (double)files->count / 10; i++) {
        forget(&growth);
        match(&growth, seeds[i].e, seeds[i].p);
        grow(&growth);
        if (merit(&growth) <= best_merit)
            continue;
        best_merit = merit(&growth);
        best = mark(&growth, files);
    }
    growth_close(&growth);
    return best;
}
