#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/migrate.h"

enum { NUMBER_LETTERS = 3 };

static const char version_table_sql[] =
    "CREATE TABLE IF NOT EXISTS public.schema_version ("
    "number int8 PRIMARY KEY, name text NOT NULL, file_hash bytea NOT NULL, "
    "applied_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp());"
    "GRANT SELECT ON public.schema_version TO PUBLIC"; /* any role may ask for the version */

static const DbStatement has_table_statement = {
    .name = "migrate_has_table",
    .sql = "SELECT count(*) FROM pg_catalog.pg_class AS c "
           "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace "
           "WHERE n.nspname = 'public' AND c.relname = 'schema_version'",
    .columns = {VALUE_INT8},
};

static const DbStatement applied_statement = {
    .name = "migrate_applied",
    .sql = "SELECT number, name, file_hash FROM public.schema_version ORDER BY number",
    .columns = {VALUE_INT8, VALUE_TEXT, VALUE_BYTES},
};

static const DbStatement record_statement = {
    .name = "migrate_record",
    .sql = "INSERT INTO public.schema_version (number, name, file_hash) VALUES ($1, $2, $3)",
    .parameters = {VALUE_INT8, VALUE_TEXT, VALUE_BYTES},
};

/* Two programs that begin at once must not both apply; the number is arbitrary. */
static const char lock_sql[] = "SELECT pg_catalog.pg_advisory_xact_lock(2718281828)";

static Result file_number(const EmbeddedFile *file, int64_t *number, Error *error)
{
    Text name = text_from(file->name);

    if (name.length < NUMBER_LETTERS + 2 || name.data[NUMBER_LETTERS] != '_' ||
        !text_to_int64(text_slice(name, 0, NUMBER_LETTERS), number) || *number < 1)
        return fail(error, ERROR_CONFIG, "schema %s: the name does not begin with a number as 001_",
                    file->name);
    return RESULT_OK;
}

/* Numbers rise; gaps leave room for each module's own row of files. */
static Result check_files(const EmbeddedFile *files, size_t file_count, Error *error)
{
    int64_t before = 0, number = 0;

    for (size_t i = 0; i < file_count; i++, before = number) {
        TRY(file_number(&files[i], &number, error));
        if (number <= before)
            return fail(error, ERROR_CONFIG, "schema %s: its number does not follow the file before",
                        files[i].name);
    }
    return RESULT_OK;
}

static Hash file_hash(const EmbeddedFile *file)
{
    return hash_of(file->text, strlen(file->text));
}

/* What was applied must be the beginning of what is embedded, unchanged. */
static Result check_history(const DbRows *rows, const EmbeddedFile *files, size_t file_count, Error *error)
{
    for (size_t row = 0; row < db_row_count(rows); row++) {
        int64_t number, recorded_number = db_int(rows, row, 0);
        if (row >= file_count)
            return fail(error, ERROR_CONFIG, "schema: the database is newer than this program");
        TRY(file_number(&files[row], &number, error));
        if (number != recorded_number)
            return fail(error, ERROR_CONFIG, "schema: the database's history differs at %" PRId64,
                        recorded_number < number ? recorded_number : number);
        Hash expected = file_hash(&files[row]);
        Text recorded = db_text(rows, row, 2);
        if (recorded.length != HASH_BYTES || memcmp(recorded.data, expected.bytes, HASH_BYTES) != 0)
            return fail(error, ERROR_CONFIG,
                        "schema %s: was applied with other content, and history does not change",
                        files[row].name);
    }
    return RESULT_OK;
}

static Result apply_file(Db *db, const EmbeddedFile *file, Error *error)
{
    char name[96];
    Hash hash = file_hash(file);
    int64_t number;

    TRY(file_number(file, &number, error));
    Value parameters[] = {value_int8(number), value_text(text_from(file->name)),
                          value_bytes(hash.bytes, HASH_BYTES)};

    snprintf(name, sizeof name, "schema/%s", file->name);
    TRY(db_script(db, name, file->text, error));
    return db_execute(db, &record_statement, parameters, NULL, error);
}

static Result apply_missing(Db *db, const EmbeddedFile *files, size_t file_count, int64_t *applied,
                            Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;

    TRY(db_script(db, "migrate_lock", lock_sql, error));
    TRY(db_script(db, "migrate_table", version_table_sql, error));
    TRY(db_run(db, &applied_statement, NULL, &rows, error));
    TRY(check_history(rows, files, file_count, error));
    *applied = 0;
    for (size_t i = db_row_count(rows); i < file_count; i++) {
        TRY(apply_file(db, &files[i], error));
        *applied += 1;
    }
    return RESULT_OK;
}

Result migrate_apply(Db *db, const EmbeddedFile *files, size_t file_count, int64_t *applied, Error *error)
{
    Error ignored = {0};

    TRY(check_files(files, file_count, error));
    TRY(db_begin(db, error));
    Result done = apply_missing(db, files, file_count, applied, error);
    if (!done.ok) {
        Result undone = db_rollback(db, &ignored); /* the first error is the one to tell */
        (void)undone;
        return done;
    }
    return db_commit(db, error);
}

Result migrate_version(Db *db, const EmbeddedFile *files, size_t file_count, int64_t *applied, int64_t *known,
                       Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    int64_t has_table;

    TRY(check_files(files, file_count, error));
    *known = *applied = 0;
    if (file_count > 0)
        TRY(file_number(&files[file_count - 1], known, error));
    TRY(db_run_int8(db, &has_table_statement, NULL, &has_table, NULL, error));
    if (has_table == 0)
        return RESULT_OK;
    TRY(db_run(db, &applied_statement, NULL, &rows, error));
    if (db_row_count(rows) > 0)
        *applied = db_int(rows, db_row_count(rows) - 1, 0);
    return RESULT_OK;
}
