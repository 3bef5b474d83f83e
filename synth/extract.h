#pragma once
/*
 * Private to synth: one file being written, a row at a time, field by field,
 * through a large buffer. A failed write is remembered and told at the close,
 * so that writers of rows need no error path.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/date.h"
#include "base/error.h"
#include "synth/layouts.h"

enum { EXTRACT_PATH_BYTES = 256, EXTRACT_ROW_BYTES = 4096 };

typedef enum RowDamage {
    ROW_WHOLE,
    ROW_SHORT,    /* its last field is cut off */
    ROW_LONG,     /* a field too many */
    ROW_BAD_DATE, /* a date that no calendar has */
    ROW_BAD_CODE, /* a code that is in no list */
} RowDamage;

typedef struct Extract {
    const Layout *layout;
    char path[EXTRACT_PATH_BYTES]; /* relative to the county's folder, as deliveries.csv gives it */
    char full_path[2 * EXTRACT_PATH_BYTES];
    char *buffer;
    size_t used;
    int descriptor; /* -1: not open */
    int failed;     /* errno of the first failed write */
    int64_t bytes, rows, damaged;
    char row[EXTRACT_ROW_BYTES];
    size_t row_length, fields;
    uint16_t starts[LAYOUT_COLUMNS_MAX + 1];
} Extract;

/* Not open: what SCOPED(extract_abandon) may find. */
#define EXTRACT_CLOSED ((Extract){.descriptor = -1})

/* Makes the file and writes the header line. */
Result extract_open(const char *folder, const char *path, const Layout *layout, Extract *extract,
                    Error *error) CHECKED;
void extract_text(Extract *extract, const char *text); /* UTF-8; NULL is an empty field */
void extract_integer(Extract *extract, int64_t value);
void extract_pence(Extract *extract, int64_t pence); /* 12.34 */
void extract_tenths(Extract *extract, int64_t tenths);
void extract_date(Extract *extract, Date date); /* DATE_NONE is an empty field */
void extract_empty(Extract *extract, size_t count);
/* Takes over another file's unfinished row. */
void extract_copy_row(Extract *extract, const Extract *from);
/* Writes the finished row, which stays as it is: ending it twice duplicates it. Returns its line number. */
int64_t extract_write_row(Extract *extract, RowDamage damage);
void extract_new_row(Extract *extract);
Result extract_close(Extract *extract, Error *error) CHECKED;
/* Closes a file that nobody will read, after an error elsewhere; for SCOPED. */
void extract_abandon(Extract *extract);
