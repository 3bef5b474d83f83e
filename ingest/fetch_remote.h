#pragma once
/*
 * Private to ingest/fetch_*.c: what HTTPS and SFTP share. A place has names; each is asked for its size and
 * time before it is listed, and must be the same file when it is fetched.
 */
#include "base/transfer.h"
#include "ingest/fetch.h"

typedef struct Remote Remote;

typedef struct RemoteKind {
    /* The names there, one a line. */
    Result (*names)(Remote *remote, Text *names, Error *error);
    /* Adds a header with the password to each request of a feed that has one. */
    Result (*sign)(void *remote, TextBuilder *header, Error *error);
    bool waits; /* what grows is told by looking twice: there is no other sign of being complete */
} RemoteKind;

typedef struct RemoteFile {
    const char *name, *validator;
    int64_t size, changed;
    bool is_there, has_version, is_bare; /* is_bare: without the marker that the feed wants */
    Hash version;                        /* of the ETag */
} RemoteFile;

struct Remote {
    const RemoteKind *kind;
    const Feed *feed;
    char *base; /* the URL of the feed up to its last slash */
    Arena *arena;
    Transfer *transfer;
    Secret *password; /* NULL: none */
    size_t password_length;
    RemoteFile *files;
    size_t file_count;
};

enum { REMOTE_LIST_BYTES_MAX = 4 << 20 };

Result remote_open(const Feed *feed, const RemoteKind *kind, const TransferSettings *settings,
                   Remote **remote, Error *error) CHECKED;
/* As members of a FetchKind. */
Result remote_list(void *state, FetchEach each, void *context, Error *error) CHECKED;
Result remote_get(void *state, const FetchItem *item, uint64_t offset, FetchSink sink, void *context,
                  Error *error) CHECKED;
Result remote_companion(void *state, const FetchItem *item, const char *suffix, size_t bytes_max,
                        Arena *arena, Text *content, bool *is_found, Error *error) CHECKED;
/* SFTP: deletes the file where the feed says so. Else it stays, and the ledger knows it. */
Result remote_acknowledge(void *state, const FetchItem *item, Error *error) CHECKED;
void remote_close(void **state);
/* A small file as text; *is_found false: not there. */
Result remote_read(Remote *remote, const char *url, size_t bytes_max, Arena *arena, Text *content,
                   bool *is_found, Error *error) CHECKED;

/* Shared with MESH: a name that can be a file's here; the names of what goes with a delivery. */
bool fetch_is_name(Text name);
bool fetch_is_companion(Text name);
