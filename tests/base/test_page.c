#include <criterion/criterion.h>
#include <string.h>

#include "base/page.h"

Test(page, what_html_would_take_for_its_own_is_escaped)
{
    char text[8192] = "";
    FILE *out = fmemopen(text, sizeof text - 1, "w");
    cr_assert_not_null(out);

    page_begin(TEXT("<a> & \"b\""), out);
    page_end(out);
    (void)fclose(out);

    cr_expect_not_null(strstr(text, "<title>&lt;a&gt; &amp; &quot;b&quot;</title>"));
    cr_expect_not_null(strstr(text, "<h1>&lt;a&gt; &amp; &quot;b&quot;</h1>"));
    cr_expect_not_null(strstr(text, "</html>"));
}
