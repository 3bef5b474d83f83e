/* Bytes as rows: what no provider writes is taken for no row. */
#include <string.h>

#include "pseudonymise/parcel_row_private.h"

enum {
    NUMBER_BYTES_MAX = 10,
    LSOA_LETTERS = 9,
    YEAR_MIN = 1600,
    YEAR_MAX = 2400,
};

static const int age_bands[] = {-1, 0, 7, 28, 91, 183};

static bool take_bytes(ParcelItems *items, void *bytes, size_t length)
{
    if ((size_t)(items->end - items->at) < length) {
        items->at = items->end;
        return false;
    }
    memcpy(bytes, items->at, length);
    items->at += length;
    return true;
}

static bool take_byte(ParcelItems *items, unsigned *byte, unsigned max)
{
    uint8_t taken;

    *byte = 0;
    if (!take_bytes(items, &taken, 1) || taken > max)
        return false;
    *byte = taken;
    return true;
}

/* The shortest form alone, so that a row has one. */
static bool take_number(ParcelItems *items, uint64_t *number, uint64_t max)
{
    uint8_t byte = 0x80;

    *number = 0;
    for (int i = 0; (byte & 0x80) != 0; i++) {
        if (i == NUMBER_BYTES_MAX || !take_bytes(items, &byte, 1) ||
            (i == NUMBER_BYTES_MAX - 1 && byte > 1) || (i > 0 && byte == 0))
            return false;
        *number |= (uint64_t)(byte & 0x7f) << (7 * i);
    }
    return *number <= max;
}

static bool take_signed(ParcelItems *items, int64_t *number)
{
    uint64_t taken;

    if (!take_number(items, &taken, UINT64_MAX))
        return false;
    *number = (int64_t)(taken >> 1 ^ (0 - (taken & 1)));
    return true;
}

static bool take_text(ParcelItems *items, Text *text, size_t bytes_max)
{
    uint64_t length;

    if (!take_number(items, &length, bytes_max) || length > (size_t)(items->end - items->at))
        return false;
    *text = (Text){.data = (const char *)items->at, .length = length};
    items->at += length;
    return true;
}

static bool take_key(ParcelItems *items, HashedKey *key)
{
    uint8_t bytes[SEAL_NUMBER_BYTES];

    if (!take_bytes(items, bytes, sizeof bytes))
        return false;
    *key = (HashedKey){.is_set = true, .value = (int64_t)seal_get_number(bytes, sizeof bytes)};
    return true;
}

static bool take_tokens(ParcelItems *items, Subject *subject)
{
    Token *const tokens[PARCEL_TOKENS] = {&subject->nhs,    &subject->superseded_nhs, &subject->local_id,
                                          &subject->uprn,   &subject->foreign,        &subject->foreign_to,
                                          &subject->address};
    unsigned mask;

    if (!take_byte(items, &mask, (1u << PARCEL_TOKENS) - 1))
        return false;
    for (size_t i = 0; i < PARCEL_TOKENS; i++) {
        tokens[i]->is_set = (mask >> i & 1) != 0;
        if (tokens[i]->is_set && !take_bytes(items, tokens[i]->bytes, TOKEN_BYTES))
            return false;
    }
    return subject->nhs.is_set == (subject->nhs_state == IDENTIFIER_VALID);
}

/* A letter and eight digits, or nothing: no other text about a person comes in here. */
static bool take_area(ParcelItems *items, char area[LSOA_LETTERS + 1])
{
    Text text;

    if (!take_text(items, &text, LSOA_LETTERS) || (text.length != 0 && text.length != LSOA_LETTERS))
        return false;
    for (size_t i = 0; i < text.length; i++) {
        char low = i == 0 ? 'A' : '0', high = i == 0 ? 'Z' : '9';
        if (text.data[i] < low || text.data[i] > high)
            return false;
        area[i] = text.data[i];
    }
    return true;
}

static bool take_birth_and_sex(ParcelItems *items, Subject *subject)
{
    uint64_t year;
    unsigned month, sex;

    if (!take_number(items, &year, 9999) || !take_byte(items, &month, 12) || !take_byte(items, &sex, 'X'))
        return false;
    subject->birth_year = (int)year;
    subject->birth_month = (int)month;
    subject->sex = (char)sex;
    return (year == 0) == (month == 0) && (sex == 0 || strchr("129X", (int)sex) != NULL);
}

/* Whether it is one that we would make, pseudonymise_parcel_row sees. */
static bool take_encoding(ParcelItems *items, TokenisedRow *row)
{
    unsigned version;
    Text text;

    if (!take_byte(items, &version, PARCEL_ENCODING_VERSION))
        return false;
    if (version == 0)
        return true;
    if (!take_text(items, &text, ENCODING_BYTES_MAX) || text.length < ENCODING_HEADER_BYTES)
        return false;
    row->encoding = (uint8_t *)(uintptr_t)text.data;
    row->encoding_length = text.length;
    return true;
}

