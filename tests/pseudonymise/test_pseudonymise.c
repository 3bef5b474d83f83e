#include "pseudonymise/pseudonymise.h"

#include <openssl/evp.h>

#include "pseudonymise/pseudonymiser.h"
#include "tests/pseudonymise/fixture.h"

TestSuite(pseudonymise, .fini = fixture_clear);

typedef struct Bench {
    Keyring *keyring;
    PostcodeDirectory *directory;
    Pseudonymiser *pseudonymiser;
} Bench;

static Bench bench_open(const PseudonymiserOptions *options)
{
    static const char postcodes[] = "postcode,lsoa_code_2011,lsoa_code_2021\nME14 1XQ,E01024335,E01035274\n";
    char path[FIXTURE_PATH_BYTES];
    Bench bench = {.keyring = fixture_keyring()};
    Error error = {0};
    fixture_write("postcodes.csv", postcodes, strlen(postcodes));
    cr_assert(
        postcode_directory_open(fixture_path("postcodes.csv", path), "2026-05", &bench.directory, &error).ok);
    PseudonymiserOptions with_directory = *options;
    with_directory.directory = bench.directory;

    cr_assert(pseudonymiser_create(bench.keyring, &with_directory, &bench.pseudonymiser, &error).ok, "%s",
              error.message);
    return bench;
}

static void bench_close(Bench *bench)
{
    pseudonymiser_close(&bench->pseudonymiser);
    postcode_directory_close(&bench->directory);
    keyring_close(&bench->keyring);
}

static const PseudonymiserOptions patient_list = {.source = "patient_list"};

static RawIdentity someone(void)
{
    RawIdentity identity = {.event_date = DATE_NONE};

    identity.fields[IDENTITY_NHS_NUMBER] = TEXT("943 476 5919");
    identity.fields[IDENTITY_SUPERSEDED_NHS_NUMBER] = TEXT("4010232137");
    identity.fields[IDENTITY_LOCAL_ID] = TEXT(" A123 ");
    identity.fields[IDENTITY_LOCAL_ID_ISSUER] = TEXT("RWF");
    identity.fields[IDENTITY_UPRN] = TEXT("100012345678");
    identity.fields[IDENTITY_POSTCODE] = TEXT("me141xq");
    identity.fields[IDENTITY_BIRTH_DATE] = TEXT("1980-02-29");
    identity.fields[IDENTITY_SEX] = TEXT("Male");
    identity.fields[IDENTITY_FAMILY_NAME] = TEXT("O'Brien");
    identity.fields[IDENTITY_GIVEN_NAME] = TEXT("Zo\xc3\xab");
    identity.fields[IDENTITY_ADDRESS] = TEXT("1, High Street");
    return identity;
}

static void add_row(Bench *bench, const RawIdentity *identity, RawKeys keys)
{
    const RawRow raw = {.identity = identity, .keys = keys};

    pseudonymise_add(bench->pseudonymiser, &raw);
}

static const TokenisedRow *row_with(Bench *bench, const RawIdentity *identity, RawKeys keys)
{
    size_t count;
    Error error = {0};

    add_row(bench, identity, keys);
    cr_assert(pseudonymise_rows(bench->pseudonymiser, &count, &error).ok, "%s", error.message);
    cr_assert_eq(count, 1);
    return pseudonymise_row(bench->pseudonymiser, 0);
}

static const TokenisedRow *row_of(Bench *bench, const RawIdentity *identity, Text record_key)
{
    return row_with(bench, identity, (RawKeys){.own = record_key});
}

static int64_t subject_id_of(Bench *bench, const RawIdentity *identity)
{
    const Subject *subject = tokenised_row_subject(row_of(bench, identity, TEXT("")));

    cr_assert_not_null(subject);
    return subject->subject_id;
}

/*
 * Goes red when the order of IdentityField, a normal form or the format changes: then the same people would
 * be new subjects. Expected values by a second implementation (HKDF in Python, `openssl mac`) from
 * docs/decisions/tokens.md.
 */
Test(pseudonymise, a_subject_of_known_keys_has_its_known_digest)
{
    Bench bench = bench_open(&patient_list);
    RawIdentity identity = someone();
    char hex[FIXTURE_HEX_BYTES];

    const Subject *subject = tokenised_row_subject(row_of(&bench, &identity, TEXT("")));

    cr_assert_not_null(subject);
    cr_expect_str_eq(fixture_hex(subject->digest, 16, hex), "2f994b1344b2133995be8c9bcde3a087");
    cr_expect_eq(subject->subject_id, INT64_C(3429855137348326201));
    bench_close(&bench);
}

