#pragma once
/*
 * Private to ingest: a mailbox of NHS MESH (message exchange for social care and health), after the OpenAPI
 * description 2.0.0 of NHSDigital/mesh-api-specification. Messages are listed, downloaded chunk by chunk and
 * acknowledged, which deletes them there: only the caller knows when that is safe.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/secret.h"
#include "base/transfer.h"

typedef struct Mesh Mesh;

enum { MESH_ID_BYTES = 65, MESH_NAME_BYTES = 256, MESH_CODE_BYTES = 16 };

typedef struct MeshSettings {
    const char *place; /* for messages */
    const char *url;   /* https://HOST, without a path */
    const char *mailbox;
    const char *workflow; /* NULL: messages of any */
    const char *trust_file, *revoked_file, *certificate_file, *key_file;
    Secret *password, *shared_key; /* mesh_open takes them over, also when it fails */
    size_t password_length, shared_key_length;
    int64_t (*now_us)(void); /* NULL: time_now_us */
    unsigned page;           /* messages listed at once, 10 to 5000; 0: 500 */
    unsigned wait_ms;        /* before a second try; 0: 500 */
} MeshSettings;

typedef enum MeshKind { MESH_DATA, MESH_REPORT } MeshKind;

/* What MESH says about a message. Texts that senders write freely (subject, description) are not read. */
typedef struct MeshMessage {
    char id[MESH_ID_BYTES];
    MeshKind kind;
    char name[MESH_NAME_BYTES]; /* of the file, may be empty */
    char sender[MESH_ID_BYTES]; /* the mailbox it came from, may be empty */
    char workflow[MESH_ID_BYTES];
    char status_code[MESH_CODE_BYTES]; /* of a report */
    char linked[MESH_ID_BYTES];        /* of a report: the message it is about */
    int64_t sent_us;                   /* when it reached the mailbox; 0: not said */
    int64_t chunks;
} MeshMessage;

/* A failed Result stops the list. */
typedef Result (*MeshEach)(void *context, const char *id, Error *error);

Result mesh_open(const MeshSettings *settings, Mesh **mesh, Error *error) CHECKED;
/* Says that we are there, once in 24 hours at least; finds out whether mailbox and secrets fit. */
Result mesh_handshake(Mesh *mesh, Error *error) CHECKED;
/* All messages that wait, over all pages. */
Result mesh_list(Mesh *mesh, MeshEach each, void *context, Error *error) CHECKED;
/* *is_there false: expired, failed, or unknown (404, 410). */
Result mesh_describe(Mesh *mesh, const char *id, MeshMessage *message, bool *is_there, Error *error) CHECKED;
/*
 * The content of all chunks, decoded, in order, each once; behind a lost connection too. It is whole when
 * this succeeds, and only then. Errors  ERROR_INPUT gone, damaged, or chunks that do not fit; ERROR_SYSTEM no
 * connection; ERROR_REFUSED
 */
Result mesh_get(Mesh *mesh, const char *id, uint64_t bytes_max, TransferSink sink, void *context,
                Error *error) CHECKED;
/* Deletes the message there. Repeating it is harmless. */
Result mesh_acknowledge(Mesh *mesh, const char *id, Error *error) CHECKED;
/* Waits so long already that MESH will soon give up on it: after 5 days it tells the sender so. */
bool mesh_is_nearly_lost(const Mesh *mesh, const MeshMessage *message);
void mesh_close(Mesh **mesh);
