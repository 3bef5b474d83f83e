/*
 * Who is new meets everybody held. Heads are read in four passes, filters of those alone who share a token
 * with somebody whom no number places; so memory goes by these, in batches, and not by all that is held.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "linkage/alike.h"
#include "linkage/alike_tokens.h"
#include "linkage/combination.h"
#include "linkage_sql.h"

enum { BATCH = 20000, FILTERS_AT_ONCE = 5000, LIST_FIRST = 1024 };

/* What the heads of a batch's members may take: far more than blocks of at most 500 let them. */
#define HEADS_BYTES_MAX ((size_t)8 << 30)

/* log2 of the odds: likelier than one in five; what is less likely is no evidence. */
static const float WEIGHT_KEPT = -2;

#define HEADS(which)                                                                                         \
    {                                                                                                        \
        .name = "linkage_encoded_" #which, .sql = linkage_sql_encoded_##which, .columns = {                  \
            VALUE_INT8,                                                                                      \
            VALUE_INT8,                                                                                      \
            VALUE_BOOL,                                                                                      \
            VALUE_BOOL,                                                                                      \
            VALUE_INT8,                                                                                      \
            VALUE_BYTES                                                                                      \
        }                                                                                                    \
    }

static const DbStatement free_statement = HEADS(free), all_statement = HEADS(all);
static const DbStatement filters_statement = {
    .name = "linkage_encoded_filters",
    .sql = linkage_sql_encoded_filters,
    .parameters = {VALUE_INT8_ARRAY},
    .columns = {VALUE_INT8, VALUE_INT8, VALUE_BYTES},
};

/* Who will have been compared when this ends. */
typedef struct Person {
    int64_t subject_id;
    bool is_free, is_again; /* again: because a block closed */
} Person;