Test(pseudonymise, a_subject_keeps_what_analysis_needs_and_no_more)
{
    Bench bench = bench_open(&patient_list);
    RawIdentity identity = someone();
    char hex[FIXTURE_HEX_BYTES];

    const TokenisedRow *row = row_of(&bench, &identity, TEXT(""));
    const Subject *subject = tokenised_row_subject(row);

    cr_assert(tokenised_row_subject_is_new(row));
    cr_expect_eq(subject->key_version, 2);
    cr_expect_eq(subject->nhs_state, IDENTIFIER_VALID);
    cr_expect_eq(subject->birth_year, 1980);
    cr_expect_eq(subject->birth_month, 2);
    cr_expect_eq(subject->sex, '1');
    cr_expect_str_eq(subject->lsoa_2011, "E01024335");
    cr_expect_str_eq(subject->lsoa_2021, "E01035274");
    cr_expect_str_eq(fixture_hex(subject->nhs.bytes, 16, hex), "05847ed3cb8936eb365851f4353feaf9");
    cr_expect(subject->superseded_nhs.is_set);
    cr_expect_str_eq(fixture_hex(subject->local_id.bytes, 16, hex), "0d7daa4912f6c38ace0d01b4df757d85");
    cr_expect_str_eq(fixture_hex(subject->uprn.bytes, 16, hex), "390a6390812642955da962791b953ead");
    cr_expect_eq(tokenised_row_age_days(row), -1);
    bench_close(&bench);
}

Test(pseudonymise, other_spellings_of_one_identity_are_one_subject)
{
    Bench bench = bench_open(&patient_list);
    RawIdentity first = someone(), second = someone();
    second.fields[IDENTITY_NHS_NUMBER] = TEXT("9434765919");
    second.fields[IDENTITY_POSTCODE] = TEXT("ME14 1XQ");
    second.fields[IDENTITY_SEX] = TEXT("1");
    second.fields[IDENTITY_FAMILY_NAME] = TEXT("o brien");
    second.fields[IDENTITY_GIVEN_NAME] = TEXT("ZOE");

    cr_expect_eq(subject_id_of(&bench, &first), subject_id_of(&bench, &second));
    bench_close(&bench);
}

Test(pseudonymise, each_identity_field_tells_subjects_apart)
{
    static const char *const others[IDENTITY_FIELD_COUNT] = {
        "4010232137", "9434765919", "A124", "RVV",           "1",    "ME14 1XR", "1980-03-01",
        "2",          "Smith",      "Zara", "2 High Street", "7F3A", "7F3B"};
    Bench bench = bench_open(&patient_list);
    RawIdentity identity = someone();
    int64_t subject_id = subject_id_of(&bench, &identity);

    for (int i = 0; i < IDENTITY_FIELD_COUNT; i++) {
        RawIdentity other = someone();
        other.fields[i] = text_from(others[i]);
        cr_expect_neq(subject_id_of(&bench, &other), subject_id, "%s", IDENTITY_FIELD_NAMES[i]);
    }
    bench_close(&bench);
}

static RawIdentity foreigner(Text space)
{
    RawIdentity identity = {.event_date = DATE_NONE, .foreign_space = space};

    identity.fields[IDENTITY_FOREIGN_PSEUDONYM] = TEXT(" 9434765919");
    return identity;
}

/* Expected as above, by a second implementation. */
Test(pseudonymise, a_foreign_pseudonym_makes_a_subject_with_a_token_of_its_space)
{
    Bench bench = bench_open(&patient_list);
    RawIdentity identity = foreigner(TEXT("QKS/salted-2024/sus"));
    char hex[FIXTURE_HEX_BYTES];

    const Subject *subject = tokenised_row_subject(row_of(&bench, &identity, TEXT("")));

    cr_assert_not_null(subject);
    cr_expect_eq(subject->nhs_state, IDENTIFIER_ABSENT);
    cr_expect_not(subject->nhs.is_set, "however much it looks like one");
    cr_expect_not(subject->foreign_to.is_set);
    cr_expect_str_eq(fixture_hex(subject->foreign.bytes, 16, hex), "fe4d3ed356b13ec68b9e0c7614b24447");
    cr_expect_str_eq(fixture_hex(subject->digest, 16, hex), "7165e5c0aeccccfc904f0acc7eca8789");
    bench_close(&bench);
}

/* Goes red when bundle.c leaves the space out of the message. */
Test(pseudonymise, one_foreign_pseudonym_in_two_spaces_is_two_subjects)
{
    Bench bench = bench_open(&patient_list);
    RawIdentity sus = foreigner(TEXT("QKS/salted-2024/sus")),
                mhsds = foreigner(TEXT("QKS/salted-2024/mhsds"));
    RawIdentity spaceless = foreigner(TEXT(""));

    cr_expect_neq(subject_id_of(&bench, &sus), subject_id_of(&bench, &mhsds));
    const Subject *subject = tokenised_row_subject(row_of(&bench, &spaceless, TEXT("")));
    cr_expect_not(subject->foreign.is_set, "nobody knows whose it is");
    bench_close(&bench);
}

