#pragma once
/*
 * One pass over the whole log: every leaf is computed anew from its stored
 * entry, and the root is compared at the size of every checkpoint.
 */
#include "governance/checkpoint_list.h"
#include "governance/governance.h"
#include "governance/merkle.h"

typedef struct Walk {
    const CheckpointList *held;  /* of the database */
    const CheckpointList *filed; /* of the file; NULL: not looked at */
    MerkleTree tree;
    int64_t entry_count, pending_count, granted_count, result_count;
    int64_t sealed_at_us;                                   /* time of the last checkpoint passed */
    char fault[sizeof((GovernanceVerification *)0)->fault]; /* the first; empty: none */
} Walk;

/* The caller's transaction should be REPEATABLE READ. A fault found is no Error. */
Result walk_run(Db *db, Walk *walk, Error *error) CHECKED;
