#include <inttypes.h>
#include <string.h>

#include "cli/held.h"
#include "cli_sql.h"

static const char loader_role[] = "cinque_loader";

static const DbStatement orphan_list = {
    .name = "orphan_list",
    .sql = cli_sql_orphan_list,
    .columns = {VALUE_TEXT},
};

static Result held_all(const Cli *cli, Db **loader, IngestHeld **held, size_t *count, Error *error)
{
    TRY(cli_open(cli, loader_role, loader, error));
    return ingest_held_list(*loader, cli->arena, held, count, error);
}

static Result begin(const Cli *cli, GovernanceAction action, int64_t delivery_id, Work *work, Error *error)
{
    const GovernanceRequest request = {.action = action,
                                       .object = text_format(cli->arena, "%" PRId64, delivery_id)};

    return work_begin(cli, &request, work, error);
}

/* ---- open: two people ---- */

Result cmd_archive_approve(Cli *cli, int argc, const char *const *argv, Error *error)
{
    static const VerbApprove verb = {"delivery", "/deliveries", "/approve", "open the archive of"};

    return verb_approve(cli, argc, argv, &verb, error);
}

static Result copy_out(const Cli *cli, const IngestHeld *held, const char *private_key, Error *error)
{
    char folder[CLI_PATH_BYTES];
    Hash content;

    TRY(cli_path(cli, "archive", folder, error));
    const IngestArchive archive = {
        .folder = folder, .delivery_id = held->delivery_id, .private_key_path = private_key};
    TRY(ingest_archive_copy(&archive, stdout, &content, error));
    if (memcmp(content.bytes, held->content.bytes, HASH_BYTES) != 0)
        return fail(error, ERROR_INPUT, "delivery %" PRId64 ": not the content that the ledger says",
                    held->delivery_id);
    return RESULT_OK;
}

static Result find_held(const Cli *cli, int64_t delivery_id, const IngestHeld **found, Error *error)
{
    SCOPED(db_close) Db *loader = NULL;
    IngestHeld *held;
    size_t count;

    TRY(held_all(cli, &loader, &held, &count, error));
    for (size_t i = 0; i < count; i++)
        if (held[i].delivery_id == delivery_id && held[i].has_archive) {
            *found = &held[i];
            return RESULT_OK;
        }
    return fail(error, ERROR_USAGE, "delivery %" PRId64 ": has no archive", delivery_id);
}

Result cmd_archive_open(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(work_close) Work work = {0};
    const char *private_key = NULL;
    const Option options[] = {
        {"private-key", OPTION_TEXT, true, NULL, "the quarantine's private key, a file of mode 0600",
         &private_key},
    };
    const IngestHeld *held = NULL;
    int64_t delivery_id;

    TRY(cli_parse(cli, argc, argv, options, 1, 1, 1, error));
    TRY(cli_number(text_from(cli->arguments[0]), "delivery", &delivery_id, error));
    TRY(verb_output_is_placed("archive open", error));
    TRY(find_held(cli, delivery_id, &held, error));
    TRY(work_begin_approved(cli, GOVERNANCE_ARCHIVE_OPEN, delivery_id, &work, error));
    TRY(copy_out(cli, held, private_key, error));
    const GovernanceOutcome outcome = {.succeeded = true, .content = held->content, .has_content = true};
    return work_end(cli, &work, &outcome, error);
}

/* ---- sweep ---- */

typedef struct Sweep {
    const Cli *cli;
    Db *loader;
    Work work;
    char folder[CLI_PATH_BYTES];
    IngestHeld *held;
    size_t count, ended;
} Sweep;

static void sweep_close(Sweep *sweep)
{
    work_close(&sweep->work);
    db_close(&sweep->loader);
}

static Result end_one(Sweep *sweep, const IngestHeld *held, Error *error)
{
    const GovernanceOutcome outcome = {.succeeded = true};

    TRY(begin(sweep->cli, GOVERNANCE_ARCHIVE_SWEEP, held->delivery_id, &sweep->work, error));
    TRY(ingest_archive_end(sweep->loader, sweep->work.permit, sweep->folder, held->delivery_id, error));
    TRY(work_result(&sweep->work, &outcome, error));
    sweep->ended++;
    return RESULT_OK;
}

/* A load that was released by a second person, or killed at its very end, leaves an opening: it goes
 * here, or at the feed's next pull --load. */
static Result end_due(Sweep *sweep, Error *error)
{
    for (size_t i = 0; i < sweep->count; i++) {
        const IngestHeld *held = &sweep->held[i];
        if (held->is_due)
            TRY(end_one(sweep, held, error));
        else if (held->has_archive && !held->needs_opening)
            TRY(ingest_archive_forget(sweep->folder, held->delivery_id, error));
    }
    return work_seal(sweep->cli, &sweep->work, error);
}

static Result print_orphans(Sweep *sweep, TableFormat format, Error *error)
{
    SCOPED(table_close) Table *table = NULL;

    TRY(ingest_held_list(sweep->loader, sweep->cli->arena, &sweep->held, &sweep->count, error));
    TRY(ingest_archive_orphans(sweep->folder, sweep->held, sweep->count, &table, error));
    if (table_row_count(table) > 0)
        table_print(table, format, stdout);
    printf("%zu archives deleted, %zu files that do not fit the ledger\n", sweep->ended,
           table_row_count(table));
    return RESULT_OK;
}

/* Files of PostgreSQL that nothing owns. Who may not look is told what to run. */
static void print_relation_orphans(const Cli *cli)
{
    SCOPED(db_close) Db *superuser = NULL;
    SCOPED(db_rows_close) DbRows *rows = NULL;
    Error ignored;

    if (!cli_open(cli, "postgres", &superuser, &ignored).ok ||
        !db_run(superuser, &orphan_list, NULL, &rows, &ignored).ok) {
        printf("files of PostgreSQL that no table owns: not looked for; as a superuser run\n%s",
               cli_sql_orphan_list);
        return;
    }
    for (size_t i = 0; i < db_row_count(rows); i++)
        printf("%.*s: no table or index owns this file of PostgreSQL\n", TEXT_ARG(db_text(rows, i, 0)));
    printf("%zu files of PostgreSQL that no table owns; nothing of it is deleted\n", db_row_count(rows));
}

Result cmd_archive_sweep(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(sweep_close) Sweep sweep = {.cli = cli};
    const char *format_name = "terminal";
    const Option options[] = {{"format", OPTION_TEXT, false, NULL, "terminal, csv or json", &format_name}};
    TableFormat format;

    TRY(cli_parse(cli, argc, argv, options, 1, 0, 0, error));
    TRY(cli_format(format_name, &format, error));
    TRY(cli_path(cli, "archive", sweep.folder, error));
    TRY(cli_make_folder(sweep.folder, 0700, error));
    TRY(held_all(cli, &sweep.loader, &sweep.held, &sweep.count, error));
    TRY(end_due(&sweep, error));
    TRY(print_orphans(&sweep, format, error));
    print_relation_orphans(cli);
    return RESULT_OK;
}
