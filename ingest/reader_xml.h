#pragma once
/*
 * XML as a stream of records. A document type declaration is refused, so nothing is ever expanded; depth and
 * size are limited. Private to reader.c.
 */
#include "ingest/names.h"

typedef enum XmlOutcome { STREAM_NEEDS_MORE, STREAM_RECORD, STREAM_FINISHED } XmlOutcome;

typedef struct XmlRecord {
    uint64_t line, from, to; /* from, to: bytes of the stream */
    const Text *fields;      /* one a column, UTF-8, valid until the next call */
    ReaderFault fault;
    int fault_field;
} XmlRecord;

typedef struct XmlRecords XmlRecords;

size_t xml_slice_bytes(const ReaderFormat *format);
/* path and names must live as long. */
XmlRecords *xml_records_open(const char *path, Names *names);
/* Goes on behind the record last found. Errors  as xml_records_feed */
Result xml_records_next(XmlRecords *records, XmlOutcome *outcome, Error *error) CHECKED;
/*
 * After STREAM_NEEDS_MORE: the next xml_slice_bytes of the stream, fewer only when they are the last.
 * Errors  ERROR_INPUT: not well-formed, a document type declaration, too deep, markup past
 * record_bytes_max, more names than fit its memory, no record in it, or something beside the records
 */
Result xml_records_feed(XmlRecords *records, Text slice, bool is_last, XmlOutcome *outcome, Error *error)
    CHECKED;
const XmlRecord *xml_records_record(const XmlRecords *records);
/* The first byte of the stream that a record to come may start at or reach back to. */
uint64_t xml_records_keep_from(XmlRecords *records);
void xml_records_close(XmlRecords **records); /* wipes */
