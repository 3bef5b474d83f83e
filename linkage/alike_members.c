#include "linkage/alike_members.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "linkage/combination.h"
#include "linkage_sql.h"

enum { FILTERS_AT_ONCE = 5000 };

/* log2 of the odds: likelier than one in five; what is less likely is no evidence. */
static const float WEIGHT_KEPT = -2;

static const DbStatement filters_statement = {
    .name = "linkage_encoded_filters",
    .sql = linkage_sql_encoded_filters,
    .parameters = {VALUE_INT8_ARRAY},
    .columns = {VALUE_INT8, VALUE_BYTES},
};

Comparison members_open(AlikeRun *run)
{
    return (Comparison){.run = run, .bytes = arena_create(MEMBERS_BYTES_MAX)};
}

void members_close(Comparison *comparison)
{
    token_table_close(&comparison->tokens);
    memory_free(comparison->done);
    memory_free(comparison->touched);
    memory_free(comparison->members);
    memory_free(comparison->unread);
    arena_close(&comparison->bytes);
}

static int compare_ids(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

void members_note_unread(Comparison *comparison, int64_t subject_id)
{
    comparison->unread = memory_room(comparison->unread, comparison->unread_count,
                                     &comparison->unread_capacity, sizeof(int64_t));
    comparison->unread[comparison->unread_count++] = subject_id;
}

void members_note_done(Comparison *comparison, Person person)
{
    comparison->done =
        memory_room(comparison->done, comparison->done_count, &comparison->done_capacity, sizeof(Person));
    comparison->done[comparison->done_count++] = person;
}

void members_note_touched(Comparison *comparison, int64_t subject_id)
{
    comparison->touched = memory_room(comparison->touched, comparison->touched_count,
                                      &comparison->touched_capacity, sizeof(int64_t));
    comparison->touched[comparison->touched_count++] = subject_id;
}

void members_add(Comparison *comparison, Member member)
{
    member.head = text_copy(comparison->bytes, member.head);
    comparison->members = memory_room(comparison->members, comparison->member_count,
                                      &comparison->member_capacity, sizeof(Member));
    comparison->members[comparison->member_count++] = member;
}

void members_clear(Comparison *comparison)
{
    arena_reset(comparison->bytes);
    comparison->member_count = 0;
}

bool members_has_id(const int64_t *ids, size_t count, int64_t id)
{
    return count > 0 && bsearch(&id, ids, count, sizeof *ids, compare_ids) != NULL;
}

bool members_is_closing(const TokenSlot *slot)
{
    return slot->count > ALIKE_BLOCK_MAX && slot->count - slot->fresh <= ALIKE_BLOCK_MAX;
}

Result members_keys(const Comparison *comparison, const Value *row, Text *head, uint64_t keys[TOKEN_KEYS_MAX],
                    size_t *count, Error *error)
{
    *count = 0;
    TRY(alike_open_head(comparison->run, row, head, error));
    *count = token_keys(*head, keys);
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

const Person *members_done(const Comparison *comparison, int64_t subject_id)
{
    const Person wanted = {.subject_id = subject_id};

    return comparison->done_count > 0
               ? bsearch(&wanted, comparison->done, comparison->done_count, sizeof wanted, compare_people)
               : NULL;
}

/* Those held before come first: two of them are not compared. Who is compared again stands with the new. */
static void order_members(Comparison *comparison)
{
    for (size_t i = 0; i < comparison->member_count; i++)
        comparison->members[i].is_fresh = members_done(comparison, comparison->members[i].subject_id) != NULL;
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
    Text filters[FILTERS_AT_ONCE];
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
        fetch->filters[at - fetch->ids] = db_text(*rows, i, 1);
    }
    return RESULT_OK;
}

static Result add_member(const Comparison *comparison, LinkageSet *set, const Member *member,
                         const Fetch *fetch, bool *is_added, Error *error)
{
    AlikeRun *run = comparison->run;
    const int64_t *at =
        bsearch(&member->subject_id, fetch->ids, fetch->count, sizeof *fetch->ids, compare_ids);
    const LinkageSealed filters = {.load_id = member->load_id,
                                   .subject_id = member->subject_id,
                                   .part = LINKAGE_FILTERS,
                                   .bytes = fetch->filters[at - fetch->ids]};
    Text encoding;

    memcpy(run->opened, member->head.data, member->head.length);
    TRY(alike_open(run, &filters, member->head.length, &encoding, error));
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
                members_note_unread(comparison, member.subject_id);
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
    /* A place is twice its source's, and one more where the member is free. */
    unsigned may_link = comparison->run->combinations[a->place / 2][b->place / 2];
    uint64_t combination = combination_of(set, pair->a, pair->b, may_link);
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

Result members_score(Comparison *comparison, Error *error)
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

/* ---- when all are compared ---- */

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

void members_sort(Comparison *comparison)
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
    comparison->run->unread = 0;
    for (size_t i = 0; i < comparison->unread_count; i++)
        comparison->run->unread += i == 0 || comparison->unread[i] != comparison->unread[i - 1];
}

Result members_finish(Comparison *comparison, Error *error)
{
    if (comparison->run->is_whole || comparison->done_count > 0)
        count_unread(comparison);
    return copy_done(comparison, error);
}
