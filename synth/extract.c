#include "synth/extract.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

enum { BUFFER_BYTES = 1 << 17, INTEGER_DIGITS_MAX = 20 };

static void flush(Extract *extract)
{
    size_t done = 0;

    while (done < extract->used && extract->failed == 0) {
        ssize_t wrote = write(extract->descriptor, extract->buffer + done, extract->used - done);
        if (wrote >= 0)
            done += (size_t)wrote;
        else if (errno != EINTR)
            extract->failed = errno;
    }
    extract->used = 0;
}

static void put(Extract *extract, const char *data, size_t length)
{
    if (extract->used + length > BUFFER_BYTES)
        flush(extract);
    memcpy(extract->buffer + extract->used, data, length);
    extract->used += length;
    extract->bytes += (int64_t)length;
}

/* The folders of a path, one after another; one that is there already is fine. */
static Result make_folders(char *path, Error *error)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int made = mkdir(path, 0777);
        if (made != 0 && errno != EEXIST)
            return fail_errno(error, "%s", path);
        *slash = '/';
    }
    return RESULT_OK;
}

Result extract_open(const char *folder, const char *path, const Layout *layout, Extract *extract,
                    Error *error)
{
    *extract = (Extract){.layout = layout, .descriptor = -1};
    int length = snprintf(extract->full_path, sizeof extract->full_path, "%s/%s", folder, path);
    if (length < 0 || (size_t)length >= sizeof extract->full_path)
        return fail(error, ERROR_CONFIG, "output folder: path too long");
    (void)snprintf(extract->path, sizeof extract->path, "%s", path);
    TRY(make_folders(extract->full_path, error));
    extract->descriptor = open(extract->full_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (extract->descriptor < 0)
        return fail_errno(error, "%s", extract->full_path);
    extract->buffer = memory_alloc(BUFFER_BYTES);

    for (size_t i = 0; i < layout->column_count; i++)
        extract_text(extract, layout->columns[i]);
    (void)extract_write_row(extract, ROW_WHOLE);
    extract_new_row(extract);
    extract->rows = 0;
    return RESULT_OK;
}

static char *next_field(Extract *extract, size_t bytes_max)
{
    (void)bytes_max; /* bounded by our own lists of names and codes */
    assert(extract->fields < LAYOUT_COLUMNS_MAX && extract->row_length + bytes_max < EXTRACT_ROW_BYTES);
    extract->starts[extract->fields++] = (uint16_t)extract->row_length;
    return extract->row + extract->row_length;
}

/* Windows-1252 agrees with Latin-1 above 0x9F; three of our letters and one quotation mark lie below. */
static char windows_1252(uint32_t point)
{
    switch (point) {
    case 0x0160:
        return '\x8a';
    case 0x0161:
        return '\x9a';
    case 0x017d:
        return '\x8e';
    case 0x017e:
        return '\x9e';
    case 0x2019:
        return '\x92';
    default:
        assert(point >= 0xa0 && point <= 0xff);
        return (char)point;
    }
}

static size_t add_windows_1252(char *out, const char *text)
{
    size_t length = 0;

    for (const unsigned char *at = (const unsigned char *)text; *at != '\0';) {
        if (*at < 0x80) {
            out[length++] = (char)*at++;
        } else if (*at < 0xe0) {
            out[length++] = windows_1252((at[0] & 0x1fU) << 6 | (at[1] & 0x3fU));
            at += 2;
        } else {
            out[length++] = windows_1252((at[0] & 0x0fU) << 12 | (at[1] & 0x3fU) << 6 | (at[2] & 0x3fU));
            at += 3;
        }
    }
    return length;
}

/* RFC 4180 section 2: fields with a delimiter or quotation mark are quoted, quotation marks doubled. */
static size_t add_quoted(char *out, const char *text)
{
    size_t length = 0;

    out[length++] = '"';
    for (; *text != '\0'; text++) {
        if (*text == '"')
            out[length++] = '"';
        out[length++] = *text;
    }
    out[length++] = '"';
    return length;
}

void extract_text(Extract *extract, const char *text)
{
    Text view = text_from(text);
    char *out = next_field(extract, 2 * view.length + 2);

    if (extract->layout->is_windows_1252) {
        extract->row_length += add_windows_1252(out, view.data);
    } else if (view.length > 0 && strpbrk(text, ",\"") != NULL) {
        extract->row_length += add_quoted(out, view.data);
    } else {
        memcpy(out, view.data, view.length);
        extract->row_length += view.length;
    }
}

static size_t add_integer(char *out, int64_t value)
{
    char digits[INTEGER_DIGITS_MAX];
    size_t count = 0, length = 0;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    do {
        digits[count++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0)
        out[length++] = '-';
    while (count > 0)
        out[length++] = digits[--count];
    return length;
}

void extract_integer(Extract *extract, int64_t value)
{
    char *out = next_field(extract, INTEGER_DIGITS_MAX + 1);
    extract->row_length += add_integer(out, value);
}

void extract_pence(Extract *extract, int64_t pence)
{
    assert(pence >= 0);
    char *out = next_field(extract, INTEGER_DIGITS_MAX + 4);
    size_t length = add_integer(out, pence / 100);

    out[length++] = '.';
    out[length++] = (char)('0' + pence % 100 / 10);
    out[length++] = (char)('0' + pence % 10);
    extract->row_length += length;
}

void extract_tenths(Extract *extract, int64_t tenths)
{
    assert(tenths >= 0);
    char *out = next_field(extract, INTEGER_DIGITS_MAX + 3);
    size_t length = add_integer(out, tenths / 10);

    out[length++] = '.';
    out[length++] = (char)('0' + tenths % 10);
    extract->row_length += length;
}

static void write_two(char *out, int value)
{
    out[0] = (char)('0' + value / 10);
    out[1] = (char)('0' + value % 10);
}

void extract_date(Extract *extract, Date date)
{
    char *out = next_field(extract, DATE_TEXT_BYTES);
    if (date == DATE_NONE)
        return;
    CivilDate civil = date_to_civil(date);
    bool is_british = extract->layout->is_british_date;

    write_two(out + (is_british ? 6 : 0), civil.year / 100);
    write_two(out + (is_british ? 8 : 2), civil.year % 100);
    write_two(out + (is_british ? 3 : 5), civil.month);
    write_two(out + (is_british ? 0 : 8), civil.day);
    out[is_british ? 2 : 4] = is_british ? '/' : '-';
    out[is_british ? 5 : 7] = is_british ? '/' : '-';
    extract->row_length += 10;
}

void extract_empty(Extract *extract, size_t count)
{
    while (count-- > 0)
        (void)next_field(extract, 0);
}

void extract_copy_row(Extract *extract, const Extract *from)
{
    assert(extract->layout == from->layout);
    memcpy(extract->row, from->row, from->row_length);
    memcpy(extract->starts, from->starts, sizeof extract->starts);
    extract->row_length = from->row_length;
    extract->fields = from->fields;
}

static void put_field(Extract *extract, size_t field, RowDamage damage)
{
    const Layout *layout = extract->layout;

    if (damage == ROW_BAD_DATE && (int)field == layout->damage_date) {
        const char *wrong = layout->is_british_date ? "31/02/2026" : "2026-02-31";
        put(extract, wrong, strlen(wrong));
    } else if (damage == ROW_BAD_CODE && (int)field == layout->damage_code) {
        put(extract, "?!", 2);
    } else {
        size_t end = field + 1 < extract->fields ? extract->starts[field + 1] : extract->row_length;
        put(extract, extract->row + extract->starts[field], end - extract->starts[field]);
    }
}

int64_t extract_write_row(Extract *extract, RowDamage damage)
{
    const Layout *layout = extract->layout;
    assert(extract->fields == layout->column_count);
    size_t fields = extract->fields - (damage == ROW_SHORT ? 1 : 0);

    for (size_t i = 0; i < fields; i++) {
        if (i > 0)
            put(extract, &layout->delimiter, 1);
        put_field(extract, i, damage);
    }
    if (damage == ROW_LONG)
        put(extract, &layout->delimiter, 1);
    put(extract, layout->line_end, strlen(layout->line_end));
    extract->rows++;
    extract->damaged += damage != ROW_WHOLE;
    return extract->rows + 1; /* the header is line 1 */
}

void extract_new_row(Extract *extract)
{
    extract->row_length = extract->fields = 0;
}

Result extract_close(Extract *extract, Error *error)
{
    if (extract->descriptor < 0)
        return RESULT_OK;
    flush(extract);
    int failed = extract->failed;
    if (close(extract->descriptor) != 0 && failed == 0)
        failed = errno;
    extract->descriptor = -1;
    memory_free(extract->buffer);
    extract->buffer = NULL;
    if (failed == 0)
        return RESULT_OK;
    errno = failed;
    return fail_errno(error, "%s", extract->full_path);
}

void extract_abandon(Extract *extract)
{
    if (extract->descriptor < 0)
        return;
    (void)close(extract->descriptor);
    memory_free(extract->buffer);
    *extract = EXTRACT_CLOSED;
}
