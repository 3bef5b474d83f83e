#pragma once
/*
 * Loads monthly extracts by declarative source specs: reads, validates,
 * has identities pseudonymised, and writes what is left with binary COPY into
 * an unindexed staging partition, published by one short transaction.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/db.h"
#include "base/input.h"
#include "base/table.h"
#include "governance/governance.h"
#include "pseudonymise/pseudonymise.h"

typedef struct IngestSpec IngestSpec;

/* codes_folder NULL: "codes" beside the spec. Errors name file, line and column of the spec. */
Result ingest_spec_open(const char *path, const char *codes_folder, IngestSpec **spec, Error *error) CHECKED;
void ingest_spec_close(IngestSpec **spec);
const char *ingest_spec_source(const IngestSpec *spec);
int ingest_spec_version(const IngestSpec *spec);
Hash ingest_spec_hash(const IngestSpec *spec); /* of its text and code lists */
/* In effect on the month's last day. */
bool ingest_spec_covers(const IngestSpec *spec, Month period);
/* Errors  ERROR_CONFIG where a load of that month would be refused: not in effect yet, or no longer */
Result ingest_spec_check_period(const IngestSpec *spec, Month period, Error *error) CHECKED;
/* Of one source, oldest first: versions rise, and their effective days neither overlap nor leave a gap. */
Result ingest_spec_check_versions(IngestSpec *const *versions, size_t count, Error *error) CHECKED;
/* A page for people: what the source is, and what is kept of each column. */
void ingest_spec_page(const IngestSpec *spec, bool is_markdown, FILE *out);

typedef struct IngestForm IngestForm; /* the shape or check that stored text is held to */

typedef struct IngestColumn {
    Text name, type, terminology; /* as stored; date, integer, decimal, boolean or text; empty: not known */
    bool is_required;
    double lowest, highest; /* of numbers */
    const Text *codes;      /* of its list, if it has one */
    size_t code_count;
    const IngestForm *form; /* of other text; else NULL */
} IngestColumn;

typedef struct IngestQueried {
    Text name, event_date; /* event_date: the stored column; empty: it has none */
    bool is_household, is_death;
    bool is_replaced; /* deliveries of later months replace its rows */
    const IngestColumn *columns;
    size_t column_count;
} IngestQueried;

/* What a query may name of a source, copied to the arena. False: it is no part of a release. */
bool ingest_spec_queried(const IngestSpec *spec, Arena *arena, IngestQueried *queried);
enum { INGEST_FORM_BYTES_MAX = 64 };

/* A text of the form that begins so, made up; number 0: `begins` itself if it is of the form. False: none
 * begins so. */
bool ingest_form_text(const IngestForm *form, Text begins, uint64_t number, char text[INGEST_FORM_BYTES_MAX],
                      size_t *length);

/* Registers specs and makes or widens their tables, as role cinque_owner. Says on out what changed. */
Result ingest_source_apply(Db *owner, const IngestSpec *spec, FILE *out, Error *error) CHECKED;

typedef enum IngestStatus { INGEST_PROVISIONAL, INGEST_FINAL, INGEST_YEAR_END } IngestStatus;

typedef struct IngestDelivery {
    const char *path; /* NULL: a nil return, which is a delivery */
    const char *sender;
    Month period;
    IngestStatus status;
    bool replace;      /* supersedes an earlier delivery of the same source, sender and period */
    bool is_signed;    /* its sender's manifest vouches for the content */
    const char *again; /* why it is loaded although it was withdrawn (ingest_again_check); NULL: it was not */
    const Hash *announced; /* its SHA-256, by its sender: is the file of it? NULL: it was not */
    const InputMark *mark; /* of the file, made for its permit; NULL: it is hashed while it is read */
} IngestDelivery;

typedef enum IngestOutcome {
    INGEST_LOADED,
    INGEST_DUPLICATE, /* the same delivery is already held: nothing done */
    INGEST_REJECTED,  /* more bad rows than the spec allows: nothing kept but the quarantine */
    INGEST_HELD,      /* past a limit of the spec: staged, until a second person releases or refuses it */
    INGEST_WRITTEN,   /* ingest_pseudonymise: as a parcel */
} IngestOutcome;

enum { INGEST_RULES_MAX = 64, INGEST_RULE_BYTES = 96 };

typedef struct IngestRuleCount {
    char rule[INGEST_RULE_BYTES]; /* "column arrival_date: not a date" */
    int64_t rows;
    uint64_t line; /* of the first of them, as the quarantine has it */
} IngestRuleCount;

