#pragma once
/*
 * Permits, the rules they rest on, and the log. No work without a decision:
 * every door of ingest, linkage and query takes a GovernancePermit, and one is
 * made only after its log entry is durably committed, on a connection of its
 * own. A refusal is logged as well. SQL checks the permit again (audit.require).
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/db.h"
#include "base/table.h"

typedef struct Governance Governance;
typedef struct GovernancePermit GovernancePermit;

enum { GOVERNANCE_PERMIT_BYTES = 16, GOVERNANCE_NAME_BYTES = 64 };

typedef enum GovernanceAction {
    GOVERNANCE_LOAD,               /* role engineer; a current agreement of sender for source */
    GOVERNANCE_PULL,               /* as load */
    GOVERNANCE_ARCHIVE_APPROVE,    /* role ig_lead */
    GOVERNANCE_ARCHIVE_OPEN,       /* role engineer or ig_lead; approved by another, not used yet */
    GOVERNANCE_QUARANTINE_APPROVE, /* role ig_lead */
    GOVERNANCE_QUARANTINE_OPEN,    /* as archive_open */
    GOVERNANCE_ARCHIVE_SWEEP,      /* role engineer */
    GOVERNANCE_WITHDRAW,           /* role engineer */
    GOVERNANCE_LOAD_RELEASE,   /* role ig_lead or steward, not who loaded it; held back; current agreement */
    GOVERNANCE_LOAD_REFUSE,    /* role ig_lead or steward, not who loaded it; held back */
    GOVERNANCE_TOTALS_ADD,     /* role engineer */
    GOVERNANCE_POPULATION_ADD, /* role engineer */
    GOVERNANCE_PRICES_ADD,     /* role engineer */
    GOVERNANCE_SOURCE_APPLY,   /* role engineer or ig_lead */
    GOVERNANCE_LINK,           /* role engineer */
    GOVERNANCE_LINK_UNDO,      /* role engineer */
    GOVERNANCE_LINK_EXPLAIN,   /* role engineer */
    GOVERNANCE_LINK_DECIDE,    /* role engineer */
    GOVERNANCE_REKEY,          /* role engineer */
    GOVERNANCE_KEY_CEREMONY,   /* role engineer */
    GOVERNANCE_KEY_EXPIRE,     /* role engineer */
    GOVERNANCE_KEY_DESTROY,    /* role engineer */
    GOVERNANCE_KEY_APPROVE,    /* role ig_lead */
    GOVERNANCE_KEY_SEAL,       /* role engineer; approved by another, not used yet */
    GOVERNANCE_RELEASE_BUILD,  /* role engineer; purpose exists; opt-out list present and fresh */
    GOVERNANCE_RELEASE_RETIRE, /* role engineer or ig_lead */
    GOVERNANCE_QUERY_SUBMIT,   /* role analyst, member of the current project */
    GOVERNANCE_QUERY_APPROVE,  /* role ig_lead, not the author */
    GOVERNANCE_QUERY_RUN,  /* role analyst, member; query approved; release of the project's purpose, live */
    GOVERNANCE_AUDIT_READ, /* role ig_lead */
    GOVERNANCE_APPLY_APPROVE, /* role ig_lead */
    GOVERNANCE_APPLY,         /* role ig_lead; role engineer, approved by an IG lead once there is one */
    GOVERNANCE_ACTION_COUNT
} GovernanceAction;

extern const char
    *const GOVERNANCE_ACTION_NAMES[GOVERNANCE_ACTION_COUNT]; /* "load", "link_undo", "query_submit", ... */

/* The person id of the account that runs Cinque while nobody at all is registered: it may apply the first
 * rules. */
#define GOVERNANCE_BOOTSTRAP "bootstrap"

typedef struct GovernancePerson {
    char person_id[GOVERNANCE_NAME_BYTES];
    bool is_engineer, is_analyst, is_ig_lead, is_steward;
} GovernancePerson;

