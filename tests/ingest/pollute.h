#pragma once
/*
 * A polluter after Pollock (Vitagliano, Hameed, Jiang, Reisener, Wu, Naumann: "Pollock: A Data Loading
 * Benchmark", PVLDB 16, 2023), of our own over a file of our own: 84 visits of 10 columns, clean, or with one
 * thing wrong with one row, or written in another dialect.
 */
#include "base/text.h"

enum { POLLUTE_ROWS = 84, POLLUTE_COLUMNS = 10, POLLUTE_BYTES_MAX = 64 << 10 };

/* Columns that tests speak of. The note is ignored by the spec, and never quoted. */
enum { POLLUTE_NOTE = 6, POLLUTE_POSTCODE = 7, POLLUTE_ADDRESS = 8 };

extern const char *const POLLUTE_NAMES[POLLUTE_COLUMNS];

typedef enum PolluteKind {
    POLLUTE_NOTHING,
    POLLUTE_EXTRA_DELIMITER,   /* in front of the cell */
    POLLUTE_MISSING_DELIMITER, /* behind the cell */
    POLLUTE_QUOTE_FIRST,       /* a stray quote in front of the cell, in its middle, behind it */
    POLLUTE_QUOTE_MIDDLE,
    POLLUTE_QUOTE_LAST,
    POLLUTE_SPACES, /* in place of all delimiters of the row */
    POLLUTE_KIND_COUNT
} PolluteKind;

typedef struct PolluteEdit {
    PolluteKind kind;
    size_t row, column;
} PolluteEdit;

typedef struct PolluteDialect {
    const char *delimiter, *line_end;
    const char *escape; /* in front of a quote in quotes; NULL: nothing, which no reader can undo */
    char quote;
} PolluteDialect;

extern const PolluteDialect POLLUTE_PLAIN; /* , LF "" " */

typedef struct PolluteFile {
    TextBuilder text;
    uint64_t line;                                    /* of what comes next, from 1 */
    uint64_t first[POLLUTE_ROWS], last[POLLUTE_ROWS]; /* physical lines of each row; 0: not written */
} PolluteFile;

PolluteFile pollute_open(void);
void pollute_close(PolluteFile *file);
void pollute_header(PolluteFile *file, const PolluteDialect *dialect);
void pollute_row(PolluteFile *file, const PolluteDialect *dialect, size_t row, PolluteEdit edit);
void pollute_line(PolluteFile *file, const char *line); /* of anything, with LF */
/* The header and all rows. */
void pollute_table(PolluteFile *file, const PolluteDialect *dialect, PolluteEdit edit);

/* The stray quote stands in front of a delimiter in quotes: it is how a field ends. */
bool pollute_ends_field(PolluteEdit edit);
bool pollute_has_quote(size_t row);   /* inside of its address */
bool pollute_has_comma(size_t row);   /* the same */
bool pollute_has_newline(size_t row); /* the same */
