#pragma once
/*
 * Decides which subjects are the same person and which share a household,
 * from tokens alone. Every link says pass, run and rule; a run can be undone.
 */
#include <stdint.h>

#include "base/db.h"
#include "base/table.h"
#include "governance/governance.h"

/* The object of a permit for GOVERNANCE_LINK: a run works on everything that is held. */
#define LINKAGE_OBJECT "link"

typedef struct LinkageReport {
    int64_t run_id;
    int64_t subjects, linked, unlinked; /* of person sources */
    int64_t people, people_new, people_merged;
    int64_t households, residences;
    /* Of those linked, by a pseudonym that somebody else made: through its issuer's cross-walk, or inside its
     * space alone; and pseudonyms that their issuer maps to more than one, which are not followed. */
    int64_t crosswalked, within_space, crosswalk_ambiguous;
    int64_t elapsed_us;
} LinkageReport;

/* linker: role cinque_linker. Links every subject that has no link yet; safe to rerun after a kill. */
Result linkage_run(Db *linker, const GovernancePermit *permit, LinkageReport *report, Error *error) CHECKED;
/* Takes the links, people and merges of a run back; runs made after it must be undone first. Object: the
 * run's number. */
Result linkage_undo(Db *linker, const GovernancePermit *permit, int64_t run_id, Error *error) CHECKED;
/*
 * Match rates by source, age band, sex and deprivation: group, value, subjects, linked, rate.
 * Counts of subjects from 1 to 7 are shown as "<8", and no rate beside one: the report may travel.
 */
Result linkage_report(Db *linker, Table **table, Error *error) CHECKED;
/* run, started, rule version, subjects, linked, people, state */
Result linkage_run_list(Db *linker, Table **table, Error *error) CHECKED;
