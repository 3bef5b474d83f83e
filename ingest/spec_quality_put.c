/* Registers what a spec holds whole deliveries to: limits, references, protection. */
#include <math.h>

#include "ingest/spec_quality.h"
#include "ingest_sql.h"

static const DbStatement quality_clear = {
    .name = "quality_clear",
    .sql = ingest_sql_quality_clear,
    .parameters = {VALUE_INT2, VALUE_INT4},
};
static const DbStatement quality_put = {
    .name = "quality_put",
    .sql = ingest_sql_quality_put,
    .parameters = {VALUE_INT2, VALUE_INT4, VALUE_TEXT_ARRAY, VALUE_TEXT},
};
static const DbStatement limit_put = {
    .name = "limit_put",
    .sql = ingest_sql_limit_put,
    .parameters = {VALUE_INT2, VALUE_INT4, VALUE_INT2, VALUE_TEXT, VALUE_TEXT, VALUE_BOOL, VALUE_FLOAT8,
                   VALUE_FLOAT8, VALUE_FLOAT8},
};
static const DbStatement reference_put = {
    .name = "reference_put",
    .sql = ingest_sql_reference_put,
    .parameters = {VALUE_INT2, VALUE_INT4, VALUE_TEXT, VALUE_TEXT_ARRAY, VALUE_TEXT, VALUE_TEXT_ARRAY,
                   VALUE_INT2},
};
static const DbStatement reference_misfit = {
    .name = "reference_misfit",
    .sql = ingest_sql_reference_misfit,
    .parameters = {VALUE_TEXT, VALUE_INT2},
    .columns = {VALUE_INT4},
};

static Value text_array(const Text *items, size_t count)
{
    return (Value){.type = VALUE_TEXT_ARRAY, .array = {.items = items, .count = count}};
}

static Value threshold(double given)
{
    return isnan(given) ? value_null(VALUE_FLOAT8) : (Value){.type = VALUE_FLOAT8, .real = given};
}

static Result put_limit(Db *owner, const IngestSpec *spec, int64_t source_id, size_t index, Error *error)
{
    const SpecLimit *limit = &spec->limits[index];
    const Value values[] = {
        value_int2(source_id),      value_int4(spec->version), value_int2((int64_t)index + 1),
        value_text(limit->measure), value_text(limit->place),  value_bool(limit->is_rows),
        threshold(limit->warn),     threshold(limit->hold),    threshold(limit->refuse),
    };

    return db_execute(owner, &limit_put, values, NULL, error);
}

static Result put_reference(Db *owner, const IngestSpec *spec, int64_t source_id,
                            const SpecReference *reference, Error *error)
{
    Text columns[SPEC_REFERENCE_COLUMNS_MAX];

    for (size_t i = 0; i < reference->column_count; i++)
        columns[i] = spec->columns[reference->columns[i]].stored;
    const Value values[] = {
        value_int2(source_id),         value_int4(spec->version),
        value_text(reference->name),   text_array(columns, reference->column_count),
        value_text(reference->source), text_array(reference->to, reference->column_count),
        value_null(VALUE_INT2),
    };
    return db_execute(owner, &reference_put, values, NULL, error);
}

/* The other source may not be registered yet: then its record key is asked for when rows are counted. */
static Result put_key_reference(Db *owner, const IngestSpec *spec, int64_t source_id,
                                const SpecReference *reference, Error *error)
{
    SCOPED(db_rows_close) DbRows *misfit = NULL;
    const Text to = TEXT("record_key");
    const Value parts = value_int2((int64_t)reference->column_count);
    const Value values[] = {
        value_int2(source_id),
        value_int4(spec->version),
        value_text(reference->name),
        text_array(&reference->stored, 1),
        value_text(reference->source),
        text_array(&to, 1),
        parts,
    };

    TRY(db_run(owner, &reference_misfit, (const Value[]){value_text(reference->source), parts}, &misfit,
               error));
    if (db_row_count(misfit) > 0)
        return fail(error, ERROR_CONFIG, "%s: reference %.*s: %.*s has a record key of %d columns",
                    spec->path, TEXT_ARG(reference->name), TEXT_ARG(reference->source),
                    (int)db_int(misfit, 0, 0));
    return db_execute(owner, &reference_put, values, NULL, error);
}

Result spec_quality_put(Db *owner, const IngestSpec *spec, int64_t source_id, Error *error)
{
    const Value version[] = {
        value_int2(source_id),
        value_int4(spec->version),
        text_array(spec->protected_by, spec->protection_count),
        spec->cost != SPEC_NONE ? value_text(spec->columns[spec->cost].name) : value_null(VALUE_TEXT),
    };

    TRY(db_execute(owner, &quality_clear, version, NULL, error));
    TRY(db_execute(owner, &quality_put, version, NULL, error));
    for (size_t i = 0; i < spec->limit_count; i++)
        TRY(put_limit(owner, spec, source_id, i, error));
    for (size_t i = 0; i < spec->reference_count; i++)
        TRY((spec->references[i].is_by_key ? put_key_reference : put_reference)(owner, spec, source_id,
                                                                                &spec->references[i], error));
    return RESULT_OK;
}
