/* Parcels: what a provider writes is what the hub reads, and nothing else is read. */
#include "tests/pseudonymise/parcels.h"

TestSuite(parcel, .fini = fixture_clear);

static void expect_row(const TokenisedRow *row, const TokenisedRow *expected)
{
    const Subject *subject = tokenised_row_subject(row), *wanted = tokenised_row_subject(expected);

    cr_expect_eq(row->line, expected->line);
    cr_expect_eq(row->age_days, expected->age_days);
    cr_expect_eq(row->keys[0].value, expected->keys[0].value);
    cr_expect_eq(row->keys[1].is_set, expected->keys[1].is_set);
    cr_expect_eq(row->keys[1].value, expected->keys[1].value);
    cr_expect_eq(row->subject_is_new, expected->subject_is_new);
    cr_assert_eq(subject == NULL, wanted == NULL);
    cr_expect(text_equal(row->payload[0].text, TEXT("A01")));
    cr_expect_eq(row->payload[1].integer, -7);
    cr_expect_eq(row->payload[2].integer, 123456);
    cr_expect_eq(row->payload[3].date, 9000);
    cr_expect(row->payload[4].is_null && row->payload[4].type == VALUE_BOOL);
    if (subject == NULL)
        return;
    cr_expect_eq(subject->subject_id, wanted->subject_id);
    cr_expect_eq(memcmp(subject->digest, wanted->digest, sizeof wanted->digest), 0);
    cr_expect_eq(subject->key_version, 2);
    cr_expect_eq(subject->nhs_state, wanted->nhs_state);
    if (!row->subject_is_new)
        return;
    expect_token(&subject->nhs, &wanted->nhs);
    expect_token(&subject->local_id, &wanted->local_id);
    expect_token(&subject->uprn, &wanted->uprn);
    cr_expect_eq(subject->birth_year, 1980);
    cr_expect_eq(subject->birth_month, 2);
    cr_expect_eq(subject->sex, '1');
    cr_expect_str_eq(subject->lsoa_2011, "E01024335");
    cr_expect_str_eq(subject->lsoa_2021, "E01035274");
}

Test(parcel, rows_of_a_parcel_are_those_the_hub_makes_itself)
{
    Bench bench = bench_open();
    const RawIdentity one = someone("943 476 5919"), other = someone("9434765918"),
                      withheld = {.is_withheld = true, .event_date = DATE_NONE};
    const RawIdentity *const identities[] = {&one, &other, &one, &withheld};
    const uint64_t lines[] = {2, 3, 5, 6};
    const ParcelOpener opener = opener_of(&bench);
    SCOPED(parcel_close) ParcelReader *reader = NULL;
    Pseudonymiser *from_parcel = pseudonymiser(&bench, bench.hub);
    const TokenisedRow *row;
    ParcelKind kind;
    Text text;
    Error error = {0};
    size_t rows = 0;

    write_parcel(&bench);
    must(parcel_open(&opener, &reader, &error), &error);

    cr_expect_str_eq(parcel_label(reader)->source, "patient_list");
    cr_expect_str_eq(parcel_label(reader)->edition, "2026-05");
    cr_expect_eq(parcel_label(reader)->spec_version, 3);
    for (int i = 0; i < 5; i++) {
        must(parcel_next(reader, &kind, &text, &error), &error);
        if (i == 2) {
            cr_expect(kind == PARCEL_NOTE && text_equal(text, TEXT("a note")));
            continue;
        }
        cr_assert_eq(kind, PARCEL_ROW);
        must(pseudonymise_parcel_row(from_parcel, reader, &row, &error), &error);
        expect_row(row, row_of(bench.at_hub, identities[rows], lines[rows]));
        rows++;
    }
    must(parcel_next(reader, &kind, &text, &error), &error);
    cr_expect(kind == PARCEL_SUMMARY && text_equal(text, TEXT("the sum")));
    Hash digest, expected;
    uint64_t bytes;
    must(input_hash_file(bench.path, &expected, &bytes, &error), &error);
    cr_expect(parcel_digest(reader, &digest) && memcmp(&digest, &expected, sizeof digest) == 0);
    pseudonymiser_close(&from_parcel);
    bench_close(&bench);
}

/* Goes red when tokeniser_finish gives a provider anything but the inner layer, or a row holds more than is
 * stored. */
Test(parcel, a_row_holds_inner_tokens_and_no_identifier)
{
    Bench bench = bench_open();
    const RawIdentity one = someone("943 476 5919");
    SCOPED(text_builder_close) TextBuilder bytes = text_builder(PARCEL_BYTES);
    const char *const never[] = {"943 476 5919", "9434765919", "A123456",    "RWF",
                                 "100012345678", "ME14",       "me14",       "1980-02",
                                 "1980",         "Brienworth", "BRIENWORTH", "visit-4711"};
    Error error = {0};

    must(parcel_put_row(&bytes, row_of(bench.at_source, &one, 2), &error), &error);

    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        cr_expect_null(memmem(bytes.data, bytes.length, never[i], strlen(never[i])), "%s", never[i]);
    const Subject *outer = tokenised_row_subject(row_of(bench.at_hub, &one, 2));
    cr_expect_null(memmem(bytes.data, bytes.length, outer->nhs.bytes, TOKEN_BYTES));
    bench_close(&bench);
}

