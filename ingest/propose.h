#pragma once
/* A spec proposed from a sample: what its columns hold, counted, and what is guessed of it. Private to
 * ingest. */
#include "ingest/spec.h"

enum {
    PROPOSE_ROWS_MAX = 20 * 1000,
    PROPOSE_CODES_MAX = 50, /* different values of a column that may be codes */
    PROPOSE_CODE_BYTES_MAX = 24,
    PROPOSE_CODE_ROWS_MIN = 10, /* below it a value may be of few people */
    PROPOSE_SHAPE_BYTES_MAX = 12,
    PROPOSE_EVIDENCE_BYTES = 160,
    PROPOSE_DATE_FORMATS = SPEC_BRITISH + 1,
};

typedef struct ProposeCode {
    char text[PROPOSE_CODE_BYTES_MAX];
    size_t length;
    int64_t rows;
} ProposeCode;

/* What kinds of characters stand in a place of a value. */
enum { PLACE_LETTER = 1, PLACE_DIGIT = 2, PLACE_MARK = 4 };

/* What the values of a column are, counted; a value may be of several kinds. */
typedef struct ProposeCounts {
    int64_t filled, times, integers, decimals, padded, nhs_numbers, postcodes, uprns, sexes, concepts;
    int64_t dates[PROPOSE_DATE_FORMATS];
    Date first[PROPOSE_DATE_FORMATS], last[PROPOSE_DATE_FORMATS];
    int64_t low, high; /* hundredths, of integers and decimals */
    size_t bytes_max, length_min, distinct;
    bool is_shapeless, has_many, has_repeat;
    uint8_t places[PROPOSE_SHAPE_BYTES_MAX];
    char marks[PROPOSE_SHAPE_BYTES_MAX];
    ProposeCode codes[PROPOSE_CODES_MAX];
    uint64_t *seen; /* hashes, 0 empty */
    size_t seen_slots;
} ProposeCounts;

typedef struct ProposeColumn {
    Text name;
    bool is_value; /* the name also stands among the values */
    ProposeCounts counts;
    /* guessed */
    SpecUse use;
    int identity; /* of identifiers and demographics, else SPEC_NONE */
    SpecType type;
    bool is_concept, has_list, is_key;
    int64_t min, max;
    char shape[2 * PROPOSE_SHAPE_BYTES_MAX + 1];
    char stored[64];
    char evidence[PROPOSE_EVIDENCE_BYTES];
} ProposeColumn;

typedef struct Propose {
    const char *path;
    IngestProposal wanted;
    Arena *arena;
    ReaderFormat format; /* delimited */
    bool has_header;
    size_t first_line; /* of the first record */
    int64_t header_names, sniffed_records, sniffed_alike;
    ProposeColumn *columns;
    size_t column_count;
    int64_t rows, damaged, not_utf8;
    SpecDateFormat date_format;
    const char *subject;
    int key, event; /* columns, or SPEC_NONE */
} Propose;

/* propose_file.c: encoding, delimiter, quote, lines in front. Errors: ERROR_INPUT: not delimited text. */
Result propose_format(Propose *propose, Error *error) CHECKED;
/* propose_count.c: one value that is not empty */
void propose_count(ProposeCounts *counts, Text value, Arena *arena);
/* propose_guess.c: uses, identities, types, subject, key and event date of all columns */
void propose_guess(Propose *propose);
/* propose_yaml.c */
void propose_write(const Propose *propose, FILE *out);
