#include "ingest/codes.h"

#include <inttypes.h>
#include <string.h>

#include "ingest/reader.h"

enum { CODE_BYTES_MAX = 128, LIST_START = 64, LIST_FIELDS = 2, LIST_FIELDS_DATED = 4, LIST_FIELDS_MAX = 5 };

static const ReaderFormat list_format = {
    .delimiter = {.data = ",", .length = 1}, .quote = '"', .record_bytes_max = 4096};

/* FNV-1a: codes are short, and a list is fixed and ours, so nobody aims at collisions. */
static uint32_t hash_code(Text code)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < code.length; i++)
        hash = (hash ^ (unsigned char)code.data[i]) * 16777619u;
    return hash ^ hash >> 15;
}

static uint32_t *find_slot(const CodeList *list, Text code)
{
    for (uint32_t at = hash_code(code);; at++) {
        uint32_t *slot = &list->slots[at & list->slot_mask];
        if (*slot == 0 || text_equal(list->codes[*slot - 1].code, code))
            return slot;
    }
}

const Code *codes_find(const CodeList *list, Text code)
{
    uint32_t slot = *find_slot(list, code);

    return slot != 0 ? &list->codes[slot - 1] : NULL;
}

bool codes_valid(const Code *code, Date first_day, Date last_day)
{
    return (code->valid_from == DATE_NONE || code->valid_from <= last_day) &&
           (code->valid_to == DATE_NONE || code->valid_to >= first_day);
}

static Result build_slots(const char *path, CodeList *list, Arena *arena, Error *error)
{
    uint32_t slot_count = 16;

    while (slot_count < 2 * list->count)
        slot_count *= 2;
    list->slots = arena_alloc(arena, slot_count * sizeof *list->slots);
    list->slot_mask = slot_count - 1;
    for (size_t i = 0; i < list->count; i++) {
        uint32_t *slot = find_slot(list, list->codes[i].code);
        if (*slot != 0)
            return fail(error, ERROR_CONFIG, "%s: code %zu is there twice", path, i + 1);
        *slot = (uint32_t)i + 1;
    }
    return RESULT_OK;
}

/* code, meaning; both days or neither; class or not. */
static bool header_is_known(const ReaderRecord *header, CodeList *list)
{
    const char *expected[LIST_FIELDS_MAX] = {"code", "meaning"};
    size_t count = LIST_FIELDS;

    if (header == NULL || header->fault != READER_GOOD || header->field_count > LIST_FIELDS_MAX)
        return false;
    list->is_dated = header->field_count >= LIST_FIELDS_DATED;
    list->is_classed = header->field_count % 2 == 1;
    if (list->is_dated) {
        expected[count++] = "valid_from";
        expected[count++] = "valid_to";
    }
    if (list->is_classed)
        expected[count++] = "class";
    bool is_known = header->field_count == count;
    for (size_t i = 0; is_known && i < count; i++)
        is_known = text_equal(header->fields[i], text_from(expected[i]));
    return is_known;
}

static Result read_header(const char *path, Reader *reader, CodeList *list, Error *error)
{
    const ReaderRecord *header;

    TRY(reader_next(reader, &header, error));
    if (!header_is_known(header, list))
        return fail(
            error, ERROR_CONFIG,
            "%s line 1: the header must be code,meaning, then valid_from,valid_to or not, then class or not",
            path);
    reader_expect(reader, header->field_count);
    return RESULT_OK;
}

static Result read_class(const char *path, const ReaderRecord *record, Code *code, Error *error)
{
    Text class = record->fields[record->field_count - 1];

    code->class = text_equal(class, TEXT("default")) ? CODE_DEFAULT
                  : text_equal(class, TEXT("other")) ? CODE_OTHER
                                                     : CODE_VALID;
    if (code->class == CODE_VALID && class.length > 0)
        return fail(error, ERROR_CONFIG, "%s line %" PRIu64 ": class is default, other or empty", path,
                    record->line);
    return RESULT_OK;
}

