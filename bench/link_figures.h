#pragma once
/* Encoding and scoring of a file of people that scripts/bench makes; one core. */
#include "base/error.h"
#include "bench/bench.h"

enum { LINK_FIGURES = 3 };

/* path: person|given|family|birth date|sex|postcode|number|street|town|practice|address, a header in front.
 */
Result link_figures(const char *path, BenchFigure *figures, size_t *count, Error *error) CHECKED;
