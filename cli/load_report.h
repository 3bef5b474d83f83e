#pragma once
/* Private to cli: what loads did, and why rows were rejected. */
#include "ingest/ingest.h"

/* A table of all, then for each with rejected rows a table of rules. */
void load_report_print(const IngestReport *reports, size_t count);
