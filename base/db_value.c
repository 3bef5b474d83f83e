#include <string.h>

#include "base/db_private.h"

/* PostgreSQL counts microseconds from 2000-01-01; its infinities are the extremes of int64. */
static const int64_t EPOCH_OFFSET_US = INT64_C(946684800000000);

enum { NUMERIC_NEGATIVE = 0x4000, NUMERIC_BASE = 10000, NUMERIC_GROUPS_MAX = 5, ARRAY_HEADER_BYTES = 20 };

typedef struct TypeName {
    ValueType type;
    const char *name;
} TypeName;

static const TypeName type_names[] = {
    {VALUE_BOOL, "bool"},         {VALUE_BYTES, "bytea"},
    {VALUE_INT8, "int8"},         {VALUE_INT2, "int2"},
    {VALUE_INT4, "int4"},         {VALUE_TEXT, "text"},
    {VALUE_FLOAT8, "float8"},     {VALUE_DATE, "date"},
    {VALUE_TIME, "time"},         {VALUE_TIMESTAMPTZ, "timestamptz"},
    {VALUE_NUMERIC, "numeric"},   {VALUE_INT8_ARRAY, "int8[]"},
    {VALUE_TEXT_ARRAY, "text[]"},
};

const char *db_type_name(ValueType type)
{
    for (size_t i = 0; i < sizeof type_names / sizeof type_names[0]; i++)
        if (type_names[i].type == type)
            return type_names[i].name;
    return "of a known type";
}

static int64_t time_shift(int64_t time, int64_t by)
{
    int64_t shifted;

    if (time == INT64_MAX || time == INT64_MIN)
        return time;
    if (__builtin_add_overflow(time, by, &shifted))
        return by < 0 ? INT64_MIN : INT64_MAX;
    return shifted;
}

/* The integer's groups of four decimal digits, one group for the hundredths behind them; the server trims
 * zeros. */
static char *encode_numeric(char *out, int64_t hundredths)
{
    uint64_t magnitude = hundredths < 0 ? 0 - (uint64_t)hundredths : (uint64_t)hundredths;
    uint16_t groups[NUMERIC_GROUPS_MAX];
    int count = 0;

    for (uint64_t rest = magnitude / 100; rest > 0 || count == 0; rest /= NUMERIC_BASE)
        groups[count++] = (uint16_t)(rest % NUMERIC_BASE);
    db_put_16(out, (uint16_t)(count + 1));
    db_put_16(out + 2, (uint16_t)(count - 1));
    db_put_16(out + 4, hundredths < 0 ? NUMERIC_NEGATIVE : 0);
    db_put_16(out + 6, 2);
    out += 8;
    while (count > 0) {
        db_put_16(out, groups[--count]);
        out += 2;
    }
    db_put_16(out, (uint16_t)(magnitude % 100 * 100));
    return out + 2;
}

static unsigned numeric_group(const char *data, int index)
{
    return index >= 0 && index < db_get_16(data) ? db_get_16(data + 8 + 2 * (size_t)index) : 0;
}

static const char *decode_numeric(const char *data, size_t length, int64_t *hundredths)
{
    __int128 total = 0;

    if (length < 8 || length != 8 + 2 * (size_t)db_get_16(data))
        return "damaged numeric";
    int count = db_get_16(data), weight = (int16_t)db_get_16(data + 2);
    unsigned sign = db_get_16(data + 4);
    if (sign != 0 && sign != NUMERIC_NEGATIVE)
        return "numeric is not finite";
    if (weight >= NUMERIC_GROUPS_MAX)
        return "numeric out of range";

    for (int i = 0; i <= weight; i++)
        total = total * NUMERIC_BASE + numeric_group(data, i);
    unsigned decimals = numeric_group(data, weight + 1); /* four of them; two must be zero */
    if (decimals % 100 != 0 || count > (weight < -2 ? 0 : weight + 2))
        return "numeric has more than 2 decimals";
    total = total * 100 + decimals / 100;
    if (sign == NUMERIC_NEGATIVE)
        total = -total;
    if (total > INT64_MAX || total < INT64_MIN)
        return "numeric out of range";
    *hundredths = (int64_t)total;
    return NULL;
}

/* One dimension, no nulls: dimensions, has nulls, item type, item count, lower bound, items. */
static char *encode_array(char *out, const Value *value)
{
    size_t count = value->array.count;
    bool of_text = value->type == VALUE_TEXT_ARRAY;

    db_put_32(out, count > 0);
    db_put_32(out + 4, 0);
    db_put_32(out + 8, of_text ? VALUE_TEXT : VALUE_INT8);
    out += 12;
    if (count == 0)
        return out;
    db_put_32(out, (uint32_t)count);
    db_put_32(out + 4, 1);
    out += 8;
    for (size_t i = 0; i < count; i++) {
        Value item = of_text ? value_text(((const Text *)value->array.items)[i])
                             : value_int8(((const int64_t *)value->array.items)[i]);
        char *end = db_encode(out + 4, &item);
        db_put_32(out, (uint32_t)(end - out - 4));
        out = end;
    }
    return out;
}

