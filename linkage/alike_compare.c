/*
 * All that is held, for who is new to meet. Heads are read in four passes, filters of those alone who share a
 * token with somebody whom no number places; so memory goes by these, in batches, and not by all that is
 * held.
 */
#include "linkage/alike_members.h"
#include "linkage_sql.h"

enum { BATCH = 20000 };

static const DbStatement free_statement = MEMBERS_HEADS(free), all_statement = MEMBERS_HEADS(all);

/* ---- whose tokens, and how many have them ---- */

static Result note_free(void *context, const Value *row, Error *error)
{
    Comparison *comparison = context;
    uint64_t keys[TOKEN_KEYS_MAX];
    size_t count;
    Text head;

    TRY(members_keys(comparison, row, &head, keys, &count, error));
    for (size_t i = 0; i < count; i++)
        token_table_add(&comparison->tokens, keys[i]);
    return RESULT_OK;
}

static Result count_tokens(void *context, const Value *row, Error *error)
{
    Comparison *comparison = context;
    uint64_t keys[TOKEN_KEYS_MAX];
    size_t count;
    Text head;

    TRY(members_keys(comparison, row, &head, keys, &count, error));
    for (size_t i = 0; i < count; i++) {
        TokenSlot *slot = token_table_find(&comparison->tokens, keys[i]);
        if (slot == NULL)
            continue;
        slot->count++;
        slot->fresh += row[5].boolean;
    }
    if (count == 0 || !alike_shape_has(&comparison->run->shape, head))
        members_note_unread(comparison, row[0].integer);
    if (row[5].boolean)
        members_note_done(comparison, (Person){.subject_id = row[0].integer, .is_free = row[4].boolean});
    return RESULT_OK;
}

static Result note_touched(void *context, const Value *row, Error *error)
{
    Comparison *comparison = context;
    uint64_t keys[TOKEN_KEYS_MAX];
    size_t count;
    Text head;
    bool is_again = false, is_touched = row[5].boolean;

    TRY(members_keys(comparison, row, &head, keys, &count, error));
    for (size_t i = 0; i < count; i++) {
        const TokenSlot *slot = token_table_find(&comparison->tokens, keys[i]);
        is_again = is_again || members_is_closing(slot);
        is_touched = is_touched || slot->fresh > 0;
    }
    if (is_again && !row[5].boolean)
        members_note_done(comparison,
                          (Person){.subject_id = row[0].integer, .is_free = true, .is_again = true});
    if (is_touched)
        members_note_touched(comparison, row[0].integer);
    return RESULT_OK;
}

static void count_closed(Comparison *comparison)
{
    for (size_t i = 0; i < comparison->tokens.capacity; i++)
        comparison->run->blocks_closed += comparison->tokens.slots[i].count > ALIKE_BLOCK_MAX;
}

/* ---- one batch ---- */

static Result want_tokens(void *context, const Value *row, Error *error)
{
    Comparison *comparison = context;
    uint64_t keys[TOKEN_KEYS_MAX];
    size_t count;
    Text head;

    if (!members_has_id(comparison->batch, comparison->batch_count, row[0].integer))
        return RESULT_OK;
    TRY(members_keys(comparison, row, &head, keys, &count, error));
    for (size_t i = 0; i < count; i++)
        token_table_find(&comparison->tokens, keys[i])->is_wanted = true;
    return RESULT_OK;
}

static bool is_wanted(const Comparison *comparison, Text head)
{
    uint64_t keys[TOKEN_KEYS_MAX];
    size_t count = token_keys(head, keys);

    for (size_t i = 0; i < count; i++) {
        const TokenSlot *slot = token_table_find(&comparison->tokens, keys[i]);
        if (slot != NULL && slot->is_wanted)
            return true;
    }
    return false;
}

static Result take_member(void *context, const Value *row, Error *error)
{
    Comparison *comparison = context;
    size_t source = alike_source(comparison->run, row[1].integer);
    Text head;

    TRY(alike_open_head(comparison->run, row, &head, error));
    if (source == ALIKE_SOURCES_MAX || !alike_shape_has(&comparison->run->shape, head) ||
        !is_wanted(comparison, head))
        return RESULT_OK;
    members_add(comparison,
                (Member){
                    .subject_id = row[0].integer,
                    .load_id = row[2].integer,
                    .place = (uint8_t)(2 * source + row[4].boolean),
                    .is_fresh = row[5].boolean,
                    .is_of_batch = row[4].boolean &&
                                   members_has_id(comparison->batch, comparison->batch_count, row[0].integer),
                    .head = head,
                });
    return RESULT_OK;
}

static Result run_batch(Comparison *comparison, Error *error)
{
    for (size_t i = 0; i < comparison->tokens.capacity; i++)
        comparison->tokens.slots[i].is_wanted = false;
    members_clear(comparison);
    TRY(db_copy_out(comparison->run->linker, &free_statement, want_tokens, comparison, error));
    TRY(db_copy_out(comparison->run->linker, &all_statement, take_member, comparison, error));
    return members_score(comparison, error);
}

static Result run_batches(Comparison *comparison, Error *error)
{
    for (size_t from = 0; from < comparison->touched_count; from += comparison->batch_count) {
        size_t left = comparison->touched_count - from;
        comparison->batch = comparison->touched + from;
        comparison->batch_count = left < BATCH ? left : BATCH;
        TRY(run_batch(comparison, error));
    }
    return RESULT_OK;
}

Result alike_compare(AlikeRun *run, Error *error)
{
    SCOPED(members_close) Comparison comparison = members_open(run);

    TRY(db_copy_out(run->linker, &free_statement, note_free, &comparison, error));
    TRY(db_copy_out(run->linker, &all_statement, count_tokens, &comparison, error));
    TRY(db_copy_out(run->linker, &free_statement, note_touched, &comparison, error));
    members_sort(&comparison);
    count_closed(&comparison);
    TRY(run_batches(&comparison, error));
    return members_finish(&comparison, error);
}
