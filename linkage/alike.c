/* The story of linking by encodings inside a run: rules, weights, comparisons, people. */
#include "linkage/alike.h"

#include "base/arena.h"
#include "base/log.h"
#include "linkage_sql.h"

static const DbStatement begin_statement = {
    .name = "linkage_compare_begin",
    .sql = linkage_sql_compare_begin,
    .parameters = {VALUE_BYTES, VALUE_INT4},
    .columns = {VALUE_INT8, VALUE_BOOL, VALUE_INT8, VALUE_INT8},
};
static const DbStatement heads_statement = {
    .name = "linkage_encoded_all",
    .sql = linkage_sql_encoded_all,
    .columns = {VALUE_INT8, VALUE_INT8, VALUE_INT8, VALUE_BYTES, VALUE_BOOL, VALUE_BOOL},
};
static const DbStatement comparable_statement = {
    .name = "linkage_comparable",
    .sql = linkage_sql_comparable,
    .columns = {VALUE_INT8, VALUE_INT8, VALUE_INT8},
};
static const DbStatement keep_statement = {
    .name = "linkage_compare_keep",
    .sql = linkage_sql_compare_keep,
    .parameters = {VALUE_BYTES, VALUE_INT4, VALUE_INT4, VALUE_INT8, VALUE_INT8, VALUE_INT8},
    .columns = {VALUE_INT8},
};
static const DbStatement alike_statement = {
    .name = "linkage_run_alike",
    .sql = linkage_sql_run_alike,
    .parameters = {VALUE_BYTES, VALUE_INT4},
    .columns = {VALUE_INT8},
};

size_t alike_source(const AlikeRun *run, int64_t source_id)
{
    for (size_t i = 0; i < run->source_count; i++)
        if (run->sources[i] == source_id)
            return i;
    return ALIKE_SOURCES_MAX;
}

static Result add_source(AlikeRun *run, int64_t source_id, size_t *place, Error *error)
{
    *place = alike_source(run, source_id);
    if (*place < ALIKE_SOURCES_MAX)
        return RESULT_OK;
    if (run->source_count == ALIKE_SOURCES_MAX)
        return fail(error, ERROR_LIMIT, "linkage: the rules name more than %d sources", ALIKE_SOURCES_MAX);
    *place = run->source_count;
    run->sources[run->source_count++] = source_id;
    return RESULT_OK;
}

static Result read_rules(AlikeRun *run, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;

    TRY(db_run(run->linker, &comparable_statement, NULL, &rows, error));
    for (size_t i = 0; i < db_row_count(rows); i++) {
        size_t a, b;
        TRY(add_source(run, db_int(rows, i, 0), &a, error));
        TRY(add_source(run, db_int(rows, i, 1), &b, error));
        run->may_meet[a] |= UINT32_C(1) << b;
        run->may_meet[b] |= UINT32_C(1) << a;
        run->combinations[a][b] = run->combinations[b][a] = (uint8_t)db_int(rows, i, 2);
    }
    return RESULT_OK;
}

static Result vote(void *context, const Value *row, Error *error)
{
    AlikeRun *run = context;
    Text head;

    TRY(alike_open_head(run, row, &head, error));
    alike_shape_vote(&run->shape, head);
    return RESULT_OK;
}

/* What linkage cannot read is passed over; a limit that is reached fails the run. */
static Result passed_over(Result result, const Error *unread, Error *error)
{
    if (result.ok || unread->code == ERROR_INPUT)
        return RESULT_OK;
    return fail(error, unread->code, "%s", unread->message);
}

Result alike_set_add(const AlikeRun *run, LinkageSet *set, Text encoding, unsigned place, bool *is_added,
                     Error *error)
{
    Error unread = {0};

    *is_added = false;
    if (!alike_shape_has(&run->shape, encoding))
        return RESULT_OK;
    Result added = linkage_set_add(set, encoding, place, &unread);
    *is_added = added.ok;
    return passed_over(added, &unread, error);
}

Result alike_set_add_reference(const AlikeRun *run, LinkageSet *set, Text encoding, Error *error)
{
    Error unread = {0};

    if (!alike_shape_has(&run->shape, encoding))
        return RESULT_OK;
    return passed_over(linkage_set_add_reference(set, encoding, &unread), &unread, error);
}

static Result begin(AlikeRun *run, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const Value step[] = {run->permit, value_int4(run->run_id)};

    TRY(db_run(run->linker, &begin_statement, step, &rows, error));
    run->model_id = db_int(rows, 0, 0);
    run->is_whole = db_value(rows, 0, 1).boolean;
    run->blocks_closed = db_int(rows, 0, 2);
    run->unread = db_int(rows, 0, 3);
    return RESULT_OK;
}

static Result compare_all(AlikeRun *run, Error *error)
{
    TRY(db_copy_out(run->linker, &heads_statement, vote, run, error));
    TRY(alike_model(run, error));
    return run->model_id != 0 ? alike_compare(run, error) : RESULT_OK;
}

/* What is new is compared by weights that are known. */
static Result compare_new(AlikeRun *run, Error *error)
{
    TRY(alike_model(run, error));
    return alike_compare_new(run, error);
}

static Result compare(AlikeRun *run, Error *error)
{
    int64_t kept;

    if (run->source_count > 0) {
        TRY(alike_open_loads(run, error));
        TRY(run->is_whole ? compare_all(run, error) : compare_new(run, error));
    }
    const Value keep[] = {run->permit,
                          value_int4(run->run_id),
                          value_int4(run->model_id),
                          value_int8(run->compared),
                          value_int8(run->blocks_closed),
                          value_int8(run->unread)};
    return db_run_int8(run->linker, &keep_statement, keep, &kept, NULL, error);
}

Result alike_run(Db *linker, const LinkageOpener *opener, Value permit, int64_t run_id, int64_t *unread,
                 Error *error)
{
    SCOPED(arena_close) Arena *arena = arena_create(2 * LINKAGE_ENCODING_BYTES_MAX); /* wiped */
    AlikeRun run = {.linker = linker,
                    .opener = opener,
                    .opened = arena_alloc(arena, 2 * LINKAGE_ENCODING_BYTES_MAX),
                    .permit = permit,
                    .run_id = run_id};
    const Value step[] = {permit, value_int4(run_id)};
    int64_t links;

    TRY(begin(&run, error));
    TRY(read_rules(&run, error));
    TRY(compare(&run, error));
    *unread = run.unread;
    if (run.unread > 0)
        log_event(LOG_LEVEL_WARNING, "linkage_encodings", "unread=%lld", (long long)run.unread);
    TRY(alike_people(&run, error));
    return db_run_int8(linker, &alike_statement, step, &links, NULL, error);
}
