#include "tests/ingest/reading.h"

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

static void read_all(const char *path, const ReaderFormat *format, char out[OUT_BYTES])
{
    SCOPED(reader_close) Reader *reader = NULL;
    const ReaderRecord *record;
    Error error = {0};
    char head[96];
    bool is_first = format->column_count == 0;

    out[0] = '\0';
    Result result = reader_open(path, format, &reader, &error);
    if (result.ok && format->column_count > 0)
        reader_expect(reader, format->column_count);
    while (result.ok && (result = reader_next(reader, &record, &error)).ok && record != NULL) {
        bool is_good = record->fault == READER_GOOD;
        snprintf(head, sizeof head, is_good ? "%d:" : "%d!%s@%d\n", (int)record->line,
                 READER_FAULT_TEXTS[record->fault], record->fault_field);
        add(out, head, strlen(head));
        for (size_t i = 0; is_good && i < record->field_count; i++) {
            add(out, "|", i > 0);
            add(out, record->fields[i].data, record->fields[i].length);
        }
        add(out, "\n", is_good);
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

void reading_expect(const char *bytes, size_t length, const ReaderFormat *format, const char *expected)
{
    const char *path = reading_file(bytes, length);
    char out[OUT_BYTES];

    for (size_t read_bytes = 0; read_bytes <= 64; read_bytes++) {
        ReaderFormat sized = *format;
        sized.read_bytes_max = read_bytes;
        read_all(path, &sized, out);
        cr_assert_str_eq(out, expected, "in reads of %zu bytes:\n%s---- expected\n%s", read_bytes, out,
                         expected);
    }
}
