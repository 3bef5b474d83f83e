#include "tests/cli/own_folder.h"

enum { TEXT_BYTES = 4096 };

static void set_up(void)
{

    own_folder_make("oblivious");
}

TestSuite(cli_oblivious, .init = set_up, .fini = own_folder_remove, .timeout = 300);

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
    char values[OWN_PATH_BYTES], key[OWN_PATH_BYTES], secret[OWN_PATH_BYTES], request[OWN_PATH_BYTES],
        answer[OWN_PATH_BYTES], tokens[OWN_PATH_BYTES], text[TEXT_BYTES];
    Error error = {0};
    FILE *file = fopen(own_path("values", values), "w");
    cr_assert_not_null(file);
    fputs("nhs_number\n9434765919\n", file);
    fclose(file);
    cr_redirect_stdout();
    (void)own_path("secret", secret);
    (void)own_path("request", request);
    (void)own_path("answer", answer);
    (void)own_path("tokens", tokens);

    must(CLI(&error, "oblivious", "key", own_path("key", key), "--space", "phm"), &error);
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
