#include "base/progress.h"

#include <stdlib.h>
#include <string.h>
#include <termios.h>

#include "base/date.h"
#include "tests/base/workbench.h"

enum { SHOWN_BYTES = 1000 };

TestSuite(progress, .fini = workbench_clear);

/* Lets the next update be drawn at once, seconds after the start. */
static void age(Progress *progress, int64_t seconds)
{
    progress->started_us = time_now_us() - seconds * 1000000;
    progress->shown_us = progress->started_us;
}

static int open_terminal(int *kept)
{
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);

    cr_assert(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
    int other_end = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    cr_assert(other_end >= 0);
    /* As written, without the carriage returns that a terminal adds. */
    struct termios settings;
    cr_assert_eq(tcgetattr(other_end, &settings), 0);
    cfmakeraw(&settings);
    cr_assert_eq(tcsetattr(other_end, TCSANOW, &settings), 0);
    *kept = dup(STDERR_FILENO);
    cr_assert_eq(dup2(other_end, STDERR_FILENO), STDERR_FILENO);
    (void)close(other_end);
    return terminal;
}

/* With its last other end closed, a terminal gives what is left and then an error. */
static void read_shown(int terminal, int kept, char shown[SHOWN_BYTES])
{
    size_t length = 0;
    ssize_t got;

    (void)fflush(stderr);
    cr_assert_eq(dup2(kept, STDERR_FILENO), STDERR_FILENO);
    (void)close(kept);
    while ((got = read(terminal, shown + length, SHOWN_BYTES - 1 - length)) > 0)
        length += (size_t)got;
    (void)close(terminal);
    shown[length] = '\0';
}

static void expect_shown(int terminal, int kept, const char *expected)
{
    char shown[SHOWN_BYTES];

    read_shown(terminal, kept, shown);
    cr_expect_str_eq(shown, expected);
}

static void expect_begins(int terminal, int kept, const char *expected)
{
    char shown[SHOWN_BYTES];

    read_shown(terminal, kept, shown);
    cr_expect_eq(strncmp(shown, expected, strlen(expected)), 0, "%s", shown);
}

Test(progress, a_file_gets_the_last_line_alone)
{
    char caught[1000];
    int kept = workbench_catch_stderr();
    Progress progress = progress_start("load", 10);

    age(&progress, 10);
    progress_update(&progress, 5);
    age(&progress, 10);
    progress_end(&progress, "%d rows", 10);
    workbench_caught(kept, caught, sizeof caught);

    cr_expect_eq(progress.done, 5);
    cr_expect_eq(strncmp(caught, "load: 10 rows (10.", 18), 0, "%s", caught);
    cr_expect_str_eq(strrchr(caught, ' '), " s)\n");
}

Test(progress, a_terminal_sees_share_and_time_left)
{
    int kept, terminal = open_terminal(&kept);
    Progress progress = progress_start("load", 10);

    age(&progress, 30);
    progress_update(&progress, 6);

    expect_shown(terminal, kept, "\r\033[Kload: 60 %, 30 s, 20 s left");
}

Test(progress, a_terminal_sees_the_count_when_the_total_is_unknown)
{
    int kept, terminal = open_terminal(&kept);
    Progress progress = progress_start("load", 0);

    age(&progress, 30);
    progress_update(&progress, 6);

    expect_shown(terminal, kept, "\r\033[Kload: 6, 30 s");
}

Test(progress, no_time_is_left_before_the_first_and_after_the_last)
{
    int kept, terminal = open_terminal(&kept);
    Progress progress = progress_start("load", 10);

    age(&progress, 30);
    progress_update(&progress, 0);
    age(&progress, 30);
    progress_update(&progress, 10);

    expect_shown(terminal, kept, "\r\033[Kload: 0 %, 30 s\r\033[Kload: 100 %, 30 s");
}

Test(progress, is_not_redrawn_within_a_fifth_of_a_second)
{
    int kept, terminal = open_terminal(&kept);
    Progress progress = progress_start("load", 10);

    /* However slow the machine is now. */
    progress.shown_us += INT64_C(60) * 1000000;
    for (uint64_t done = 0; done < 10; done++)
        progress_update(&progress, done);

    expect_shown(terminal, kept, "");
    cr_expect_eq(progress.done, 9);
}

Test(progress, the_last_line_replaces_the_others_on_a_terminal)
{
    int kept, terminal = open_terminal(&kept);
    Progress progress = progress_start("load", 10);

    progress_end(&progress, "done");

    expect_begins(terminal, kept, "\r\033[Kload: done (");
}
