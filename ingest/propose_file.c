/* How a sample is laid out. Each layout that may be is read with the reader itself: the one under which most
 * records have as many fields wins. */
#include <string.h>

#include "base/input.h"
#include "ingest/propose.h"

enum { SNIFF_BYTES = 64 << 10, SNIFF_READ_BYTES = 8 << 10, SNIFF_RECORDS = 200, SNIFF_SKIPPED_MAX = 20 };

typedef struct Layout {
    ReaderFormat format;
    int64_t records, alike;
    size_t fields;
    uint64_t first_line; /* of the first record with so many fields */
} Layout;

/* ---- encoding ---- */

static TranscodeFrom guess_utf16(const char *bytes, size_t length)
{
    size_t nul[2] = {0};

    for (size_t i = 0; i < length; i++)
        nul[i & 1] += bytes[i] == '\0';
    if (nul[1] * 4 > length && nul[0] * 8 < length)
        return TRANSCODE_UTF16_LE;
    return nul[0] * 4 > length && nul[1] * 8 < length ? TRANSCODE_UTF16_BE : TRANSCODE_NOTHING;
}

/* A mark at its start decides whatever is declared, but the spec says what the file is. */
static TranscodeFrom marked_utf16(const char *bytes, size_t length)
{
    if (length >= 2 && memcmp(bytes, "\xff\xfe", 2) == 0)
        return TRANSCODE_UTF16_LE;
    if (length >= 2 && memcmp(bytes, "\xfe\xff", 2) == 0)
        return TRANSCODE_UTF16_BE;
    return guess_utf16(bytes, length);
}

static Result read_start(const Propose *propose, char *bytes, size_t *length, Error *error)
{
    SCOPED(input_close) Input *input = NULL;
    size_t got;

    *length = 0;
    TRY(input_open(propose->path, NULL, &input, error));
    do {
        TRY(input_read(input, bytes + *length, SNIFF_BYTES - *length, &got, error));
        *length += got;
    } while (got > 0 && *length < SNIFF_BYTES);
    return RESULT_OK;
}

static Result guess_encoding(Propose *propose, Error *error)
{
    char *bytes = arena_alloc(propose->arena, SNIFF_BYTES);
    size_t length, at = 0;

    TRY(read_start(propose, bytes, &length, error));
    propose->format.utf16 = marked_utf16(bytes, length);
    if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        at = 3;
    while (at < length && strchr(" \t\r\n", bytes[at]) != NULL && bytes[at] != '\0')
        at++;
    if (at < length && strchr("{[<", bytes[at]) != NULL && bytes[at] != '\0')
        return fail(error, ERROR_INPUT, "%s: not delimited text: write the spec of JSON lines or XML by hand",
                    propose->path);
    return RESULT_OK;
}

/* ---- delimiter and quote ---- */

static void count_fields(Layout *layout, const size_t *counts, const uint64_t *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t alike = 0;
        for (size_t j = 0; j < count; j++)
            alike += counts[j] == counts[i] && counts[i] > 0;
        if (alike <= layout->alike)
            continue;
        layout->alike = alike;
        layout->fields = counts[i];
        layout->first_line = lines[i];
    }
    layout->records = (int64_t)count;
}

static Result try_layout(const Propose *propose, Layout *layout, Error *error)
{
    SCOPED(reader_close) Reader *reader = NULL;
    const ReaderRecord *record;
    size_t counts[SNIFF_RECORDS], count = 0;
    uint64_t lines[SNIFF_RECORDS];

    TRY(reader_open(propose->path, &layout->format, &reader, error));
    while (count < SNIFF_RECORDS) {
        TRY(reader_next(reader, &record, error));
        if (record == NULL)
            break;
        bool is_whole = record->fault == READER_GOOD || record->fault == READER_NOT_UTF8;
        counts[count] = is_whole ? record->field_count : 0;
        lines[count++] = record->line;
    }
    count_fields(layout, counts, lines, count);
    return RESULT_OK;
}

/* Most records alike, and then most fields; one field is what any text has. A long delimiter outweighs its
 * bytes, of which each would be one too. */
static double score(const Layout *layout)
{
    if (layout->records == 0 || layout->fields < 2)
        return 0;
    double share = (double)layout->alike / (double)layout->records;
    return share * share * (double)(layout->fields * layout->format.delimiter.length);
}

Result propose_format(Propose *propose, Error *error)
{
    static const char *const delimiters[] = {",", "|", "\t", ";", "~", "^", "~|~"};
    static const char quotes[] = {'"', 0, '\''};
    Layout best = {0};

    propose->format = (ReaderFormat){.record_bytes_max = 64 << 10, .quote = '"', .delimiter = TEXT(",")};
    TRY(guess_encoding(propose, error));
    for (size_t i = 0; i < sizeof delimiters / sizeof *delimiters; i++)
        for (size_t j = 0; j < sizeof quotes; j++) {
            Layout layout = {.format = propose->format};
            layout.format.delimiter = text_from(delimiters[i]);
            layout.format.quote = quotes[j];
            layout.format.read_bytes_max = SNIFF_READ_BYTES;
            TRY(try_layout(propose, &layout, error));
            if (score(&layout) > score(&best))
                best = layout;
        }
    if (best.fields == 0)
        return RESULT_OK;
    propose->format = best.format;
    propose->format.read_bytes_max = 0;
    propose->sniffed_records = best.records;
    propose->sniffed_alike = best.alike;
    if (best.first_line > 1 && best.first_line <= SNIFF_SKIPPED_MAX)
        propose->format.lines_skipped = (size_t)best.first_line - 1;
    return RESULT_OK;
}
