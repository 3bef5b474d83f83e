#pragma once
/* Private to query: how good the linkage is that a release was linked by, beside a released table. The
 * linkage report decided what may be seen of it; nothing is worked out from it here. */
#include <jansson.h>
#include <stdio.h>

#include "base/db.h"

/* Shares from 0 to 1 as the report prints them; empty: hidden, or there is none. */
typedef struct LinkageLine {
    Text kind, value; /* of kind "run" and "run before": a day */
    Text rate, low, high, change;
    bool is_weak; /* linked less than all, beyond chance */
} LinkageLine;

/* count 0: nothing was linked. */
typedef struct LinkageLines {
    const LinkageLine *lines; /* those of a kind stand together */
    size_t count;
} LinkageLines;

/* Of sources those in `sources` and the register alone. */
Result linkage_lines_read(Db *reader, int64_t release_id, const Text *sources, size_t source_count,
                          Arena *arena, LinkageLines *lines, Error *error) CHECKED;
LinkageLines linkage_lines_copy(const LinkageLines *from, Arena *arena);
/* NULL as JSON where nothing was linked. */
json_t *linkage_lines_json(const LinkageLines *lines);
/* All, the sources and the weak groups, each line begun with before. */
void linkage_lines_print(const LinkageLines *lines, const char *before, FILE *out);
/* The same, and a table of all groups. */
void linkage_lines_print_csv(const LinkageLines *lines, const char *before, FILE *out);
