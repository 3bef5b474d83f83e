/*
 * Comparing encodings of 1024 bits on one core against a plain POPCNT loop (plain_popcnt.h):
 * bench_similarity [--json]. Both take turns within one run. No figure of a join is printed whose matches
 * differ.
 */
#include <stdio.h>

#include "bench/bench.h"
#include "bench/similarity_figures.h"

int main(int argc, char **argv)
{
    BenchFigure figures[SIMILARITY_FIGURES_MAX];
    size_t count = 0;
    Error error = {0};

    if (!similarity_figures(figures, &count, &error).ok) {
        (void)fprintf(stderr, "bench_similarity: %s\n", error.message);
        return error_exit_status(&error);
    }
    bench_print(figures, count, bench_wants_json(argc, argv));
    return 0;
}
