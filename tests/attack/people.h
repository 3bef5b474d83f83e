#pragma once
/* People that attacks are tried on: made from a seed, or read from a file of a public set. No real person is
 * in the names that are made. */
#include <stddef.h>
#include <stdint.h>

#include "pseudonymise/pseudonymise.h"

enum { PERSON_TEXT = 48 };

typedef struct Person {
    char fields[ENCODING_FIELDS_MAX][PERSON_TEXT];
} Person;

typedef struct People {
    EncodingKind kinds[ENCODING_FIELDS_MAX];
    size_t field_count;
    Person *all;
    size_t count;
} People;

/* Given name, family name, birth date, sex and postcode; households of one to five in postcodes of forty;
 * some fields absent. The commonest names are as common as in England. */
People people_make(size_t count, uint64_t seed);
/* One record of each person of a comma-separated file without quotes; lines that have one are left out. */
typedef struct PeopleFile {
    const char *path, *truth; /* truth: the column that says whose record it is */
    size_t field_count;
    struct {
        const char *column;
        EncodingKind kind;
    } fields[ENCODING_FIELDS_MAX];
} PeopleFile;
/* count 0: it cannot be read, or lacks a column. */
People people_read(const PeopleFile *file);
void people_close(People *people);

/* SplitMix64: the same numbers in every run. */
uint64_t draw_next(uint64_t *state);
uint64_t draw_below(uint64_t *state, uint64_t below);

/* Who is in the encoded table and who in the attacker's plain file, as places in people->all, each in an
 * order of its own. Of both files' people `overlap` percent are the same. */
typedef struct Files {
    const People *people;
    uint32_t *encoded, *plain;
    size_t count; /* of each */
    int overlap;
} Files;

/* count: at most half of the people. */
Files files_make(const People *people, size_t count, int overlap, uint64_t seed);
void files_close(Files *files);
