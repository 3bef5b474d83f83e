#pragma once
/* Private to cli: what loads did, and why rows were rejected. */
#include "ingest/ingest.h"

/* A table of all, then for each with rejected rows a table of rules, and who decides about one held back. */
void load_report_print(const IngestReport *reports, size_t count);
/* Of each the limits of its spec that it went past. */
Result load_report_limits(Db *loader, const IngestReport *reports, size_t count, Error *error) CHECKED;
