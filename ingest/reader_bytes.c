/* What is read and not used up. */
#include <assert.h>
#include <string.h>

#include "base/secret.h"
#include "ingest/reader_private.h"

/* Moves what is left to the front and reads behind it. What is used up is wiped here, so that identifiers of
 * rows gone by are not left behind it. */
Result reader_fill(Reader *reader, Error *error)
{
    size_t left = reader_available(reader), length = 0;

    memmove(reader->buffer, reader->buffer + reader->start, left);
    secret_wipe(reader->buffer + left, reader->end - left);
    secret_wipe(reader->scratch, reader->scratch_high);
    reader->scratch_high = 0;
    reader->dropped += reader->start;
    reader->start = 0;
    reader->end = left;
    assert(reader->capacity - left >= reader->format.read_bytes_max);
    TRY(transcode_read(reader->transcoder, reader->buffer + left, reader->format.read_bytes_max, &length,
                       error));
    reader->end += length;
    reader->at_end = length == 0;
    if (length > 0)
        reader->last_byte = reader->buffer[reader->end - 1];
    reader->buffer[reader->end] = '\n'; /* stops the scan of an unquoted field */
    return RESULT_OK;
}

Result reader_fill_to(Reader *reader, size_t bytes, Error *error)
{
    while (reader_available(reader) < bytes && !reader->at_end)
        TRY(reader_fill(reader, error));
    return RESULT_OK;
}

static bool starts_with(const Reader *reader, const char *bytes, size_t length)
{
    return reader_available(reader) >= length && memcmp(reader->buffer + reader->start, bytes, length) == 0;
}

Result reader_pass_mark(Reader *reader, Error *error)
{
    TRY(reader_fill_to(reader, 3, error));
    if (starts_with(reader, "\xef\xbb\xbf", 3))
        reader->start += 3;
    if (reader->format.kind == READER_FIXED && transcode_is_utf16(reader->transcoder))
        return fail(error, ERROR_INPUT, "%s: utf-16, and fixed width is cut by bytes", reader->path);
    if (transcode_is_marked(reader->transcoder))
        reader->format.is_windows_1252 = false;
    return RESULT_OK;
}

Result reader_find_line_end(Reader *reader, Error *error)
{
    for (size_t i = 0; i < reader->format.record_bytes_max; i++) {
        TRY(reader_fill_to(reader, i + 2, error));
        if (i >= reader_available(reader))
            break;
        const char *at = reader->buffer + reader->start + i;
        if (*at == '\n')
            break;
        if (*at == '\r') {
            reader->scan.return_ends_line = i + 1 < reader_available(reader) && at[1] != '\n';
            break;
        }
    }
    return RESULT_OK;
}

/* A return may be half of the line end: it waits for what follows. */
static bool may_end_line(const Reader *reader)
{
    return !reader->at_end && reader_available(reader) > 0 && reader->buffer[reader->end - 1] == '\r';
}

Result reader_discard_line(Reader *reader, uint64_t *length, Error *error)
{
    uint64_t from = reader_offset(reader);
    size_t bytes, end_bytes;

    while (!scan_line(&reader->scan, reader->buffer + reader->start, reader_available(reader), &bytes,
                      &end_bytes)) {
        reader->start = reader->end - may_end_line(reader);
        *length = reader_offset(reader) - from;
        if (reader->at_end)
            return RESULT_OK;
        TRY(reader_fill(reader, error));
    }
    reader->start += bytes;
    *length = reader_offset(reader) - from;
    reader->start += end_bytes;
    reader->line++;
    return RESULT_OK;
}
