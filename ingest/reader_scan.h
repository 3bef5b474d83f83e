#pragma once
/* Private to reader*.c: finds the fields of one record in bytes that hold it whole or in part. */
#include "ingest/reader.h"
#include "ingest/reader_block.h"

/* Bytes readable, but meaningless, behind the end of what is scanned. */
enum { READER_SCAN_SLACK = BLOCK_BYTES };

typedef enum ScanOutcome { SCAN_COMPLETE, SCAN_NEEDS_MORE, SCAN_FAULT } ScanOutcome;

typedef struct Scan {
    const ReaderFormat *format;
    const BlockMethods *methods;
    bool return_ends_line; /* CR alone ends a line in this file */
    /* made */
    size_t bytes;     /* of the record without its line end */
    size_t end_bytes; /* of the line end: 0 at the end of the file */
    bool is_multi_line, has_escapes;
    bool has_escape[READER_FIELDS_MAX]; /* the field holds doubled quotes */
    Text fields[READER_FIELDS_MAX];     /* without the quotes around them */
    size_t field_count;
    ReaderFault fault;
    int fault_field;
    /* its own */
    const char *block; /* BLOCK_BYTES of which the ends are known */
    uint64_t ends;
} Scan;

void scan_open(Scan *scan, const ReaderFormat *format, const BlockMethods *methods);

/* data[length] on are slack. is_final: nothing comes behind length. */
ScanOutcome scan_record(Scan *scan, const char *data, size_t length, bool is_final);
/* The line as one field. */
ScanOutcome scan_whole_line(Scan *scan, const char *data, size_t length, bool is_final);
/* Makes the fields of a fixed-width record of its line. A fault is the whole record's. */
ReaderFault scan_fixed(Scan *scan);
/* The bytes in front of the first line end, or false when there is none in data. *end_bytes: 1 or 2. */
bool scan_line(const Scan *scan, const char *data, size_t length, size_t *bytes, size_t *end_bytes);
uint64_t scan_count_lines(const Scan *scan, Text text);
