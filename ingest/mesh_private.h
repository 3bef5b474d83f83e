#pragma once
/* Private to ingest/mesh*.c. */
#include "base/gunzip.h"
#include "ingest/mesh.h"

enum { MESH_URL_BYTES = 2048, MESH_TRIES = 3 };

/* What an answer's status can say. */
enum {
    MESH_OK = 200,
    MESH_PARTIAL = 206, /* chunks follow */
    MESH_FORBIDDEN = 403,
    MESH_NOT_FOUND = 404,
    MESH_GONE = 410, /* MESH has given up on it */
};

struct Mesh {
    Arena *arena;
    Transfer *transfer;
    const char *place, *url, *mailbox, *workflow;
    Secret *password, *shared_key;
    size_t password_length, shared_key_length;
    int64_t (*now_us)(void);
    unsigned page, wait_ms;
};

typedef struct MeshCall {
    const char *method, *path; /* path: behind the host, escaped */
    bool takes_gzip;
    uint64_t bytes_max; /* 0: of a short answer */
    TransferSink sink;
    void *sink_context;
} MeshCall;

/* A request under a token of its own, as is each of its tries. Any status is an answer. */
Result mesh_call(Mesh *mesh, const MeshCall *call, TransferAnswer *answer, Error *error) CHECKED;
/* ERROR_REFUSED of 403, ERROR_SYSTEM of a busy host, ERROR_INPUT of all else; what: for people. */
Result mesh_fail_status(const Mesh *mesh, int status, const char *what, Error *error) CHECKED;
/* Letters, digits, - and _ alone: what a host says becomes part of a path and of messages. */
bool mesh_is_id(Text id);
/* Of the last answer: "k:n". False on anything else; 1:0 is that of a report. */
bool mesh_chunk_range(const Mesh *mesh, int64_t *chunk, int64_t *chunks);
void mesh_pause(unsigned ms);
