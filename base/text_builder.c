#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/text.h"

enum { FIRST_BYTES = 256 };

TextBuilder text_builder(size_t bytes_max)
{
    return (TextBuilder){.bytes_max = bytes_max};
}

/* Copies by hand, not by realloc, which would leave the old bytes behind unwiped. */
static void make_room(TextBuilder *builder, size_t bytes)
{
    if (bytes > builder->bytes_max - builder->length) {
        (void)fputs("cinque: text builder: passed its limit\n", stderr);
        abort();
    }
    size_t needed = builder->length + bytes + 1;
    if (needed <= builder->capacity)
        return;

    size_t capacity = builder->capacity == 0 ? FIRST_BYTES : 2 * builder->capacity;
    if (capacity < needed)
        capacity = needed;
    char *data = memory_alloc(capacity);
    if (builder->length > 0)
        memcpy(data, builder->data, builder->length);
    OPENSSL_cleanse(builder->data, builder->capacity);
    memory_free(builder->data);
    builder->data = data;
    builder->capacity = capacity;
}

void text_add(TextBuilder *builder, Text text)
{
    make_room(builder, text.length);
    if (text.length > 0)
        memcpy(builder->data + builder->length, text.data, text.length);
    builder->length += text.length;
    builder->data[builder->length] = '\0';
}

void text_add_string(TextBuilder *builder, const char *string)
{
    text_add(builder, text_from(string));
}

void text_add_char(TextBuilder *builder, char c)
{
    text_add(builder, (Text){.data = &c, .length = 1});
}

void text_add_format(TextBuilder *builder, const char *format, ...)
{
    assert(format != NULL);
    va_list arguments, again;

    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    assert(length >= 0);
    make_room(builder, (size_t)length);
    (void)vsnprintf(builder->data + builder->length, (size_t)length + 1, format, again);
    va_end(again);
    builder->length += (size_t)length;
}

Text text_built(const TextBuilder *builder)
{
    if (builder->data == NULL)
        return TEXT("");
    return (Text){.data = builder->data, .length = builder->length};
}

void text_builder_close(TextBuilder *builder)
{
    if (builder->data != NULL)
        OPENSSL_cleanse(builder->data, builder->capacity);
    memory_free(builder->data);
    *builder = (TextBuilder){.bytes_max = builder->bytes_max};
}
