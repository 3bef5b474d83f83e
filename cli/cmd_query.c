/* Verbs of analysts and IG leads: requests to the broker, which knows them by their uid. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/input.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "query/query.h"

enum { QUERY_BYTES_MAX = 128 * 1024, PATH_TEXT_BYTES = 64 };

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* JSON takes UTF-8 alone, so what is wrong is said here, with its place. */
static Result fail_text(const char *file_name, Text text, Error *error)
{
    TRY(query_check_text(file_name, text, error));
    return fail(error, ERROR_SYSTEM, "request: could not be made");
}

/* Reads one file from beside the query, if it is there, into files and *content. Whether it is a good one the
 * broker says, with line and column. */
static Result add_file(const Cli *cli, const char *query_path, Text name, json_t *files, Text *content,
                       Error *error)
{
    const char *slash = strrchr(query_path, '/');
    int folder_length = slash != NULL ? (int)(slash - query_path) + 1 : 0;
    Text path = text_format(cli->arena, "%.*s%.*s", folder_length, query_path, TEXT_ARG(name));
    struct stat status;

    if (stat(path.data, &status) != 0 || !S_ISREG(status.st_mode))
        return RESULT_OK;
    TRY(input_read_all(path.data, QUERY_BYTES_MAX, cli->arena, content, error));
    json_t *text = json_stringn(content->data, content->length);
    if (text == NULL)
        return fail_text(path.data, *content, error);
    if (json_object_set_new(files, text_to_string(cli->arena, name), text) != 0)
        return fail(error, ERROR_SYSTEM, "request: could not be made");
    return RESULT_OK;
}

/* Each `from "NAME"`, or `use "NAME"`, may name a file, or stand in a title or a comment: no path is opened
 * that the language would refuse, and what does not exist is left to the broker's message. */
static Result add_named(const Cli *cli, const char *query_path, const char *word, Text text, json_t *files,
                        Error *error)
{
    const char *at = text.data;

    while (at != NULL && (at = strstr(at, word)) != NULL) {
        at += strlen(word);
        const char *quote = at + strspn(at, " \t\r\n"), *end;
        if (*quote != '"' || (end = strpbrk(quote + 1, "\"\n")) == NULL || *end != '"')
            continue;
        Text name = {.data = quote + 1, .length = (size_t)(end - quote - 1)}, content = {0};
        if (query_is_code_file(name))
            TRY(add_file(cli, query_path, name, files, &content, error));
        if (strcmp(word, "use") == 0)
            TRY(add_named(cli, query_path, "from", content, files, error));
        at = end;
    }
    return RESULT_OK;
}

static Result add_files(const Cli *cli, const char *query_path, Text text, json_t *files, Error *error)
{
    TRY(add_named(cli, query_path, "from", text, files, error));
    return add_named(cli, query_path, "use", text, files, error);
}

static Result make_body(const Cli *cli, const char *path, json_t **body, Error *error)
{
    json_t *files = json_object();
    Text text;

    *body = json_pack("{s:o}", "files", files);
    if (*body == NULL)
        return fail(error, ERROR_SYSTEM, "request: could not be made");
    TRY(input_read_all(path, QUERY_BYTES_MAX, cli->arena, &text, error));
    json_t *whole = json_stringn(text.data, text.length);
    if (whole == NULL)
        return fail_text(base_name(path), text, error);
    if (json_object_set_new(*body, "text", whole) != 0 ||
        json_object_set_new(*body, "file_name", json_string(base_name(path))) != 0)
        return fail(error, ERROR_SYSTEM, "request: could not be made");
    return add_files(cli, path, text, files, error);
}

static Result send_query(Cli *cli, const char *door, json_t **answer, Error *error)
{
    SCOPED(client_release) json_t *body = NULL;

    TRY(make_body(cli, cli->arguments[0], &body, error));
    return client_call(cli, "POST", door, body, answer, error);
}

static const char *text_of(const json_t *answer, const char *name)
{
    const char *text = json_string_value(json_object_get(answer, name));

    return text != NULL ? text : "";
}

Result cmd_query_check(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(client_release) json_t *answer = NULL;

    bool canonical = false;
    const Option options[] = {
        {"canonical", OPTION_FLAG, false, NULL, "print what an approval would be for", &canonical}};

    TRY(cli_parse(cli, argc, argv, options, 1, 1, 1, error));
    TRY(send_query(cli, "/queries/check", &answer, error));
    if (canonical) {
        fputs(text_of(answer, "canonical"), stdout);
        return RESULT_OK;
    }
    const char *sources = text_of(answer, "sources");
    printf("good: %s, project %s, reads %s\n", text_of(answer, "title"), text_of(answer, "project"),
           *sources != '\0' ? sources : "no records");
    fputs(text_of(answer, "said"), stdout);
    return RESULT_OK;
}

/* Of a file alone: the broker is not asked. */
Result cmd_query_format(Cli *cli, int argc, const char *const *argv, Error *error)
{
    Text text, formatted;

    TRY(cli_parse(cli, argc, argv, NULL, 0, 1, 1, error));
    TRY(input_read_all(cli->arguments[0], QUERY_BYTES_MAX, cli->arena, &text, error));
    TRY(query_format(base_name(cli->arguments[0]), text, cli->arena, &formatted, error));
    fputs(formatted.data, stdout);
    return fflush(stdout) == 0 ? RESULT_OK : fail_errno(error, "output");
}

