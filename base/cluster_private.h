#pragma once
/* What the cluster*.c files share. */
#include <sys/types.h>

#include "base/cluster.h"

/* Whom the server runs as: ourselves, or user postgres when we are root. */
enum { CLUSTER_NAME_BYTES = 64 };
typedef struct ClusterUser {
    char name[CLUSTER_NAME_BYTES];
    uid_t uid;
    gid_t gid;
} ClusterUser;

/* cluster_process.c */
Result cluster_server_user(ClusterUser *user, Error *error) CHECKED;
/* Whom the server of this cluster runs as, also when we are somebody else: the owner of its data. A name that
 * nobody has when there is no such account. */
const char *cluster_server_name(const Cluster *cluster, char out[CLUSTER_NAME_BYTES]);
/* The folder of the binaries: of version data/PG_VERSION when there is one, else of the highest from 15 up.
 */
Result cluster_binaries(const Cluster *cluster, char out[CLUSTER_PATH_BYTES], Error *error) CHECKED;
/* Runs argv as the server's user without our files and environment; its output goes behind pg/tools.log. */
Result cluster_run(const Cluster *cluster, const char *const *argv, int *status, Error *error) CHECKED;

/* cluster_files.c */
enum { CLUSTER_FILE_BYTES = CLUSTER_PATH_BYTES + 64 };
/* FOLDER/pg/NAME */
const char *cluster_path(const Cluster *cluster, const char *name, char out[CLUSTER_FILE_BYTES]);
bool cluster_has(const Cluster *cluster, const char *name);
/* Replaces pg/NAME durably, readable for the server's user alone. */
Result cluster_write(const Cluster *cluster, const char *name, const char *text, Error *error) CHECKED;
Result cluster_make_folder(const char *path, mode_t mode, Error *error)
    CHECKED; /* owned by the server's user */
Result cluster_remove_tree(const char *path, Error *error) CHECKED;
/* One process at a time changes a cluster; -1 when closed. */
Result cluster_lock(const Cluster *cluster, int *lock, Error *error) CHECKED;
void cluster_unlock(int *lock);

/* cluster_config.c */
Result cluster_write_config(const Cluster *cluster, bool fast_unsafe, Error *error) CHECKED;
Result cluster_write_map(const Cluster *cluster, const char *os_user, const char *const *roles,
                         size_t role_count, Error *error) CHECKED;
