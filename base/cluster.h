#pragma once
/*
 * A private PostgreSQL cluster in a folder: unix socket in a short directory
 * of its own, no TCP, data checksums, peer authentication with a map.
 * PostgreSQL refuses to run as root; then the server runs as user postgres.
 */
#include <stdbool.h>

#include "base/error.h"

enum { CLUSTER_PATH_BYTES = 256, CLUSTER_CONNINFO_BYTES = 512 };

typedef struct Cluster {
    char folder[CLUSTER_PATH_BYTES]; /* the data directory's parent; holds pg/ and the socket's name in pg/socket */
    char socket[CLUSTER_PATH_BYTES]; /* directory of the unix socket, at most 80 bytes */
} Cluster;

typedef enum ClusterState { CLUSTER_ABSENT, CLUSTER_STOPPED, CLUSTER_RUNNING } ClusterState;

/* Where a cluster in folder would be or is. */
Result cluster_locate(const char *folder, Cluster *cluster, Error *error) CHECKED;
/*
 * initdb (checksums, C collation, UTF8) and configuration; a half-made one from a killed run is made again.
 * map_user: the operating-system user who may become any role of roles (also "postgres" for schema work).
 * fast_unsafe: fsync off, for tests alone.
 */
Result cluster_create(const Cluster *cluster, const char *map_user, bool fast_unsafe, Error *error) CHECKED;
Result cluster_start(const Cluster *cluster, Error *error) CHECKED; /* no-op when it runs; waits until it answers */
Result cluster_stop(const Cluster *cluster, Error *error) CHECKED;  /* fast shutdown; no-op when stopped */
Result cluster_state(const Cluster *cluster, ClusterState *state, Error *error) CHECKED;
/* "host=SOCKET dbname=DATABASE user=ROLE" */
const char *cluster_conninfo(const Cluster *cluster, const char *database, const char *role,
                             char out[CLUSTER_CONNINFO_BYTES]);
