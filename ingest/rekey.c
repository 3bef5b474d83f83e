/* The outer layer of every token held, taken to the current hub version: read, rewrapped in memory, put back.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "ingest/ingest.h"
#include "ingest_sql.h"

enum { BATCH_ROWS = 32768, TOKENS = 7 };

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const DbStatement check_statement = {
    .name = "rekey_check",
    .sql = ingest_sql_rekey_check,
    .parameters = {VALUE_BYTES, VALUE_INT2},
    .columns = {VALUE_INT8},
};
static const DbStatement forget_statement = {
    .name = "encodings_forget",
    .sql = ingest_sql_encodings_forget,
    .parameters = {VALUE_BYTES, VALUE_INT2},
    .columns = {VALUE_INT8},
};
static const DbStatement encoding_use_statement = {
    .name = "encoding_key_use",
    .sql = ingest_sql_encoding_key_use,
    .columns = {VALUE_INT8, VALUE_INT8},
};
static const DbStatement destroy_check_statement = {
    .name = "key_destroy_check",
    .sql = ingest_sql_key_destroy_check,
    .parameters = {VALUE_BYTES, VALUE_INT2},
    .columns = {VALUE_INT8},
};
static const DbStatement begin_statement = {
    .name = "rekey_begin",
    .sql = ingest_sql_rekey_begin,
    .parameters = {VALUE_BYTES, VALUE_INT2},
    .columns = {VALUE_INT8},
};
static const DbStatement rows_statement = {
    .name = "rekey_rows",
    .sql = ingest_sql_rekey_rows,
    .parameters = {VALUE_BYTES, VALUE_INT2, VALUE_INT8, VALUE_INT8},
    .columns = {VALUE_INT8, VALUE_INT2, VALUE_BYTES, VALUE_BYTES, VALUE_BYTES, VALUE_BYTES, VALUE_BYTES,
                VALUE_BYTES, VALUE_BYTES},
};
static const DbStatement finish_statement = {
    .name = "rekey_finish",
    .sql = ingest_sql_rekey_finish,
    .parameters = {VALUE_BYTES, VALUE_INT2},
    .columns = {VALUE_INT8, VALUE_INT8},
};
static const DbStatement use_statement = {
    .name = "key_use",
    .sql = ingest_sql_key_use,
    .columns = {VALUE_INT2, VALUE_INT8, VALUE_BOOL},
};

static const DbCopyColumn copy_columns[] = {
    {"subject_id", VALUE_INT8},        {"nhs_token", VALUE_BYTES},     {"superseded_nhs_token", VALUE_BYTES},
    {"local_token", VALUE_BYTES},      {"uprn_token", VALUE_BYTES},    {"foreign_token", VALUE_BYTES},
    {"foreign_token_to", VALUE_BYTES}, {"address_token", VALUE_BYTES},
};

typedef struct Rekeying {
    Db *keeper;
    Value permit, version;
    Tokeniser *tokeniser;
    IngestRekeyReport report;
} Rekeying;

static void rekeying_close(Rekeying *rekeying)
{
    tokeniser_close(&rekeying->tokeniser);
}

static Result rewrap(const Rekeying *rekeying, int from_version, Value held, Token *token, Error *error)
{
    *token = (Token){.is_set = !held.is_null};
    if (held.is_null)
        return RESULT_OK;
    if (held.text.length != TOKEN_BYTES)
        return fail(error, ERROR_DATABASE, "re-key: a token is not of %d bytes", TOKEN_BYTES);
    memcpy(token->bytes, held.text.data, TOKEN_BYTES);
    return tokeniser_rotate(rekeying->tokeniser, from_version, token, error);
}

static Result copy_row(const Rekeying *rekeying, const DbRows *rows, size_t row, DbCopy *copy, Error *error)
{
    Value values[COUNT(copy_columns)] = {db_value(rows, row, 0)};
    Token tokens[TOKENS];

    for (size_t i = 0; i < TOKENS; i++) {
        TRY(rewrap(rekeying, (int)db_int(rows, row, 1), db_value(rows, row, i + 2), &tokens[i], error));
        values[i + 1] =
            tokens[i].is_set ? value_bytes(tokens[i].bytes, TOKEN_BYTES) : value_null(VALUE_BYTES);
    }
    return db_copy_row(copy, values, error);
}

/* One connection can read or copy, so they take turns. *from_id goes behind the batch. */
static Result run_batch(const Rekeying *rekeying, int64_t *from_id, size_t *count, Error *error)
{
    const Value values[] = {rekeying->permit, rekeying->version, value_int8(*from_id),
                            value_int8(BATCH_ROWS)};
    SCOPED(db_rows_close) DbRows *rows = NULL;
    SCOPED(db_copy_abandon) DbCopy *copy = NULL;

    TRY(db_run(rekeying->keeper, &rows_statement, values, &rows, error));
    *count = db_row_count(rows);
    if (*count == 0)
        return RESULT_OK;
    TRY(db_copy_in(rekeying->keeper, "staging.rekey", copy_columns, COUNT(copy_columns), &copy, error));
    for (size_t row = 0; row < *count; row++)
        TRY(copy_row(rekeying, rows, row, copy, error));
    int64_t last_id = db_int(rows, *count - 1, 0);
    if (last_id == INT64_MAX)
        *count = 0; /* there is none behind it */
    else
        *from_id = last_id + 1;
    return db_copy_end(&copy, NULL, error);
}