Test(pseudonymise, both_sides_of_a_crosswalk_have_tokens_of_their_spaces)
{
    Bench bench = bench_open(&patient_list);
    RawIdentity walk = foreigner(TEXT("QKS/salted-2024/sus"));
    RawIdentity other = foreigner(TEXT("QKS/salted-2024/mhsds"));
    walk.fields[IDENTITY_FOREIGN_PSEUDONYM_TO] = TEXT("9434765919");
    walk.foreign_space_to = TEXT("QKS/salted-2024/mhsds");

    Subject there = *tokenised_row_subject(row_of(&bench, &other, TEXT("")));
    const Subject *both = tokenised_row_subject(row_of(&bench, &walk, TEXT("")));

    cr_assert(both->foreign.is_set && both->foreign_to.is_set);
    cr_expect_arr_neq(both->foreign.bytes, both->foreign_to.bytes, TOKEN_BYTES);
    cr_expect_arr_eq(both->foreign_to.bytes, there.foreign.bytes, TOKEN_BYTES);
    bench_close(&bench);
}

Test(pseudonymise, one_identity_in_two_sources_is_two_subjects)
{
    Bench bench = bench_open(&patient_list);
    const PseudonymiserOptions options = {.source = "apc_spell"};
    Bench other = bench;
    RawIdentity identity = someone();
    Error error = {0};
    cr_assert(pseudonymiser_create(bench.keyring, &options, &other.pseudonymiser, &error).ok, "%s",
              error.message);
    Subject here = *tokenised_row_subject(row_of(&bench, &identity, TEXT("")));

    const Subject *there = tokenised_row_subject(row_of(&other, &identity, TEXT("")));

    cr_expect_neq(here.subject_id, there->subject_id);
    cr_expect_arr_eq(here.nhs.bytes, there->nhs.bytes, TOKEN_BYTES, "but linkage can join them");
    cr_expect_str_empty(there->lsoa_2011, "no directory was given");
    pseudonymiser_close(&other.pseudonymiser);
    bench_close(&bench);
}

Test(pseudonymise, a_subject_is_new_once_and_its_tokens_are_made_once)
{
    Bench bench = bench_open(&patient_list);
    RawIdentity identity = someone();

    cr_expect(tokenised_row_subject_is_new(row_of(&bench, &identity, TEXT(""))));
    const TokenisedRow *again = row_of(&bench, &identity, TEXT(""));

    cr_expect_not(tokenised_row_subject_is_new(again));
    cr_expect_eq(tokenised_row_subject(again)->subject_id, INT64_C(3429855137348326201));
    cr_expect_eq(tokenised_row_subject(again)->nhs_state, IDENTIFIER_VALID);
    cr_expect_not(tokenised_row_subject(again)->nhs.is_set);
    bench_close(&bench);
}

Test(pseudonymise, an_invalid_nhs_number_has_no_token_but_tells_subjects_apart)
{
    Bench bench = bench_open(&patient_list);
    RawIdentity identity = {.event_date = DATE_NONE}, other = identity;
    char hex[FIXTURE_HEX_BYTES];
    identity.fields[IDENTITY_NHS_NUMBER] = TEXT(" 9434765918");
    other.fields[IDENTITY_NHS_NUMBER] = TEXT("9434765917");

    const Subject *subject = tokenised_row_subject(row_of(&bench, &identity, TEXT("")));

    cr_assert_not_null(subject);
    cr_expect_eq(subject->nhs_state, IDENTIFIER_INVALID);
    cr_expect_not(subject->nhs.is_set);
    cr_expect_str_eq(fixture_hex(subject->digest, 16, hex), "4b38a2fe71f349b1d7963813316153ed");
    cr_expect_eq(subject->subject_id, INT64_C(5420261365257554353));
    cr_expect_neq(subject_id_of(&bench, &other), INT64_C(5420261365257554353));
    bench_close(&bench);
}

Test(pseudonymise, a_number_of_another_scheme_is_taken_as_it_is_and_kept_apart)
{
    Bench bench = bench_open(&patient_list);
    RawIdentity nhs = someone(), other = someone();
    other.fields[IDENTITY_NHS_NUMBER] = TEXT(" 9434765918 ");
    other.nhs_scheme = TEXT("febrl");
    nhs.fields[IDENTITY_NHS_NUMBER] = TEXT("9434765918");

    int64_t nhs_subject_id = subject_id_of(&bench, &nhs);
    const Subject *subject = tokenised_row_subject(row_of(&bench, &other, TEXT("")));

    cr_assert_not_null(subject);
    cr_expect_eq(subject->nhs_state, IDENTIFIER_VALID);
    cr_expect(subject->nhs.is_set);
    cr_expect_neq(subject->subject_id, nhs_subject_id);
    nhs = someone();
    cr_expect_eq(subject_id_of(&bench, &nhs), INT64_C(3429855137348326201),
                 "the next row is of no scheme again");
    bench_close(&bench);
}

