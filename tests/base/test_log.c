#include "base/log.h"

#include <string.h>

#include "tests/base/workbench.h"

TestSuite(log, .fini = workbench_clear);

Test(log, a_line_has_time_level_event_and_pairs)
{
    char caught[4096];
    int kept = workbench_catch_stderr();

    log_event(LOG_LEVEL_WARNING, "load_done", "load=%d rejected=%d", 7, 0);
    log_event(LOG_LEVEL_ERROR, "load_failed", "load=%d", 8);
    workbench_caught(kept, caught, sizeof caught);

    cr_expect_eq(strlen(caught), strlen("2026-11-21T09:30:00.000000Z warning load_done load=7 rejected=0\n") +
                                     strlen("2026-11-21T09:30:00.000000Z error load_failed load=8\n"));
    cr_expect_eq(caught[10], 'T');
    cr_expect_eq(strncmp(caught + 26, "Z warning load_done load=7 rejected=0\n", 38), 0);
    cr_expect_not_null(strstr(caught, "Z error load_failed load=8\n"));
}

Test(log, an_event_below_the_level_is_not_written)
{
    char caught[4096];
    int kept = workbench_catch_stderr();

    log_event(LOG_LEVEL_INFO, "hidden", "n=%d", 1);
    log_set_level(LOG_LEVEL_DEBUG);
    log_event(LOG_LEVEL_DEBUG, "shown_debug", "n=%d", 1);
    log_event(LOG_LEVEL_INFO, "shown_info", "n=%d", 1);
    log_set_level(LOG_LEVEL_ERROR);
    log_event(LOG_LEVEL_WARNING, "hidden", "n=%d", 1);
    workbench_caught(kept, caught, sizeof caught);

    cr_expect_null(strstr(caught, "hidden"));
    cr_expect_not_null(strstr(caught, " debug shown_debug n=1\n"));
    cr_expect_not_null(strstr(caught, " info shown_info n=1\n"));
}

/* Goes red when control characters are let through: then one event could forge a second. */
Test(log, an_event_is_one_line_whatever_is_in_it)
{
    char caught[4096];
    int kept = workbench_catch_stderr();

    log_event(LOG_LEVEL_ERROR, "event", "a=%s",
              "1\n2026 error forged\x1B[31m\x7F"
              "b");
    workbench_caught(kept, caught, sizeof caught);

    cr_expect_eq(strchr(caught, '\n'), caught + strlen(caught) - 1);
    cr_expect_not_null(strstr(caught, "a=1 2026 error forged [31m b\n"));
}

Test(log, a_line_too_long_is_cut_and_still_ends)
{
    char caught[8192], longer[6000];
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    int kept = workbench_catch_stderr();

    log_event(LOG_LEVEL_ERROR, "event", "%s", longer);
    log_event(LOG_LEVEL_ERROR, longer, "%s", "y");
    workbench_caught(kept, caught, sizeof caught);

    cr_expect_eq(strlen(caught), 2 * 2048);
    cr_expect_eq(caught[2047], '\n');
    cr_expect_eq(caught[4095], '\n');
}

Test(log, an_event_without_pairs_ends_at_its_name)
{
    char caught[4096];
    int kept = workbench_catch_stderr();

    log_event(LOG_LEVEL_ERROR, "event", "%s", "");
    workbench_caught(kept, caught, sizeof caught);

    cr_expect_str_eq(caught + 26, "Z error event\n");
}
