#include <inttypes.h>
#include <string.h>

#include "cli/cli.h"
#include "linkage/linkage.h"

static const char linker_role[] = "cinque_linker";

typedef struct Look {
    Work work;
    Db *linker;
    TableFormat format;
} Look;

static void close_look(Look *look)
{
    work_close(&look->work);
    db_close(&look->linker);
}

/* Whoever looks is in the log before they see anything. */
static Result open_look(Cli *cli, const char *format_name, Text object, Look *look, Error *error)
{
    GovernanceRequest request = {.action = GOVERNANCE_LINK_EXPLAIN, .object = object};

    TRY(cli_format(format_name, &look->format, error));
    TRY(cli_open(cli, linker_role, &look->linker, error));
    return work_begin(cli, &request, &look->work, error);
}

static Result show(Cli *cli, Look *look, Table *table, Error *error)
{
    const GovernanceOutcome outcome = {.succeeded = true};

    TRY(work_end(cli, &look->work, &outcome, error));
    table_print(table, look->format, stdout);
    return RESULT_OK;
}

Result cmd_link_explain(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(close_look) Look look = {0};
    SCOPED(table_close) Table *table = NULL;
    const char *format_name = "terminal";
    const Option options[] = {{"format", OPTION_TEXT, false, NULL, "terminal, csv or json", &format_name}};
    int64_t number;

    TRY(cli_parse(cli, argc, argv, options, 1, 1, 1, error));
    /* A subject's number is a hash, and may be negative. */
    if (!text_to_int64(text_from(cli->arguments[0]), &number))
        return fail(error, ERROR_USAGE, "subject or person: not a number");
    TRY(open_look(cli, format_name, text_format(cli->arena, "%" PRId64, number), &look, error));
    TRY(linkage_explain(look.linker, look.work.permit, number, &table, error));
    return show(cli, &look, table, error);
}

Result cmd_link_clerical_list(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(close_look) Look look = {0};
    SCOPED(table_close) Table *table = NULL;
    const char *format_name = "terminal";
    const Option options[] = {{"format", OPTION_TEXT, false, NULL, "terminal, csv or json", &format_name}};

    TRY(cli_parse(cli, argc, argv, options, 1, 0, 0, error));
    TRY(open_look(cli, format_name, TEXT(LINKAGE_WAITING), &look, error));
    TRY(linkage_clerical_list(look.linker, look.work.permit, &table, error));
    return show(cli, &look, table, error);
}

Result cmd_link_clerical_decide(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(work_close) Work work = {0};
    SCOPED(db_close) Db *linker = NULL;
    const GovernanceOutcome outcome = {.succeeded = true};
    int64_t pair_id;

    TRY(cli_parse(cli, argc, argv, NULL, 0, 2, 2, error));
    TRY(cli_number(text_from(cli->arguments[0]), "pair", &pair_id, error));
    bool is_same = strcmp(cli->arguments[1], "same") == 0;
    if (!is_same && strcmp(cli->arguments[1], "apart") != 0)
        return fail(error, ERROR_USAGE, "decision: same or apart");
    GovernanceRequest request = {
        .action = GOVERNANCE_LINK_DECIDE,
        .object = text_format(cli->arena, "%" PRId64 " %s", pair_id, is_same ? "same" : "apart")};
    TRY(cli_open(cli, linker_role, &linker, error));
    TRY(work_begin(cli, &request, &work, error));
    TRY(linkage_decide(linker, work.permit, pair_id, is_same, error));
    TRY(work_end(cli, &work, &outcome, error));
    printf("pair %" PRId64 ": %s from the next run on\n", pair_id, is_same ? "one person" : "apart");
    return RESULT_OK;
}
