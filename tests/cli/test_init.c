/* Makes real clusters, so it is slow and alone. */
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/db_place.h"
#include "ingest/ingest.h"
#include "tests/cli/workbench.h"

static char data[600];

static void set_up(void)
{
    cr_redirect_stdout();
    cr_assert_eq(chmod(support_folder(), 0711), 0); /* the server's user passes through */
    snprintf(data, sizeof data, "%s/data", support_folder());
}

static void clean_up(void)
{
    Error error = {0};
    Result stopped = CLI(&error, "stop", "--data", data);

    cr_expect(stopped.ok, "%s", error.message);
}

TestSuite(init, .init = set_up, .fini = clean_up, .timeout = 300);

static void kill_init_after(long milliseconds)
{
    const struct timespec pause = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000};
    pid_t child = fork();

    cr_assert_geq(child, 0);
    if (child == 0) {
        Error error = {0};
        setpgid(0, 0);
        Result ignored = CLI(&error, "init", "--data", data);
        _exit(ignored.ok ? 0 : 1);
    }
    nanosleep(&pause, NULL);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

Test(init, it_is_completed_after_being_killed_and_can_be_run_again)
{
    Error error = {0};
    struct stat status;
    char path[700];
    static const long moments_ms[] = {30, 400, 1500};

    for (size_t i = 0; i < sizeof moments_ms / sizeof moments_ms[0]; i++)
        kill_init_after(moments_ms[i]);
    Result first = CLI(&error, "init", "--data", data);
    cr_assert(first.ok, "%s", error.message);
    Result again = CLI(&error, "init", "--data", data);

    cr_assert(again.ok, "%s", error.message);
    cr_expect(CLI(&error, "status", "--data", data).ok, "%s", error.message);
    cr_expect(CLI(&error, "loads", "--data", data).ok, "the roles are mapped: %s", error.message);
    cr_expect(CLI(&error, "source", "apply", "--data", data).ok, "%s", error.message);
    cr_expect(CLI(&error, "source", "show", "--data", data).ok, "%s", error.message);
    static const char *const private_folders[] = {"quarantine", "reference", "log"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", data, private_folders[i]);
        cr_assert_eq(stat(path, &status), 0);
        cr_expect_eq(status.st_mode & 0777, 0700, "%s", private_folders[i]);
    }
    cr_assert(CLI(&error, "stop", "--data", data).ok, "%s", error.message);
    Result stopped = CLI(&error, "loads", "--data", data);
    expect_failure(stopped, &error, ERROR_CONFIG, "database: is stopped; cinque start starts it");
    /* Switch: cli_open in cmd_broker_start. */
    Result broker = CLI(&error, "broker", "start", "--data", data);
    expect_failure(broker, &error, ERROR_CONFIG, "database: is stopped; cinque start starts it");
}

Test(init, nobody_registered_may_work_but_the_first_rules_may_be_applied)
{
    Error error = {0};
    cr_assert(CLI(&error, "init", "--data", data).ok, "%s", error.message);
    static const char rules[] = TEST_FILES "/../../examples/governance.yaml";

    Result before = CLI(&error, "link", "--data", data);
    cr_expect(!before.ok);
    cr_expect_eq(error.code, ERROR_REFUSED, "%s", error.message);
    Result dry = CLI(&error, "governance", "apply", rules, "--dry-run", "--data", data);
    cr_assert(dry.ok, "%s", error.message);
    Result still = CLI(&error, "link", "--data", data);
    cr_expect(!still.ok, "a dry run changes nothing");
    Result applied = CLI(&error, "governance", "apply", rules, "--data", data);
    cr_assert(applied.ok, "%s", error.message);
    Result linked = CLI(&error, "link", "--data", data);

    cr_expect(linked.ok, "%s", error.message);
    cr_expect(CLI(&error, "link", "undo", "1", "--data", data).ok, "%s", error.message);
    cr_expect(CLI(&error, "link", "report", "--data", data).ok, "%s", error.message);
}

/* What loads are held to is in specs. Switch: work_begin in apply_version, cli/cmd_source.c. */
Test(init, who_is_no_engineer_registers_no_spec)
{
    Error error = {0};
    const char *rules = support_file(
        "rules.yaml", "people: [{ id: ana, uid: service, name: Ana, roles: [analyst] },\n"
                      "  { id: ida, uid: 61002, name: Ida, roles: [ig_lead] }]\n"
                      "purposes: []\nsuppliers: []\nagreements: []\npolicies: []\nprojects: []\n");
    cr_assert(CLI(&error, "init", "--data", data).ok, "%s", error.message);
    cr_assert(CLI(&error, "source", "apply", "death", "--data", data).ok, "%s", error.message);
    cr_assert(CLI(&error, "governance", "apply", rules, "--data", data).ok, "%s", error.message);

    expect_failure(CLI(&error, "source", "apply", "death", "--data", data), &error, ERROR_REFUSED,
                   "source_apply refused: role engineer or ig_lead is needed");
}

