/* The door itself: paths, bodies, files, the socket and the lock. */
#include <dirent.h>
#include <stdlib.h>

#include "tests/broker/workbench.h"

static char answer[ANSWER_BYTES];

static int entries_of(const char *path)
{
    DIR *folder = opendir(path);
    int count = 0;

    cr_assert_not_null(folder);
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count - 2;
}

Test(door, unknown_paths_and_methods_are_told_apart)
{
    SCOPED(bench_close) Bench bench = bench_open();

    cr_expect_eq(bench_call(&bench, ANALYST, "GET", "/", "", answer), 404);
    cr_expect_eq(bench_call(&bench, ANALYST, "GET", "/queries/one", "", answer), 404);
    cr_expect_eq(bench_call(&bench, ANALYST, "GET", "/queries/-1", "", answer), 404);
    cr_expect_eq(bench_call(&bench, ANALYST, "GET", "/queries/1/run/2", "", answer), 404);
    cr_expect_eq(bench_call(&bench, ANALYST, "DELETE", "/queries/1", "", answer), 405);
    cr_expect_eq(bench_call(&bench, ANALYST, "GET", "/queries/1/run", "", answer), 405);
}

Test(door, it_says_that_it_lives_to_anybody_and_nothing_else)
{
    SCOPED(bench_close) Bench bench = bench_open();

    int status = bench_call(&bench, STRANGER, "GET", "/status", "", answer);

    cr_expect_eq(status, 200);
    cr_expect_not_null(strstr(answer, "\r\n\r\n{\"status\":\"running\"}"));
}

Test(door, a_body_that_is_no_json_object_is_refused)
{
    SCOPED(bench_close) Bench bench = bench_open();
    static const char *const bodies[] = {"{",  "[]",           "1", "{\"text\": \"a\", \"text\": \"b\"}",
                                         "{}", "{\"text\": 1}"};

    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        int status = bench_call(&bench, ANALYST, "POST", "/queries", bodies[i], answer);
        cr_expect_eq(status, 400, "%s: %s", bodies[i], answer);
    }
    cr_expect_eq(bench_count(&bench, "SELECT count(*) FROM governance.query"), 0);
}

Test(door, a_body_beyond_the_limit_is_refused)
{
    SCOPED(bench_close) Bench bench = bench_open();
    enum { BODY_BYTES = 300 * 1024 };
    size_t bytes = BODY_BYTES + 200;
    char *request = memory_alloc(bytes);
    int header = snprintf(
        request, bytes,
        "POST /queries HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: %d\r\n\r\n", BODY_BYTES);
    memset(request + header, 'x', BODY_BYTES);

    int status = bench_send(&bench, ANALYST, request, (size_t)header + BODY_BYTES, answer);

    cr_expect_eq(status, 413);
    memory_free(request);
}

Test(door, a_query_with_an_error_comes_back_with_its_place)
{
    SCOPED(bench_close) Bench bench = bench_open();

    int status = bench_call(
        &bench, ANALYST, "POST", "/queries/check",
        "{\"file_name\": \"mine.cohort\", \"text\": \"query \\\"x\\\"\\nprojekt P-1\\n\"}", answer);

    cr_expect_eq(status, 400);
    cr_expect_not_null(strstr(answer, "mine.cohort:2"));
}

Test(door, a_good_query_is_checked_without_being_kept)
{
    SCOPED(bench_close) Bench bench = bench_open();

    int status = bench_call(&bench, ANALYST, "POST", "/queries/check", bench_query_body, answer);

    cr_expect_eq(status, 200);
    cr_expect_not_null(strstr(answer, "\"project\":\"P-1\""));
    cr_expect_eq(bench_count(&bench, "SELECT count(*) FROM governance.query"), 0);
}

/* Switch: check_grants in handle_query_explain. */
Test(door, a_query_is_explained_to_who_may_ask_it)
{
    SCOPED(bench_close) Bench bench = bench_open();

    cr_expect_eq(bench_call(&bench, ANALYST, "POST", "/queries/explain", bench_query_body, answer), 200);
    cr_expect_not_null(strstr(answer, "there are records of registration where"), "%s", answer);
    cr_expect_not_null(strstr(answer, "by sex: sex"), "%s", answer);
    cr_expect_eq(bench_call(&bench, STRANGER, "POST", "/queries/explain", bench_query_body, answer), 403);
}

