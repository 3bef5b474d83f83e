/* Verbs of IG leads and data stewards about loads that were held back: requests to the broker. */
#include <inttypes.h>

#include "cli/cli.h"
#include "cli/client.h"

enum { PATH_TEXT_BYTES = 64 };

Result cmd_load_held(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(client_release) json_t *answer = NULL;
    const char *format = "terminal";
    const Option options[] = {{"format", OPTION_TEXT, false, NULL, "terminal, csv or json", &format}};

    TRY(cli_parse(cli, argc, argv, options, 1, 0, 0, error));
    TRY(client_call(cli, "GET", client_argument(cli->arena, TEXT("/loads/held"), "format", format).data, NULL,
                    &answer, error));
    const char *text = json_string_value(json_object_get(answer, "text"));
    fputs(text != NULL ? text : "", stdout);
    return RESULT_OK;
}

static Result decide(Cli *cli, int argc, const char *const *argv, const char *verb, const char *done,
                     Error *error)
{
    SCOPED(client_release) json_t *answer = NULL;
    char path[PATH_TEXT_BYTES];
    int64_t load_id;

    TRY(cli_parse(cli, argc, argv, NULL, 0, 1, 1, error));
    TRY(cli_number(text_from(cli->arguments[0]), "load", &load_id, error));
    snprintf(path, sizeof path, "/loads/%" PRId64 "/%s", load_id, verb);
    TRY(client_call(cli, "POST", path, NULL, &answer, error));
    printf("load %" PRId64 " %s: %" PRId64 " rows\n", load_id, done,
           (int64_t)json_integer_value(json_object_get(answer, "rows")));
    return RESULT_OK;
}

Result cmd_load_release(Cli *cli, int argc, const char *const *argv, Error *error)
{
    return decide(cli, argc, argv, "release", "published", error);
}

Result cmd_load_refuse(Cli *cli, int argc, const char *const *argv, Error *error)
{
    return decide(cli, argc, argv, "refuse", "refused, and nothing of it kept but its quarantine", error);
}
