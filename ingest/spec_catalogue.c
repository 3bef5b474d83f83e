/* What the catalogue knows of a spec: the source, this version, its columns and code lists. */
#include "ingest/spec_apply.h"
#include "ingest/spec_quality.h"
#include "ingest_sql.h"

static const DbStatement source_put = {
    .name = "source_put",
    .sql = ingest_sql_source_put,
    .parameters = {VALUE_TEXT, VALUE_TEXT,       VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT,
                   VALUE_TEXT, VALUE_TEXT,       VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT,
                   VALUE_TEXT, VALUE_TEXT_ARRAY, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_BOOL},
    .columns = {VALUE_INT2},
};
static const DbStatement version_put = {
    .name = "version_put",
    .sql = ingest_sql_version_put,
    .parameters = {VALUE_INT2, VALUE_INT4, VALUE_BYTES, VALUE_TEXT, VALUE_DATE, VALUE_DATE},
};
static const DbStatement column_put = {
    .name = "column_put",
    .sql = ingest_sql_column_put,
    .parameters = {VALUE_INT2, VALUE_TEXT, VALUE_INT2, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT,
                   VALUE_TEXT, VALUE_INT8, VALUE_INT8, VALUE_BOOL, VALUE_INT4, VALUE_TEXT},
};
static const DbStatement code_clear = {
    .name = "code_clear", .sql = ingest_sql_code_clear, .parameters = {VALUE_INT2}};
static const DbStatement code_put = {
    .name = "code_put",
    .sql = ingest_sql_code_put,
    .parameters = {VALUE_INT2, VALUE_TEXT, VALUE_TEXT_ARRAY, VALUE_TEXT_ARRAY},
};

static Value text_or_null(Text text)
{
    return text.length > 0 ? value_text(text) : value_null(VALUE_TEXT);
}

static Value date_or_null(Text text)
{
    Date date;
    return date_parse(text, &date) ? value_date(date) : value_null(VALUE_DATE);
}

/* The stored name of a column that the head refers to, or null. */
static Value stored_name(const IngestSpec *spec, int column)
{
    return text_or_null(spec_stored_text(spec, column));
}

Result spec_catalogue_source(Db *owner, const IngestSpec *spec, SpecRegistered *registered, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    Text keys[SPEC_KEY_PARTS_MAX];

    for (size_t i = 0; i < spec->key_count; i++)
        keys[i] = spec_key_name(spec, i);
    const Value values[] = {
        value_text(text_from(spec->source)),
        value_text(spec->title),
        value_text(spec->subject),
        text_or_null(spec->role),
        value_text(spec->update),
        stored_name(spec, spec->valid_from),
        stored_name(spec, spec->valid_to),
        stored_name(spec, spec->event_date),
        stored_name(spec, spec->change.operation),
        text_or_null(spec->change.remove),
        stored_name(spec, spec->change.date),
        stored_name(spec, spec->change.time),
        stored_name(spec, spec->replaces.group),
        stored_name(spec, spec->replaces.from),
        stored_name(spec, spec->replaces.to),
        {.type = VALUE_TEXT_ARRAY, .array = {.items = keys, .count = spec->key_count}},
        text_or_null(spec->crosswalk_issuer),
        stored_name(spec, spec->controller),
        stored_name(spec, spec->replaces.until),
        value_bool(spec->is_once_a_delivery),
    };

    TRY(db_run(owner, &source_put, values, &rows, error));
    registered->source_id = db_int(rows, 0, 0);
    return RESULT_OK;
}

static Result put_version(Db *owner, const IngestSpec *spec, int64_t source_id, Error *error)
{
    const Value values[] = {
        value_int2(source_id),  value_int4(spec->version),          value_bytes(spec->hash.bytes, HASH_BYTES),
        value_text(spec->text), date_or_null(spec->effective_from), date_or_null(spec->effective_to),
    };

    return db_execute(owner, &version_put, values, NULL, error);
}

static Result put_column(Db *owner, const IngestSpec *spec, int64_t source_id, size_t index, Error *error)
{
    const SpecColumn *column = &spec->columns[index];
    bool has_range = column->use == SPEC_MEASURE;
    const Value values[] = {
        value_int2(source_id),
        value_text(column->stored),
        value_int2((int64_t)index + 1),
        value_text(column->name),
        value_text(text_from(SPEC_USE_NAMES[column->use])),
        value_text(text_from(SPEC_TYPE_NAMES[column->type])),
        column->list != SPEC_NONE ? value_text(spec->lists[column->list].name) : value_null(VALUE_TEXT),
        text_or_null(column->shape_text),
        has_range ? value_int8(column->min) : value_null(VALUE_INT8),
        has_range ? value_int8(column->max) : value_null(VALUE_INT8),
        value_bool(column->is_required),
        value_int4(spec->version),
        text_or_null(column->meaning),
    };

    return db_execute(owner, &column_put, values, NULL, error);
}

static Result put_list(Db *owner, const IngestSpec *spec, int64_t source_id, const CodeList *list,
                       Error *error)
{
    Text *codes = arena_alloc(spec->arena, list->count * sizeof *codes);
    Text *meanings = arena_alloc(spec->arena, list->count * sizeof *meanings);

    for (size_t i = 0; i < list->count; i++) {
        codes[i] = list->codes[i].code;
        meanings[i] = list->codes[i].meaning;
    }
    const Value values[] = {
        value_int2(source_id),
        value_text(list->name),
        {.type = VALUE_TEXT_ARRAY, .array = {.items = codes, .count = list->count}},
        {.type = VALUE_TEXT_ARRAY, .array = {.items = meanings, .count = list->count}},
    };
    return db_execute(owner, &code_put, values, NULL, error);
}

Result spec_catalogue_version(Db *owner, const IngestSpec *spec, int64_t source_id, Error *error)
{
    const Value id = value_int2(source_id);

    TRY(put_version(owner, spec, source_id, error));
    TRY(spec_quality_put(owner, spec, source_id, error));
    for (size_t i = 0; i < spec->column_count; i++)
        if (spec_column_is_stored(&spec->columns[i]))
            TRY(put_column(owner, spec, source_id, i, error));
    TRY(db_execute(owner, &code_clear, &id, NULL, error));
    for (size_t i = 0; i < spec->list_count; i++)
        TRY(put_list(owner, spec, source_id, &spec->lists[i], error));
    return RESULT_OK;
}
