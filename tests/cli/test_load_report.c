/* What is said of a load when it has ended. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <string.h>

#include "base/date.h"
#include "cli/load_report.h"

static char printed[4096];

static void print(const IngestReport *report)
{
    cr_redirect_stdout();
    load_report_print(report, 1);
    (void)fflush(stdout);
    printed[fread(printed, 1, sizeof printed - 1, cr_get_redirected_stdout())] = '\0';
}

static IngestReport report_for(Month period)
{
    IngestReport report = {.outcome = INGEST_LOADED, .load_id = 7, .source = "visit", .sender = "hosp_a"};

    month_format(period, report.period);
    return report;
}

/* Switch: is_to_come in print_notice. */
Test(load_report, a_month_that_has_not_begun_may_be_a_slip)
{
    const IngestReport report = report_for(month_of_date(date_today()) + 1);

    print(&report);

    cr_expect_not_null(strstr(printed, "load 7 is for a month that has not begun: if that is a slip, cinque "
                                       "withdraw 7\n"));
}

Test(load_report, the_month_that_is_passes_without_a_word)
{
    const IngestReport report = report_for(month_of_date(date_today()));

    print(&report);

    cr_expect_null(strstr(printed, "has not begun"));
}

/* Switch: ends_open in print_doubts. */
Test(load_report, a_file_that_may_have_been_cut_in_its_last_row_is_named)
{
    IngestReport report = report_for(month_of_date(date_today()));
    report.ends_open = true;

    print(&report);

    cr_expect_not_null(strstr(printed,
                              "visit of hosp_a: the last line of the file has no line end: was it cut "
                              "there? Then its last row may be wrong\n"));
}

Test(load_report, of_a_load_that_is_refused_it_says_where_the_faults_are)
{
    IngestReport report = report_for(month_of_date(date_today()));
    report.outcome = INGEST_REJECTED;

    print(&report);

    cr_expect_not_null(strstr(printed, "load 7 is refused, nothing but its quarantine is kept: cinque "
                                       "quarantine 7 lists line, column and rule\n"));
}

Test(load_report, a_check_without_sender_and_month_names_neither)
{
    const IngestReport report = {.outcome = INGEST_LOADED,
                                 .source = "visit",
                                 .rules = {{.rule = "row: NUL byte", .rows = 2, .line = 517}},
                                 .rule_count = 1};

    print(&report);

    cr_expect_not_null(strstr(printed, "\nvisit:\nrule"));
    cr_expect_not_null(strstr(printed, "row: NUL byte     2         517\n"), "%s", printed);
}
