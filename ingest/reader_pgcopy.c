#include "ingest/reader_pgcopy.h"

#include <inttypes.h>
#include <string.h>

enum {
    SIGNATURE_BYTES = 11,
    COUNT_BYTES = 2,
    LENGTH_BYTES = 4,
    TRAILER = -1,  /* in place of a count */
    NO_VALUE = -1, /* in place of a length: NULL */
};

static const char signature[SIGNATURE_BYTES + 1] = "PGCOPY\n\377\r\n";
static const uint32_t flags_ignored = 0xFFFF; /* others change what follows, such as oids */

static const unsigned char *at(const Reader *reader, size_t offset)
{
    return (const unsigned char *)reader->buffer + reader->start + offset;
}

static uint32_t read_u32(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static Result cut(const Reader *reader, Error *error)
{
    return fail(error, ERROR_INPUT, "%s row %" PRIu64 ": the file ends before its trailer: cut short?",
                reader->path, reader->line);
}

/* So many bytes must be there. */
static Result need(Reader *reader, size_t bytes, Error *error)
{
    if (reader_available(reader) >= bytes)
        return RESULT_OK;
    TRY(reader_fill_to(reader, bytes, error));
    return reader_available(reader) >= bytes ? RESULT_OK : cut(reader, error);
}

static Result pass_bytes(Reader *reader, uint64_t bytes, Error *error)
{
    while (bytes > 0) {
        TRY(need(reader, 1, error));
        size_t step = reader_available(reader) < bytes ? reader_available(reader) : (size_t)bytes;
        reader->start += step;
        bytes -= step;
    }
    return RESULT_OK;
}

Result reader_open_pgcopy(Reader *reader, Error *error)
{
    TRY(reader_fill_to(reader, SIGNATURE_BYTES, error));
    if (reader_available(reader) < SIGNATURE_BYTES || memcmp(at(reader, 0), signature, SIGNATURE_BYTES) != 0)
        return fail(error, ERROR_INPUT, "%s: not PostgreSQL's binary copy format", reader->path);
    reader->start += SIGNATURE_BYTES;
    TRY(need(reader, LENGTH_BYTES, error));
    if ((read_u32(at(reader, 0)) & ~flags_ignored) != 0)
        return fail(error, ERROR_INPUT, "%s: a binary copy with flags that are not known", reader->path);
    reader->start += LENGTH_BYTES;
    TRY(need(reader, LENGTH_BYTES, error));
    uint32_t extension = read_u32(at(reader, 0));
    reader->start += LENGTH_BYTES;
    reader->has_content = true;
    return pass_bytes(reader, extension, error);
}

/* ---- rows ---- */

static Result check_length(const Reader *reader, size_t field, int32_t length, Error *error)
{
    if (length >= NO_VALUE)
        return RESULT_OK;
    return fail(error, ERROR_INPUT, "%s row %" PRIu64 ", field %zu: its length is damaged", reader->path,
                reader->line, field + 1);
}

/* From the length of this field on, `offset` bytes into the row. */
static Result pass_rest(Reader *reader, size_t field, size_t offset, Error *error)
{
    reader->start += offset;
    for (; field < reader->format.column_count; field++) {
        TRY(need(reader, LENGTH_BYTES, error));
        int32_t length = (int32_t)read_u32(at(reader, 0));
        TRY(check_length(reader, field, length, error));
        TRY(pass_bytes(reader, LENGTH_BYTES + (length > 0 ? (uint64_t)length : 0), error));
    }
    return RESULT_OK;
}

/* Lengths of all fields, and that of the row; *is_long: it is passed over. */
static Result take_lengths(Reader *reader, size_t *bytes, bool *is_long, Error *error)
{
    size_t offset = COUNT_BYTES;

    for (size_t i = 0; i < reader->format.column_count; i++) {
        *is_long = offset + LENGTH_BYTES > reader->format.record_bytes_max;
        if (*is_long)
            return pass_rest(reader, i, offset, error);
        TRY(need(reader, offset + LENGTH_BYTES, error));
        int32_t length = (int32_t)read_u32(at(reader, offset));
        TRY(check_length(reader, i, length, error));
        size_t content = length > 0 ? (size_t)length : 0;
        *is_long = content > reader->format.record_bytes_max - offset - LENGTH_BYTES;
        if (*is_long)
            return pass_rest(reader, i, offset, error);
        offset += LENGTH_BYTES + content;
        TRY(need(reader, offset, error));
        reader->scan.fields[i].length = content;
    }
    *bytes = offset;
    return RESULT_OK;
}

/* The views: only now does the buffer stay where it is. */
static void take_fields(Reader *reader, size_t bytes)
{
    const char *next = (const char *)at(reader, COUNT_BYTES);
    ReaderRecord *record = &reader->record;

    record->raw = (Text){.data = (const char *)at(reader, 0), .length = bytes};
    for (size_t i = 0; i < reader->format.column_count; i++) {
        Text *field = &reader->scan.fields[i];
        field->data = next + LENGTH_BYTES;
        next = field->data + field->length;
        if (record->fault != READER_GOOD)
            continue;
        if (field->length > 0 && memchr(field->data, '\0', field->length) != NULL)
            record->fault = READER_NUL;
        else if (!text_is_utf8(*field))
            record->fault = READER_NOT_UTF8;
        if (record->fault != READER_GOOD)
            record->fault_field = (int)i;
    }
    reader->start += bytes;
}

static Result take_trailer(Reader *reader, Error *error)
{
    reader->start += COUNT_BYTES;
    TRY(reader_fill_to(reader, 1, error));
    if (reader_available(reader) > 0)
        return fail(error, ERROR_INPUT, "%s: bytes behind the trailer of the binary copy", reader->path);
    reader->has_trailer = true;
    return RESULT_OK;
}

Result reader_next_pgcopy(Reader *reader, const ReaderRecord **record, Error *error)
{
    size_t bytes = 0;
    bool is_long = false;

    if (reader->has_trailer)
        return RESULT_OK;
    TRY(need(reader, COUNT_BYTES, error));
    int count = (int16_t)(at(reader, 0)[0] << 8 | at(reader, 0)[1]);
    if (count == TRAILER)
        return take_trailer(reader, error);
    if (count < 0 || (size_t)count != reader->format.column_count)
        return fail(error, ERROR_INPUT,
                    "%s row %" PRIu64 ": another number of fields than the %zu columns of the spec",
                    reader->path, reader->line, reader->format.column_count);
    uint64_t offset = reader_offset(reader);
    TRY(take_lengths(reader, &bytes, &is_long, error));
    reader->record = (ReaderRecord){
        .line = reader->line++,
        .offset = offset,
        .length = is_long ? reader_offset(reader) - offset : bytes,
        .fields = reader->scan.fields,
        .field_count = reader->format.column_count,
        .fault = is_long ? READER_TOO_LONG : READER_GOOD,
        .fault_field = -1,
    };
    if (!is_long)
        take_fields(reader, bytes);
    reader->rows++;
    *record = &reader->record;
    return RESULT_OK;
}
