#pragma once
/*
 * Streams delimited text as records of fields: RFC 4180 with any delimiter, LF, CRLF or CR, byte order mark,
 * UTF-8, UTF-16 or Windows-1252. A damaged record is returned with its fault and reading goes on behind its
 * first line, so that an unclosed quote never swallows the rows after it. Memory is bounded by
 * record_bytes_max; of XML by 16 MiB and eight times it more, past which the file is refused.
 */
#include "base/hash.h"
#include "base/text.h"
#include "ingest/transcode.h"

enum {
    READER_FIELDS_MAX = 1024,
    READER_DELIMITER_BYTES_MAX = 4,
    READER_RECORD_BYTES_MIN = 64,
    READER_RECORD_BYTES_MAX = 1 << 20,
};

typedef enum ReaderKind {
    READER_DELIMITED,
    READER_FIXED,
    READER_JSON_LINES,
    READER_XML,
    READER_POSTGRES_BINARY, /* always READER_HEADER_NONE */
} ReaderKind;

/* Only delimited text has a header of its own; JSON lines and XML name each field. */
typedef enum ReaderHeader {
    READER_HEADER_EXACT,      /* names as the spec has them, or an alias */
    READER_HEADER_NORMALISED, /* without regard to case; space, _ and - alike */
    READER_HEADER_NONE,       /* columns by position */
} ReaderHeader;

typedef struct ReaderColumn {
    Text name;
    const Text *aliases; /* other names that it has had */
    size_t alias_count;
    size_t width;     /* bytes in fixed width */
    bool is_presence; /* JSON lines: false is empty, as it is in no other column */
} ReaderColumn;

/* A record in front of or behind the rows that is no row. Delimited: its first field is the name. Fixed
 * width: it starts with the name. */
typedef struct ReaderMarker {
    Text name;                   /* empty: the file has none */
    size_t count_from, count_to; /* where the number of rows stands: the field from 1, or bytes from 1, to 0
                                    being the end of the record; from 0: nowhere */
} ReaderMarker;

typedef struct ReaderFormat {
    ReaderKind kind;
    ReaderHeader header;
    const ReaderColumn *columns; /* in the spec's order; none where a header is read but not matched */
    size_t column_count;
    bool ignores_extra;         /* JSON lines, XML: fields that no column names */
    Text record_element;        /* XML: local name */
    Text delimiter;             /* 1 to READER_DELIMITER_BYTES_MAX bytes */
    char quote;                 /* 0: none */
    bool is_windows_1252;       /* without a byte order mark; else UTF-8 */
    TranscodeFrom utf16;        /* what it is without a byte order mark */
    size_t record_bytes_max;    /* a record with all its lines */
    size_t lines_skipped;       /* physical lines in front of the header */
    ReaderMarker header_record; /* the first record */
    ReaderMarker trailer;       /* the last record, with the number of rows */
    size_t read_bytes_max;      /* 0: the default; tests set it small so that everything straddles */
} ReaderFormat;

typedef enum ReaderFault {
    READER_GOOD,
    READER_TOO_LONG,
    READER_UNCLOSED_QUOTE,
    READER_TEXT_AFTER_QUOTE,
    READER_STRAY_RETURN,
    READER_TOO_MANY_FIELDS,
    READER_RAGGED,
    READER_NUL,
    READER_NOT_UTF8,
    READER_NOT_UTF16,
    READER_UNDEFINED_BYTE,
    READER_SHORT_RECORD,
    READER_LONG_RECORD,
    READER_NOT_JSON,
    READER_CUT_SHORT,
    READER_NOT_OBJECT,
    READER_LONE_SURROGATE,
    READER_NESTED,
    READER_REPEATED,
    READER_UNKNOWN_FIELD,
    READER_STRAY_TEXT,
    READER_FAULT_COUNT
} ReaderFault;

extern const char *const READER_FAULT_TEXTS[READER_FAULT_COUNT];

typedef struct ReaderRecord {
    uint64_t line; /* physical line on which it starts, from 1; of a binary copy its number */
    /* Where it stands in the file as it is read: unpacked and opened, of UTF-16 as UTF-8 without its mark, of
     * Windows-1252 as delivered. Without its line end; of a damaged one its first line. */
    uint64_t offset, length;
    Text raw; /* those bytes; empty when too long to hold */
    const Text *fields;
    size_t field_count;
    ReaderFault fault;
    int fault_field; /* -1: the whole record */
} ReaderRecord;

typedef struct Reader Reader;

/*
 * Passes the byte order mark and the skipped lines. path must live as long as the reader.
 * Errors  as input_open, and as transcode_read has it; ERROR_INPUT: fixed width in UTF-16
 */
Result reader_open(const char *path, const ReaderFormat *format, Reader **reader, Error *error) CHECKED;
/* From here on a record with another number of fields has fault READER_RAGGED, and rows are counted for the
 * trailer. */
void reader_expect(Reader *reader, size_t field_count);
/*
 * *record NULL at the end; else valid until the next call. Blank lines are passed over.
 * Errors  ERROR_INPUT when the declared trailer is absent, differs from the rows read, or is not last
 */
Result reader_next(Reader *reader, const ReaderRecord **record, Error *error) CHECKED;
/* Nothing but blank lines has been read. */
bool reader_is_empty(const Reader *reader);
/* JSON lines and XML: was the column found under another name than its own? */
bool reader_is_renamed(const Reader *reader, size_t column);
bool reader_digest(const Reader *reader, Hash *digest); /* as input_digest has it */
bool reader_is_unchecked(const Reader *reader);         /* as input_is_unchecked has it */
/* At the end: the last line lacks its end, as it does where a file was cut, and neither a trailer nor what
 * the line itself says tells that it is whole. */
bool reader_ends_open(const Reader *reader);
void reader_close(Reader **reader); /* wipes what was read */