typedef struct IngestReport {
    IngestOutcome outcome;
    int64_t load_id;
    char source[GOVERNANCE_NAME_BYTES], sender[GOVERNANCE_NAME_BYTES], period[DATE_TEXT_BYTES];
    Hash content;
    int64_t rows_read, rows_loaded, rows_quarantined, rows_excluded, rows_withheld;
    int64_t rows_refused; /* their controller has no agreement */
    int64_t rows_damaged; /* of those quarantined: not one of their columns was looked at */
    int64_t
        rows_duplicate; /* whose record key an earlier row has; -1: not counted (ingest_duplicates_count) */
    int64_t columns_renamed;                                  /* found under an alias or a normalised name */
    int64_t subjects_new, nhs_valid, nhs_invalid, nhs_absent; /* of rows loaded */
    int64_t elapsed_us, client_cpu_us;
    KeyUse key_use; /* also of a load that failed */
    IngestRuleCount rules[INGEST_RULES_MAX];
    size_t rule_count;
    bool is_unchecked;   /* packed without a checksum: a changed byte would not show */
    bool is_unprotected; /* nothing would tell that the file was cut at a row's end */
    bool ends_open; /* its last line has no end, as if it had been cut there, and no trailer stands behind */
} IngestReport;

typedef struct IngestContext {
    Db *loader; /* role cinque_loader */
    Db *merger; /* another connection of that role, by which subjects are merged while rows come; NULL: none
                 */
    Db *writer; /* a third one, by which every other stretch of rows is written while no more loads are under
                 * way than processors can serve; NULL: the first writes all, which is as quick for a small
                 * file and makes one table in place of three */
    const Keyring *keyring;
    const PostcodeDirectory *directory; /* may be NULL */
    const char *quarantine_folder;      /* sealed lines go here; NULL: not kept */
    const char *parcel_keys;            /* what parcels are opened with; NULL: they are refused */
    bool show_progress;
} IngestContext;

/* Reads and validates, stores nothing, needs no permit and no key: what would be rejected? No period: neither
 * dates nor codes are held to one. */
Result ingest_check(const IngestSpec *spec, const char *path, IngestReport *report, Error *error) CHECKED;
Result ingest_check_in(const IngestSpec *spec, const char *path, Month period, IngestReport *report,
                       Error *error) CHECKED;

typedef enum IngestDriftLevel {
    INGEST_DRIFT_NONE,
    INGEST_DRIFT_TAKEN,
    INGEST_DRIFT_REFUSED
} IngestDriftLevel;

/* How a file differs from its spec; level: whether a load would take it as it is. */
typedef struct IngestDrift {
    IngestDriftLevel level;
    int64_t rows; /* looked at: the first 100,000 */
    int64_t missing, unknown, renamed, moved,
        unfit; /* columns; unfit: whose values do not fit as they should */
} IngestDrift;

/*
 * Schema drift: drift, column, in the file, rows, evidence, suggestion. Stores nothing, needs no permit and
 * no key. Never a value; a name that the spec does not have only where it can hardly be one (ingest/drift.h).
 */
Result ingest_diff(const IngestSpec *spec, const char *path, IngestDrift *drift, Table **table, Error *error)
    CHECKED;

/* What a proposed spec is called, and where its code lists go. */
typedef struct IngestProposal {
    const char *source;       /* as ingest_spec_open wants it */
    const char *codes_folder; /* there already; NULL: no lists are written. Never over one that is there */
} IngestProposal;

/*
 * Writes a spec for a sample of delimited text on out, with every guess marked by a comment and its evidence
 * in counts. No value of the sample is in it; bounds are rounded outward. A code list holds codes, which are
 * values: only of columns that nothing speaks of a person in, and where each code is in at least ten rows.
 */
Result ingest_propose(const char *path, const IngestProposal *wanted, FILE *out, Error *error) CHECKED;

/* Object of the permit for a delivery: its content hash in hex, or "nil" when path is NULL. *mark is for the
 * delivery to be loaded, and points to path; untouched when path is NULL. Of one whose hash was announced the
 * file is not read, and the mark says its size alone. */
Result ingest_delivery_object(const IngestDelivery *delivery, InputMark *mark, char out[HASH_TEXT_BYTES],
                              Error *error) CHECKED;
