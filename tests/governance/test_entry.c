#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "governance/entry.h"
#include "tests/governance/world.h"

static const char permit_bytes[] = "0123456789abcdef";

static Entry granted_entry(void)
{
    return (Entry){
        .kind = ENTRY_DECISION,
        .time_us = 0x0005F5E100ABCDEF,
        .permit = {permit_bytes, 16},
        .person = TEXT("eng"),
        .action = TEXT("load"),
        .decision = ENTRY_GRANTED,
        .source = TEXT("gp_event"),
        .sender = TEXT("icb"),
        .object = TEXT("nil"),
        .detail = TEXT("period=2026-07"),
    };
}

static Entry result_entry(void)
{
    return (Entry){
        .kind = ENTRY_RESULT,
        .time_us = 1,
        .permit = {permit_bytes, 16},
        .end = ENTRY_SUCCEEDED,
        .rows = 258,
        .cells = 7,
        .cells_suppressed = 1,
        .content = {"0123456789abcdef0123456789abcdef", 32},
    };
}

static Text encoded(const Entry *entry, TextBuilder *builder)
{
    Error error = {0};

    Result done = entry_encode(entry, builder, &error);
    cr_assert(done.ok, "%s", error.message);
    return text_built(builder);
}

static const char *hex_of(Text bytes)
{
    static char hex[1024];

    for (size_t i = 0; i < bytes.length; i++)
        snprintf(hex + 2 * i, 3, "%02x", (unsigned char)bytes.data[i]);
    return hex;
}

/* Written out by hand from the description in governance/entry.h: this form never changes. */
Test(entry, a_granted_decision_has_exactly_these_bytes)
{
    SCOPED(text_builder_close) TextBuilder builder = text_builder(ENTRY_BYTES_MAX);
    Entry entry = granted_entry();

    Text bytes = encoded(&entry, &builder);

    cr_expect_str_eq(hex_of(bytes), "01000101"
                                    "02000101"
                                    "0300080005f5e100abcdef"
                                    "04001030313233343536373839616263646566"
                                    "050003656e67"
                                    "0600046c6f6164"
                                    "07000101"
                                    "09000867705f6576656e74"
                                    "0a0003696362"
                                    "0d00036e696c"
                                    "0e000e706572696f643d323032362d3037");
}

Test(entry, a_result_has_exactly_these_bytes)
{
    SCOPED(text_builder_close) TextBuilder builder = text_builder(ENTRY_BYTES_MAX);
    Entry entry = result_entry();

    Text bytes = encoded(&entry, &builder);

    cr_expect_str_eq(hex_of(bytes), "01000101"
                                    "02000102"
                                    "0300080000000000000001"
                                    "04001030313233343536373839616263646566"
                                    "0f000101"
                                    "1000080000000000000102"
                                    "1100080000000000000007"
                                    "1200080000000000000001"
                                    "1300203031323334353637383961626364656630313233343536373839616263646566");
}

Test(entry, what_is_decoded_is_what_was_encoded)
{
    SCOPED(text_builder_close) TextBuilder builder = text_builder(ENTRY_BYTES_MAX);
    Entry entry = granted_entry(), back;
    Error error = {0};

    Text bytes = encoded(&entry, &builder);
    Result decoded = entry_decode(bytes, &back, &error);

    cr_assert(decoded.ok, "%s", error.message);
    cr_expect_eq(back.kind, ENTRY_DECISION);
    cr_expect_eq(back.time_us, 0x0005F5E100ABCDEF);
    cr_expect_eq(back.decision, ENTRY_GRANTED);
    cr_expect(text_equal(back.permit, (Text){permit_bytes, 16}));
    cr_expect(text_equal(back.person, TEXT("eng")));
    cr_expect(text_equal(back.detail, TEXT("period=2026-07")));
    cr_expect_eq(back.rule.length, 0);
    cr_expect_eq(back.rows, 0);
}

static Error encode_error(Entry entry)
{
    SCOPED(text_builder_close) TextBuilder builder = text_builder(2 * ENTRY_BYTES_MAX);
    Error error = {0};

    Result done = entry_encode(&entry, &builder, &error);
    cr_assert_not(done.ok);
    return error;
}

Test(entry, an_entry_that_contradicts_its_kind_is_not_made)
{
    Entry entry = granted_entry();
    entry.rule = TEXT("a rule");
    cr_expect_str_eq(encode_error(entry).message, "log entry: a refusal names its rule, a grant none");

    entry = granted_entry();
    entry.decision = ENTRY_REFUSED;
    cr_expect_str_eq(encode_error(entry).message, "log entry: a refusal names its rule, a grant none");

    entry = granted_entry();
    entry.decision = ENTRY_UNDECIDED;
    cr_expect_str_eq(encode_error(entry).message, "log entry: a decision is what says granted or refused");

    entry = granted_entry();
    entry.permit = TEXT("");
    cr_expect_str_eq(encode_error(entry).message, "log entry: a grant and a result name their permit");

    entry = result_entry();
    entry.end = ENTRY_OPEN;
    cr_expect_str_eq(encode_error(entry).message, "log entry: a result is what says how it ended");

    entry = result_entry();
    entry.time_us = 0;
    cr_expect_str_eq(encode_error(entry).message, "log entry: kind or time is missing");
}

