#include "pseudonymise/share_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/text.h"
#include "pseudonymise/key_file.h"
#include "pseudonymise/shamir.h"

enum {
    LINE_POINTS = 32,
    FILE_BYTES_MAX = 2 * SHARE_POINTS_MAX + SHARE_POINTS_MAX / LINE_POINTS + 512,
    LINE_BYTES = 80,
};

static const char format_line[] = "cinque key share 1";

void share_close(Share *share)
{
    secret_close(&share->points);
}

/* ---- hex without a branch on what it writes or reads ---- */

static char hex_digit(unsigned nibble)
{
    return (char)('0' + nibble + (((9U - nibble) >> 8) & ('a' - '0' - 10U)));
}

static void hex_add(const uint8_t *bytes, size_t count, char *out)
{
    for (size_t i = 0; i < count; i++) {
        out[2 * i] = hex_digit(bytes[i] >> 4);
        out[2 * i + 1] = hex_digit(bytes[i] & 15U);
    }
}

/* *valid becomes 0 when c is no digit of ours. */
static unsigned hex_value(char c, unsigned *valid)
{
    unsigned digit = ((unsigned char)c - (unsigned)'0') & 255U;
    unsigned letter = ((unsigned char)c - (unsigned)'a') & 255U;
    unsigned is_digit = ((digit - 10U) >> 8) & 15U, is_letter = ((letter - 6U) >> 8) & 15U;

    *valid &= is_digit | is_letter;
    return (digit & is_digit) | ((letter + 10U) & is_letter);
}

static bool hex_read(Text text, uint8_t *bytes, size_t count)
{
    unsigned valid = 15;

    if (text.length != 2 * count)
        return false;
    for (size_t i = 0; i < count; i++) {
        unsigned high = hex_value(text.data[2 * i], &valid), low = hex_value(text.data[2 * i + 1], &valid);
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return valid == 15;
}

/* ---- writing ---- */

static size_t format(const Share *share, char *out)
{
    char ceremony[2 * SHARE_CEREMONY_BYTES];
    size_t count = secret_length(share->points);

    hex_add(share->ceremony, SHARE_CEREMONY_BYTES, ceremony);
    size_t length = (size_t)snprintf(
        out, FILE_BYTES_MAX, "%s\nceremony %.*s\nshare %d of %d, any %d restore\nbytes %zu\n", format_line,
        (int)sizeof ceremony, ceremony, share->index, SHAMIR_SHARES, SHAMIR_NEEDED, count);
    for (size_t from = 0; from < count; from += LINE_POINTS) {
        size_t line = count - from < LINE_POINTS ? count - from : LINE_POINTS;
        hex_add(secret_bytes(share->points) + from, line, out + length);
        length += 2 * line;
        out[length++] = '\n';
    }
    Hash check = hash_of(out, length);
    char hex[HASH_TEXT_BYTES];
    return length +
           (size_t)snprintf(out + length, FILE_BYTES_MAX - length, "check %s\n", hash_format(&check, hex));
}

Result share_write(const char *path, const Share *share, Error *error)
{
    SCOPED(secret_close) Secret *text = NULL;

    if (secret_length(share->points) > SHARE_POINTS_MAX)
        return fail(error, ERROR_LIMIT, "key share: more than %d bytes", SHARE_POINTS_MAX);
    TRY(secret_create(FILE_BYTES_MAX, &text, error));
    size_t length = format(share, (char *)secret_bytes(text));
    return key_file_write_new(path, secret_bytes(text), length, error);
}

/* ---- reading ---- */

static Result no_share(const char *path, Error *error)
{
    return fail(error, ERROR_INPUT, "%s: not a key share of a known version", path);
}

static Result read_text(const char *path, Secret **content, Error *error)
{
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat status;

    if (file < 0)
        return fail_errno(error, "%s: share cannot be opened", path);
    Result result;
    if (fstat(file, &status) != 0)
        result = fail_errno(error, "%s: share cannot be examined", path);
    else if (!S_ISREG(status.st_mode) || status.st_size == 0 || status.st_size > FILE_BYTES_MAX)
        result = no_share(path, error);
    else
        result = secret_create((size_t)status.st_size, content, error);
    if (result.ok && pread(file, secret_bytes(*content), (size_t)status.st_size, 0) != status.st_size)
        result = fail_errno(error, "%s: share cannot be read", path);
    (void)close(file);
    return result;
}

/* The last line, which is taken off *text. */
static bool checksum_holds(Text *text)
{
    static const Text mark = TEXT("check ");
    size_t line = mark.length + HASH_TEXT_BYTES; /* its line end in the place of the terminator */
    Hash expected;

    if (text->length < line)
        return false;
    Text last = text_slice(*text, text->length - line, text->length);
    *text = text_slice(*text, 0, text->length - line);
    if (!text_starts_with(last, mark) || last.data[line - 1] != '\n' ||
        !hash_parse(text_slice(last, mark.length, line - 1), &expected))
        return false;
    Hash held = hash_of(text->data, text->length);
    return secret_equal(held.bytes, expected.bytes, HASH_BYTES);
}

static bool parse_index(Text line, int *index)
{
    char expected[LINE_BYTES];

    for (*index = 1; *index <= SHAMIR_SHARES; ++*index) {
        (void)snprintf(expected, sizeof expected, "share %d of %d, any %d restore", *index, SHAMIR_SHARES,
                       SHAMIR_NEEDED);
        if (text_equal(line, text_from(expected)))
            return true;
    }
    return false;
}

static bool parse_points(Text rest, Secret *points)
{
    size_t count = secret_length(points);

    for (size_t from = 0; from < count; from += LINE_POINTS) {
        size_t line = count - from < LINE_POINTS ? count - from : LINE_POINTS;
        if (!hex_read(text_next(&rest, '\n'), secret_bytes(points) + from, line))
            return false;
    }
    return rest.length == 0;
}

/* What stands before the points; *rest is what stands behind it. */
static bool parse_head(Text *rest, Share *share, int64_t *count)
{
    static const Text ceremony_mark = TEXT("ceremony "), bytes_mark = TEXT("bytes ");

    if (!text_equal(text_next(rest, '\n'), text_from(format_line)))
        return false;
    Text ceremony = text_next(rest, '\n');
    if (!text_starts_with(ceremony, ceremony_mark) ||
        !hex_read(text_slice(ceremony, ceremony_mark.length, ceremony.length), share->ceremony,
                  SHARE_CEREMONY_BYTES) ||
        !parse_index(text_next(rest, '\n'), &share->index))
        return false;
    Text bytes = text_next(rest, '\n');
    return text_starts_with(bytes, bytes_mark) &&
           text_to_int64(text_slice(bytes, bytes_mark.length, bytes.length), count) && *count > 0 &&
           *count <= SHARE_POINTS_MAX;
}

Result share_read(const char *path, Share *share, Error *error)
{
    SCOPED(secret_close) Secret *content = NULL;
    int64_t count;

    TRY(read_text(path, &content, error));
    Text text = {.data = (const char *)secret_bytes(content), .length = secret_length(content)};
    Text first = text;
    if (!text_equal(text_next(&first, '\n'), text_from(format_line)))
        return no_share(path, error);
    if (!checksum_holds(&text))
        return fail(error, ERROR_INPUT, "%s: damaged, its checksum differs", path);
    if (!parse_head(&text, share, &count))
        return no_share(path, error);
    TRY(secret_create((size_t)count, &share->points, error));
    return parse_points(text, share->points) ? RESULT_OK : no_share(path, error);
}
