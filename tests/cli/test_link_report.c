#include "tests/cli/workbench.h"

TestSuite(link_report, .init = cr_redirect_stdout);

Test(link_report, an_unknown_table_is_refused_before_any_work)
{
    Error error = {0};
    setenv("CINQUE_DATA", support_folder(), 1);

    expect_failure(CLI(&error, "link", "report", "--table", "rate"), &error, ERROR_USAGE,
                   "--table: rates, passes, waiting or estimates");
}

Test(link_report, an_unknown_format_is_refused_before_any_work)
{
    Error error = {0};
    setenv("CINQUE_DATA", support_folder(), 1);

    expect_failure(CLI(&error, "link", "report", "--format", "pdf"), &error, ERROR_USAGE, "format");
}

Test(link_report, a_page_is_not_cut_to_one_table)
{
    Error error = {0};
    setenv("CINQUE_DATA", support_folder(), 1);

    expect_failure(CLI(&error, "link", "report", "--format", "html", "--table", "passes"), &error,
                   ERROR_USAGE, "a page holds them all");
}
