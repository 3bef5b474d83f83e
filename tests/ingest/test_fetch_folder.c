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

/* Switch: let keep_successful stop at what control_read says. */
Test(fetch_folder, a_control_file_that_is_none_stops_its_own_delivery_alone)
{
    static const char *const bad[] = {
        "<DTSControl><StatusRecord>", "no xml",
        "<!DOCTYPE x [<!ENTITY e "
        "\"SUCCESS\">]><DTSControl><StatusRecord><Status>&e;</Status></StatusRecord></DTSControl>",
        "<DTSControl><Status>SUCCESS</Status></DTSControl>"};
    support_file("1.dat", "1");
    support_file("2.dat", "1");
    support_file("2.ctl", CONTROL("SUCCESS"));
    open_drop(FEED_MESH_CLIENT);

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        support_file("1.ctl", bad[i]);
        cr_expect_str_eq(list(), "extract.csv");
        cr_expect_str_eq(last.id, "2.dat");
    }
}

/* Switch: leave fetch_is_name out of read_names, and of control_read. */
Test(fetch_folder, a_name_that_could_forge_a_line_is_left_out)
{
    support_file("a.csv", "1");
    support_file("a.csv\ndelivery 1: archived.csv", "1");
    support_file("\033[2Ja.csv", "1");
    open_drop(FEED_STABLE);
    cr_expect_str_eq(list(), "a.csv");
    FETCH_FOLDER.close(&state);

    support_file("1.dat", "1");
    support_file("1.ctl", "<DTSControl><LocalId>x\x7f.csv</LocalId><StatusRecord><Status>SUCCESS</Status>"
                          "</StatusRecord></DTSControl>");
    open_drop(FEED_MESH_CLIENT);
    cr_expect_str_eq(list(), "1.dat");
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

static void put_in_its_place(const char *content)
{
    char from[512], to[512];
    struct stat status;

    snprintf(to, sizeof to, "%s/a.csv", support_folder());
    cr_assert_eq(stat(to, &status), 0);
    snprintf(from, sizeof from, "%s", support_file("a.csv.new", content));
    const struct timespec times[2] = {status.st_atim, status.st_mtim};
    cr_assert_eq(utimensat(AT_FDCWD, from, times, 0), 0);
    cr_assert_eq(rename(from, to), 0);
}

static bool lies_there(const char *name)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s", support_folder(), name);
    return access(path, F_OK) == 0;
}

static void list_and_get(void)
{
    Error error = {0};

    support_file("a.csv", "old");
    support_file("a.csv.done", "");
    open_drop(FEED_DONE);
    feed.settings.deletes = true;
    (void)list();
    cr_expect_str_eq(get(0, &error), "old");
}

/* Switch: leave is_still_there out of acknowledge. */
Test(fetch_folder, what_came_since_is_not_deleted_unread)
{
    Error error = {0};
    list_and_get();
    put_in_its_place("new");

    cr_expect(FETCH_FOLDER.acknowledge(state, &last, &error).ok, "%s", error.message);

    cr_expect(lies_there("a.csv"));
    cr_expect(lies_there("a.csv.done"));
}

Test(fetch_folder, what_was_taken_is_deleted_with_its_companions)
{
    Error error = {0};
    list_and_get();

    cr_expect(FETCH_FOLDER.acknowledge(state, &last, &error).ok, "%s", error.message);
    cr_expect(FETCH_FOLDER.acknowledge(state, &last, &error).ok, "again: %s", error.message);

    cr_expect_not(lies_there("a.csv"));
    cr_expect_not(lies_there("a.csv.done"));
}

Test(fetch_folder, a_file_that_went_away_is_wrong_alone)
{
    Error error = {0};
    list_and_get();
    cr_expect(FETCH_FOLDER.acknowledge(state, &last, &error).ok, "%s", error.message);

    cr_expect_null(get(0, &error));

    cr_expect_eq(error.code, ERROR_INPUT);
    cr_expect_str_eq(error.message, "a.csv: gone since it was listed");
}
