#pragma once
/*
 * PostgreSQL's binary COPY format (its manual, COPY, "Binary Format"), each field as text: what
 * COPY (SELECT a::text, ...) TO STDOUT (FORMAT binary) sends. Private to reader.c.
 */
#include "ingest/reader_private.h"

/* Passes what stands in front of the first row. Errors  ERROR_INPUT: something else, or cut */
Result reader_open_pgcopy(Reader *reader, Error *error) CHECKED;
/*
 * As reader_next has it; a record's line is its number, from 1. A row past record_bytes_max is passed over.
 * Errors  ERROR_INPUT: cut, another number of fields than the columns, or bytes behind the trailer
 */
Result reader_next_pgcopy(Reader *reader, const ReaderRecord **record, Error *error) CHECKED;
