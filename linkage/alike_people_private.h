#pragma once
/* Between alike_people.c, alike_units.c, alike_clusters.c and alike_made.c: people while they are made. */
#include "base/arena.h"
#include "linkage/alike.h"
#include "linkage/cluster.h"

enum {
    ALIKE_DECIDED = 60, /* a weight that a decision alone gives, below 0 where it keeps two apart */
    ALIKE_HAS_NUMBER = 1,
    ALIKE_HAS_DEATH = 2, /* of masks: what a person has once at most */
};

/* Nobody says when. */
#define ALIKE_UNBORN ((TreeYears){.from = 0, .to = -1})

typedef struct AlikeSide {
    int64_t subject_id, key; /* key: of the unit, a person's or a subject's */
    bool has_number, is_dead;
    TreeYears years; /* of birth: whom a number places, of all their subjects */
    uint32_t unit;
} AlikeSide;

typedef struct AlikeEvidence {
    AlikeSide sides[2];
    double weight;
    uint64_t levels;
    const char *conflict; /* NULL: none */
    bool is_impossible;
} AlikeEvidence;

typedef struct AlikeUnit {
    int64_t key, first_subject, person_id; /* person_id 0: none yet */
    bool has_number, is_torn;              /* torn: likely two people who have numbers */
    uint64_t mask;
    TreeYears years;           /* of birth, where they speak with one voice and nobody decided against them */
    const AlikeEvidence *best; /* why it is with the others */
    uint32_t cluster;
} AlikeUnit;

typedef struct AlikePeople {
    AlikeEvidence *evidence;
    size_t evidence_count, evidence_capacity;
    AlikeUnit *units; /* by first subject */
    size_t unit_count;
    TreeList *once; /* of each unit: deliveries that name each person once, and name it */
    int64_t *alone; /* free subjects, in order */
    size_t alone_count, alone_capacity;
    LinkagePairs pairs;
    LinkageClusters clusters;
    int64_t *firsts, *persons; /* of clusters: the smallest free subject, whom a number places */
} AlikePeople;

/* alike_units.c: units of the evidence's sides; tells each side its own. */
void alike_units(AlikePeople *people);

/* alike_clusters.c: by weight, the likeliest first. */
void alike_evidence_sort(AlikePeople *people);
/* Enough to link, and so unless it is impossible that the two are one. */
bool alike_is_enough(const AlikeEvidence *evidence);
bool alike_is_likely(const AlikeEvidence *evidence);
/* Tells each unit its cluster, a number below twice unit_count. Evidence is sorted. */
Result alike_clusters(AlikePeople *people, Error *error) CHECKED;

/* alike_made.c: pg_temp.person_made and conflict_made, of units that know their clusters. */
Result alike_made(AlikeRun *run, AlikePeople *people, Error *error) CHECKED;
