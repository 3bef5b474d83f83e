#pragma once
/* A file of people that scripts/bench makes: person|given|family|birth date|sex|postcode|number|street|town|
 * practice|address, a header in front. */
#include "base/arena.h"
#include "pseudonymise/pseudonymise.h"

enum { ROWS_COLUMNS = 11 };

typedef struct Rows {
    Text (*cells)[ROWS_COLUMNS];
    size_t count;
} Rows;

/* Which columns are encoded, and as what. */
typedef struct RowsFields {
    EncodingKind kinds[ENCODING_FIELDS_MAX];
    size_t columns[ENCODING_FIELDS_MAX];
    size_t count;
} RowsFields;

/* As many as public sets of people have, and as a record of a run has. */
extern const RowsFields rows_nine, rows_six;

Result rows_read(const char *path, Arena *arena, Rows *rows, Error *error) CHECKED;
void rows_take(const Rows *rows, size_t row, const RowsFields *fields, Text out[ENCODING_FIELDS_MAX]);
/* One that has observed all rows. */
Result rows_encoder(const Rows *rows, const RowsFields *fields, bool by_blocks, Encoder **encoder,
                    Error *error) CHECKED;
