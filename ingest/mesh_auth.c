#include "ingest/mesh_auth.h"

#include <inttypes.h>
#include <stdio.h>

#include <openssl/evp.h>

#include "base/date.h"
#include "base/hash.h"
#include "base/secret.h"

enum { MESSAGE_BYTES_MAX = 8 << 10 };

/* HMAC-SHA-256 wants a key; that of no bytes is the one of a zero byte (RFC 2104, section 2: it is padded).
 */
static Result keyed_hash(const MeshToken *token, Text message, Hash *hash, Error *error)
{
    static const uint8_t no_key[1];
    const uint8_t *key = token->shared_key_length > 0 ? token->shared_key : no_key;
    size_t key_length = token->shared_key_length > 0 ? token->shared_key_length : 1, length = 0;

    if (EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, key_length, (const unsigned char *)message.data,
                  message.length, hash->bytes, HASH_BYTES, &length) == NULL ||
        length != HASH_BYTES)
        return fail(error, ERROR_SYSTEM, "MESH token: OpenSSL refused");
    return RESULT_OK;
}

Result mesh_auth_add(const MeshToken *token, TextBuilder *header, Error *error)
{
    SCOPED(text_builder_close) TextBuilder message = text_builder(MESSAGE_BYTES_MAX); /* wiped */
    char hex[HASH_TEXT_BYTES];
    Hash hash;

    /* The password stands in the hashed text and is not sent. */
    text_add_format(&message, "%s:%s:%" PRIu64 ":", token->mailbox, token->nonce, token->count);
    text_add(&message, (Text){.data = (const char *)token->password, .length = token->password_length});
    text_add_format(&message, ":%s", token->time);
    TRY(keyed_hash(token, text_built(&message), &hash, error));
    text_add_format(header, "NHSMESH %s:%s:%" PRIu64 ":%s:%s", token->mailbox, token->nonce, token->count,
                    token->time, hash_format(&hash, hex));
    return RESULT_OK;
}

Result mesh_auth_nonce(char nonce[MESH_NONCE_BYTES], Error *error)
{
    uint8_t random[16];

    TRY(secret_random(random, sizeof random, error));
    random[6] = (uint8_t)((random[6] & 0x0f) | 0x40);
    random[8] = (uint8_t)((random[8] & 0x3f) | 0x80);
    char *out = nonce;
    for (size_t i = 0; i < sizeof random; i++) {
        const char *dash = i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "";
        out += snprintf(out, 4, "%s%02x", dash, random[i]);
    }
    return RESULT_OK;
}

const char *mesh_auth_time(int64_t unix_us, char time[MESH_TIME_BYTES])
{
    char text[TIME_TEXT_BYTES]; /* 2026-11-21T09:30:00.000000Z */

    (void)time_format(unix_us, text);
    (void)snprintf(time, MESH_TIME_BYTES, "%.4s%.2s%.2s%.2s%.2s", text, text + 5, text + 8, text + 11,
                   text + 14);
    return time;
}
