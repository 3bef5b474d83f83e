#include "tests/ingest/reading.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/support.h"

enum { OUT_BYTES = 8192 };

const char *reading_file(const char *bytes, size_t length)
{
    const char *path = support_file("read.csv", "");
    FILE *file = fopen(path, "wb");

    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, length, file), length);
    cr_assert_eq(fclose(file), 0);
    return path;
}

static void add(char *out, const char *text, size_t length)
{
    size_t at = strlen(out);

    cr_assert_lt(at + length, (size_t)OUT_BYTES - 1);
    memcpy(out + at, text, length);
    out[at + length] = '\0';
}

typedef void AddRecord(char *out, const ReaderRecord *record);

static void add_fields(char *out, const ReaderRecord *record)
{
    bool is_good = record->fault == READER_GOOD;
    char head[96];

    snprintf(head, sizeof head, is_good ? "%d:" : "%d!%s@%d\n", (int)record->line,
             READER_FAULT_TEXTS[record->fault], record->fault_field);
    add(out, head, strlen(head));
    for (size_t i = 0; is_good && i < record->field_count; i++) {
        add(out, "|", i > 0);
        add(out, record->fields[i].data, record->fields[i].length);
    }
    add(out, "\n", is_good);
}

static void add_place(char *out, const ReaderRecord *record)
{
    char place[96];

    snprintf(place, sizeof place, "%" PRIu64 " at %" PRIu64 " for %" PRIu64 "\n", record->line,
             record->offset, record->length);
    add(out, place, strlen(place));
}

static bool is_utf16(Text file, const ReaderFormat *format)
{
    return format->utf16 != TRANSCODE_NOTHING || text_starts_with(file, TEXT("\xff\xfe")) ||
           text_starts_with(file, TEXT("\xfe\xff"));
}

static void check_place(Text file, const ReaderFormat *format, const ReaderRecord *record)
{
    if (record->raw.length > 0)
        cr_assert_eq(record->length, record->raw.length);
    if (is_utf16(file, format))
        return;
    cr_assert_leq(record->offset + record->length, file.length);
    cr_assert(record->raw.length == 0 ||
                  memcmp(record->raw.data, file.data + record->offset, record->raw.length) == 0,
              "line %d is not at its offset", (int)record->line);
}

static void read_all(const char *path, Text file, const ReaderFormat *format, AddRecord *add_record,
                     char out[OUT_BYTES])
{
    SCOPED(reader_close) Reader *reader = NULL;
    const ReaderRecord *record;
    Error error = {0};
    bool is_first = format->column_count == 0;

    out[0] = '\0';
    Result result = reader_open(path, format, &reader, &error);
    if (result.ok && format->column_count > 0)
        reader_expect(reader, format->column_count);
    while (result.ok && (result = reader_next(reader, &record, &error)).ok && record != NULL) {
        check_place(file, format, record);
        add_record(out, record);
        if (is_first)
            reader_expect(reader, record->field_count);
        is_first = false;
    }
    if (!result.ok) {
        add(out, "error: ", 7);
        const char *rule = strstr(error.message, "read.csv");
        rule = rule != NULL ? rule + strlen("read.csv") : error.message;
        add(out, rule, strlen(rule));
    }
}

static void expect(const char *bytes, size_t length, const ReaderFormat *format, AddRecord *add_record,
                   const char *expected)
{
    const Text file = {.data = bytes, .length = length};
    const char *path = reading_file(bytes, length);
    char out[OUT_BYTES];

    for (size_t read_bytes = 0; read_bytes <= 64; read_bytes++) {
        ReaderFormat sized = *format;
        sized.read_bytes_max = read_bytes;
        read_all(path, file, &sized, add_record, out);
        cr_assert_str_eq(out, expected, "in reads of %zu bytes:\n%s---- expected\n%s", read_bytes, out,
                         expected);
    }
}

void reading_expect(const char *bytes, size_t length, const ReaderFormat *format, const char *expected)
{
    expect(bytes, length, format, add_fields, expected);
}

void reading_expect_places(const char *bytes, size_t length, const ReaderFormat *format, const char *expected)
{
    expect(bytes, length, format, add_place, expected);
}
