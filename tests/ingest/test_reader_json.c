#include "tests/ingest/reading.h"

#include <stdio.h>
#include <string.h>

static const Text aliases[] = {{.data = "remark", .length = 6}};
static const ReaderColumn columns[] = {
    {.name = {.data = "a", .length = 1}},
    {.name = {.data = "note", .length = 4}, .aliases = aliases, .alias_count = 1},
    {.name = {.data = "c", .length = 1}},
};
static const ReaderFormat json = {
    .kind = READER_JSON_LINES,
    .columns = columns,
    .column_count = 3,
    .record_bytes_max = 256,
};

static void expect(const char *text, const char *expected)
{
    reading_expect(text, strlen(text), &json, expected);
}

Test(reader_json, members_are_matched_by_name_in_any_order)
{
    expect("{\"a\":\"1\",\"note\":\"x\",\"c\":\"y\"}\n{ \"c\" : \"3\" , \"a\" : \"1\" }",
           "1:1|x|y\n2:1||3\n");
    expect("{\"remark\":\"x\"}\r\n\r\n{}\r\n", "1:|x|\n3:||\n");
}

Test(reader_json, numbers_keep_their_text)
{
    expect("{\"a\":9990000018,\"note\": 1e10,\"c\":-0.10}\n", "1:9990000018|1e10|-0.10\n");
    expect("{\"a\":123456789012345678901234567890,\"note\":\":1,\\\":2\",\"c\":0}\n",
           "1:123456789012345678901234567890|:1,\":2|0\n");
}

Test(reader_json, broken_numbers_damage_the_row)
{
    expect("{\"a\":01}\n{\"a\":1.}\n{\"a\":-}\n{\"a\":1e}\n{\"a\":+1}\n{\"a\":1x}\n{\"a\":NaN}\n{1:2}\n",
           "1!invalid json@-1\n2!invalid json@-1\n3!invalid json@-1\n4!invalid json@-1\n5!invalid json@-1\n"
           "6!invalid json@-1\n7!invalid json@-1\n8!invalid json@-1\n");
}

Test(reader_json, null_is_empty_and_false_is_where_a_column_tells_presence)
{
    ReaderColumn telling[3];
    ReaderFormat presence = json;
    const char *text = "{\"a\":null,\"note\":false,\"c\":true}\n";
    memcpy(telling, columns, sizeof telling);
    telling[1].is_presence = telling[2].is_presence = true;
    presence.columns = telling;

    expect(text, "1:|false|true\n");
    reading_expect(text, strlen(text), &presence, "1:||true\n");
}

Test(reader_json, escapes_are_decoded)
{
    expect("{\"a\":\"\\u0041\\n\\\"\\\\\",\"note\":\"\\ud83d\\ude00\",\"c\":\"K\xc3\xb6ln\"}\n",
           "1:A\n\"\\|\xf0\x9f\x98\x80|K\xc3\xb6ln\n");
}

Test(reader_json, a_key_that_is_there_twice_damages_the_row_and_names_its_column)
{
    expect("{\"a\":\"1\",\"note\":\"x\",\"note\":\"y\"}\n{\"a\":\"1\"}\n", "1!there twice@1\n2:1||\n");
    expect("{\"a\":1,\"a\":2}\n{\"note\":1,\"remark\":2}\n{\"z\":1,\"z\":2}\n",
           "1!there twice@0\n2!there twice@1\n3!there twice@-1\n");
}

Test(reader_json, what_is_no_object_damages_the_row)
{
    expect("[1,2]\n12\n\"x\"\nnull\n{\"a\":1}\n",
           "1!not a json object@-1\n2!not a json object@-1\n3!not a json object@-1\n4!not a json object@-1\n"
           "5:1||\n");
}

Test(reader_json, a_line_that_ends_early_damages_itself_alone)
{
    expect("{\"a\":\"1\"\n{\"a\":\"\n{\"a\":1,\n{\"a\":2}\n",
           "1!json that ends early@-1\n2!json that ends early@-1\n3!json that ends early@-1\n4:2||\n");
}

Test(reader_json, one_line_is_one_object)
{
    expect("{\"a\":1}{\"a\":2}\n{\"a\":1},\n{\"a\":\n3}\n",
           "1!invalid json@-1\n2!invalid json@-1\n3!json that ends early@-1\n4!invalid json@-1\n");
}

Test(reader_json, lone_surrogates_and_nul_damage_the_row)
{
    expect("{\"a\":\"\\ud800\"}\n{\"a\":\"\\udc00x\"}\n{\"a\":\"\\u0000\"}\n",
           "1!lone surrogate@-1\n2!lone surrogate@-1\n3!NUL byte@-1\n");
    reading_expect("{\"a\":\"\0\"}\n{}\n", 13, &json, "1!NUL byte@-1\n2:||\n");
    expect("{\"a\":\"K\xf6ln\"}\n", "1!invalid utf-8@-1\n");
}

Test(reader_json, a_nested_value_damages_the_row_and_names_its_column)
{
    expect("{\"a\":1,\"note\":{\"x\":1}}\n{\"c\":[]}\n",
           "1!nested where one value is wanted@1\n2!nested where one value is wanted@2\n");
}

Test(reader_json, a_key_that_is_not_in_the_spec_damages_the_row_unless_the_spec_ignores_such)
{
    ReaderFormat lenient = json;
    const char *text = "{\"a\":1,\"z\":{\"deep\":[2]}}\n";
    lenient.ignores_extra = true;

    expect(text, "1!a field that is not in the spec@-1\n");
    reading_expect(text, strlen(text), &lenient, "1:1||\n");
}

Test(reader_json, normalised_names_match_without_regard_to_case_and_separator)
{
    ReaderFormat normalised = json;
    const char *text = "{\"A\":1,\"NOTE\":2}\n";
    normalised.header = READER_HEADER_NORMALISED;

    expect(text, "1!a field that is not in the spec@-1\n");
    reading_expect(text, strlen(text), &normalised, "1:1|2|\n");
}

Test(reader_json, a_line_past_the_limit_is_damaged_however_long)
{
    char text[1100] = "{\"a\":\"";

    memset(text + 6, 'x', 1000);
    memcpy(text + 1006, "\"}\n{\"a\":1}\n", 12);

    expect(text, "1!longer than the limit@-1\n2:1||\n");
}

Test(reader_json, deep_nesting_is_a_fault_and_no_crash)
{
    ReaderFormat wide = json;
    char text[4200] = "{\"a\":";

    wide.record_bytes_max = 8192;
    memset(text + 5, '[', 4096);
    memcpy(text + 4101, "\n{}\n", 5);

    reading_expect(text, strlen(text), &wide, "1!invalid json@-1\n2:||\n");
}