Test(pseudonymise, values_that_fail_their_rule_leave_nothing_derived)
{
    Bench bench = bench_open(&patient_list);
    RawIdentity identity = {.event_date = DATE_NONE};
    identity.fields[IDENTITY_LOCAL_ID] = TEXT("A123");
    identity.fields[IDENTITY_UPRN] = TEXT("12X");
    identity.fields[IDENTITY_POSTCODE] = TEXT("ME14");
    identity.fields[IDENTITY_BIRTH_DATE] = TEXT("1980-02-30");
    identity.fields[IDENTITY_SEX] = TEXT("unknown");

    const Subject *subject = tokenised_row_subject(row_of(&bench, &identity, TEXT("")));

    cr_assert_not_null(subject);
    cr_expect_eq(subject->nhs_state, IDENTIFIER_ABSENT);
    cr_expect_not(subject->local_id.is_set, "no issuer");
    cr_expect_not(subject->uprn.is_set);
    cr_expect_eq(subject->birth_year, 0);
    cr_expect_eq(subject->birth_month, 0);
    cr_expect_eq(subject->sex, '\0');
    cr_expect_str_empty(subject->lsoa_2011);
    cr_expect_str_empty(subject->lsoa_2021);
    bench_close(&bench);
}

Test(pseudonymise, a_row_without_an_identity_has_no_subject)
{
    Bench bench = bench_open(&patient_list);
    RawIdentity identity = {.event_date = DATE_NONE};

    cr_expect_null(tokenised_row_subject(row_of(&bench, &identity, TEXT(""))));
    identity.fields[IDENTITY_SEX] = TEXT("2");
    identity.fields[IDENTITY_LOCAL_ID_ISSUER] = TEXT("RWF");
    identity.fields[IDENTITY_FAMILY_NAME] = TEXT(" - ");
    const TokenisedRow *row = row_of(&bench, &identity, TEXT(""));

    cr_expect_null(tokenised_row_subject(row), "nobody is known by sex and hospital");
    cr_expect_not(tokenised_row_subject_is_new(row));
    bench_close(&bench);
}

/* Goes red when make_subject no longer asks is_withheld. */
Test(pseudonymise, a_withheld_row_has_no_subject_and_no_age)
{
    Bench bench = bench_open(&patient_list);
    RawIdentity identity = someone();
    identity.is_withheld = true;
    identity.fields[IDENTITY_BIRTH_DATE] = TEXT("2026-01-01");
    identity.event_date = date_from_civil(2026, 1, 10);

    const TokenisedRow *row = row_of(&bench, &identity, TEXT("key"));
    int64_t record_key = 0;

    cr_expect_null(tokenised_row_subject(row));
    cr_expect_not(tokenised_row_subject_is_new(row));
    cr_expect_eq(tokenised_row_age_days(row), -1);
    cr_expect(tokenised_row_record_key(row, &record_key), "it can still be amended");
    bench_close(&bench);
}

/* Goes red when infant_age_band loses its bands or their limit: an exact age beside an event is a birth date.
 */
Test(pseudonymise, an_infants_age_is_the_first_day_of_its_band)
{
    static const struct {
        const char *birth;
        int expected;
    } cases[] = {
        {"2026-01-10", 0},  {"2026-01-04", 0},  {"2026-01-03", 7},  {"2025-12-14", 7},   {"2025-12-13", 28},
        {"2025-10-12", 28}, {"2025-10-11", 91}, {"2025-07-12", 91}, {"2025-07-11", 183}, {"2025-01-10", 183},
        {"2025-01-09", -1}, {"1980-01-01", -1}, {"2026-01-11", -1}, {"not a date", -1},  {"", -1}};
    Bench bench = bench_open(&patient_list);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        RawIdentity identity = {.event_date = date_from_civil(2026, 1, 10)};
        identity.fields[IDENTITY_BIRTH_DATE] = text_from(cases[i].birth);
        cr_expect_eq(tokenised_row_age_days(row_of(&bench, &identity, TEXT(""))), cases[i].expected, "%s",
                     cases[i].birth);
    }
    RawIdentity undated = {.event_date = DATE_NONE};
    undated.fields[IDENTITY_BIRTH_DATE] = TEXT("2026-01-10");
    cr_expect_eq(tokenised_row_age_days(row_of(&bench, &undated, TEXT(""))), -1);
    bench_close(&bench);
}

Test(pseudonymise, a_record_key_is_a_keyed_hash_of_source_and_text)
{
    Bench bench = bench_open(&patient_list);
    RawIdentity identity = someone();
    int64_t record_key = 0;

    cr_assert(tokenised_row_record_key(row_of(&bench, &identity,
                                              TEXT("9434765919\x1f"
                                                   "2026-01-01")),
                                       &record_key));
    cr_expect_eq(record_key, INT64_C(6732745824777087168));
    cr_expect_not(tokenised_row_record_key(row_of(&bench, &identity, TEXT("")), &record_key));
    bench_close(&bench);
}

/* What a provider, or another hub of the region, can work out of an identity is no name that is stored here.
 * Switches: names_lock_subjects, names_lock_records. */