static const char *decode_items(const char *data, size_t length, size_t count, Arena *arena, Value *value)
{
    bool of_text = value->type == VALUE_TEXT_ARRAY;
    void *items = arena_alloc(arena, count * (of_text ? sizeof(Text) : sizeof(int64_t)));
    size_t at = 0;

    for (size_t i = 0; i < count; i++) {
        if (length - at < 4)
            return "damaged array";
        uint32_t item_length = db_get_32(data + at);
        at += 4;
        if (item_length == UINT32_MAX)
            return "array holds a null";
        if (item_length > length - at || (!of_text && item_length != 8))
            return "damaged array";
        if (of_text)
            ((Text *)items)[i] = (Text){.data = data + at, .length = item_length};
        else
            ((int64_t *)items)[i] = (int64_t)db_get_64(data + at);
        at += item_length;
    }
    value->array.items = items;
    value->array.count = count;
    return at == length ? NULL : "damaged array";
}

static const char *decode_array(const char *data, size_t length, Arena *arena, Value *value)
{
    ValueType item_type = value->type == VALUE_TEXT_ARRAY ? VALUE_TEXT : VALUE_INT8;

    if (length < 12 || db_get_32(data + 8) != (uint32_t)item_type)
        return "damaged array";
    if (db_get_32(data) == 0)
        return NULL;
    if (db_get_32(data) != 1 || length < 20)
        return "array has more than one dimension";
    /* each item has at least its length */
    size_t count = db_get_32(data + 12);
    if (count > (length - 20) / 4)
        return "damaged array";
    return decode_items(data + 20, length - 20, count, arena, value);
}

size_t db_array_bound(const Value *value)
{
    const Text *items = value->array.items;
    size_t bytes = ARRAY_HEADER_BYTES;

    if (value->type == VALUE_INT8_ARRAY)
        return bytes + 12 * value->array.count;
    for (size_t i = 0; i < value->array.count; i++)
        bytes += 4 + items[i].length;
    return bytes;
}

char *db_encode_rare(char *out, const Value *value)
{
    switch (value->type) {
    case VALUE_BOOL:
        *out = value->boolean;
        return out + 1;
    case VALUE_TIMESTAMPTZ:
        db_put_64(out, (uint64_t)time_shift(value->integer, -EPOCH_OFFSET_US));
        return out + 8;
    case VALUE_FLOAT8: {
        uint64_t bits;
        memcpy(&bits, &value->real, sizeof bits);
        db_put_64(out, bits);
        return out + 8;
    }
    case VALUE_NUMERIC:
        return encode_numeric(out, value->integer);
    case VALUE_TEXT_ARRAY:
    case VALUE_INT8_ARRAY:
        return encode_array(out, value);
    default:
        return NULL;
    }
}

/* 0: any length */
static size_t type_length(ValueType type)
{
    switch (type) {
    case VALUE_BOOL:
        return 1;
    case VALUE_INT2:
        return 2;
    case VALUE_INT4:
    case VALUE_DATE:
        return 4;
    case VALUE_INT8:
    case VALUE_FLOAT8:
    case VALUE_TIME:
    case VALUE_TIMESTAMPTZ:
        return 8;
    default:
        return 0;
    }
}

const char *db_decode(ValueType type, const char *data, size_t length, Arena *arena, Value *value)
{
    size_t wanted = type_length(type);

    *value = (Value){.type = type};
    if (wanted != 0 && wanted != length)
        return "value has the wrong length";
    switch (type) {
    case VALUE_BOOL:
        value->boolean = *data != 0;
        return NULL;
    case VALUE_INT2:
        value->integer = (int16_t)db_get_16(data);
        return NULL;
    case VALUE_INT4:
        value->integer = (int32_t)db_get_32(data);
        return NULL;
    case VALUE_INT8:
    case VALUE_TIME:
        value->integer = (int64_t)db_get_64(data);
        return NULL;
    case VALUE_DATE:
        value->date = (Date)db_get_32(data);
        return NULL;
    case VALUE_TIMESTAMPTZ:
        value->integer = time_shift((int64_t)db_get_64(data), EPOCH_OFFSET_US);
        return NULL;
    case VALUE_FLOAT8: {
        uint64_t bits = db_get_64(data);
        memcpy(&value->real, &bits, sizeof bits);
        return NULL;
    }
    case VALUE_NUMERIC:
        return decode_numeric(data, length, &value->integer);
    case VALUE_TEXT:
    case VALUE_BYTES:
        value->text = (Text){.data = data, .length = length};
        return NULL;
    case VALUE_TEXT_ARRAY:
    case VALUE_INT8_ARRAY:
        return decode_array(data, length, arena, value);
    case VALUE_PACKED:
    case VALUE_NONE:
        break;
    }
    return "value of an unknown type";
}