/* A subject that shares a token with one of the batch. */
typedef struct Member {
    int64_t subject_id;
    uint8_t place; /* of its source among the set's */
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

static void close_comparison(Comparison *comparison)
{
    token_table_close(&comparison->tokens);
    memory_free(comparison->done);
    memory_free(comparison->touched);
    memory_free(comparison->members);
    memory_free(comparison->unread);
    arena_close(&comparison->bytes);
}

static void *room(void *items, size_t count, size_t *capacity, size_t bytes)
{
    if (count < *capacity)
        return items;
    *capacity = *capacity * 2 + LIST_FIRST;
    return memory_resize(items, *capacity * bytes);
}

static int compare_ids(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

static void add_unread(Comparison *comparison, int64_t subject_id)
{
    comparison->unread =
        room(comparison->unread, comparison->unread_count, &comparison->unread_capacity, sizeof(int64_t));
    comparison->unread[comparison->unread_count++] = subject_id;
}

/* Of a row of linkage.encoded. *head lives until the next row. */
static Result read_keys(const Comparison *comparison, const Value *row, Text *head,
                        uint64_t keys[TOKEN_KEYS_MAX], size_t *count, Error *error)
{
    *count = 0;
    TRY(alike_open_head(comparison->run, row, head, error));
    *count = token_keys(*head, keys);
    return RESULT_OK;
}

/* ---- whose tokens, and how many have them ---- */

static Result note_free(void *context, const Value *row, Error *error)
{
    Comparison *comparison = context;
    uint64_t keys[TOKEN_KEYS_MAX];
    size_t count;
    Text head;

    TRY(read_keys(comparison, row, &head, keys, &count, error));
    for (size_t i = 0; i < count; i++)
        token_table_add(&comparison->tokens, keys[i]);
    return RESULT_OK;
}

static void add_done(Comparison *comparison, const Value *row, bool is_again)
{
    comparison->done =
        room(comparison->done, comparison->done_count, &comparison->done_capacity, sizeof(Person));
    comparison->done[comparison->done_count++] =
        (Person){.subject_id = row[0].integer, .is_free = row[2].boolean, .is_again = is_again};
}

static Result count_tokens(void *context, const Value *row, Error *error)
{
    Comparison *comparison = context;
    uint64_t keys[TOKEN_KEYS_MAX];
    size_t count;
    Text head;

    TRY(read_keys(comparison, row, &head, keys, &count, error));
    for (size_t i = 0; i < count; i++) {
        TokenSlot *slot = token_table_find(&comparison->tokens, keys[i]);
        if (slot == NULL)
            continue;
        slot->count++;
        slot->fresh += row[3].boolean;
    }
    if (count == 0 || !alike_shape_has(&comparison->run->shape, head))
        add_unread(comparison, row[0].integer);
    if (row[3].boolean)
        add_done(comparison, row, false);
    return RESULT_OK;
}

/* It grew too large by those who are new now: whoever was compared because of it must be compared again
 * without. */
static bool is_closing(const TokenSlot *slot)
{
    return slot->count > ALIKE_BLOCK_MAX && slot->count - slot->fresh <= ALIKE_BLOCK_MAX;
}

static Result note_touched(void *context, const Value *row, Error *error)
{
    Comparison *comparison = context;
    uint64_t keys[TOKEN_KEYS_MAX];
    size_t count;
    Text head;
    bool is_again = false, is_touched = row[3].boolean;

    TRY(read_keys(comparison, row, &head, keys, &count, error));
    for (size_t i = 0; i < count; i++) {
        const TokenSlot *slot = token_table_find(&comparison->tokens, keys[i]);
        is_again = is_again || is_closing(slot);
        is_touched = is_touched || slot->fresh > 0;
    }
    if (is_again && !row[3].boolean)
        add_done(comparison, row, true);
    if (!is_touched)
        return RESULT_OK;
    comparison->touched =
        room(comparison->touched, comparison->touched_count, &comparison->touched_capacity, sizeof(int64_t));
    comparison->touched[comparison->touched_count++] = row[0].integer;
    return RESULT_OK;
}

static void count_closed(Comparison *comparison)
{
    for (size_t i = 0; i < comparison->tokens.capacity; i++)
        comparison->run->blocks_closed += comparison->tokens.slots[i].count > ALIKE_BLOCK_MAX;
}

/* ---- one batch ---- */

static bool is_in(const int64_t *ids, size_t count, int64_t id)
{
    return count > 0 && bsearch(&id, ids, count, sizeof *ids, compare_ids) != NULL;
}

static Result want_tokens(void *context, const Value *row, Error *error)
{
    Comparison *comparison = context;
    uint64_t keys[TOKEN_KEYS_MAX];
    size_t count;
    Text head;

    if (!is_in(comparison->batch, comparison->batch_count, row[0].integer))
        return RESULT_OK;
    TRY(read_keys(comparison, row, &head, keys, &count, error));
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
    comparison->members =
        room(comparison->members, comparison->member_count, &comparison->member_capacity, sizeof(Member));
    comparison->members[comparison->member_count++] = (Member){
        .subject_id = row[0].integer,
        .place = (uint8_t)(2 * source + row[2].boolean),
        .is_fresh = row[3].boolean,
        .is_of_batch = row[2].boolean && is_in(comparison->batch, comparison->batch_count, row[0].integer),
        .head = text_copy(comparison->bytes, head),
    };
    return RESULT_OK;
}

static int compare_members(const void *a, const void *b)
{
    const Member *x = a, *y = b;

    if (x->is_fresh != y->is_fresh)
        return x->is_fresh ? 1 : -1;
    return x->subject_id < y->subject_id ? -1 : x->subject_id > y->subject_id;
}

static int compare_people(const void *a, const void *b)
{
    const Person *x = a, *y = b;

    return x->subject_id < y->subject_id ? -1 : x->subject_id > y->subject_id;
}

static bool is_done_now(const Comparison *comparison, int64_t subject_id)
{
    const Person wanted = {.subject_id = subject_id};

    return comparison->done_count > 0 &&
           bsearch(&wanted, comparison->done, comparison->done_count, sizeof wanted, compare_people) != NULL;
}

/* Those held before come first: two of them are not compared. Who is compared again stands with the new. */
static void order_members(Comparison *comparison)
{
    for (size_t i = 0; i < comparison->member_count; i++)
        comparison->members[i].is_fresh = is_done_now(comparison, comparison->members[i].subject_id);
    if (comparison->member_count > 1)
        qsort(comparison->members, comparison->member_count, sizeof(Member), compare_members);
}

static uint32_t first_fresh(const Comparison *comparison)
{
    size_t count = 0;

    while (count < comparison->member_count && !comparison->members[count].is_fresh)
        count++;
    return (uint32_t)count;
}

/* ---- filters, and the set ---- */

typedef struct Fetch {
    int64_t ids[FILTERS_AT_ONCE]; /* in order */
    LinkageSealed filters[FILTERS_AT_ONCE];
    size_t count;
} Fetch;

static Result fetch_filters(const Comparison *comparison, const Member *members, Fetch *fetch, DbRows **rows,
                            Error *error)
{
    for (size_t i = 0; i < fetch->count; i++)
        fetch->ids[i] = members[i].subject_id;
    qsort(fetch->ids, fetch->count, sizeof *fetch->ids, compare_ids);
    const Value wanted[] = {
        {.type = VALUE_INT8_ARRAY, .array = {.items = fetch->ids, .count = fetch->count}}};
    TRY(db_run(comparison->run->linker, &filters_statement, wanted, rows, error));
    if (db_row_count(*rows) != fetch->count)
        return fail(error, ERROR_DATABASE, "linkage: encodings without filters are held");
    for (size_t i = 0; i < fetch->count; i++) {
        int64_t id = db_int(*rows, i, 0);
        const int64_t *at = bsearch(&id, fetch->ids, fetch->count, sizeof id, compare_ids);
        fetch->filters[at - fetch->ids] = (LinkageSealed){.load_id = db_int(*rows, i, 1),
                                                          .subject_id = id,
                                                          .part = LINKAGE_FILTERS,
                                                          .bytes = db_text(*rows, i, 2)};
    }
    return RESULT_OK;
}

static Result add_member(const Comparison *comparison, LinkageSet *set, const Member *member,
                         const Fetch *fetch, bool *is_added, Error *error)
{
    AlikeRun *run = comparison->run;
    const int64_t *at =
        bsearch(&member->subject_id, fetch->ids, fetch->count, sizeof *fetch->ids, compare_ids);
    Text encoding;

    memcpy(run->opened, member->head.data, member->head.length);
    TRY(alike_open(run, &fetch->filters[at - fetch->ids], member->head.length, &encoding, error));
    return alike_set_add(run, set, encoding, member->place, is_added, error);
}

/* A member's place is its record's in the set: who is passed over is no member. */
static Result fill_set(Comparison *comparison, LinkageSet *set, Error *error)
{
    SCOPED(arena_close) Arena *arena = arena_create(2 * sizeof(Fetch));
    Fetch *fetch = arena_alloc(arena, sizeof *fetch);
    size_t kept = 0;

    for (size_t from = 0; from < comparison->member_count; from += fetch->count) {
        SCOPED(db_rows_close) DbRows *rows = NULL;
        const Member *members = comparison->members + from;
        size_t left = comparison->member_count - from;
        fetch->count = left < FILTERS_AT_ONCE ? left : FILTERS_AT_ONCE;
        TRY(fetch_filters(comparison, members, fetch, &rows, error));
        for (size_t i = 0; i < fetch->count; i++) {
            const Member member = members[i];
            bool is_added;
            TRY(add_member(comparison, set, &member, fetch, &is_added, error));
            if (is_added)
                comparison->members[kept++] = member;
            else
                add_unread(comparison, member.subject_id);
        }
    }
    comparison->member_count = kept;
    return RESULT_OK;
}

/* ---- pairs ---- */

static Result copy_pair(const Comparison *comparison, const LinkageSet *set, DbCopy *copy,
                        const LinkagePair *pair, Error *error)
{
    const Member *a = &comparison->members[pair->a], *b = &comparison->members[pair->b];

    /* Blocks are whole for the batch alone. */
    if (pair->weight < WEIGHT_KEPT || !(a->is_of_batch || b->is_of_batch))
        return RESULT_OK;
    uint64_t combination = combination_of(set, pair->a, pair->b);
    const Value values[] = {value_int8(a->subject_id), value_int8(b->subject_id),
                            value_float8((double)pair->weight),
                            value_int8((int64_t)(pair->levels | combination << COMBINATION_AT)),
                            value_int2((int64_t)pair->block)};

    return db_copy_row(copy, values, error);
}

static Result copy_pairs(const Comparison *comparison, const LinkageSet *set, const LinkagePairs *pairs,
                         Error *error)
{
    static const DbCopyColumn columns[] = {{"subject_a", VALUE_INT8},
                                           {"subject_b", VALUE_INT8},
                                           {"weight", VALUE_FLOAT8},
                                           {"levels", VALUE_INT8},
                                           {"block", VALUE_INT2}};
    SCOPED(db_copy_abandon) DbCopy *copy = NULL;

    TRY(db_copy_in(comparison->run->linker, "pg_temp.pair_made", columns, sizeof columns / sizeof *columns,
                   &copy, error));
    for (size_t i = 0; i < pairs->count; i++)
        TRY(copy_pair(comparison, set, copy, &pairs->pairs[i], error));
    return db_copy_end(&copy, NULL, error);
}

/* Sources may meet as the rules say, and never two whom numbers place already. */
static void fill_may_meet(const AlikeRun *run, uint64_t may_meet[64])
{
    for (size_t a = 0; a < run->source_count; a++) {
        for (size_t b = 0; b < run->source_count; b++) {
            if ((run->may_meet[a] >> b & 1) == 0)
                continue;
            may_meet[2 * a] |= UINT64_C(2) << 2 * b;
            may_meet[2 * a + 1] |= UINT64_C(3) << 2 * b;
        }
    }
}

static Result score_batch(Comparison *comparison, Error *error)
{
    SCOPED(linkage_set_close) LinkageSet *set = linkage_set_create();
    SCOPED(linkage_pairs_close) LinkagePairs pairs = {0};
    uint64_t may_meet[64] = {0};
    AlikeRun *run = comparison->run;
    LinkageOptions options = {.block_max = ALIKE_BLOCK_MAX, .may_meet = may_meet};

    order_members(comparison);
    fill_may_meet(run, may_meet);
    TRY(fill_set(comparison, set, error));
    options.first_new = first_fresh(comparison);
    if (linkage_set_count(set) < 2)
        return RESULT_OK;
    TRY(linkage_score(set, &run->model, &options, &pairs, error));
    run->compared += (int64_t)pairs.compared;
    return copy_pairs(comparison, set, &pairs, error);
}

static Result run_batch(Comparison *comparison, Error *error)
{
    for (size_t i = 0; i < comparison->tokens.capacity; i++)
        comparison->tokens.slots[i].is_wanted = false;
    arena_reset(comparison->bytes);
    comparison->member_count = 0;
    TRY(db_copy_out(comparison->run->linker, &free_statement, want_tokens, comparison, error));
    TRY(db_copy_out(comparison->run->linker, &all_statement, take_member, comparison, error));
    return score_batch(comparison, error);
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

static Result copy_done(const Comparison *comparison, Error *error)
{
    static const DbCopyColumn columns[] = {
        {"subject_id", VALUE_INT8}, {"is_free", VALUE_BOOL}, {"is_again", VALUE_BOOL}};
    SCOPED(db_copy_abandon) DbCopy *copy = NULL;

    TRY(db_copy_in(comparison->run->linker, "pg_temp.compared_made", columns,
                   sizeof columns / sizeof *columns, &copy, error));
    for (size_t i = 0; i < comparison->done_count; i++) {
        const Person *person = &comparison->done[i];
        const Value values[] = {value_int8(person->subject_id), value_bool(person->is_free),
                                value_bool(person->is_again)};
        TRY(db_copy_row(copy, values, error));
    }
    return db_copy_end(&copy, NULL, error);
}

static void sort_lists(Comparison *comparison)
{
    if (comparison->done_count > 1)
        qsort(comparison->done, comparison->done_count, sizeof *comparison->done, compare_people);
    if (comparison->touched_count > 1)
        qsort(comparison->touched, comparison->touched_count, sizeof *comparison->touched, compare_ids);
}

static void count_unread(Comparison *comparison)
{
    if (comparison->unread_count > 1)
        qsort(comparison->unread, comparison->unread_count, sizeof *comparison->unread, compare_ids);
    for (size_t i = 0; i < comparison->unread_count; i++)
        comparison->run->unread += i == 0 || comparison->unread[i] != comparison->unread[i - 1];
}

Result alike_compare(AlikeRun *run, Error *error)
{
    SCOPED(close_comparison)
    Comparison comparison = {.run = run, .bytes = arena_create(HEADS_BYTES_MAX)};

    TRY(db_copy_out(run->linker, &free_statement, note_free, &comparison, error));
    TRY(db_copy_out(run->linker, &all_statement, count_tokens, &comparison, error));
    TRY(db_copy_out(run->linker, &free_statement, note_touched, &comparison, error));
    sort_lists(&comparison);
    count_closed(&comparison);
    TRY(run_batches(&comparison, error));
    count_unread(&comparison);
    return copy_done(&comparison, error);
}
