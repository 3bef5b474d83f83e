/* What the scan found becomes the record returned. */
#include <assert.h>
#include <string.h>

#include "ingest/decode.h"
#include "ingest/reader_private.h"

static Text take_scratch(Reader *reader, size_t bytes)
{
    assert(reader->scratch_used + bytes <= reader->scratch_bytes);
    Text place = {.data = reader->scratch + reader->scratch_used, .length = bytes};

    reader->scratch_used += bytes;
    if (reader->scratch_used > reader->scratch_high)
        reader->scratch_high = reader->scratch_used;
    return place;
}

static void record_fault(Reader *reader, ReaderFault fault, int field)
{
    reader->record.fault = fault;
    reader->record.fault_field = field;
}

/* Bytes that are wrong, or not UTF-8 yet, are rare: found for the whole record at once, then by field. */
static void check_bytes(Reader *reader)
{
    Scan *scan = &reader->scan;
    bool has_high, has_nul;

    scan->methods->look(reader->record.raw, &has_high, &has_nul);
    if (!has_high && !has_nul)
        return;
    for (size_t i = 0; i < scan->field_count; i++) {
        Text *field = &scan->fields[i];
        if (has_nul && memchr(field->data, '\0', field->length) != NULL) {
            record_fault(reader, READER_NUL, (int)i);
            return;
        }
        if (!reader->format.is_windows_1252 && !text_is_utf8(*field)) {
            bool is_utf16 = transcode_is_utf16(reader->transcoder);
            record_fault(reader, is_utf16 ? READER_NOT_UTF16 : READER_NOT_UTF8, (int)i);
            return;
        }
        if (reader->format.is_windows_1252) {
            char *out = (char *)take_scratch(reader, field->length * DECODE_GROWTH_MAX).data;
            if (!decode_windows_1252(*field, out, field)) {
                record_fault(reader, READER_UNDEFINED_BYTE, (int)i);
                return;
            }
        }
    }
}

static void decode_escapes(Reader *reader)
{
    Scan *scan = &reader->scan;

    for (size_t i = 0; scan->has_escapes && i < scan->field_count; i++)
        if (scan->has_escape[i]) {
            char *out = (char *)take_scratch(reader, scan->fields[i].length).data;
            scan->fields[i] = decode_quotes(scan->fields[i], reader->format.quote, out);
        }
}

void reader_take_damaged(Reader *reader, ReaderFault fault, int field)
{
    size_t bytes = 0, end_bytes = 0;
    const char *data = reader->buffer + reader->start;
    bool has_line = scan_line(&reader->scan, data, reader_window(reader), &bytes, &end_bytes);

    reader->record = (ReaderRecord){.line = reader->line, .fault = fault, .fault_field = field};
    if (has_line || (reader->at_end && reader_window(reader) == reader_available(reader))) {
        if (!has_line)
            bytes = reader_available(reader);
        reader->record.raw = (Text){.data = data, .length = bytes};
        reader->start += bytes + end_bytes;
        reader->line += has_line;
        return;
    }
    reader->record.fault = READER_TOO_LONG;
    /* a field was open where the limit was passed */
    reader->record.fault_field = fault == READER_UNCLOSED_QUOTE ? field : -1;
    reader->is_discarding = true;
}

static void split_fixed(Reader *reader)
{
    ReaderFault fault = scan_fixed(&reader->scan);

    reader->record.field_count = reader->scan.field_count;
    if (fault != READER_GOOD)
        record_fault(reader, fault, -1);
    else
        check_bytes(reader);
}

static void split_json(Reader *reader)
{
    Scan *scan = &reader->scan;
    Text line = scan->fields[0];
    int field = -1;

    if (reader->record.fault == READER_GOOD)
        reader->record.fault = json_lines_split(reader->json, line, scan->fields, &field);
    reader->record.fault_field = field;
    reader->record.field_count = scan->field_count = reader->format.column_count;
}

void reader_take_whole(Reader *reader)
{
    Scan *scan = &reader->scan;

    reader->record = (ReaderRecord){
        .line = reader->line,
        .raw = {.data = reader->buffer + reader->start, .length = scan->bytes},
        .fields = scan->fields,
        .field_count = scan->field_count,
        .fault_field = -1,
    };
    reader->start += scan->bytes + scan->end_bytes;
    reader->line += 1 + (scan->is_multi_line ? scan_count_lines(scan, reader->record.raw) : 0);
    if (reader->format.kind == READER_FIXED)
        split_fixed(reader);
    else
        check_bytes(reader);
    if (reader->format.kind == READER_JSON_LINES)
        split_json(reader);
    decode_escapes(reader);
}

/* A record of several lines with a wrong number of fields may be an unclosed quote that found another row's.
 */
void reader_take_ragged(Reader *reader)
{
    if (reader->scan.is_multi_line)
        reader_take_damaged(reader, READER_RAGGED, -1);
    else
        reader_take_whole(reader);
    record_fault(reader, READER_RAGGED, -1);
}
