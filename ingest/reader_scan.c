#include "ingest/reader_scan.h"

#include <string.h>

/*
 * The first delimiter, LF or CR at or behind a place. There is always one: the caller puts LF into the slack.
 * The block looked at last is kept for the next field, which mostly ends in it too.
 */
static inline const char *find_end(Scan *scan, const char *at)
{
    size_t passed = (size_t)(at - scan->block);

    if (scan->block == NULL || passed >= BLOCK_BYTES) {
        scan->block = at;
        scan->ends = scan->methods->ends(at, scan->format->delimiter.data[0]);
        passed = 0;
    }
    uint64_t ends = scan->ends >> passed;
    while (ends == 0) {
        at = scan->block += BLOCK_BYTES;
        ends = scan->ends = scan->methods->ends(at, scan->format->delimiter.data[0]);
    }
    return at + __builtin_ctzll(ends);
}

void scan_open(Scan *scan, const ReaderFormat *format, const BlockMethods *methods)
{
    *scan = (Scan){.format = format, .methods = methods};
}

bool scan_line(const Scan *scan, const char *data, size_t length, size_t *bytes, size_t *end_bytes)
{
    const char *end = memchr(data, scan->return_ends_line ? '\r' : '\n', length);

    if (end == NULL)
        return false;
    *bytes = (size_t)(end - data);
    *end_bytes = 1;
    if (!scan->return_ends_line && *bytes > 0 && end[-1] == '\r') {
        *bytes -= 1;
        *end_bytes = 2;
    }
    return true;
}

uint64_t scan_count_lines(const Scan *scan, Text text)
{
    uint64_t lines = 0;

    for (size_t i = 0; i < text.length; i++)
        lines += text.data[i] == (scan->return_ends_line ? '\r' : '\n');
    return lines;
}

typedef enum FieldEnd { ENDS_FIELD, ENDS_RECORD, ENDS_DATA, ENDS_NOTHING } FieldEnd;

/* What stands at this place? *bytes: how long it is. ENDS_DATA: more must be read to tell. */
static inline FieldEnd end_at(const Scan *scan, const char *at, const char *end, bool is_final, size_t *bytes)
{
    Text delimiter = scan->format->delimiter;
    size_t left = (size_t)(end - at);

    *bytes = 0;
    if (left == 0)
        return is_final ? ENDS_RECORD : ENDS_DATA;
    *bytes = 1;
    if (*at == '\n' || (*at == '\r' && scan->return_ends_line))
        return ENDS_RECORD;
    if (*at == '\r' && left == 1)
        return is_final ? ENDS_RECORD : ENDS_DATA;
    if (*at == '\r' && at[1] == '\n') {
        *bytes = 2;
        return ENDS_RECORD;
    }
    if (*at != delimiter.data[0])
        return ENDS_NOTHING;
    *bytes = delimiter.length;
    if (delimiter.length == 1)
        return ENDS_FIELD;
    if (left < delimiter.length && !is_final)
        return ENDS_DATA;
    return left >= delimiter.length && memcmp(at, delimiter.data, delimiter.length) == 0 ? ENDS_FIELD
                                                                                         : ENDS_NOTHING;
}

static ScanOutcome fault(Scan *scan, ReaderFault reason)
{
    scan->fault = reason;
    scan->fault_field = (int)scan->field_count;
    return SCAN_FAULT;
}

/* From behind the opening quote to the closing one. *at: behind it. */
static ScanOutcome scan_quoted(Scan *scan, const char **at, const char *end, bool is_final)
{
    const char quote = scan->format->quote, *from = *at, *close;
    bool has_escape = false;

    for (const char *look = from;; look = close + 2) {
        close = look < end ? memchr(look, quote, (size_t)(end - look)) : NULL;
        if (close == NULL)
            return is_final ? fault(scan, READER_UNCLOSED_QUOTE) : SCAN_NEEDS_MORE;
        if (close + 1 == end && !is_final)
            return SCAN_NEEDS_MORE;
        if (close + 1 == end || close[1] != quote)
            break;
        has_escape = true;
    }
    scan->fields[scan->field_count] = (Text){.data = from, .length = (size_t)(close - from)};
    scan->has_escape[scan->field_count] = has_escape;
    scan->has_escapes |= has_escape;
    scan->is_multi_line |= memchr(from, scan->return_ends_line ? '\r' : '\n', (size_t)(close - from)) != NULL;
    *at = close + 1;
    return SCAN_COMPLETE;
}

