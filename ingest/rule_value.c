#include "ingest/rule_value.h"

#include "ingest/snomed.h"

enum { DIGITS_MAX = 12, DECIMALS = 2 };                                        /* numeric(14,2) */
enum { HOURS = 24, SIXTY = 60, PART_BYTES = 3, PARTS_MIN = 2, PARTS_MAX = 3 }; /* HH:MM or HH:MM:SS */
static const int64_t SECOND_US = 1000000;

/* Member by member: a whole Value is put together on the stack first, and read back before it is there. */
static void put_type(Value *value, ValueType type)
{
    value->type = type;
    value->is_null = false;
    value->packed_count = 0;
}

static int read_date(const IngestSpec *spec, Text text, Value *value)
{
    put_type(value, VALUE_DATE);
    return spec_date(spec, text, &value->date) ? READER_GOOD : RULE_NOT_DATE;
}

/* -1: not two digits below the limit */
static int read_part(const char *digits, int limit)
{
    unsigned tens = (unsigned char)digits[0] - (unsigned)'0', ones = (unsigned char)digits[1] - (unsigned)'0';
    int part = (int)(tens * 10 + ones);

    return tens <= 9 && ones <= 9 && part < limit ? part : -1;
}

static int read_time(Text text, Value *value)
{
    size_t parts = (text.length + 1) / PART_BYTES;
    int64_t seconds = 0;

    put_type(value, VALUE_TIME);
    if ((text.length + 1) % PART_BYTES != 0 || parts < PARTS_MIN || parts > PARTS_MAX)
        return RULE_NOT_TIME;
    for (size_t i = 0; i < PARTS_MAX; i++) {
        const char *at = text.data + i * PART_BYTES;
        int part = i < parts ? read_part(at, i == 0 ? HOURS : SIXTY) : 0;
        if (part < 0 || (i > 0 && i < parts && at[-1] != ':'))
            return RULE_NOT_TIME;
        seconds = seconds * SIXTY + part;
    }
    value->integer = seconds * SECOND_US;
    return READER_GOOD;
}

static int check_range(const SpecColumn *column, int64_t number)
{
    if (number < column->min)
        return RULE_BELOW;
    return number > column->max ? RULE_ABOVE : READER_GOOD;
}

static int read_integer(const SpecColumn *column, Text text, Value *value)
{
    put_type(value, VALUE_INT8);
    return text_to_int64(text, &value->integer) ? check_range(column, value->integer) : RULE_NOT_INTEGER;
}

static size_t read_digits(Text text, size_t at, size_t digits_max, int64_t *number)
{
    size_t from = at;

    for (; at < text.length && at - from < digits_max && text.data[at] >= '0' && text.data[at] <= '9'; at++)
        *number = *number * 10 + (text.data[at] - '0');
    return at - from;
}

/* Optional minus, 1 to 12 digits, at most two decimals; zeros may follow them. */
static int parse_hundredths(Text text, int64_t *hundredths)
{
    bool is_negative = text.data[0] == '-';
    int64_t number = 0;
    size_t at = is_negative, digits = read_digits(text, at, DIGITS_MAX, &number), decimals = 0;

    if (digits == 0)
        return RULE_NOT_DECIMAL;
    at += digits;
    if (at < text.length && text.data[at] == '.') {
        at++;
        decimals = read_digits(text, at, DECIMALS, &number);
        at += decimals;
        if (decimals == 0)
            return RULE_NOT_DECIMAL;
        while (decimals == DECIMALS && at < text.length && text.data[at] == '0')
            at++;
    }
    if (at < text.length)
        return decimals == DECIMALS && text.data[at] >= '1' && text.data[at] <= '9' ? RULE_DECIMALS
                                                                                    : RULE_NOT_DECIMAL;
    for (; decimals < DECIMALS; decimals++)
        number *= 10;
    *hundredths = is_negative ? -number : number;
    return READER_GOOD;
}

static int read_decimal(const SpecColumn *column, Text text, Value *value)
{
    put_type(value, VALUE_NUMERIC);
    int reason = parse_hundredths(text, &value->integer);
    return reason == READER_GOOD ? check_range(column, value->integer) : reason;
}

static int read_string(const SpecColumn *column, Text text, Value *value)
{
    if (column->is_snomed && !snomed_is_concept(text))
        return RULE_NOT_SNOMED;
    if (column->shape_text.length > 0 && !shape_matches(&column->shape, text))
        return RULE_NOT_SHAPE;
    put_type(value, VALUE_TEXT);
    value->text = text;
    return READER_GOOD;
}

void rule_put_nothing(Value *value, SpecType type)
{
    put_type(value, SPEC_TYPE_VALUES[type]);
    value->is_null = type != SPEC_BOOLEAN;
    value->integer = 0;
}

int rule_value(const IngestSpec *spec, const SpecColumn *column, Text text, Value *value)
{
    switch (column->type) {
    case SPEC_STRING:
        return read_string(column, text, value);
    case SPEC_DAY:
        return read_date(spec, text, value);
    case SPEC_TIME_OF_DAY:
        return read_time(text, value);
    case SPEC_INTEGER:
        return read_integer(column, text, value);
    case SPEC_DECIMAL:
        return read_decimal(column, text, value);
    default:
        put_type(value, VALUE_BOOL);
        value->boolean = text.length > 0;
        return READER_GOOD;
    }
}

int rule_stored(const IngestSpec *spec, const SpecColumn *column, const Value *value)
{
    Value same;

    /* A removal says no more than which record goes. */
    if (value->is_null)
        return column->is_required && spec->change.operation == SPEC_NONE ? RULE_REQUIRED : READER_GOOD;
    if (column->type == SPEC_INTEGER || column->type == SPEC_DECIMAL)
        return check_range(column, value->integer);
    if (column->type == SPEC_TIME_OF_DAY)
        return value->integer >= 0 && value->integer < HOURS * SIXTY * SIXTY * SECOND_US ? READER_GOOD
                                                                                         : RULE_NOT_TIME;
    if (column->type != SPEC_STRING)
        return READER_GOOD;
    int reason = value->text.length > 0 ? read_string(column, value->text, &same) : RULE_REQUIRED;
    if (reason != READER_GOOD || column->list == SPEC_NONE)
        return reason;
    return codes_find(&spec->lists[column->list], value->text) != NULL ? READER_GOOD : RULE_NOT_IN_LIST;
}

bool rule_identifier_is_valid(const IngestSpec *spec, const SpecColumn *column, Text text)
{
    char digits[16];
    Date date;

    if (column->shape_text.length > 0)
        return shape_matches(&column->shape, text);
    if (column->is_digest)
        return openpseudonymiser_is_digest(text);
    switch (column->field) {
    case IDENTITY_NHS_NUMBER:
    case IDENTITY_SUPERSEDED_NHS_NUMBER:
        return pseudonymise_nhs_number(text, digits) == IDENTIFIER_VALID;
    case IDENTITY_UPRN:
        return pseudonymise_uprn(text, digits) == IDENTIFIER_VALID;
    case IDENTITY_POSTCODE:
        return pseudonymise_postcode(text, digits) == IDENTIFIER_VALID;
    case IDENTITY_BIRTH_DATE:
        return spec_date(spec, text, &date);
    default:
        return true;
    }
}
