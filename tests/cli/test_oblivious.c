#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/cli/workbench.h"
#include "tests/support/temporary.h"

enum { PATH_BYTES = TEMPORARY_PATH_BYTES + 64, TEXT_BYTES = 4096 };

static char folder[TEMPORARY_PATH_BYTES];

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

static const char *path_of(const char *name, char out[PATH_BYTES])
{
    (void)snprintf(out, PATH_BYTES, "%s/%s", folder, name);
    return out;
}

static void set_up(void)
{
    char name[32];

    (void)snprintf(name, sizeof name, "oblivious-%d", (int)getpid());
    cr_assert_eq(mkdir(temporary_path(name, folder), 0700), 0);
}

static void tear_down(void)
{
    (void)nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(cli_oblivious, .init = set_up, .fini = tear_down, .timeout = 300);

static const char *printed(FILE *out, char text[TEXT_BYTES])
{
    rewind(out);
    size_t length = fread(text, 1, TEXT_BYTES - 1, out);
    text[length] = '\0';
    return text;
}

static void must(Result result, const Error *error)
{
    cr_assert(result.ok, "%s", error->message);
}

/* Without data folder, database or network. */
Test(cli_oblivious, provider_and_key_holder_make_tokens_by_files_alone)
{
    char values[PATH_BYTES], key[PATH_BYTES], secret[PATH_BYTES], request[PATH_BYTES], answer[PATH_BYTES],
        tokens[PATH_BYTES], text[TEXT_BYTES];
    Error error = {0};
    FILE *file = fopen(path_of("values", values), "w");
    cr_assert_not_null(file);
    fputs("nhs_number\n9434765919\n", file);
    fclose(file);
    cr_redirect_stdout();
    (void)path_of("secret", secret);
    (void)path_of("request", request);
    (void)path_of("answer", answer);
    (void)path_of("tokens", tokens);

    must(CLI(&error, "oblivious", "key", path_of("key", key), "--space", "phm"), &error);
    (void)fflush(stdout);
    FILE *out = cr_get_redirected_stdout();
    size_t length = fread(text, 1, 66, out);
    cr_assert_eq(length, 66);
    text[66] = '\0';
    must(
        CLI(&error, "oblivious", "blind", values, "--space", "phm", "--secret", secret, "--request", request),
        &error);
    must(CLI(&error, "oblivious", "evaluate", request, "--key", key, "--space", "phm", "--answer", answer),
         &error);
    must(CLI(&error, "oblivious", "finalise", values, "--secret", secret, "--request", request, "--answer",
             answer, "--public-key", text, "--tokens", tokens),
         &error);

    file = fopen(tokens, "r");
    cr_assert_not_null(file);
    (void)printed(file, text);
    fclose(file);
    cr_expect_eq(strlen(text), strlen("pseudonym\n") + 65);
    expect_failure(CLI(&error, "oblivious", "evaluate", request, "--key", key, "--space", "phm", "--answer",
                       answer, "--values-max", "0"),
                   &error, ERROR_REFUSED, "more values than are allowed");
    expect_failure(CLI(&error, "oblivious", "blind", values), &error, ERROR_USAGE, "space");
}
