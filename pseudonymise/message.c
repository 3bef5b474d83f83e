#include "pseudonymise/message.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/secret.h"

enum { FIRST_CAPACITY = 4096 };

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

void message_add_field(Message *message, Text field)
{
    message_reserve(message, MESSAGE_LENGTH_BYTES + field.length);
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
