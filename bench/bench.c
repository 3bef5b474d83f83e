#include "bench/bench.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/table.h"

double bench_now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Of /proc/PID/stat, as proc(5) numbers them. */
enum { STAT_PARENT = 4, STAT_USER = 14, STAT_SYSTEM, STAT_CHILDREN_USER, STAT_CHILDREN_SYSTEM, STAT_COUNT };

static bool process_stat(long process, long numbers[STAT_COUNT])
{
    char path[64], line[1024];

    (void)snprintf(path, sizeof path, "/proc/%ld/stat", process);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    const char *read = fgets(line, sizeof line, file);
    (void)fclose(file);
    char *at = read != NULL ? strrchr(line, ')') : NULL; /* behind the name, which may hold anything */
    if (at == NULL || strlen(at) < sizeof ") S ")
        return false;
    at += sizeof ") S";
    for (int i = STAT_PARENT; i < STAT_COUNT; i++)
        numbers[i] = strtol(at, &at, 10);
    return true;
}

static long postmaster_of(const char *data_folder)
{
    char path[1024], line[32] = "";

    (void)snprintf(path, sizeof path, "%.900s/postmaster.pid", data_folder);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 0;
    const char *read = fgets(line, sizeof line, file);
    (void)fclose(file);
    return read != NULL ? strtol(line, NULL, 10) : 0;
}

static double seconds_of(long ticks)
{
    return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

double bench_process_s(long process)
{
    long numbers[STAT_COUNT];

    return process_stat(process, numbers) ? seconds_of(numbers[STAT_USER] + numbers[STAT_SYSTEM]) : 0;
}

double bench_server_s(const char *data_folder)
{
    long postmaster = postmaster_of(data_folder), numbers[STAT_COUNT];

    if (postmaster <= 0 || !process_stat(postmaster, numbers))
        return 0;
    DIR *processes = opendir("/proc");
    if (processes == NULL)
        return 0;
    long ticks = numbers[STAT_USER] + numbers[STAT_SYSTEM] + numbers[STAT_CHILDREN_USER] +
                 numbers[STAT_CHILDREN_SYSTEM];
    for (const struct dirent *entry; (entry = readdir(processes)) != NULL;) {
        long process = strtol(entry->d_name, NULL, 10);
        if (process > 0 && process_stat(process, numbers) && numbers[STAT_PARENT] == postmaster)
            ticks += numbers[STAT_USER] + numbers[STAT_SYSTEM];
    }
    (void)closedir(processes);
    return seconds_of(ticks);
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
