#pragma once
/*
 * Private to query: the text of a query with its places, and errors that point into it:
 * "FILE:LINE:COLUMN: rule; did you mean WORD?", the line, and a caret below the column.
 */
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

typedef struct SourceText {
    const char *file_name; /* for messages */
    Text text;
} SourceText;

typedef struct Place {
    unsigned line, column; /* from 1; columns count characters, not bytes */
    size_t offset;
} Place;

/* Where a word stands, in the query or in a file that it uses. */
typedef struct Mention {
    const SourceText *text; /* NULL: nowhere */
    Place place;
} Mention;

/* That of a byte. */
Place source_text_place(const SourceText *source, size_t offset);
/* ERROR_INPUT with the place in front and the line behind. */
Result source_text_fail(const SourceText *source, Place place, Error *error, const char *format, ...)
    PRINTF(4, 5) CHECKED;

/* "KIND WORD is unknown", with the nearest candidate when there is one. */
Result source_text_fail_unknown(const SourceText *source, Place place, const char *kind, Text word,
                                const Text *candidates, size_t count, Error *error) CHECKED;
/* Of what is found when all has been read, such as at a run; code is the error's. */
Result source_text_fail_at(const Mention *at, ErrorCode code, Error *error, const char *format, ...)
    PRINTF(4, 5) CHECKED;
/* "warning: FILE:LINE:COLUMN: ..." and a line end. */
void source_text_warn(const Mention *at, TextBuilder *out, const char *format, ...) PRINTF(3, 4);
