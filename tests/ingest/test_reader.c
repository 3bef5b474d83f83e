#include "tests/ingest/reading.h"

#include <stdio.h>
#include <string.h>

static const ReaderFormat csv = {
    .delimiter = {.data = ",", .length = 1}, .quote = '"', .record_bytes_max = 128};

static void expect(const char *text, const char *expected)
{
    reading_expect(text, strlen(text), &csv, expected);
}

Test(reader, fields_and_lines_are_told_apart)
{
    expect("a,b,c\n1,2,3\n,,\n", "1:a|b|c\n2:1|2|3\n3:||\n");
}

Test(reader, the_last_line_needs_no_line_end)
{
    expect("a,b\n1,2", "1:a|b\n2:1|2\n");
    expect("a,b\n1,", "1:a|b\n2:1|\n");
    expect("a,b\n1,\"2\"", "1:a|b\n2:1|2\n");
}

Test(reader, crlf_and_cr_end_lines_too)
{
    expect("a,b\r\n1,2\r\n", "1:a|b\n2:1|2\n");
    expect("a,b\r1,2\r", "1:a|b\n2:1|2\n");
    expect("a,b\r\n1,2\r", "1:a|b\n2:1|2\n");
}

Test(reader, a_return_inside_a_line_damages_the_row)
{
    expect("a,b\n1\r,2\n3,4\n", "1:a|b\n2!carriage return inside a line@0\n3:3|4\n");
}

Test(reader, quoted_fields_hold_delimiters_quotes_and_lines)
{
    expect("a,b\n\"x, \"\"y\"\"\nz\",2\n3,4\n", "1:a|b\n2:x, \"y\"\nz|2\n4:3|4\n");
    expect("a,b\r\n\"x\r\ny\",\"\"\"\"\r\n3,4\r\n", "1:a|b\n2:x\r\ny|\"\n4:3|4\n");
}

Test(reader, a_quote_inside_an_unquoted_field_is_itself)
{
    expect("a,b\n5\" nail,2\n", "1:a|b\n2:5\" nail|2\n");
}

Test(reader, text_after_a_closing_quote_damages_the_row)
{
    expect("a,b\n1,\"x\"y\n3,4\n", "1:a|b\n2!text after closing quote@1\n3:3|4\n");
}

Test(reader, an_unclosed_quote_does_not_swallow_the_rows_after_it)
{
    expect("a,b\n1,\"x\n3,4\n5,6\n", "1:a|b\n2!unclosed quote@1\n3:3|4\n4:5|6\n");
}

Test(reader, an_unclosed_quote_is_given_up_at_the_limit_of_a_record)
{
    char text[1024] = "a,b\n1,\"x\n", expected[2048] = "1:a|b\n2!unclosed quote@1\n";

    for (int i = 3; i < 60; i++) {
        snprintf(text + strlen(text), 16, "%d,ok\n", i);
        snprintf(expected + strlen(expected), 16, "%d:%d|ok\n", i, i);
    }

    expect(text, expected);
}

Test(reader, a_quote_closed_by_the_next_rows_quote_does_not_swallow_that_row)
{
    expect("a,b\n1,\"x\n2,\"y\"\n3,4\n", "1:a|b\n2!text after closing quote@1\n3:2|y\n4:3|4\n");
    expect("a,b,c\n1,\"x\n2,y\"\n3,4,5\n", "1:a|b|c\n2!another number of fields than the header@-1\n"
                                           "3!another number of fields than the header@-1\n4:3|4|5\n");
}

Test(reader, ragged_rows_are_damaged)
{
    expect("a,b\n1\n1,2,3\n4,5\n", "1:a|b\n2!another number of fields than the header@-1\n"
                                   "3!another number of fields than the header@-1\n4:4|5\n");
}

Test(reader, blank_lines_are_no_rows_but_count_as_lines)
{
    expect("\n\na,b\n\n1,2\n   \n\r\n", "3:a|b\n5:1|2\n");
}

