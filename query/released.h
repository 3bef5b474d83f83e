#pragma once
/* Private to query: the making of a ReleasedTable. released_make is the one place where counts leave a
 * CountTable. */
#include "query/coverage.h"
#include "query/population.h"
#include "query/released_codes.h"
#include "query/released_linkage.h"
#include "query/suppress.h"

/* A parameter and the value that the run is of. */
typedef struct Setting {
    Text name, value;
} Setting;

/* What every table of one run carries. */
typedef struct Provenance {
    Text query_title, project;
    Hash query_content;
    int64_t release_id;
    Month month;
    Date as_at;
    Text dummy_seed; /* that the data are made up from; empty: they are a release's */
    Text known_at;   /* CCYY-MM-DD; empty: the release holds what was held when it was built */
    GovernancePolicy policy;
    bool is_of_households; /* who has none was not counted */
    const Coverage *coverage;
    size_t coverage_count;
    LinkageLines linkage;
    const Setting *settings;
    size_t setting_count;
    const ReleasedCodes *codes;
    size_t codes_count;
    const PopulationUse *populations; /* only while it is made */
    size_t population_count;
    const Tree *tree;   /* the same: whose prices are named */
    Deadline *deadline; /* the same; NULL: none */
} Provenance;

/* Of one table, from its parts; states beside them. Where the deadline is over by then the table is not whole
 * and may not leave. */
ReleasedTable *released_make(const TableNode *node, const CountTable *parts, CellState *const *states,
                             size_t part_count, const Provenance *provenance);
