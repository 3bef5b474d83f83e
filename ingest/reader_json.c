#include "ingest/reader_json.h"

#include <jansson.h>
#include <string.h>

#include "base/secret.h"
#include "ingest/wiped.h"

enum { QUOTED_GROWTH_MAX = 2 }; /* ":1" becomes ":"1"" */

struct JsonLines {
    Names *names;
    json_t *value; /* of the line split last: fields point into it */
    char *quoted;  /* that line with numbers in quotes */
    size_t quoted_bytes;
    bool seen[READER_FIELDS_MAX];
};

JsonLines *json_lines_open(Names *names)
{
    JsonLines *lines = memory_alloc(sizeof *lines);

    json_set_alloc_funcs(wiped_alloc, wiped_free);
    lines->names = names;
    lines->quoted_bytes = names->format->record_bytes_max * QUOTED_GROWTH_MAX;
    lines->quoted = memory_alloc(lines->quoted_bytes);
    return lines;
}

/* ---- numbers: jansson would round them ---- */

static const char *pass_digits(const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at;
}

/* Behind the number (RFC 8259, section 6) that stands at this place, or the place where none does. */
static const char *pass_number(const char *from, const char *end)
{
    const char *at = from < end && *from == '-' ? from + 1 : from, *digits = at;

    at = pass_digits(at, end);
    if (at == digits || (*digits == '0' && at > digits + 1))
        return from;
    if (at < end && *at == '.') {
        digits = at + 1;
        at = pass_digits(digits, end);
        if (at == digits)
            return from;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        digits = at < end && (*at == '+' || *at == '-') ? at + 1 : at;
        at = pass_digits(digits, end);
        if (at == digits)
            return from;
    }
    return at;
}

static const char *pass_string(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++)
        at += *at == '\\' && at + 1 < end;
    return at < end ? at + 1 : end;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Puts each number that is a member's value into quotes; all else stays, right or wrong. */
static Text quote_numbers(JsonLines *lines, Text line)
{
    const char *at = line.data, *end = line.data + line.length;
    size_t used = 0;
    bool follows_colon = false;

    while (at < end) {
        const char *next = *at == '"' ? pass_string(at, end) : follows_colon ? pass_number(at, end) : at;
        bool is_number = next > at && *at != '"';
        if (next == at)
            next = at + 1;
        follows_colon = *at == ':' || (follows_colon && is_space(*at));
        if (is_number)
            lines->quoted[used++] = '"';
        memcpy(lines->quoted + used, at, (size_t)(next - at));
        used += (size_t)(next - at);
        if (is_number)
            lines->quoted[used++] = '"';
        at = next;
    }
    return (Text){.data = lines->quoted, .length = used};
}

/* ---- one line ---- */

/* The key that stands in front of this place. */
static int column_in_front(const JsonLines *lines, Text text, int position)
{
    const ReaderFormat *format = lines->names->format;

    if (position < 2 || (size_t)position > text.length || text.data[position - 1] != '"')
        return -1;
    for (size_t i = 0; i < format->column_count; i++) {
        Text name = format->columns[i].name;
        size_t length = name.length + 2;
        if (length > (size_t)position)
            continue;
        const char *key = text.data + position - length;
        if (*key == '"' && memcmp(key + 1, name.data, name.length) == 0)
            return (int)i;
    }
    return -1;
}

static ReaderFault fault_of(const json_error_t *json_error)
{
    static const char surrogate[] = "invalid Unicode";

    switch (json_error_code(json_error)) {
    case json_error_duplicate_key:
        return READER_REPEATED;
    case json_error_premature_end_of_input:
        return READER_CUT_SHORT;
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return READER_NUL;
    default:
        return strncmp(json_error->text, surrogate, sizeof surrogate - 1) == 0 ? READER_LONE_SURROGATE
                                                                               : READER_NOT_JSON;
    }
}

/* False: nested. */
static bool scalar(const json_t *value, bool is_presence, Text *text)
{
    if (json_is_string(value))
        *text = (Text){.data = json_string_value(value), .length = json_string_length(value)};
    else if (json_is_true(value))
        *text = TEXT("true");
    else if (json_is_false(value) && !is_presence)
        *text = TEXT("false");
    return !json_is_object(value) && !json_is_array(value);
}

static ReaderFault take_member(JsonLines *lines, const char *key, const json_t *value, Text *fields,
                               int *fault_field)
{
    int column = names_find(lines->names, text_from(key));

    if (column < 0)
        return lines->names->format->ignores_extra ? READER_GOOD : READER_UNKNOWN_FIELD;
    *fault_field = column;
    if (lines->seen[column])
        return READER_REPEATED;
    lines->seen[column] = true;
    if (!scalar(value, lines->names->format->columns[column].is_presence, &fields[column]))
        return READER_NESTED;
    *fault_field = -1;
    return READER_GOOD;
}

static ReaderFault parse(JsonLines *lines, Text line, int *fault_field)
{
    json_error_t json_error;
    Text quoted = quote_numbers(lines, line);
    ReaderFault fault = READER_GOOD;

    lines->value =
        json_loadb(quoted.data, quoted.length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &json_error);
    if (lines->value == NULL)
        fault = fault_of(&json_error);
    else if (!json_is_object(lines->value))
        fault = READER_NOT_OBJECT;
    if (fault == READER_REPEATED)
        *fault_field = column_in_front(lines, quoted, json_error.position);
    secret_wipe(&json_error, sizeof json_error); /* quotes what is wrong */
    secret_wipe(lines->quoted, quoted.length);
    return fault;
}

ReaderFault json_lines_split(JsonLines *lines, Text line, Text *fields, int *fault_field)
{
    const ReaderFormat *format = lines->names->format;
    const char *key;
    json_t *member;

    json_decref(lines->value);
    lines->value = NULL;
    *fault_field = -1;
    ReaderFault fault = parse(lines, line, fault_field);
    if (fault != READER_GOOD)
        return fault;
    memset(lines->seen, 0, format->column_count);
    for (size_t i = 0; i < format->column_count; i++)
        fields[i] = TEXT("");
    json_object_foreach(lines->value, key, member)
    {
        fault = take_member(lines, key, member, fields, fault_field);
        if (fault != READER_GOOD)
            return fault;
    }
    return READER_GOOD;
}

void json_lines_close(JsonLines **lines)
{
    if (*lines == NULL)
        return;
    json_decref((*lines)->value);
    secret_wipe((*lines)->quoted, (*lines)->quoted_bytes);
    memory_free((*lines)->quoted);
    memory_free(*lines);
    *lines = NULL;
}
