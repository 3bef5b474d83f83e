#include "governance/entry.h"

#include <stddef.h>
#include <string.h>

enum { ENTRY_VERSION = 1, HEAD_BYTES = 3, VERSION_TAG = 1, NUMBER_BYTES = 8 };

typedef enum FieldType { FIELD_TEXT, FIELD_BYTES, FIELD_CODE, FIELD_NUMBER } FieldType;

typedef struct Field {
    uint8_t tag;
    FieldType type;
    size_t offset; /* in Entry */
    size_t limit;  /* bytes of FIELD_BYTES, greatest value of FIELD_CODE */
    const char *name;
} Field;

/* In the order of their tags. */
static const Field fields[] = {
    {2, FIELD_CODE, offsetof(Entry, kind), ENTRY_NOTE, "kind"},
    {3, FIELD_NUMBER, offsetof(Entry, time_us), 0, "time"},
    {4, FIELD_BYTES, offsetof(Entry, permit), ENTRY_PERMIT_BYTES, "permit"},
    {5, FIELD_TEXT, offsetof(Entry, person), 0, "person"},
    {6, FIELD_TEXT, offsetof(Entry, action), 0, "action"},
    {7, FIELD_CODE, offsetof(Entry, decision), ENTRY_REFUSED, "decision"},
    {8, FIELD_TEXT, offsetof(Entry, rule), 0, "rule"},
    {9, FIELD_TEXT, offsetof(Entry, source), 0, "source"},
    {10, FIELD_TEXT, offsetof(Entry, sender), 0, "sender"},
    {11, FIELD_TEXT, offsetof(Entry, purpose), 0, "purpose"},
    {12, FIELD_TEXT, offsetof(Entry, project), 0, "project"},
    {13, FIELD_TEXT, offsetof(Entry, object), 0, "object"},
    {14, FIELD_TEXT, offsetof(Entry, detail), 0, "detail"},
    {15, FIELD_CODE, offsetof(Entry, end), ENTRY_FAILED, "end"},
    {16, FIELD_NUMBER, offsetof(Entry, rows), 0, "rows"},
    {17, FIELD_NUMBER, offsetof(Entry, cells), 0, "cells"},
    {18, FIELD_NUMBER, offsetof(Entry, cells_suppressed), 0, "cells_suppressed"},
    {19, FIELD_BYTES, offsetof(Entry, content), HASH_BYTES, "content"},
};

enum { FIELD_COUNT = sizeof fields / sizeof fields[0] };

static const Text *text_of(const Entry *entry, const Field *field)
{
    return (const Text *)((const char *)entry + field->offset);
}

/* Codes are enumerations, which gcc and clang keep in an unsigned int. */
static uint64_t number_of(const Entry *entry, const Field *field)
{
    const char *place = (const char *)entry + field->offset;
    unsigned code;
    int64_t number;

    if (field->type == FIELD_CODE) {
        memcpy(&code, place, sizeof code);
        return code;
    }
    memcpy(&number, place, sizeof number);
    return (uint64_t)number;
}

_Static_assert(sizeof(EntryKind) == sizeof(unsigned) && sizeof(EntryDecision) == sizeof(unsigned) &&
                   sizeof(EntryEnd) == sizeof(unsigned),
               "number_of and field_set copy codes as unsigned");

static bool is_plain(Text text)
{
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)text.data[i] < ' ' || text.data[i] == '\x7f')
            return false;
    return text_is_utf8(text);
}

static const char *field_fault(const Entry *entry, const Field *field)
{
    if (field->type == FIELD_TEXT)
        return is_plain(*text_of(entry, field)) ? NULL : "not plain text";
    if (field->type == FIELD_BYTES)
        return text_of(entry, field)->length % field->limit == 0 &&
                       text_of(entry, field)->length <= field->limit
                   ? NULL
                   : "of another length";
    if (field->type == FIELD_CODE)
        return number_of(entry, field) <= field->limit ? NULL : "not a known code";
    return number_of(entry, field) <= INT64_MAX ? NULL : "below 0";
}

Result entry_check_texts(const Entry *entry, Error *error)
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const char *fault = field_fault(entry, &fields[i]);
        if (fault != NULL)
            return fail(error, ERROR_INPUT, "log entry, field %s: %s", fields[i].name, fault);
    }
    return RESULT_OK;
}

/* What each kind must and must not say. */
static Result check_kind(const Entry *entry, Error *error)
{
    bool is_decision = entry->kind == ENTRY_DECISION, is_result = entry->kind == ENTRY_RESULT;
    bool is_granted = entry->decision == ENTRY_GRANTED;

    if (entry->kind == 0 || entry->time_us == 0)
        return fail(error, ERROR_INPUT, "log entry: kind or time is missing");
    if (is_decision != (entry->decision != ENTRY_UNDECIDED))
        return fail(error, ERROR_INPUT, "log entry: a decision is what says granted or refused");
    if (is_decision && is_granted == (entry->rule.length > 0))
        return fail(error, ERROR_INPUT, "log entry: a refusal names its rule, a grant none");
    if ((is_result || is_granted) != (entry->permit.length > 0))
        return fail(error, ERROR_INPUT, "log entry: a grant and a result name their permit");
    if (is_result != (entry->end != ENTRY_OPEN))
        return fail(error, ERROR_INPUT, "log entry: a result is what says how it ended");
    return RESULT_OK;
}