Test(parcel, a_parcel_that_is_cut_anywhere_is_refused)
{
    Bench bench = bench_open();
    uint8_t bytes[PARCEL_BYTES];
    const ParcelOpener opener = opener_of(&bench);
    write_parcel(&bench);
    size_t length = fixture_read("a.parcel", bytes, sizeof bytes), rows;

    for (size_t cut = 0; cut < length; cut++) {
        Pseudonymiser *at_hub = pseudonymiser(&bench, bench.hub);
        Error error = {0};
        fixture_write("a.parcel", bytes, cut);
        cr_expect(!read_all(&opener, at_hub, &rows, &error).ok, "%zu", cut);
        cr_expect_eq(error.code, ERROR_INPUT, "%zu: %s", cut, error.message);
        pseudonymiser_close(&at_hub);
    }
    bench_close(&bench);
}

Test(parcel, a_parcel_with_any_byte_changed_is_refused)
{
    Bench bench = bench_open();
    uint8_t bytes[PARCEL_BYTES];
    const ParcelOpener opener = opener_of(&bench);
    write_parcel(&bench);
    size_t length = fixture_read("a.parcel", bytes, sizeof bytes), rows;

    for (size_t at = 0; at < length; at++) {
        Pseudonymiser *at_hub = pseudonymiser(&bench, bench.hub);
        Error error = {0};
        bytes[at] ^= 1;
        fixture_write("a.parcel", bytes, length);
        bytes[at] ^= 1;
        cr_expect(!read_all(&opener, at_hub, &rows, &error).ok, "%zu", at);
        pseudonymiser_close(&at_hub);
    }
    bench_close(&bench);
}

/* Switch: check_version in parcel_read.c. With 1 in front stood parcels of fewer tokens; a version to come is
 * none that this one reads. */
Test(parcel, a_parcel_of_another_version_is_refused_by_name)
{
    static const struct {
        uint8_t version;
        const char *part;
    } cases[] = {
        {1, "parcel: in version 1 of the format, where version 2 is read; its provider makes it again"},
        {3, "parcel: in version 3 of the format, where version 2 is read; its provider makes it again"},
    };
    Bench bench = bench_open();
    uint8_t bytes[PARCEL_BYTES];
    const ParcelOpener opener = opener_of(&bench);
    write_parcel(&bench);
    size_t length = fixture_read("a.parcel", bytes, sizeof bytes), rows;

    cr_expect_eq(bytes[8], 2);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Pseudonymiser *at_hub = pseudonymiser(&bench, bench.hub);
        Error error = {0};
        bytes[8] = cases[i].version;
        fixture_write("a.parcel", bytes, length);
        cr_expect(!read_all(&opener, at_hub, &rows, &error).ok);
        cr_expect_eq(error.code, ERROR_INPUT);
        cr_expect_not_null(strstr(error.message, cases[i].part), "%s", error.message);
        pseudonymiser_close(&at_hub);
    }
    bench_close(&bench);
}

Test(parcel, what_follows_a_parcel_is_refused)
{
    Bench bench = bench_open();
    uint8_t bytes[PARCEL_BYTES];
    write_parcel(&bench);
    size_t length = fixture_read("a.parcel", bytes, sizeof bytes - 1);

    bytes[length] = 0;
    fixture_write("a.parcel", bytes, length + 1);

    expect_failure(&bench, ERROR_INPUT, "something follows the last frame");
    bench_close(&bench);
}

/* ---- what a signed parcel may not say ---- */

Test(parcel, a_subject_that_was_not_told_of_is_refused)
{
    Bench bench = bench_open();
    const RawIdentity one = someone("943 476 5919");
    Parcel *parcel;
    Error error = {0};

    (void)row_of(bench.at_source, &one, 2); /* in another parcel, say */
    parcel = parcel_of(&bench);
    must(parcel_row(parcel, row_of(bench.at_source, &one, 3), &error), &error);
    must(parcel_finish(&parcel, TEXT(""), &error), &error);

    expect_failure(&bench, ERROR_INPUT, "of a subject not told of before");
    bench_close(&bench);
}

/* Of 36 people, each twice, both remember 32. Goes red where take_subject locks the digest before it asks:
 * then the hub forgets others than the provider does, and refuses a parcel without fault. */
Test(parcel, a_hub_forgets_as_its_provider_does)
{
    enum { PEOPLE = 36, ROWS = 2 * PEOPLE, REMEMBERED = 16 };
    Bench bench = bench_open();
    SCOPED(pseudonymiser_close) Pseudonymiser *source = remembering(&bench, bench.provider, REMEMBERED);
    SCOPED(pseudonymiser_close) Pseudonymiser *hub = remembering(&bench, bench.hub, REMEMBERED);
    const ParcelOpener opener = opener_of(&bench);
    Parcel *parcel = parcel_of(&bench);
    char id[16];
    Error error = {0};
    size_t rows = 0, told = 0;

    for (int i = 0; i < ROWS; i++) {
        RawIdentity one = someone("943 476 5919");
        snprintf(id, sizeof id, "A%d", i % PEOPLE);
        one.fields[IDENTITY_LOCAL_ID] = text_from(id);
        const TokenisedRow *row = row_of(source, &one, (uint64_t)i + 2);
        told += tokenised_row_subject_is_new(row);
        must(parcel_row(parcel, row, &error), &error);
    }
    must(parcel_finish(&parcel, TEXT(""), &error), &error);

    cr_expect(read_all(&opener, hub, &rows, &error).ok, "%s", error.message);
    cr_expect_eq(rows, ROWS);
    cr_expect(told > PEOPLE && told < ROWS, "some are forgotten, and some not");
    bench_close(&bench);
}
