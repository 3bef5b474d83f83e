/* Learns from a file of agreements whose parameters are known: columns gamma_col_1 to 3, 1 where they agree.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "linkage/linkage.h"

enum { COLUMNS = 3, EQUAL = LINKAGE_LEVELS - 1 };

static const double match[COLUMNS] = {0.7, 0.9, 0.95}, chance[COLUMNS] = {0.1, 0.025, 0.2}, prior = 0.5;

static bool read_patterns(FILE *file, LinkagePattern patterns[1 << COLUMNS])
{
    char line[512];

    for (unsigned p = 0; p < 1 << COLUMNS; p++) {
        patterns[p] = (LinkagePattern){.count = 0};
        for (unsigned c = 0; c < COLUMNS; c++)
            patterns[p].levels |= (uint64_t)((p >> c & 1) != 0 ? EQUAL : 0) << 4 * c;
    }
    if (fgets(line, sizeof line, file) == NULL ||
        strncmp(line, "gamma_col_1,gamma_col_2,gamma_col_3,", 36) != 0)
        return false;
    while (fgets(line, sizeof line, file) != NULL) {
        unsigned pattern = 0;
        for (unsigned c = 0; c < COLUMNS; c++)
            pattern |= (unsigned)(line[2 * c] == '1') << c;
        patterns[pattern].count++;
    }
    return true;
}

int main(int argc, char **argv)
{
    LinkagePattern patterns[1 << COLUMNS];
    LinkageModel model = {.field_count = COLUMNS};
    uint64_t total = 0;
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;

    if (file == NULL || !read_patterns(file, patterns)) {
        fputs("known_parameters: the file cannot be read\n", stderr);
        return 2;
    }
    (void)fclose(file);
    for (unsigned p = 0; p < 1 << COLUMNS; p++)
        total += patterns[p].count;
    linkage_learn(patterns, 1 << COLUMNS, total, true, &model);

    double gap = fabs(model.prior - prior);
    for (unsigned c = 0; c < COLUMNS; c++)
        gap =
            fmax(gap, fmax(fabs(model.match[c][EQUAL] - match[c]), fabs(model.chance[c][EQUAL] - chance[c])));
    if (gap <= 0.01)
        puts("within 0.01");
    else
        printf("off by %.4f\n", gap);
    return 0;
}
