#pragma once
/* Encoding and scoring of a file of people that scripts/bench makes; one core. */
#include "base/error.h"
#include "bench/bench.h"

enum { LINK_FIGURES = 3 };

/* path: bench/rows.h */
Result link_figures(const char *path, BenchFigure *figures, size_t *count, Error *error) CHECKED;
