#include "ingest/reader.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/input.h"
#include "base/secret.h"
#include "ingest/decode.h"
#include "ingest/reader_json.h"
#include "ingest/reader_marker.h"
#include "ingest/reader_scan.h"
#include "ingest/reader_xml.h"

enum { READ_BYTES = 256 << 10, LINE_END_BYTES_MAX = 2 };

const char *const READER_FAULT_TEXTS[READER_FAULT_COUNT] = {
    [READER_GOOD] = "",
    [READER_TOO_LONG] = "longer than the limit",
    [READER_UNCLOSED_QUOTE] = "unclosed quote",
    [READER_TEXT_AFTER_QUOTE] = "text after closing quote",
    [READER_STRAY_RETURN] = "carriage return inside a line",
    [READER_TOO_MANY_FIELDS] = "too many fields",
    [READER_RAGGED] = "another number of fields than the header",
    [READER_NUL] = "NUL byte",
    [READER_NOT_UTF8] = "invalid utf-8",
    [READER_NOT_UTF16] = "invalid utf-16",
    [READER_UNDEFINED_BYTE] = "byte undefined in windows-1252",
    [READER_SHORT_RECORD] = "shorter than its columns",
    [READER_LONG_RECORD] = "longer than its columns",
    [READER_NOT_JSON] = "invalid json",
    [READER_CUT_SHORT] = "json that ends early",
    [READER_NOT_OBJECT] = "not a json object",
    [READER_LONE_SURROGATE] = "lone surrogate",
    [READER_NESTED] = "nested where one value is wanted",
    [READER_REPEATED] = "there twice",
    [READER_UNKNOWN_FIELD] = "a field that is not in the spec",
    [READER_STRAY_TEXT] = "text outside the columns",
};

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
    uint64_t line, rows;
    size_t fields_expected;
    bool at_end, is_discarding, has_header_record, has_trailer, has_content;
    uint64_t rows_declared; /* by the header record */
    Names names;            /* JSON lines and XML */
    JsonLines *json;
    XmlRecords *xml;
    uint64_t xml_at, xml_fed; /* bytes of the stream in front of start, and of what the parser was given */
};

/* ---- bytes ---- */

static size_t available(const Reader *reader)
{
    return reader->end - reader->start;
}

/* Moves what is left to the front and reads behind it. What is used up is wiped here, so that identifiers of
 * rows gone by are not left behind it. */
static Result fill(Reader *reader, Error *error)
{
    size_t left = available(reader), length = 0;

    memmove(reader->buffer, reader->buffer + reader->start, left);
    secret_wipe(reader->buffer + left, reader->end - left);
    secret_wipe(reader->scratch, reader->scratch_high);
    reader->scratch_high = 0;
    reader->start = 0;
    reader->end = left;
    assert(reader->capacity - left >= reader->format.read_bytes_max);
    TRY(transcode_read(reader->transcoder, reader->buffer + left, reader->format.read_bytes_max, &length,
                       error));
    reader->end += length;
    reader->at_end = length == 0;
    reader->buffer[reader->end] = '\n'; /* stops the scan of an unquoted field */
    return RESULT_OK;
}

static Result fill_to(Reader *reader, size_t bytes, Error *error)
{
    while (available(reader) < bytes && !reader->at_end)
        TRY(fill(reader, error));
    return RESULT_OK;
}

/* ---- opening ---- */

static bool starts_with(const Reader *reader, const char *bytes, size_t length)
{
    return available(reader) >= length && memcmp(reader->buffer + reader->start, bytes, length) == 0;
}

static Result pass_mark(Reader *reader, Error *error)
{
    TRY(fill_to(reader, 3, error));
    if (starts_with(reader, "\xef\xbb\xbf", 3))
        reader->start += 3;
    return RESULT_OK;
}

/* The first line end says which one the file uses. */
static Result find_line_end(Reader *reader, Error *error)
{
    for (size_t i = 0; i < reader->format.record_bytes_max; i++) {
        TRY(fill_to(reader, i + 2, error));
        if (i >= available(reader))
            break;
        const char *at = reader->buffer + reader->start + i;
        if (*at == '\n')
            break;
        if (*at == '\r') {
            reader->scan.return_ends_line = i + 1 < available(reader) && at[1] != '\n';
            break;
        }
    }
    return RESULT_OK;
}

