#pragma once
/* A throwaway cluster with the durability of a real one, and loads into it as `cinque load` does them. */
#include "base/cluster.h"
#include "ingest/ingest.h"

enum { LOADS_PATH_BYTES = 512 };

typedef struct Loads {
    Cluster cluster;
    char folder[LOADS_PATH_BYTES]; /* made by whoever opens */
    Db *superuser, *loader, *merger, *writer;
    Governance *governance;
    Keyring *keyring;
    PostcodeDirectory *directory;
    IngestSpec *spec;
} Loads;

/* Of what is set only folder. */
Result loads_open(Loads *loads, Error *error) CHECKED;
/* For another process: connections and keys of its own, in place of those it was forked with. */
Result loads_connect(Loads *loads, Error *error) CHECKED;
/* Neither record nor subject stays, and what was written is on the disk before the clock starts. */
Result loads_empty(const Loads *loads, Error *error) CHECKED;
Result loads_settle(const Loads *loads, Error *error) CHECKED; /* as above; what is stored stays */
/* What is loaded, and how many rows that must be. */
typedef struct LoadsFile {
    const char *path;
    const Hash *announced; /* by its sender; NULL: it is found out first */
    Month period;
    int64_t rows;
} LoadsFile;
/* From the hash for the permit to the result in the log. */
Result loads_run(const Loads *loads, const LoadsFile *file, int64_t *load_id, Error *error) CHECKED;
/* Of all processes of the server. */
double loads_server_s(const Loads *loads);
/* Removes the folder. */
void loads_close(Loads *loads);
