#include "ingest/store.h"

#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "ingest/encodings.h"
#include "ingest/records.h"
#include "ingest/subjects.h"
#include "ingest/window.h"
#include "ingest_sql.h"

enum {
    FLUSH_ROWS =
        1 << 20, /* an error of the server shows when a COPY ends; beginning another costs milliseconds */
    QUARANTINE_MAX = 32 << 10,
    TABLE_BYTES = 96,
    COLUMN_COUNTS = 4, /* of ingest.load_column: missing, invalid, default, other */
};

typedef struct QuarantineEntry {
    int32_t line;
    RuleFault fault;
    uint64_t offset, length;
} QuarantineEntry;

struct Store {
    Db *loader;
    StoreLoad load;
    int64_t load_id, source_id;
    char quarantine[TABLE_BYTES];
    Records *records; /* one COPY at a time a connection, so quarantine waits in memory */
    size_t rows_since_flush;
    Subjects *subjects;
    QuarantineEntry *quarantine_buffer;
    size_t quarantine_count;
    Encodings *encodings;
    Windows *windows;
};

const char *const STORE_STATUS_NAMES[] = {"provisional", "final", "year_end"};

static const DbStatement load_open = {
    .name = "load_open",
    .sql = ingest_sql_load_open,
    .parameters = {VALUE_BYTES, VALUE_TEXT, VALUE_TEXT, VALUE_INT4, VALUE_TEXT, VALUE_BYTES, VALUE_INT4,
                   VALUE_BYTES, VALUE_TEXT, VALUE_BOOL, VALUE_INT2, VALUE_INT4},
    .columns = {VALUE_TEXT, VALUE_INT4, VALUE_INT2, VALUE_BOOL},
};
static const DbStatement load_publish = {
    .name = "load_publish",
    .sql = ingest_sql_load_publish,
    .parameters = {VALUE_BYTES, VALUE_INT4, VALUE_INT8_ARRAY, VALUE_TEXT_ARRAY, VALUE_INT8_ARRAY,
                   VALUE_TEXT_ARRAY, VALUE_INT8_ARRAY},
    .columns = {VALUE_TEXT, VALUE_INT8},
};
static const DbStatement load_reject = {
    .name = "load_reject",
    .sql = ingest_sql_load_reject,
    .parameters = {VALUE_BYTES, VALUE_INT4, VALUE_INT8_ARRAY, VALUE_TEXT_ARRAY, VALUE_INT8_ARRAY},
    .columns = {VALUE_TEXT, VALUE_INT8},
};
static const DbStatement load_abandon = {
    .name = "load_abandon",
    .sql = ingest_sql_load_abandon,
    .parameters = {VALUE_BYTES, VALUE_INT4},
    .columns = {VALUE_INT8},
};

