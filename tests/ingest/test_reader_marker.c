#include "tests/ingest/reading.h"

#include <string.h>

static const ReaderColumn columns[] = {
    {.name = {.data = "a", .length = 1}, .width = 1},
    {.name = {.data = "b", .length = 1}, .width = 3},
};
static const ReaderFormat fixed = {
    .kind = READER_FIXED,
    .header = READER_HEADER_NONE,
    .columns = columns,
    .column_count = 2,
    .header_record = {.name = {.data = "HDR", .length = 3}, .count_from = 5, .count_to = 7},
    .trailer = {.name = {.data = "TRL", .length = 3}, .count_from = 4},
    .record_bytes_max = 64,
};
static const ReaderFormat delimited = {
    .header = READER_HEADER_NONE,
    .columns = columns,
    .column_count = 2,
    .delimiter = {.data = ",", .length = 1},
    .quote = '"',
    .header_record = {.name = {.data = "HDR", .length = 3}, .count_from = 3},
    .trailer = {.name = {.data = "TRL", .length = 3}, .count_from = 2},
    .record_bytes_max = 64,
};

static void expect(const ReaderFormat *format, const char *text, const char *expected)
{
    reading_expect(text, strlen(text), format, expected);
}

Test(reader_marker, fixed_width_header_and_trailer_records_are_no_rows)
{
    expect(&fixed, "HDR 002 x\n1abc\n2def\nTRL0000002\n", "2:1|abc\n3:2|def\n");
    expect(&fixed, "HDR   0\nTRL 0", "");
}

Test(reader_marker, a_damaged_row_counts_as_a_row)
{
    expect(&fixed, "HDR 002\n1abc\n2d\nTRL2\n", "2:1|abc\n3!shorter than its columns@-1\n");
}

Test(reader_marker, a_fixed_width_trailer_must_tell_the_number_of_rows_and_be_last)
{
    expect(&fixed, "HDR 001\n1abc\nTRL2\n",
           "2:1|abc\nerror:  line 3: the trailer's number of rows differs from the 1 read");
    expect(&fixed, "HDR 001\n1abc\nTRL\n", "2:1|abc\nerror:  line 3: the trailer has no number of rows");
    expect(&fixed, "HDR 001\n1abc\nTRL1x\n", "2:1|abc\nerror:  line 3: the trailer has no number of rows");
    expect(&fixed, "HDR 001\n1abc\nTRL-1\n", "2:1|abc\nerror:  line 3: the trailer has no number of rows");
    expect(&fixed, "HDR 001\n1abc\n",
           "2:1|abc\nerror: : the trailer that its spec declares is absent: cut short?");
    expect(&fixed, "HDR 001\n1abc\nTRL1\n2def\n",
           "2:1|abc\nerror:  line 4: the trailer is not the last record");
}

Test(reader_marker, a_header_record_must_be_first_and_tell_the_number_of_rows)
{
    expect(&fixed, "1abc\nTRL1\n", "error:  line 1: the header record that its spec declares is absent");
    expect(&fixed, "HDR x\n1abc\nTRL1\n", "error:  line 1: the header record has no number of rows");
    expect(&fixed, "HDR\n1abc\nTRL1\n", "error:  line 1: the header record has no number of rows");
    expect(&fixed, "HDR 003\n1abc\nTRL1\n",
           "2:1|abc\nerror: : the header record's number of rows differs from the 1 read");
}

Test(reader_marker, a_header_record_without_a_count_is_passed)
{
    ReaderFormat uncounted = fixed;

    uncounted.header_record.count_from = 0;

    expect(&uncounted, "HDR\n1abc\nTRL1\n", "2:1|abc\n");
}

Test(reader_marker, delimited_text_has_header_records_too)
{
    expect(&delimited, "\nHDR,x,2\n1,2\n3,4\nTRL,2\n", "3:1|2\n4:3|4\n");
    expect(&delimited, "HDR,x\n1,2\nTRL,1\n", "error:  line 1: the header record has no number of rows");
    expect(&delimited, "HDR,\"x\n1,2\nTRL,1\n",
           "error:  line 1: the header record that its spec declares is absent");
    expect(&delimited, "HDR,x,2\n1,2\nTRL,1\n",
           "2:1|2\nerror: : the header record's number of rows differs from the 1 read");
}

Test(reader_marker, the_line_of_names_follows_the_header_record)
{
    ReaderFormat named = delimited;

    named.header = READER_HEADER_EXACT;
    named.column_count = 0;

    expect(&named, "HDR,x,1\na,b\n1,2\nTRL,1\n", "2:a|b\n3:1|2\n");
}
