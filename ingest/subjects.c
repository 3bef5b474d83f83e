#include "ingest/subjects.h"

#include <stdio.h>

#include "base/handover.h"
#include "base/secret.h"
#include "ingest_sql.h"

enum {
    BLOCKS = 4, /* one is filled while the others wait for what is merged just then */
    BLOCK_BYTES = 1 << 20,
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
    bool has_failed, has_begun, merges, lags; /* lags: more may be staged than is merged */
    Error failure;
};

static const DbStatement subjects_merge = {
    .name = "subjects_merge",
    .sql = ingest_sql_subjects_merge,
    .parameters = {VALUE_BYTES, VALUE_INT4},
    .columns = {VALUE_INT8},
};

static const DbCopyColumn columns[] = {
    {"subject_id", VALUE_INT8},
    {"source_id", VALUE_INT2},
    {"digest", VALUE_BYTES},
    {"first_load_id", VALUE_INT4},
    {"key_version", VALUE_INT2},
    {"nhs_token", VALUE_BYTES},
    {"superseded_nhs_token", VALUE_BYTES},
    {"local_token", VALUE_BYTES},
    {"uprn_token", VALUE_BYTES},
    {"foreign_token", VALUE_BYTES},
    {"foreign_token_to", VALUE_BYTES},
    {"address_token", VALUE_BYTES},
    {"nhs_state", VALUE_INT2},
    {"birth_year", VALUE_INT2},
    {"birth_month", VALUE_INT2},
    {"sex", VALUE_TEXT},
    {"lsoa_2011", VALUE_TEXT},
    {"lsoa_2021", VALUE_TEXT},
};
enum { COLUMN_COUNT = sizeof columns / sizeof *columns };

/* ---- one block ---- */

static Value token_value(const Token *token)
{
    return token->is_set ? value_bytes(token->bytes, TOKEN_BYTES) : value_null(VALUE_BYTES);
}

static Value number_or_null(int number)
{
    return number != 0 ? value_int2(number) : value_null(VALUE_INT2);
}

static Value string_or_null(const char *string)
{
    return string[0] != '\0' ? value_text(text_from(string)) : value_null(VALUE_TEXT);
}

static Result copy_subject(const SubjectsPlace *place, DbCopy *copy, const Subject *subject, Error *error)
{
    const char sex[] = {subject->sex, '\0'};
    const Value values[COLUMN_COUNT] = {
        value_int8(subject->subject_id),
        value_int2(place->source_id),
        value_bytes(subject->digest, sizeof subject->digest),
        value_int4(place->load_id),
        value_int2(subject->key_version),
        token_value(&subject->nhs),
        token_value(&subject->superseded_nhs),
        token_value(&subject->local_id),
        token_value(&subject->uprn),
        token_value(&subject->foreign),
        token_value(&subject->foreign_to),
        token_value(&subject->address),
        value_int2((int64_t)subject->nhs_state),
        number_or_null(subject->birth_year),
        number_or_null(subject->birth_month),
        string_or_null(sex),
        string_or_null(subject->lsoa_2011),
        string_or_null(subject->lsoa_2021),
    };

    return db_copy_row(copy, values, error);
}

static Result copy_block(const Subjects *subjects, Db *db, const Subject *block, size_t count, Error *error)
{
    SCOPED(db_copy_abandon) DbCopy *copy = NULL;

    if (count == 0)
        return RESULT_OK;
    TRY(db_copy_in(db, subjects->table, columns, COLUMN_COUNT, &copy, error));
    for (size_t i = 0; i < count; i++)
        TRY(copy_subject(&subjects->place, copy, &block[i], error));
    return db_copy_end(&copy, NULL, error);
}

/* ---- the second connection's thread ---- */

static Result merge_piece(Subjects *subjects, Error *error)
{
    const SubjectsPlace *place = &subjects->place;
    const Value values[] = {value_bytes(governance_permit_id(place->permit), GOVERNANCE_PERMIT_BYTES),
                            value_int4(place->load_id)};
    int64_t merged;

    TRY(db_run_int8(place->merger, &subjects_merge, values, &merged, NULL, error));
    subjects->merges = merged >= 0;
    subjects->lags = merged > 0;
    return RESULT_OK;
}

static Result stage_block(Subjects *subjects, const HandoverBlock *block, Error *error)
{
    if (!subjects->has_begun)
        TRY(merge_piece(subjects, error)); /* of nothing: it makes ready */
    subjects->has_begun = true;
    TRY(copy_block(subjects, subjects->place.merger, (const Subject *)block->bytes,
                   block->length / sizeof(Subject), error));
    subjects->lags = subjects->merges;
    return RESULT_OK;
}

/* Staging goes before merging, which takes four times as long: in a load's first rows nearly everybody is
 * new, and the rows would have to wait. */
static Result work_on(Subjects *subjects, Handover *handover, bool *is_done, Error *error)
{
    HandoverBlock *block;

    if (subjects->lags && handover_is_idle(handover))
        return merge_piece(subjects, error);
    block = handover_take(handover);
    *is_done = block == NULL;
    if (*is_done)
        return RESULT_OK;
    TRY(stage_block(subjects, block, error));
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
    TRY(copy_block(subjects, subjects->place.loader, subjects->buffer, subjects->count, error));
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
