#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/table.h"

double bench_now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

double bench_median(double *values, size_t count)
{
    qsort(values, count, sizeof values[0], compare);
    return count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

bool bench_wants_json(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            return true;
    }
    return false;
}

static void print_json(const BenchFigure *figures, size_t count)
{
    for (size_t i = 0; i < count; i++)
        (void)printf("%s\"%s\": %.*f", i == 0 ? "{" : ", ", figures[i].name, figures[i].decimals,
                     figures[i].value);
    (void)printf("}\n");
}

void bench_print(const BenchFigure *figures, size_t count, bool as_json)
{
    static const char *const headings[] = {"figure", "value"};
    static const bool right_aligned[] = {false, true};

    if (as_json) {
        print_json(figures, count);
        return;
    }
    SCOPED(table_close) Table *table = table_create(headings, right_aligned, 2);
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    for (size_t i = 0; i < count; i++) {
        Text cells[] = {text_from(figures[i].name),
                        text_format(arena, "%.*f", figures[i].decimals, figures[i].value)};
        table_row(table, cells);
    }
    table_print(table, TABLE_TERMINAL, stdout);
}
