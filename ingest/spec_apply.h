#pragma once
/* Private to ingest: a spec being registered. spec_apply.c tells the story. */
#include <stdio.h>

#include "ingest/spec.h"

/* What is registered of its source already. */
typedef struct SpecRegistered {
    bool is_known, is_same, keeps_controller;
    int64_t newest;
    int64_t source_id;
} SpecRegistered;

static inline Text spec_stored_text(const IngestSpec *spec, int column)
{
    return column == SPEC_NONE ? (Text){0} : spec->columns[column].stored;
}

/* Of a part of the record key; some are never stored. */
static inline Text spec_key_name(const IngestSpec *spec, size_t part)
{
    const SpecColumn *column = &spec->columns[spec->key[part]];

    return column->stored.length > 0 ? column->stored : column->name;
}

/* spec_ddl.c: makes the source's tables and views, or widens them. */
Result spec_ddl_make(Db *owner, const IngestSpec *spec, const SpecRegistered *registered, FILE *out,
                     Error *error) CHECKED;
/* spec_catalogue.c: the source, whose number registered then has; then what else is known of this version. */
Result spec_catalogue_source(Db *owner, const IngestSpec *spec, SpecRegistered *registered, Error *error)
    CHECKED;
Result spec_catalogue_version(Db *owner, const IngestSpec *spec, int64_t source_id, Error *error) CHECKED;
