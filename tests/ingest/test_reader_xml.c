#include "tests/ingest/reading.h"

#include <stdio.h>
#include <string.h>

static const Text aliases[] = {{.data = "remark", .length = 6}};
static const ReaderColumn columns[] = {
    {.name = {.data = "a", .length = 1}},
    {.name = {.data = "note", .length = 4}, .aliases = aliases, .alias_count = 1},
    {.name = {.data = "c", .length = 1}},
};
static const ReaderFormat xml = {
    .kind = READER_XML,
    .columns = columns,
    .column_count = 3,
    .record_element = {.data = "Row", .length = 3},
    .record_bytes_max = 256,
};

static void expect(const char *text, const char *expected)
{
    reading_expect(text, strlen(text), &xml, expected);
}

Test(reader_xml, child_elements_and_attributes_are_columns)
{
    expect("<?xml version=\"1.0\"?>\n<x>\n<Row><a>1</a><note>x</note><c>y</c></Row>\n"
           "<Row c='3'>\n <a>1</a>\n</Row>\n<Row a='4'/>\n</x>\n",
           "3:1|x|y\n4:1||3\n7:4||\n");
    expect("<Row><remark>z</remark></Row>", "1:|z|\n");
    expect("\xef\xbb\xbf<x><Row/><y><z><Row/></z></y></x>", "1:||\n1:||\n");
}

/* An element that was renamed would else load as nothing. */
Test(reader_xml, a_file_without_records_is_refused)
{
    ReaderFormat lenient = xml;
    const char *text = "<x>\n<row><a>1</a></row></x>";
    lenient.ignores_extra = true;

    expect("<x>\n</x>", "error:  line 2: no record in the file");
    expect("<Rows/>", "error:  line 1: no record in the file");
    reading_expect(text, strlen(text), &lenient, "error:  line 2: no record in the file");
}

/* Switch: end_outside, and the refusal in on_text. */
Test(reader_xml, what_stands_beside_the_records_refuses_the_file_unless_the_spec_ignores_such)
{
    ReaderFormat lenient = xml;
    const char *text = "<x><Row><a>1</a></Row>\n<row><a>2</a></row><Row/></x>";
    lenient.ignores_extra = true;

    expect(text, "1:1||\nerror:  line 2: text outside the records");
    reading_expect(text, strlen(text), &lenient, "1:1||\n2:||\n");
    expect("<x><Row/>\n<row a='2'/></x>",
           "1:||\nerror:  line 2: an element that neither is a record nor holds one");
    expect("<x><y><Row/></y><y>\n<z/></y></x>",
           "1:||\nerror:  line 2: an element that neither is a record nor holds one");
    expect("<x>\nt<Row/></x>", "error:  line 2: text outside the records");
    expect("<x><Row/><![CDATA[t]]></x>", "1:||\nerror:  line 1: text outside the records");
}

Test(reader_xml, references_and_cdata_are_text)
{
    expect("<x><Row><a>1 &lt; 2 &amp; &#x20AC;</a><note><![CDATA[<b>]]> k</note></Row></x>",
           "1:1 < 2 & \xe2\x82\xac|<b> k|\n");
}

Test(reader_xml, names_count_without_their_prefix)
{
    expect("<n:x xmlns:n='urn:y' xmlns:xsi='urn:z'><n:Row xsi:type='t' n:c='3'><n:a xmlns='urn:q'>1</n:a>"
           "<note xsi:nil='true'/></n:Row></n:x>",
           "1:1||3\n");
}

Test(reader_xml, windows_1252_is_decoded_and_the_declaration_must_be_the_specs)
{
    ReaderFormat latin = xml;
    const char *text = "<?xml version='1.0' encoding='Windows-1252'?><x><Row><a>\x80 \xe9</a></Row></x>";
    latin.is_windows_1252 = true;

    reading_expect(text, strlen(text), &latin, "1:\xe2\x82\xac \xc3\xa9||\n");
    expect(text, "error:  line 1: declares another encoding than its spec or its byte order mark");
    reading_expect("\xef\xbb\xbf<x><Row><a>\xc3\xa9</a></Row></x>", 30, &latin, "1:\xc3\xa9||\n");
    reading_expect("\xef\xbb\xbf<?xml version='1.0' encoding='windows-1252'?><x><Row/></x>", 61, &latin,
                   "error:  line 1: declares another encoding than its spec or its byte order mark");
    text = "<x><Row><a>\x81</a></Row></x>";
    reading_expect(text, strlen(text), &latin, "error:  line 1: not well-formed (invalid token)");
}

Test(reader_xml, a_document_type_declaration_refuses_the_file)
{
    expect("<!DOCTYPE x [<!ENTITY a 'b'>]><x><Row><a>&a;</a></Row></x>",
           "error:  line 1: a document type declaration is not allowed");
    expect("<?xml version='1.0'?>\n<!DOCTYPE x SYSTEM 'file:///etc/passwd'>\n<x><Row/></x>",
           "error:  line 2: a document type declaration is not allowed");
    expect("<x><Row><a>&b;</a></Row></x>", "error:  line 1: undefined entity");
}

Test(reader_xml, a_column_that_is_there_twice_damages_the_record)
{
    expect("<x><Row><a>1</a><a>2</a></Row>\n<Row a='1'><a>2</a></Row>\n<Row><note/><remark/></Row>"
           "<Row><a>3</a></Row></x>",
           "1!there twice@0\n2!there twice@0\n3!there twice@1\n3:3||\n");
}

