#pragma once
/*
 * Private to ingest: a way by which deliveries come from where their sender left them. pull.c knows no other.
 *
 * A transport lists what is complete there, streams an item's bytes as delivered into a sink, and is told to
 * acknowledge only when archive and ledger row are durable. It writes nothing to disk, and its messages hold
 * neither secrets nor content.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "ingest/feed.h"

enum { FETCH_ID_BYTES = 256, FETCH_NAME_BYTES = 256 };
#define FETCH_BYTES_UNKNOWN UINT64_MAX

typedef struct FetchItem {
    char id[FETCH_ID_BYTES]; /* the transport's own: a file's name there, a message id. The ledger keeps its
                                hash */
    char name[FETCH_NAME_BYTES]; /* as the sender named the file, without a folder; what `file` matches */
    uint64_t bytes;              /* or FETCH_BYTES_UNKNOWN */
    int64_t changed_us;          /* since 1970, UTC; 0: unknown */
    bool has_version;            /* the host names its content */
    Hash version;                /* of that name */
    bool may_go_on; /* what tells it proves that bytes of it that came to a killed process are its */
    bool is_vague;  /* what changes under this id is told by its content alone: always fetched */
    bool is_bare; /* without its marker: no delivery, but if the ledger knows it, it is to be acknowledged */
    /* Of a file on this host, with when its inode changed: whoever sets a time back does not get another
     * content taken for it. 0: unknown */
    uint64_t inode;
    int64_t inode_changed_us;
} FetchItem;

/* A failed Result stops the list. */
typedef Result (*FetchEach)(void *context, const FetchItem *item, Error *error);
/* A failed Result stops the transfer, and is what get returns. */
typedef Result (*FetchSink)(void *context, const void *bytes, size_t length, Error *error);

typedef struct FetchKind {
    const char *name; /* as `transport: kind` has it */
    /* What an item holds is known only when it was read: each pull reads it, and its content tells whether it
     * is new. */
    bool is_made_anew;
    /* state: the transport's own. feed outlives it. Connects or not, as it likes. */
    Result (*open)(const Feed *feed, void **state, Error *error);
    /* The month that the caller gave, of a feed with `period: given`; NULL: of no use to it. */
    void (*use_period)(void *state, Month period);
    /* Only what is complete there, or bare, in a stable order. Companions (below) and what a transport knows
     * to be no delivery are not listed; pull.c leaves out names that the feed's `file` does not match. */
    Result (*list)(void *state, FetchEach each, void *context, Error *error);
    /*
     * The bytes from offset to the end, in order. Fails when it cannot be told that the end was reached, and
     * when the item is not the one that was listed (another size, changed while it was read).
     * ERROR_SYSTEM: the connection was lost, pull.c tries again from where it was. Of a transport that cannot
     * resume, offset > 0 is ERROR_LIMIT: pull.c begins anew.
     */
    Result (*get)(void *state, const FetchItem *item, uint64_t offset, FetchSink sink, void *context,
                  Error *error);
    /*
     * A small file of the same name with a suffix (".manifest", ".manifest.sig"); ERROR_LIMIT above
     * bytes_max. Not there: *is_found false. NULL: this transport has none.
     */
    Result (*companion)(void *state, const FetchItem *item, const char *suffix, size_t bytes_max,
                        Arena *arena, Text *content, bool *is_found, Error *error);
    /* Archive and ledger are durable. Repeating it is harmless. */
    Result (*acknowledge)(void *state, const FetchItem *item, Error *error);
    void (*close)(void **state); /* accepts a pointer to NULL */
} FetchKind;

/* The feed's, by the table in fetch.c. */
Result fetch_kind(const Feed *feed, const FetchKind **kind, Error *error) CHECKED;

/* One file each: fetch_folder.c, ... */
extern const FetchKind FETCH_FOLDER, FETCH_SFTP, FETCH_HTTPS, FETCH_MESH, FETCH_POSTGRESQL;
