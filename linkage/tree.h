#pragma once
/*
 * Private to linkage: clusters by average probability, as the list of joins that made them, the most probable
 * first. Cutting the list gives the clusters at any share.
 */
#include "linkage/set.h"

typedef struct Join {
    uint32_t kept, joined; /* clusters, by their smallest record at the time */
    float share;           /* mean probability of the pairs between them */
    double sum, pairs;     /* expected matches among those pairs, and how many they are */
} Join;

typedef struct Tree {
    Join *joins;
    size_t count, record_count;
    double coverage; /* of what a person's pairs come to, how much was compared and found likely */
    double expected; /* matches among compared pairs */
} Tree;

/* What of each record no other of its cluster may have: bits, and numbers in order, which may be none. */
typedef struct TreeList {
    uint32_t *items;
    size_t count;
} TreeList;

/* When somebody was born, as far as it is known: not at all where to is below from. */
typedef struct TreeYears {
    int64_t from, to;
} TreeYears;

/* Years from which on two are not one person. */
enum { TREE_YEARS_APART = 10 };

typedef struct TreeUnique {
    const uint64_t *bits;
    const TreeList *lists;  /* NULL: of nobody */
    const TreeYears *years; /* those of a cluster are not apart; NULL: of nobody */
} TreeUnique;

/* Of those joined so far; shortens the way there. */
static inline uint32_t tree_root(uint32_t *parent, uint32_t record)
{
    while (parent[record] != record) {
        parent[record] = parent[parent[record]];
        record = parent[record];
    }
    return record;
}

/* ---- tree_unique.c ---- */

/* Those of both. */
TreeYears tree_years_of(const TreeYears *a, const TreeYears *b);
bool tree_years_apart(const TreeYears *a, const TreeYears *b);
bool tree_lists_share(const TreeList *a, const TreeList *b);
/* What more has is own's then. */
void tree_list_take(TreeList *own, TreeList *more);
TreeList *tree_lists_copy(const TreeList *lists, size_t count);
void tree_lists_close(TreeList *lists, size_t count);

/* ---- tree.c ---- */

Result tree_build(const LinkageSet *set, const LinkagePairs *pairs, uint64_t unique_sources, Tree *tree,
                  Error *error) CHECKED;
/* Without a set. */
Result tree_grow(const LinkagePairs *pairs, const TreeUnique *unique, Tree *tree, Error *error) CHECKED;
void tree_close(Tree *tree);

/* ---- tree_cut.c ---- */

/* How many of the joins to keep for the best F1 that the model expects. */
size_t tree_best(const Tree *tree);
size_t tree_at_share(const Tree *tree, double share);
/* The clusters after so many joins. */
void tree_cut(const Tree *tree, size_t joins, LinkageClusters *clusters);
