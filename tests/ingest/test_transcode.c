#include "ingest/transcode.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "ingest/reader.h"
#include "tests/ingest/reading.h"

enum { OUT_BYTES = 1 << 20 };

static Result transcode_all(const char *path, TranscodeFrom declared, size_t piece, char *out, size_t *length,
                            bool *is_utf16, Error *error)
{
    SCOPED(input_close) Input *input = NULL;
    SCOPED(transcode_close) Transcoder *transcoder = NULL;
    size_t got;

    *length = 0;
    TRY(input_open(path, NULL, &input, error));
    transcoder = transcode_open(input, path, declared);
    do {
        cr_assert_leq(*length + piece, (size_t)OUT_BYTES);
        TRY(transcode_read(transcoder, out + *length, piece, &got, error));
        *length += got;
    } while (got > 0);
    *is_utf16 = transcode_is_utf16(transcoder);
    return RESULT_OK;
}

static void expect(const char *bytes, size_t length, TranscodeFrom declared, const char *expected,
                   size_t expected_length, bool expects_utf16)
{
    static char out[OUT_BYTES];
    const char *path = reading_file(bytes, length);

    for (size_t piece = 1; piece <= 9; piece++) {
        Error error = {0};
        bool is_utf16;
        size_t got;
        Result result = transcode_all(path, declared, piece, out, &got, &is_utf16, &error);
        cr_assert(result.ok, "%s", error.message);
        cr_expect_eq(got, expected_length, "in pieces of %zu: %zu bytes", piece, got);
        cr_expect_eq(memcmp(out, expected, expected_length), 0, "in pieces of %zu", piece);
        cr_expect_eq(is_utf16, expects_utf16);
    }
}

#define EXPECT(bytes, declared, expected, is_utf16)                                                          \
    expect(bytes, sizeof(bytes) - 1, declared, expected, sizeof(expected) - 1, is_utf16)

Test(transcode, what_is_not_utf16_passes_as_it_is)
{
    EXPECT("", TRANSCODE_NOTHING, "", false);
    EXPECT("a", TRANSCODE_NOTHING, "a", false);
    EXPECT("\xff", TRANSCODE_NOTHING, "\xff", false);
    EXPECT("\xef\xbb\xbfO\xe2\x80\x99Neil,\xff\xfe,1\n", TRANSCODE_NOTHING,
           "\xef\xbb\xbfO\xe2\x80\x99Neil,\xff\xfe,1\n", false);
}

Test(transcode, a_byte_order_mark_decides_whatever_is_declared)
{
    static const TranscodeFrom any[] = {TRANSCODE_NOTHING, TRANSCODE_UTF16_LE, TRANSCODE_UTF16_BE};

    for (size_t i = 0; i < sizeof any / sizeof *any; i++) {
        EXPECT("\xff\xfe"
               "a\0\n\0",
               any[i], "a\n", true);
        EXPECT("\xfe\xff\0a\0\n", any[i], "a\n", true);
        EXPECT("\xef\xbb\xbf"
               "ab\n",
               any[i],
               "\xef\xbb\xbf"
               "ab\n",
               false);
    }
}

Test(transcode, without_a_mark_it_is_what_is_declared)
{
    EXPECT("a\0b\0\n\0", TRANSCODE_UTF16_LE, "ab\n", true);
    EXPECT("\0a\0b\0\n", TRANSCODE_UTF16_BE, "ab\n", true);
    EXPECT("", TRANSCODE_UTF16_BE, "", true);
}

/* One character of each length; the last two are the ends of the planes above the first. RFC 2781, section 5,
 * has U+12345 as D808 DF45. */
Test(transcode, every_length_of_character_comes_out_right)
{
    EXPECT("\0A\0\x7f\0\xe9\x07\xff\x08\0\x20\xac\xff\xfd\xd8\x08\xdf\x45\xd8\0\xdc\0\xdb\xff\xdf\xff",
           TRANSCODE_UTF16_BE,
           "A\x7f\xc3\xa9\xdf\xbf\xe0\xa0\x80\xe2\x82\xac\xef\xbf\xbd\xf0\x92\x8d\x85\xf0\x90\x80\x80\xf4\x8f"
           "\xbf\xbf",
           true);
    EXPECT("A\0\xe9\0\x08\xd8\x45\xdf", TRANSCODE_UTF16_LE, "A\xc3\xa9\xf0\x92\x8d\x85", true);
}

