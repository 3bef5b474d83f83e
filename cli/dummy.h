#pragma once
/* Private to cli: what the shipped specs say to dummy data. */
#include "cli/cli.h"
#include "query/query.h"

/* Of all shipped sources that are part of a release, by name; in the arena. */
Result dummy_shipped(Arena *arena, const DummySource **sources, size_t *count, Error *error) CHECKED;
