#include "ingest/packer.h"

#include <string.h>

#include <criterion/criterion.h>

enum { LONG_BYTES = 9000 };

static SpecColumn columns[] = {
    {.use = SPEC_IDENTIFIER, .type = SPEC_STRING},
    {.use = SPEC_DATE, .type = SPEC_DAY},
    {.use = SPEC_IGNORED, .type = SPEC_STRING},
    {.use = SPEC_TEXT, .type = SPEC_STRING},
};
static const IngestSpec spec = {.columns = columns, .column_count = 4};

static Value pack(Packer *packer, Date date, Text text)
{
    const Value payload[] = {value_date(date), value_text(text)};
    Value packed = {0};
    Error error = {0};

    cr_assert(packer_pack(packer, payload, &packed, &error).ok, "%s", error.message);
    return packed;
}

/* PostgreSQL's binary COPY: each field behind its length, big-endian; dates are days since 2000-01-01. */
Test(packer, stored_columns_are_packed_and_no_others)
{
    static const char expected[] = "\0\0\0\4\0\0\1\2\0\0\0\3E11";
    Packer *packer = packer_open(&spec);

    Value packed = pack(packer, 258, TEXT("E11"));

    cr_expect_eq(packed.type, VALUE_PACKED);
    cr_expect_eq(packed.packed_count, 2);
    cr_assert_eq(packed.text.length, sizeof expected - 1);
    cr_expect_arr_eq(packed.text.data, expected, sizeof expected - 1);
    packer_close(&packer);
    cr_expect_null(packer);
}

Test(packer, a_row_longer_than_any_before_is_packed_whole)
{
    Packer *packer = packer_open(&spec);
    char bytes[LONG_BYTES];
    memset(bytes, 'w', sizeof bytes);

    (void)pack(packer, 1, TEXT("short"));
    Value packed = pack(packer, 2, (Text){.data = bytes, .length = sizeof bytes});

    cr_assert_eq(packed.text.length, 8 + 4 + LONG_BYTES);
    cr_expect_arr_eq(packed.text.data + 12, bytes, LONG_BYTES);
    packer_close(&packer);
}

Test(packer, a_value_of_another_type_than_its_column_is_refused)
{
    const Value wrong[] = {value_int8(1), value_text(TEXT("E11"))};
    Packer *packer = packer_open(&spec);
    Value packed;
    Error error = {0};

    cr_expect_not(packer_pack(packer, wrong, &packed, &error).ok);
    cr_expect_str_eq(error.message, "pack: value for column 1 is not date");
    packer_close(&packer);
}