static bool take_subject(ParcelItems *items, TokenisedRow *row)
{
    Subject *subject = &row->subject;
    unsigned state;

    if (!take_bytes(items, subject->digest, sizeof subject->digest) ||
        !take_byte(items, &state, IDENTIFIER_INVALID))
        return false;
    subject->nhs_state = (IdentifierState)state;
    if (!row->subject_is_new)
        return true;
    return take_tokens(items, subject) && take_birth_and_sex(items, subject) &&
           take_area(items, subject->lsoa_2011) && take_area(items, subject->lsoa_2021) &&
           take_encoding(items, row);
}

static bool take_references(ParcelItems *items, TokenisedRow *row)
{
    unsigned mask;

    if (!take_byte(items, &mask, (1u << items->reference_count) - 1))
        return false;
    for (size_t i = 0; i < items->reference_count; i++)
        if ((mask >> i & 1) != 0 && !take_key(items, &row->keys[1 + i]))
            return false;
    return true;
}

static bool take_content(ParcelItems *items, Value *value)
{
    unsigned byte;
    int64_t number;

    switch (value->type) {
    case VALUE_BOOL:
        if (!take_byte(items, &byte, 1))
            return false;
        value->boolean = byte != 0;
        return true;
    case VALUE_DATE:
        /* the years that dates of ours have; past them PostgreSQL would take one for "infinity" */
        if (!take_signed(items, &number) || number < date_from_civil(YEAR_MIN, 1, 1) ||
            number > date_from_civil(YEAR_MAX, 12, 31))
            return false;
        value->date = (Date)number;
        return true;
    case VALUE_TEXT:
        return take_text(items, &value->text, PARCEL_ROW_TEXT_BYTES_MAX) && text_is_utf8(value->text) &&
               memchr(value->text.data, '\0', value->text.length) == NULL;
    default:
        return take_signed(items, &value->integer);
    }
}

static bool take_values(ParcelItems *items, TokenisedRow *row, Value *values)
{
    for (size_t i = 0; i < items->type_count; i++) {
        unsigned tag;
        if (!take_byte(items, &tag, 0xff) ||
            (tag & ~(unsigned)PARCEL_NULL) != (unsigned)parcel_type_number(items->types[i]))
            return false;
        values[i] = value_null(items->types[i]);
        values[i].is_null = (tag & PARCEL_NULL) != 0;
        if (!values[i].is_null && !take_content(items, &values[i]))
            return false;
    }
    row->payload = values;
    row->payload_count = items->type_count;
    return true;
}

static bool take_age(ParcelItems *items, int *age_days)
{
    uint64_t taken;

    if (!take_number(items, &taken, UINT8_MAX))
        return false;
    *age_days = (int)taken - 1;
    for (size_t i = 0; i < sizeof age_bands / sizeof *age_bands; i++)
        if (age_bands[i] == *age_days)
            return true;
    return false;
}

static bool take_row(ParcelItems *items, TokenisedRow *row, Value *values)
{
    unsigned flags;

    *row = (TokenisedRow){.reference_count = items->reference_count};
    if (!take_number(items, &row->line, INT32_MAX) || !take_byte(items, &flags, ROW_FLAGS) ||
        !take_age(items, &row->age_days))
        return false;
    row->has_subject = (flags & ROW_HAS_SUBJECT) != 0;
    row->subject_is_new = (flags & ROW_IS_NEW) != 0;
    if (row->subject_is_new && !row->has_subject)
        return false;
    if (row->has_subject && !take_subject(items, row))
        return false;
    if ((flags & ROW_HAS_KEY) != 0 && !take_key(items, &row->keys[0]))
        return false;
    return take_references(items, row) && take_values(items, row, values);
}

Result parcel_take(ParcelItems *items, ParcelKind *kind, Text *note, TokenisedRow *row,
                   Value values[PARCEL_VALUES_MAX], Error *error)
{
    unsigned taken;
    bool is_good = take_byte(items, &taken, PARCEL_NOTE);

    items->number++;
    *kind = (ParcelKind)taken;
    if (is_good)
        is_good =
            taken == PARCEL_ROW ? take_row(items, row, values) : take_text(items, note, PARCEL_NOTE_BYTES);
    if (!is_good)
        return fail(error, ERROR_INPUT, "%s: parcel: item %llu of block %llu is not well-formed", items->path,
                    (unsigned long long)items->number, (unsigned long long)items->block);
    return RESULT_OK;
}