static Result run_batches(const Rekeying *rekeying, Error *error)
{
    int64_t from_id = INT64_MIN;
    size_t count;

    do
        TRY(run_batch(rekeying, &from_id, &count, error));
    while (count == BATCH_ROWS);
    return RESULT_OK;
}

static Result finish(Rekeying *rekeying, int64_t expected, Error *error)
{
    const Value values[] = {rekeying->permit, rekeying->version};
    SCOPED(db_rows_close) DbRows *rows = NULL;

    TRY(db_run(rekeying->keeper, &finish_statement, values, &rows, error));
    if (db_row_count(rows) != 1 || db_int(rows, 0, 0) != expected)
        return fail(error, ERROR_DATABASE, "re-key: another number of subjects than there were");
    rekeying->report.subjects = expected;
    rekeying->report.households = db_int(rows, 0, 1);
    return RESULT_OK;
}

static Result run_in_transaction(Rekeying *rekeying, Error *error)
{
    const Value values[] = {rekeying->permit, rekeying->version};
    int64_t expected;

    TRY(db_begin(rekeying->keeper, error));
    TRY(db_run_int8(rekeying->keeper, &begin_statement, values, &expected, NULL, error));
    TRY(run_batches(rekeying, error));
    TRY(finish(rekeying, expected, error));
    return db_commit(rekeying->keeper, error);
}

/* Keeps the first error: a failed rollback of a lost connection would only hide it. */
static Result rolled_back(Db *keeper, Result failed)
{
    Error ignored = {0};
    Result rollback = db_rollback(keeper, &ignored);

    (void)rollback;
    return failed;
}

static Result run_door(Db *keeper, const DbStatement *door, const GovernancePermit *permit, int version,
                       int64_t *answer, Error *error)
{
    const Value values[] = {value_bytes(governance_permit_id(permit), GOVERNANCE_PERMIT_BYTES),
                            value_int2(version)};

    return db_run_int8(keeper, door, values, answer, NULL, error);
}

Result ingest_rekey_check(Db *keeper, const GovernancePermit *permit, int version, Error *error)
{
    int64_t nothing;

    return run_door(keeper, &check_statement, permit, version, &nothing, error);
}

Result ingest_key_destroy_check(Db *keeper, const GovernancePermit *permit, int version, Error *error)
{
    int64_t nothing;

    return run_door(keeper, &destroy_check_statement, permit, version, &nothing, error);
}

Result ingest_encodings_forget(Db *keeper, const GovernancePermit *permit, int version, int64_t *encodings,
                               Error *error)
{
    return run_door(keeper, &forget_statement, permit, version, encodings, error);
}

Result ingest_rekey(Db *keeper, const Keyring *keyring, const GovernancePermit *permit,
                    IngestRekeyReport *report, Error *error)
{
    int version = keyring_hub_version(keyring);
    int64_t started_us = time_now_us();
    char object[INGEST_VERSION_BYTES];
    SCOPED(rekeying_close)
    Rekeying rekeying = {.keeper = keeper, .version = value_int2(version), .report = {.version = version}};

    if (!governance_permit_covers(permit, GOVERNANCE_REKEY, ingest_rekey_object(version, object)))
        return fail(error, ERROR_REFUSED, "re-key: the permit is not for hub key version %d", version);
    rekeying.permit = value_bytes(governance_permit_id(permit), GOVERNANCE_PERMIT_BYTES);
    TRY(tokeniser_create(keyring, PSEUDONYMISER_SPACE, &rekeying.tokeniser, error));
    Result done = run_in_transaction(&rekeying, error);
    if (!done.ok)
        return rolled_back(keeper, done);
    rekeying.report.key_use = tokeniser_use(rekeying.tokeniser);
    rekeying.report.elapsed_us = time_now_us() - started_us;
    *report = rekeying.report;
    log_event(LOG_LEVEL_INFO, "rekey_done", "version=%d subjects=%" PRId64 " households=%" PRId64, version,
              report->subjects, report->households);
    return RESULT_OK;
}

Text ingest_rekey_object(int version, char out[INGEST_VERSION_BYTES])
{
    snprintf(out, INGEST_VERSION_BYTES, "%d", version);
    return text_from(out);
}

static Result read_uses(Db *keeper, const DbStatement *statement, IngestKeyUse *uses, size_t uses_max,
                        size_t *count, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;

    TRY(db_run(keeper, statement, NULL, &rows, error));
    *count = db_row_count(rows);
    if (*count > uses_max)
        return fail(error, ERROR_LIMIT, "more than %zu key versions are in use", uses_max);
    for (size_t row = 0; row < *count; row++)
        uses[row] = (IngestKeyUse){
            .version = (int)db_int(rows, row, 0),
            .subjects = db_int(rows, row, 1),
            .is_held = statement == &use_statement && db_value(rows, row, 2).boolean,
        };
    return RESULT_OK;
}

Result ingest_key_use(Db *keeper, IngestKeyUse *uses, size_t uses_max, size_t *count, Error *error)
{
    return read_uses(keeper, &use_statement, uses, uses_max, count, error);
}

Result ingest_encoding_key_use(Db *keeper, IngestKeyUse *uses, size_t uses_max, size_t *count, Error *error)
{
    return read_uses(keeper, &encoding_use_statement, uses, uses_max, count, error);
}
