/* Names of records, and of what they refer to. */
#include "tests/pseudonymise/rows.h"

TestSuite(pseudonymise_names, .fini = fixture_clear);

Test(pseudonymise_names, a_record_key_is_a_keyed_hash_of_source_and_text)
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
Test(pseudonymise_names, another_hub_with_the_same_regional_key_stores_other_names)
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

Test(pseudonymise_names, a_reference_is_what_the_key_is_as_the_other_sources_own)
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

Test(pseudonymise_names, an_empty_reference_is_none_and_leaves_the_other_alone)
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
Test(pseudonymise_names, a_withheld_row_refers_to_nothing)
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

Test(pseudonymise_names, references_to_more_sources_than_there_is_room_for_are_refused)
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
