#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "ingest/ingest.h"

enum { NAME_BYTES = 41 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Behind the last _, digits alone: a table would look like a load's. */
static void drop_numbers(char *name)
{
    size_t length = strlen(name);

    while (length > 0 && (is_digit(name[length - 1]) || name[length - 1] == '_'))
        length--;
    if (name[length] == '_' || strchr(name + length, '_') != NULL)
        name[length] = '\0';
}

/* "gp_event" of "/in/GP event_2026-09.csv"; what makes no name is new_source. */
static void name_source(const char *path, char out[NAME_BYTES])
{
    const char *slash = strrchr(path, '/'), *from = slash != NULL ? slash + 1 : path;
    size_t length = 0;

    for (; *from != '\0' && *from != '.' && length + 1 < NAME_BYTES; from++) {
        bool is_upper = *from >= 'A' && *from <= 'Z', is_lower = *from >= 'a' && *from <= 'z';
        if (is_upper || is_lower)
            out[length++] = is_upper ? (char)(*from - 'A' + 'a') : *from;
        else if (length > 0 && (is_digit(*from) || out[length - 1] != '_'))
            out[length++] = is_digit(*from) ? *from : '_';
    }
    out[length] = '\0';
    drop_numbers(out);
    if (out[0] == '\0' || strncmp(out, "active_", strlen("active_")) == 0 || strcmp(out, "subject") == 0 ||
        strcmp(out, "quarantine") == 0)
        snprintf(out, NAME_BYTES, "new_source");
}

static Result make_codes_folder(const char *spec, char out[CLI_PATH_BYTES], Error *error)
{
    const char *slash = strrchr(spec, '/');
    int length = slash == NULL ? snprintf(out, CLI_PATH_BYTES, "codes")
                               : snprintf(out, CLI_PATH_BYTES, "%.*s/codes", (int)(slash - spec), spec);

    if (length < 0 || length >= CLI_PATH_BYTES)
        return fail(error, ERROR_USAGE, "--out: its path is too long");
    return cli_make_folder(out, 0755, error);
}

static Result write_spec(const char *sample, const IngestProposal *wanted, const char *path, Error *error)
{
    FILE *out = fopen(path, "wx"); /* never over a spec that is there */

    if (out == NULL)
        return fail_errno(error, "%s", path);
    Result done = ingest_propose(sample, wanted, out, error);
    if (fclose(out) != 0 && done.ok)
        done = fail_errno(error, "%s", path);
    if (!done.ok)
        (void)remove(path);
    return done;
}

/* Needs no permit, no key and no database. */
Result cmd_source_new(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = NULL;
    char name[NAME_BYTES], codes_folder[CLI_PATH_BYTES];
    const char *path = NULL, *source = NULL;
    bool with_codes = false;
    const Option options[] = {
        {"out", OPTION_TEXT, false, NULL, "write the spec to this file, which must not be there", &path},
        {"codes", OPTION_FLAG, false, NULL, "write likely code lists to codes/ beside it", &with_codes},
        {"source", OPTION_TEXT, false, NULL, "the source's name (default: from the file's)", &source},
    };

    TRY(cli_parse(cli, argc, argv, options, 3, 1, 1, error));
    if (with_codes && path == NULL)
        return fail(error, ERROR_USAGE, "--codes: needs --out");
    name_source(source != NULL ? source : cli->arguments[0], name);
    if (source != NULL && strcmp(source, name) != 0)
        return fail(error, ERROR_USAGE,
                    "--source: up to 40 lower-case letters, digits and _, not ending in _number");
    IngestProposal wanted = {.source = name};
    if (with_codes)
        TRY(make_codes_folder(path, codes_folder, error));
    wanted.codes_folder = with_codes ? codes_folder : NULL;
    if (path == NULL)
        return ingest_propose(cli->arguments[0], &wanted, stdout, error);
    TRY(write_spec(cli->arguments[0], &wanted, path, error));
    TRY(ingest_spec_open(path, NULL, &spec, error)); /* as proposed, so that what is wrong shows at once */
    printf("written: %s, source %s; compare each \"# guess\" with the publisher's layout\n", path, name);
    return RESULT_OK;
}