/* conninfo: role cinque_governor. */
Result governance_open(const char *conninfo, Governance **governance, Error *error) CHECKED;
void governance_close(Governance **governance);
/* The kernel vouches for uid. ERROR_REFUSED when nobody is registered under it; the attempt is logged. */
Result governance_person_of_uid(Governance *governance, uid_t uid, GovernancePerson *person, Error *error)
    CHECKED;

typedef struct GovernanceRequest {
    GovernanceAction action;
    const char *person_id;
    Text source, sender, purpose, project; /* empty where the action has none; source of a query: "a,b,c" */
    Text object; /* what is worked on: content hash (of load, query_submit, apply, source_apply), run, release
                    or query number */
    Text detail; /* canonical further facts, such as "period=2026-07"; no personal data */
} GovernanceRequest;

/* ERROR_REFUSED names the rule. The decision, either way, is committed before this returns. */
Result governance_request(Governance *governance, const GovernanceRequest *request, GovernancePermit **permit,
                          Error *error) CHECKED;

typedef struct GovernanceOutcome {
    bool succeeded;
    int64_t rows, cells, cells_suppressed; /* 0 where they mean nothing */
    Hash content;                          /* of what was made or released */
    bool has_content;
    Text detail;
} GovernanceOutcome;

/* Logs the result, durably, before anything is shown; the permit is spent. */
Result governance_result(Governance *governance, GovernancePermit *permit, const GovernanceOutcome *outcome,
                         Error *error) CHECKED;
/* An unspent permit is logged as failed when it can be; a permit without result shows in the audit.
 * Governance outlives it. */
void governance_permit_close(GovernancePermit **permit);

bool governance_permit_covers(const GovernancePermit *permit, GovernanceAction action, Text object);
Text governance_permit_object(
    const GovernancePermit *permit); /* lives as long as the permit; empty without one */
const uint8_t *governance_permit_id(const GovernancePermit *permit); /* GOVERNANCE_PERMIT_BYTES */

/* ---- rules ---- */

/*
 * Reads a YAML file of people, purposes, agreements, projects, grants and disclosure policies, prints the
 * readable difference to what is held on out, and applies it unless dry_run. *change_count: differences
 * found. Object of the permit: the file's SHA-256 in hex; a dry run needs none (NULL). Nothing is deleted:
 * what the file no longer names is ended. "uid: service" is the account that runs this.
 */
Result governance_apply(Governance *governance, const GovernancePermit *permit, const char *path,
                        bool dry_run, FILE *out, int64_t *change_count, Error *error) CHECKED;

/* A named dated disclosure policy. */
typedef struct GovernancePolicy {
    char name[GOVERNANCE_NAME_BYTES];
    Date effective_from;
    int64_t people_min; /* smallest count that may be shown: 8 means 1 to 7 are suppressed; floor 5 */
    int64_t round_to;   /* 1: no rounding */
    Hash content;       /* of its canonical form; travels with each output */
} GovernancePolicy;

typedef struct GovernanceProject {
    char project_id[GOVERNANCE_NAME_BYTES], purpose[GOVERNANCE_NAME_BYTES];
    GovernancePolicy policy;
    Date valid_from, valid_to;
} GovernanceProject;

Result governance_project(Governance *governance, const char *project_id, GovernanceProject *project,
                          Error *error) CHECKED;

/* Which opt-outs and agreements apply to a project's use of sources, by lines to read. */
Result governance_project_rules(Governance *governance, const GovernanceProject *project, const Text *sources,
                                size_t source_count, Arena *arena, Text *said, Error *error) CHECKED;

/* The sources that a query of this project may read, by name, for a member of the project who is an analyst
 * and for IG leads; ERROR_REFUSED for others. */
Result governance_project_sources(Governance *governance, const char *person_id, const char *project_id,
                                  Arena *arena, Text **sources, size_t *count, Error *error) CHECKED;

/* ---- what takes two people: an IG lead approves it, another person does it, once and within 30 days ---- */

