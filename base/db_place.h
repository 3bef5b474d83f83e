#pragma once
/*
 * Where the database of a data folder is: its private cluster, or the server
 * that the folder's cinque.conf names ("database = host=... port=...").
 */
#include "base/db.h"

enum { DB_PLACE_BYTES = 1024 };

/* The conninfo of a role, for db_open. */
Result db_place_conninfo(const char *data_folder, const char *database, const char *role,
                         char out[DB_PLACE_BYTES], Error *error) CHECKED;
/* true: a server of the user's own, which is not ours to start or stop. */
Result db_place_is_external(const char *data_folder, bool *is_external, Error *error) CHECKED;
/*
 * Writes cinque.conf, whole or not at all. conninfo: key=value pairs; ERROR_USAGE for a URI, and for a
 * password, which belongs in ~/.pgpass or nowhere.
 */
Result db_place_set(const char *data_folder, const char *conninfo, Error *error) CHECKED;