/* A version that is made and not in use keeps every load out. Switch: ingest_rekey_check in cli/cmd_key.c. */
Test(init, no_version_of_the_key_is_made_while_a_load_waits)
{
    SCOPED(db_close) Db *owner = NULL;
    static const char rules[] = TEST_FILES "/../../examples/governance.yaml";
    KeyringEntry entries[8];
    Error error = {0};
    char conninfo[DB_PLACE_BYTES], keyring[700];
    size_t count;
    cr_assert(CLI(&error, "init", "--data", data).ok, "%s", error.message);
    cr_assert(CLI(&error, "source", "apply", "death", "--data", data).ok, "%s", error.message);
    cr_assert(CLI(&error, "governance", "apply", rules, "--data", data).ok, "%s", error.message);
    cr_assert(db_place_conninfo(data, "cinque", "cinque_owner", conninfo, &error).ok, "%s", error.message);
    cr_assert(db_open(conninfo, "test", &owner, &error).ok, "%s", error.message);
    cr_assert(
        db_script(owner, "test",
                  "INSERT INTO ingest.load (source_id, sender, period, status, spec_version, permit_id,"
                  " may_replace, state) SELECT source_id, 'a', 318, 'final', max(version), '\\x00', false,"
                  " 'held' FROM ingest.source_version GROUP BY source_id",
                  &error)
            .ok,
        "%s", error.message);
    snprintf(keyring, sizeof keyring, "%s/keyring", data);
    cr_assert(CLI(&error, "key", "create", "--data", data).ok, "%s", error.message);
    cr_assert(keyring_list(keyring, entries, 8, &count, &error).ok, "%s", error.message);
    size_t before = count;

    expect_failure(CLI(&error, "key", "rotate", "--data", data), &error, ERROR_REFUSED,
                   "load 1 is held back");

    cr_assert(keyring_list(keyring, entries, 8, &count, &error).ok, "%s", error.message);
    cr_expect_eq(count, before);
}

#define BOB                                                                                                  \
    "f35e5616160a30bf3c6e79fa73c576d40205e8fc3ba4e1c6dcf93e6b98e857b4" /* SHA-256 of RFC 7748's, 6.1 */

/* Switch: governance_act_use_approval in cli/cmd_key_seal.c; without it the second sealing passes. */
Test(init, the_regional_key_is_sealed_once_to_a_key_that_an_ig_lead_approved)
{
    SCOPED(db_close) Db *owner = NULL;
    static const char rules[] = TEST_FILES "/../../examples/governance.yaml",
                      pem[] = "-----BEGIN PUBLIC KEY-----\n"
                              "MCowBQYDK2VuAyEA3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08=\n"
                              "-----END PUBLIC KEY-----\n";
    const char *provider = support_file("provider.pem", pem);
    char conninfo[DB_PLACE_BYTES], sealed[700], again[700];
    Error error = {0};
    snprintf(sealed, sizeof sealed, "%s/sealed", support_folder());
    snprintf(again, sizeof again, "%s/again", support_folder());
    cr_assert(CLI(&error, "init", "--data", data).ok, "%s", error.message);
    cr_assert(CLI(&error, "governance", "apply", rules, "--data", data).ok, "%s", error.message);
    cr_assert(CLI(&error, "key", "create", "--data", data).ok, "%s", error.message);
    cr_assert(db_place_conninfo(data, "cinque", "cinque_owner", conninfo, &error).ok, "%s", error.message);
    cr_assert(db_open(conninfo, "test", &owner, &error).ok, "%s", error.message);

    expect_failure(CLI(&error, "key", "seal-for", provider, "--out", sealed, "--data", data), &error,
                   ERROR_REFUSED, "provider's key " BOB ": key_seal refused: no IG lead has approved");
    cr_assert(
        db_script(
            owner, "test",
            "INSERT INTO governance.act_approval (act, object, approver, permit_id) SELECT 'key_seal', '" BOB
            "', person_id, '\\x00' FROM governance.person WHERE is_ig_lead LIMIT 1",
            &error)
            .ok,
        "%s", error.message);
    cr_expect(CLI(&error, "key", "seal-for", provider, "--out", sealed, "--data", data).ok, "%s",
              error.message);
    expect_failure(CLI(&error, "key", "seal-for", provider, "--out", again, "--data", data), &error,
                   ERROR_REFUSED, "it was done already");

    cr_expect_eq(access(sealed, F_OK), 0);
    cr_expect_neq(access(again, F_OK), 0);
}

Test(init, a_postcode_directory_is_taken_in_whole_or_not_at_all)
{
    Error error = {0};
    const char *good =
        support_file("good.csv", "postcode,lsoa_code_2011,lsoa_code_2021\nME14 1AA,E01000001,E01000001\n");
    const char *bad = support_file("bad.csv", "postcode\nME14 1AA\n");
    char path[700];
    cr_assert_eq(mkdir(data, 0711), 0);
    snprintf(path, sizeof path, "%s/reference", data);
    cr_assert_eq(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/reference/edition", data);

    cr_expect(!CLI(&error, "reference", "add", bad, "--edition", "2026-05", "--data", data).ok);
    cr_expect_neq(access(path, F_OK), 0);
    expect_failure(CLI(&error, "reference", "add", good, "--edition", "../x", "--data", data), &error,
                   ERROR_USAGE, "--edition");
    Result added = CLI(&error, "reference", "add", good, "--edition", "2026-05", "--data", data);

    cr_assert(added.ok, "%s", error.message);
    cr_expect_eq(access(path, F_OK), 0);
}
