#pragma once
/* What every benchmark shares: a clock, medians, and figures printed as a table or as one JSON object. */
#include <stdbool.h>
#include <stddef.h>

typedef struct BenchFigure {
    const char *name; /* "tokens_per_s" */
    double value;
    int decimals;
} BenchFigure;

double bench_now_s(void); /* monotonic */
/* Sorts values. */
double bench_median(double *values, size_t count);
/* True when an argument is --json. */
bool bench_wants_json(int argc, char **argv);
void bench_print(const BenchFigure *figures, size_t count, bool as_json);
