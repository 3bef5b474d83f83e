#pragma once
/* A released table as people get it. */
#include <criterion/criterion.h>

#include "query/released.h"

/* Until the next is printed. */
static inline const char *printed(const ReleasedTable *table, TableFormat format)
{
    static char text[8192];
    FILE *out = fmemopen(text, sizeof text, "w");

    cr_assert_not_null(out);
    released_table_print(table, format, out);
    cr_assert_eq(fclose(out), 0);
    return text;
}
