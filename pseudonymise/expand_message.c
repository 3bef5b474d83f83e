#include "pseudonymise/expand_message.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "base/secret.h"

enum { HASH_BLOCK_BYTES = 64 }; /* of SHA-256 */

/* Adds what every hash of it ends with: a counter, the tag and the tag's length. Closes the stream. */
static Hash end_of(HashStream *hash, size_t counter, Text tag)
{
    const uint8_t counter_byte = (uint8_t)counter, length_byte = (uint8_t)tag.length;

    hash_add(hash, &counter_byte, 1);
    hash_add(hash, tag.data, tag.length);
    hash_add(hash, &length_byte, 1);
    Hash value = hash_value(hash);
    hash_close(&hash);
    return value;
}

static Hash first_block(Text message, Text tag, size_t length)
{
    static const uint8_t zeros[HASH_BLOCK_BYTES];
    const uint8_t length_bytes[] = {(uint8_t)(length >> 8), (uint8_t)length};
    HashStream *hash = hash_open();

    hash_add(hash, zeros, sizeof zeros);
    hash_add(hash, message.data, message.length);
    hash_add(hash, length_bytes, sizeof length_bytes);
    return end_of(hash, 0, tag);
}

void expand_message(Text message, Text tag, uint8_t *out, size_t length)
{
    Hash first = first_block(message, tag, length), value = {0};

    assert(tag.length <= EXPAND_MESSAGE_TAG_BYTES_MAX && length <= EXPAND_MESSAGE_BYTES_MAX);
    for (size_t from = 0; from < length; from += HASH_BYTES) {
        HashStream *hash = hash_open();
        for (size_t i = 0; i < HASH_BYTES; i++)
            value.bytes[i] ^= first.bytes[i];
        hash_add(hash, value.bytes, HASH_BYTES);
        value = end_of(hash, from / HASH_BYTES + 1, tag);
        memcpy(out + from, value.bytes, length - from < HASH_BYTES ? length - from : HASH_BYTES);
    }
    secret_wipe(&first, sizeof first);
    secret_wipe(&value, sizeof value);
}
