#pragma once
/*
 * Private to pseudonymise: the bytes that go under a keyed hash, and the only place where a row's identifiers
 * are held. Domain string, then fields, each behind its length as big-endian 32 bits, so that no two lists of
 * fields give the same bytes. The domain stays in place between rows, what follows is wiped.
 */
#include <assert.h>
#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"

enum { MESSAGE_LENGTH_BYTES = 4 };

typedef struct Message {
    uint8_t *bytes;
    size_t length, capacity;
} Message;

Message message_open(const char *domain);
void message_grow(Message *message, size_t more);
/* Room for so many bytes more. Views into the message end here. */
static inline void message_reserve(Message *message, size_t more)
{
    if (more > message->capacity - message->length)
        message_grow(message, more);
}
/* A field in three steps, for those who write it in place: start, write at most what is reserved behind the
 * returned pointer, end. */
static inline char *message_field_start(Message *message)
{
    assert(message->capacity - message->length >= MESSAGE_LENGTH_BYTES);
    return (char *)message->bytes + message->length + MESSAGE_LENGTH_BYTES;
}
static inline Text message_field_end(Message *message, size_t length)
{
    uint8_t *at = message->bytes + message->length;
    uint32_t prefix = htobe32((uint32_t)length);

    assert(length <= message->capacity - message->length - MESSAGE_LENGTH_BYTES && length <= UINT32_MAX);
    memcpy(at, &prefix, MESSAGE_LENGTH_BYTES);
    message->length += MESSAGE_LENGTH_BYTES + length;
    return (Text){.data = (const char *)at + MESSAGE_LENGTH_BYTES, .length = length};
}
/* Reserves as well. */
static inline void message_add_field(Message *message, Text field)
{
    message_reserve(message, MESSAGE_LENGTH_BYTES + field.length);
    (void)text_put(message_field_start(message), field);
    (void)message_field_end(message, field.length);
}
/* Wipes everything behind the first length bytes. */
static inline void message_rewind(Message *message, size_t length)
{
    assert(length <= message->length);
    secret_wipe(message->bytes + length, message->length - length);
    message->length = length;
}
void message_close(Message *message); /* wipes */
