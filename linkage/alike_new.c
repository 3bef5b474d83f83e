/*
 * Who is new, few beside all that is held, meets everybody. The tokens of the new ones are kept, heads of all
 * are read once, and of those who share a token filters as well. What a run over everything compares of the
 * new ones is compared here: alike_compare.c.
 */
#include <string.h>

#include "base/arena.h"
#include "linkage/alike_members.h"
#include "linkage_sql.h"

static const DbStatement new_statement = {
    .name = "linkage_encoded_new",
    .sql = linkage_sql_encoded_new,
    .columns = {VALUE_INT8, VALUE_INT8, VALUE_INT8, VALUE_BYTES, VALUE_BOOL, VALUE_BOOL, VALUE_BOOL},
};
static const DbStatement stored_statement = {
    .name = "linkage_encoded_stored",
    .sql = linkage_sql_encoded_stored,
    .columns = {VALUE_INT8, VALUE_INT8, VALUE_INT8, VALUE_BYTES},
};
static const DbStatement held_free_statement = {
    .name = "linkage_held_free", .sql = linkage_sql_held_free, .columns = {VALUE_INT8}};

typedef struct Newcomers {
    Comparison comparison;
    int64_t *free; /* whom no number places, of those compared before, in order */
    size_t free_count, free_capacity;
    AlikeShape first; /* what most had when the look began */
    bool is_settled;  /* the shape is: there is no more vote */
} Newcomers;

static void close_newcomers(Newcomers *newcomers)
{
    members_close(&newcomers->comparison);
    memory_free(newcomers->free);
}

static Result note_new(void *context, const Value *row, Error *error)
{
    Comparison *comparison = context;
    uint64_t keys[TOKEN_KEYS_MAX];
    size_t count;
    Text head;

    TRY(members_keys(comparison, row, &head, keys, &count, error));
    for (size_t i = 0; i < count; i++)
        token_table_add(&comparison->tokens, keys[i]);
    members_note_done(comparison, (Person){.subject_id = row[0].integer,
                                           .is_free = row[4].boolean,
                                           .was_held = row[5].boolean,
                                           .was_free = row[6].boolean});
    return RESULT_OK;
}

static Result note_free(void *context, const Value *row, Error *error)
{
    Newcomers *newcomers = context;

    (void)error;
    newcomers->free = memory_room(newcomers->free, newcomers->free_count, &newcomers->free_capacity,
                                  sizeof *newcomers->free);
    newcomers->free[newcomers->free_count++] = row[0].integer;
    return RESULT_OK;
}

/* done: NULL where the subject is not new. */
static bool is_free(const Newcomers *newcomers, int64_t subject_id, const Person *done)
{
    return done != NULL ? done->is_free : members_has_id(newcomers->free, newcomers->free_count, subject_id);
}

static void note_shape(Newcomers *newcomers, Text head)
{
    AlikeShape *shape = &newcomers->comparison.run->shape;

    if (newcomers->is_settled)
        return;
    alike_shape_vote(shape, head);
    if (newcomers->first.lead == 0)
        newcomers->first = *shape;
}

static bool is_near(const Comparison *comparison, const uint64_t *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (token_table_find(&comparison->tokens, keys[i]) != NULL)
            return true;
    return false;
}

/* Who shares a token with somebody new. */
static void take_near(Newcomers *newcomers, Member member, const uint64_t *keys, size_t count)
{
    Comparison *comparison = &newcomers->comparison;
    const Person *done = members_done(comparison, member.subject_id);
    bool free = is_free(newcomers, member.subject_id, done);

    for (size_t i = 0; i < count; i++) {
        TokenSlot *slot = token_table_find(&comparison->tokens, keys[i]);
        if (slot == NULL)
            continue;
        slot->count++;
        slot->fresh += done != NULL && !done->is_again;
        slot->is_wanted = slot->is_wanted || free;
        slot->came += done != NULL && !done->was_held;
        slot->was_wanted = slot->was_wanted || (done != NULL ? done->was_free : free);
    }
    member.place = (uint8_t)(member.place + free);
    members_add(comparison, member);
}

static Result look_at(void *context, const Value *row, Error *error)
{
    Newcomers *newcomers = context;
    Comparison *comparison = &newcomers->comparison;
    size_t source = alike_source(comparison->run, row[1].integer), count;
    Member member = {.subject_id = row[0].integer,
                     .load_id = row[2].integer,
                     .place = (uint8_t)(2 * source),
                     .is_of_batch = true};
    uint64_t keys[TOKEN_KEYS_MAX];

    if (source == ALIKE_SOURCES_MAX)
        return RESULT_OK;
    TRY(members_keys(comparison, row, &member.head, keys, &count, error));
    note_shape(newcomers, member.head);
    if (count == 0 || !alike_shape_has(&comparison->run->shape, member.head))
        members_note_unread(comparison, member.subject_id);
    if (is_near(comparison, keys, count))
        take_near(newcomers, member, keys, count);
    return RESULT_OK;
}