Test(pseudonymise, another_hub_with_the_same_regional_key_stores_other_names)
{
    Bench bench = bench_open(&patient_list);
    char path[FIXTURE_PATH_BYTES];
    RawIdentity identity = someone();
    int64_t number = subject_id_of(&bench, &identity), key = 0, other_key = 0;
    cr_assert(tokenised_row_record_key(row_of(&bench, &identity, TEXT("key")), &key));
    bench_close(&bench);
    fixture_counting_key("keyring/subjects.key", 129);
    Bench other = {.keyring = fixture_open(fixture_path("keyring", path))};
    Error error = {0};
    cr_assert(pseudonymiser_create(other.keyring, &patient_list, &other.pseudonymiser, &error).ok);

    cr_expect_neq(subject_id_of(&other, &identity), number);
    cr_assert(tokenised_row_record_key(row_of(&other, &identity, TEXT("key")), &other_key));
    cr_expect_neq(other_key, key);
    bench_close(&other);
}

static const char *const referred[] = {"apc_spell", "patient_list"};
static const PseudonymiserOptions referring = {
    .source = "patient_list", .refers_to = referred, .refers_to_count = 2};

Test(pseudonymise, a_reference_is_what_the_key_is_as_the_other_sources_own)
{
    const Text references[] = {TEXT("key"), TEXT("9434765919\x1f"
                                                 "2026-01-01")};
    const PseudonymiserOptions spells = {.source = "apc_spell"};
    Bench bench = bench_open(&referring);
    Pseudonymiser *there = NULL;
    Error error = {0};
    RawIdentity identity = someone();
    int64_t first = 0, second = 0, own = 0;

    cr_assert(pseudonymiser_create(bench.keyring, &spells, &there, &error).ok, "%s", error.message);
    const TokenisedRow *row =
        row_with(&bench, &identity, (RawKeys){.own = TEXT("key"), .references = references});

    cr_assert(tokenised_row_reference(row, 0, &first));
    cr_assert(tokenised_row_reference(row, 1, &second));
    cr_expect_eq(second, INT64_C(6732745824777087168), "as above, of the source itself");
    cr_assert(tokenised_row_record_key(row, &own));
    cr_expect_neq(first, own, "one text is another key in another source");
    Bench other = {.pseudonymiser = there};
    cr_assert(tokenised_row_record_key(row_of(&other, &identity, TEXT("key")), &own));
    cr_expect_eq(first, own);
    pseudonymiser_close(&there);
    bench_close(&bench);
}

Test(pseudonymise, an_empty_reference_is_none_and_leaves_the_other_alone)
{
    const Text references[] = {TEXT(""), TEXT("key")};
    Bench bench = bench_open(&referring);
    RawIdentity identity = someone();
    int64_t key = 0;

    const TokenisedRow *row = row_with(&bench, &identity, (RawKeys){.references = references});

    cr_expect_not(tokenised_row_reference(row, 0, &key));
    cr_expect(tokenised_row_reference(row, 1, &key));
    bench_close(&bench);
}

/* Goes red when add_keys no longer asks is_withheld. */
Test(pseudonymise, a_withheld_row_refers_to_nothing)
{
    const Text references[] = {TEXT("key"), TEXT("key")};
    Bench bench = bench_open(&referring);
    RawIdentity identity = someone();
    int64_t key = 0;
    identity.is_withheld = true;

    const TokenisedRow *row =
        row_with(&bench, &identity, (RawKeys){.own = TEXT("key"), .references = references});

    cr_expect_not(tokenised_row_reference(row, 0, &key));
    cr_expect_not(tokenised_row_reference(row, 1, &key));
    cr_expect(tokenised_row_record_key(row, &key));
    bench_close(&bench);
}

Test(pseudonymise, references_to_more_sources_than_there_is_room_for_are_refused)
{
    static const char *const names[PSEUDONYMISER_REFERENCES_MAX + 1] = {"a"};
    const PseudonymiserOptions options = {
        .source = "a", .refers_to = names, .refers_to_count = PSEUDONYMISER_REFERENCES_MAX + 1};
    Keyring *keyring = fixture_keyring();
    Pseudonymiser *pseudonymiser = NULL;
    Error error = {0};

    cr_expect_not(pseudonymiser_create(keyring, &options, &pseudonymiser, &error).ok);

    cr_expect_eq(error.code, ERROR_CONFIG);
    keyring_close(&keyring);
}

/* The reader's memory is another row's by then. */
Test(pseudonymise, the_payload_is_kept_while_a_row_waits)
{
    Bench bench = bench_open(&patient_list);
    RawIdentity identity = someone();
    char word[] = "E", packed[] = "of several columns", long_word[5000];
    memset(long_word, 'w', sizeof long_word);
    const Value payload[] = {value_int4(7),
                             value_text(text_from(word)),
                             value_null(VALUE_TEXT),
                             value_text((Text){.data = long_word, .length = sizeof long_word}),
                             {.type = VALUE_PACKED, .packed_count = 3, .text = text_from(packed)}};
    const RawRow raw = {.line = 9, .identity = &identity, .payload = payload, .payload_count = 5};
    size_t count = 0;
    Error error = {0};

    pseudonymise_add(bench.pseudonymiser, &raw);
    memset(word, 0, sizeof word);
    memset(packed, 0, sizeof packed);
    memset(long_word, 0, sizeof long_word);
    cr_assert(pseudonymise_rows(bench.pseudonymiser, &count, &error).ok);

    const TokenisedRow *row = pseudonymise_row(bench.pseudonymiser, 0);
    const Value *kept = tokenised_row_payload(row, &count);
    cr_expect_eq(count, 5);
    cr_expect_eq(tokenised_row_line(row), 9);
    cr_expect_eq(kept[0].integer, 7);
    cr_expect(text_equal(kept[1].text, TEXT("E")));
    cr_expect(kept[2].is_null);
    cr_expect_eq(kept[3].text.length, sizeof long_word);
    cr_expect_eq(kept[3].text.data[4999], 'w');
    cr_expect_eq(kept[4].packed_count, 3);
    cr_expect(text_equal(kept[4].text, TEXT("of several columns")));
    bench_close(&bench);
}

