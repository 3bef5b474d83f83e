/* Fixed width, and columns by position: what reader_scan.c makes of a line without names. */
#include "tests/ingest/reading.h"

#include <string.h>

static const ReaderColumn columns[] = {
    {.name = {.data = "a", .length = 1}, .width = 2},
    {.name = {.data = "b", .length = 1}, .width = 4},
    {.name = {.data = "c", .length = 1}, .width = 1},
};
static const ReaderFormat fixed = {
    .kind = READER_FIXED,
    .header = READER_HEADER_NONE,
    .columns = columns,
    .column_count = 3,
    .record_bytes_max = 64,
};

static void expect(const char *text, const char *expected)
{
    reading_expect(text, strlen(text), &fixed, expected);
}

Test(reader_scan, fixed_width_fields_are_cut_by_their_bytes)
{
    expect("12abcdX\n  a   Y\n", "1:12|abcd|X\n2:  |a   |Y\n");
    expect("12abcdX\r\n34efghY\r\n", "1:12|abcd|X\n2:34|efgh|Y\n");
    expect("12abcdX\r34efghY", "1:12|abcd|X\n2:34|efgh|Y\n");
    expect("12abcdX\r\n34efghY\r", "1:12|abcd|X\n2:34|efgh|Y\n");
    expect("\xef\xbb\xbf"
           "12abcdX",
           "1:12|abcd|X\n");
}

Test(reader_scan, short_and_long_records_are_damaged)
{
    expect("1\n12abcd\n12abcdXY\n12abcdX\n", "1!shorter than its columns@-1\n2!shorter than its columns@-1\n"
                                             "3!longer than its columns@-1\n4:12|abcd|X\n");
}

Test(reader_scan, a_fixed_width_record_past_the_limit_is_damaged_however_long)
{
    char text[300];

    memset(text, 'x', 200);
    memcpy(text + 200, "\n12abcdX\n", 10);

    expect(text, "1!longer than the limit@-1\n2:12|abcd|X\n");
}

Test(reader_scan, blank_lines_are_no_fixed_width_records_but_count_as_lines)
{
    expect("\n12abcdX\n       \n34efghY\n", "2:12|abcd|X\n4:34|efgh|Y\n");
}

Test(reader_scan, a_return_inside_a_fixed_width_record_damages_it)
{
    expect("12abcdX\n12a\rcdX\n", "1:12|abcd|X\n2!carriage return inside a line@-1\n");
}

Test(reader_scan, bytes_that_are_wrong_are_found_in_their_fixed_width_column)
{
    ReaderFormat latin = fixed;
    latin.is_windows_1252 = true;

    reading_expect("12a\0cdX\n", 8, &fixed, "1!NUL byte@1\n");
    expect("12ab\xc3\xb6X\n12abc\xc3\xb6\n", "1:12|ab\xc3\xb6|X\n2!invalid utf-8@1\n");
    reading_expect("\x80\xe9"
                   "abcdX\n12a\x81"
                   "cdX\n",
                   16, &latin,
                   "1:\xe2\x82\xac\xc3\xa9|abcd|X\n"
                   "2!byte undefined in windows-1252@1\n");
}

Test(reader_scan, without_header_the_first_line_is_a_row_and_its_number_of_fields_is_that_of_the_columns)
{
    const ReaderFormat bare = {.header = READER_HEADER_NONE,
                               .columns = columns,
                               .column_count = 3,
                               .delimiter = TEXT(","),
                               .quote = '"',
                               .record_bytes_max = 64};
    const char *text = "1,2,3\n4,5\n6,7,8\n";

    reading_expect(text, strlen(text), &bare,
                   "1:1|2|3\n2!another number of fields than the header@-1\n3:6|7|8\n");
}
