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
/* Processor time of a process: unlike the clock it does not grow with what else the machine does. To a
 * hundredth; 0 where it cannot be told. */
double bench_process_s(long process);
/* Of the PostgreSQL server in data_folder and of its processes, those that have ended as well. */
double bench_server_s(const char *data_folder);
/* Sorts values. */
double bench_median(double *values, size_t count);
/* True when an argument is --json. */
bool bench_wants_json(int argc, char **argv);
void bench_print(const BenchFigure *figures, size_t count, bool as_json);
