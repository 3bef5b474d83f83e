#pragma once
/*
 * What the targets of the reader's formats share: whatever size a file is read in, the records are the same,
 * their views lie where they may, are UTF-8 without NUL, and lines only rise.
 */
#include <string.h>

#include "base/hash.h"
#include "ingest/reader.h"
#include "tests/fuzz/fuzz_file.h"

enum { FUZZ_RECORD_BYTES = 256 };

static inline void fuzz_require(bool holds)
{
    if (!holds)
        abort();
}

static inline void fuzz_add_record(HashStream *hash, const ReaderRecord *record)
{
    fuzz_require(record->raw.length <= FUZZ_RECORD_BYTES + 2); /* and a line end */
    fuzz_require(record->raw.length == 0 || record->raw.length == record->length);
    hash_add(hash, &record->line, sizeof record->line);
    hash_add(hash, &record->offset, sizeof record->offset);
    hash_add(hash, &record->length, sizeof record->length);
    hash_add(hash, &record->fault, sizeof record->fault);
    hash_add(hash, &record->fault_field, sizeof record->fault_field);
    hash_add(hash, record->raw.data, record->raw.length);
    for (size_t i = 0; record->fault == READER_GOOD && i < record->field_count; i++) {
        fuzz_require(text_is_utf8(record->fields[i]));
        fuzz_require(record->fields[i].length <= 3 * FUZZ_RECORD_BYTES);
        fuzz_require(record->fields[i].length == 0 ||
                     memchr(record->fields[i].data, 0, record->fields[i].length) == NULL);
        hash_add(hash, record->fields[i].data, record->fields[i].length);
        hash_add(hash, "", 1);
    }
}

static inline Hash fuzz_read(const char *path, const ReaderFormat *format)
{
    SCOPED(reader_close) Reader *reader = NULL;
    SCOPED(hash_close) HashStream *hash = hash_open();
    const ReaderRecord *record;
    uint64_t line = 0;
    Error error = {0};

    Result result = reader_open(path, format, &reader, &error);
    if (result.ok && format->column_count > 0)
        reader_expect(reader, format->column_count);
    while (result.ok && (result = reader_next(reader, &record, &error)).ok && record != NULL) {
        fuzz_require(format->kind == READER_XML ? record->line >= line : record->line > line);
        if (line == 0 && format->column_count == 0)
            reader_expect(reader, record->field_count);
        line = record->line;
        fuzz_add_record(hash, record);
    }
    hash_add(hash, error.message, strlen(error.message));
    return hash_value(hash);
}

/* The input at once and in reads of so many bytes. */
static inline void fuzz_records(const uint8_t *data, size_t size, ReaderFormat format, uint8_t read_bytes)
{
    const char *path = fuzz_file(data, size);
    Hash whole = fuzz_read(path, &format);

    format.read_bytes_max = 1u + read_bytes;
    Hash in_parts = fuzz_read(path, &format);
    fuzz_require(memcmp(whole.bytes, in_parts.bytes, HASH_BYTES) == 0);
}
