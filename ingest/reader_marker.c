/* Header and trailer records. */
#include <inttypes.h>

#include "ingest/reader_private.h"

/* Fixed width has the record as one field here. */
static bool matches(const ReaderMarker *marker, const Scan *scan)
{
    if (marker->name.length == 0 || scan->field_count == 0)
        return false;
    if (scan->format->kind == READER_FIXED)
        return text_starts_with(scan->fields[0], marker->name);
    return text_equal(text_trim(scan->fields[0]), marker->name);
}

/* The number of rows that the record declares; false: none stands where it should. */
static bool count(const ReaderMarker *marker, const Scan *scan, uint64_t *rows)
{
    size_t from = marker->count_from, to = marker->count_to;
    Text text = {0};
    int64_t number;

    if (scan->format->kind == READER_FIXED) {
        size_t length = scan->fields[0].length;
        if (from > length)
            return false;
        text = text_slice(scan->fields[0], from - 1, to == 0 || to > length ? length : to);
    } else if (from <= scan->field_count) {
        text = scan->fields[from - 1];
    }
    if (!text_to_int64(text_trim(text), &number) || number < 0)
        return false;
    *rows = (uint64_t)number;
    return true;
}

void reader_pass_record(Reader *reader)
{
    reader->start += reader->scan.bytes + reader->scan.end_bytes;
    reader->line++;
}

Result reader_take_header_record(Reader *reader, ScanOutcome outcome, Error *error)
{
    const ReaderMarker *marker = &reader->format.header_record;

    if (outcome != SCAN_COMPLETE || !matches(marker, &reader->scan))
        return fail(error, ERROR_INPUT,
                    "%s line %" PRIu64 ": the header record that its spec declares is absent", reader->path,
                    reader->line);
    if (marker->count_from > 0 && !count(marker, &reader->scan, &reader->rows_declared))
        return fail(error, ERROR_INPUT, "%s line %" PRIu64 ": the header record has no number of rows",
                    reader->path, reader->line);
    reader->has_header_record = true;
    reader_pass_record(reader);
    return RESULT_OK;
}

bool reader_is_trailer(const Reader *reader)
{
    return reader->fields_expected > 0 && matches(&reader->format.trailer, &reader->scan);
}

Result reader_take_trailer(Reader *reader, Error *error)
{
    uint64_t rows;

    if (!count(&reader->format.trailer, &reader->scan, &rows))
        return fail(error, ERROR_INPUT, "%s line %" PRIu64 ": the trailer has no number of rows",
                    reader->path, reader->line);
    if (rows != reader->rows)
        return fail(error, ERROR_INPUT,
                    "%s line %" PRIu64 ": the trailer's number of rows differs from the %" PRIu64 " read",
                    reader->path, reader->line, reader->rows);
    reader->has_trailer = true;
    reader_pass_record(reader);
    return RESULT_OK;
}

Result reader_check_counts(const Reader *reader, Error *error)
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
