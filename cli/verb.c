#include <inttypes.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/client.h"

Result verb_list(Cli *cli, int argc, const char *const *argv, const char *role,
                 Result (*list)(Db *db, Table **table, Error *error), Error *error)
{
    SCOPED(db_close) Db *db = NULL;
    SCOPED(table_close) Table *table = NULL;
    const char *format_name = "terminal";
    const Option options[] = {{"format", OPTION_TEXT, false, NULL, "terminal, csv or json", &format_name}};
    TableFormat format;

    TRY(cli_parse(cli, argc, argv, options, 1, 0, 0, error));
    TRY(cli_format(format_name, &format, error));
    TRY(cli_open(cli, role, &db, error));
    TRY(list(db, &table, error));
    table_print(table, format, stdout);
    return RESULT_OK;
}

Result verb_undo(Cli *cli, int argc, const char *const *argv, const VerbUndo *verb, Error *error)
{
    SCOPED(work_close) Work work = {0};
    SCOPED(db_close) Db *db = NULL;
    const GovernanceOutcome outcome = {.succeeded = true};
    int64_t number;

    TRY(cli_parse(cli, argc, argv, NULL, 0, 1, 1, error));
    TRY(cli_number(text_from(cli->arguments[0]), verb->what, &number, error));
    TRY(cli_open(cli, verb->role, &db, error));
    GovernanceRequest request = {.action = verb->action,
                                 .object = text_format(cli->arena, "%" PRId64, number)};
    TRY(work_begin(cli, &request, &work, error));
    TRY(verb->undo(db, work.permit, number, error));
    TRY(work_end(cli, &work, &outcome, error));
    printf("%s %" PRId64 " %s\n", verb->what, number, verb->done);
    return RESULT_OK;
}

Result verb_approve(Cli *cli, int argc, const char *const *argv, const VerbApprove *verb, Error *error)
{
    SCOPED(client_release) json_t *answer = NULL;
    int64_t number;

    TRY(cli_parse(cli, argc, argv, NULL, 0, 1, 1, error));
    TRY(cli_number(text_from(cli->arguments[0]), verb->what, &number, error));
    const Text path = text_format(cli->arena, "%s/%" PRId64 "%s", verb->path, number, verb->behind);
    TRY(client_call(cli, "POST", path.data, NULL, &answer, error));
    printf("another person may %s %s %" PRId64 ", once, within 30 days\n", verb->act, verb->what, number);
    return RESULT_OK;
}

Result verb_output_is_placed(const char *verb, Error *error)
{
    return isatty(STDOUT_FILENO) ? fail(error, ERROR_USAGE,
                                        "%s: what it gives holds identifiers; give its output a place", verb)
                                 : RESULT_OK;
}