enum { INGEST_AGAIN_BYTES_MAX = 200, INGEST_DETAIL_BYTES = 96 + INGEST_AGAIN_BYTES_MAX };
/* A reason as the log keeps it: one line of text. NULL: none is given. */
Result ingest_again_check(const char *reason, Error *error) CHECKED;
/* Detail of the permit for a delivery: "period=2026-07 status=final replace=no", " hash=announced" where it
 * was, and " again=REASON" where there is one. */
Text ingest_delivery_detail(const IngestDelivery *delivery, char out[INGEST_DETAIL_BYTES]);
/*
 * The permit is for GOVERNANCE_LOAD, the delivery's content hash as object (nil return: "nil") and its
 * detail. It opens one load: another attempt needs another permit.
 */
Result ingest_load(const IngestContext *context, const GovernancePermit *permit, const IngestSpec *spec,
                   const IngestDelivery *delivery, IngestReport *report, Error *error) CHECKED;

/* ---- at source: the first half of a load, where the file arises, without database and network ---- */

typedef struct IngestAtSource {
    const Keyring *keyring;             /* keyring_open_provider */
    const PostcodeDirectory *directory; /* may be NULL */
    const char *sign_key;               /* PEM of the provider's Ed25519 private key */
    const char *sender;
    Month period;
    const char *out; /* the parcel, to be made */
    bool encodes;    /* new subjects, where the hub's rules let its source be linked by that */
    bool show_progress;
} IngestAtSource;

/* Writes what ingest_load takes as the same delivery. INGEST_REJECTED: nothing is written. Rejected lines
 * stay here; of them go their places and rules. */
Result ingest_pseudonymise(const IngestAtSource *at_source, const IngestSpec *spec, const char *path,
                           IngestReport *report, Error *error) CHECKED;

/* Into the report and the load, under the permit that it was loaded by: a pass over its keys, which no
 * publishing waits for. Where it fails the load stands and rows_duplicate stays -1; of outcomes that hold
 * nothing new nothing is counted. */
void ingest_duplicates_count(Db *loader, const GovernancePermit *permit, IngestReport *report);
/* Object of the permit: the load's number. The rows stay, superseded; no release built later uses them. */
Result ingest_withdraw(Db *loader, const GovernancePermit *permit, int64_t load_id, Error *error) CHECKED;
/* load, source, sender, period, status, state, rows, quarantined, held from, held to; held_on: only what was
 * held at the end of that day (UTC), DATE_NONE: all */
Result ingest_load_list(Db *loader, Date held_on, Table **table, Error *error) CHECKED;
/* source, sender, last period held, its rows: who delivered two of the three months before, and not this one
 */
Result ingest_load_missing(Db *loader, Month period, Table **table, Error *error) CHECKED;
/* finding of each limit of its spec that a load went past */
Result ingest_load_findings(Db *loader, int64_t load_id, Table **table, Error *error) CHECKED;
/* controller, rows refused because it has no agreement; *table stays NULL where there are none */
Result ingest_refused_list(Db *loader, int64_t load_id, Table **table, Error *error) CHECKED;
/* line, column, rule of a load's quarantine, at most rows_max */
Result ingest_quarantine_list(Db *loader, int64_t load_id, int64_t rows_max, Table **table, Error *error)
    CHECKED;
/* Each line that a load rejected, with its physical line number, for who holds the quarantine's private key.
 * ERROR_INPUT: no file of this load, or not whole; what was given by then was authenticated. */
Result ingest_rejected_read(const char *folder, int64_t load_id, const char *private_key_path, SealEach each,
                            void *context, Error *error) CHECKED;
typedef struct IngestQuality {
    int64_t measures, unusual, without_history;
} IngestQuality;
/* source, sender, measure, column, value, usual, low, high, verdict of what the period's deliveries measure,
 * as schema/070_quality.sql says; without all only what is unusual. source NULL: of all. */
Result ingest_quality(Db *loader, Month period, const char *source, bool all, Table **table,
                      IngestQuality *counts, Error *error) CHECKED;
/* The same as an HTML page with a small chart of each sender's rows. */
Result ingest_quality_page(Db *loader, Month period, const char *source, FILE *out, Error *error) CHECKED;
/* source, sender, then for each of the seven tests of a delivery pass, fail, held, no history or n/a */
Result ingest_quality_tests(Db *loader, Month period, const char *source, Table **table, Error *error)
    CHECKED;
/* source, sender, coverage, completeness, validity, defaults in percent: NHS England's DQMI over the twelve
 * months up to period */
