/* Graph matching after Vidanage and others 2020: who is how like whom, in both files; first matched by the
 * shape of each record's likenesses, then again and again by likeness to those matched before. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "tests/attack/attack.h"

enum {
    NONE = UINT32_MAX,
    NEAR = 24,
    DEGREES = 4,
    SHAPE = NEAR + DEGREES,
    ANCHORS = 64,
    SHAPE_MAX = 64,
    ROUNDS = 8
};

Likeness likeness_make(size_t rows)
{
    return (Likeness){.rows = rows, .of = memory_alloc(rows * rows * sizeof(float))};
}

void likeness_close(Likeness *likeness)
{
    memory_free(likeness->of);
    likeness->of = NULL;
}

void likeness_put(Likeness *likeness, size_t a, size_t b, float value)
{
    likeness->of[a * likeness->rows + b] = value;
    likeness->of[b * likeness->rows + a] = value;
}

typedef struct Matching {
    const Likeness *stored, *known;
    float *shapes[2]; /* of each row */
    size_t width;
    uint32_t *match;
    float *margin; /* of a stored row: how much nearer its match is than the next */
} Matching;

static int descending(const void *a, const void *b)
{
    float left = *(const float *)a, right = *(const float *)b;

    return (left < right) - (left > right);
}

/* The likenesses to the most alike, and how many are alike by 0.5, 0.6, 0.7 and 0.8. */
static void first_shape(const Likeness *likeness, size_t row, float *shape)
{
    float *sorted = memory_alloc(likeness->rows * sizeof *sorted);

    memcpy(sorted, likeness->of + row * likeness->rows, likeness->rows * sizeof *sorted);
    for (size_t d = 0; d < DEGREES; d++) {
        for (size_t i = 0; i < likeness->rows; i++)
            shape[NEAR + d] += sorted[i] >= 0.5F + (float)d / 10 ? 1.0F : 0;
        shape[NEAR + d] = log2f(1 + shape[NEAR + d]) / 8;
    }
    qsort(sorted, likeness->rows, sizeof *sorted, descending);
    memcpy(shape, sorted, NEAR * sizeof *sorted);
    memory_free(sorted);
}

/* Stops where they are too far apart to matter. */
static float apart(const float *a, const float *b, size_t width, float most)
{
    float sum = 0;

    for (size_t i = 0; i < width && sum < most; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

static void match_all(Matching *matching)
{
    for (size_t e = 0; e < matching->stored->rows; e++) {
        float best = INFINITY, second = INFINITY;
        for (size_t p = 0; p < matching->known->rows; p++) {
            float distance = apart(matching->shapes[0] + e * SHAPE_MAX, matching->shapes[1] + p * SHAPE_MAX,
                                   matching->width, second);
            if (distance < best) {
                second = best;
                best = distance;
                matching->match[e] = (uint32_t)p;
            } else if (distance < second) {
                second = distance;
            }
        }
        matching->margin[e] = second > 0 ? 1 - best / second : 0;
    }
}

typedef struct Anchor {
    float margin;
    uint32_t e, p;
} Anchor;

static int by_margin(const void *a, const void *b)
{
    return descending(&((const Anchor *)a)->margin, &((const Anchor *)b)->margin);
}

/* Those matched most surely become the ones by whose likeness all are matched next. */
static void shapes_by_anchors(Matching *matching)
{
    size_t rows = matching->stored->rows;
    Anchor *anchors = memory_alloc(rows * sizeof *anchors);

    for (uint32_t e = 0; e < rows; e++)
        anchors[e] = (Anchor){matching->margin[e], e, matching->match[e]};
    qsort(anchors, rows, sizeof *anchors, by_margin);
    matching->width = rows < ANCHORS ? rows : ANCHORS;
    for (size_t row = 0; row < rows; row++) {
        for (size_t a = 0; a < matching->width; a++) {
            matching->shapes[0][row * SHAPE_MAX + a] = matching->stored->of[row * rows + anchors[a].e];
            matching->shapes[1][row * SHAPE_MAX + a] = matching->known->of[row * rows + anchors[a].p];
        }
    }
    memory_free(anchors);
}

static Outcome mark(const Matching *matching, const Files *files)
{
    Outcome outcome = {.base = 1 / (double)files->count};

    for (size_t e = 0; e < matching->stored->rows; e++) {
        outcome.guesses++;
        outcome.right += files->encoded[e] == files->plain[matching->match[e]];
    }
    outcome.share = (double)outcome.right / (double)files->count;
    return outcome;
}

Outcome attack_similar(const Likeness *stored, const Likeness *known, const Files *files)
{
    size_t rows = stored->rows;
    Matching matching = {.stored = stored, .known = known, .width = SHAPE};
    Outcome best = {0};

    for (size_t i = 0; i < 2; i++)
        matching.shapes[i] = memory_alloc(rows * SHAPE_MAX * sizeof(float));
    matching.match = memory_alloc(rows * sizeof(uint32_t));
    matching.margin = memory_alloc(rows * sizeof(float));
    for (size_t row = 0; row < rows; row++) {
        first_shape(stored, row, matching.shapes[0] + row * SHAPE_MAX);
        first_shape(known, row, matching.shapes[1] + row * SHAPE_MAX);
    }
    for (int round = 0; round < ROUNDS; round++) {
        match_all(&matching);
        Outcome outcome = mark(&matching, files);
        if (outcome.share >= best.share)
            best = outcome;
        shapes_by_anchors(&matching);
    }
    for (size_t i = 0; i < 2; i++)
        memory_free(matching.shapes[i]);
    memory_free(matching.match);
    memory_free(matching.margin);
    return best;
}
