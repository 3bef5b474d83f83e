#include "ingest/reader.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/secret.h"
#include "ingest/decode.h"
#include "ingest/reader_pgcopy.h"
#include "ingest/reader_private.h"

enum { READ_BYTES = 256 << 10 };

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

Result reader_open(const char *path, const ReaderFormat *format, Reader **reader, Error *error)
{
    SCOPED(reader_close) Reader *draft = memory_alloc(sizeof *draft);
    uint64_t skipped;

    assert(format->kind != READER_DELIMITED ||
           (format->delimiter.length >= 1 && format->delimiter.length <= READER_DELIMITER_BYTES_MAX));
    assert(format->column_count <= READER_FIELDS_MAX);
    assert(format->record_bytes_max >= READER_RECORD_BYTES_MIN &&
           format->record_bytes_max <= READER_RECORD_BYTES_MAX);
    draft->path = path;
    draft->format = *format;
    if (draft->format.read_bytes_max == 0)
        draft->format.read_bytes_max = READ_BYTES;
    scan_open(&draft->scan, &draft->format, block_best());
    draft->line = 1;
    draft->capacity = format->record_bytes_max + 2 * draft->format.read_bytes_max + 4 +
                      (format->kind == READER_XML ? xml_slice_bytes(format) : 0);
    draft->buffer = memory_alloc(draft->capacity + READER_SCAN_SLACK);
    /* a field may be decoded first and unescaped then */
    draft->scratch_bytes = (format->record_bytes_max + 4) * 2 * DECODE_GROWTH_MAX;
    draft->scratch = memory_alloc(draft->scratch_bytes);
    draft->names.format = &draft->format;
    if (format->kind == READER_JSON_LINES)
        draft->json = json_lines_open(&draft->names);
    TRY(input_open(path, NULL, &draft->input, error));
    draft->transcoder = transcode_open(draft->input, path, format->utf16);
    TRY(reader_pass_mark(draft, error));
    if (format->kind == READER_XML)
        draft->xml = xml_records_open(path, &draft->names);
    if (format->kind == READER_POSTGRES_BINARY)
        TRY(reader_open_pgcopy(draft, error));
    else
        TRY(reader_find_line_end(draft, error));
    for (size_t i = 0; i < format->lines_skipped; i++)
        TRY(reader_discard_line(draft, &skipped, error));
    *reader = draft;
    draft = NULL;
    return RESULT_OK;
}

void reader_expect(Reader *reader, size_t field_count)
{
    reader->fields_expected = field_count;
}

static ScanOutcome scan_window(Reader *reader)
{
    size_t bytes, end_bytes, length = reader_window(reader);
    bool is_full = length == reader->format.record_bytes_max + READER_LINE_END_BYTES_MAX;
    bool is_final = reader->at_end && length == reader_available(reader);
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
        reader->scan.fault_field = is_line ? -1 : (int)reader->scan.field_count;
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
        *found = reader_available(reader) > 0;
        *outcome = *found ? scan_window(reader) : SCAN_NEEDS_MORE;
        if (*outcome != SCAN_NEEDS_MORE || (!*found && reader->at_end))
            return RESULT_OK;
        TRY(reader_fill(reader, error));
    }
}

static bool is_blank(const Reader *reader)
{
    return reader->scan.field_count == 1 && reader->scan.bytes == reader->scan.fields[0].length &&
           text_trim(reader->scan.fields[0]).length == 0;
}

/* The next record that is no blank line; *found false at the end. */
static Result find_filled(Reader *reader, ScanOutcome *outcome, bool *found, Error *error)
{
    for (;;) {
        reader->scratch_used = 0;
        TRY(find_record(reader, outcome, found, error));
        if (!*found || *outcome != SCAN_COMPLETE || !is_blank(reader))
            return RESULT_OK;
        reader_pass_record(reader);
    }
}

/* As find_filled, of rows and the line of names: header and trailer records are checked here. */
static Result find_row(Reader *reader, ScanOutcome *outcome, bool *found, Error *error)
{
    for (;;) {
        TRY(find_filled(reader, outcome, found, error));
        if (!*found)
            return reader_check_counts(reader, error);
        reader->has_content = true;
        if (reader->has_trailer)
            return fail(error, ERROR_INPUT, "%s line %" PRIu64 ": the trailer is not the last record",
                        reader->path, reader->line);
        if (reader->format.header_record.name.length > 0 && !reader->has_header_record)
            TRY(reader_take_header_record(reader, *outcome, error));
        else if (*outcome == SCAN_COMPLETE && reader_is_trailer(reader))
            TRY(reader_take_trailer(reader, error));
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
    size_t slice_bytes = xml_slice_bytes(&reader->format);
    size_t passed = (size_t)(xml_records_keep_from(reader->xml) - reader->xml_at);

    reader->start += passed;
    reader->xml_at += passed;
    size_t fed = (size_t)(reader->xml_fed - reader->xml_at);
    TRY(reader_fill_to(reader, fed + slice_bytes, error));
    size_t left = reader_available(reader) - fed, length = left < slice_bytes ? left : slice_bytes;
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
        .offset = reader_offset(reader) + (found->from - reader->xml_at),
        .length = found->to - found->from,
    };
    assert(found->fault == READER_TOO_LONG || found->from >= reader->xml_at);
    if (found->fault != READER_TOO_LONG)
        reader->record.raw = (Text){.data = reader->buffer + reader->start + (found->from - reader->xml_at),
                                    .length = (size_t)(found->to - found->from)};
    *record = &reader->record;
    return RESULT_OK;
}

/* What is too long to hold is passed over at once, so that its length is known. */
static Result place(Reader *reader, uint64_t offset, Error *error)
{
    reader->record.offset = offset;
    reader->record.length = reader->record.raw.length;
    if (reader->is_discarding)
        TRY(reader_discard_line(reader, &reader->record.length, error));
    reader->is_discarding = false;
    return RESULT_OK;
}

Result reader_next(Reader *reader, const ReaderRecord **record, Error *error)
{
    ScanOutcome outcome = SCAN_COMPLETE;
    bool found;

    *record = NULL;
    if (reader->format.kind == READER_XML)
        return next_xml(reader, record, error);
    if (reader->format.kind == READER_POSTGRES_BINARY)
        return reader_next_pgcopy(reader, record, error);
    TRY(find_row(reader, &outcome, &found, error));
    if (!found)
        return RESULT_OK;
    uint64_t offset = reader_offset(reader);
    if (outcome == SCAN_FAULT)
        reader_take_damaged(reader, reader->scan.fault, reader->scan.fault_field);
    else if (is_ragged(reader))
        reader_take_ragged(reader);
    else
        reader_take_whole(reader);
    TRY(place(reader, offset, error));
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

bool reader_is_unchecked(const Reader *reader)
{
    return input_is_unchecked(reader->input);
}

bool reader_ends_open(const Reader *reader)
{
    /* a shorter value is a good one, but a fixed width or a brace that is missing shows */
    bool may_be_cut = reader->format.kind == READER_DELIMITED || reader->record.fault != READER_GOOD;
    bool has_lines = reader->format.kind != READER_XML && reader->format.kind != READER_POSTGRES_BINARY;

    return has_lines && may_be_cut && !reader->has_trailer && reader->has_content &&
           reader->last_byte != '\n' && reader->last_byte != '\r';
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
