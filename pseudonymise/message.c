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

void message_grow(Message *message, size_t more)
{
    /* Not realloc: it would leave the old copy unwiped. */
    size_t capacity = 2 * (message->length + more);
    uint8_t *bytes = memory_alloc(capacity);
    memcpy(bytes, message->bytes, message->length);
    secret_wipe(message->bytes, message->capacity);
    memory_free(message->bytes);
    message->bytes = bytes;
    message->capacity = capacity;
}

void message_close(Message *message)
{
    if (message->bytes == NULL)
        return;
    secret_wipe(message->bytes, message->capacity);
    memory_free(message->bytes);
    *message = (Message){0};
}
