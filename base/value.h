#pragma once
/*
 * A typed value on its way to or from PostgreSQL. The type numbers are the
 * built-in type OIDs of PostgreSQL (catalog pg_type), so no map is needed.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/date.h"
#include "base/text.h"

typedef enum ValueType {
    VALUE_NONE = 0,
    VALUE_BOOL = 16,
    VALUE_BYTES = 17,
    VALUE_INT8 = 20,
    VALUE_INT2 = 21,
    VALUE_INT4 = 23,
    VALUE_TEXT = 25,
    VALUE_FLOAT8 = 701,
    VALUE_DATE = 1082,
    VALUE_TIME = 1083,        /* integer: microseconds since midnight */
    VALUE_TIMESTAMPTZ = 1184, /* integer: microseconds since 1970-01-01 UTC on our side */
    VALUE_NUMERIC = 1700,     /* integer in hundredths (pence, 2 decimal places) */
    VALUE_INT8_ARRAY = 1016,
    VALUE_TEXT_ARRAY = 1009,
    VALUE_PACKED = -1, /* several columns of a row for COPY, as db_pack makes them: no type of the server */
} ValueType;

typedef struct Value {
    ValueType type;
    bool is_null;
    uint16_t packed_count; /* PACKED: how many columns */
    union {
        bool boolean;
        int64_t integer; /* INT2, INT4, INT8, TIME, TIMESTAMPTZ, NUMERIC */
        double real;
        Date date;
        Text text; /* TEXT, BYTES and PACKED: a view */
        struct {
            const void *items; /* int64_t[] or Text[]: a view */
            size_t count;
        } array;
    };
} Value;

static inline Value value_null(ValueType type)
{
    return (Value){.type = type, .is_null = true};
}
static inline Value value_bool(bool boolean)
{
    return (Value){.type = VALUE_BOOL, .boolean = boolean};
}
static inline Value value_int2(int64_t integer)
{
    return (Value){.type = VALUE_INT2, .integer = integer};
}
static inline Value value_int4(int64_t integer)
{
    return (Value){.type = VALUE_INT4, .integer = integer};
}
static inline Value value_int8(int64_t integer)
{
    return (Value){.type = VALUE_INT8, .integer = integer};
}
static inline Value value_numeric(int64_t hundredths)
{
    return (Value){.type = VALUE_NUMERIC, .integer = hundredths};
}
static inline Value value_float8(double real)
{
    return (Value){.type = VALUE_FLOAT8, .real = real};
}
static inline Value value_text(Text text)
{
    return (Value){.type = VALUE_TEXT, .text = text};
}
static inline Value value_bytes(const void *data, size_t length)
{
    return (Value){.type = VALUE_BYTES, .text = {.data = (const char *)data, .length = length}};
}
static inline Value value_date(Date date)
{
    return (Value){.type = VALUE_DATE, .date = date};
}
static inline Value value_time(int64_t unix_us)
{
    return (Value){.type = VALUE_TIMESTAMPTZ, .integer = unix_us};
}
