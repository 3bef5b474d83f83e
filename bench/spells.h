#pragma once
/* The extracts that bench_load loads: spells of admitted patient care, the same on every machine. */
#include <stdint.h>

#include "base/error.h"

typedef struct Spells {
    int64_t rows, people;
    int64_t first_person; /* two extracts with ranges apart share nobody */
    int bad_every;        /* each so manieth row breaks a rule; 0: none */
} Spells;

Result spells_write(const Spells *spells, const char *path, Error *error) CHECKED;
/* A copy packed by gzip or zstd: their defaults. */
Result spells_pack(const char *packer, const char *path, const char *packed_path, Error *error) CHECKED;
/* The postcodes that the extracts hold. */
Result spells_write_directory(const char *path, Error *error) CHECKED;