static bool read_day(Text text, Date *day)
{
    *day = DATE_NONE;
    return text.length == 0 || date_parse(text, day);
}

static Result read_days(const char *path, const ReaderRecord *record, Code *code, Error *error)
{
    if (!read_day(record->fields[2], &code->valid_from) || !read_day(record->fields[3], &code->valid_to))
        return fail(error, ERROR_CONFIG, "%s line %" PRIu64 ": a date is CCYY-MM-DD, or empty", path,
                    record->line);
    if (code->valid_from != DATE_NONE && code->valid_to != DATE_NONE && code->valid_to < code->valid_from)
        return fail(error, ERROR_CONFIG, "%s line %" PRIu64 ": valid_to is before valid_from", path,
                    record->line);
    return RESULT_OK;
}

static Result check_code(const char *path, const ReaderRecord *record, Error *error)
{
    if (record->fault != READER_GOOD)
        return fail(error, ERROR_CONFIG, "%s line %" PRIu64 ": %s", path, record->line,
                    READER_FAULT_TEXTS[record->fault]);
    Text code = record->fields[0];
    if (code.length == 0 || code.length > CODE_BYTES_MAX || text_trim(code).length != code.length)
        return fail(error, ERROR_CONFIG,
                    "%s line %" PRIu64 ": a code has 1 to %d bytes and no space around it", path,
                    record->line, CODE_BYTES_MAX);
    return RESULT_OK;
}

static Result read_codes(const char *path, Reader *reader, Arena *arena, CodeList *list, Error *error)
{
    size_t capacity = LIST_START;
    const ReaderRecord *record;

    list->codes = arena_alloc(arena, capacity * sizeof *list->codes);
    for (;;) {
        TRY(reader_next(reader, &record, error));
        if (record == NULL)
            break;
        TRY(check_code(path, record, error));
        if (list->count == CODES_MAX)
            return fail(error, ERROR_CONFIG, "%s: more than %d codes", path, CODES_MAX);
        if (list->count == capacity) {
            Code *wider = arena_alloc(arena, 2 * capacity * sizeof *wider);
            memcpy(wider, list->codes, capacity * sizeof *wider);
            list->codes = wider;
            capacity *= 2;
        }
        Code *code = &list->codes[list->count++];
        *code = (Code){
            .code = text_copy(arena, record->fields[0]),
            .meaning = text_copy(arena, record->fields[1]),
            .valid_from = DATE_NONE,
            .valid_to = DATE_NONE,
        };
        if (list->is_dated)
            TRY(read_days(path, record, code, error));
        if (list->is_classed)
            TRY(read_class(path, record, code, error));
    }
    if (list->count == 0)
        return fail(error, ERROR_CONFIG, "%s: no codes", path);
    return RESULT_OK;
}

Result codes_open(const char *path, Text name, Arena *arena, CodeList *list, Error *error)
{
    SCOPED(reader_close) Reader *reader = NULL;

    *list = (CodeList){.name = text_copy(arena, name)};
    TRY(reader_open(path, &list_format, &reader, error));
    TRY(read_header(path, reader, list, error));
    TRY(read_codes(path, reader, arena, list, error));
    return build_slots(path, list, arena, error);
}

void codes_hash(const CodeList *list, HashStream *stream)
{
    hash_add(stream, list->name.data, list->name.length + 1); /* text_copy put NUL behind each */
    for (size_t i = 0; i < list->count; i++) {
        hash_add(stream, list->codes[i].code.data, list->codes[i].code.length + 1);
        hash_add(stream, list->codes[i].meaning.data, list->codes[i].meaning.length + 1);
        if (list->is_dated) {
            hash_add(stream, &list->codes[i].valid_from, sizeof list->codes[i].valid_from);
            hash_add(stream, &list->codes[i].valid_to, sizeof list->codes[i].valid_to);
        }
        if (list->is_classed)
            hash_add(stream, &list->codes[i].class, sizeof list->codes[i].class);
    }
}
