#include "pseudonymise/message.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#include "base/arena.h"
#include "base/secret.h"

enum { LENGTH_BYTES = 4, FIRST_CAPACITY = 4096 };

Message message_open(const char *domain)
{
    Message message = {.bytes = memory_alloc(FIRST_CAPACITY), .capacity = FIRST_CAPACITY};

    message.length = strlen(domain);
    assert(message.length < message.capacity);
    memcpy(message.bytes, domain, message.length);
    return message;
}

void message_reserve(Message *message, size_t more)
{
    if (more <= message->capacity - message->length)
        return;

    /* Not realloc: it would leave the old copy unwiped. */
    size_t capacity = 2 * (message->length + more);
    uint8_t *bytes = memory_alloc(capacity);
    memcpy(bytes, message->bytes, message->length);
    secret_wipe(message->bytes, message->capacity);
    memory_free(message->bytes);
    message->bytes = bytes;
    message->capacity = capacity;
}

char *message_field_start(Message *message)
{
    assert(message->capacity - message->length >= LENGTH_BYTES);
    return (char *)message->bytes + message->length + LENGTH_BYTES;
}

Text message_field_end(Message *message, size_t length)
{
    uint8_t *at = message->bytes + message->length;

    assert(length <= message->capacity - message->length - LENGTH_BYTES && length <= UINT32_MAX);
    uint32_t prefix = htobe32((uint32_t)length);
    memcpy(at, &prefix, LENGTH_BYTES);
    message->length += LENGTH_BYTES + length;
    return (Text){.data = (const char *)at + LENGTH_BYTES, .length = length};
}

void message_add_field(Message *message, Text field)
{
    message_reserve(message, LENGTH_BYTES + field.length);
    if (field.length > 0)
        memcpy(message_field_start(message), field.data, field.length);
    (void)message_field_end(message, field.length);
}

void message_rewind(Message *message, size_t length)
{
    assert(length <= message->length);
    secret_wipe(message->bytes + length, message->length - length);
    message->length = length;
}

void message_close(Message *message)
{
    if (message->bytes == NULL)
        return;
    secret_wipe(message->bytes, message->capacity);
    memory_free(message->bytes);
    *message = (Message){0};
}
