#pragma once
/*
 * Private to query: what the process keeps of releases, piece by piece: a source's `begin` or a column. A
 * piece that a hold has pinned stays where it is; of the others those longest not used go first.
 */
#include "query/dataset_open.h"
#include "query/manifest.h"
#include "query/posting.h"
#include "query/sealed.h"

typedef struct KeptPiece {
    Sealed memory;
    Sealed codes; /* of a column of few values: those, and then the codes */
    unsigned pins;
    uint64_t used; /* when: a count of uses */
} KeptPiece;

/* Posting lists that were fetched together. */
typedef struct KeptLists KeptLists;
struct KeptLists {
    KeptLists *next;
    KeptPiece piece;
    uint32_t *numbers; /* of the lists it holds */
    size_t count;
};

/* Of a source: where its posting lists are in its blocks. */
typedef struct KeptListed {
    Postings postings; /* what the dataset shows */
    PostingList *lists;
    int32_t *codes;
    uint64_t *ends; /* where the rows of each word end in the blocks: of the unknown one, then as the column
                       numbers them */
    size_t end_count;
    uint32_t *places;   /* of each list: its word's place there */
    KeptLists **owners; /* of each list: what holds it, or NULL */
    KeptLists *first;
} KeptListed;

typedef struct Kept Kept;
struct Kept {
    Kept *next;
    int64_t release_id;
    Hash hash; /* of its manifest */
    Arena *arena;
    Manifest manifest;
    Dataset dataset;
    DataSource *sources;
    DataColumn **columns;
    DataRange **ranges;  /* beside columns, of those that are there */
    DataCodes **codes;   /* the same */
    KeptPiece **pieces;  /* of a source: its columns, and behind them its `begin` */
    KeptListed **listed; /* of a source; NULL until it is known where its lists are */
    Sealed words;
    unsigned holds;
    bool is_gone; /* retired: ends with its last hold */
};

extern uint64_t kept_bytes_max; /* DATASET_BYTES_MAX, unless a test says less */

uint64_t kept_bytes(void);
uint64_t kept_use(void); /* counts up */
/* What is kept of this release with this manifest, or NULL. */
Kept *kept_find(int64_t release_id, const Hash *hash);
/* Makes it from a manifest that has been checked; the words are still to come. */
Kept *kept_create(int64_t release_id, const Hash *hash, Arena **arena, const Manifest *manifest);
void kept_add(Kept *kept);   /* from here on it is found */
void kept_close(Kept *kept); /* one that is not found */
/* Drops all that are not among these and not held; those that are held end with their last hold. */
void kept_keep_only(const int64_t *release_ids, size_t count);
void kept_drop(Kept *kept); /* the same of one that is found */
/* Memory for so many bytes, within kept_bytes_max. */
Result kept_reserve(size_t bytes, Sealed *memory, Error *error) CHECKED;
void kept_release(Sealed *memory);
/* Points the dataset to the piece's memory, or away from it. piece: column_count for `begin`. */
/* From here on the dataset shows the source's lists, of which none is there yet. */
void kept_list(Kept *kept, size_t source, KeptListed *listed);
void kept_listed_close(KeptListed *listed);
void kept_show(Kept *kept, size_t source, size_t piece);
/* Gives a column that is shown its codes, where it has few values. */
Result kept_code(Kept *kept, size_t source, size_t piece, Error *error) CHECKED;
