#pragma once
/* Shared by the reader*.c files: a reader at work. */
#include "base/input.h"
#include "ingest/reader_json.h"
#include "ingest/reader_scan.h"
#include "ingest/reader_xml.h"

enum { READER_LINE_END_BYTES_MAX = 2 };

struct Reader {
    const char *path; /* for messages; the opener's */
    Input *input;
    Transcoder *transcoder;
    ReaderFormat format;
    Scan scan;
    ReaderRecord record;
    char *buffer;  /* [start, end) is read but not returned */
    char *scratch; /* unescaped and decoded fields of the record returned */
    size_t capacity, start, end, scratch_bytes, scratch_used, scratch_high;
    uint64_t dropped; /* bytes of the stream in front of the buffer */
    uint64_t line, rows;
    size_t fields_expected;
    bool at_end, is_discarding, has_header_record, has_trailer, has_content;
    char last_byte;         /* of what was read so far */
    uint64_t rows_declared; /* by the header record */
    Names names;            /* JSON lines and XML */
    JsonLines *json;
    XmlRecords *xml;
    uint64_t xml_at, xml_fed; /* bytes of the stream in front of start, and of what the parser was given */
};

static inline size_t reader_available(const Reader *reader)
{
    return reader->end - reader->start;
}

/* Where in the stream the bytes not returned yet begin. */
static inline uint64_t reader_offset(const Reader *reader)
{
    return reader->dropped + reader->start;
}

/* What one record is looked for in: never more, so that its outcome does not depend on how much is read at
 * once. */
static inline size_t reader_window(const Reader *reader)
{
    size_t bytes_max = reader->format.record_bytes_max + READER_LINE_END_BYTES_MAX;

    return reader_available(reader) < bytes_max ? reader_available(reader) : bytes_max;
}

/* ---- reader_bytes.c: the buffer ---- */

Result reader_fill(Reader *reader, Error *error) CHECKED;
Result reader_fill_to(Reader *reader, size_t bytes, Error *error) CHECKED; /* so many, or all that are left */
Result reader_pass_mark(Reader *reader, Error *error) CHECKED;
/* The first line end says which one the file uses. */
Result reader_find_line_end(Reader *reader, Error *error) CHECKED;
/* Passes the rest of the line, however long. *length: without its end. */
Result reader_discard_line(Reader *reader, uint64_t *length, Error *error) CHECKED;

/* ---- reader_take.c: what the scan found becomes the record returned ---- */

/* A damaged record ends with its first line; what follows is read as records again. */
void reader_take_damaged(Reader *reader, ReaderFault fault, int field);
void reader_take_ragged(Reader *reader);
void reader_take_whole(Reader *reader);

/* ---- reader_marker.c: header and trailer records, and the numbers of rows that they declare ---- */

void reader_pass_record(Reader *reader); /* one that is no row */
bool reader_is_trailer(const Reader *reader);
Result reader_take_header_record(Reader *reader, ScanOutcome outcome, Error *error) CHECKED;
Result reader_take_trailer(Reader *reader, Error *error) CHECKED;
Result reader_check_counts(const Reader *reader, Error *error) CHECKED; /* at the end */
