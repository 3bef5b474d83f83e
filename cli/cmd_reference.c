#include <string.h>
#include <unistd.h>

#include "base/input.h"
#include "cli/reference.h"

enum { EDITION_BYTES_MAX = 32, BUFFER_BYTES = 1 << 16 };

/* reference/edition names the edition; reference/postcode_directory-EDITION.csv is its file. The one small
 * file is renamed into place last, so that a killed run changes nothing. */
static const char edition_file[] = "reference/edition";

static Result edition_path(const Cli *cli, Text edition, char out[CLI_PATH_BYTES], Error *error)
{
    return cli_path(cli,
                    text_format(cli->arena, "reference/postcode_directory-%.*s.csv", TEXT_ARG(edition)).data,
                    out, error);
}

static Result check_edition(const char *edition, Error *error)
{
    if (*edition == '\0' || strlen(edition) > EDITION_BYTES_MAX ||
        strspn(edition, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") !=
            strlen(edition))
        return fail(error, ERROR_USAGE, "--edition: letters, digits, - and _ only, at most %d",
                    EDITION_BYTES_MAX);
    return RESULT_OK;
}

static Result copy_stream(FILE *from, FILE *to, const char *path, Error *error)
{
    char buffer[BUFFER_BYTES];
    size_t length;

    while ((length = fread(buffer, 1, sizeof buffer, from)) > 0)
        if (fwrite(buffer, 1, length, to) != length)
            return fail_errno(error, "%s", path);
    if (ferror(from) || fflush(to) != 0 || fsync(fileno(to)) != 0)
        return fail_errno(error, "%s", path);
    return RESULT_OK;
}

static void file_close(FILE **file)
{
    if (*file != NULL)
        (void)fclose(*file);
}

static Result copy_file(const char *from_path, const char *path, Error *error)
{
    SCOPED(file_close) FILE *from = fopen(from_path, "re");
    SCOPED(file_close) FILE *to = NULL;

    if (from == NULL)
        return fail_errno(error, "%s", from_path);
    to = fopen(path, "we");
    if (to == NULL)
        return fail_errno(error, "%s", path);
    return copy_stream(from, to, path, error);
}

static Result write_edition(const Cli *cli, const char *edition, Error *error)
{
    char path[CLI_PATH_BYTES], draft[CLI_PATH_BYTES];

    TRY(cli_path(cli, edition_file, path, error));
    TRY(cli_path(cli, "reference/edition.new", draft, error));
    FILE *file = fopen(draft, "we");
    if (file == NULL)
        return fail_errno(error, "%s", draft);
    bool written = fprintf(file, "%s\n", edition) > 0 && fflush(file) == 0 && fsync(fileno(file)) == 0;
    if (fclose(file) != 0 || !written || rename(draft, path) != 0)
        return fail_errno(error, "%s", path);
    return RESULT_OK;
}

Result cmd_reference_add(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(postcode_directory_close) PostcodeDirectory *directory = NULL;
    const char *edition = NULL;
    const Option options[] = {{"edition", OPTION_TEXT, true, NULL, "its name, such as 2026-05", &edition}};
    char path[CLI_PATH_BYTES];

    TRY(cli_parse(cli, argc, argv, options, 1, 1, 1, error));
    TRY(check_edition(edition, error));
    TRY(postcode_directory_open(cli->arguments[0], edition, &directory, error));
    TRY(edition_path(cli, text_from(edition), path, error));
    TRY(copy_file(cli->arguments[0], path, error));
    TRY(write_edition(cli, edition, error));
    printf("postcode directory %s is current\n", edition);
    return RESULT_OK;
}

Result reference_open(const Cli *cli, PostcodeDirectory **directory, Error *error)
{
    char path[CLI_PATH_BYTES];
    Text edition;

    TRY(cli_path(cli, edition_file, path, error));
    if (access(path, F_OK) != 0)
        return RESULT_OK;
    TRY(input_read_all(path, EDITION_BYTES_MAX + 2, cli->arena, &edition, error));
    edition = text_copy(cli->arena, text_next(&edition, '\n'));
    TRY(check_edition(edition.data, error));
    TRY(edition_path(cli, edition, path, error));
    return postcode_directory_open(path, edition.data, directory, error);
}
