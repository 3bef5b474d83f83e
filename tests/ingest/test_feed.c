#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <criterion/criterion.h>

#include "ingest/feed.h"
#include "tests/support/support.h"

enum { TEXT_BYTES = 2048 };

static const char GOOD[] = "feed: apc_monthly\n"
                           "source: apc_spell\n"
                           "sender: kent-icb\n"
                           "status: provisional\n"
                           "file: \"apc_{CCYY}{MM}*.csv\"\n"
                           "transport: { kind: folder, folder: drop, complete: done, after: delete }\n"
                           "manifest: { required: true, key: kent.pem }\n"
                           "expected: { by_day: 20 }\n"
                           "archive: { keep_days: 60 }\n";

static Feed *feed_of(const char *text)
{
    Feed *feed = NULL;
    Error error = {0};

    cr_assert(feed_open(support_file("apc_monthly.yaml", text), &feed, &error).ok, "%s", error.message);
    return feed;
}

static const char *changed(const char *from, const char *to)
{
    static char text[TEXT_BYTES];
    const char *at = strstr(GOOD, from);

    cr_assert_not_null(at, "the feed has no: %s", from);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - GOOD), GOOD, to, at + strlen(from));
    return text;
}

static void expect_error(const char *from, const char *to, const char *message)
{
    SCOPED(feed_close) Feed *feed = NULL;
    Error error = {0};

    cr_expect_not(feed_open(support_file("apc_monthly.yaml", changed(from, to)), &feed, &error).ok, "%s", to);
    cr_expect_eq(error.code, ERROR_CONFIG, "%s", error.message);
    cr_expect_not_null(strstr(error.message, message), "got:      %s\nexpected: %s", error.message, message);
}

Test(feed, a_good_feed_is_read_whole)
{
    SCOPED(feed_close) Feed *feed = feed_of(GOOD);
    char folder[TEXT_BYTES];
    snprintf(folder, sizeof folder, "%s/drop", support_folder());

    cr_expect_str_eq(feed->name, "apc_monthly");
    cr_expect_str_eq(feed->source, "apc_spell");
    cr_expect_str_eq(feed->sender, "kent-icb");
    cr_expect_eq(feed->status, INGEST_PROVISIONAL);
    cr_expect_eq(feed->transport, FEED_FOLDER);
    cr_expect_str_eq(feed->settings.folder, folder, "beside the feed");
    cr_expect_eq(feed->settings.complete, FEED_DONE);
    cr_expect(feed->settings.deletes);
    cr_expect_eq(feed->period_from, FEED_PERIOD_NAME);
    cr_expect(feed->manifest_required);
    cr_expect_eq(feed->expected_by_day, 20);
    cr_expect_eq(feed->keep_days, 60);
    cr_expect(!ingest_feed_is_due(feed, month_from(2026, 7), date_from_civil(2026, 8, 19)));
    cr_expect(ingest_feed_is_due(feed, month_from(2026, 7), date_from_civil(2026, 8, 20)));
}

Test(feed, files_of_authorities_and_revoked_certificates_stand_beside_the_feed)
{
    SCOPED(feed_close)
    Feed *feed = feed_of(changed("folder, folder: drop, complete: done, after: delete",
                                 "https, url: \"https://host/\", ca_file: a.pem, "
                                 "crl_file: a.crl"));
    char authority[TEXT_BYTES], revoked[TEXT_BYTES];
    snprintf(authority, sizeof authority, "%s/a.pem", support_folder());
    snprintf(revoked, sizeof revoked, "%s/a.crl", support_folder());

    cr_expect_str_eq(feed->settings.ca_file, authority);
    cr_expect_str_eq(feed->settings.crl_file, revoked);
}

