#pragma once
/* Small counties made in a temporary folder, and their files read back. */
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/hash.h"
#include "synth/synth.h"
#include "tests/support/temporary.h"

enum { FIELDS_MAX = 64 };

typedef struct CountyFiles {
    char folder[TEMPORARY_PATH_BYTES];
    SynthReport report;
    Arena *arena;
} CountyFiles;

typedef struct CsvFile {
    Arena *arena;
    Text rest;
    char delimiter;
    int line; /* of the row read last; the header is line 1 */
    Text fields[FIELDS_MAX];
    size_t field_count;
} CsvFile;

/* Fails the test when the county cannot be made. */
CountyFiles county_files_make(const SynthOptions *options);
/* Removes the folder. */
void county_files_close(CountyFiles *files);
char *county_files_path(const CountyFiles *files, Text path);
/* Of deliveries.csv and of all that it lists, and of the truth. */
Hash county_files_hash(const CountyFiles *files);
/* Opens a file below the county's folder and reads the header into fields. */
CsvFile csv_open(const CountyFiles *files, Text path, char delimiter);
bool csv_next(CsvFile *csv);
Text csv_field(const CsvFile *csv, size_t index); /* fails the test when the row has no such field */

typedef struct LinkRow {
    int64_t person; /* 0: none */
    bool is_clean;  /* carries the person's own NHS number */
    Text state;
} LinkRow;

/* The truth about one file by line number; *count is one past the last line. */
LinkRow *county_files_links(const CountyFiles *files, Text path, size_t *count);