/* The switch: is_low and is_high. */
Test(transcode, half_a_pair_becomes_what_is_no_utf8_and_the_next_character_stays)
{
    EXPECT("\xd8\x08\0a", TRANSCODE_UTF16_BE,
           "\xed\xa0\x88"
           "a",
           true);
    EXPECT("\xdf\x45\0a", TRANSCODE_UTF16_BE,
           "\xed\xbd\x85"
           "a",
           true);
    EXPECT("\xd8\x08\xd8\x08\xdf\x45", TRANSCODE_UTF16_BE, "\xed\xa0\x88\xf0\x92\x8d\x85", true);
    EXPECT("\0a\xd8\x08", TRANSCODE_UTF16_BE, "a\xed\xa0\x88", true);
    cr_expect_not(text_is_utf8(TEXT("\xed\xa0\x88")));
    cr_expect_not(text_is_utf8(TEXT("\xed\xbd\x85")));
}

Test(transcode, an_odd_byte_at_the_end_is_an_error)
{
    static const struct {
        const char *bytes;
        size_t length;
    } cases[] = {{"\xff\xfe"
                  "a\0b",
                  5},
                 {"\xff\xfe"
                  "a",
                  3},
                 {"\xfe\xff\xd8\x08\xdf", 5}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static char out[OUT_BYTES];
        Error error = {0};
        size_t length;
        bool is_utf16;
        Result result = transcode_all(reading_file(cases[i].bytes, cases[i].length), TRANSCODE_NOTHING, 100,
                                      out, &length, &is_utf16, &error);
        cr_expect_not(result.ok, "case %zu", i);
        cr_expect_eq(error.code, ERROR_INPUT);
        cr_expect_not_null(strstr(error.message, "read.csv: ends in half a character of utf-16"), "%s",
                           error.message);
    }
}

/* More than one block of what is read at once, of pairs that straddle its end. */
Test(transcode, a_long_file_is_whole)
{
    static char in[400001 * 2], out[OUT_BYTES];
    Error error = {0};
    size_t length;
    bool is_utf16;

    memcpy(in, "\0a", 2);
    for (size_t at = 2; at + 4 <= sizeof in; at += 4)
        memcpy(in + at, "\xd8\x08\xdf\x45", 4);
    cr_assert(
        transcode_all(reading_file(in, sizeof in), TRANSCODE_UTF16_BE, 1000, out, &length, &is_utf16, &error)
            .ok,
        "%s", error.message);

    cr_assert_eq(length, 1 + 200000 * 4);
    cr_expect_eq(out[0], 'a');
    for (size_t at = 1; at < length; at += 4)
        cr_assert_eq(memcmp(out + at, "\xf0\x92\x8d\x85", 4), 0, "at %zu", at);
}

static void expect_fault(Reader *reader, uint64_t line, ReaderFault fault, int field)
{
    const ReaderRecord *record;
    Error error = {0};

    cr_assert(reader_next(reader, &record, &error).ok, "%s", error.message);
    cr_assert_not_null(record);
    cr_expect_eq(record->line, line);
    cr_expect_eq(record->fault, fault, "line %d", (int)line);
    cr_expect_eq(record->fault_field, field);
}

Test(transcode, half_a_pair_is_a_fault_of_its_row_and_field_alone)
{
    static const char bytes[] = "\xfe\xff\0a\0,\0b\0\n"
                                "\0\x31\0,\xd8\x08\0\n"
                                "\0\x32\0,\0\0\0\n"
                                "\0\x33\0,\0\xe9\0\n";
    const ReaderFormat format = {
        .delimiter = {.data = ",", .length = 1}, .quote = '"', .record_bytes_max = 128, .read_bytes_max = 1};
    SCOPED(reader_close) Reader *reader = NULL;
    Error error = {0};

    cr_assert(reader_open(reading_file(bytes, sizeof bytes - 1), &format, &reader, &error).ok, "%s",
              error.message);

    expect_fault(reader, 1, READER_GOOD, -1);
    expect_fault(reader, 2, READER_NOT_UTF16, 1);
    expect_fault(reader, 3, READER_NUL, 1);
    expect_fault(reader, 4, READER_GOOD, -1);
}
