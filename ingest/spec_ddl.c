/* Registers a spec and makes or widens the tables of its source. The only maker of generated DDL in ingest.
 */
#include <stdio.h>

#include "ingest/spec.h"
#include "ingest/spec_quality.h"
#include "ingest_sql.h"

enum {
    DDL_BYTES_MAX = 64 << 10,
    KEY_BYTES_MAX = SPEC_BYTES_MAX,
    KEY_SEPARATOR = 0x1F,
    SUPERSEDING_FIRST = 4, /* of the columns of source_find */
    CONTROLLER_COLUMN = 14,
};

static const DbStatement source_find = {
    .name = "source_find",
    .sql = ingest_sql_source_find,
    .parameters = {VALUE_TEXT},
    .columns = {VALUE_INT2, VALUE_TEXT, VALUE_TEXT, VALUE_INT4, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT,
                VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT,
                VALUE_TEXT},
};
static const DbStatement source_put = {
    .name = "source_put",
    .sql = ingest_sql_source_put,
    .parameters = {VALUE_TEXT, VALUE_TEXT,       VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT,
                   VALUE_TEXT, VALUE_TEXT,       VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT,
                   VALUE_TEXT, VALUE_TEXT_ARRAY, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_BOOL},
    .columns = {VALUE_INT2},
};
static const DbStatement version_find = {
    .name = "version_find",
    .sql = ingest_sql_version_find,
    .parameters = {VALUE_INT2, VALUE_INT4},
    .columns = {VALUE_BYTES, VALUE_INT8},
};
static const DbStatement version_put = {
    .name = "version_put",
    .sql = ingest_sql_version_put,
    .parameters = {VALUE_INT2, VALUE_INT4, VALUE_BYTES, VALUE_TEXT, VALUE_DATE, VALUE_DATE},
};
static const DbStatement column_list = {
    .name = "column_list",
    .sql = ingest_sql_column_list,
    .parameters = {VALUE_INT2},
    .columns = {VALUE_TEXT, VALUE_TEXT},
};
static const DbStatement column_put = {
    .name = "column_put",
    .sql = ingest_sql_column_put,
    .parameters = {VALUE_INT2, VALUE_TEXT, VALUE_INT2, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT,
                   VALUE_TEXT, VALUE_INT8, VALUE_INT8, VALUE_BOOL, VALUE_INT4},
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

static Text stored_text(const IngestSpec *spec, int column)
{
    return column == SPEC_NONE ? (Text){0} : spec->columns[column].stored;
}

/* The stored name of a column that the head refers to, or null. */
static Value stored_name(const IngestSpec *spec, int column)
{
    return text_or_null(stored_text(spec, column));
}

/* Of a part of the record key; some are never stored. */
static Text key_name(const IngestSpec *spec, size_t part)
{
    const SpecColumn *column = &spec->columns[spec->key[part]];

    return column->stored.length > 0 ? column->stored : column->name;
}

/* ---- what is registered already ---- */

typedef struct Registered {
    bool is_known, is_same, keeps_controller;
    int64_t newest;
    int64_t source_id;
} Registered;

/* Rows of all versions supersede each other: what they do it by must be in each of them, and mean the same.
 */
static bool supersedes_as_registered(const IngestSpec *spec, const DbRows *rows)
{
    SCOPED(text_builder_close) TextBuilder key = text_builder(KEY_BYTES_MAX);
    bool is_change = text_equal(spec->update, TEXT("net_change"));
    bool is_bulk = text_equal(spec->update, TEXT("bulk_replacement"));

    for (size_t i = 0; is_change && i < spec->key_count; i++) {
        if (i > 0)
            text_add_char(&key, KEY_SEPARATOR);
        text_add(&key, key_name(spec, i));
    }
    const Text wanted[] = {
        stored_text(spec, spec->change.operation),
        spec->change.remove,
        stored_text(spec, spec->change.date),
        stored_text(spec, spec->change.time),
        text_built(&key),
        stored_text(spec, spec->replaces.group),
        stored_text(spec, spec->replaces.from),
        stored_text(spec, spec->replaces.to),
        stored_text(spec, spec->replaces.until),
        is_bulk ? stored_text(spec, spec->event_date) : (Text){0},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (!text_equal(db_text(rows, 0, SUPERSEDING_FIRST + i), wanted[i]))
            return false;
    return true;
}

/* Rows held say in it whose they are; a source that had none may get one. */
static bool keeps_controller(const IngestSpec *spec, const DbRows *rows)
{
    Text held = db_text(rows, 0, CONTROLLER_COLUMN);

    return held.length == 0 || text_equal(held, stored_text(spec, spec->controller));
}

static Result find_source(Db *owner, const IngestSpec *spec, Registered *registered, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const Value name = value_text(text_from(spec->source));

    TRY(db_run(owner, &source_find, &name, &rows, error));
    registered->is_known = db_row_count(rows) > 0;
    if (!registered->is_known)
        return RESULT_OK;
    registered->source_id = db_int(rows, 0, 0);
    if (!text_equal(db_text(rows, 0, 1), spec->subject) || !text_equal(db_text(rows, 0, 2), spec->update))
        return fail(error, ERROR_CONFIG, "%s: subject and update of a registered source cannot change",
                    spec->path);
    if (!supersedes_as_registered(spec, rows))
        return fail(
            error, ERROR_CONFIG,
            "%s: change, replaces, record_key and event_date of a registered source of update %.*s cannot "
            "change: rows held are superseded by them",
            spec->path, TEXT_ARG(spec->update));
    registered->keeps_controller = keeps_controller(spec, rows);
    registered->newest = db_int(rows, 0, 3);
    return RESULT_OK;
}

static Result find_version(Db *owner, const IngestSpec *spec, Registered *registered, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const Value key[] = {value_int2(registered->source_id), value_int4(spec->version)};

    TRY(db_run(owner, &version_find, key, &rows, error));
    if (db_row_count(rows) == 0)
        return RESULT_OK;
    Text hash = db_text(rows, 0, 0);
    registered->is_same =
        text_equal(hash, (Text){.data = (const char *)spec->hash.bytes, .length = HASH_BYTES});
    if (!registered->is_same && db_int(rows, 0, 1) > 0)
        return fail(error, ERROR_CONFIG,
                    "%s: version %d has loads and is registered with another text or other codes: "
                    "raise version",
                    spec->path, spec->version);
    return RESULT_OK;
}

/* ---- tables ---- */

static void add_name(TextBuilder *ddl, const char *schema, const char *prefix, const IngestSpec *spec)
{
    char name[2 * GOVERNANCE_NAME_BYTES];
    int length = snprintf(name, sizeof name, "%s%s", prefix, spec->source);

    text_add_string(ddl, schema);
    text_add_char(ddl, '.');
    db_add_identifier(ddl, (Text){.data = name, .length = (size_t)length});
}

static void add_create(TextBuilder *ddl, const IngestSpec *spec)
{
    text_add_string(ddl, "CREATE TABLE ");
    add_name(ddl, "records", "", spec);
    text_add_string(ddl,
                    " (load_id int4 NOT NULL, line_number int4 NOT NULL, subject_id int8, record_key int8, "
                    "age_days int2) PARTITION BY LIST (load_id);\n");
}

static void add_widen(TextBuilder *ddl, const IngestSpec *spec, const SpecColumn *column)
{
    text_add_string(ddl, "ALTER TABLE ");
    add_name(ddl, "records", "", spec);
    text_add_string(ddl, " ADD COLUMN ");
    db_add_identifier(ddl, column->stored);
    text_add_format(ddl, " %s;\n", SPEC_TYPE_SQL[column->type]);
}

/* Keys of other sources' records. No spec column is called so, and a newer version may have it already. */
static void add_references(TextBuilder *ddl, const IngestSpec *spec)
{
    for (size_t i = 0; i < spec->reference_count; i++) {
        if (!spec->references[i].is_by_key)
            continue;
        text_add_string(ddl, "ALTER TABLE ");
        add_name(ddl, "records", "", spec);
        text_add_string(ddl, " ADD COLUMN IF NOT EXISTS ");
        db_add_identifier(ddl, spec->references[i].stored);
        text_add_string(ddl, " int8;\n");
    }
}

static void add_date(TextBuilder *ddl, const IngestSpec *spec, int column, const char *name)
{
    if (column == SPEC_NONE) {
        text_add_string(ddl, ", NULL::date");
    } else {
        text_add_string(ddl, ", r.");
        db_add_identifier(ddl, spec->columns[column].stored);
    }
    text_add_format(ddl, " AS %s", name);
}

/* All that linkage sees of a source's rows. */
static void add_presence_view(TextBuilder *ddl, const IngestSpec *spec)
{
    bool has_validity = spec->valid_from != SPEC_NONE;

    if (text_equal(spec->subject, TEXT("none")))
        return;
    text_add_string(ddl, "CREATE OR REPLACE VIEW ");
    add_name(ddl, "presence", "", spec);
    text_add_string(ddl, " AS SELECT r.subject_id, r.load_id");
    add_date(ddl, spec, has_validity ? spec->valid_from : spec->event_date, "valid_from");
    add_date(ddl, spec, has_validity ? spec->valid_to : spec->event_date, "valid_to");
    text_add_string(ddl, " FROM ");
    add_name(ddl, "records", "active_", spec);
    text_add_string(ddl, " AS r;\nGRANT SELECT ON ");
    add_name(ddl, "presence", "", spec);
    text_add_string(ddl, " TO cinque_linker;\n");
}

/* A column keeps its type for ever: what is stored was checked by it. */
static Result check_type(const IngestSpec *spec, const SpecColumn *column, const DbRows *held, bool *is_held,
                         Error *error)
{
    *is_held = false;
    for (size_t i = 0; i < db_row_count(held); i++) {
        if (!text_equal(db_text(held, i, 0), column->stored))
            continue;
        *is_held = true;
        if (!text_equal(db_text(held, i, 1), text_from(SPEC_TYPE_NAMES[column->type])))
            return fail(error, ERROR_CONFIG,
                        "%s: column %.*s is stored with another type: give it another name by `as`",
                        spec->path, TEXT_ARG(column->name));
    }
    return RESULT_OK;
}

static Result make_tables(Db *owner, const IngestSpec *spec, const Registered *registered, FILE *out,
                          Error *error)
{
    SCOPED(text_builder_close) TextBuilder ddl = text_builder(DDL_BYTES_MAX);
    SCOPED(db_rows_close) DbRows *held = NULL;
    const Value source_id = value_int2(registered->source_id);
    bool is_held;

    TRY(db_run(owner, &column_list, &source_id, &held, error));
    if (!registered->is_known) {
        add_create(&ddl, spec);
        fprintf(out, "source %s: new, version %d, %zu columns\n", spec->source, spec->version,
                spec->payload_count);
    } else {
        fprintf(out, "source %s: version %d\n", spec->source, spec->version);
    }
    for (size_t i = 0; i < spec->column_count; i++) {
        const SpecColumn *column = &spec->columns[i];
        if (!spec_column_is_stored(column))
            continue;
        TRY(check_type(spec, column, held, &is_held, error));
        if (is_held)
            continue;
        add_widen(&ddl, spec, column);
        if (registered->is_known)
            fprintf(out, "source %s: new column %.*s\n", spec->source, TEXT_ARG(column->stored));
    }
    add_references(&ddl, spec);
    text_add_format(&ddl, "SELECT ingest.active_view_make(%d::int2);\n", (int)registered->source_id);
    add_presence_view(&ddl, spec);
    return db_script(owner, "source tables", text_built(&ddl).data, error);
}

/* ---- catalogue ---- */

static Result put_source(Db *owner, const IngestSpec *spec, Registered *registered, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    Text keys[SPEC_KEY_PARTS_MAX];

    for (size_t i = 0; i < spec->key_count; i++)
        keys[i] = key_name(spec, i);
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

static Result put_catalogue(Db *owner, const IngestSpec *spec, int64_t source_id, Error *error)
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

static Result apply(Db *owner, const IngestSpec *spec, FILE *out, Error *error)
{
    Registered registered = {0};

    TRY(find_source(owner, spec, &registered, error));
    if (registered.is_known)
        TRY(find_version(owner, spec, &registered, error));
    if (registered.is_same) {
        fprintf(out, "source %s: version %d is registered as it stands\n", spec->source, spec->version);
        return RESULT_OK;
    }
    /* An older one that is registered stays beside it, for months that come late. */
    if (registered.newest > spec->version)
        return fail(error, ERROR_CONFIG, "%s: a newer version than %d is registered", spec->path,
                    spec->version);
    if (registered.is_known && !registered.keeps_controller)
        return fail(error, ERROR_CONFIG,
                    "%s: the controller column of a registered source cannot change: rows held are told "
                    "apart by it",
                    spec->path);
    TRY(put_source(owner, spec, &registered, error));
    TRY(make_tables(owner, spec, &registered, out, error));
    return put_catalogue(owner, spec, registered.source_id, error);
}

Result ingest_source_apply(Db *owner, const IngestSpec *spec, FILE *out, Error *error)
{
    Error ignored = {0};

    TRY(db_begin(owner, error));
    Result applied = apply(owner, spec, out, error);
    if (applied.ok)
        return db_commit(owner, error);
    Result rolled_back = db_rollback(owner, &ignored); /* the first error is the one to tell */
    (void)rolled_back;
    return fail_context(error, "source %s", spec->source);
}
