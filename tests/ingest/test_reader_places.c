/* Where records stand, by every kind of reader; what stands there is compared in reading_expect. */
#include "tests/ingest/reading.h"

#include <string.h>

static const ReaderColumn columns[] = {
    {.name = {.data = "a", .length = 1}, .width = 2},
    {.name = {.data = "b", .length = 1}, .width = 2},
};
static const ReaderFormat csv = {
    .delimiter = {.data = ",", .length = 1}, .quote = '"', .record_bytes_max = 64};

#define EXPECT(format, bytes, expected) reading_expect_places(bytes, sizeof(bytes) - 1, format, expected)

Test(reader_places, lines_stand_behind_marks_skipped_lines_and_blank_ones)
{
    ReaderFormat skipping = csv;
    skipping.lines_skipped = 1;

    EXPECT(&csv, "a,b\n1,22\n\n3,4", "1 at 0 for 3\n2 at 4 for 4\n4 at 10 for 3\n");
    EXPECT(&csv,
           "\xef\xbb\xbf"
           "a,b\r\n1,2\r\n",
           "1 at 3 for 3\n2 at 8 for 3\n");
    EXPECT(&skipping, "made up\r\na,b\r\n1,2\r\n", "2 at 9 for 3\n3 at 14 for 3\n");
    EXPECT(&csv, "a,b\r1,2\r", "1 at 0 for 3\n2 at 4 for 3\n");
}

Test(reader_places, a_damaged_record_stands_for_its_first_line)
{
    EXPECT(&csv, "a,b\n\"x\ny\",2\n3\n", "1 at 0 for 3\n2 at 4 for 7\n4 at 12 for 1\n");
    EXPECT(&csv, "a,b\n1,\"x\n3,4\n", "1 at 0 for 3\n2 at 4 for 4\n3 at 9 for 3\n");
}

/* The line end may fall between two reads. */
Test(reader_places, a_record_too_long_to_hold_has_its_length_all_the_same)
{
#define TEN     "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
    ReaderFormat lines = csv;
    lines.kind = READER_JSON_LINES;
    lines.columns = columns;
    lines.column_count = 2;

    EXPECT(&csv, "a,b\n" HUNDRED HUNDRED ",2\n3,4\n", "1 at 0 for 3\n2 at 4 for 202\n3 at 207 for 3\n");
    EXPECT(&csv, "a,b\r\n" HUNDRED "\r\n3,4\r\n", "1 at 0 for 3\n2 at 5 for 100\n3 at 107 for 3\n");
    EXPECT(&csv, "a,b\r\n" HUNDRED "\r3\r\n3,4\r\n", "1 at 0 for 3\n2 at 5 for 102\n3 at 109 for 3\n");
    EXPECT(&csv, "a,b\n" HUNDRED, "1 at 0 for 3\n2 at 4 for 100\n");
    EXPECT(&csv, "a,b\n\"" HUNDRED "\n3,4\n", "1 at 0 for 3\n2 at 4 for 101\n3 at 106 for 3\n");
    EXPECT(&lines, HUNDRED "\n{}\n", "1 at 0 for 100\n2 at 101 for 2\n");
}

Test(reader_places, of_utf16_it_is_the_place_in_utf8_without_the_mark)
{
    static const char text[] = "\xff\xfe"
                               "a\0\n\0"
                               "\xac\x20\n\0"
                               "b\0\n";

    reading_expect_places(text, sizeof text, &csv, "1 at 0 for 1\n2 at 2 for 3\n3 at 6 for 1\n");
}

Test(reader_places, of_windows_1252_it_is_the_place_as_delivered)
{
    ReaderFormat latin = csv;
    latin.is_windows_1252 = true;

    EXPECT(&latin, "a\n\x80\x80\nb\n", "1 at 0 for 1\n2 at 2 for 2\n3 at 5 for 1\n");
}

Test(reader_places, fixed_width_and_json_lines_stand_where_their_line_does)
{
    ReaderFormat lines = csv;
    lines.columns = columns;
    lines.column_count = 2;
    lines.kind = READER_FIXED;
    lines.header_record = (ReaderMarker){.name = {.data = "H", .length = 1}};

    EXPECT(&lines, "H1\r\n1122\r\n112\r\n", "2 at 4 for 4\n3 at 10 for 3\n");
    lines.kind = READER_JSON_LINES;
    lines.header_record = (ReaderMarker){0};
    EXPECT(&lines, "{\"a\":1}\n\n{\"c\":1}\n", "1 at 0 for 7\n3 at 9 for 7\n");
}

Test(reader_places, of_xml_it_is_the_element)
{
    ReaderFormat xml = csv;
    xml.kind = READER_XML;
    xml.columns = columns;
    xml.column_count = 2;
    xml.record_element = TEXT("Row");

    EXPECT(&xml, "<x>\n<Row><a>1</a></Row> <Row c='3'/>\n</x>", "2 at 4 for 19\n2 at 24 for 12\n");
    EXPECT(&xml, "\xef\xbb\xbf<x><Row/><Row b='" HUNDRED "'/><Row/></x>",
           "1 at 6 for 6\n1 at 12 for 111\n1 at 123 for 6\n");
}

Test(reader_places, of_a_binary_copy_it_is_the_row_with_its_number_of_fields)
{
#define HEAD "PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0"
#define ONE  "\0\0\0\1"
    ReaderFormat binary = csv;
    binary.kind = READER_POSTGRES_BINARY;
    binary.header = READER_HEADER_NONE;
    binary.columns = columns;
    binary.column_count = 2;

    EXPECT(&binary,
           HEAD "\0\2" ONE "x" ONE "y"
                "\0\2\0\0\0\x64" HUNDRED ONE "y"
                "\0\2" ONE "x" ONE "\0"
                "\xff\xff",
           "1 at 19 for 12\n2 at 31 for 111\n3 at 142 for 12\n");
}
