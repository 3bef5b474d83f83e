#pragma once
/* Private to query: what others publish that answers are worked out by, populations and prices. Nobody's
 * data: tables from outside, registered with their day and origin. */
#include "base/date.h"
#include "base/db.h"

typedef struct Published {
    int64_t id;
    Text name, origin;
    Date day; /* that the numbers are of */
    Hash content;
    Text *dimensions;
    size_t dimension_count;
    Text *values;     /* of each line, one a dimension; each combination of them stands once */
    int64_t *numbers; /* of each line: people, or pence */
    size_t line_count, width;
} Published;

/* The newest version up to a day, without its lines; NULL: there is none. kind: as ingest.published says. */
Result published_find(Db *reader, Text kind, Text name, Date day, Arena *arena, Published **found,
                      Error *error) CHECKED;
Result published_read_lines(Db *reader, Published *published, Arena *arena, Error *error) CHECKED;
