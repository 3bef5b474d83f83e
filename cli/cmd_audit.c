#include <inttypes.h>

#include "base/input.h"
#include "cli/cli.h"
#include "cli/client.h"

enum { CHECKPOINT_BYTES_MAX = 200 * 1024, NUMBER_BYTES = 24 };

static const char *date_or_null(Date date, char out[DATE_TEXT_BYTES])
{
    return date == DATE_NONE ? NULL : date_format(date, out);
}

Result cmd_audit_list(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(client_release) json_t *answer = NULL;
    const char *person = NULL, *action = NULL, *format = "terminal";
    Date from = DATE_NONE, to = DATE_NONE;
    int64_t rows = 0;
    const Option options[] = {
        {"person", OPTION_TEXT, false, NULL, "only this person's", &person},
        {"action", OPTION_TEXT, false, NULL, "only this action, such as load or query_run", &action},
        {"from", OPTION_DATE, false, NULL, "from this day", &from},
        {"to", OPTION_DATE, false, NULL, "to the end of this day", &to},
        {"rows", OPTION_COUNT, false, "100", "the newest so many", &rows},
        {"format", OPTION_TEXT, false, NULL, "terminal, csv or json", &format},
    };
    char from_text[DATE_TEXT_BYTES], to_text[DATE_TEXT_BYTES], rows_text[NUMBER_BYTES];

    TRY(cli_parse(cli, argc, argv, options, sizeof options / sizeof options[0], 0, 0, error));
    snprintf(rows_text, sizeof rows_text, "%" PRId64, rows);
    Text path = client_argument(cli->arena, TEXT("/audit"), "person", person);
    path = client_argument(cli->arena, path, "action", action);
    path = client_argument(cli->arena, path, "from", date_or_null(from, from_text));
    path = client_argument(cli->arena, path, "to", date_or_null(to, to_text));
    path = client_argument(cli->arena, path, "rows", rows_text);
    path = client_argument(cli->arena, path, "format", format);
    TRY(client_call(cli, "GET", path.data, NULL, &answer, error));
    const char *text = json_string_value(json_object_get(answer, "text"));
    fputs(text != NULL ? text : "", stdout);
    return RESULT_OK;
}

static int64_t count_of(const json_t *answer, const char *name)
{
    return (int64_t)json_integer_value(json_object_get(answer, name));
}

static Result report(const json_t *answer, Error *error)
{
    const char *root = json_string_value(json_object_get(answer, "root"));
    const char *fault = json_string_value(json_object_get(answer, "fault"));

    printf("%" PRId64 " entries, %" PRId64 " checkpoints, permits without a result: %" PRId64
           ", this one's among them\nroot %s\n",
           count_of(answer, "entries"), count_of(answer, "checkpoints"), count_of(answer, "without_result"),
           root != NULL ? root : "");
    if (!json_is_true(json_object_get(answer, "verified")))
        return fail(error, ERROR_INPUT, "the log is not what was sealed: %s", fault != NULL ? fault : "");
    puts("verified: every entry, every root and every checkpoint agree");
    return RESULT_OK;
}

Result cmd_audit_verify(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(client_release) json_t *body = json_object();
    SCOPED(client_release) json_t *answer = NULL;
    const char *checkpoints = NULL;
    const Option options[] = {
        {"checkpoints", OPTION_TEXT, false, NULL, "your own copy of log/checkpoints", &checkpoints},
    };
    Text content;

    TRY(cli_parse(cli, argc, argv, options, 1, 0, 0, error));
    if (checkpoints != NULL) {
        TRY(input_read_all(checkpoints, CHECKPOINT_BYTES_MAX, cli->arena, &content, error));
        if (json_object_set_new(body, "checkpoints", json_stringn(content.data, content.length)) != 0)
            return fail(error, ERROR_INPUT, "%s: not UTF-8", checkpoints);
    }
    TRY(client_call(cli, "POST", "/audit/verify", body, &answer, error));
    return report(answer, error);
}