Test(reader, a_record_past_the_limit_is_damaged_however_long)
{
    char text[700] = "a,b\n", line[400];

    memset(line, 'x', 300);
    snprintf(line + 300, 10, ",2\n");
    strncat(text, line, sizeof text - strlen(text) - 1);
    strncat(text, "3,4\n", sizeof text - strlen(text) - 1);

    expect(text, "1:a|b\n2!longer than the limit@0\n3:3|4\n");
}

Test(reader, a_quoted_field_past_the_limit_is_damaged)
{
    char text[700] = "a,b\n\"", line[400];

    memset(line, 'x', 300);
    snprintf(line + 300, 10, "\",2\n");
    strncat(text, line, sizeof text - strlen(text) - 1);
    strncat(text, "3,4\n", sizeof text - strlen(text) - 1);

    expect(text, "1:a|b\n2!longer than the limit@0\n3:3|4\n");
}

Test(reader, too_many_fields_damage_the_row)
{
    ReaderFormat wide = csv;
    char text[3000] = "a,b\n";

    wide.record_bytes_max = 4096;
    memset(text + 4, ',', 1500);
    snprintf(text + 1504, 16, "\n3,4\n");

    reading_expect(text, strlen(text), &wide, "1:a|b\n2!too many fields@1024\n3:3|4\n");
}

Test(reader, a_byte_order_mark_is_no_part_of_the_first_name)
{
    expect("\xef\xbb\xbf"
           "a,b\n1,2\n",
           "1:a|b\n2:1|2\n");
    expect("\xef\xbb\xbf\"a\",b\n1,2\n", "1:a|b\n2:1|2\n");
}

Test(reader, nothing_is_read_from_an_empty_file)
{
    expect("", "");
    expect("\xef\xbb\xbf", "");
    expect("\n\n", "");
}

Test(reader, nul_bytes_damage_the_row)
{
    reading_expect("a,b\n1,x\0y\n3,4\n", 14, &csv, "1:a|b\n2!NUL byte@1\n3:3|4\n");
}

Test(reader, invalid_utf8_damages_the_row_and_names_the_field)
{
    expect("a,b\nK\xc3\xb6ln,2\n1,K\xf6ln\n5,6\n", "1:a|b\n2:K\xc3\xb6ln|2\n3!invalid utf-8@1\n4:5|6\n");
}

Test(reader, windows_1252_is_decoded)
{
    ReaderFormat latin = csv;
    const char *text = "a,b\ncaf\xe9 \x80"
                       "5 \x93q\x94,\"O\x92N\"\"\xff\"\n";

    latin.is_windows_1252 = true;

    reading_expect(text, strlen(text), &latin,
                   "1:a|b\n2:caf\xc3\xa9 \xe2\x82\xac"
                   "5 \xe2\x80\x9cq\xe2\x80\x9d|O\xe2\x80\x99N\"\xc3\xbf\n");
}

/* Else it would be decoded twice. Switch: transcode_is_marked in reader_pass_mark. */
Test(reader, a_byte_order_mark_decides_whatever_is_declared)
{
    static const char utf16[] = "\xff\xfe"
                                "a\0\n\0\xe9\0\n";
    ReaderFormat latin = csv;
    latin.is_windows_1252 = true;

    reading_expect("\xef\xbb\xbf"
                   "a\n\xc3\xa9\n\xe9\n",
                   10, &latin, "1:a\n2:\xc3\xa9\n3!invalid utf-8@0\n");
    reading_expect(utf16, sizeof utf16, &latin, "1:a\n2:\xc3\xa9\n");
}

Test(reader, fixed_width_in_utf16_is_refused)
{
    static const ReaderColumn columns[] = {{.name = {.data = "a", .length = 1}, .width = 2}};
    ReaderFormat fixed = {
        .kind = READER_FIXED, .columns = columns, .column_count = 1, .record_bytes_max = 128};

    reading_expect("\xff\xfe"
                   "1\0002\0\n",
                   8, &fixed, "error: : utf-16, and fixed width is cut by bytes");
    reading_expect("\xef\xbb\xbf"
                   "12\n",
                   6, &fixed, "1:12\n");
}

