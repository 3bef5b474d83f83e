#pragma once
/* Private to cli: which file is meant by a source's name. */
#include "cli/cli.h"
#include "ingest/ingest.h"

enum { SPECS_MAX = 200 };

/* name: a shipped source, or the path of a spec (with "/" or ending in .yaml). */
Result spec_open(const char *name, IngestSpec **spec, Error *error) CHECKED;
/* Paths of all shipped specs, sorted, in the arena. */
Result spec_list_shipped(Arena *arena, const char *paths[SPECS_MAX], size_t *count, Error *error) CHECKED;