/* Switch: is_plain in broker/code_files.c. */
Test(door, a_code_list_never_leaves_its_folder)
{
    SCOPED(bench_close) Bench bench = bench_open();
    static const char *const names[] = {"../escaped", "/escaped", "a/../../escaped", "..", "", ".hidden",
                                        "a//b",       "a/"};
    int before = entries_of(bench.folder);

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char body[512];
        snprintf(body, sizeof body, "{\"text\": \"query\", \"files\": {\"%s\": \"code\\n\"}}", names[i]);
        cr_expect_eq(bench_call(&bench, ANALYST, "POST", "/queries/check", body, answer), 400, "%s",
                     names[i]);
        cr_expect_not_null(strstr(answer, "code list"), "%s: %s", names[i], answer);
    }
    cr_expect_eq(entries_of(bench.folder), before, "nothing may be left behind");
    cr_expect_neq(access("/escaped", F_OK), 0);
}

Test(door, code_lists_are_gone_after_the_request)
{
    SCOPED(bench_close) Bench bench = bench_open();
    int before = entries_of(bench.folder);

    bench_call(&bench, ANALYST, "POST", "/queries/check",
               "{\"text\": \"query\", \"files\": {\"a.csv\": \"code\\n\", \"deep/er/b.csv\": \"code\\n\"}}",
               answer);

    cr_expect_eq(entries_of(bench.folder), before);
}

Test(door, one_folder_has_one_broker)
{
    SCOPED(bench_close) Bench bench = bench_open();
    SCOPED(broker_stop) Broker *other = NULL;
    const BrokerOptions options = bench_options(&bench);
    Error error = {0};

    Result second = broker_start(&options, &other, &error);

    cr_expect(!second.ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_eq(bench_call(&bench, ANALYST, "GET", "/status", "", answer), 200, "the first still serves");
}

/* Switch: fchmod in take_lock, broker/broker.c. */
Test(door, nobody_else_may_take_the_lock)
{
    SCOPED(bench_close) Bench bench = bench_open();
    const BrokerOptions options = bench_options(&bench);
    struct stat lock;
    Error error = {0};
    broker_stop(&bench.broker);
    cr_assert_eq(chmod(bench.lock_path, 0644), 0);

    Result again = broker_start(&options, &bench.broker, &error);

    cr_assert(again.ok, "%s", error.message);
    cr_assert_eq(stat(bench.lock_path, &lock), 0);
    cr_expect_eq(lock.st_mode & 07777, 0600);
}

Test(door, it_cleans_up_and_starts_again_over_what_a_killed_one_left)
{
    SCOPED(bench_close) Bench bench = bench_open();
    const BrokerOptions options = bench_options(&bench);
    Error error = {0};

    broker_stop(&bench.broker);
    cr_expect_neq(access(bench.socket_path, F_OK), 0, "the socket is removed");
    FILE *stale = fopen(bench.socket_path, "w");
    cr_assert_not_null(stale);
    fclose(stale);
    Result again = broker_start(&options, &bench.broker, &error);

    cr_assert(again.ok, "%s", error.message);
    cr_expect_eq(bench_call(&bench, ANALYST, "GET", "/status", "", answer), 200);
}

Test(door, without_a_database_it_answers_an_error_and_no_data)
{
    SCOPED(bench_close) Bench bench = bench_open();
    BrokerOptions options = bench_options(&bench);
    Error error = {0};
    broker_stop(&bench.broker);
    options.governor_conninfo = "host=/nonexistent dbname=cinque user=cinque_governor";
    Result started = broker_start(&options, &bench.broker, &error);
    cr_assert(started.ok, "%s", error.message);

    int status = bench_call(&bench, ANALYST, "GET", "/queries", "", answer);

    cr_expect_eq(status, 500);
    cr_expect_not_null(strstr(answer, "\"code\":\"database\""));
}
