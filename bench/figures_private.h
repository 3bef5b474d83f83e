#pragma once
/* Between similarity_figures.c and join_figures.c. */
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "bench/similarity_figures.h"

enum { FIGURES_TURNS_MAX = 9 };

/* Seconds of both, turn by turn. */
typedef struct Turns {
    double plain[FIGURES_TURNS_MAX], ours[FIGURES_TURNS_MAX];
    size_t count;
} Turns;

/* Medians of both and of the ratio, and the ratio of the best. */
typedef struct Summary {
    double plain_s, ours_s, ratio, ratio_best;
} Summary;

uint64_t figures_draw(void);
/* The time of this thread alone: what else the core does is not counted. */
double figures_thread_s(void);
Summary figures_summarise(Turns *turns);
void figures_put(BenchFigure *figures, size_t *count, const char *name, double value, int decimals);
void *figures_aligned(Arena *arena, size_t bytes); /* to 64 bytes */

/* One core, pinned by the caller. */
Result figures_join(BenchFigure *figures, size_t *count, Error *error) CHECKED;
/* As many cores as there are. */
Result figures_join_threads(BenchFigure *figures, size_t *count, Error *error) CHECKED;