Test(reader_xml, a_nested_value_damages_the_record_and_names_its_column)
{
    expect("<x><Row><note>k<b>1</b></note></Row><Row><Row/></Row><Row/></x>",
           "1!nested where one value is wanted@1\n1!a field that is not in the spec@-1\n1:||\n");
}

Test(reader_xml, what_the_spec_does_not_name_damages_the_record_unless_it_ignores_such)
{
    ReaderFormat lenient = xml;
    const char *text = "<x><Row><z><a>9</a></z><a>1</a></Row>\n<Row q='1'/>\n<Row><a q='1'>5</a></Row></x>";
    lenient.ignores_extra = true;

    expect(text, "1!a field that is not in the spec@-1\n2!a field that is not in the spec@-1\n"
                 "3!a field that is not in the spec@0\n");
    reading_expect(text, strlen(text), &lenient, "1:1||\n2:||\n3:5||\n");
}

Test(reader_xml, text_between_the_columns_damages_the_record)
{
    expect("<x> <Row>\n<a>1</a>lost</Row></x>", "1!text outside the columns@-1\n");
}

Test(reader_xml, xml_that_is_not_well_formed_ends_the_file)
{
    expect("<x><Row/>\n<Row></x>", "1:||\nerror:  line 2: mismatched tag");
    expect("<x><Row/>", "1:||\nerror:  line 1: the file ends before its last element is closed: cut short?");
    expect("<x><Row/></x",
           "1:||\nerror:  line 1: the file ends before its last element is closed: cut short?");
    expect("", "error:  line 1: the file ends before its last element is closed: cut short?");
    expect("<x><Row a='1' a='2'/></x>", "error:  line 1: duplicate attribute");
    expect("<x><Row><a>K\xf6ln</a></Row></x>", "error:  line 1: not well-formed (invalid token)");
}

Test(reader_xml, elements_nested_too_deep_refuse_the_file)
{
    char text[512] = "";

    for (int i = 0; i < 64; i++)
        memcpy(text + strlen(text), "<x>", 4);
    memcpy(text + strlen(text), "\n<x>", 5);

    expect(text, "error:  line 2: elements nested more than 64 deep");
}

/* Past a slice of the parser, so that what is kept of a record straddles too. */
Test(reader_xml, a_record_past_the_limit_is_damaged_however_long_and_the_next_one_is_whole)
{
    char text[12000] = "<x><Row><a>";

    memset(text + strlen(text), 'k', 9000);
    memcpy(text + strlen(text), "</a></Row>\n<Row><a>1</a></Row></x>", 35);

    expect(text, "1!longer than the limit@-1\n2:1||\n");
}

Test(reader_xml, markup_past_the_limit_refuses_the_file)
{
    static char text[12000] = "<x><!--";

    memset(text + strlen(text), 'k', 9000);
    memcpy(text + strlen(text), "--><Row/></x>", 14);

    expect(text, "error:  line 1: markup longer than the limit of a record");
}

/* Switch: held_max. expat keeps every name that it has met. */
Test(reader_xml, names_without_end_refuse_the_file_before_they_fill_memory)
{
    enum { NAMES = 90000, NAME_BYTES = 240 };
    static char text[NAMES * (NAME_BYTES + 8)];
    SCOPED(reader_close) Reader *reader = NULL;
    const ReaderRecord *record;
    ReaderFormat lenient = xml;
    Error error = {0};
    size_t length = 3;
    lenient.ignores_extra = true;
    memcpy(text, "<x>", 3);
    for (int i = 0; i < NAMES; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "<n%0*d/>", NAME_BYTES, i);

    cr_assert(reader_open(reading_file(text, length), &lenient, &reader, &error).ok);

    cr_expect(!reader_next(reader, &record, &error).ok);
    cr_expect(strstr(error.message, "too many different names of elements and attributes") != NULL, "%s",
              error.message);
}

Test(reader_xml, the_raw_text_is_the_record_as_delivered)
{
    static char text[40000] = "<x>\n";
    const ReaderRecord *record;
    Error error = {0};
    size_t records = 0;

    for (int i = 0; i < 500; i++)
        (void)snprintf(text + strlen(text), 64, "<Row ><a>%d</a><z>&lt;</z></Row >%s", i,
                       i % 7 > 0 ? "\n" : "  ");
    memcpy(text + strlen(text), "</x>", 5);
    const char *path = reading_file(text, strlen(text));
    for (size_t read_bytes = 1; read_bytes < 70; read_bytes += 17) {
        SCOPED(reader_close) Reader *reader = NULL;
        ReaderFormat sized = xml;
        char raw[64];
        sized.read_bytes_max = read_bytes;
        cr_assert(reader_open(path, &sized, &reader, &error).ok, "%s", error.message);
        for (int i = 0; i < 500; i++, records++) {
            cr_assert(reader_next(reader, &record, &error).ok, "%s", error.message);
            (void)snprintf(raw, sizeof raw, "<Row ><a>%d</a><z>&lt;</z></Row >", i);
            cr_assert(text_equal(record->raw, text_from(raw)), "record %d: %.*s", i, TEXT_ARG(record->raw));
            cr_assert_eq(record->fault, READER_UNKNOWN_FIELD);
        }
    }

    cr_expect_eq(records, 2500);
}
