#pragma once
/* Rows of somebody, pseudonymised under known keys. */
#include "pseudonymise/pseudonymiser.h"
#include "tests/pseudonymise/fixture.h"

typedef struct Bench {
    Keyring *keyring;
    PostcodeDirectory *directory;
    Pseudonymiser *pseudonymiser;
} Bench;

static inline Bench bench_open(const PseudonymiserOptions *options)
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

static inline void bench_close(Bench *bench)
{
    pseudonymiser_close(&bench->pseudonymiser);
    postcode_directory_close(&bench->directory);
    keyring_close(&bench->keyring);
}

static const PseudonymiserOptions patient_list = {.source = "patient_list"};
static const char *const referred[] = {"apc_spell", "patient_list"};
static const PseudonymiserOptions referring = {
    .source = "patient_list", .refers_to = referred, .refers_to_count = 2};

static inline RawIdentity someone(void)
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

static inline void add_row(Bench *bench, const RawIdentity *identity, RawKeys keys)
{
    const RawRow raw = {.identity = identity, .keys = keys};

    pseudonymise_add(bench->pseudonymiser, &raw);
}

static inline const TokenisedRow *row_with(Bench *bench, const RawIdentity *identity, RawKeys keys)
{
    size_t count;
    Error error = {0};

    add_row(bench, identity, keys);
    cr_assert(pseudonymise_rows(bench->pseudonymiser, &count, &error).ok, "%s", error.message);
    cr_assert_eq(count, 1);
    return pseudonymise_row(bench->pseudonymiser, 0);
}

static inline const TokenisedRow *row_of(Bench *bench, const RawIdentity *identity, Text record_key)
{
    return row_with(bench, identity, (RawKeys){.own = record_key});
}

static inline int64_t subject_id_of(Bench *bench, const RawIdentity *identity)
{
    const Subject *subject = tokenised_row_subject(row_of(bench, identity, TEXT("")));

    cr_assert_not_null(subject);
    return subject->subject_id;
}