static const DbCopyColumn quarantine_columns[] = {
    {"line_number", VALUE_INT4}, {"column_name", VALUE_TEXT}, {"rule", VALUE_TEXT},
    {"reason", VALUE_TEXT},      {"byte_offset", VALUE_INT8}, {"byte_length", VALUE_INT8},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- opening ---- */

static Value permit_value(const GovernancePermit *permit)
{
    return value_bytes(governance_permit_id(permit), GOVERNANCE_PERMIT_BYTES);
}

static Result open_load(Db *loader, const StoreLoad *load, DbRows **rows, Error *error)
{
    const IngestSpec *spec = load->spec;
    const Value values[] = {
        permit_value(load->permit),
        value_text(text_from(spec->source)),
        value_text(text_from(load->delivery->sender)),
        value_int4(load->delivery->period),
        value_text(text_from(STORE_STATUS_NAMES[load->delivery->status])),
        load->content != NULL ? value_bytes(load->content->bytes, HASH_BYTES) : value_null(VALUE_BYTES),
        value_int4(spec->version),
        value_bytes(spec->hash.bytes, HASH_BYTES),
        load->directory_edition != NULL ? value_text(text_from(load->directory_edition))
                                        : value_null(VALUE_TEXT),
        value_bool(load->delivery->replace),
        value_int2(load->key_version),
        value_int4(load->writer != NULL ? records_halved_max() : 0),
    };

    return db_run(loader, &load_open, values, rows, error);
}

static Store *make_store(Db *loader, const StoreLoad *load, int64_t load_id, int64_t source_id)
{
    Store *store = memory_alloc(sizeof *store);

    store->loader = loader;
    store->load = *load;
    store->load_id = load_id;
    store->source_id = source_id;
    store->windows = windows_create();
    store->encodings = encodings_create(load_id);
    store->quarantine_buffer = memory_alloc(QUARANTINE_MAX * sizeof(QuarantineEntry));
    snprintf(store->quarantine, TABLE_BYTES, "staging.quarantine_%d", (int)load_id);
    return store;
}

/* Rows are copied in transactions that this begins. */
static Result stage(Store *store, Error *error)
{
    const SubjectsPlace place = {.loader = store->loader,
                                 .merger = store->load.merger,
                                 .permit = store->load.permit,
                                 .load_id = store->load_id,
                                 .source_id = store->source_id};

    TRY(subjects_open(&place, &store->subjects, error));
    return records_open(store->loader, &store->load, store->load_id, &store->records, error);
}

static IngestOutcome outcome_named(Text name)
{
    static const struct {
        const char *name;
        IngestOutcome outcome;
    } outcomes[] = {{"duplicate", INGEST_DUPLICATE}, {"held", INGEST_HELD}, {"rejected", INGEST_REJECTED}};

    for (size_t i = 0; i < COUNT(outcomes); i++)
        if (text_equal(name, text_from(outcomes[i].name)))
            return outcomes[i].outcome;
    return INGEST_LOADED; /* opened, published */
}

Result store_open(Db *loader, const StoreLoad *load, Store **store, int64_t *load_id, IngestOutcome *outcome,
                  Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    SCOPED(store_abandon) Store *draft = NULL;

    TRY(open_load(loader, load, &rows, error));
    *load_id = db_int(rows, 0, 1);
    *outcome = outcome_named(db_text(rows, 0, 0));
    if (*outcome != INGEST_LOADED)
        return RESULT_OK;
    draft = make_store(loader, load, *load_id, db_int(rows, 0, 2));
    if (db_int(rows, 0, 3) == 0)
        draft->load.writer = NULL;
    TRY(stage(draft, error));
    *store = draft;
    draft = NULL;
    return RESULT_OK;
}

/* ---- what goes between two copies of records ---- */

static Result copy_entry(const Store *store, DbCopy *copy, const QuarantineEntry *entry, Error *error)
{
    const IngestSpec *spec = store->load.spec;
    bool is_row = entry->fault.column == RULE_WHOLE_ROW;
    char rule[INGEST_RULE_BYTES];
    const Value values[COUNT(quarantine_columns)] = {
        value_int4(entry->line),
        is_row ? value_null(VALUE_TEXT) : value_text(spec->columns[entry->fault.column].name),
        value_text(text_from(rule_text(spec, entry->fault, rule))),
        value_text(text_from(rule_code(entry->fault))),
        value_int8((int64_t)entry->offset),
        value_int8((int64_t)entry->length),
    };

    return db_copy_row(copy, values, error);
}

static Result flush_quarantine(Store *store, Error *error)
{
    SCOPED(db_copy_abandon) DbCopy *copy = NULL;

    if (store->quarantine_count == 0)
        return RESULT_OK;
    TRY(db_copy_in(store->loader, store->quarantine, quarantine_columns, COUNT(quarantine_columns), &copy,
                   error));
    for (size_t i = 0; i < store->quarantine_count; i++)
        TRY(copy_entry(store, copy, &store->quarantine_buffer[i], error));
    store->quarantine_count = 0;
    return db_copy_end(&copy, NULL, error);
}

Result store_flush(Store *store, Error *error)
{
    TRY(records_flush(store->records, error));
    store->rows_since_flush = 0;
    TRY(subjects_flush(store->subjects, error));
    TRY(encodings_flush(store->encodings, store->loader, error));
    return flush_quarantine(store, error);
}

/* ---- rows ---- */

static Result line_number(const Store *store, uint64_t line, Error *error)
{
    if (line > INT32_MAX)
        return fail(error, ERROR_LIMIT, "%s: more than 2147483647 lines", store->load.delivery->path);
    return RESULT_OK;
}

Result store_row(Store *store, const TokenisedRow *row, Error *error)
{
    const Subject *subject = tokenised_row_subject(row);

    TRY(line_number(store, tokenised_row_line(row), error));
    if (store->rows_since_flush == FLUSH_ROWS || subjects_is_full(store->subjects) ||
        encodings_is_full(store->encodings))
        TRY(store_flush(store, error));
    if (subject != NULL && tokenised_row_subject_is_new(row)) {
        TRY(subjects_add(store->subjects, subject, error));
        encodings_add(store->encodings, &subject->subject_id, tokenised_row_encoding(row));
    }
    store->rows_since_flush++;
    return records_row(store->records, row, subject, error);
}

Result store_quarantine(Store *store, const ReaderRecord *record, const RuleRow *row, Error *error)
{
    TRY(line_number(store, record->line, error));
    if (store->quarantine_count + row->fault_count > QUARANTINE_MAX)
        TRY(store_flush(store, error));
    for (size_t i = 0; i < row->fault_count; i++)
        store->quarantine_buffer[store->quarantine_count++] = (QuarantineEntry){
            .line = (int32_t)record->line,
            .fault = row->faults[i],
            .offset = record->offset,
            .length = record->length,
        };
    return RESULT_OK;
}

Result store_encodes(Store *store, const Keyring *keyring, bool *wanted, Error *error)
{
    return encodings_open(store->encodings, store->loader, store->load.permit, keyring, wanted, error);
}

Result store_reference(Store *store, Text encoding, Error *error)
{
    if (encodings_is_full(store->encodings))
        TRY(store_flush(store, error));
    encodings_add(store->encodings, NULL, encoding);
    return RESULT_OK;
}

Result store_replaces(Store *store, const RuleRow *row, Error *error)
{
    return windows_add(store->windows, row, store->load.delivery->path, error);
}

/* ---- the end ---- */

static void close_store(Store **store)
{
    Store *closing = *store;

    subjects_close(&closing->subjects);
    records_close(&closing->records);
    memory_free(closing->quarantine_buffer);
    windows_close(&closing->windows);
    encodings_close(&closing->encodings);
    memory_free(closing);
    *store = NULL;
}

static void list_columns(const IngestSpec *spec, const RuleCounts *columns, Text *names, int64_t *classes)
{
    for (size_t i = 0; i < spec->column_count; i++) {
        const int64_t of_column[COLUMN_COUNTS] = {columns[i].missing, columns[i].invalid,
                                                  columns[i].defaulted, columns[i].other};
        names[i] = spec->columns[i].name;
        memcpy(classes + i * COLUMN_COUNTS, of_column, sizeof of_column);
    }
}

static Value int8_array(const int64_t *items, size_t count)
{
    return (Value){.type = VALUE_INT8_ARRAY, .array = {.items = items, .count = count}};
}

static Value text_array(const Text *items, size_t count)
{
    return (Value){.type = VALUE_TEXT_ARRAY, .array = {.items = items, .count = count}};
}

static Result run_and_commit(Db *merger, const DbStatement *statement, const Value *values, DbRows **rows,
                             Error *error)
{
    TRY(db_run(merger, statement, values, rows, error));
    return db_commit(merger, error);
}

/* Where subjects were merged, in their transaction; in another where that one had to give them up. */
static Result run_last(const Store *store, const DbStatement *statement, const Value *values, DbRows **rows,
                       Error *error)
{
    Db *merger = store->load.merger;

    if (statement != &load_publish || merger == NULL)
        return db_run(store->loader, statement, values, rows, error);
    TRY(run_and_commit(merger, statement, values, rows, error));
    if (!text_equal(db_text(*rows, 0, 0), TEXT("again")))
        return RESULT_OK;
    db_rows_close(rows);
    TRY(db_begin(merger, error));
    return run_and_commit(merger, statement, values, rows, error);
}

/* The rows are kept while the last subjects are still merged. What was staged is given up for a load that is
 * rejected: its statement asks for the tables. */
static Result settle(Store *store, const DbStatement *statement, Error *error)
{
    if (statement != &load_publish)
        subjects_close(&store->subjects);
    else
        TRY(subjects_finish(store->subjects, error));
    TRY(records_commit(store->records, error));
    return store->subjects != NULL ? subjects_settle(store->subjects, error) : RESULT_OK;
}

/* The statement that rejects takes no windows: its parameters end before them. */
static Result end_load(Store **store, const DbStatement *statement, const StoreCounts *counts,
                       IngestOutcome *outcome, int64_t *subjects_new, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    Store *ending = *store;
    const int64_t numbers[] = {counts->read,        counts->loaded,     counts->quarantined,
                               counts->excluded,    counts->withheld,   counts->nhs_valid,
                               counts->nhs_invalid, counts->nhs_absent, counts->damaged};
    size_t column_count = ending->load.spec->column_count, window_count = windows_count(ending->windows);
    Text names[SPEC_COLUMNS_MAX], groups[WINDOWS_MAX];
    int64_t classes[SPEC_COLUMNS_MAX * COLUMN_COUNTS], days[2 * WINDOWS_MAX];

    list_columns(ending->load.spec, counts->columns, names, classes);
    windows_list(ending->windows, groups, days);
    const Value values[] = {
        permit_value(ending->load.permit),
        value_int4(ending->load_id),
        int8_array(numbers, COUNT(numbers)),
        text_array(names, column_count),
        int8_array(classes, column_count * COLUMN_COUNTS),
        text_array(groups, window_count),
        int8_array(days, 2 * window_count),
    };

    TRY(store_flush(ending, error));
    TRY(settle(ending, statement, error));
    TRY(run_last(ending, statement, values, &rows, error));
    *outcome = outcome_named(db_text(rows, 0, 0));
    *subjects_new = db_int(rows, 0, 1);
    close_store(store);
    return RESULT_OK;
}

Result store_publish(Store **store, const StoreCounts *counts, IngestOutcome *outcome, int64_t *subjects_new,
                     Error *error)
{
    return end_load(store, &load_publish, counts, outcome, subjects_new, error);
}

Result store_reject(Store **store, const StoreCounts *counts, Error *error)
{
    IngestOutcome rejected;
    int64_t nothing;

    return end_load(store, &load_reject, counts, &rejected, &nothing, error);
}

/* Whatever fails here is mended when the next load is opened. */
bool store_abandoned(Store **store)
{
    Error ignored = {0};
    int64_t nothing;

    if (*store == NULL)
        return false;
    Store *ending = *store;
    const Value values[] = {permit_value(ending->load.permit), value_int4(ending->load_id)};
    subjects_close(&ending->subjects);
    records_close(&ending->records);
    Result done = db_run_int8(ending->loader, &load_abandon, values, &nothing, NULL, &ignored);
    close_store(store);
    return done.ok;
}

void store_abandon(Store **store)
{
    (void)store_abandoned(store);
}
