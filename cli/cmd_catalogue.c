#include "cli/cli.h"
#include "cli/client.h"

/* cinque catalogue PROJECT [SOURCE [COLUMN]] */
Result cmd_catalogue(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(client_release) json_t *answer = NULL;
    const char *format = "terminal";
    bool months = false;
    const Option options[] = {
        {"format", OPTION_TEXT, false, NULL, "terminal, csv or json", &format},
        {"months", OPTION_FLAG, false, NULL, "what is held of the source, month by month", &months},
    };

    TRY(cli_parse(cli, argc, argv, options, 2, 1, 3, error));
    if (months && cli->argument_count != 2)
        return fail(error, ERROR_USAGE, "catalogue: --months is of a source");
    Text path = client_argument(cli->arena, TEXT("/catalogue"), "project", cli->arguments[0]);
    path = client_argument(cli->arena, path, "source", cli->argument_count > 1 ? cli->arguments[1] : NULL);
    path = client_argument(cli->arena, path, "column", cli->argument_count > 2 ? cli->arguments[2] : NULL);
    path = client_argument(cli->arena, path, "months", months ? "yes" : NULL);
    path = client_argument(cli->arena, path, "format", format);
    TRY(client_call(cli, "GET", path.data, NULL, &answer, error));
    const char *text = json_string_value(json_object_get(answer, "text"));
    fputs(text != NULL ? text : "", stdout);
    return RESULT_OK;
}
