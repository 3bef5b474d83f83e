#pragma once
/*
 * A broker in the test's own process and people who call it: each request is made by a child that has really
 * become that user, because only the kernel says who calls.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/broker.h"
#include "tests/support/support.h"

enum { ANALYST = 61001, IG_LEAD = 61002, BOTH = 61003, ENGINEER = 61004, STRANGER = 61009 };
enum { ANSWER_BYTES = 65536, REQUEST_BYTES = 8192, PATH_BYTES = 600 };

typedef struct Bench {
    Db *owner;
    Broker *broker;
    char folder[PATH_BYTES], socket_path[PATH_BYTES], lock_path[PATH_BYTES], checkpoints[PATH_BYTES];
    char governor[512], query[512];
} Bench;

static const char bench_rules_sql[] =
    "INSERT INTO governance.person (person_id, uid, name, is_engineer, is_analyst, is_ig_lead) VALUES"
    " ('analyst', 61001, 'An Analyst', false, true, false), ('lead', 61002, 'A Lead', false, false, true),"
    " ('both', 61003, 'A Both', false, true, true), ('engineer', 61004, 'An Engineer', true, false, false);"
    "INSERT INTO governance.purpose (purpose, title, opt_out, legal_basis, approver, opt_out_max_age_days)"
    " VALUES ('phm', 'PHM', 'applied', 'a law', 'lead', 31);"
    "INSERT INTO governance.policy (name, effective_from, people_min, round_to) VALUES ('plain', "
    "'2020-01-01', 8, 5);"
    "INSERT INTO governance.project (project_id, title, purpose, policy, valid_from, valid_to)"
    " VALUES ('P-1', 'Project', 'phm', 'plain', '2020-01-01', '2099-12-31');"
    "INSERT INTO governance.project_member (project_id, person_id) VALUES ('P-1', 'analyst'), ('P-1', "
    "'both')";

static const char bench_query_body[] =
    "{\"file_name\": \"t.cohort\", \"text\": \"query \\\"People by sex\\\"\\nproject P-1\\n"
    "cohort registered at as_at\\ntable \\\"People\\\"\\n  by sex\\n  measure people\\n\"}";

static const char bench_parameter_body[] =
    "{\"file_name\": \"t.cohort\", \"text\": \"query \\\"People by sex\\\"\\nproject P-1\\n"
    "parameter limit in (20, 40)\\ncohort age >= limit\\ntable \\\"People\\\"\\n  by sex\\n  measure "
    "people\\n\"}";

static inline void bench_sql(Bench *bench, const char *sql)
{
    Error error = {0};
    Result done = db_script(bench->owner, "bench", sql, &error);

    cr_assert(done.ok, "%s", error.message);
}

static inline BrokerOptions bench_options(const Bench *bench)
{
    return (BrokerOptions){.socket_path = bench->socket_path,
                           .lock_path = bench->lock_path,
                           .scratch_folder = bench->folder,
                           .checkpoint_path = bench->checkpoints,
                           .governor_conninfo = bench->governor,
                           .query_conninfo = bench->query};
}

static inline Bench bench_open(void)
{
    Bench bench = {0};
    Error error = {0};

    cr_assert_eq(geteuid(), 0, "these tests play several users and must be run by root");
    bench.owner = support_database(NULL);
    bench_sql(&bench, bench_rules_sql);
    snprintf(bench.folder, sizeof bench.folder, "%s", support_folder());
    cr_assert_eq(chmod(bench.folder, 0711), 0);
    snprintf(bench.socket_path, sizeof bench.socket_path, "%.500s/s", bench.folder);
    snprintf(bench.lock_path, sizeof bench.lock_path, "%.500s/pid", bench.folder);
    snprintf(bench.checkpoints, sizeof bench.checkpoints, "%.500s/checkpoints", bench.folder);
    snprintf(bench.governor, sizeof bench.governor, "%s", support_conninfo("cinque_governor"));
    snprintf(bench.query, sizeof bench.query, "%s", support_conninfo("cinque_query"));
    const BrokerOptions options = bench_options(&bench);
    Result started = broker_start(&options, &bench.broker, &error);
    cr_assert(started.ok, "%s", error.message);
    return bench;
}

static inline void bench_close(Bench *bench)
{
    broker_stop(&bench->broker);
    db_close(&bench->owner);
}

/* In a child: plain system calls alone, since the parent has threads. */
static inline void call_in_child(const char *socket_path, uid_t uid, const char *request, size_t length,
                                 int out)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char buffer[4096];
    ssize_t got;

    memcpy(address.sun_path, socket_path, strlen(socket_path) + 1);
    if (setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0)
        _exit(1);
    int client = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(client, (const struct sockaddr *)&address, sizeof address) != 0)
        _exit(2);
    while (length > 0 && (got = send(client, request, length, MSG_NOSIGNAL)) > 0) {
        request += got;
        length -= (size_t)got;
    }
    while ((got = read(client, buffer, sizeof buffer)) > 0)
        if (write(out, buffer, (size_t)got) != got)
            _exit(3);
    _exit(0);
}

/* The whole answer, headers and all; its status. */
static inline int bench_send(const Bench *bench, uid_t uid, const char *request, size_t length,
                             char answer[ANSWER_BYTES])
{
    int ends[2], status = 0, code = 0;
    size_t used = 0;
    ssize_t got;

    cr_assert_eq(pipe(ends), 0);
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        close(ends[0]);
        call_in_child(bench->socket_path, uid, request, length, ends[1]);
    }
    close(ends[1]);
    while (used < ANSWER_BYTES - 1 && (got = read(ends[0], answer + used, ANSWER_BYTES - 1 - used)) > 0)
        used += (size_t)got;
    close(ends[0]);
    answer[used] = '\0';
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0, "the caller could not connect");
    cr_assert_eq(sscanf(answer, "HTTP/1.1 %d", &code), 1, "no answer");
    return code;
}

static inline int bench_call(const Bench *bench, uid_t uid, const char *method, const char *path,
                             const char *body, char answer[ANSWER_BYTES])
{
    char request[REQUEST_BYTES];
    int length = snprintf(request, sizeof request,
                          "%s %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
                          method, path, strlen(body), body);

    cr_assert_lt(length, (int)sizeof request);
    return bench_send(bench, uid, request, (size_t)length, answer);
}

/* The one number that sql gives. */
static inline int64_t bench_count(Bench *bench, const char *sql)
{
    const DbStatement statement = {.name = "bench count", .sql = sql, .columns = {VALUE_INT8}};
    Error error = {0};
    int64_t count = 0;
    Result done = db_run_int8(bench->owner, &statement, NULL, &count, NULL, &error);

    cr_assert(done.ok, "%s", error.message);
    return count;
}

static inline void bench_submit_body(const Bench *bench, uid_t uid, const char *body)
{
    char answer[ANSWER_BYTES];
    int status = bench_call(bench, uid, "POST", "/queries", body, answer);

    cr_assert_eq(status, 200, "%s", answer);
    cr_assert_not_null(strstr(answer, "\"query\":1"));
}

static inline void bench_submit(const Bench *bench, uid_t uid)
{
    bench_submit_body(bench, uid, bench_query_body);
}
