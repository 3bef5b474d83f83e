#include "bench/psql_copy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench.h"

enum { COMMAND_BYTES = 2048, TIMING_BYTES = 4096 };

typedef enum Format { TEXT_ROWS, BINARY_ROWS, FORMAT_COUNT } Format;

static const char *const formats[FORMAT_COUNT] = {[TEXT_ROWS] = "text", [BINARY_ROWS] = "binary"};

static const struct {
    const char *stored, *alike[FORMAT_COUNT];
} tables[] = {{"records.apc_spell", {"public.records_keyed", "public.records_bare"}},
              {"subjects.subject", {"public.subjects_keyed", "public.subjects_bare"}}};
enum { TABLE_COUNT = sizeof tables / sizeof *tables };

/* ---- psql ---- */

static void exec_psql(const PsqlCopy *copy, const char *command, int output)
{
    char conninfo[CLUSTER_CONNINFO_BYTES];

    cluster_conninfo(copy->cluster, "cinque", "postgres", conninfo);
    dup2(output, STDOUT_FILENO);
    execlp("psql", "psql", "-X", "-v", "ON_ERROR_STOP=1", "-c", "\\timing on", "-c", command, conninfo,
           (char *)NULL);
    _exit(127);
}

static Result seconds_told(const char *output, double *seconds, Error *error)
{
    const char *timing = strstr(output, "Time: ");

    *seconds = timing != NULL ? strtod(timing + strlen("Time: "), NULL) / 1000 : 0;
    return *seconds > 0 ? RESULT_OK : fail(error, ERROR_SYSTEM, "psql told no time");
}

static Result run_psql(const PsqlCopy *copy, const char *command, double *seconds, Error *error)
{
    char output[TIMING_BYTES] = "";
    size_t length = 0;
    int ends[2], status;
    ssize_t got;

    if (pipe(ends) != 0)
        return fail_errno(error, "pipe");
    pid_t child = fork();
    if (child == 0)
        exec_psql(copy, command, ends[1]);
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

/* Neither keys nor checks: those are added once the rows are there. */
static const char bare_sql[] = "DROP TABLE IF EXISTS %s; CREATE TABLE %s (LIKE %s); CHECKPOINT";
static const char keyed_sql[] = "DROP TABLE IF EXISTS %s; CREATE TABLE %s"
                                " (LIKE %s INCLUDING INDEXES INCLUDING CONSTRAINTS); CHECKPOINT";
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

static Result make_empty(const PsqlCopy *copy, size_t table, Format format, Error *error)
{
    const char *name = tables[table].alike[format];
    char command[COMMAND_BYTES];

    snprintf(command, sizeof command, format == BINARY_ROWS ? bare_sql : keyed_sql, name, name,
             tables[table].stored);
    return db_script(copy->superuser, "empty", command, error);
}

static Result add_keys(const PsqlCopy *copy, size_t table, double *seconds, Error *error)
{
    const char *name = tables[table].alike[BINARY_ROWS], *stored = tables[table].stored;
    char command[COMMAND_BYTES];
    double started_s = bench_now_s();

    snprintf(command, sizeof command, keys_sql, name, stored, name, stored);
    TRY(db_script(copy->superuser, "keys", command, error));
    *seconds += bench_now_s() - started_s;
    return RESULT_OK;
}

/* ---- rows ---- */

/* direction: TO from what is stored, FROM into the table alike */
static Result copy_table(const PsqlCopy *copy, const char *rows, const char *direction, size_t table,
                         Format format, double *seconds, Error *error)
{
    char command[COMMAND_BYTES];
    double taken = 0;

    snprintf(command, sizeof command, "\\copy %s %s '%s/rows.%zu.%s' (FORMAT %s)", rows, direction,
             copy->folder, table, formats[format], formats[format]);
    TRY(run_psql(copy, command, &taken, error));
    *seconds += taken;
    return RESULT_OK;
}

static Result copy_all(const PsqlCopy *copy, Format format, double *seconds, Error *error)
{
    for (size_t t = 0; t < TABLE_COUNT; t++)
        TRY(make_empty(copy, t, format, error));
    for (size_t t = 0; t < TABLE_COUNT; t++)
        TRY(copy_table(copy, tables[t].alike[format], "FROM", t, format, seconds, error));
    return RESULT_OK;
}

Result psql_copy_prepare(const PsqlCopy *copy, Error *error)
{
    char rows[COMMAND_BYTES];
    double ignored = 0;

    for (size_t t = 0; t < TABLE_COUNT; t++)
        for (Format format = 0; format < FORMAT_COUNT; format++) {
            snprintf(rows, sizeof rows, "(SELECT * FROM %s)", tables[t].stored);
            TRY(copy_table(copy, rows, "TO", t, format, &ignored, error));
        }
    return RESULT_OK;
}

Result psql_copy(const PsqlCopy *copy, PsqlCopyTimes *times, Error *error)
{
    char data_folder[COMMAND_BYTES];

    snprintf(data_folder, sizeof data_folder, "%s/pg/data", copy->folder);
    *times = (PsqlCopyTimes){0};
    double started_s = bench_server_s(data_folder);
    TRY(copy_all(copy, BINARY_ROWS, &times->binary_s, error));
    times->binary_server_s = bench_server_s(data_folder) - started_s;
    for (size_t t = 0; t < TABLE_COUNT; t++)
        TRY(add_keys(copy, t, &times->keys_s, error));
    return copy_all(copy, TEXT_ROWS, &times->text_s, error);
}