/* Rows of several kinds in one turn: alone, each is what it is among the others. */
Test(pseudonymise, rows_made_together_are_those_made_alone)
{
    enum { KINDS = 4 };
    RawIdentity identities[KINDS] = {someone(), someone(), {.event_date = DATE_NONE}, someone()};
    static const Text keys[KINDS] = {
        {"one", 3}, {"", 0}, {"a key of more than one block of sixteen", 39}, {"4", 1}};
    int64_t ids[KINDS], record_keys[KINDS] = {0}, record_key;
    size_t count;
    Error error = {0};
    identities[1].fields[IDENTITY_NHS_NUMBER] = TEXT("4010232137");
    identities[3].is_withheld = true;
    Bench bench = bench_open(&patient_list);
    for (int i = 0; i < KINDS; i++) {
        const TokenisedRow *row = row_of(&bench, &identities[i], keys[i]);
        ids[i] = tokenised_row_subject(row) != NULL ? tokenised_row_subject(row)->subject_id : 0;
        (void)tokenised_row_record_key(row, &record_keys[i]);
    }
    Pseudonymiser *fresh = NULL;
    cr_assert(pseudonymiser_create(bench.keyring, &patient_list, &fresh, &error).ok);
    pseudonymiser_close(&bench.pseudonymiser);
    bench.pseudonymiser = fresh;

    for (int i = 0; i < PSEUDONYMISE_ROWS; i++) {
        cr_expect_not(pseudonymise_is_full(bench.pseudonymiser));
        add_row(&bench, &identities[i % KINDS], (RawKeys){.own = keys[i % KINDS]});
    }
    cr_expect(pseudonymise_is_full(bench.pseudonymiser));
    cr_assert(pseudonymise_rows(bench.pseudonymiser, &count, &error).ok);

    cr_assert_eq(count, PSEUDONYMISE_ROWS);
    for (int i = 0; i < PSEUDONYMISE_ROWS; i++) {
        const TokenisedRow *row = pseudonymise_row(bench.pseudonymiser, (size_t)i);
        const Subject *subject = tokenised_row_subject(row);
        cr_expect_eq(subject != NULL ? subject->subject_id : 0, ids[i % KINDS]);
        cr_expect_eq(tokenised_row_record_key(row, &record_key), keys[i % KINDS].length > 0);
        cr_expect(keys[i % KINDS].length == 0 || record_key == record_keys[i % KINDS]);
        cr_expect_eq(tokenised_row_subject_is_new(row), i < 2, "each person once");
    }
    cr_expect_not(pseudonymise_is_full(bench.pseudonymiser));
    cr_assert(pseudonymise_rows(bench.pseudonymiser, &count, &error).ok);
    cr_expect_eq(count, 0, "given once");
    bench_close(&bench);
}

static bool holds(const void *memory, size_t length, const char *needle)
{
    return memmem(memory, length, needle, strlen(needle)) != NULL;
}

static void expect_not_in(const Draft *draft, const char *needle)
{
    const Message *identity = &draft->bundle.message;

    cr_expect_not(holds(identity->bytes, identity->capacity, needle), "%s", needle);
    for (size_t i = 0; i < draft->key_count; i++) {
        const Message *key = &draft->keys[i].message;
        cr_expect_not(holds(key->bytes, key->capacity, needle), "%s", needle);
    }
}

static void expect_nowhere(const Pseudonymiser *pseudonymiser, const char *needle)
{
    cr_expect_not(holds(pseudonymiser, sizeof *pseudonymiser, needle), "%s", needle);
    for (size_t i = 0; i < PSEUDONYMISE_ROWS; i++)
        expect_not_in(&pseudonymiser->drafts[i], needle);
}