/* Passes the rest of the line, however long. */
static Result discard_line(Reader *reader, Error *error)
{
    size_t bytes, end_bytes;

    while (!scan_line(&reader->scan, reader->buffer + reader->start, available(reader), &bytes, &end_bytes)) {
        reader->start = reader->end;
        if (reader->at_end)
            return RESULT_OK;
        TRY(fill(reader, error));
    }
    reader->start += bytes + end_bytes;
    reader->line++;
    return RESULT_OK;
}

Result reader_open(const char *path, const ReaderFormat *format, Reader **reader, Error *error)
{
    SCOPED(reader_close) Reader *draft = memory_alloc(sizeof *draft);

    assert(format->kind != READER_DELIMITED ||
           (format->delimiter.length >= 1 && format->delimiter.length <= READER_DELIMITER_BYTES_MAX));
    assert(format->column_count <= READER_FIELDS_MAX);
    assert(format->record_bytes_max >= READER_RECORD_BYTES_MIN &&
           format->record_bytes_max <= READER_RECORD_BYTES_MAX);
    draft->path = path;
    draft->format = *format;
    if (draft->format.read_bytes_max == 0)
        draft->format.read_bytes_max = READ_BYTES;
    draft->scan.format = &draft->format;
    draft->line = 1;
    draft->capacity = format->record_bytes_max + 2 * draft->format.read_bytes_max + 4 +
                      (format->kind == READER_XML ? XML_SLICE_BYTES : 0);
    draft->buffer = memory_alloc(draft->capacity + READER_SCAN_SLACK);
    /* a field may be decoded first and unescaped then */
    draft->scratch_bytes = (format->record_bytes_max + 4) * 2 * DECODE_GROWTH_MAX;
    draft->scratch = memory_alloc(draft->scratch_bytes);
    draft->names.format = &draft->format;
    if (format->kind == READER_JSON_LINES)
        draft->json = json_lines_open(&draft->names);
    if (format->kind == READER_XML)
        draft->xml = xml_records_open(path, &draft->names);
    TRY(input_open(path, NULL, &draft->input, error));
    draft->transcoder = transcode_open(draft->input, path, format->utf16);
    TRY(pass_mark(draft, error));
    TRY(find_line_end(draft, error));
    for (size_t i = 0; i < format->lines_skipped; i++)
        TRY(discard_line(draft, error));
    *reader = draft;
    draft = NULL;
    return RESULT_OK;
}

void reader_expect(Reader *reader, size_t field_count)
{
    reader->fields_expected = field_count;
}

/* ---- one record ---- */

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

    scan_bytes(reader->record.raw, &has_high, &has_nul);
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

/* What one record is looked for in: never more, so that its outcome does not depend on how much is read at
 * once. */
static size_t window(const Reader *reader)
{
    size_t bytes_max = reader->format.record_bytes_max + LINE_END_BYTES_MAX;

    return available(reader) < bytes_max ? available(reader) : bytes_max;
}

