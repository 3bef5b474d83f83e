/* Against a server that gives one prepared answer. */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/client.h"
#include "tests/cli/workbench.h"

static char request[65536];

/* Listens at <folder>/run/cinqued.sock, answers once, and hands over what was asked. */
typedef struct Fake {
    pid_t child;
    int ends[2];
} Fake;

static void serve_once(int listener, const char *answer, int out)
{
    char buffer[65536];
    int caller = accept(listener, NULL, NULL);
    ssize_t got = read(caller, buffer, sizeof buffer);

    if (got > 0 && write(out, buffer, (size_t)got) == got)
        (void)!write(caller, answer, strlen(answer));
    _exit(0);
}

static Fake fake_start(const char *answer)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    Fake fake;
    char folder[600];

    snprintf(folder, sizeof folder, "%s/run", support_folder());
    cr_assert_eq(mkdir(folder, 0700), 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%.80s/cinqued.sock", folder);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    cr_assert_eq(bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(listen(listener, 1), 0);
    cr_assert_eq(pipe(fake.ends), 0);
    fake.child = fork();
    if (fake.child == 0)
        serve_once(listener, answer, fake.ends[1]);
    close(listener);
    close(fake.ends[1]);
    return fake;
}

static void fake_end(Fake *fake)
{
    ssize_t got = read(fake->ends[0], request, sizeof request - 1);

    request[got > 0 ? got : 0] = '\0';
    close(fake->ends[0]);
    waitpid(fake->child, NULL, 0);
}

TestSuite(client, .init = cr_redirect_stdout);

Test(client, an_error_of_the_broker_keeps_its_kind_and_its_words)
{
    Fake fake = fake_start("HTTP/1.1 403 Forbidden\r\nContent-Length: 53\r\n\r\n"
                           "{\"error\":\"an author cannot approve\",\"code\":\"refused\"}");
    Error error = {0};

    Result result = CLI(&error, "query", "approve", "7", "--data", support_folder());

    fake_end(&fake);
    expect_failure(result, &error, ERROR_REFUSED, "an author cannot approve");
    cr_expect_eq(error_exit_status(&error), 3);
    cr_expect_eq(strncmp(request, "POST /queries/7/approve HTTP/1.1\r\n", 34), 0, "%s", request);
}

Test(client, an_answer_that_is_no_json_is_an_error)
{
    Fake fake = fake_start("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    Error error = {0};

    Result result = CLI(&error, "query", "list", "--data", support_folder());

    fake_end(&fake);
    expect_failure(result, &error, ERROR_SYSTEM, "not JSON");
}

Test(client, an_error_of_an_unknown_kind_is_not_taken_for_success)
{
    Fake fake = fake_start("HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\n{}");
    Error error = {0};

    Result result = CLI(&error, "query", "list", "--data", support_folder());

    fake_end(&fake);
    expect_failure(result, &error, ERROR_SYSTEM, "unknown kind");
}

Test(client, a_query_goes_with_the_code_lists_it_names)
{
    Fake fake = fake_start("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"query\":7}");
    Error error = {0};
    support_file("a.csv", "code\nE11\n");
    support_file("b.csv", "code\nE12\n");
    const char *path =
        support_file("q.cohort", "query \"x\"\ncodes a from \"a.csv\"\ncodes b from\t\n  \"b.csv\"\n");

    Result result = CLI(&error, "query", "submit", path, "--data", support_folder());

    fake_end(&fake);
    cr_assert(result.ok, "%s", error.message);
    cr_expect_not_null(strstr(request, "\"a.csv\":\"code\\nE11\\n\""), "%s", request);
    cr_expect_not_null(strstr(request, "\"b.csv\":\"code\\nE12\\n\""), "%s", request);
    cr_expect_not_null(strstr(request, "\"file_name\":\"q.cohort\""), "%s", request);
}

/* A title, a comment and a path upwards: none is read, and none stops the request. Red without
 * query_is_code_file. */
Test(client, a_query_takes_no_other_file_along)
{
    Fake fake = fake_start("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"query\":7}");
    Error error = {0};
    const char *path =
        support_file("q.cohort", "query \"taken from \"\"nowhere\"\"\"\n# from \"/etc/hostname\"\n"
                                 "codes a from \"../q.csv\"\ncodes b from \"none.csv\"\n");

    Result result = CLI(&error, "query", "submit", path, "--data", support_folder());

    fake_end(&fake);
    cr_assert(result.ok, "%s", error.message);
    cr_expect_not_null(strstr(request, "\"files\":{}"), "%s", request);
}

Test(client, a_file_that_is_not_utf8_is_refused_by_its_place)
{
    Error error = {0};
    const char *path = support_file("q.cohort", "query \"x\"\n  \xFF\n");

    cr_assert_not(CLI(&error, "query", "submit", path, "--data", support_folder()).ok);

    cr_expect_eq(error.code, ERROR_INPUT);
    cr_expect_eq(strncmp(error.message, "q.cohort:2:3: not UTF-8\n", 24), 0, "%s", error.message);
}

Test(client, what_a_filter_holds_is_escaped)
{
    Fake fake = fake_start("HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{\"text\":\"ok\"}");
    Error error = {0};

    Result result =
        CLI(&error, "audit", "list", "--person", "a&b c", "--from", "2026-09-01", "--data", support_folder());

    fake_end(&fake);
    cr_assert(result.ok, "%s", error.message);
    cr_expect_not_null(strstr(request, "person=a%26b%20c&from=2026-09-01&rows=100"), "%s", request);
}

Test(client, a_value_of_a_parameter_goes_with_the_run)
{
    Fake fake = fake_start("HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{\"tables\":[]}");
    Error error = {0};

    Result result = CLI(&error, "query", "run", "7", "--set", "area=Dover", "--set", "since=2026-01-01",
                        "--format", "csv", "--data", support_folder());

    fake_end(&fake);
    cr_assert(result.ok, "%s", error.message);
    cr_expect_not_null(
        strstr(request, "{\"format\":\"csv\",\"set\":{\"area\":\"Dover\",\"since\":\"2026-01-01\"}}"), "%s",
        request);
}

Test(client, the_released_tables_go_to_the_output_file)
{
    Fake fake =
        fake_start("HTTP/1.1 200 OK\r\nContent-Length: 29\r\n\r\n{\"tables\":[\"one\\n\",\"two\\n\"]}  ");
    Error error = {0};
    char path[600], content[64] = "";
    snprintf(path, sizeof path, "%s/out", support_folder());

    Result result =
        CLI(&error, "query", "run", "7", "--format", "csv", "--output", path, "--data", support_folder());

    fake_end(&fake);
    cr_assert(result.ok, "%s", error.message);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file);
    size_t length = fread(content, 1, sizeof content - 1, file);
    fclose(file);
    content[length] = '\0';
    cr_expect_str_eq(content, "one\n\ntwo\n");
    cr_expect_not_null(strstr(request, "{\"format\":\"csv\"}"));
}