/* Goes red when pseudonymise_rows no longer calls draft_wipe. */
Test(pseudonymise, no_identifier_remains_in_the_pseudonymisers_memory_after_a_row)
{
    static const char *const needles[] = {"9434765919", "4010232137",  "A123",       "100012345678",
                                          "ME14",       "1XQ",         "1980-02-29", "o brien",
                                          "zoe",        "high street", "recordkey",  "otherkey"};
    static char long_name[20000];
    const Text references[] = {TEXT("otherkey"), TEXT("otherkey")};
    Bench bench = bench_open(&referring);
    RawIdentity identity = someone();
    const RawKeys keys = {TEXT("recordkey"), references};
    size_t count;
    Error error = {0};
    for (size_t i = 0; i < PSEUDONYMISE_ROWS; i++)
        add_row(&bench, &identity, keys);
    cr_assert(pseudonymise_rows(bench.pseudonymiser, &count, &error).ok, "%s", error.message);

    for (size_t i = 0; i < sizeof needles / sizeof needles[0]; i++)
        expect_nowhere(bench.pseudonymiser, needles[i]);

    /* Once more through a message that has to grow. */
    memset(long_name, 'q', sizeof long_name);
    identity.fields[IDENTITY_FAMILY_NAME] = (Text){.data = long_name, .length = sizeof long_name};
    (void)row_with(&bench, &identity, keys);
    expect_nowhere(bench.pseudonymiser, "9434765919");
    expect_nowhere(bench.pseudonymiser, "qqqq");
    bench_close(&bench);
}

/* The same, when making the row fails in its last step. Goes red when pseudonymise_rows returns before it
 * wipes. */
Test(pseudonymise, no_identifier_remains_in_the_pseudonymisers_memory_after_a_failure)
{
    Bench bench = bench_open(&patient_list);
    RawIdentity identity = someone();
    size_t count = 1;
    Error error = {0};
    EVP_CIPHER_CTX *keyless = EVP_CIPHER_CTX_new(),
                   **locked = (EVP_CIPHER_CTX **)bench.pseudonymiser->record_hash;
    EVP_CIPHER_CTX_free(*locked); /* a CMAC's first member */
    *locked = keyless;

    add_row(&bench, &identity, (RawKeys){.own = TEXT("recordkey")});
    cr_expect_not(pseudonymise_rows(bench.pseudonymiser, &count, &error).ok);

    cr_expect_eq(count, 0);
    cr_expect_eq(error.code, ERROR_SYSTEM);
    cr_expect_str_eq(error.message, "AES-256: OpenSSL refused");
    expect_nowhere(bench.pseudonymiser, "9434765919");
    expect_nowhere(bench.pseudonymiser, "o brien");
    expect_nowhere(bench.pseudonymiser, "recordkey");
    bench_close(&bench);
}

Test(pseudonymise, bytes_that_are_no_text_are_still_an_identity)
{
    Bench bench = bench_open(&patient_list);
    RawIdentity identity = {.event_date = DATE_NONE}, other = identity;
    identity.fields[IDENTITY_LOCAL_ID] = (Text){.data = "A\0001", .length = 3};
    other.fields[IDENTITY_LOCAL_ID] = (Text){.data = "A\0002", .length = 3};

    cr_expect_neq(subject_id_of(&bench, &identity), subject_id_of(&bench, &other));
    bench_close(&bench);
}

Test(pseudonymise, a_pseudonymiser_without_a_source_is_refused)
{
    Keyring *keyring = fixture_keyring();
    Pseudonymiser *pseudonymiser = NULL;
    Error error = {0};

    cr_expect_not(
        pseudonymiser_create(keyring, &(PseudonymiserOptions){.source = ""}, &pseudonymiser, &error).ok);

    cr_expect_eq(error.code, ERROR_CONFIG);
    cr_expect_null(pseudonymiser);
    keyring_close(&keyring);
}

Test(pseudonymise, identity_fields_are_named_as_specs_write_them)
{
    static const char *const expected[] = {"nhs_number",
                                           "superseded_nhs_number",
                                           "local_id",
                                           "local_id_issuer",
                                           "uprn",
                                           "postcode",
                                           "birth_date",
                                           "sex",
                                           "family_name",
                                           "given_name",
                                           "address",
                                           "foreign_pseudonym",
                                           "foreign_pseudonym_to"};

    cr_assert_eq(IDENTITY_FIELD_COUNT, 13);
    for (int i = 0; i < IDENTITY_FIELD_COUNT; i++)
        cr_expect_str_eq(IDENTITY_FIELD_NAMES[i], expected[i]);
}

Test(pseudonymise, each_use_of_a_key_is_counted)
{
    SCOPED(bench_close) Bench bench = bench_open(&patient_list);
    RawIdentity identity = someone(), nobody = {.event_date = DATE_NONE};
    char text[KEY_USE_BYTES];

    (void)row_of(&bench, &identity, TEXT("1"));
    (void)row_of(&bench, &identity, TEXT("2"));
    (void)row_of(&bench, &nobody, TEXT("3"));
    KeyUse use = pseudonymiser_use(bench.pseudonymiser);

    cr_expect_eq(use.inner[TOKEN_NHS_NUMBER], 2, "the number and the superseded one, once");
    cr_expect_eq(use.inner[TOKEN_LOCAL_ID], 1);
    cr_expect_eq(use.inner[TOKEN_UPRN], 1);
    cr_expect_eq(use.inner[TOKEN_FOREIGN], 0);
    cr_expect_eq(use.inner[TOKEN_ADDRESS], 1);
    cr_expect_eq(use.outer, 5);
    cr_expect_eq(use.older, 0);
    cr_expect_eq(use.subject, 2);
    cr_expect_eq(use.record, 3);
    cr_expect(text_equal(key_use_text(&use, text),
                         TEXT("keys hub-2.outer=5 regional.nhs_number=2 regional.local_id=1 regional.uprn=1"
                              " regional.address=1 regional.subject=2 regional.record=3 subjects.outer=5")),
              "%s", text);
}

