#include "tests/ingest/reading.h"

#include <string.h>

/* PostgreSQL 15's manual, COPY, "Binary Format": signature, flags, length of the extension. */
#define SIGNATURE "PGCOPY\n\xff\r\n\0"
#define HEAD      SIGNATURE "\0\0\0\0\0\0\0\0"
#define ROW       "\0\2"
#define TRAILER   "\xff\xff"
#define NO_VALUE  "\xff\xff\xff\xff"
#define ONE       "\0\0\0\1"
#define THREE     "\0\0\0\3"

static const ReaderColumn columns[] = {
    {.name = {.data = "a", .length = 1}},
    {.name = {.data = "b", .length = 1}},
};
static const ReaderFormat binary = {
    .kind = READER_POSTGRES_BINARY,
    .header = READER_HEADER_NONE,
    .columns = columns,
    .column_count = 2,
    .record_bytes_max = 64,
};

#define EXPECT(bytes, expected) reading_expect(bytes, sizeof(bytes) - 1, &binary, expected)

Test(reader_pgcopy, rows_come_numbered_and_null_is_empty)
{
    EXPECT(HEAD ROW ONE "x" THREE "y\nz" ROW NO_VALUE "\0\0\0\0" ROW THREE "K\xc3\xb6" ONE "1" TRAILER,
           "1:x|y\nz\n2:|\n3:K\xc3\xb6|1\n");
}

Test(reader_pgcopy, no_rows_are_a_file)
{
    EXPECT(HEAD TRAILER, "");
}

/* Bits 0 to 15 of the flags and the extension are for what a reader may pass over. */
Test(reader_pgcopy, what_need_not_be_known_is_passed_over)
{
    EXPECT(SIGNATURE "\0\0\xff\xff" THREE "abc" ROW ONE "x" ONE "y" TRAILER, "1:x|y\n");
}

Test(reader_pgcopy, flags_that_change_the_format_are_refused)
{
    EXPECT(SIGNATURE "\0\1\0\0"
                     "\0\0\0\0" TRAILER,
           "error: : a binary copy with flags that are not known");
}

Test(reader_pgcopy, another_format_is_refused)
{
    EXPECT("a,b\n1,2\n", "error: : not PostgreSQL's binary copy format");
    EXPECT("PGCOPY\n\xff\r\r\0"
           "\0\0\0\0"
           "\0\0\0\0" TRAILER,
           "error: : not PostgreSQL's binary copy format");
    EXPECT("", "error: : not PostgreSQL's binary copy format");
}

/* The switch: need. */
Test(reader_pgcopy, a_cut_anywhere_is_an_error)
{
    static const char file[] = HEAD ROW ONE "x" THREE "y\nz" TRAILER;

    for (size_t cut = 0; cut < sizeof file - 1; cut++)
        reading_expect(file, cut, &binary,
                       cut < 11   ? "error: : not PostgreSQL's binary copy format"
                       : cut < 33 ? "error:  row 1: the file ends before its trailer: cut short?"
                                  : "1:x|y\nz\nerror:  row 2: the file ends before its trailer: cut short?");
}

Test(reader_pgcopy, bytes_behind_the_trailer_are_an_error)
{
    EXPECT(HEAD TRAILER "\0", "error: : bytes behind the trailer of the binary copy");
    EXPECT(HEAD TRAILER HEAD TRAILER, "error: : bytes behind the trailer of the binary copy");
}

Test(reader_pgcopy, another_number_of_fields_refuses_the_file)
{
    EXPECT(HEAD ROW ONE "x" ONE "y"
                        "\0\3" ONE "x" ONE "y" ONE "z" TRAILER,
           "1:x|y\nerror:  row 2: another number of fields than the 2 columns of the spec");
    EXPECT(HEAD "\xff\xfe", "error:  row 1: another number of fields than the 2 columns of the spec");
}

Test(reader_pgcopy, a_length_below_that_of_null_is_an_error)
{
    EXPECT(HEAD ROW ONE "x\xff\xff\xff\xfe" TRAILER, "error:  row 1, field 2: its length is damaged");
}

Test(reader_pgcopy, nul_and_wrong_utf8_damage_the_row_and_name_its_column)
{
    EXPECT(HEAD ROW ONE "x" ONE "\0" ROW THREE "K\xf6n" ONE "\0" ROW ONE "x" ONE "y" TRAILER,
           "1!NUL byte@1\n2!invalid utf-8@0\n3:x|y\n");
}

/* record_bytes_max is 64: 2 + 4 + 1 + 4 + 53. The switch: is_long. */
Test(reader_pgcopy, a_row_past_the_limit_damages_itself_alone)
{
#define TEN   "0123456789"
#define FIFTY TEN TEN TEN TEN TEN
    EXPECT(HEAD ROW ONE "x\0\0\0\x35" FIFTY "012" ROW ONE "x\0\0\0\x36" FIFTY "0123" ROW
                        "\0\0\0\x64" FIFTY FIFTY ONE "y" ROW ONE "x" ONE "y" TRAILER,
           "1:x|" FIFTY "012\n2!longer than the limit@-1\n3!longer than the limit@-1\n4:x|y\n");
}