static Result look(Newcomers *newcomers, Error *error)
{
    Comparison *comparison = &newcomers->comparison;

    for (size_t i = 0; i < comparison->tokens.capacity; i++) {
        TokenSlot *slot = &comparison->tokens.slots[i];
        *slot = (TokenSlot){.key = slot->key};
    }
    members_clear(comparison);
    comparison->unread_count = 0;
    return db_copy_out(comparison->run->linker, &stored_statement, look_at, newcomers, error);
}

static bool is_closed_on(const Comparison *comparison, const Member *member)
{
    uint64_t keys[TOKEN_KEYS_MAX];
    size_t count = token_keys(member->head, keys);

    for (size_t i = 0; i < count; i++) {
        const TokenSlot *slot = token_table_find(&comparison->tokens, keys[i]);
        if (slot != NULL && members_is_closing(slot))
            return true;
    }
    return false;
}

/* Whose block grew too large meets everybody again, without it. */
static void note_again(Newcomers *newcomers)
{
    Comparison *comparison = &newcomers->comparison;
    uint64_t keys[TOKEN_KEYS_MAX];

    for (size_t i = 0; i < comparison->member_count; i++) {
        const Member *member = &comparison->members[i];
        if (members_done(comparison, member->subject_id) == NULL &&
            is_free(newcomers, member->subject_id, NULL) && is_closed_on(comparison, member))
            members_note_touched(comparison, member->subject_id);
    }
    members_sort(comparison);
    for (size_t i = 0; i < comparison->member_count; i++) {
        const Member *member = &comparison->members[i];
        if (!members_has_id(comparison->touched, comparison->touched_count, member->subject_id))
            continue;
        size_t count = token_keys(member->head, keys);
        for (size_t k = 0; k < count; k++)
            token_table_add(&comparison->tokens, keys[k]);
        members_note_done(comparison, (Person){.subject_id = member->subject_id,
                                               .is_free = true,
                                               .is_again = true,
                                               .was_held = true,
                                               .was_free = true});
    }
    members_sort(comparison);
}

/* A second time where a block closed, or most are of another shape than the first ones were. */
static Result look_until_settled(Newcomers *newcomers, Error *error)
{
    Comparison *comparison = &newcomers->comparison;
    AlikeShape *shape = &comparison->run->shape;

    TRY(look(newcomers, error));
    newcomers->is_settled = true;
    note_again(newcomers);
    if (comparison->touched_count == 0 &&
        memcmp(newcomers->first.bytes, shape->bytes, sizeof shape->bytes) == 0)
        return RESULT_OK;
    return look(newcomers, error);
}

/* A block of nobody free is of no use, and not whole here. */
static bool is_of_use(const Comparison *comparison, const Member *member)
{
    uint64_t keys[TOKEN_KEYS_MAX];
    size_t count = token_keys(member->head, keys);

    for (size_t i = 0; i < count; i++) {
        const TokenSlot *slot = token_table_find(&comparison->tokens, keys[i]);
        if (slot != NULL && slot->is_wanted)
            return alike_shape_has(&comparison->run->shape, member->head);
    }
    return false;
}

static void leave_out_useless(Comparison *comparison)
{
    size_t kept = 0;

    for (size_t i = 0; i < comparison->member_count; i++)
        if (is_of_use(comparison, &comparison->members[i]))
            comparison->members[kept++] = comparison->members[i];
    comparison->member_count = kept;
}

/* Of the tokens of who is new: others' blocks are as the run before counted them. */
static void count_closed(Comparison *comparison)
{
    for (size_t i = 0; i < comparison->tokens.capacity; i++) {
        const TokenSlot *slot = &comparison->tokens.slots[i];
        bool is_closed = slot->is_wanted && slot->count > ALIKE_BLOCK_MAX;
        bool was_closed = slot->was_wanted && slot->count - slot->came > ALIKE_BLOCK_MAX;
        comparison->run->blocks_closed += is_closed - was_closed;
    }
}

Result alike_compare_new(AlikeRun *run, Error *error)
{
    SCOPED(close_newcomers) Newcomers newcomers = {.comparison = members_open(run)};
    Comparison *comparison = &newcomers.comparison;

    TRY(db_copy_out(run->linker, &new_statement, note_new, comparison, error));
    TRY(db_copy_out(run->linker, &held_free_statement, note_free, &newcomers, error));
    members_sort(comparison);
    if (comparison->done_count > 0) {
        TRY(look_until_settled(&newcomers, error));
        leave_out_useless(comparison);
        count_closed(comparison);
        TRY(members_score(comparison, error));
    }
    return members_finish(comparison, error);
}
