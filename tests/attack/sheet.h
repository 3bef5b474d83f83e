#pragma once
/*
 * What an attacker reads off an encoded table, and what it works out of a plain file by the public source
 * code: columns of numbers that are equal where the bytes, or the values they stand for, are equal.
 */
#include "tests/attack/people.h"

typedef struct Sheet {
    size_t rows, columns;
    uint64_t *cells; /* column by column; 0: absent */
} Sheet;

static inline uint64_t *sheet_column(const Sheet *sheet, size_t column)
{
    return sheet->cells + column * sheet->rows;
}

typedef struct Sheets {
    Sheet stored; /* the encoded table */
    Sheet truth;  /* what its cells stand for: to mark guesses, never to make them */
    Sheet known;  /* the same of the plain file */
    size_t rules, fields;
} Sheets;

/* The encoded table itself, row by row as in the files. */
typedef struct Table {
    uint8_t **rows;
    size_t *lengths;
    size_t count;
} Table;

/* keyring NULL: under a key that nothing keeps; people: as many places in files->people->all as files->count.
 */
Table table_encode_under(const Keyring *keyring, const Files *files, const uint32_t *people,
                         const EncodingOptions *options);
/* keyring NULL */
Table table_encode(const Files *files, const uint32_t *people, const EncodingOptions *options);
void table_close_rows(Table *table);

/* Of a row, by docs/linkage.md. */
enum { ROW_HEADER = 24 };
uint64_t row_rules(const uint8_t *row);  /* bit of a rule: it has a token */
unsigned row_fields(const uint8_t *row); /* bit of a field: it is there */
unsigned row_class(const uint8_t *row, size_t field);
const uint8_t *row_token(const uint8_t *row, size_t rule);
/* view: the rule by which the filters were salted; 0 where they are not by blocks */
const uint8_t *row_filter(const uint8_t *row, size_t view, size_t field, size_t *bytes);

/*
 * Columns: a token for each rule; the filters of each field under each rule; commonness; which fields there
 * are.
 */
Sheets sheets_make(const Files *files, const Table *table);
/* The control of two fields as one column. */
Sheets sheets_of_control(const Files *files, size_t first, size_t second);
/* The filters of a field as one column, those under all tokens on top of each other; own: the plain file
 * under a key of the attacker's, who so knows how many each person has. */
Sheets sheets_of_field(const Files *files, const Table *table, const Table *own, size_t field);
void sheets_close(Sheets *sheets);

uint64_t mix_bytes(uint64_t start, const void *bytes, size_t length); /* never 0 */
