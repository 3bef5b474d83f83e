#include "bench/psql_copy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench.h"

enum { COMMAND_BYTES = 2048, NAME_BYTES = 128, TIMING_BYTES = 4096 };

typedef enum Kind { RECORDS, SUBJECTS, KIND_COUNT } Kind;

static const char *const formats[PSQL_FORMAT_COUNT] = {[PSQL_TEXT] = "text", [PSQL_BINARY] = "binary"};
static const char *const alike[KIND_COUNT] = {[RECORDS] = "public.records", [SUBJECTS] = "public.subjects"};

/* ---- psql ---- */

/* before and after: of the same transaction, or NULL. */
static void exec_psql(const PsqlCopy *copy, const char *before, const char *command, const char *after,
                      int output)
{
    char conninfo[CLUSTER_CONNINFO_BYTES];

    cluster_conninfo(copy->cluster, "cinque", "postgres", conninfo);
    dup2(output, STDOUT_FILENO);
    if (before == NULL)
        execlp("psql", "psql", "-X", "-v", "ON_ERROR_STOP=1", "-c", "\\timing on", "-c", command, conninfo,
               (char *)NULL);
    else
        execlp("psql", "psql", "-X", "-v", "ON_ERROR_STOP=1", "-c", "\\timing on", "-c", before, "-c",
               command, "-c", after, conninfo, (char *)NULL);
    _exit(127);
}

static Result seconds_told(const char *output, double *seconds, Error *error)
{
    static const char timing[] = "Time: ";

    *seconds = 0;
    for (const char *at = strstr(output, timing); at != NULL; at = strstr(at + 1, timing))
        *seconds += strtod(at + strlen(timing), NULL) / 1000;
    return *seconds > 0 ? RESULT_OK : fail(error, ERROR_SYSTEM, "psql told no time");
}

/* empties: a table that the same transaction empties; NULL: none. */
static Result run_psql(const PsqlCopy *copy, const char *empties, const char *command, double *seconds,
                       Error *error)
{
    char output[TIMING_BYTES] = "", before[NAME_BYTES];
    size_t length = 0;
    int ends[2], status;
    ssize_t got;

    if (pipe(ends) != 0)
        return fail_errno(error, "pipe");
    snprintf(before, sizeof before, "BEGIN; TRUNCATE %s", empties != NULL ? empties : "");
    pid_t child = fork();
    if (child == 0)
        exec_psql(copy, empties != NULL ? before : NULL, command, "COMMIT", ends[1]);
    close(ends[1]);
    while (length < sizeof output - 1 &&
           (got = read(ends[0], output + length, sizeof output - 1 - length)) > 0)
        length += (size_t)got;
    close(ends[0]);
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        return fail(error, ERROR_SYSTEM, "psql failed");
    return seconds_told(output, seconds, error);
}

/* ---- tables ---- */

/* A partition stays the table that was staged, with its checks. */
static const char *stored_in(const PsqlCopy *copy, Kind kind, char name[NAME_BYTES])
{
    if (kind == SUBJECTS)
        return "subjects.subject";
    snprintf(name, NAME_BYTES, "records.%s_%d", copy->source, copy->load_id);
    return name;
}

static Result make_empty(const PsqlCopy *copy, Kind kind, PsqlTables tables, Error *error)
{
    char command[COMMAND_BYTES], name[NAME_BYTES];

    snprintf(command, sizeof command, "DROP TABLE IF EXISTS %s; CREATE TABLE %s (LIKE %s%s)", alike[kind],
             alike[kind], stored_in(copy, kind, name),
             tables == PSQL_BARE ? "" : " INCLUDING INDEXES INCLUDING CONSTRAINTS");
    return db_script(copy->superuser, "empty", command, error);
}

/* Of the stored table, by one look through the rows. */
static const char keys_sql[] =
    "DO $$ DECLARE wanted text; BEGIN"
    " SELECT 'ALTER TABLE %s ' || string_agg('ADD ' || pg_get_constraintdef(c.oid), ', ') INTO wanted"
    "   FROM pg_constraint AS c WHERE c.conrelid = '%s'::regclass AND c.contype IN ('p', 'c');"
    " IF wanted IS NOT NULL THEN EXECUTE wanted; END IF;"
    " FOR wanted IN SELECT regexp_replace(pg_get_indexdef(i.indexrelid), 'INDEX .* USING', 'INDEX ON %s "
    "USING')"
    "   FROM pg_index AS i WHERE i.indrelid = '%s'::regclass AND NOT i.indisprimary LOOP"
    "   EXECUTE wanted; END LOOP; END $$";

Result psql_copy_keys(const PsqlCopy *copy, double *seconds, Error *error)
{
    char command[COMMAND_BYTES], name[NAME_BYTES];
    double started_s = bench_now_s();

    for (Kind kind = 0; kind < KIND_COUNT; kind++) {
        const char *stored = stored_in(copy, kind, name);
        snprintf(command, sizeof command, keys_sql, alike[kind], stored, alike[kind], stored);
        TRY(db_script(copy->superuser, "keys", command, error));
    }
    *seconds = bench_now_s() - started_s;
    return RESULT_OK;
}

/* ---- rows ---- */

/* direction: TO from what is stored, FROM into the table alike */
static Result copy_rows(const PsqlCopy *copy, const char *rows, const char *direction, Kind kind,
                        PsqlFormat format, const char *empties, double *seconds, Error *error)
{
    char command[COMMAND_BYTES];
    double taken = 0;

    snprintf(command, sizeof command, "\\copy %s %s '%s/rows.%d.%d.%s' (FORMAT %s)", rows, direction,
             copy->folder, copy->load_id, (int)kind, formats[format], formats[format]);
    TRY(run_psql(copy, empties, command, &taken, error));
    *seconds += taken;
    return RESULT_OK;
}

/* Rows stand in the order in which they came. */
Result psql_copy_prepare(const PsqlCopy *copy, Error *error)
{
    static const char *const load_columns[KIND_COUNT] = {[RECORDS] = "load_id", [SUBJECTS] = "first_load_id"};
    char rows[COMMAND_BYTES], name[NAME_BYTES];
    double ignored = 0;

    for (Kind kind = 0; kind < KIND_COUNT; kind++)
        for (PsqlFormat format = 0; format < PSQL_FORMAT_COUNT; format++) {
            snprintf(rows, sizeof rows, "(SELECT * FROM %s WHERE %s = %d ORDER BY ctid)",
                     stored_in(copy, kind, name), load_columns[kind], copy->load_id);
            TRY(copy_rows(copy, rows, "TO", kind, format, NULL, &ignored, error));
        }
    return RESULT_OK;
}

Result psql_copy(const PsqlCopy *copy, PsqlFormat format, PsqlTables tables, PsqlCopyTime *time, Error *error)
{
    char data_folder[COMMAND_BYTES];

    snprintf(data_folder, sizeof data_folder, "%s/pg/data", copy->folder);
    *time = (PsqlCopyTime){0};
    for (Kind kind = 0; kind < KIND_COUNT; kind++)
        TRY(make_empty(copy, kind, tables, error));
    sync();
    TRY(db_script(copy->superuser, "checkpoint", "CHECKPOINT", error));
    double started_s = bench_server_s(data_folder);
    for (Kind kind = 0; kind < KIND_COUNT; kind++)
        TRY(copy_rows(copy, alike[kind], "FROM", kind, format,
                      tables == PSQL_EMPTIED && kind == RECORDS ? alike[kind] : NULL, &time->seconds, error));
    time->server_s = bench_server_s(data_folder) - started_s;
    return RESULT_OK;
}