Test(reader, the_five_undefined_bytes_of_windows_1252_damage_the_row)
{
    ReaderFormat latin = csv;
    const char *text = "a,b\n1,\x81\n1,\x8d\n1,\x8f\n1,\x90\n1,\x9d\n1,\x9e\n";

    latin.is_windows_1252 = true;

    reading_expect(text, strlen(text), &latin,
                   "1:a|b\n2!byte undefined in windows-1252@1\n3!byte undefined in windows-1252@1\n"
                   "4!byte undefined in windows-1252@1\n5!byte undefined in windows-1252@1\n"
                   "6!byte undefined in windows-1252@1\n7:1|\xc5\xbe\n");
}

Test(reader, other_delimiters_work_of_one_byte_and_of_several)
{
    ReaderFormat pipe = csv, tilde = csv;

    pipe.delimiter = TEXT("|");
    tilde.delimiter = TEXT("~|~");

    reading_expect("a|b\n1,2|3\n", 10, &pipe, "1:a|b\n2:1,2|3\n");
    reading_expect("a~|~b\n1~2~|~\"3~|~4\"\n", 20, &tilde, "1:a|b\n2:1~2|3~|~4\n");
}

Test(reader, without_quotes_a_quote_is_a_letter)
{
    ReaderFormat bare = csv;

    bare.quote = 0;

    reading_expect("a,b\n\"1,2\n", 9, &bare, "1:a|b\n2:\"1|2\n");
}

Test(reader, lines_in_front_of_the_header_are_passed)
{
    ReaderFormat skipping = csv;

    skipping.lines_skipped = 2;

    reading_expect("made \"1\n\na,b\n1,2\n", 17, &skipping, "3:a|b\n4:1|2\n");
}

Test(reader, a_trailer_is_no_row_and_must_tell_the_number_of_rows)
{
    ReaderFormat trailed = csv;

    trailed.trailer = (ReaderMarker){.name = TEXT("END"), .count_from = 2};

    reading_expect("a,b\n1,2\n3\nEND,2\n", 16, &trailed,
                   "1:a|b\n2:1|2\n3!another number of fields than the header@-1\n");
    reading_expect("a,b\n1,2\nEND,2\n", 14, &trailed,
                   "1:a|b\n2:1|2\nerror:  line 3: the trailer's number of rows differs from the 1 read");
    reading_expect("a,b\n1,2\nEND,x\n", 14, &trailed,
                   "1:a|b\n2:1|2\nerror:  line 3: the trailer has no number of rows");
    reading_expect("a,b\n1,2\n", 8, &trailed,
                   "1:a|b\n2:1|2\nerror: : the trailer that its spec declares is absent: cut short?");
    reading_expect("a,b\n1,2\nEND,1\n3,4\n", 18, &trailed,
                   "1:a|b\n2:1|2\nerror:  line 4: the trailer is not the last record");
}

Test(reader, formats_that_are_not_read_are_refused_by_name)
{
    expect("\xFD"
           "7zXZzzzz",
           "error: : a xz file: only plain, gzip, zstd, zip and tar files are read");
}

Test(reader, the_field_in_which_the_limit_is_passed_is_told)
{
    char text[400] = "a,b\n1,";

    memset(text + 6, 'x', 300);
    snprintf(text + 306, 10, "\n3,4\n");

    expect(text, "1:a|b\n2!longer than the limit@1\n3:3|4\n");
}

Test(reader, the_digest_is_of_the_file_as_delivered)
{
    SCOPED(reader_close) Reader *reader = NULL;
    const char *path = reading_file("\xef\xbb\xbf"
                                    "abc",
                                    6);
    const ReaderRecord *record;
    char hex[HASH_TEXT_BYTES];
    Error error = {0};
    Hash digest;

    cr_assert(reader_open(path, &csv, &reader, &error).ok, "%s", error.message);
    do {
        cr_assert(reader_next(reader, &record, &error).ok);
    } while (record != NULL);

    cr_assert(reader_digest(reader, &digest));
    /* printf '\xef\xbb\xbfabc' | sha256sum */
    cr_expect_str_eq(hash_format(&digest, hex),
                     "1c28dc3f1f804a1ad9c9b4b4cf5e2658d16ad4ed08e3020d04a8d2865018947c");
}
