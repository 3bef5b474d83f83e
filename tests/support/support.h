#pragma once
/*
 * What tests against PostgreSQL share. ctest starts one throwaway cluster a
 * run (cluster_main.c); each test gets a database of its own in it, made when
 * first asked for and dropped when the test's process ends.
 * A failure in here fails the running test.
 */
#include "base/db.h"
#include "base/table.h"

/* A connection to the test's own copy of the whole schema. role: NULL for the superuser. Close with
 * SCOPED(db_close). */
Db *support_database(const char *role);
/* A further connection to the same database. */
Db *support_connect(const char *role);
/* The same as a connection string, for programs; lives as long as the test. */
const char *support_conninfo(const char *role);
/* What is opened from here on is of another copy: of at most eight a test. */
void support_next_database(void);
/* A connection of the superuser to a database without a schema, for tests of base. */
Db *support_empty_database(void);
/* A folder of the test's own, removed with all it holds when the test's process ends. */
const char *support_folder(void);
/* A file in that folder with this content; its path lives as long as the test. */
const char *support_file(const char *name, const char *content);
/* The table as CSV, until the next is asked for. */
const char *support_csv(const Table *table);