Test(pseudonymise, the_longest_text_of_key_use_fits)
{
    const int64_t most = INT64_MAX;
    const KeyUse use = {999, {most, most, most, most, most}, most, most, most, most, most, most, 999, most,
                        most};
    char text[KEY_USE_BYTES];

    Text told = key_use_text(&use, text);

    cr_expect_not_null(strstr(text, "encodings-older.opened=9223372036854775807"));
    cr_expect_lt(told.length, KEY_USE_BYTES);
}

/* Switch: keyring_check_day in pseudonymiser_create. */
Test(pseudonymise, behind_the_last_day_of_a_key_nothing_is_pseudonymised)
{
    char path[FIXTURE_PATH_BYTES];
    static const int versions[] = {0, 2}; /* the regional key, the current hub key */
    Error error = {0};
    (void)fixture_keyring_folder(path);

    for (size_t i = 0; i < 2; i++) {
        Pseudonymiser *made = NULL;
        cr_assert(keyring_expire(path, versions[i], date_today() - 1, &error).ok, "%s", error.message);
        Keyring *keyring = fixture_open(path);

        cr_expect_not(pseudonymiser_create(keyring, &patient_list, &made, &error).ok);
        cr_expect_eq(error.code, ERROR_CONFIG);
        cr_expect_not_null(strstr(error.message, "past its last day"), "%s", error.message);
        cr_expect_null(made);
        keyring_close(&keyring);

        cr_assert(keyring_expire(path, versions[i], date_today(), &error).ok, "%s", error.message);
        keyring = fixture_open(path);
        cr_expect(pseudonymiser_create(keyring, &patient_list, &made, &error).ok,
                  "its last day is one of its own");
        pseudonymiser_close(&made);
        keyring_close(&keyring);
    }
}

Test(pseudonymise, encodings_are_counted_where_they_are_made)
{
    const PseudonymiserOptions encoding = {.source = "patient_list", .encodes = true};
    SCOPED(bench_close) Bench bench = bench_open(&encoding);
    RawIdentity identity = someone();

    (void)row_of(&bench, &identity, TEXT(""));
    (void)row_of(&bench, &identity, TEXT(""));

    cr_expect_eq(pseudonymiser_use(bench.pseudonymiser).encoding, 1, "of a new subject alone");
}

/* ---- addresses ---- */

static Token address_of(Bench *bench, Text address, Text postcode, Text uprn)
{
    RawIdentity identity = {.event_date = DATE_NONE};

    identity.fields[IDENTITY_ADDRESS] = address;
    identity.fields[IDENTITY_POSTCODE] = postcode;
    identity.fields[IDENTITY_UPRN] = uprn;
    const Subject *subject = tokenised_row_subject(row_of(bench, &identity, TEXT("")));
    cr_assert_not_null(subject);
    return subject->address;
}

Test(pseudonymise, an_address_has_one_token_however_it_is_spelt_and_whoever_says_its_uprn)
{
    SCOPED(bench_close) Bench bench = bench_open(&patient_list);

    Token token = address_of(&bench, TEXT("12 Mill Road, Ashford"), TEXT("TN24 8AA"), TEXT(""));
    Token other = address_of(&bench, TEXT("12, MILL RD"), TEXT("tn248aa"), TEXT("100012345678"));

    cr_assert(token.is_set);
    cr_expect_arr_eq(token.bytes, other.bytes, TOKEN_BYTES);
}

/* Switch: the issuer of the token in make_address. */
Test(pseudonymise, the_same_words_in_two_postcodes_are_two_addresses)
{
    SCOPED(bench_close) Bench bench = bench_open(&patient_list);

    Token token = address_of(&bench, TEXT("12 Mill Road"), TEXT("TN24 8AA"), TEXT(""));
    Token other = address_of(&bench, TEXT("12 Mill Road"), TEXT("TN24 8AB"), TEXT(""));

    cr_assert(token.is_set && other.is_set);
    cr_expect_arr_neq(token.bytes, other.bytes, TOKEN_BYTES);
}

Test(pseudonymise, an_address_without_a_valid_postcode_or_that_names_no_home_has_no_token)
{
    SCOPED(bench_close) Bench bench = bench_open(&patient_list);

    cr_expect_not(address_of(&bench, TEXT("12 Mill Road"), TEXT(""), TEXT("")).is_set);
    cr_expect_not(address_of(&bench, TEXT("12 Mill Road"), TEXT("TN24"), TEXT("")).is_set);
    cr_expect_not(address_of(&bench, TEXT("No fixed abode"), TEXT("TN24 8AA"), TEXT("")).is_set);
    cr_expect_not(address_of(&bench, TEXT("12 Mill Road"), TEXT("ZZ99 3VZ"), TEXT("")).is_set);
}
