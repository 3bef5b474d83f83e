#pragma once
/*
 * Private to query: writes the tables of a release that is being built as blocks (block.h, manifest.h), part
 * by part of 65,536 people. Memory: the rows of two parts of one source, 24 bytes a row of a source that is
 * listed, and the different texts.
 */
#include "base/db.h"

/* People of a part: BLOCK_PART_PEOPLE, unless a test says less. */
extern uint32_t index_part_people;

/* permit and release: of the build, in whose transaction the connection is. */
Result index_write(Db *releaser, Value permit, Value release, int64_t people, Error *error) CHECKED;
