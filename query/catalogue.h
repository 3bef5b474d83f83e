#pragma once
/*
 * Private to query: the words a query may use. What is not in here cannot be named, so no identifier, birth
 * date or free text can be asked for or grouped by.
 */
#include "base/db.h"

typedef enum QueryType { TYPE_BOOL, TYPE_NUMBER, TYPE_DATE, TYPE_TEXT, TYPE_DECIMAL } QueryType;

extern const char *const QUERY_TYPE_NAMES[]; /* for messages */

/* One of the built-in facts about a person, as they were on the query's day. */
typedef struct Attribute {
    const char *name;
    const char *table;  /* "p": person; "r": the registration on that day */
    const char *column; /* NULL: computed (age) */
    const char *family; /* dimensions of one family nest or overlap, as wards do in districts */
    QueryType type;
    bool is_dimension;
    bool is_gathered; /* from each person source that has a column of this name */
    const char *meaning;
} Attribute;

extern const Attribute ATTRIBUTES[];
extern const size_t ATTRIBUTE_COUNT;

const Attribute *attribute_find(Text name);

typedef struct CatalogueColumn {
    Text name, stored; /* stored: in the release's table; another one only for event_date */
    QueryType type;
    Text terminology; /* of its codes; empty: not known */
} CatalogueColumn;

typedef struct CatalogueSource {
    Text name;
    bool is_household;
    bool is_death; /* says who has died */
    CatalogueColumn *columns;
    size_t column_count;
} CatalogueSource;

typedef struct Catalogue {
    const CatalogueSource *sources;
    size_t source_count;
} Catalogue;

/* Registered sources about people and households; opt-out and merger lists are no part of a release. */
Result catalogue_read(Db *reader, Arena *arena, Catalogue *catalogue, Error *error) CHECKED;
const CatalogueSource *catalogue_source(const Catalogue *catalogue, Text name);
/* type: as ingest.source_column has it; a time of day is whole minutes since midnight */
QueryType catalogue_type(Text type);
const CatalogueColumn *catalogue_column(const CatalogueSource *source, Text name);
