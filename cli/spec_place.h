#pragma once
/* Private to cli: which file is meant by a source's name. */
#include "cli/cli.h"
#include "ingest/ingest.h"

enum { SPECS_MAX = 200, SPEC_VERSIONS_MAX = 32 };

/*
 * name: a shipped source, or the path of a spec (with "/" or ending in .yaml).
 * All versions of a source: NAME.yaml is the newest, NAME@VERSION.yaml beside it are older ones.
 */
typedef struct SpecVersions {
    IngestSpec *specs[SPEC_VERSIONS_MAX]; /* oldest first */
    size_t count;
} SpecVersions;

/* name as above; one that has @ in it is meant alone. Errors: ingest_spec_check_versions */
Result spec_open_versions(const char *name, SpecVersions *versions, Error *error) CHECKED;
void spec_versions_close(SpecVersions *versions); /* for SCOPED */
/* The version that a month's delivery is read by; where none is in effect, the newest. */
Result spec_open_for(const char *name, Month period, IngestSpec **spec, Error *error) CHECKED;
/* As that, of --period's text; NULL: the newest. Errors  as above; ERROR_USAGE: not a month; as
 * ingest_spec_check_period: a load of that month would be refused */
Result spec_open_in(const char *name, const char *period, IngestSpec **spec, Error *error) CHECKED;
/* Of --period's text. Errors  ERROR_USAGE */
Result spec_period(const char *period, Month *month, Error *error) CHECKED;
/* Paths of the newest version of all shipped specs, sorted, in the arena. */
Result spec_list_shipped(Arena *arena, const char *paths[SPECS_MAX], size_t *count, Error *error) CHECKED;
