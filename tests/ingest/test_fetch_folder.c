#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "ingest/fetch.h"
#include "tests/support/support.h"

enum { LIST_BYTES = 1024 };

static Feed feed;
static void *state;

static void open_drop(FeedComplete complete)
{
    Error error = {0};

    feed = (Feed){.path = "feed.yaml",
                  .name = "f",
                  .settings = {.folder = support_folder(), .complete = complete, .stable_seconds = 1}};
    cr_assert(FETCH_FOLDER.open(&feed, &state, &error).ok, "%s", error.message);
}

static void tear_down(void)
{
    FETCH_FOLDER.close(&state);
}

TestSuite(fetch_folder, .fini = tear_down);

static char listed[LIST_BYTES];
static FetchItem last;

static Result add(void *context, const FetchItem *item, Error *error)
{
    (void)context;
    (void)error;
    size_t length = strlen(listed);
    snprintf(listed + length, sizeof listed - length, "%s%s", length > 0 ? " " : "", item->name);
    last = *item;
    return RESULT_OK;
}

static const char *list(void)
{
    Error error = {0};

    listed[0] = '\0';
    cr_assert(FETCH_FOLDER.list(state, add, NULL, &error).ok, "%s", error.message);
    return listed;
}

/* Switch: let keep_done return at once. */
Test(fetch_folder, with_markers_only_marked_files_are_listed)
{
    char link[512];
    snprintf(link, sizeof link, "%s/link.csv", support_folder());
    support_file("b.csv", "1");
    support_file("a.csv", "12");
    support_file("a.csv.done", "");
    support_file("c.part", "");
    support_file("c.part.done", "");
    support_file("link.csv.done", "");
    cr_assert_eq(symlink("/etc/hostname", link), 0);
    open_drop(FEED_DONE);

    cr_expect_str_eq(list(), "a.csv");
    cr_expect_eq(last.bytes, 2);
    cr_expect_gt(last.changed_us, 0);
}

/* Switch: leave the second look out of keep_stable. */
Test(fetch_folder, a_file_that_grows_between_two_looks_is_not_listed)
{
    const char *growing = support_file("growing.csv", "1");
    support_file("still.csv", "1");
    support_file("new.tmp", "1");
    support_file(".hidden.csv", "1");
    open_drop(FEED_STABLE);

    pid_t child = fork();
    if (child == 0) {
        usleep(300000);
        int file = open(growing, O_WRONLY | O_APPEND | O_CLOEXEC);
        _exit(write(file, "2", 1) == 1 ? 0 : 1);
    }
    const char *found = list();
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);

    cr_expect_str_eq(found, "still.csv");
}

#define CONTROL(status)                                                                                      \
    "<DTSControl><Version>1.0</Version><LocalId>extract.csv</LocalId><StatusRecord><Event>TRANSFER</Event>"  \
    "<Status>" status "</Status></StatusRecord></DTSControl>"

Test(fetch_folder, of_a_mesh_client_only_what_succeeded_is_listed)
{
    support_file("1.dat", "1");
    support_file("1.ctl", CONTROL("SUCCESS"));
    support_file("2.dat", "1");
    support_file("2.ctl", CONTROL("ERROR"));
    support_file("3.dat", "1");
    support_file("4.csv", "1");
    support_file("4.ctl", CONTROL("SUCCESS"));
    open_drop(FEED_MESH_CLIENT);

    cr_expect_str_eq(list(), "extract.csv", "called as the sender called it");
    cr_expect_str_eq(last.id, "1.dat");
}

