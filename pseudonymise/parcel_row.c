/* Rows as bytes. */
#include "pseudonymise/parcel_row_private.h"

/* Numbers in files: never changed, only added to. */
static const struct {
    ValueType type;
    uint8_t number;
} types[] = {{VALUE_BOOL, 1}, {VALUE_INT8, 2}, {VALUE_NUMERIC, 3},
             {VALUE_DATE, 4}, {VALUE_TEXT, 5}, {VALUE_TIME, 6}};

int parcel_type_number(ValueType type)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].type == type)
            return types[i].number;
    return 0;
}

static void put_bytes(TextBuilder *out, const void *bytes, size_t length)
{
    text_add(out, (Text){.data = bytes, .length = length});
}

static void put_byte(TextBuilder *out, unsigned byte)
{
    text_add_char(out, (char)(unsigned char)byte);
}

static void put_number(TextBuilder *out, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        put_byte(out, (unsigned)(number & 0x7f) | 0x80);
    put_byte(out, (unsigned)number);
}

static void put_signed(TextBuilder *out, int64_t number)
{
    put_number(out, (uint64_t)number << 1 ^ (number < 0 ? UINT64_MAX : 0));
}

static void put_text(TextBuilder *out, Text text)
{
    put_number(out, text.length);
    text_add(out, text);
}

static void put_key(TextBuilder *out, int64_t key)
{
    uint8_t bytes[SEAL_NUMBER_BYTES];

    seal_put_number((uint64_t)key, bytes);
    put_bytes(out, bytes, sizeof bytes);
}

static void put_tokens(TextBuilder *out, const Subject *subject)
{
    const Token *const tokens[PARCEL_TOKENS] = {
        &subject->nhs,     &subject->superseded_nhs, &subject->local_id, &subject->uprn,
        &subject->foreign, &subject->foreign_to,     &subject->address};
    unsigned mask = 0;

    for (size_t i = 0; i < PARCEL_TOKENS; i++)
        mask |= (unsigned)tokens[i]->is_set << i;
    put_byte(out, mask);
    for (size_t i = 0; i < PARCEL_TOKENS; i++)
        if (tokens[i]->is_set)
            put_bytes(out, tokens[i]->bytes, TOKEN_BYTES);
}

static void put_subject(TextBuilder *out, const Subject *subject, bool is_new)
{
    put_bytes(out, subject->digest, sizeof subject->digest);
    put_byte(out, subject->nhs_state);
    if (!is_new)
        return;
    put_tokens(out, subject);
    put_number(out, (uint64_t)subject->birth_year);
    put_byte(out, (unsigned)subject->birth_month);
    put_byte(out, (unsigned char)subject->sex);
    put_text(out, text_from(subject->lsoa_2011));
    put_text(out, text_from(subject->lsoa_2021));
}

/* It says itself of what version and key it is; ours is how it stands here. */
static void put_encoding(TextBuilder *out, Text encoding)
{
    put_byte(out, encoding.length > 0 ? PARCEL_ENCODING_VERSION : 0);
    if (encoding.length > 0)
        put_text(out, encoding);
}

static void put_references(TextBuilder *out, const TokenisedRow *row)
{
    unsigned mask = 0;

    for (size_t i = 0; i < row->reference_count; i++)
        mask |= (unsigned)row->keys[1 + i].is_set << i;
    put_byte(out, mask);
    for (size_t i = 0; i < row->reference_count; i++)
        if (row->keys[1 + i].is_set)
            put_key(out, row->keys[1 + i].value);
}

static void put_value(TextBuilder *out, const Value *value)
{
    put_byte(out, (unsigned)parcel_type_number(value->type) | (value->is_null ? PARCEL_NULL : 0));
    if (value->is_null)
        return;
    switch (value->type) {
    case VALUE_BOOL:
        put_byte(out, value->boolean);
        return;
    case VALUE_DATE:
        put_signed(out, value->date);
        return;
    case VALUE_TEXT:
        put_text(out, value->text);
        return;
    default:
        put_signed(out, value->integer);
    }
}

static Result check_payload(const TokenisedRow *row, Error *error)
{
    size_t text_bytes = 0;

    for (size_t i = 0; i < row->payload_count; i++) {
        const Value *value = &row->payload[i];
        if (parcel_type_number(value->type) == 0)
            return fail(error, ERROR_CONFIG, "parcel: a type of value that parcels do not hold");
        text_bytes += value->type == VALUE_TEXT && !value->is_null ? value->text.length : 0;
    }
    if (text_bytes > PARCEL_ROW_TEXT_BYTES_MAX)
        return fail(error, ERROR_LIMIT, "parcel: a row of more than %d bytes of text",
                    PARCEL_ROW_TEXT_BYTES_MAX);
    return RESULT_OK;
}

Result parcel_put_row(TextBuilder *out, const TokenisedRow *row, Error *error)
{
    TRY(check_payload(row, error));
    put_byte(out, PARCEL_ROW);
    put_number(out, row->line);
    put_byte(out, (row->has_subject ? ROW_HAS_SUBJECT : 0u) | (row->subject_is_new ? ROW_IS_NEW : 0u) |
                      (row->keys[0].is_set ? ROW_HAS_KEY : 0u));
    put_number(out, (uint64_t)row->age_days + 1); /* 0: none */
    if (row->has_subject)
        put_subject(out, &row->subject, row->subject_is_new);
    if (row->subject_is_new)
        put_encoding(out, tokenised_row_encoding(row));
    if (row->keys[0].is_set)
        put_key(out, row->keys[0].value);
    put_references(out, row);
    for (size_t i = 0; i < row->payload_count; i++)
        put_value(out, &row->payload[i]);
    return RESULT_OK;
}

void parcel_put_note(TextBuilder *out, Text note)
{
    put_byte(out, PARCEL_NOTE);
    put_text(out, note);
}
