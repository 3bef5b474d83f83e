#include "linkage/linkage.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/date.h"
#include "base/log.h"
#include "linkage/alike.h"
#include "linkage_sql.h"

/* Written beside each link; raised when the meaning of a pass changes. */
enum { RULE_VERSION = 4 };

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const DbStatement begin_statement = {
    .name = "linkage_run_begin",
    .sql = linkage_sql_run_begin,
    .parameters = {VALUE_BYTES, VALUE_INT2},
    .columns = {VALUE_INT8},
};

#define STEP(step)                                                                                           \
    {                                                                                                        \
        .name = "linkage_run_" #step, .sql = linkage_sql_run_##step,                                         \
        .parameters = {VALUE_BYTES, VALUE_INT4}, .columns = {                                                \
            VALUE_INT8                                                                                       \
        }                                                                                                    \
    }

/* In this order: cross-walks need the mergers, people need both and need to know whose number is not
 * believed; then comes who is alike; residences need all people and households. */
static const DbStatement number_statements[] = {STEP(mergers), STEP(crosswalk), STEP(crosscheck),
                                                STEP(people)};
static const DbStatement place_statements[] = {STEP(households), STEP(residences)};

static const DbStatement finish_statement = {
    .name = "linkage_run_finish",
    .sql = linkage_sql_run_finish,
    .parameters = {VALUE_BYTES, VALUE_INT4},
    .columns = {VALUE_INT8, VALUE_INT8, VALUE_INT8, VALUE_INT8, VALUE_INT8, VALUE_INT8, VALUE_INT8,
                VALUE_INT8, VALUE_INT8, VALUE_INT8, VALUE_INT8, VALUE_INT8, VALUE_INT8, VALUE_INT8,
                VALUE_INT8, VALUE_INT8, VALUE_INT8},
};

static const DbStatement undo_statement = {
    .name = "linkage_undo",
    .sql = linkage_sql_undo,
    .parameters = {VALUE_BYTES, VALUE_INT4},
    .columns = {VALUE_INT8},
};

static Value permit_value(const GovernancePermit *permit)
{
    return value_bytes(governance_permit_id(permit), GOVERNANCE_PERMIT_BYTES);
}

static void log_step(const char *name, int64_t count, int64_t started_us)
{
    log_event(LOG_LEVEL_INFO, name, "count=%" PRId64 " elapsed_ms=%" PRId64, count,
              (time_now_us() - started_us) / 1000);
}

static Result run_steps(Db *linker, const DbStatement *steps, size_t step_count, const Value *parameters,
                        Error *error)
{
    for (size_t i = 0; i < step_count; i++) {
        int64_t started_us = time_now_us(), count;
        TRY(db_run_int8(linker, &steps[i], parameters, &count, NULL, error));
        log_step(steps[i].name, count, started_us);
    }
    return RESULT_OK;
}

static Result run_finish(Db *linker, const Value *parameters, LinkageReport *report, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    int64_t *const counts[] = {&report->subjects,
                               &report->linked,
                               &report->unlinked,
                               &report->people,
                               &report->people_new,
                               &report->people_merged,
                               &report->households,
                               &report->residences,
                               &report->crosswalked,
                               &report->within_space,
                               &report->crosswalk_ambiguous,
                               &report->alike,
                               &report->alone,
                               &report->compared,
                               &report->blocks_closed,
                               &report->clerical,
                               &report->conflicts};

    TRY(db_run(linker, &finish_statement, parameters, &rows, error));
    if (db_row_count(rows) != 1)
        return fail(error, ERROR_DATABASE, "linkage: the run could not be finished");
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        *counts[i] = db_int(rows, 0, i);
    return RESULT_OK;
}

static Result run_in_transaction(Db *linker, const LinkageOpener *opener, const GovernancePermit *permit,
                                 LinkageReport *report, Error *error)
{
    Value begin[] = {permit_value(permit), value_int2(RULE_VERSION)};

    TRY(db_begin(linker, error));
    TRY(db_run_int8(linker, &begin_statement, begin, &report->run_id, NULL, error));
    Value step[] = {permit_value(permit), value_int4(report->run_id)};
    TRY(run_steps(linker, number_statements, COUNT(number_statements), step, error));
    TRY(alike_run(linker, opener, permit_value(permit), report->run_id, &report->unread, error));
    TRY(run_steps(linker, place_statements, COUNT(place_statements), step, error));
    TRY(run_finish(linker, step, report, error));
    return db_commit(linker, error);
}

/* Keeps the first error: a failed rollback of a lost connection would only hide it. */
static Result rolled_back(Db *linker, Result failed)
{
    Error ignored = {0};
    Result rollback = db_rollback(linker, &ignored);

    (void)rollback;
    return failed;
}

Result linkage_run(Db *linker, const LinkageOpener *opener, const GovernancePermit *permit,
                   LinkageReport *report, Error *error)
{
    LinkageReport draft = {0};
    int64_t started_us = time_now_us();

    if (!governance_permit_covers(permit, GOVERNANCE_LINK, TEXT(LINKAGE_OBJECT)))
        return fail(error, ERROR_REFUSED, "linkage: the permit is not for linking");
    Result done = run_in_transaction(linker, opener, permit, &draft, error);
    if (!done.ok)
        return rolled_back(linker, done);
    draft.elapsed_us = time_now_us() - started_us;
    *report = draft;
    return RESULT_OK;
}

Result linkage_undo(Db *linker, const GovernancePermit *permit, int64_t run_id, Error *error)
{
    char object[24];
    int64_t links;

    snprintf(object, sizeof object, "%" PRId64, run_id);
    if (run_id < 1 || run_id > INT32_MAX)
        return fail(error, ERROR_INPUT, "linkage: there is no such finished run");
    if (!governance_permit_covers(permit, GOVERNANCE_LINK_UNDO, text_from(object)))
        return fail(error, ERROR_REFUSED, "linkage: the permit is not for undoing this run");
    Value parameters[] = {permit_value(permit), value_int4(run_id)};
    TRY(db_run_int8(linker, &undo_statement, parameters, &links, NULL, error));
    log_event(LOG_LEVEL_INFO, "linkage_undo", "run=%" PRId64 " links=%" PRId64, run_id, links);
    return RESULT_OK;
}
