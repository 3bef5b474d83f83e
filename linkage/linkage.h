#pragma once
/*
 * Decides which subjects are the same person and which share a household,
 * from tokens alone. Every link says pass, run and rule; a run can be undone.
 */
#include <stdint.h>
#include <stdio.h>

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
    /* By encodings: linked, and people of their own because they are like nobody; pairs compared by this run;
     * blocks too large to be, and unread: what was deleted since a run over everything may count still; pairs
     * that wait for a decision; likely pairs that could not be one person. */
    int64_t alike, alone, compared, blocks_closed, clerical, conflicts;
    int64_t unread; /* encodings damaged or of another shape than most, which were passed over */
    int64_t elapsed_us;
} LinkageReport;

/* What a load stored of an encoding, sealed: of its head, its filters, or of a reference, which is nobody's.
 */
typedef enum LinkagePart { LINKAGE_HEAD, LINKAGE_FILTERS, LINKAGE_REFERENCE } LinkagePart;

typedef struct LinkageSealed {
    int64_t load_id, subject_id; /* 0: of a reference */
    LinkagePart part;
    Text bytes;
} LinkageSealed;

enum { LINKAGE_ENCODING_BYTES_MAX = 32768 };

/* Opens stored encodings: the key is the opener's, and linkage never sees it. */
typedef struct LinkageOpener {
    void *context;
    /* Asked of each load before anything that it sealed. */
    Result (*add_load)(void *context, int64_t load_id, int key_version, Text header, Error *error);
    /* opened: holds LINKAGE_ENCODING_BYTES_MAX. Errors: changed, or not of this load, subject and part. */
    Result (*open)(void *context, const LinkageSealed *sealed, char *opened, size_t *length, Error *error);
} LinkageOpener;

/* linker: role cinque_linker. Links every subject that has no link yet; safe to rerun after a kill. Stored
 * encodings that do not open fail the run, which then changes nothing. */
Result linkage_run(Db *linker, const LinkageOpener *opener, const GovernancePermit *permit,
                   LinkageReport *report, Error *error) CHECKED;
/* Takes the links, people and merges of a run back; runs made after it must be undone first. Object: the
 * run's number. */
Result linkage_undo(Db *linker, const GovernancePermit *permit, int64_t run_id, Error *error) CHECKED;
/*
 * Match rates by source, age, sex, ethnicity, deprivation and addresses: group, value, subjects, linked,
 * rate, low and high (Wilson's interval of 95 %), change since the last run of an earlier month. Counts from
 * 1 to 7, of subjects, of those linked and of those not, stay hidden with their rates, and so do others from
 * which they could be told; the rest is rounded to 5, and rates are of that: the report may travel. It is of
 * the newest run, and of what was held when that began.
 */
Result linkage_report(Db *linker, Table **table, Error *error) CHECKED;
/* pass, band, links, share of all that are linked, with the same protection. */
Result linkage_passes(Db *linker, Table **table, Error *error) CHECKED;
/* what, which, count: pairs that wait for a person, and conflicts. */
Result linkage_waiting(Db *linker, Table **table, Error *error) CHECKED;
/* estimate, from, expected, rate, method: false and missed matches by the weights; empty without encodings.
 */
Result linkage_estimates(Db *linker, Table **table, Error *error) CHECKED;
/* Writes rates and estimates of the newest run, as these tables show them, where the next release copies them
 * from: they go beside every answer over it. Permit: GOVERNANCE_RELEASE_BUILD of that release; month: its
 * object. */
Result linkage_report_keep(Db *linker, const GovernancePermit *permit, Text month, Error *error) CHECKED;
/* All of it as one HTML page with charts that needs nothing else. */
Result linkage_report_page(Db *linker, FILE *out, Error *error) CHECKED;
/*
 * Why a subject, or each of a person's, is linked as it is, how it was before, and which pairs speak for or
 * against: pass, run, rule, weight and levels of agreement, never a value. Object of the permit for
 * GOVERNANCE_LINK_EXPLAIN: the number.
 */
Result linkage_explain(Db *linker, const GovernancePermit *permit, int64_t number, Table **table,
                       Error *error) CHECKED;
/* Pairs that wait for a person's decision, the likeliest first. Object: LINKAGE_WAITING. */
#define LINKAGE_WAITING "clerical"
Result linkage_clerical_list(Db *linker, const GovernancePermit *permit, Table **table, Error *error) CHECKED;
/* A decision counts from the next run on, whatever the weights say, until it is decided anew. Object of the
 * permit for GOVERNANCE_LINK_DECIDE: "PAIR same" or "PAIR apart". ERROR_REFUSED while a run goes on. */
Result linkage_decide(Db *linker, const GovernancePermit *permit, int64_t pair_id, bool is_same, Error *error)
    CHECKED;
/* run, started, rule version, subjects, linked, people, state, looked at: what changed since the run before,
 * or everything and why */
Result linkage_run_list(Db *linker, Table **table, Error *error) CHECKED;

/*
 * ---- records by their encodings alone, without a database: docs/linkage.md ----
 *
 * A set holds encodings; a model is learnt from it (or kept from an earlier run); scoring compares all
 * records that share a block; clustering makes people of the scored pairs. Every step gives the same answer
 * for the same encodings in the same order, however many threads there are.
 */
enum { LINKAGE_FIELDS_MAX = 12, LINKAGE_LEVELS = 8, LINKAGE_LEVEL_ABSENT = 15 };

typedef struct LinkageSet LinkageSet;

LinkageSet *linkage_set_create(void);
/* ERROR_INPUT: no encoding, or one of another key version or scheme than the set's. Records are numbered from
 * 0. source: below 64. */
