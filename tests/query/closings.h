#pragma once
/* Practices that close. */
#include "tests/query/county.h"

#define CLOSINGS                                                                                             \
    "UPDATE ingest.source SET valid_to_column = 'close_date' WHERE name = 'practice';"                       \
    "INSERT INTO ingest.source_column (source_id, name, position, label, use, type, list, shape, required,"  \
    " first_version, last_version) SELECT source_id, c.name, c.position, c.name, c.use, c.type, NULL, NULL," \
    " false, 1, 1 FROM ingest.source, (VALUES ('close_date', 4, 'date', 'date'),"                            \
    " ('successor_code', 5, 'dimension', 'text')) AS c (name, position, use, type) WHERE source.name = "     \
    "'practice';"                                                                                            \
    "ALTER TABLE records.practice ADD close_date date, ADD successor_code text;"

/* The register of practices gets the columns of who has closed. */
static void county_closings(void)
{
    county_sql(CLOSINGS);
}

static void county_close(const char *code, const char *day, const char *successor)
{
    char sql[256];

    snprintf(sql, sizeof sql,
             "UPDATE records.practice SET close_date = %s, successor_code = '%s' WHERE practice_code = '%s'",
             day, successor, code);
    county_sql(sql);
}