/* A damaged record ends with its first line; what follows is read as records again. */
static void take_damaged(Reader *reader, ReaderFault fault, int field)
{
    size_t bytes = 0, end_bytes = 0;
    const char *data = reader->buffer + reader->start;
    bool has_line = scan_line(&reader->scan, data, window(reader), &bytes, &end_bytes);

    reader->record = (ReaderRecord){.line = reader->line, .fault = fault, .fault_field = field};
    if (has_line || (reader->at_end && window(reader) == available(reader))) {
        if (!has_line)
            bytes = available(reader);
        reader->record.raw = (Text){.data = data, .length = bytes};
        reader->start += bytes + end_bytes;
        reader->line += has_line;
        return;
    }
    reader->record.fault = READER_TOO_LONG;
    reader->record.fault_field = -1;
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

static void take_whole(Reader *reader)
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

static ScanOutcome scan_window(Reader *reader)
{
    size_t bytes, end_bytes, length = window(reader);
    bool is_full = length == reader->format.record_bytes_max + LINE_END_BYTES_MAX;
    bool is_final = reader->at_end && length == available(reader);
    const char *data = reader->buffer + reader->start;
    bool is_line = reader->format.kind != READER_DELIMITED;
    ScanOutcome outcome = is_line ? scan_whole_line(&reader->scan, data, length, is_final)
                                  : scan_record(&reader->scan, data, length, is_final);

    if (outcome == SCAN_COMPLETE && reader->scan.bytes > reader->format.record_bytes_max) {
        reader->scan.fault = READER_TOO_LONG;
        reader->scan.fault_field = -1;
        outcome = SCAN_FAULT;
    } else if (outcome == SCAN_NEEDS_MORE && is_full) {
        /* With a line end in the window only a quoted field can still be open; without one it is too long. */
        reader->scan.fault = READER_UNCLOSED_QUOTE;
        reader->scan.fault_field = (int)reader->scan.field_count;
        outcome = SCAN_FAULT;
    }
    /* A damaged record ends with its first line, which may not be read yet. */
    if (outcome == SCAN_FAULT && !is_full && !is_final &&
        !scan_line(&reader->scan, data, length, &bytes, &end_bytes))
        return SCAN_NEEDS_MORE;
    return outcome;
}

/* Leaves in the scan the next record that is whole or damaged; *found false at the end. */
static Result find_record(Reader *reader, ScanOutcome *outcome, bool *found, Error *error)
{
    for (;;) {
        *found = available(reader) > 0;
        *outcome = *found ? scan_window(reader) : SCAN_NEEDS_MORE;
        if (*outcome != SCAN_NEEDS_MORE || (!*found && reader->at_end))
            return RESULT_OK;
        TRY(fill(reader, error));
    }
}

/* Passes a record that is no row. */
static void pass_record(Reader *reader)
{
    reader->start += reader->scan.bytes + reader->scan.end_bytes;
    reader->line++;
}

static Result take_header_record(Reader *reader, ScanOutcome outcome, Error *error)
{
    const ReaderMarker *marker = &reader->format.header_record;

    if (outcome != SCAN_COMPLETE || !marker_matches(marker, &reader->scan))
        return fail(error, ERROR_INPUT,
                    "%s line %" PRIu64 ": the header record that its spec declares is absent", reader->path,
                    reader->line);
    if (marker->count_from > 0 && !marker_count(marker, &reader->scan, &reader->rows_declared))
        return fail(error, ERROR_INPUT, "%s line %" PRIu64 ": the header record has no number of rows",
                    reader->path, reader->line);
    reader->has_header_record = true;
    pass_record(reader);
    return RESULT_OK;
}

static bool is_trailer(const Reader *reader)
{
    return reader->fields_expected > 0 && marker_matches(&reader->format.trailer, &reader->scan);
}

static Result take_trailer(Reader *reader, Error *error)
{
    uint64_t rows;

    if (!marker_count(&reader->format.trailer, &reader->scan, &rows))
        return fail(error, ERROR_INPUT, "%s line %" PRIu64 ": the trailer has no number of rows",
                    reader->path, reader->line);
    if (rows != reader->rows)
        return fail(error, ERROR_INPUT,
                    "%s line %" PRIu64 ": the trailer's number of rows differs from the %" PRIu64 " read",
                    reader->path, reader->line, reader->rows);
    reader->has_trailer = true;
    pass_record(reader);
    return RESULT_OK;
}

static Result at_end(const Reader *reader, Error *error)
{
    const ReaderFormat *format = &reader->format;

    if (format->trailer.name.length > 0 && reader->fields_expected > 0 && !reader->has_trailer)
        return fail(error, ERROR_INPUT, "%s: the trailer that its spec declares is absent: cut short?",
                    reader->path);
    if (format->header_record.count_from > 0 && reader->fields_expected > 0 &&
        reader->rows_declared != reader->rows)
        return fail(error, ERROR_INPUT,
                    "%s: the header record's number of rows differs from the %" PRIu64 " read", reader->path,
                    reader->rows);
    return RESULT_OK;
}

static bool is_blank(const Reader *reader)
{
    return reader->scan.field_count == 1 && reader->scan.bytes == reader->scan.fields[0].length &&
           text_trim(reader->scan.fields[0]).length == 0;
}

/* A record of several lines with a wrong number of fields may be an unclosed quote that found another row's.
 */
static void take_ragged(Reader *reader)
{
    if (reader->scan.is_multi_line)
        take_damaged(reader, READER_RAGGED, -1);
    else
        take_whole(reader);
    record_fault(reader, READER_RAGGED, -1);
}

/* The next record that is no blank line; *found false at the end. */
static Result find_filled(Reader *reader, ScanOutcome *outcome, bool *found, Error *error)
{
    for (;;) {
        reader->scratch_used = 0;
        if (reader->is_discarding)
            TRY(discard_line(reader, error));
        reader->is_discarding = false;
        TRY(find_record(reader, outcome, found, error));
        if (!*found || *outcome != SCAN_COMPLETE || !is_blank(reader))
            return RESULT_OK;
        pass_record(reader);
    }
}

/* As find_filled, of rows and the line of names: header and trailer records are checked here. */
static Result find_row(Reader *reader, ScanOutcome *outcome, bool *found, Error *error)
{
    for (;;) {
        TRY(find_filled(reader, outcome, found, error));
        if (!*found)
            return at_end(reader, error);
        reader->has_content = true;
        if (reader->has_trailer)
            return fail(error, ERROR_INPUT, "%s line %" PRIu64 ": the trailer is not the last record",
                        reader->path, reader->line);
        if (reader->format.header_record.name.length > 0 && !reader->has_header_record)
            TRY(take_header_record(reader, *outcome, error));
        else if (*outcome == SCAN_COMPLETE && is_trailer(reader))
            TRY(take_trailer(reader, error));
        else
            return RESULT_OK;
    }
}

static bool is_ragged(const Reader *reader)
{
    return reader->format.kind == READER_DELIMITED && reader->fields_expected > 0 &&
           reader->scan.field_count != reader->fields_expected;
}

/* ---- xml ---- */

/* Gives the parser the next slice, which does not depend on how much is read at once. */
static Result feed_xml(Reader *reader, XmlOutcome *outcome, Error *error)
{
    size_t passed = (size_t)(xml_records_keep_from(reader->xml) - reader->xml_at);

    reader->start += passed;
    reader->xml_at += passed;
    size_t fed = (size_t)(reader->xml_fed - reader->xml_at);
    TRY(fill_to(reader, fed + XML_SLICE_BYTES, error));
    size_t left = available(reader) - fed, length = left < XML_SLICE_BYTES ? left : XML_SLICE_BYTES;
    const Text slice = {.data = reader->buffer + reader->start + fed, .length = length};
    reader->xml_fed += length;
    reader->has_content |= length > 0;
    return xml_records_feed(reader->xml, slice, reader->at_end && length == left, outcome, error);
}

static Result next_xml(Reader *reader, const ReaderRecord **record, Error *error)
{
    XmlOutcome outcome;

    TRY(xml_records_next(reader->xml, &outcome, error));
    while (outcome == STREAM_NEEDS_MORE)
        TRY(feed_xml(reader, &outcome, error));
    if (outcome == STREAM_FINISHED)
        return RESULT_OK;
    const XmlRecord *found = xml_records_record(reader->xml);
    reader->record = (ReaderRecord){
        .line = found->line,
        .fields = found->fields,
        .field_count = reader->format.column_count,
        .fault = found->fault,
        .fault_field = found->fault_field,
    };
    assert(found->fault == READER_TOO_LONG || found->from >= reader->xml_at);
    if (found->fault != READER_TOO_LONG)
        reader->record.raw = (Text){.data = reader->buffer + reader->start + (found->from - reader->xml_at),
                                    .length = (size_t)(found->to - found->from)};
    *record = &reader->record;
    return RESULT_OK;
}

Result reader_next(Reader *reader, const ReaderRecord **record, Error *error)
{
    ScanOutcome outcome = SCAN_COMPLETE;
    bool found;

    *record = NULL;
    if (reader->format.kind == READER_XML)
        return next_xml(reader, record, error);
    TRY(find_row(reader, &outcome, &found, error));
    if (!found)
        return RESULT_OK;
    if (outcome == SCAN_FAULT)
        take_damaged(reader, reader->scan.fault, reader->scan.fault_field);
    else if (is_ragged(reader))
        take_ragged(reader);
    else
        take_whole(reader);
    reader->rows += reader->fields_expected > 0;
    *record = &reader->record;
    return RESULT_OK;
}

bool reader_is_empty(const Reader *reader)
{
    return !reader->has_content;
}

bool reader_is_renamed(const Reader *reader, size_t column)
{
    return reader->names.is_renamed[column];
}

bool reader_digest(const Reader *reader, Hash *digest)
{
    return input_digest(reader->input, digest);
}

void reader_close(Reader **reader)
{
    if (*reader == NULL)
        return;
    transcode_close(&(*reader)->transcoder);
    input_close(&(*reader)->input);
    if ((*reader)->buffer != NULL)
        secret_wipe((*reader)->buffer, (*reader)->capacity + READER_SCAN_SLACK);
    if ((*reader)->scratch != NULL)
        secret_wipe((*reader)->scratch, (*reader)->scratch_bytes);
    json_lines_close(&(*reader)->json);
    xml_records_close(&(*reader)->xml);
    memory_free((*reader)->buffer);
    memory_free((*reader)->scratch);
    memory_free(*reader);
    *reader = NULL;
}
