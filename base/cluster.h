#pragma once
/*
 * A private PostgreSQL cluster in a folder: unix socket in a short directory
 * of its own, no TCP, data checksums, peer authentication with a map.
 * PostgreSQL refuses to run as root; then the server runs as user postgres.
 */
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { CLUSTER_PATH_BYTES = 256, CLUSTER_CONNINFO_BYTES = 512 };

typedef struct Cluster {
    char folder[CLUSTER_PATH_BYTES]; /* absolute; holds pg/ with pg/data, pg/server.log, pg/tools.log */
    char socket[CLUSTER_PATH_BYTES]; /* directory of the unix socket: pg/socket, or below /tmp when that is
                                        too long */
} Cluster;

typedef enum ClusterState { CLUSTER_ABSENT, CLUSTER_STOPPED, CLUSTER_RUNNING } ClusterState;

/* Where a cluster in folder would be or is. The folder's parent must exist. */
Result cluster_locate(const char *folder, Cluster *cluster, Error *error) CHECKED;
/*
 * initdb (checksums, C collation, UTF8) and configuration; a half-made one from a killed run is made again.
 * map_user: the operating-system user who may become role postgres for schema work; cluster_map adds other
 * roles. fast_unsafe: fsync off, for tests alone.
 */
Result cluster_create(const Cluster *cluster, const char *map_user, bool fast_unsafe, Error *error) CHECKED;
/* Waits until it answers; no-op when it runs. ERROR_SYSTEM when it runs and its socket is gone. */
Result cluster_start(const Cluster *cluster, Error *error) CHECKED;
Result cluster_stop(const Cluster *cluster, Error *error) CHECKED; /* fast shutdown; no-op when stopped */
Result cluster_state(const Cluster *cluster, ClusterState *state, Error *error) CHECKED;
/*
 * Rewrites the map of operating-system users: os_user may become any of roles. The server's own user, and
 * root where the server runs as postgres, stay mapped to role postgres. Takes effect at once, also while the
 * server runs.
 */
Result cluster_map(const Cluster *cluster, const char *os_user, const char *const *roles, size_t role_count,
                   Error *error) CHECKED;
/*
 * "host=SOCKET dbname=DATABASE user=ROLE requirepeer=USER": a stranger who listens where the server does not
 * run is not spoken to.
 */
const char *cluster_conninfo(const Cluster *cluster, const char *database, const char *role,
                             char out[CLUSTER_CONNINFO_BYTES]);
