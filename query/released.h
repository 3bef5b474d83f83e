#pragma once
/* Private to query: the making of a ReleasedTable. released_make is the one place where counts leave a
 * CountTable. */
#include "query/suppress.h"

typedef struct Coverage {
    Text source;
    Month from, to;
    int64_t months, senders;
    Text status;
    int64_t match_percent; /* -1: no rows */
    int64_t practices_left_out;
} Coverage;

/* What every table of one run carries. */
typedef struct Provenance {
    Text query_title, project;
    Hash query_content;
    int64_t release_id;
    Month month;
    Date as_at;
    GovernancePolicy policy;
    const Coverage *coverage;
    size_t coverage_count;
} Provenance;

ReleasedTable *released_make(const CountTable *counts, const CellState *states, const Provenance *provenance);
