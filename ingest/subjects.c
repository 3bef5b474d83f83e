#include "ingest/subjects.h"

#include <stdio.h>

#include "base/handover.h"
#include "base/secret.h"
#include "ingest/subjects_copy.h"
#include "ingest_sql.h"

/* The more go at once, the more of them are neighbours in the index, and the later the first ones go. */
enum {
    BLOCKS = 3, /* one is filled while the others wait for what is merged just then */
    BLOCK_BYTES = 6 << 20,
    SUBJECTS_MAX = BLOCK_BYTES / sizeof(Subject),
    TABLE_BYTES = 96,
};

struct Subjects {
    SubjectsPlace place;
    char table[TABLE_BYTES];
    Subject *buffer; /* of the block, or our own where there is no handover */
    size_t count;
    Handover *handover; /* NULL: no second connection */
    HandoverBlock *block;
    /* The thread's until the handover is drained. */
    bool has_failed, has_begun;
    bool goes_straight; /* none was held already so far, nor put in by another load under way */
    bool merges, lags;  /* lags: more may be staged than is merged */
    Error failure;
};

static const DbStatement subjects_merge = {
    .name = "subjects_merge",
    .sql = ingest_sql_subjects_merge,
    .parameters = {VALUE_BYTES, VALUE_INT4},
    .columns = {VALUE_INT8},
};

static const DbStatement subjects_vouch_early = {
    .name = "subjects_vouch_early",
    .sql = ingest_sql_subjects_vouch_early,
    .parameters = {VALUE_BYTES, VALUE_INT4},
    .columns = {VALUE_INT8},
};

/* ---- the second connection's thread ---- */

static Result ask(const Subjects *subjects, const DbStatement *statement, int64_t *answer, Error *error)
{
    const SubjectsPlace *place = &subjects->place;
    const Value values[] = {value_bytes(governance_permit_id(place->permit), GOVERNANCE_PERMIT_BYTES),
                            value_int4(place->load_id)};

    return db_run_int8(place->merger, statement, values, answer, NULL, error);
}

static Result merge_piece(Subjects *subjects, Error *error)
{
    int64_t merged;

    TRY(ask(subjects, &subjects_merge, &merged, error));
    subjects->merges = merged >= 0;
    subjects->lags = merged > 0;
    return RESULT_OK;
}

static Result begin(Subjects *subjects, Error *error)
{
    if (subjects->has_begun)
        return RESULT_OK;
    TRY(merge_piece(subjects, error)); /* of nothing: it makes ready */
    subjects->goes_straight = subjects->has_begun = true;
    return RESULT_OK;
}

/* New ones go straight where they belong; one that is held already, or comes with another load at this time,
 * fails its block, and from there on all are staged, to be looked for. */
static Result take_block(Subjects *subjects, const Subject *block, size_t count, Error *error)
{
    const SubjectsPlace *place = &subjects->place;

    TRY(begin(subjects, error));
    if (subjects->goes_straight)
        TRY(subjects_copy_new(place, block, count, &subjects->goes_straight, error));
    if (subjects->goes_straight)
        return RESULT_OK;
    TRY(subjects_copy(place, place->merger, subjects->table, block, count, error));
    subjects->lags = subjects->merges;
    return RESULT_OK;
}

/* All are in, and the rows are still written. */
static Result finish(const Subjects *subjects, Error *error)
{
    int64_t vouched;

    return subjects->goes_straight ? ask(subjects, &subjects_vouch_early, &vouched, error) : RESULT_OK;
}

/* Staging goes before merging, which takes four times as long: the rows would have to wait. */
static Result work_on(Subjects *subjects, Handover *handover, bool *is_done, Error *error)
{
    HandoverBlock *block;

    if (subjects->lags && handover_is_idle(handover))
        return merge_piece(subjects, error);
    block = handover_take(handover);
    *is_done = block == NULL;
    if (*is_done)
        return finish(subjects, error);
    TRY(take_block(subjects, (const Subject *)block->bytes, block->length / sizeof(Subject), error));
    handover_return(handover, block);
    return RESULT_OK;
}

static void merge_blocks(Handover *handover, void *context)
{
    Subjects *subjects = context;
    bool is_done = false;

    while (!is_done && !subjects->has_failed)
        subjects->has_failed = !work_on(subjects, handover, &is_done, &subjects->failure).ok;
    if (subjects->has_failed)
        handover_stop(handover);
}

/* ---- the load's ---- */

Result subjects_open(const SubjectsPlace *place, Subjects **subjects, Error *error)
{
    SCOPED(subjects_close) Subjects *made = memory_alloc(sizeof *made);

    made->place = *place;
    snprintf(made->table, TABLE_BYTES, "staging.subject_%d", (int)place->load_id);
    if (place->merger == NULL) {
        made->buffer = memory_alloc(BLOCK_BYTES);
    } else {
        made->merges = true;
        TRY(db_begin(place->merger, error));
        TRY(handover_open(BLOCKS, BLOCK_BYTES, merge_blocks, made, &made->handover, error));
        made->block = handover_empty(made->handover);
        made->buffer = (Subject *)made->block->bytes;
    }
    *subjects = made;
    made = NULL;
    return RESULT_OK;
}

bool subjects_is_full(const Subjects *subjects)
{
    return subjects->handover == NULL && subjects->count == SUBJECTS_MAX;
}

static Result tell_failure(Subjects *subjects, Error *error)
{
    handover_finish(subjects->handover);
    if (!subjects->has_failed)
        return RESULT_OK;
    *error = subjects->failure;
    return (Result){.ok = false};
}

static void give_block(Subjects *subjects)
{
    subjects->block->length = subjects->count * sizeof(Subject);
    handover_give(subjects->handover, subjects->block);
    subjects->count = 0;
}

static Result hand_on(Subjects *subjects, Error *error)
{
    give_block(subjects);
    subjects->block = handover_empty(subjects->handover);
    if (subjects->block == NULL)
        return tell_failure(subjects, error);
    subjects->buffer = (Subject *)subjects->block->bytes;
    return RESULT_OK;
}

Result subjects_add(Subjects *subjects, const Subject *subject, Error *error)
{
    if (subjects->handover != NULL && subjects->count == SUBJECTS_MAX)
        TRY(hand_on(subjects, error));
    subjects->buffer[subjects->count++] = *subject;
    return RESULT_OK;
}

Result subjects_flush(Subjects *subjects, Error *error)
{
    if (subjects->handover != NULL)
        return RESULT_OK; /* the thread gets them by the block */
    TRY(subjects_copy(&subjects->place, subjects->place.loader, subjects->table, subjects->buffer,
                      subjects->count, error));
    subjects->count = 0;
    return RESULT_OK;
}

Result subjects_finish(Subjects *subjects, Error *error)
{
    if (subjects->handover == NULL)
        return subjects_flush(subjects, error);
    if (subjects->count > 0)
        give_block(subjects);
    handover_end(subjects->handover);
    return RESULT_OK;
}

Result subjects_settle(Subjects *subjects, Error *error)
{
    return subjects->handover == NULL ? RESULT_OK : tell_failure(subjects, error);
}

void subjects_close(Subjects **subjects)
{
    Subjects *closing = *subjects;
    Error ignored = {0};

    if (closing == NULL)
        return;
    if (closing->place.merger == NULL) {
        secret_wipe(closing->buffer, BLOCK_BYTES);
        memory_free(closing->buffer);
    } else {
        handover_close(&closing->handover);
        if (db_in_transaction(closing->place.merger))
            (void)db_rollback(closing->place.merger, &ignored).ok;
    }
    memory_free(closing);
    *subjects = NULL;
}
