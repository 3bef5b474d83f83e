#include "ingest/transcode.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/read_ahead.h"
#include "base/secret.h"

enum { BLOCK_BYTES = 128 << 10, MARK_BYTES = 3, POINT_BYTES_MAX = 4, UNIT_BYTES = 2 };

struct Transcoder {
    ReadAhead *ahead; /* of the input, which is its thread's from the first read on */
    const char *path;
    TranscodeFrom from; /* as declared, until the start has been looked at */
    bool is_decided, is_marked, at_end;
    unsigned char *block; /* [at, length) is read but not transcoded */
    size_t length, at;
    char left[POINT_BYTES_MAX]; /* of a character for whose end there was no room */
    size_t left_length, left_at;
};

static Result read_input(void *input, void *buffer, size_t capacity, size_t *length, Error *error)
{
    return input_read(input, buffer, capacity, length, error);
}

Transcoder *transcode_open(Input *input, const char *path, TranscodeFrom declared)
{
    Transcoder *transcoder = memory_alloc(sizeof *transcoder);

    transcoder->ahead = read_ahead_open(read_input, input);
    transcoder->path = path;
    transcoder->from = declared;
    transcoder->block = memory_alloc(BLOCK_BYTES);
    return transcoder;
}

static size_t available(const Transcoder *transcoder)
{
    return transcoder->length - transcoder->at;
}

/* Makes at least this many bytes available, or all there are. */
static Result fill_to(Transcoder *transcoder, size_t bytes, size_t capacity, Error *error)
{
    unsigned char *block = transcoder->block;
    size_t got;

    if (available(transcoder) >= bytes || transcoder->at_end)
        return RESULT_OK;
    size_t left = available(transcoder);
    memmove(block, block + transcoder->at, left);
    secret_wipe(block + left, transcoder->length - left);
    transcoder->length = left;
    transcoder->at = 0;
    while (transcoder->length < bytes && !transcoder->at_end) {
        TRY(read_ahead_next(transcoder->ahead, block + transcoder->length, capacity - transcoder->length,
                            &got, error));
        transcoder->length += got;
        transcoder->at_end = got == 0;
    }
    return RESULT_OK;
}

static bool starts_with(const Transcoder *transcoder, const char *mark, size_t length)
{
    return transcoder->length >= length && memcmp(transcoder->block, mark, length) == 0;
}

static Result decide(Transcoder *transcoder, Error *error)
{
    TRY(fill_to(transcoder, MARK_BYTES, MARK_BYTES, error));
    transcoder->is_marked = true;
    if (starts_with(transcoder, "\xff\xfe", 2))
        transcoder->from = TRANSCODE_UTF16_LE;
    else if (starts_with(transcoder, "\xfe\xff", 2))
        transcoder->from = TRANSCODE_UTF16_BE;
    else if (starts_with(transcoder, "\xef\xbb\xbf", 3))
        transcoder->from = TRANSCODE_NOTHING;
    else
        transcoder->is_marked = false;
    if (starts_with(transcoder, "\xff\xfe", 2) || starts_with(transcoder, "\xfe\xff", 2))
        transcoder->at = UNIT_BYTES;
    transcoder->is_decided = true;
    return RESULT_OK;
}

/* ---- one character ---- */

static unsigned unit_at(const Transcoder *transcoder, size_t at)
{
    unsigned first = transcoder->block[at], second = transcoder->block[at + 1];

    return transcoder->from == TRANSCODE_UTF16_LE ? second << 8 | first : first << 8 | second;
}

static bool is_high(unsigned unit)
{
    return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low(unsigned unit)
{
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

static size_t put_point(unsigned point, char *out)
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (char)(0xC0 | point >> 6);
        out[1] = (char)(0x80 | (point & 0x3F));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (char)(0xE0 | point >> 12);
        out[1] = (char)(0x80 | (point >> 6 & 0x3F));
        out[2] = (char)(0x80 | (point & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | point >> 18);
    out[1] = (char)(0x80 | (point >> 12 & 0x3F));
    out[2] = (char)(0x80 | (point >> 6 & 0x3F));
    out[3] = (char)(0x80 | (point & 0x3F));
    return 4;
}

/* RFC 2781, section 2.2. A high surrogate is followed by its low one, or stands alone. */
static size_t take_point(Transcoder *transcoder, char *out)
{
    unsigned point = unit_at(transcoder, transcoder->at);

    transcoder->at += UNIT_BYTES;
    if (is_high(point) && available(transcoder) >= UNIT_BYTES) {
        unsigned low = unit_at(transcoder, transcoder->at);
        if (is_low(low)) {
            transcoder->at += UNIT_BYTES;
            point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
        }
    }
    return put_point(point, out);
}

/* ---- many ---- */

/* Whole characters for which there is room; a pair that may go on behind the block waits. */
static size_t take_points(Transcoder *transcoder, char *buffer, size_t capacity)
{
    size_t length = 0, needed = transcoder->at_end ? UNIT_BYTES : 2 * UNIT_BYTES;

    while (available(transcoder) >= needed && length + POINT_BYTES_MAX <= capacity)
        length += take_point(transcoder, buffer + length);
    return length;
}

static size_t take_left(Transcoder *transcoder, char *buffer, size_t capacity)
{
    size_t length = transcoder->left_length - transcoder->left_at;

    length = length < capacity ? length : capacity;
    memcpy(buffer, transcoder->left + transcoder->left_at, length);
    transcoder->left_at += length;
    return length;
}

static Result read_utf16(Transcoder *transcoder, char *buffer, size_t capacity, size_t *length, Error *error)
{
    *length = take_left(transcoder, buffer, capacity);
    if (*length > 0)
        return RESULT_OK;
    TRY(fill_to(transcoder, 2 * UNIT_BYTES, BLOCK_BYTES, error));
    if (available(transcoder) == 1)
        return fail(error, ERROR_INPUT, "%s: ends in half a character of utf-16", transcoder->path);
    *length = take_points(transcoder, buffer, capacity);
    if (*length > 0 || available(transcoder) == 0)
        return RESULT_OK;
    transcoder->left_length = take_point(transcoder, transcoder->left);
    transcoder->left_at = 0;
    *length = take_left(transcoder, buffer, capacity);
    return RESULT_OK;
}

Result transcode_read(Transcoder *transcoder, void *buffer, size_t capacity, size_t *length, Error *error)
{
    assert(capacity > 0);
    *length = 0;
    if (!transcoder->is_decided)
        TRY(decide(transcoder, error));
    if (transcoder->from != TRANSCODE_NOTHING)
        return read_utf16(transcoder, buffer, capacity, length, error);
    if (available(transcoder) == 0)
        return read_ahead_next(transcoder->ahead, buffer, capacity, length, error);
    *length = available(transcoder) < capacity ? available(transcoder) : capacity;
    memcpy(buffer, transcoder->block + transcoder->at, *length);
    transcoder->at += *length;
    return RESULT_OK;
}

bool transcode_is_utf16(const Transcoder *transcoder)
{
    return transcoder->from != TRANSCODE_NOTHING;
}

bool transcode_is_marked(const Transcoder *transcoder)
{
    return transcoder->is_marked;
}

void transcode_close(Transcoder **transcoder)
{
    if (*transcoder == NULL)
        return;
    read_ahead_close(&(*transcoder)->ahead);
    secret_wipe((*transcoder)->block, BLOCK_BYTES);
    secret_wipe((*transcoder)->left, sizeof(*transcoder)->left);
    memory_free((*transcoder)->block);
    memory_free(*transcoder);
    *transcoder = NULL;
}
