#include "base/table.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

static char *printed(const Table *table, TableFormat format)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);

    table_print(table, format, out);
    cr_assert_eq(fclose(out), 0);
    return text;
}

static void expect_printed(Table *table, TableFormat format, const char *expected)
{
    char *text = printed(table, format);

    cr_expect_str_eq(text, expected);
    free(text);
    table_close(&table);
    cr_expect_null(table);
}

static Table *districts(void)
{
    static const char *const headings[] = {"district", "people", "note"};
    static const bool right[] = {false, true, false};
    Table *table = table_create(headings, right, 3);

    table_row(table, (Text[]){TEXT("Ashford"), TEXT("1205"), TEXT("")});
    table_row(table, (Text[]){TEXT("Caf\xC3\xA9"), TEXT("-7.5"), TEXT("a \"b\", c")});
    return table;
}

/* One column, one row. */
static Table *single(const char *cell, bool right_aligned)
{
    static const char *const headings[] = {"h"};
    Table *table = table_create(headings, &right_aligned, 1);

    table_row(table, (Text[]){text_from(cell)});
    return table;
}

Test(table, counts_its_rows)
{
    Table *table = districts();

    cr_expect_eq(table_row_count(table), 2);

    table_close(&table);
    table_close(&table);
}

Test(table, copies_what_it_is_given)
{
    char heading[] = "h", cell[] = "cell";
    const char *headings[] = {heading};
    Table *table = table_create(headings, NULL, 1);
    table_row(table, (Text[]){text_from(cell)});

    heading[0] = 'x';
    cell[0] = 'x';

    expect_printed(table, TABLE_CSV, "h\r\ncell\r\n");
}

Test(table, a_terminal_sees_aligned_columns_counted_in_letters)
{
    expect_printed(districts(), TABLE_TERMINAL,
                   "district  people  note\n"
                   "--------  ------  --------\n"
                   "Ashford     1205  \n"
                   "Caf\xC3\xA9        -7.5  a \"b\", c\n");
}

Test(table, without_rows_still_has_headings)
{
    static const char *const headings[] = {"a", "bc"};

    expect_printed(table_create(headings, NULL, 2), TABLE_TERMINAL, "a  bc\n-  --\n");
    expect_printed(table_create(headings, NULL, 2), TABLE_CSV, "a,bc\r\n");
    expect_printed(table_create(headings, NULL, 2), TABLE_JSON, "[]\n");
}

Test(table, holds_many_rows)
{
    static const char *const headings[] = {"n"};
    Table *table = table_create(headings, NULL, 1);

    for (size_t i = 0; i < 1000; i++)
        table_row(table, (Text[]){TEXT("12")});

    cr_expect_eq(table_row_count(table), 1000);
    char *text = printed(table, TABLE_CSV);
    cr_expect_eq(strlen(text), 3 + 1000 * 4);
    free(text);
    table_close(&table);
}

/* Goes red when put_visible lets control characters through. ECMA-48: ESC, and CSI as C1 (U+009B). */
Test(table, a_cell_cannot_steer_the_terminal)
{
    expect_printed(single("a\x1B[2J\n\x7F"
                          "b\xC2\x9B"
                          "c",
                          false),
                   TABLE_TERMINAL, "h\n----------\na [2J  b c\n");
    expect_printed(single("\xC2\xA3", false), TABLE_TERMINAL, "h\n-\n\xC2\xA3\n");
}

/* RFC 4180, section 2, rules 5 to 7. */
Test(table, csv_quotes_what_needs_it)
{
    expect_printed(districts(), TABLE_CSV,
                   "district,people,note\r\n"
                   "Ashford,1205,\r\n"
                   "Caf\xC3\xA9,-7.5,\"a \"\"b\"\", c\"\r\n");
    expect_printed(single("a\nb", false), TABLE_CSV, "h\r\n\"a\nb\"\r\n");
    expect_printed(single("a\rb", false), TABLE_CSV, "h\r\n\"a\rb\"\r\n");
}

