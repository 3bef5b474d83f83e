#pragma once
/*
 * Private to linkage: the steps of a run that link by encodings. What is compared depends on two subjects and
 * the size of their blocks alone, never on when they came.
 */
#include "linkage/alike_shape.h"
#include "linkage/linkage.h"
#include "linkage/tree.h"

enum { ALIKE_SOURCES_MAX = 32, ALIKE_BLOCK_MAX = 500 };

/* The order that pseudonymise encodes them in. */
enum { ALIKE_GIVEN_NAME, ALIKE_FAMILY_NAME, ALIKE_BIRTH_DATE, ALIKE_SEX, ALIKE_POSTCODE, ALIKE_ADDRESS };

typedef struct AlikeRun {
    Db *linker;
    const LinkageOpener *opener;
    char *opened; /* what alike_open opened last */
    Value permit;
    int64_t run_id, model_id; /* model_id 0: none could be learnt yet */
    bool is_whole;            /* all encodings are looked at, not only who is new */
    LinkageModel model;
    int64_t sources[ALIKE_SOURCES_MAX]; /* those that may be compared with any */
    size_t source_count;
    uint32_t may_meet[ALIKE_SOURCES_MAX]; /* of each: bits of those it may be compared with */
    uint8_t combinations[ALIKE_SOURCES_MAX][ALIKE_SOURCES_MAX]; /* that may link two: a bit each */
    int64_t compared;
    AlikeShape shape;              /* of most encodings; others are passed over */
    int64_t blocks_closed, unread; /* unread: passed over. Of all that is held, or counted on from the run
                                      before, which leaves in what was deleted since */
} AlikeRun;

/* All after the step of people. *unread: encodings that could not be read, which were passed over. */
Result alike_run(Db *linker, const LinkageOpener *opener, Value permit, int64_t run_id, int64_t *unread,
                 Error *error) CHECKED;

/* alike_open.c: tells the opener what each load sealed to. */
Result alike_open_loads(AlikeRun *run, Error *error) CHECKED;
/* *opened lives until the next of any row. With another part of the same subject's behind it: after is how
 * many bytes that was opened before it stay. */
Result alike_open(AlikeRun *run, const LinkageSealed *sealed, size_t after, Text *opened, Error *error)
    CHECKED;
/* Of a row of heads: subject, source, load, head, and what else. */
Result alike_open_head(AlikeRun *run, const Value *row, Text *head, Error *error) CHECKED;

/* The source's place among the run's; ALIKE_SOURCES_MAX: none. */
size_t alike_source(const AlikeRun *run, int64_t source_id);
/* Adds what is of the run's shape and whole; what is not is passed over: *is_added false. */
Result alike_set_add(const AlikeRun *run, LinkageSet *set, Text encoding, unsigned place, bool *is_added,
                     Error *error) CHECKED;
Result alike_set_add_reference(const AlikeRun *run, LinkageSet *set, Text encoding, Error *error) CHECKED;
/* The frozen model; or one learnt now, where there is enough to learn from. */
Result alike_model(AlikeRun *run, Error *error) CHECKED;
/* Compares who is new with everybody; what is likely goes to pg_temp.pair_made. */
Result alike_compare(AlikeRun *run, Error *error) CHECKED;
/* The same where few are new: pg_temp.alike_new. */
Result alike_compare_new(AlikeRun *run, Error *error) CHECKED;
/* A person whom a number places, or a subject; place: whose list it has. */
typedef struct AlikeKey {
    int64_t key;
    bool has_number;
    uint32_t place;
} AlikeKey;
/* alike_once.c: adds to the list at each key's place the deliveries that name it, in order, of sources that
 * name each person once a delivery. Sorts keys. The items are the caller's to free. */
Result alike_once(AlikeRun *run, AlikeKey *keys, size_t count, TreeList *lists, Error *error) CHECKED;
/* Makes people of the evidence: pg_temp.person_made and conflict_made. */
Result alike_people(AlikeRun *run, Error *error) CHECKED;