/* A quote inside an unquoted field is itself. *at: on what ends the field, which *found and *bytes tell. */
static ScanOutcome scan_unquoted(Scan *scan, const char **at, const char *end, bool is_final, FieldEnd *found,
                                 size_t *bytes)
{
    const Text delimiter = scan->format->delimiter;
    const char *from = *at, *look = from;

    for (;; look++) {
        look = find_end(scan, look);
        if (look < end && *look == delimiter.data[0] && delimiter.length == 1) {
            *found = ENDS_FIELD;
            *bytes = 1;
            break;
        }
        if (look > end)
            look = end;
        *found = end_at(scan, look, end, is_final, bytes);
        if (*found == ENDS_DATA)
            return SCAN_NEEDS_MORE;
        if (*found != ENDS_NOTHING)
            break;
        if (*look == '\r')
            return fault(scan, READER_STRAY_RETURN);
    }
    scan->fields[scan->field_count] = (Text){.data = from, .length = (size_t)(look - from)};
    scan->has_escape[scan->field_count] = false;
    *at = look;
    return SCAN_COMPLETE;
}

static ScanOutcome scan_field(Scan *scan, const char **at, const char *end, bool is_final, FieldEnd *found,
                              size_t *bytes)
{
    if (*at == end || scan->format->quote == 0 || **at != scan->format->quote)
        return scan_unquoted(scan, at, end, is_final, found, bytes);
    *at += 1;
    ScanOutcome outcome = scan_quoted(scan, at, end, is_final);
    if (outcome != SCAN_COMPLETE)
        return outcome;
    *found = end_at(scan, *at, end, is_final, bytes);
    if (*found == ENDS_NOTHING)
        return fault(scan, READER_TEXT_AFTER_QUOTE);
    return *found == ENDS_DATA ? SCAN_NEEDS_MORE : SCAN_COMPLETE;
}

/* Fields without quotes that a delimiter of one byte ends, which most are, straight from the ends of their
 * blocks. Returns where the first other one begins. */
static const char *scan_plain(Scan *scan, const char *from, const char *end)
{
    const char delimiter = scan->format->delimiter.data[0], quote = scan->format->quote;
    const char *look = from < end ? find_end(scan, from) : end, *block = scan->block;
    size_t count = scan->field_count;

    if (look >= end)
        return from;
    uint64_t ends = scan->ends >> (look - block) << (look - block);
    while (look < end && *look == delimiter && (quote == 0 || *from != quote) && count < READER_FIELDS_MAX) {
        scan->fields[count] = (Text){.data = from, .length = (size_t)(look - from)};
        scan->has_escape[count++] = false;
        from = look + 1;
        ends &= ends - 1;
        while (ends == 0 && block + BLOCK_BYTES < end) {
            block += BLOCK_BYTES;
            ends = scan->methods->ends(block, delimiter);
        }
        look = ends != 0 ? block + __builtin_ctzll(ends) : end;
    }
    scan->block = ends != 0 ? block : NULL;
    scan->ends = ends;
    scan->field_count = count;
    return from;
}

ScanOutcome scan_record(Scan *scan, const char *data, size_t length, bool is_final)
{
    const char *at = data, *end = data + length;
    FieldEnd found = ENDS_NOTHING;
    size_t bytes = 0;

    scan->field_count = 0;
    scan->is_multi_line = scan->has_escapes = false;
    scan->fault = READER_GOOD;
    scan->fault_field = -1;
    scan->block = NULL; /* the bytes may be others now */
    while (found != ENDS_RECORD) {
        if (scan->format->delimiter.length == 1)
            at = scan_plain(scan, at, end);
        if (scan->field_count == READER_FIELDS_MAX)
            return fault(scan, READER_TOO_MANY_FIELDS);
        ScanOutcome outcome = scan_field(scan, &at, end, is_final, &found, &bytes);
        if (outcome != SCAN_COMPLETE)
            return outcome;
        scan->field_count++;
        at += found == ENDS_FIELD ? bytes : 0;
    }
    scan->bytes = (size_t)(at - data);
    scan->end_bytes = bytes;
    return SCAN_COMPLETE;
}

ScanOutcome scan_whole_line(Scan *scan, const char *data, size_t length, bool is_final)
{
    scan->field_count = 0;
    scan->is_multi_line = scan->has_escapes = false;
    scan->fault = READER_GOOD;
    scan->fault_field = -1;
    if (!scan_line(scan, data, length, &scan->bytes, &scan->end_bytes)) {
        if (!is_final)
            return SCAN_NEEDS_MORE;
        scan->end_bytes = length > 0 && data[length - 1] == '\r';
        scan->bytes = length - scan->end_bytes;
    }
    scan->fields[0] = (Text){.data = data, .length = scan->bytes};
    scan->has_escape[0] = false;
    scan->field_count = 1;
    return SCAN_COMPLETE;
}

ReaderFault scan_fixed(Scan *scan)
{
    const ReaderFormat *format = scan->format;
    const Text line = scan->fields[0];
    size_t at = 0;

    if (memchr(line.data, '\r', line.length) != NULL)
        return READER_STRAY_RETURN;
    for (size_t i = 0; i < format->column_count; i++) {
        size_t width = format->columns[i].width;
        if (line.length - at < width)
            return READER_SHORT_RECORD;
        scan->fields[i] = (Text){.data = line.data + at, .length = width};
        at += width;
    }
    scan->field_count = format->column_count;
    return at < line.length ? READER_LONG_RECORD : READER_GOOD;
}