/* Goes red when looks_like_formula says no. */
Test(table, csv_keeps_a_spreadsheet_from_taking_a_cell_for_a_formula)
{
    static const char *const cells[][2] = {
        {"=1+1", "h\r\n'=1+1\r\n"},
        {"+1", "h\r\n'+1\r\n"},
        {"-1+1", "h\r\n'-1+1\r\n"},
        {"@SUM(A1)", "h\r\n'@SUM(A1)\r\n"},
        {"\t=1", "h\r\n'\t=1\r\n"},
        {"\r=1", "h\r\n\"'\r=1\"\r\n"},
        {"=A1,\"x\"", "h\r\n\"'=A1,\"\"x\"\"\"\r\n"},
        {"-", "h\r\n'-\r\n"},
    };

    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        expect_printed(single(cells[i][0], false), TABLE_CSV, cells[i][1]);
}

Test(table, csv_leaves_plain_numbers_and_text_alone)
{
    expect_printed(single("-12.5", false), TABLE_CSV, "h\r\n-12.5\r\n");
    expect_printed(single("a=b", false), TABLE_CSV, "h\r\na=b\r\n");
    expect_printed(single("", false), TABLE_CSV, "h\r\n\r\n");
}

Test(table, csv_guards_headings_too)
{
    static const char *const headings[] = {"=h,"};

    expect_printed(table_create(headings, NULL, 1), TABLE_CSV, "\"'=h,\"\r\n");
}

Test(table, json_is_an_array_of_objects_with_numbers_in_right_aligned_columns)
{
    expect_printed(districts(), TABLE_JSON,
                   "[\n"
                   " {\"district\": \"Ashford\", \"people\": 1205, \"note\": \"\"},\n"
                   " {\"district\": \"Caf\xC3\xA9\", \"people\": -7.5, \"note\": \"a \\\"b\\\", c\"}\n"
                   "]\n");
}

/* RFC 8259, section 6. */
Test(table, json_writes_as_numbers_only_what_json_takes_for_one)
{
    static const char *const cells[][2] = {
        {"0", "0"},         {"-0", "-0"},       {"0.50", "0.50"},   {"10", "10"},       {"007", "\"007\""},
        {"-01", "\"-01\""}, {"+1", "\"+1\""},   {"1.", "\"1.\""},   {".5", "\".5\""},   {"", "null"},
        {"<10", "\"<10\""}, {"1e3", "\"1e3\""}, {"nan", "\"nan\""}, {"1,5", "\"1,5\""}, {"-", "\"-\""},
    };
    char expected[100];

    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        (void)snprintf(expected, sizeof expected, "[\n {\"h\": %s}\n]\n", cells[i][1]);
        expect_printed(single(cells[i][0], true), TABLE_JSON, expected);
    }
    expect_printed(single("12", false), TABLE_JSON, "[\n {\"h\": \"12\"}\n]\n");
}

/* RFC 8259, sections 7 and 8.1. */
Test(table, json_escapes_quotes_controls_and_what_is_no_utf8)
{
    expect_printed(single("a\\b\"\n\x01\x7F", false), TABLE_JSON,
                   "[\n {\"h\": \"a\\\\b\\\"\\u000a\\u0001\\u007f\"}\n]\n");
    expect_printed(single("a\xE9z", false), TABLE_JSON, "[\n {\"h\": \"a\\ufffdz\"}\n]\n");
}

Test(table, formats_are_known_by_name)
{
    TableFormat format = TABLE_CSV;

    cr_expect(table_format_parse(TEXT("terminal"), &format) && format == TABLE_TERMINAL);
    cr_expect(table_format_parse(TEXT("csv"), &format) && format == TABLE_CSV);
    cr_expect(table_format_parse(TEXT("json"), &format) && format == TABLE_JSON);
    cr_expect_not(table_format_parse(TEXT("xml"), &format));
    cr_expect_not(table_format_parse(TEXT(""), &format));
    cr_expect_eq(format, TABLE_JSON);
}