Test(feed, what_is_wrong_is_told_by_its_place)
{
    expect_error("sender: kent-icb\n", "sender: kent-icb\nfoo: 1\n",
                 "apc_monthly.yaml line 3 column 9: unexpected key: foo");
    expect_error("feed: apc_monthly", "feed: apc_weekly", "line 1: feed: the file is called as its feed");
    expect_error("feed: apc_monthly", "feed: 9", "line 1: feed: up to 40");
    expect_error("kent-icb", "../icb", "line 3: sender: up to 63");
    expect_error("provisional", "maybe", "line 4: status: provisional, final or year_end");
    expect_error("apc_{CCYY}{MM}*.csv", "apc.csv", "line 5: file: {CCYY} and {MM} tell the period");
    expect_error("apc_{CCYY}{MM}*.csv", "in/apc_{CCYY}{MM}.csv", "line 5: file: a pattern of names");
    expect_error("apc_{CCYY}{MM}*.csv", "{CCYY}{MM}*a*b*c*d*", "line 5: file: at most four *");
    expect_error("kind: folder", "kind: ftp", "line 6: transport: kind: folder, sftp");
    expect_error("folder: drop, ", "", "line 6: transport: kind folder needs folder");
    expect_error("complete: done", "url: \"https://h/\"", "line 6: transport: kind folder has no url");
    expect_error("complete: done", "complete: soon",
                 "line 6: transport: complete: stable, done or mesh_client");
    expect_error("complete: done", "stable_seconds: 0", "line 6: transport: stable_seconds: 1 to 3600");
    expect_error("after: delete", "after: move", "line 6: transport: after: keep or delete");
    expect_error("status: provisional", "status: final\nsigner: 0123456789abcdef0123456789abcdef01234567",
                 "line 5: signer: 40 or 64 hexadecimal digits, A to F in upper case");
    expect_error("status: provisional", "status: final\nsigner: 0123456789ABCDEF",
                 "line 5: signer: 40 or 64 hexadecimal digits");
    expect_error("by_day: 20", "by_day: 31", "line 8: expected: by_day: 1 to 28");
    expect_error("keep_days: 60", "keep_days: 0", "line 9: archive: keep_days: 1 to 3660");
    expect_error("manifest: { required: true, key: kent.pem }",
                 "manifest: { key: kent.pem }\nperiod: manifest",
                 "line 8: period: told by a manifest: then one is required");
    expect_error("{ kind: folder, folder: drop, complete: done, after: delete }",
                 "{ kind: postgresql, conninfo: \"host=/run\", query_file: q.sql }",
                 "line 6: transport: kind postgresql has no files: period is given");
}

/* Switch: the check of from in build_limits. */
Test(feed, a_mailbox_says_whose_messages_count)
{
    static const char mesh[] = "{ kind: mesh, url: \"https://host\", mailbox: M, password_file: p, "
                               "shared_key_file: s }\n";

    expect_error("{ kind: folder, folder: drop, complete: done, after: delete }\n"
                 "manifest: { required: true, key: kent.pem }",
                 mesh, "line 6: transport: kind mesh needs from");
    expect_error("folder: drop, ", "folder: drop, from: M, ", "line 6: transport: kind folder has no from");
}

/* Switch: leave the check of url and conninfo out of check_settings. */
Test(feed, no_secret_stands_in_a_feed)
{
    const char *transport = "{ kind: folder, folder: drop, complete: done, after: delete }";

    expect_error(transport,
                 "{ kind: sftp, url: \"sftp://u:p@host/in/\", user: u, known_hosts: k, key_file: i }",
                 "line 6: transport: url: no user, no password");
    expect_error(transport, "{ kind: https, url: \"http://host/\" }",
                 "line 6: transport: url does not begin as the kind's do");
    expect_error("file: \"apc_{CCYY}{MM}*.csv\"\n"
                 "transport: { kind: folder, folder: drop, complete: done, after: delete }\n",
                 "file: q\nperiod: given\n"
                 "transport: { kind: postgresql, conninfo: \"host=h password=x\", query_file: q.sql }\n",
                 "line 7: transport: conninfo: a password stands in a file of its own");
    expect_error(transport, "{ kind: mesh, url: \"https://host\", mailbox: M, password: x }", "line 6");
    expect_error(transport, "{ kind: https, url: \"https://host/\", certificate_file: c }",
                 "line 6: transport: certificate_file and key_file belong together");
}

