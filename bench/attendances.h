#pragma once
/* The extracts that bench_load loads: emergency attendances, 21 columns and 164 bytes a row, the same on
 * every machine. */
#include <stdint.h>

#include "base/error.h"

typedef struct Attendances {
    int64_t rows, people;
    int64_t first_row;    /* two extracts with ranges apart share no record key */
    int64_t first_person; /* two extracts with ranges apart share nobody */
    int bad_every;        /* each so manieth row breaks a rule, each rule in turn; 0: none */
} Attendances;

Result attendances_write(const Attendances *attendances, const char *path, Error *error) CHECKED;
/* A copy packed by gzip or zstd: their defaults. */
Result attendances_pack(const char *packer, const char *path, const char *packed_path, Error *error) CHECKED;
/* The postcodes that the extracts hold. */
Result attendances_write_directory(const char *path, Error *error) CHECKED;
