#pragma once
/*
 * Private to linkage: how far the fields of two records agree, as one level a field, for many pairs of one
 * block at a time. Filters of the block's records are laid side by side once, with what each of its pairs
 * would count anew. All paths give the same levels.
 */
#include "linkage/set.h"

enum { LEVEL_EQUAL = 5 }; /* the first at which filters are equal */

static inline unsigned fields_level(uint64_t levels, size_t field)
{
    return (unsigned)(levels >> 4 * field & 15);
}

/* What an equal field adds to LEVEL_EQUAL: how common its value is. */
unsigned fields_class(const LinkageSet *set, const SetRecord *a, const SetRecord *b, size_t field);
uint64_t fields_key(const uint8_t *filter, size_t bytes); /* equal of equal filters */

/* Records laid out for comparing: their places are what pairs name. */
typedef struct FieldsRows FieldsRows;

FieldsRows *fields_rows_create(const LinkageSet *set);
void fields_rows_close(FieldsRows **rows);
/* Makes room for so many records, and forgets those laid before. */
void fields_rows_start(FieldsRows *rows, size_t count);
/* view: as set_view gives it */
void fields_rows_lay(FieldsRows *rows, size_t place, const SetRecord *record, const uint8_t *view);

typedef struct FieldsPair {
    uint32_t left, right; /* places */
} FieldsPair;

/* levels: one a pair, as LinkagePattern has them. */
void fields_compare(const FieldsRows *rows, const FieldsPair *pairs, size_t count, uint64_t *levels);

typedef enum FieldsPath { FIELDS_PORTABLE, FIELDS_POPCNT, FIELDS_AVX2, FIELDS_PATH_COUNT } FieldsPath;
/* By this path; false: not on this processor, or not for filters of this size. */
bool fields_compare_by(FieldsPath path, const FieldsRows *rows, const FieldsPair *pairs, size_t count,
                       uint64_t *levels);