Test(entry, fields_that_have_no_form_are_refused)
{
    Entry entry = granted_entry();
    entry.sender = TEXT("two\nlines");
    cr_expect_str_eq(encode_error(entry).message, "log entry, field sender: not plain text");

    entry.sender = TEXT("\xff");
    cr_expect_str_eq(encode_error(entry).message, "log entry, field sender: not plain text");

    entry = granted_entry();
    entry.permit = TEXT("short");
    cr_expect_str_eq(encode_error(entry).message, "log entry, field permit: of another length");

    entry = result_entry();
    entry.rows = -1;
    cr_expect_str_eq(encode_error(entry).message, "log entry, field rows: below 0");

    entry = result_entry();
    entry.end = (EntryEnd)3;
    cr_expect_str_eq(encode_error(entry).message, "log entry, field end: not a known code");
}

Test(entry, a_too_long_entry_is_refused)
{
    static char detail[ENTRY_BYTES_MAX];
    Entry entry = granted_entry();

    memset(detail, 'x', sizeof detail);
    entry.detail = (Text){detail, sizeof detail};
    Error error = encode_error(entry);

    cr_expect_eq(error.code, ERROR_LIMIT);
    cr_expect_str_eq(error.message, "log entry: longer than 65535 bytes");
}

static const char *decode_message(Text bytes)
{
    static Error error;
    Entry entry;

    Result done = entry_decode(bytes, &entry, &error);
    cr_assert_not(done.ok);
    return error.message;
}

#define HEAD "\x01\x00\x01\x01\x02\x00\x01\x03\x03\x00\x08\x00\x00\x00\x00\x00\x00\x00\x01"

Test(entry, bytes_in_any_other_form_are_not_decoded)
{
    Entry entry;
    Error error = {0};

    cr_expect(entry_decode(TEXT(HEAD), &entry, &error).ok, "the common beginning is a whole note");
    cr_expect_str_eq(decode_message(TEXT("")), "log entry: not of version 1");
    cr_expect_str_eq(decode_message(TEXT("\x01\x00\x01\x02")), "log entry: not of version 1");
    cr_expect_str_eq(decode_message(TEXT(HEAD "\x05\x00")), "log entry: it ends inside a field");
    cr_expect_str_eq(decode_message(TEXT(HEAD "\x05\x00\x02x")), "log entry: it ends inside a field");
    cr_expect_str_eq(decode_message(TEXT(HEAD "\x14\x00\x01x")),
                     "log entry: tag 20 is unknown or out of order");
    cr_expect_str_eq(decode_message(TEXT(HEAD "\x06\x00\x01x\x05\x00\x01x")),
                     "log entry: tag 5 is unknown or out of order");
    cr_expect_str_eq(decode_message(TEXT(HEAD "\x05\x00\x01x\x05\x00\x01x")),
                     "log entry: tag 5 is unknown or out of order", "twice");
    cr_expect_str_eq(decode_message(TEXT(HEAD "\x05\x00\x00")),
                     "log entry, field person: not in its only form", "empty");
    cr_expect_str_eq(decode_message(TEXT(HEAD "\x10\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00")),
                     "log entry, field rows: not in its only form", "0 is left out");
    cr_expect_str_eq(decode_message(TEXT(HEAD "\x10\x00\x01\x05")),
                     "log entry, field rows: not in its only form", "of one byte");
    cr_expect_str_eq(decode_message(TEXT(HEAD "\x10\x00\x08\xff\x00\x00\x00\x00\x00\x00\x00")),
                     "log entry, field rows: below 0");
    cr_expect_str_eq(decode_message(TEXT(HEAD "\x05\x00\x01\x07")),
                     "log entry, field person: not plain text");
}

Test(entry, sql_reads_the_same_fields)
{
    SCOPED(db_close) Db *db = support_database("cinque_governor");
    SCOPED(text_builder_close) TextBuilder builder = text_builder(ENTRY_BYTES_MAX);
    SCOPED(db_rows_close) DbRows *rows = NULL;
    static const DbStatement statement = {
        .name = "test_fields",
        .sql = "SELECT audit.entry_kind($1), audit.entry_time($1), audit.entry_field($1, 4), "
               "audit.entry_text($1, 5), "
               "audit.entry_text($1, 6), audit.entry_field($1, 7), audit.entry_text($1, 9), "
               "audit.entry_text($1, 10), "
               "audit.entry_text($1, 11), audit.entry_text($1, 13), audit.entry_text($1, 14)",
        .parameters = {VALUE_BYTES},
        .columns = {VALUE_TEXT, VALUE_TIMESTAMPTZ, VALUE_BYTES, VALUE_TEXT, VALUE_TEXT, VALUE_BYTES,
                    VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT},
    };
    Entry entry = granted_entry();
    Error error = {0};

    Text bytes = encoded(&entry, &builder);
    Result done = db_run(db, &statement, (Value[]){value_bytes(bytes.data, bytes.length)}, &rows, &error);

    cr_assert(done.ok, "%s", error.message);
    cr_expect(text_equal(db_text(rows, 0, 0), TEXT("decision")));
    cr_expect_eq(db_int(rows, 0, 1), 0x0005F5E100ABCDEF);
    cr_expect(text_equal(db_text(rows, 0, 2), (Text){permit_bytes, 16}));
    cr_expect(text_equal(db_text(rows, 0, 3), TEXT("eng")));
    cr_expect(text_equal(db_text(rows, 0, 4), TEXT("load")));
    cr_expect(text_equal(db_text(rows, 0, 5), TEXT("\x01")));
    cr_expect(text_equal(db_text(rows, 0, 6), TEXT("gp_event")));
    cr_expect(text_equal(db_text(rows, 0, 7), TEXT("icb")));
    cr_expect(text_equal(db_text(rows, 0, 8), TEXT("")), "left out");
    cr_expect(text_equal(db_text(rows, 0, 9), TEXT("nil")));
    cr_expect(text_equal(db_text(rows, 0, 10), TEXT("period=2026-07")));
}
