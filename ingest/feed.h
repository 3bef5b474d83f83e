#pragma once
/*
 * Private to ingest: a declared feed (feeds/NAME.yaml): where a sender's deliveries of a source come from.
 * Secrets stand in files of their own, which the feed names by path (feed_secret): never in the feed, an
 * argument or the environment.
 */
#include "base/date.h"
#include "base/secret.h"
#include "ingest/ingest.h"

typedef struct IngestFeed Feed; /* as ingest.h names it */

typedef enum FeedTransport { FEED_FOLDER, FEED_SFTP, FEED_HTTPS, FEED_MESH, FEED_POSTGRESQL } FeedTransport;

/* How a file of a drop folder is known to be complete. */
typedef enum FeedComplete {
    FEED_STABLE,     /* size and time the same after stable_seconds */
    FEED_DONE,       /* NAME.done lies beside it */
    FEED_MESH_CLIENT /* NAME.dat with a NAME.ctl that says SUCCESS, as the MESH client writes them */
} FeedComplete;

typedef enum FeedPeriod { FEED_PERIOD_NAME, FEED_PERIOD_MANIFEST, FEED_PERIOD_GIVEN } FeedPeriod;

/* NULL: the feed does not say. Paths are absolute, or relative to the feed's folder and made whole. */
typedef struct FeedSettings {
    const char *folder; /* folder */
    FeedComplete complete;
    int stable_seconds;
    bool deletes;    /* when a delivery is acknowledged; else it stays, and is known again */
    const char *url; /* sftp, https, mesh: without user or password */
    const char *user;
    const char *password_file;
    const char *known_hosts;                          /* sftp */
    const char *ca_file;                              /* https, mesh */
    const char *crl_file;                             /* https, mesh: lists of revoked certificates, PEM */
    const char *certificate_file;                     /* client certificate, PEM */
    const char *key_file;                             /* of the client certificate, or the sftp identity */
    const char *mailbox, *workflow, *shared_key_file; /* mesh */
    const char *from;                                 /* mesh: the sender's mailbox; others are passed over */
    const char *conninfo, *query_file;                /* postgresql; conninfo without a password */
} FeedSettings;

struct IngestFeed {
    Arena *arena;
    const char *path; /* of its YAML, for messages */
    const char *name, *source, *sender;
    const char *spec; /* path; NULL: the shipped one of the source */
    IngestStatus status;
    FeedTransport transport;
    FeedSettings settings;
    const char *file; /* pattern of names: * any, {CCYY}, {MM}, {DD} digits, all else itself */
    FeedPeriod period_from;
    bool manifest_required;
    const char *manifest_key; /* PEM of the sender's Ed25519 public key, or NULL */
    const char *signer;  /* fingerprint of the key that must have signed what is inside a delivery, or NULL */
    int expected_by_day; /* of the following month; 0: not waited for */
    int keep_days;
};

/* Errors name file, line and column. */
Result feed_open(const char *path, Feed **feed, Error *error) CHECKED;
void feed_close(Feed **feed);
/* Does the pattern match the whole name? *period DATE_NONE when the pattern tells none. */
bool feed_match(const Feed *feed, Text name, Month *period);
/* The content of a file of mode 0600 that we own, without its line end; at most 4096 bytes, at least one. */
Result feed_secret(const char *path, Secret **secret, size_t *length, Error *error) CHECKED;