Result ingest_dqmi(Db *loader, Month period, const char *source, Table **table, Error *error) CHECKED;
/*
 * Figures that others publish, for the quality report: CSV of source, sender, period, measure (rows, people,
 * list size), practice (of a list size), value, tolerance (percent; of any other), origin. Object of the
 * permit: the file's SHA-256 in hex. ERROR_INPUT names the line; then nothing is kept.
 */
Result ingest_totals_add(Db *loader, const GovernancePermit *permit, const char *path, int64_t *count,
                         Error *error) CHECKED;
/*
 * People by dimensions that others publish, what rates are per: CSV of population (its name), day, origin,
 * the dimensions and people, each combination of values once. A version is kept beside its earlier ones.
 * Object of the permit: the file's SHA-256 in hex. ERROR_INPUT names the line; then nothing is kept.
 */
Result ingest_population_add(Db *loader, const GovernancePermit *permit, const char *path, int64_t *count,
                             Error *error) CHECKED;
/* The same of prices in pounds: CSV of prices (their name), year (2024/25), origin, code and price, each code
 * once. */
Result ingest_prices_add(Db *loader, const GovernancePermit *permit, const char *path, int64_t *count,
                         Error *error) CHECKED;
/* One row a report: source, sender, period, outcome, read, loaded, quarantined, ..., rows a second. */
Table *ingest_report_table(const IngestReport *reports, size_t count);

/* ---- pulling: deliveries of a declared feed, archived sealed, known to the ledger ---- */

typedef struct IngestFeed IngestFeed;

/* feeds/NAME.yaml, checked. Errors name file and line. */
Result ingest_feed_open(const char *path, IngestFeed **feed, Error *error) CHECKED;
void ingest_feed_close(IngestFeed **feed);
const char *ingest_feed_name(const IngestFeed *feed);
const char *ingest_feed_source(const IngestFeed *feed);
const char *ingest_feed_spec(const IngestFeed *feed); /* its path, or the source's name */
const char *ingest_feed_sender(const IngestFeed *feed);
/* Fingerprint of the key that must have signed what is inside a delivery; NULL: none is demanded. */
const char *ingest_feed_signer(const IngestFeed *feed);
/* Is the feed's delivery for period due on day? Never, of a feed that is not waited for. */
bool ingest_feed_is_due(const IngestFeed *feed, Month period, Date day);

typedef struct IngestPullContext {
    Db *loader; /* role cinque_loader */
    const Keyring *keyring;
    const char *archive_folder; /* 0700 */
    Month period;               /* of a feed whose files do not tell theirs; DATE_NONE: not given */
} IngestPullContext;

typedef struct IngestPull IngestPull;

/* What lies there complete and is not known to the ledger. What is known is acknowledged again, no more. */
Result ingest_pull_look(const IngestPullContext *context, const IngestFeed *feed, IngestPull **pull,
                        Error *error) CHECKED;
size_t ingest_pull_count(const IngestPull *pull);
size_t ingest_pull_known(const IngestPull *pull); /* lay there and were taken before */
size_t
ingest_pull_others(const IngestPull *pull); /* lie there under names that the feed's `file` does not match */
/* The object of the permit is the feed's name, its source and sender those of the feed: */
Text ingest_pull_detail(const IngestFeed *feed, const char *again, Arena *arena);

typedef struct IngestPulled {
    int64_t delivery_id;
    Month period;
    Hash content;
    uint64_t bytes, archive_bytes;
    bool is_duplicate;    /* nothing is kept */
    int64_t duplicate_of; /* the delivery that holds the same; 0: a load of a file */
} IngestPulled;
/*
 * One of them: manifest checked, archived, in the ledger, and only then acknowledged. Killed anywhere: the
 * next pull begins it anew and completes it. Errors leave what lies there as it is.
 */
Result ingest_pull_take(IngestPull *pull, const GovernancePermit *permit, size_t index, IngestPulled *pulled,
                        Error *error) CHECKED;
void ingest_pull_close(IngestPull **pull);

/* A delivery of the ledger. */
typedef struct IngestHeld {
    int64_t delivery_id, load_id; /* load_id 0: none */
    char feed[GOVERNANCE_NAME_BYTES], source[GOVERNANCE_NAME_BYTES], sender[GOVERNANCE_NAME_BYTES];
    char state[16];
    Month period;
    IngestStatus status;
    int64_t bytes;
    Hash content;
    bool has_archive, is_due, needs_opening, is_signed; /* is_due: to be deleted */
    int64_t seen_us;
} IngestHeld;
/* After a load of it under this permit that said duplicate: another load holds the same. */
Result ingest_held_settle(Db *loader, const GovernancePermit *permit, int64_t delivery_id, Error *error)
    CHECKED;
