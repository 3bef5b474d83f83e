/* Registers a spec: what is held already decides whether it may be, and what is left to do. */
#include "ingest/spec_apply.h"
#include "ingest_sql.h"

enum {
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
static const DbStatement version_find = {
    .name = "version_find",
    .sql = ingest_sql_version_find,
    .parameters = {VALUE_INT2, VALUE_INT4},
    .columns = {VALUE_BYTES, VALUE_INT8},
};

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
        text_add(&key, spec_key_name(spec, i));
    }
    const Text wanted[] = {
        spec_stored_text(spec, spec->change.operation),
        spec->change.remove,
        spec_stored_text(spec, spec->change.date),
        spec_stored_text(spec, spec->change.time),
        text_built(&key),
        spec_stored_text(spec, spec->replaces.group),
        spec_stored_text(spec, spec->replaces.from),
        spec_stored_text(spec, spec->replaces.to),
        spec_stored_text(spec, spec->replaces.until),
        is_bulk ? spec_stored_text(spec, spec->event_date) : (Text){0},
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

    return held.length == 0 || text_equal(held, spec_stored_text(spec, spec->controller));
}

static Result find_source(Db *owner, const IngestSpec *spec, SpecRegistered *registered, Error *error)
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

static Result find_version(Db *owner, const IngestSpec *spec, SpecRegistered *registered, Error *error)
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

static Result apply(Db *owner, const IngestSpec *spec, FILE *out, Error *error)
{
    SpecRegistered registered = {0};

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
    TRY(spec_catalogue_source(owner, spec, &registered, error));
    TRY(spec_ddl_make(owner, spec, &registered, out, error));
    return spec_catalogue_version(owner, spec, registered.source_id, error);
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
