/*
 * Delimited text of any bytes: whatever size it is read in, the records are the same, their views lie where
 * they may, and lines only rise. The first byte chooses the format, the second the size of a read.
 */
#include <string.h>

#include "base/hash.h"
#include "ingest/reader.h"
#include "tests/fuzz/fuzz_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FORMAT_BYTES = 2, RECORD_BYTES = 256 };

static void require(bool holds)
{
    if (!holds)
        abort();
}

static ReaderFormat format_of(uint8_t choice)
{
    static const char *const delimiters[] = {",", "|", "~|~", "\t"};

    return (ReaderFormat){
        .delimiter = text_from(delimiters[choice & 3]),
        .quote = (choice & 4) != 0 ? 0 : '"',
        .is_windows_1252 = (choice & 8) != 0,
        .record_bytes_max = RECORD_BYTES,
        .lines_skipped = (choice & 16) != 0 ? 2 : 0,
        .trailer = {.name = (choice & 32) != 0 ? TEXT("END") : TEXT(""), .count_from = 2},
    };
}

static void add_record(HashStream *hash, const ReaderRecord *record)
{
    hash_add(hash, &record->line, sizeof record->line);
    hash_add(hash, &record->fault, sizeof record->fault);
    hash_add(hash, &record->fault_field, sizeof record->fault_field);
    for (size_t i = 0; record->fault == READER_GOOD && i < record->field_count; i++) {
        require(text_is_utf8(record->fields[i]));
        require(record->fields[i].length <= 3 * RECORD_BYTES);
        require(record->fields[i].length == 0 ||
                memchr(record->fields[i].data, 0, record->fields[i].length) == NULL);
        hash_add(hash, record->fields[i].data, record->fields[i].length);
        hash_add(hash, "", 1);
    }
}

static Hash read_all(const char *path, const ReaderFormat *format)
{
    SCOPED(reader_close) Reader *reader = NULL;
    SCOPED(hash_close) HashStream *hash = hash_open();
    const ReaderRecord *record;
    uint64_t line = 0;
    Error error = {0};

    Result result = reader_open(path, format, &reader, &error);
    while (result.ok && (result = reader_next(reader, &record, &error)).ok && record != NULL) {
        require(record->line > line);
        if (line == 0)
            reader_expect(reader, record->field_count);
        line = record->line;
        add_record(hash, record);
    }
    hash_add(hash, error.message, strlen(error.message));
    return hash_value(hash);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < FORMAT_BYTES)
        return 0;
    const char *path = fuzz_file(data + FORMAT_BYTES, size - FORMAT_BYTES);
    ReaderFormat format = format_of(data[0]);
    Hash whole = read_all(path, &format);
    format.read_bytes_max = 1u + data[1];
    Hash in_parts = read_all(path, &format);
    require(memcmp(whole.bytes, in_parts.bytes, HASH_BYTES) == 0);
    return 0;
}