Result linkage_set_add(LinkageSet *set, Text encoding, unsigned source, Error *error) CHECKED;
/* Sampled fields that belong to nobody: encodings by blocks need them, because their records cannot be
 * compared at random. */
Result linkage_set_add_reference(LinkageSet *set, Text encoding, Error *error) CHECKED;
size_t linkage_set_count(const LinkageSet *set);
void linkage_set_close(LinkageSet **set);

typedef struct LinkageOptions {
    uint32_t block_max;       /* larger blocks are not compared; 0: 100 */
    int threads;              /* 0: 2 */
    uint32_t first_new;       /* pairs of records that are both below it are not compared */
    uint64_t unique_sources;  /* bit of a source: it holds a person once */
    const uint64_t *may_meet; /* of each of the 64 sources: bits of those whose records its own are compared
                                 with, the same both ways; NULL: all */
    const int64_t *placed;    /* for training, of each record whom its number says it is of; 0: nobody; NULL:
                                 nobody is known */
    bool near_too; /* records that share no block are compared where all their filters together are alike; of
                      encodings that are not hardened, and of at most 131,072 records */
} LinkageOptions;

/* Fellegi and Sunter's weights by field and level: 0 unlike to 4 nearly equal; 5, 6 and 7 equal in a common,
 * a middling and a rare value; 7 also where that is not known. */
typedef struct LinkageModel {
    uint32_t field_count;
    double match[LINKAGE_FIELDS_MAX][LINKAGE_LEVELS];  /* how often a match agrees so */
    double chance[LINKAGE_FIELDS_MAX][LINKAGE_LEVELS]; /* how often two random records do */
    double prior;                                      /* that two random records match */
    /* Of values, how many are common, middling and rare: agreement of matches is shared out so. All 0: not
     * held. */
    double classes[LINKAGE_FIELDS_MAX][3];
    uint32_t iterations;
    bool is_by_numbers; /* learnt from pairs that options->placed knows */
    bool is_settled;    /* false: expectation maximisation did not settle, or the prior left its bounds */
} LinkageModel;

/* Counts of agreement patterns, for those who have them without encodings. */
typedef struct LinkagePattern {
    uint64_t levels; /* four bits a field from the lowest; LINKAGE_LEVEL_ABSENT: no evidence */
    uint64_t count;
} LinkagePattern;

/*
 * Learns model->match and model->prior by expectation maximisation from patterns, with model->chance held,
 * or learnt too when free_chance. pair_total: how many pairs there were to draw from, of which patterns may
 * hold only the likelier part; what they lack is taken as no match.
 */
void linkage_learn(const LinkagePattern *patterns, size_t pattern_count, uint64_t pair_total,
                   bool free_chance, LinkageModel *model);
/*
 * Where at least LINKAGE_KNOWN_LEAST pairs that share a block are of one person by options->placed and of two
 * sources, matches are as these are: most that a register shares blocks with are of its own people's homes,
 * and expectation maximisation would learn families. Else it learns by itself.
 * ERROR_INPUT: no pair shares a block, or encodings by blocks without references.
 */
enum { LINKAGE_KNOWN_LEAST = 50 };
Result linkage_train(LinkageSet *set, const LinkageOptions *options, LinkageModel *model, Error *error)
    CHECKED;

typedef struct LinkagePair {
    uint32_t a, b;  /* a < b */
    float weight;   /* log2 of the odds */
    uint32_t block; /* the first rule that brought them together; as many as there are rules: none did */
    uint64_t levels;
} LinkagePair;

typedef struct LinkagePairs {
    LinkagePair *pairs; /* those likelier than one in a hundred, by weight, the highest first; then a, b */
    size_t count, record_count;
    uint64_t compared;
    double expected_matches; /* of all compared */
} LinkagePairs;

Result linkage_score(LinkageSet *set, const LinkageModel *model, const LinkageOptions *options,
                     LinkagePairs *pairs, Error *error) CHECKED;
void linkage_pairs_close(LinkagePairs *pairs);
double linkage_probability(double weight); /* of a pair */

typedef struct LinkageClusters {
    uint32_t *person; /* of each record: the smallest number among the records of its cluster */
    size_t record_count, cluster_count;
    double share;              /* as below */
    double precision_expected; /* of pairs inside clusters, by the model */
    struct Tree *tree;         /* of joins, which other shares would cut elsewhere; NULL: not kept */
} LinkageClusters;

/*
 * Two clusters become one when the pairs between them match with this probability on average, those that no
 * block brought together counted as 0. share: NAN chooses it from the model alone, for the best expected F1.
 * No cluster gets two records of one of options->unique_sources.
 */
Result linkage_cluster(const LinkageSet *set, const LinkagePairs *pairs, const LinkageOptions *options,
                       double share, LinkageClusters *clusters, Error *error) CHECKED;
void linkage_clusters_close(LinkageClusters *clusters);

/* ---- quality against a known truth ---- */

typedef struct LinkageScore {
    double precision, recall, f1; /* of pairs; over all true pairs, those that no block held included */
    double threshold;             /* least probability of a pair; of clusters the share */
} LinkageScore;

typedef struct LinkageQuality {
    uint64_t true_pairs, compared;
    double blocking_recall;
    LinkageScore pairs, clusters;           /* with the threshold of the clusters given */
    LinkageScore pairs_best, clusters_best; /* with the threshold that the truth likes best */
    /* Of pairs that claim at least 0.95 and 0.99: how many on average they claim, and how many are right. */
    struct {
        double claimed, right;
        uint64_t count;
    } calibration[2];
} LinkageQuality;

/* truth: of each record whose it is, as numbers. */
Result linkage_evaluate(LinkageSet *set, const LinkagePairs *pairs, const LinkageClusters *clusters,
                        const LinkageOptions *options, const uint32_t *truth, LinkageQuality *quality,
                        Error *error) CHECKED;
