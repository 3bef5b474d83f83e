#pragma once
/* What tests with a database need: one with a script run in it, and numbers asked of it. */
#include <criterion/criterion.h>

#include "base/db.h"
#include "tests/support/support.h"

static inline void succeed(Result result, const Error *error)
{
    cr_assert(result.ok, "%s", error->message);
}

static inline Db *town_open(const char *sql)
{
    Error error = {0};
    Db *db = support_empty_database();

    succeed(db_script(db, "town", sql, &error), &error);
    return db;
}

static inline int64_t town_count(Db *db, const DbStatement *statement)
{
    Error error = {0};
    int64_t count = -1;

    succeed(db_run_int8(db, statement, NULL, &count, NULL, &error), &error);
    return count;
}
