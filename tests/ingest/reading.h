#pragma once
/* What tests of the reader share: every record of a file as text. */
#include <criterion/criterion.h>

#include "ingest/reader.h"

const char *reading_file(const char *bytes, size_t length);
/*
 * Reads with every size of read from 1 to 64 bytes, so that everything straddles, and with the default.
 * A format with columns has no line of names.
 * A record's raw line is what the file has at its offset (of UTF-16, which is read as UTF-8, this is not
 * seen). expected: each record as "LINE:field|field" or "LINE!fault@field", one a line; an error as "error:
 * ...".
 */
void reading_expect(const char *bytes, size_t length, const ReaderFormat *format, const char *expected);
/* As above, of where each record stands: "LINE at OFFSET for LENGTH", one a line. */
void reading_expect_places(const char *bytes, size_t length, const ReaderFormat *format,
                           const char *expected);