/* action: GOVERNANCE_KEY_APPROVE, GOVERNANCE_ARCHIVE_APPROVE, GOVERNANCE_QUARANTINE_APPROVE or
 * GOVERNANCE_APPLY_APPROVE; object: the permit's. */
Result governance_act_approve(Governance *governance, const GovernancePermit *permit, GovernanceAction action,
                              Text object, Error *error) CHECKED;
/* action: what these let another person do. Uses the approval up; before anything is done.
 * ERROR_REFUSED: no approval of another person is left. */
Result governance_act_use_approval(Governance *governance, const GovernancePermit *permit,
                                   GovernanceAction action, Text object, Error *error) CHECKED;

/* ---- queries and their approval: an author cannot approve (database constraint) ---- */

typedef struct GovernanceQuery {
    int64_t query_id;
    char project_id[GOVERNANCE_NAME_BYTES], author[GOVERNANCE_NAME_BYTES], approver[GOVERNANCE_NAME_BYTES];
    char status[16]; /* "submitted", "approved" */
    Hash content;    /* of the canonical text */
    Text text;       /* lives in the arena given */
} GovernanceQuery;

/* Object of the permit: SHA-256 of the canonical text, in hex; its project and sources are those kept with
 * the query. */
Result governance_query_submit(Governance *governance, GovernancePermit *permit, const char *project_id,
                               Text title, Text canonical_text, int64_t *query_id, Error *error) CHECKED;
Result governance_query_approve(Governance *governance, GovernancePermit *permit, int64_t query_id,
                                Error *error) CHECKED;
Result governance_query_get(Governance *governance, int64_t query_id, Arena *arena, GovernanceQuery *query,
                            Error *error) CHECKED;
/* id, project, title, author, status, approver, submitted */
Result governance_query_list(Governance *governance, Table **table, Error *error) CHECKED;
/* Keeps what was released, canonical, so that later controls can replay it. */
Result governance_output_keep(Governance *governance, GovernancePermit *permit, int64_t query_id,
                              int64_t release_id, Text canonical_output, Hash content, Error *error) CHECKED;

/* ---- loads held back by a limit of their source: who loaded one cannot decide (database constraint) ---- */

/* Object of the permit: the load's number. *row_count: of the load. */
Result governance_load_release(Governance *governance, GovernancePermit *permit, int64_t load_id,
                               int64_t *row_count, Error *error) CHECKED;
Result governance_load_refuse(Governance *governance, GovernancePermit *permit, int64_t load_id,
                              int64_t *row_count, Error *error) CHECKED;
/* load, source, sender, period, loaded by, since, rows, why */
Result governance_load_list(Governance *governance, Table **table, Error *error) CHECKED;

/* ---- log ---- */

/*
 * Gives every entry without one its dense index, and writes a checkpoint (tree size, RFC 6962 root) to the
 * database and to checkpoint_path (appended, fsync), which an IG lead keeps on another account. Safe to run
 * at any time.
 */
Result governance_checkpoint(Governance *governance, const char *checkpoint_path, Error *error) CHECKED;

typedef struct GovernanceVerification {
    int64_t entry_count, checkpoint_count, open_intent_count; /* intents without a result */
    int64_t pending_count; /* of the entries, those that no checkpoint holds yet */
    Hash root;
    bool is_verified;
    char fault[160]; /* first fault: index and what is wrong */
} GovernanceVerification;

/* Recomputes every leaf and root, compares with all checkpoints, in the database and in checkpoint_path. */
Result governance_verify(Governance *governance, const char *checkpoint_path,
                         GovernanceVerification *verification, Error *error) CHECKED;
typedef struct GovernanceFilter {
    Date from, to; /* DATE_NONE: open */
    Text person_id, action;
    int64_t rows_max; /* 0: 100; newest last */
} GovernanceFilter;
/* index, time, person, action, object, decision, detail */
Result governance_log_list(Governance *governance, const GovernanceFilter *filter, Table **table,
                           Error *error) CHECKED;
