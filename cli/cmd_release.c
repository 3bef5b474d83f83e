#include <inttypes.h>
#include <string.h>

#include "cli/cli.h"
#include "linkage/linkage.h"
#include "query/query.h"

static const char releaser_role[] = "cinque_releaser";

static void print_build(const ReleaseReport *report)
{
    char hex[HASH_TEXT_BYTES];

    printf("release %" PRId64 ": %" PRId64 " people, %" PRId64 " rows\n", report->release_id, report->people,
           report->rows);
    printf("left out: %" PRId64 " people opted out, %" PRId64 " rows unlinked, %" PRId64
           " rows without an agreement for the purpose, %" PRId64 " rows of rejected practices\n",
           report->opted_out, report->rows_unlinked, report->rows_without_agreement,
           report->rows_practice_rejected);
    printf("content %s, in %.1f s\n", hash_format(&report->content, hex), (double)report->elapsed_us / 1e6);
}

/* What the status that was asked for keeps out: who reads the release must not take it for complete. */
static Result print_unsettled(Db *releaser, const ReleaseWanted *wanted, int64_t release_id, Error *error)
{
    SCOPED(table_close) Table *table = NULL;

    TRY(query_release_unsettled(releaser, release_id, &table, error));
    if (table_row_count(table) == 0)
        return RESULT_OK;
    printf("not there, because it was delivered less settled than %s:\n", wanted->at_least);
    table_print(table, TABLE_TERMINAL, stdout);
    return RESULT_OK;
}

static Result print_practices(Db *releaser, int64_t release_id, Error *error)
{
    SCOPED(table_close) Table *table = NULL;

    TRY(query_release_practices(releaser, release_id, &table, error));
    if (table_row_count(table) == 0)
        return RESULT_OK;
    puts("practices left out, because their list is 20 percent or more off the published one:");
    table_print(table, TABLE_TERMINAL, stdout);
    return RESULT_OK;
}

static Result check_how(const ReleaseWanted *wanted, Error *error)
{
    static const char *const names[] = {"provisional", "final", "year_end"};
    Date day;

    if (wanted->known_at != NULL && !date_parse(text_from(wanted->known_at), &day))
        return fail(error, ERROR_USAGE, "--as-known-at: not of the form CCYY-MM-DD");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], wanted->at_least) == 0)
            return RESULT_OK;
    return fail(error, ERROR_USAGE, "--status: provisional, final or year_end");
}

/* A release copies the report of its linkage. */
static Result keep_report(Cli *cli, const Work *work, Text month, Error *error)
{
    SCOPED(db_close) Db *linker = NULL;

    TRY(cli_open(cli, "cinque_linker", &linker, error));
    return linkage_report_keep(linker, work->permit, month, error);
}

/* As release.permit_detail has it. */
static Text detail_of(Arena *arena, const ReleaseWanted *wanted)
{
    bool has_status = strcmp(wanted->at_least, "provisional") != 0, has_day = wanted->known_at != NULL;

    return text_format(arena, "%s%s%s%s%s", has_status ? "status=" : "", has_status ? wanted->at_least : "",
                       has_status && has_day ? " " : "", has_day ? "known=" : "",
                       has_day ? wanted->known_at : "");
}

Result cmd_release_build(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(work_close) Work work = {0};
    SCOPED(db_close) Db *releaser = NULL;
    ReleaseWanted wanted = {.at_least = "provisional"};
    const Option options[] = {
        {"purpose", OPTION_TEXT, true, NULL, "a registered purpose", &wanted.purpose},
        {"status", OPTION_TEXT, false, NULL, "use deliveries of at least this status: final, year_end",
         &wanted.at_least},
        {"as-known-at", OPTION_TEXT, false, NULL, "CCYY-MM-DD: only what was held at the end of that day",
         &wanted.known_at},
    };
    char month_text[DATE_TEXT_BYTES];
    ReleaseReport report;

    TRY(cli_parse(cli, argc, argv, options, 3, 1, 1, error));
    if (!month_parse(text_from(cli->arguments[0]), &wanted.month))
        return fail(error, ERROR_USAGE, "month: not of the form CCYY-MM");
    TRY(check_how(&wanted, error));
    TRY(cli_open(cli, releaser_role, &releaser, error));
    GovernanceRequest request = {.action = GOVERNANCE_RELEASE_BUILD,
                                 .purpose = text_from(wanted.purpose),
                                 .object = text_from(month_format(wanted.month, month_text))};
    request.detail = detail_of(cli->arena, &wanted);
    TRY(work_begin(cli, &request, &work, error));
    TRY(keep_report(cli, &work, request.object, error));
    TRY(query_release_build(releaser, work.permit, &wanted, &report, error));
    GovernanceOutcome outcome = {.succeeded = true,
                                 .rows = report.rows,
                                 .content = report.content,
                                 .has_content = true,
                                 .detail = text_format(cli->arena, "release=%" PRId64, report.release_id)};
    TRY(work_end(cli, &work, &outcome, error));
    print_build(&report);
    TRY(print_practices(releaser, report.release_id, error));
    return print_unsettled(releaser, &wanted, report.release_id, error);
}

Result cmd_release_retire(Cli *cli, int argc, const char *const *argv, Error *error)
{
    static const VerbUndo verb = {"release", releaser_role, GOVERNANCE_RELEASE_RETIRE, query_release_retire,
                                  "retired"};

    return verb_undo(cli, argc, argv, &verb, error);
}

Result cmd_release_list(Cli *cli, int argc, const char *const *argv, Error *error)
{
    return verb_list(cli, argc, argv, releaser_role, query_release_list, error);
}

/* What is left out was judged when it was built: figures that are published later change nothing here. */
Result cmd_release_practices(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(db_close) Db *releaser = NULL;
    int64_t release_id;

    TRY(cli_parse(cli, argc, argv, NULL, 0, 1, 1, error));
    TRY(cli_number(text_from(cli->arguments[0]), "release", &release_id, error));
    TRY(cli_open(cli, releaser_role, &releaser, error));
    return print_practices(releaser, release_id, error);
}

/* Changes nothing and shows no row, so it takes no permit. */
Result cmd_release_verify(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(db_close) Db *releaser = NULL;
    int64_t release_id;

    TRY(cli_parse(cli, argc, argv, NULL, 0, 1, 1, error));
    TRY(cli_number(text_from(cli->arguments[0]), "release", &release_id, error));
    TRY(cli_open(cli, releaser_role, &releaser, error));
    TRY(query_release_verify(releaser, release_id, error));
    printf("release %" PRId64 ": its content is what was published\n", release_id);
    return RESULT_OK;
}