/* Is a load of it held, or waiting for a second person, whatever way its file came? */
Result ingest_has_come(Db *loader, const IngestFeed *feed, Month period, bool *has_come, Error *error)
    CHECKED;
/* All, by number, in the arena. */
Result ingest_held_list(Db *loader, Arena *arena, IngestHeld **held, size_t *count, Error *error) CHECKED;
/* delivery, feed, source, sender, period, status, state, bytes, load, signed, seen */
Table *ingest_held_table(const IngestHeld *held, size_t count);

/* ---- the archive ---- */

typedef struct IngestArchive {
    const char *folder;
    int64_t delivery_id;
    const Keyring *keyring;       /* opens what is still to be loaded */
    const char *private_key_path; /* or, not NULL, this opens any */
    const char *signer;           /* served: whose signature its feed demands inside, or NULL */
    bool is_vouched;              /* served: a signed manifest had its hash */
} IngestArchive;

/*
 * While served, the path *path ("delivery 7") is read from the archive wherever a delivery is; no clear text
 * touches the disk. One at a time. NULL ends it.
 */
const char *ingest_archive_serve(const IngestArchive *archive);
/* The delivery as it came, to out; what comes is authenticated, and whole only when this succeeds. */
Result ingest_archive_copy(const IngestArchive *archive, FILE *out, Hash *content, Error *error) CHECKED;
/* From here on only the private key opens it: after its load. */
Result ingest_archive_forget(const char *folder, int64_t delivery_id, Error *error) CHECKED;
/* Deletes a delivery's archive, which is due. Object of the permit (archive_sweep): the delivery's number. */
Result ingest_archive_end(Db *loader, const GovernancePermit *permit, const char *folder, int64_t delivery_id,
                          Error *error) CHECKED;
/* What in the folder and the ledger does not fit the other: file, what is wrong. */
Result ingest_archive_orphans(const char *folder, const IngestHeld *held, size_t count, Table **table,
                              Error *error) CHECKED;

/* ---- re-keying: after a rotation of the hub key, every token held goes under the current version ---- */

enum { INGEST_VERSION_BYTES = 12, INGEST_KEY_USES_MAX = 64 };

/* A hub key version that subjects are under; is_held: the one that loads must be under. */
typedef struct IngestKeyUse {
    int version;
    int64_t subjects;
    bool is_held;
} IngestKeyUse;

typedef struct IngestRekeyReport {
    int version;
    int64_t subjects, households; /* whose tokens were redone */
    KeyUse key_use;
    int64_t elapsed_us;
} IngestRekeyReport;

/* keeper: role cinque_keeper. No row: nothing was ever loaded. */
Result ingest_key_use(Db *keeper, IngestKeyUse *uses, size_t uses_max, size_t *count, Error *error) CHECKED;
/* Object of the permit: the hub key version to be held. */
Text ingest_rekey_object(int version, char out[INGEST_VERSION_BYTES]);
/* ERROR_REFUSED while a load is held back or under way: ask before the version is made, for one that is made
 * and not in use keeps every load out. */
Result ingest_rekey_check(Db *keeper, const GovernancePermit *permit, int version, Error *error) CHECKED;
/* ERROR_REFUSED while anything is held under the version: ask before it is destroyed. Object of the permit
 * (key_destroy): the version. */
/* Deletes the encodings that are sealed to a version of their key, which is destroyed next: their subjects
 * get others with later deliveries. Object of the permit for GOVERNANCE_KEY_DESTROY: "encodings-VERSION". */
Result ingest_encodings_forget(Db *keeper, const GovernancePermit *permit, int version, int64_t *encodings,
                               Error *error) CHECKED;
/* Encodings by version, as subjects. */
Result ingest_encoding_key_use(Db *keeper, IngestKeyUse *uses, size_t uses_max, size_t *count, Error *error)
    CHECKED;
Result ingest_key_destroy_check(Db *keeper, const GovernancePermit *permit, int version, Error *error)
    CHECKED;
/*
 * Redoes the outer layer of all tokens under the keyring's current hub version, without identifiers, in one
 * transaction: a kill leaves them as they were. Subject ids, links and households stay. Waits for linkage;
 * ERROR_REFUSED while a load is under way, ERROR_CONFIG when what is held is newer than the keyring.
 */
Result ingest_rekey(Db *keeper, const Keyring *keyring, const GovernancePermit *permit,
                    IngestRekeyReport *report, Error *error) CHECKED;
