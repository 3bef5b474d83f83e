#pragma once
/* Private to ingest/mesh*.c: the Authorization header of a MESH request. */
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum { MESH_NONCE_BYTES = 37, MESH_TIME_BYTES = 13 };

typedef struct MeshToken {
    const char *mailbox;
    const char *nonce; /* a GUID, or any text without a colon */
    uint64_t count;    /* earlier uses of the nonce */
    const char *time;  /* UTC, CCYYMMDDhhmm */
    const uint8_t *password, *shared_key;
    size_t password_length, shared_key_length;
} MeshToken;

/* "NHSMESH mailbox:nonce:count:time:hash" behind what header holds already. */
Result mesh_auth_add(const MeshToken *token, TextBuilder *header, Error *error) CHECKED;
/* A random GUID (RFC 4122, version 4). */
Result mesh_auth_nonce(char nonce[MESH_NONCE_BYTES], Error *error) CHECKED;
const char *mesh_auth_time(int64_t unix_us, char time[MESH_TIME_BYTES]);