static void add_head(TextBuilder *out, uint8_t tag, size_t length)
{
    const char head[HEAD_BYTES] = {(char)tag, (char)(length >> 8), (char)(length & 0xFF)};

    text_add(out, (Text){.data = head, .length = HEAD_BYTES});
}

static void add_number(TextBuilder *out, const Field *field, uint64_t number)
{
    size_t length = field->type == FIELD_CODE ? 1 : NUMBER_BYTES;

    if (number == 0)
        return;
    add_head(out, field->tag, length);
    while (length-- > 0)
        text_add_char(out, (char)(number >> (8 * length)));
}

static size_t encoded_bytes(const Entry *entry)
{
    size_t bytes = HEAD_BYTES + 1;

    for (size_t i = 0; i < FIELD_COUNT; i++)
        bytes += HEAD_BYTES + (fields[i].type == FIELD_TEXT || fields[i].type == FIELD_BYTES
                                   ? text_of(entry, &fields[i])->length
                                   : (size_t)NUMBER_BYTES);
    return bytes;
}

Result entry_encode(const Entry *entry, TextBuilder *out, Error *error)
{
    TRY(entry_check_texts(entry, error));
    TRY(check_kind(entry, error));
    /* an upper bound: fields left out are counted as well */
    if (encoded_bytes(entry) > ENTRY_BYTES_MAX)
        return fail(error, ERROR_LIMIT, "log entry: longer than %d bytes", ENTRY_BYTES_MAX);

    add_head(out, VERSION_TAG, 1);
    text_add_char(out, ENTRY_VERSION);
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const Field *field = &fields[i];
        if (field->type == FIELD_CODE || field->type == FIELD_NUMBER) {
            add_number(out, field, number_of(entry, field));
        } else if (text_of(entry, field)->length > 0) {
            add_head(out, field->tag, text_of(entry, field)->length);
            text_add(out, *text_of(entry, field));
        }
    }
    return RESULT_OK;
}

static const Field *field_find(uint8_t tag)
{
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (fields[i].tag == tag)
            return &fields[i];
    return NULL;
}

/* false when value is of a length the field never has, or a number that is left out when written. */
static bool field_set(Entry *entry, const Field *field, Text value)
{
    char *place = (char *)entry + field->offset;
    uint64_t number = 0;

    if (field->type == FIELD_TEXT || field->type == FIELD_BYTES) {
        memcpy(place, &value, sizeof value);
        return value.length > 0;
    }
    if (value.length != (field->type == FIELD_CODE ? 1 : NUMBER_BYTES))
        return false;
    for (size_t i = 0; i < value.length; i++)
        number = number << 8 | (unsigned char)value.data[i];
    if (field->type == FIELD_CODE)
        memcpy(place, &(unsigned){(unsigned)number}, sizeof(unsigned));
    else
        memcpy(place, &(int64_t){(int64_t)number}, sizeof(int64_t));
    return number != 0;
}

/* Cuts the next field off rest. */
static bool field_next(Text *rest, uint8_t *tag, Text *value)
{
    if (rest->length < HEAD_BYTES)
        return false;
    size_t length = (size_t)(unsigned char)rest->data[1] << 8 | (unsigned char)rest->data[2];
    if (rest->length - HEAD_BYTES < length)
        return false;
    *tag = (uint8_t)rest->data[0];
    *value = text_slice(*rest, HEAD_BYTES, HEAD_BYTES + length);
    *rest = text_slice(*rest, HEAD_BYTES + length, rest->length);
    return true;
}

Result entry_decode(Text bytes, Entry *entry, Error *error)
{
    uint8_t tag, tag_before = VERSION_TAG;
    Text value, rest = bytes;

    *entry = (Entry){0};
    if (bytes.length > ENTRY_BYTES_MAX)
        return fail(error, ERROR_LIMIT, "log entry: longer than %d bytes", ENTRY_BYTES_MAX);
    if (!field_next(&rest, &tag, &value) || tag != VERSION_TAG || value.length != 1 ||
        value.data[0] != ENTRY_VERSION)
        return fail(error, ERROR_INPUT, "log entry: not of version %d", ENTRY_VERSION);
    while (rest.length > 0) {
        if (!field_next(&rest, &tag, &value))
            return fail(error, ERROR_INPUT, "log entry: it ends inside a field");
        const Field *field = field_find(tag);
        if (field == NULL || tag <= tag_before)
            return fail(error, ERROR_INPUT, "log entry: tag %u is unknown or out of order", tag);
        if (!field_set(entry, field, value))
            return fail(error, ERROR_INPUT, "log entry, field %s: not in its only form", field->name);
        tag_before = tag;
    }
    TRY(entry_check_texts(entry, error));
    TRY(check_kind(entry, error));
    /* the bound that entry_encode holds to */
    if (encoded_bytes(entry) > ENTRY_BYTES_MAX)
        return fail(error, ERROR_LIMIT, "log entry: longer than %d bytes", ENTRY_BYTES_MAX);
    return RESULT_OK;
}