typedef struct Case {
    const char *pattern, *name;
    bool matches;
    int year, month; /* 0: none told */
} Case;

Test(feed, a_pattern_matches_whole_names_and_tells_the_month)
{
    const Case cases[] = {
        {"apc_{CCYY}{MM}.csv", "apc_202607.csv", true, 2026, 7},
        {"apc_{CCYY}{MM}.csv", "apc_202613.csv", false, 0, 0},
        {"apc_{CCYY}{MM}.csv", "apc_202607.csv.gz", false, 0, 0},
        {"apc_{CCYY}{MM}.csv", "xapc_202607.csv", false, 0, 0},
        {"apc_{CCYY}{MM}.csv", "apc_20267.csv", false, 0, 0},
        {"*_{CCYY}-{MM}-{DD}*.zip", "a_b_2026-02-28_v2.zip", true, 2026, 2},
        {"*_{CCYY}-{MM}-{DD}*.zip", "a_b_2026-02-30_v2.zip", false, 0, 0},
        {"{CCYY}{MM}_{CCYY}{MM}", "202607_202607", true, 2026, 7},
        {"{CCYY}{MM}_{CCYY}{MM}", "202607_202608", false, 0, 0},
        {"*", "anything.csv", true, 0, 0},
        {"*.csv", ".csv", true, 0, 0},
        {"*.csv", "a.csv.csv", true, 0, 0},
        {"*a*b", "xaxbxb", true, 0, 0},
        {"*a*b", "xaxbx", false, 0, 0},
        {"*_{CCYY}{MM}_*.csv", "a_199999_202607_x.csv", true, 2026, 7},
        {"", "x", false, 0, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const Feed feed = {.file = cases[i].pattern};
        Month period, expected = cases[i].year != 0 ? month_from(cases[i].year, cases[i].month) : DATE_NONE;

        bool matches = feed_match(&feed, text_from(cases[i].name), &period);

        cr_expect_eq(matches, cases[i].matches, "%s %s", cases[i].pattern, cases[i].name);
        cr_expect_eq(period, expected, "%s %s", cases[i].pattern, cases[i].name);
    }
}

/* Switch: try each star at each letter again. Then this lasts for minutes. */
Test(feed, a_name_cannot_make_a_pattern_with_stars_slow, .timeout = 5)
{
    const Feed feed = {.file = "*_*_*_*_*{CCYY}{MM}.csv"};
    char name[256];
    Month period;
    memset(name, '_', 251);
    memcpy(name + 251, ".csv", 5);

    cr_expect_not(feed_match(&feed, text_from(name), &period));
}

/* Switch: leave the mode out of check_private. */
Test(feed, a_secret_is_read_from_a_file_of_ours_alone)
{
    SCOPED(secret_close) Secret *secret = NULL;
    const char *path = support_file("password", "opensesame\r\n");
    size_t length = 0;
    Error error = {0};

    chmod(path, 0640);
    cr_expect_not(feed_secret(path, &secret, &length, &error).ok);
    cr_expect_eq(error.code, ERROR_CONFIG);
    chmod(path, 0600);
    cr_assert(feed_secret(path, &secret, &length, &error).ok, "%s", error.message);
    cr_expect_eq(length, 10);
    cr_expect_eq(memcmp(secret_bytes(secret), "opensesame", 11), 0);
    const char *empty = support_file("empty", "\n");
    chmod(empty, 0600);
    SCOPED(secret_close) Secret *none = NULL;
    cr_expect_not(feed_secret(empty, &none, &length, &error).ok);
    cr_expect_not(feed_secret(support_folder(), &none, &length, &error).ok);
    cr_expect_not(feed_secret("/nowhere/at/all", &none, &length, &error).ok);
    cr_expect_eq(error.code, ERROR_SYSTEM);
}
