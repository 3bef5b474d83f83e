/* Fields of a row made ahead as COPY has them. */
#include "base/db_private.h"

enum { FIELD_BYTES_MAX = 4 + 20 }; /* its length, and the longest that is no text: a numeric */

size_t db_pack_bytes(const Value *values, size_t count)
{
    size_t bytes = count * FIELD_BYTES_MAX;

    for (size_t i = 0; i < count; i++)
        if (values[i].type == VALUE_TEXT && !values[i].is_null)
            bytes += values[i].text.length;
    return bytes;
}

static bool is_packable(ValueType type)
{
    return type != VALUE_BYTES && type != VALUE_INT8_ARRAY && type != VALUE_TEXT_ARRAY;
}

Result db_pack(const DbCopyColumn *columns, const Value *values, size_t count, char *out, Value *packed,
               Error *error)
{
    char *at = out;

    for (size_t i = 0; i < count; i++) {
        const Value *value = &values[i];
        if (value->type != columns[i].type)
            return fail(error, ERROR_CONFIG, "pack: value for column %zu is not %s", i + 1,
                        db_type_name(columns[i].type));
        char *end = value->is_null ? at + 4 : db_encode(at + 4, value);
        if (end == NULL || (!value->is_null && !is_packable(value->type)))
            return fail(error, ERROR_DATABASE,
                        "pack: value for column %zu is out of range, or none that is packed", i + 1);
        db_put_32(at, value->is_null ? UINT32_MAX : (uint32_t)(end - at - 4));
        at = end;
    }
    *packed = (Value){.type = VALUE_PACKED,
                      .packed_count = (uint16_t)count,
                      .text = {.data = out, .length = (size_t)(at - out)}};
    return RESULT_OK;
}
