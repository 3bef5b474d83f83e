#include "ingest/records.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ingest_sql.h"

enum {
    FIXED_COLUMNS = 5, /* in front of the payload */
    TABLE_BYTES = 96,
    HALVES = 2,
};

/* A table, whole or half, and who writes it. */
typedef struct Part {
    Db *db;
    char table[TABLE_BYTES];
    DbCopy *copy;
} Part;

struct Records {
    const StoreLoad *load;
    int64_t load_id;
    DbCopyColumn columns[FIXED_COLUMNS + SPEC_PAYLOAD_MAX];
    size_t column_count;
    Part parts[HALVES];
    size_t part_count;
    Arena *names;
};

static const DbStatement load_stage = {
    .name = "load_stage",
    .sql = ingest_sql_load_stage,
    .parameters = {VALUE_BYTES, VALUE_INT4, VALUE_INT4},
    .columns = {VALUE_INT8},
};

static const DbCopyColumn fixed_columns[FIXED_COLUMNS] = {
    {"load_id", VALUE_INT4},    {"line_number", VALUE_INT4}, {"subject_id", VALUE_INT8},
    {"record_key", VALUE_INT8}, {"age_days", VALUE_INT2},
};

/* ---- opening ---- */

int records_halved_max(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    return processors > HALVES ? (int)(processors / HALVES) : 1;
}

static void name_columns(Records *records)
{
    const IngestSpec *spec = records->load->spec;

    memcpy(records->columns, fixed_columns, sizeof fixed_columns);
    records->column_count = FIXED_COLUMNS;
    for (size_t i = 0; i < spec->column_count; i++)
        if (spec_column_is_stored(&spec->columns[i]))
            records->columns[records->column_count++] = (DbCopyColumn){
                .name = text_to_string(records->names, spec->columns[i].stored),
                .type = SPEC_TYPE_VALUES[spec->columns[i].type],
            };
    for (size_t i = 0; i < spec->reference_count; i++)
        if (spec->references[i].is_by_key)
            records->columns[records->column_count++] =
                (DbCopyColumn){.name = spec->references[i].stored.data, .type = VALUE_INT8};
}

/* As ingest.half_name has the halves. */
static const char *suffix_of(const Records *records, size_t number)
{
    if (records->part_count == 1)
        return "";
    return number == 0 ? "a" : "b";
}

static void name_parts(Records *records, Db *loader)
{
    const StoreLoad *load = records->load;

    records->part_count = load->writer != NULL ? HALVES : 1;
    for (size_t i = 0; i < records->part_count; i++) {
        Part *part = &records->parts[i];
        part->db = i == 0 ? loader : load->writer;
        snprintf(part->table, TABLE_BYTES, "staging.%s%s_%d%s", records->part_count > 1 ? "_" : "",
                 load->spec->source, (int)records->load_id, suffix_of(records, i));
    }
}

/* Rows are copied in the transaction that this begins. */
static Result stage(const Records *records, size_t number, Error *error)
{
    Db *db = records->parts[number].db;
    const Value values[] = {
        value_bytes(governance_permit_id(records->load->permit), GOVERNANCE_PERMIT_BYTES),
        value_int4(records->load_id),
        records->part_count > 1 ? value_int4((int64_t)number) : value_null(VALUE_INT4),
    };
    int64_t nothing;

    TRY(db_begin(db, error));
    return db_run_int8(db, &load_stage, values, &nothing, NULL, error);
}

Result records_open(Db *loader, const StoreLoad *load, int64_t load_id, Records **records, Error *error)
{
    SCOPED(records_close) Records *made = memory_alloc(sizeof *made);

    made->load = load;
    made->load_id = load_id;
    made->names = arena_create(1 << 20);
    name_columns(made);
    name_parts(made, loader);
    for (size_t i = 0; i < made->part_count; i++)
        TRY(stage(made, i, error));
    *records = made;
    made = NULL;
    return RESULT_OK;
}

/* ---- rows ---- */

/* Member by member: a whole Value is put together on the stack first, and read back before it is there. */
static void put_number(Value *value, ValueType type, bool is_known, int64_t number)
{
    value->type = type;
    value->is_null = !is_known;
    value->integer = number;
}

static void put_keys(const Records *records, const TokenisedRow *row, Value *record_key, Value *references)
{
    int64_t key = 0;
    bool is_known = tokenised_row_record_key(row, &key);

    put_number(record_key, VALUE_INT8, is_known, key);
    for (size_t i = 0; i < records->load->spec->key_reference_count; i++) {
        is_known = tokenised_row_reference(row, i, &key);
        put_number(&references[i], VALUE_INT8, is_known, key);
    }
}

static Part *part_of(Records *records, uint64_t line)
{
    return &records->parts[records->part_count > 1 ? line / RECORDS_STRETCH % HALVES : 0];
}

static Result copy_into(const Records *records, Part *part, Error *error)
{
    return part->copy != NULL ? RESULT_OK
                              : db_copy_in_frozen(part->db, part->table, records->columns,
                                                  records->column_count, &part->copy, error);
}

Result records_row(Records *records, const TokenisedRow *row, const Subject *subject, Error *error)
{
    Value values[FIXED_COLUMNS + SPEC_PAYLOAD_MAX];
    size_t payload_count;
    const Value *payload = tokenised_row_payload(row, &payload_count);
    int age_days = tokenised_row_age_days(row);
    Part *part = part_of(records, tokenised_row_line(row));

    TRY(copy_into(records, part, error));
    put_number(&values[0], VALUE_INT4, true, records->load_id);
    put_number(&values[1], VALUE_INT4, true, (int64_t)tokenised_row_line(row));
    put_number(&values[2], VALUE_INT8, subject != NULL, subject != NULL ? subject->subject_id : 0);
    put_keys(records, row, &values[3], values + FIXED_COLUMNS + payload_count);
    put_number(&values[4], VALUE_INT2, age_days >= 0, age_days);
    if (payload_count > 0)
        memcpy(values + FIXED_COLUMNS, payload, payload_count * sizeof *payload);
    return db_copy_row(part->copy, values, error);
}

/* ---- the end ---- */

Result records_flush(Records *records, Error *error)
{
    for (size_t i = 0; i < records->part_count; i++)
        if (records->parts[i].copy != NULL)
            TRY(db_copy_end(&records->parts[i].copy, NULL, error));
    return RESULT_OK;
}

Result records_commit(Records *records, Error *error)
{
    Db *writers[HALVES];

    for (size_t i = 0; i < records->part_count; i++)
        writers[i] = records->parts[i].db;
    return db_commit_all(writers, records->part_count, error);
}

void records_close(Records **records)
{
    Records *closing = *records;
    Error ignored = {0};

    if (closing == NULL)
        return;
    for (size_t i = 0; i < closing->part_count; i++) {
        Part *part = &closing->parts[i];
        db_copy_abandon(&part->copy);
        if (db_in_transaction(part->db))
            (void)db_rollback(part->db, &ignored).ok;
    }
    arena_close(&closing->names);
    memory_free(closing);
    *records = NULL;
}
