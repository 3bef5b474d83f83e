#pragma once
/*
 * Attacks on an encoded table. The attacker has the table, the source code and a plain file of people, of
 * whom some are in the table; no key. The literature is named in docs/linkage.md.
 */
#include "tests/attack/sheet.h"

typedef struct Outcome {
    size_t guesses, right; /* one to one */
    double share;          /* records guessed right of all encoded */
    double base;           /* right by guessing the commonest value for all */
    size_t top_lost;       /* of the 50 commonest values */
} Outcome;

/* Filters as they lie in the table, all of one size. */
typedef struct BitRows {
    uint8_t *bytes;
    size_t rows, width; /* bytes of a row */
} BitRows;

/* What rows stand for: a number for a value, and its q-grams. */
enum { VALUE_GRAMS = 64 };
typedef struct Spelling {
    uint64_t value;
    uint16_t grams[VALUE_GRAMS];
    size_t gram_count;
} Spelling;
typedef struct Values {
    Spelling *of;
    size_t rows, codes; /* q-grams are below codes */
} Values;

double outcome_precision(const Outcome *outcome);
/* What the share may be at most: a point above the base rate, at an overlap of four fifths and above a
 * twentieth. */
double outcome_bar(const Outcome *outcome, int overlap);

/* The commonest stored values of a column, laid beside the commonest known ones; the best of three ways. */
Outcome attack_frequency(const Sheets *sheets, size_t column);

/*
 * Records of both files matched by whom they share blocks and values with. It begins with a pair whose blocks
 * are of like sizes; what stands in a matched pair's cells is then known, and whoever shares enough of that
 * is matched too. Of several beginnings the one that grows most consistently is taken.
 */
Outcome attack_structure(const Sheets *sheets, const Files *files);

/* How alike each two rows of a file are, 0 to 1. */
typedef struct Likeness {
    size_t rows;
    float *of;
} Likeness;

Likeness likeness_make(size_t rows);
void likeness_put(Likeness *likeness, size_t a, size_t b, float value);
void likeness_close(Likeness *likeness);
Likeness likeness_of_filters(const BitRows *filters);
/* Hardened: the mean over the views that two rows can be compared by; 0 where there is none. */
Likeness likeness_of_table(const Table *table);
Outcome attack_similar(const Likeness *stored, const Likeness *known, const Files *files);

/*
 * Positions that are set together again and again are a q-gram's, whichever it is by its frequency (Christen
 * and others 2018). hashes: how many positions a q-gram has, about. Guesses are values whose q-grams'
 * positions are all set and no commoner value's are.
 */
Outcome attack_mining(const BitRows *filters, unsigned hashes, const Values *truth, const Values *known);
/* All start and step pairs of double hashing (Niedermeyer; Kroll and Steinmetzer 2015): hashes: how many
 * positions a q-gram has. atoms: how many patterns stood out. */
Outcome attack_atoms(const BitRows *filters, unsigned hashes, const Values *truth, const Values *known,
                     size_t *atoms);
