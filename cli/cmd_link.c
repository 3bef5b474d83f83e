#include <inttypes.h>

#include "cli/cli.h"
#include "linkage/linkage.h"
#include "pseudonymise/pseudonymise.h"

static const char linker_role[] = "cinque_linker";

static void print_run(const LinkageReport *report)
{
    const struct {
        const char *what;
        int64_t count;
    } lines[] = {
        {"subjects of person sources", report->subjects},
        {"linked", report->linked},
        {"unlinked", report->unlinked},
        {"people", report->people},
        {"people new", report->people_new},
        {"people merged", report->people_merged},
        {"households", report->households},
        {"residences", report->residences},
        {"linked by cross-walks", report->crosswalked},
        {"linked inside a foreign space", report->within_space},
        {"pseudonyms mapped to more than one", report->crosswalk_ambiguous},
        {"linked by likeness", report->alike},
        {"like nobody", report->alone},
        {"pairs compared", report->compared},
        {"blocks too large to compare", report->blocks_closed},
        {"encodings that could not be read", report->unread},
        {"pairs that wait for a decision", report->clerical},
        {"likely pairs in conflict", report->conflicts},
    };
    static const char *const headings[] = {"linkage", "count"};
    static const bool right_aligned[] = {false, true};
    SCOPED(table_close) Table *table = table_create(headings, right_aligned, 2);

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char count[24];
        snprintf(count, sizeof count, "%" PRId64, lines[i].count);
        const Text cells[] = {text_from(lines[i].what), text_from(count)};
        table_row(table, cells);
    }
    table_print(table, TABLE_TERMINAL, stdout);
    printf("run %" PRId64 " in %.1f s\n", report->run_id, (double)report->elapsed_us / 1e6);
}

/* ---- what linkage opens, under a key that it does not see ---- */

static Result add_load(void *context, int64_t load_id, int key_version, Text header, Error *error)
{
    const StoredLoad load = {.load_id = load_id, .key_version = key_version, .header = header};

    return encoding_opener_add(context, &load, error);
}

static Result open_sealed(void *context, const LinkageSealed *sealed, char *opened, size_t *length,
                          Error *error)
{
    static const StoredPart parts[] = {[LINKAGE_HEAD] = STORED_HEAD,
                                       [LINKAGE_FILTERS] = STORED_FILTERS,
                                       [LINKAGE_REFERENCE] = STORED_REFERENCE};
    const StoredPlace place = {
        .load_id = sealed->load_id, .subject_id = sealed->subject_id, .part = parts[sealed->part]};

    return encoding_open(context, &place, sealed->bytes, opened, length, error);
}

_Static_assert((int)LINKAGE_ENCODING_BYTES_MAX >= (int)ENCODING_BYTES_MAX, "any encoding can be opened");

static Text keys_used(const Cli *cli, const EncodingOpener *opener)
{
    KeyUse use = encoding_opener_use(opener);
    char text[KEY_USE_BYTES];

    return text_copy(cli->arena, key_use_text(&use, text));
}

/* What was opened counts also where nothing came of it. */
static Result failed_run(const Cli *cli, Work *work, const EncodingOpener *opener, Result failed)
{
    Error ignored = {0};
    const GovernanceOutcome outcome = {
        .detail = text_format(cli->arena, "failed %.*s", TEXT_ARG(keys_used(cli, opener)))};

    /* Where this cannot be logged, closing the permit logs that it failed, or says that it could not. */
    Result logged = work_result(work, &outcome, &ignored);
    (void)logged;
    return failed;
}

Result cmd_link(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(work_close) Work work = {0};
    SCOPED(db_close) Db *linker = NULL;
    SCOPED(encoding_opener_close) EncodingOpener *opener = NULL;
    char keyring[CLI_PATH_BYTES];
    GovernanceRequest request = {.action = GOVERNANCE_LINK, .object = TEXT(LINKAGE_OBJECT)};
    LinkageReport report;

    TRY(cli_parse(cli, argc, argv, NULL, 0, 0, 0, error));
    TRY(cli_open(cli, linker_role, &linker, error));
    TRY(cli_path(cli, "keyring", keyring, error));
    opener = encoding_opener_create(keyring);
    const LinkageOpener opens = {.context = opener, .add_load = add_load, .open = open_sealed};
    TRY(work_begin(cli, &request, &work, error));
    Result done = linkage_run(linker, &opens, work.permit, &report, error);
    if (!done.ok)
        return failed_run(cli, &work, opener, done);
    GovernanceOutcome outcome = {.succeeded = true,
                                 .rows = report.linked,
                                 .detail = text_format(cli->arena, "run=%" PRId64 " %.*s", report.run_id,
                                                       TEXT_ARG(keys_used(cli, opener)))};
    TRY(work_end(cli, &work, &outcome, error));
    print_run(&report);
    return RESULT_OK;
}

Result cmd_link_undo(Cli *cli, int argc, const char *const *argv, Error *error)
{
    static const VerbUndo verb = {"run", linker_role, GOVERNANCE_LINK_UNDO, linkage_undo, "undone"};

    return verb_undo(cli, argc, argv, &verb, error);
}

Result cmd_link_runs(Cli *cli, int argc, const char *const *argv, Error *error)
{
    return verb_list(cli, argc, argv, linker_role, linkage_run_list, error);
}