Result cmd_query_explain(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(client_release) json_t *answer = NULL;

    TRY(cli_parse(cli, argc, argv, NULL, 0, 1, 1, error));
    TRY(send_query(cli, "/queries/explain", &answer, error));
    fputs(text_of(answer, "text"), stdout);
    return RESULT_OK;
}

Result cmd_query_submit(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(client_release) json_t *answer = NULL;

    TRY(cli_parse(cli, argc, argv, NULL, 0, 1, 1, error));
    TRY(send_query(cli, "/queries", &answer, error));
    printf("query %" PRId64 " submitted; another person approves it\n",
           (int64_t)json_integer_value(json_object_get(answer, "query")));
    return RESULT_OK;
}

Result cmd_query_list(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(client_release) json_t *answer = NULL;
    const char *format = "terminal";
    const Option options[] = {{"format", OPTION_TEXT, false, NULL, "terminal, csv or json", &format}};

    TRY(cli_parse(cli, argc, argv, options, 1, 0, 0, error));
    TRY(client_call(cli, "GET", client_argument(cli->arena, TEXT("/queries"), "format", format).data, NULL,
                    &answer, error));
    fputs(text_of(answer, "text"), stdout);
    return RESULT_OK;
}

/* "/queries/3" and what comes behind, from the verb's one argument. */
static Result query_path(const Cli *cli, const char *behind, char out[PATH_TEXT_BYTES], Error *error)
{
    int64_t query_id;

    TRY(cli_number(text_from(cli->arguments[0]), "query", &query_id, error));
    snprintf(out, PATH_TEXT_BYTES, "/queries/%" PRId64 "%s", query_id, behind);
    return RESULT_OK;
}

Result cmd_query_show(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(client_release) json_t *answer = NULL;
    char path[PATH_TEXT_BYTES];

    TRY(cli_parse(cli, argc, argv, NULL, 0, 1, 1, error));
    TRY(query_path(cli, "", path, error));
    TRY(client_call(cli, "GET", path, NULL, &answer, error));
    const char *approver = text_of(answer, "approver");
    printf("# query %s of project %s by %s, %s%s%s\n%s\n", cli->arguments[0], text_of(answer, "project"),
           text_of(answer, "author"), text_of(answer, "status"), *approver != '\0' ? " by " : "", approver,
           text_of(answer, "text"));
    return RESULT_OK;
}

Result cmd_query_approve(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(client_release) json_t *answer = NULL;
    char path[PATH_TEXT_BYTES];

    TRY(cli_parse(cli, argc, argv, NULL, 0, 1, 1, error));
    TRY(query_path(cli, "/approve", path, error));
    TRY(client_call(cli, "POST", path, NULL, &answer, error));
    printf("query %s approved\n", cli->arguments[0]);
    return RESULT_OK;
}

static Result print_tables(const json_t *answer, FILE *out, Error *error)
{
    const json_t *tables = json_object_get(answer, "tables");

    for (size_t i = 0; i < json_array_size(tables); i++) {
        const char *text = json_string_value(json_array_get(tables, i));
        fprintf(out, "%s%s", i > 0 ? "\n" : "", text != NULL ? text : "");
    }
    return fflush(out) == 0 ? RESULT_OK : fail_errno(error, "output");
}

static Result write_tables(const json_t *answer, const char *path, Error *error)
{
    FILE *out = fopen(path, "we");

    if (out == NULL)
        return fail_errno(error, "%s", path);
    Result done = print_tables(answer, out, error);
    if (fclose(out) != 0 && done.ok)
        done = fail_errno(error, "%s", path);
    return done;
}

/* NAME=VALUE of each --set, as the broker wants them. */
static Result make_set(const Cli *cli, const OptionTexts *given, json_t **set, Error *error)
{
    *set = json_object();
    for (size_t i = 0; i < given->count; i++) {
        Text value = text_from(given->items[i]), name = text_next(&value, '=');
        const char *key = text_to_string(cli->arena, name);
        if (name.length == strlen(given->items[i]))
            return fail(error, ERROR_USAGE, "--set: not of the form NAME=VALUE");
        if (json_object_get(*set, key) != NULL)
            return fail(error, ERROR_USAGE, "--set: a name is given twice");
        if (json_object_set_new(*set, key, json_stringn(value.data, value.length)) != 0)
            return fail(error, ERROR_USAGE, "--set: not UTF-8");
    }
    return RESULT_OK;
}

Result cmd_query_run(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(client_release) json_t *body = NULL;
    SCOPED(client_release) json_t *set = NULL;
    SCOPED(client_release) json_t *answer = NULL;
    const char *format_name = "terminal", *output = NULL;
    OptionTexts given = {0};
    const Option options[] = {
        {"format", OPTION_TEXT, false, NULL, "terminal, csv or json", &format_name},
        {"output", OPTION_TEXT, false, NULL, "write to this file", &output},
        {"set", OPTION_TEXTS, false, NULL, "NAME=VALUE of a parameter; once for each", &given},
    };
    char path[PATH_TEXT_BYTES];
    TableFormat format;

    TRY(cli_parse(cli, argc, argv, options, 3, 1, 1, error));
    TRY(cli_format(format_name, &format, error));
    TRY(query_path(cli, "/run", path, error));
    TRY(make_set(cli, &given, &set, error));
    body = json_pack("{s:s, s:O*}", "format", format_name, "set", given.count > 0 ? set : NULL);
    TRY(client_call(cli, "POST", path, body, &answer, error));
    return output != NULL ? write_tables(answer, output, error) : print_tables(answer, stdout, error);
}
