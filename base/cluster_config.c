#include <string.h>
#include <unistd.h>

#include "base/cluster_private.h"
#include "base/text.h"

enum { CONFIG_BYTES_MAX = 64 << 10 };

/*
 * Values never reach the server's log: neither statements nor parameters,
 * nor the messages of errors, which may quote them (log_min_messages = log
 * leaves those out and keeps what the server has to say about itself).
 * Shared memory of parallel workers is of System V because containers often
 * have a small /dev/shm.
 */
static const char config_always[] = "listen_addresses = ''\n"
                                    "unix_socket_permissions = 0777\n" /* pg_hba.conf decides */
                                    "password_encryption = 'scram-sha-256'\n"
                                    "max_connections = 50\n"
                                    "max_locks_per_transaction = 256\n" /* a release locks all partitions */
                                    "wal_level = minimal\n"
                                    "max_wal_senders = 0\n"
                                    "checkpoint_timeout = 15min\n"
                                    "work_mem = 64MB\n"
                                    "maintenance_work_mem = 256MB\n"
                                    "random_page_cost = 1.1\n"
                                    "parallel_tuple_cost = 0.01\n"
                                    "parallel_setup_cost = 200\n"
                                    "jit = off\n"
                                    "dynamic_shared_memory_type = sysv\n"
                                    "log_destination = 'stderr'\n"
                                    "logging_collector = off\n"
                                    "log_line_prefix = '%m %p '\n"
                                    "log_error_verbosity = terse\n"
                                    "log_min_error_statement = panic\n"
                                    "log_statement = 'none'\n"
                                    "log_min_duration_statement = -1\n"
                                    "log_parameter_max_length = 0\n"
                                    "log_parameter_max_length_on_error = 0\n"
                                    "log_timezone = 'UTC'\n"
                                    "timezone = 'UTC'\n"
                                    "datestyle = 'iso, ymd'\n"
                                    "lc_messages = 'C'\n"
                                    "lc_monetary = 'C'\n"
                                    "lc_numeric = 'C'\n"
                                    "lc_time = 'C'\n"
                                    "default_text_search_config = 'pg_catalog.simple'\n";

static const char config_durable[] = "shared_buffers = 512MB\n"
                                     "max_wal_size = 4GB\n"
                                     "log_min_messages = log\n";

/* Test data are invented, so errors may be read in the log. */
static const char config_fast[] = "shared_buffers = 128MB\n"
                                  "max_wal_size = 1GB\n"
                                  "log_min_messages = warning\n"
                                  "fsync = off\n"
                                  "full_page_writes = off\n";

Result cluster_write_config(const Cluster *cluster, bool fast_unsafe, Error *error)
{
    SCOPED(text_builder_close) TextBuilder config = text_builder(CONFIG_BYTES_MAX);

    text_add_string(&config, config_always);
    text_add_string(&config, fast_unsafe ? config_fast : config_durable);
    /* the socket's path has plain letters: cluster_locate sees to it */
    text_add_format(&config, "unix_socket_directories = '%s'\n", cluster->socket);
    TRY(cluster_write(cluster, "data/postgresql.conf", text_built(&config).data, error));
    return cluster_write(cluster, "data/pg_hba.conf", "local all all peer map=cinque\n", error);
}

static bool is_plain_name(const char *name)
{
    size_t length = strlen(name);

    return length > 0 && length < 64 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") == length &&
           name[0] != '-' && name[0] != '.';
}

static Result add_line(TextBuilder *map, const char *os_user, const char *role, Error *error)
{
    if (!is_plain_name(os_user) || !is_plain_name(role))
        return fail(error, ERROR_CONFIG, "cluster: the name of a user or role is not of plain letters");
    text_add_format(map, "cinque \"%s\" \"%s\"\n", os_user, role);
    return RESULT_OK;
}

Result cluster_write_map(const Cluster *cluster, const char *os_user, const char *const *roles,
                         size_t role_count, Error *error)
{
    SCOPED(text_builder_close) TextBuilder map = text_builder(CONFIG_BYTES_MAX);
    ClusterUser server;

    TRY(cluster_server_user(&server, error));
    TRY(add_line(&map, server.name, "postgres", error));
    if (geteuid() == 0)
        TRY(add_line(&map, "root", "postgres", error));
    for (size_t i = 0; i < role_count; i++)
        TRY(add_line(&map, os_user, roles[i], error));
    return cluster_write(cluster, "data/pg_ident.conf", text_built(&map).data, error);
}