Test(fetch_folder, a_control_file_that_is_none_is_told)
{
    static const char *const bad[] = {
        "<DTSControl><StatusRecord>", "no xml",
        "<!DOCTYPE x [<!ENTITY e "
        "\"SUCCESS\">]><DTSControl><StatusRecord><Status>&e;</Status></StatusRecord></DTSControl>"};
    support_file("1.dat", "1");
    open_drop(FEED_MESH_CLIENT);

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        Error error = {0};
        support_file("1.ctl", bad[i]);
        cr_expect_not(FETCH_FOLDER.list(state, add, NULL, &error).ok);
        cr_expect_eq(error.code, ERROR_INPUT);
        cr_expect_str_eq(error.message, "1.ctl: not the control file of a MESH client");
    }
    support_file("1.ctl", "<DTSControl><Status>SUCCESS</Status></DTSControl>");
    cr_expect_str_eq(list(), "", "a status elsewhere than in its record counts for nothing");
}

static Result collect(void *context, const void *bytes, size_t length, Error *error)
{
    FILE *out = context;

    (void)error;
    cr_assert_eq(fwrite(bytes, 1, length, out), length);
    return RESULT_OK;
}

static const char *get(uint64_t offset, Error *error)
{
    static char content[64];
    FILE *out = fmemopen(content, sizeof content, "w");

    Result result = FETCH_FOLDER.get(state, &last, offset, collect, out, error);
    fclose(out);
    return result.ok ? content : NULL;
}

Test(fetch_folder, a_file_is_given_from_an_offset)
{
    Error error = {0};
    support_file("a.csv", "one two");
    support_file("a.csv.done", "");
    open_drop(FEED_DONE);
    (void)list();

    cr_expect_str_eq(get(0, &error), "one two");
    cr_expect_str_eq(get(4, &error), "two");
}

static Result grow(void *context, const void *bytes, size_t length, Error *error)
{
    (void)context;
    (void)bytes;
    (void)length;
    (void)error;
    support_file("a.csv", "one two three");
    return RESULT_OK;
}

/* Switch: leave check_item out at the end of get_item. */
Test(fetch_folder, a_file_that_changes_while_it_is_read_is_refused)
{
    Error error = {0};
    support_file("a.csv", "one two");
    support_file("a.csv.done", "");
    open_drop(FEED_DONE);
    (void)list();

    cr_expect_not(FETCH_FOLDER.get(state, &last, 0, grow, NULL, &error).ok);
    cr_expect_eq(error.code, ERROR_INPUT);
    cr_expect_str_eq(error.message, "a.csv: changed while it was read");

    cr_expect_null(get(0, &error), "nor afterwards under what was listed");
}

Test(fetch_folder, companions_are_found_and_bounded)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    Text content;
    bool is_found;
    Error error = {0};
    support_file("a.csv", "1");
    support_file("a.csv.done", "");
    support_file("a.csv.manifest", "{}");
    open_drop(FEED_DONE);
    (void)list();

    cr_assert(FETCH_FOLDER.companion(state, &last, ".manifest", 2, arena, &content, &is_found, &error).ok);
    cr_expect(is_found);
    cr_expect(text_equal(content, TEXT("{}")));
    cr_assert(
        FETCH_FOLDER.companion(state, &last, ".manifest.sig", 2, arena, &content, &is_found, &error).ok);
    cr_expect_not(is_found);
    cr_expect_not(
        FETCH_FOLDER.companion(state, &last, ".manifest", 1, arena, &content, &is_found, &error).ok);
    cr_expect_eq(error.code, ERROR_LIMIT);
}

/* Switch: leave the look out of acknowledge. */
Test(fetch_folder, what_took_the_name_of_an_archived_delivery_is_not_deleted)
{
    Error error = {0};
    char path[512];
    snprintf(path, sizeof path, "%s/a.csv", support_folder());
    support_file("a.csv", "12");
    support_file("a.csv.done", "");
    open_drop(FEED_DONE);
    feed.settings.deletes = true;
    (void)list();
    FetchItem archived = last;
    support_file("a.csv", "123");

    cr_expect(FETCH_FOLDER.acknowledge(state, &archived, &error).ok, "%s", error.message);
    cr_expect_eq(access(path, F_OK), 0, "another file by now");
    (void)list();
    cr_expect(FETCH_FOLDER.acknowledge(state, &last, &error).ok, "%s", error.message);
    cr_expect_neq(access(path, F_OK), 0, "the one that was archived");
}
