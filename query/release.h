#pragma once
/* Private to query: the steps behind query_release_build, by the permit's number. */
#include "query/query.h"

/* One transaction: a build that is killed leaves nothing behind. */
Result release_build(Db *releaser, const uint8_t *permit_id, const ReleaseWanted *wanted,
                     ReleaseReport *report, Error *error) CHECKED;
Result release_retire(Db *releaser, const uint8_t *permit_id, int64_t release_id, Error *error) CHECKED;
