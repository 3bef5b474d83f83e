#pragma once
/*
 * Private to linkage: the subjects of one comparison, their filters, and the pairs that come of them. Who the
 * members are is found by alike_compare.c from all that is held, or by alike_new.c from what is new.
 */
#include "linkage/alike.h"
#include "linkage/alike_tokens.h"

/* What the heads of members may take: far more than blocks of at most 500 let them. */
#define MEMBERS_BYTES_MAX ((size_t)8 << 30)

/* Who will have been compared when this ends. */
typedef struct Person {
    int64_t subject_id;
    bool is_free, is_again;  /* again: because a block closed */
    bool was_held, was_free; /* this encoding, by the run before; of a look at what is new alone */
} Person;

/* A subject that shares a token with one who is compared. */
typedef struct Member {
    int64_t subject_id, load_id; /* load: of its encoding */
    uint8_t place;               /* of its source among the set's */
    bool is_fresh, is_of_batch;
    Text head;
} Member;

typedef struct Comparison {
    AlikeRun *run;
    TokenTable tokens;
    Person *done;
    size_t done_count, done_capacity;
    int64_t *touched; /* free subjects that meet somebody new, in order */
    size_t touched_count, touched_capacity;
    const int64_t *batch; /* of touched */
    size_t batch_count;
    Member *members;
    size_t member_count, member_capacity;
    Arena *bytes;    /* of the members */
    int64_t *unread; /* subjects passed over, some more than once */
    size_t unread_count, unread_capacity;
} Comparison;

/* Statements of heads: subject, source, load, head, is free, is new. */
#define MEMBERS_HEADS(which)                                                                                 \
    {                                                                                                        \
        .name = "linkage_encoded_" #which, .sql = linkage_sql_encoded_##which, .columns = {                  \
            VALUE_INT8,                                                                                      \
            VALUE_INT8,                                                                                      \
            VALUE_INT8,                                                                                      \
            VALUE_BYTES,                                                                                     \
            VALUE_BOOL,                                                                                      \
            VALUE_BOOL                                                                                       \
        }                                                                                                    \
    }

Comparison members_open(AlikeRun *run);
void members_close(Comparison *comparison);
/* Of a row of heads. *head lives until the next row; no keys: it cannot be read. */
Result members_keys(const Comparison *comparison, const Value *row, Text *head, uint64_t keys[TOKEN_KEYS_MAX],
                    size_t *count, Error *error) CHECKED;
void members_note_done(Comparison *comparison, Person person);
const Person *members_done(const Comparison *comparison,
                           int64_t subject_id); /* of done in order; NULL: none */
void members_note_touched(Comparison *comparison, int64_t subject_id);
void members_note_unread(Comparison *comparison, int64_t subject_id);
/* member.head is copied */
void members_add(Comparison *comparison, Member member);
void members_clear(Comparison *comparison);
/* done and touched, in order of subjects */
void members_sort(Comparison *comparison);
bool members_has_id(const int64_t *ids, size_t count, int64_t id); /* ids: in order */
/* It grew too large by those who are new now: whoever was compared because of it must be compared again
 * without. */
bool members_is_closing(const TokenSlot *slot);
/* Compares the members that are done now with all; what is likely of the batch's goes to pg_temp.pair_made.
 */
Result members_score(Comparison *comparison, Error *error) CHECKED;
/* Tells the run how many were passed over, and the database who was compared. */
Result members_finish(Comparison *comparison, Error *error) CHECKED;
