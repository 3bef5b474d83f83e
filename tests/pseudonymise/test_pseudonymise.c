#include "tests/pseudonymise/rows.h"

TestSuite(pseudonymise, .fini = fixture_clear);

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
