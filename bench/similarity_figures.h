#pragma once
/* Figures about comparing encodings, for bench_similarity and bench_link. */
#include "base/error.h"
#include "bench/bench.h"

enum { SIMILARITY_FIGURES_MAX = 32 };

/* Pins the calling thread to one core while it measures. Adds to figures from *count on; names are static. */
Result similarity_figures(BenchFigure *figures, size_t *count, Error *error) CHECKED;
