#pragma once
/* A provider that writes a parcel, and the hub that reads it. */
#include "base/signature.h"
#include "pseudonymise/parcel_format.h"
#include "tests/pseudonymise/fixture.h"
#include "tests/support/provider.h"

enum { PARCEL_BYTES = 64 << 10, PAYLOAD = 5 };

static const ValueType types[PAYLOAD] = {VALUE_TEXT, VALUE_INT8, VALUE_NUMERIC, VALUE_DATE, VALUE_BOOL};
static const char *const references[] = {"other"};

typedef struct Bench {
    Keyring *hub, *provider;
    ProviderKeys keys;
    Pseudonymiser *at_hub, *at_source;
    PostcodeDirectory *directory;
    char folder[FIXTURE_PATH_BYTES], path[FIXTURE_PATH_BYTES];
} Bench;

static inline void must(Result result, const Error *error)
{
    cr_assert(result.ok, "%s", error->message);
}

static inline Pseudonymiser *remembering(const Bench *bench, const Keyring *keyring, size_t seen_max)
{
    const PseudonymiserOptions options = {.source = "patient_list",
                                          .directory = bench->directory,
                                          .refers_to = references,
                                          .refers_to_count = 1,
                                          .seen_max = seen_max};
    Pseudonymiser *made = NULL;
    Error error = {0};

    must(pseudonymiser_create(keyring, &options, &made, &error), &error);
    return made;
}

static inline Pseudonymiser *pseudonymiser(const Bench *bench, const Keyring *keyring)
{
    return remembering(bench, keyring, 0);
}

static inline Bench bench_open(void)
{
    static const char postcodes[] = "postcode,lsoa_code_2011,lsoa_code_2021\nME14 1XQ,E01024335,E01035274\n";
    char path[FIXTURE_PATH_BYTES];
    Bench bench = {.hub = fixture_keyring()};
    Error error = {0};

    (void)fixture_path("keyring", bench.folder);
    bench.keys = provider_keys(bench.folder, fixture_path("", path), "hosp_a");
    fixture_write("postcodes.csv", postcodes, strlen(postcodes));
    must(postcode_directory_open(fixture_path("postcodes.csv", path), "2026-05", &bench.directory, &error),
         &error);
    must(keyring_open_provider(bench.keys.folder, &bench.provider, &error), &error);
    bench.at_hub = pseudonymiser(&bench, bench.hub);
    bench.at_source = pseudonymiser(&bench, bench.provider);
    (void)fixture_path("a.parcel", bench.path);
    return bench;
}

static inline void bench_close(Bench *bench)
{
    pseudonymiser_close(&bench->at_source);
    pseudonymiser_close(&bench->at_hub);
    postcode_directory_close(&bench->directory);
    keyring_close(&bench->provider);
    keyring_close(&bench->hub);
}

static inline RawIdentity someone(const char *nhs_number)
{
    RawIdentity identity = {.event_date = date_from_civil(1980, 3, 20)};

    identity.fields[IDENTITY_NHS_NUMBER] = text_from(nhs_number);
    identity.fields[IDENTITY_LOCAL_ID] = TEXT("A123456");
    identity.fields[IDENTITY_LOCAL_ID_ISSUER] = TEXT("RWF");
    identity.fields[IDENTITY_UPRN] = TEXT("100012345678");
    identity.fields[IDENTITY_POSTCODE] = TEXT("me141xq");
    identity.fields[IDENTITY_BIRTH_DATE] = TEXT("1980-02-29");
    identity.fields[IDENTITY_SEX] = TEXT("Male");
    identity.fields[IDENTITY_FAMILY_NAME] = TEXT("Brienworth");
    return identity;
}

static inline const TokenisedRow *row_of(Pseudonymiser *of, const RawIdentity *identity, uint64_t line)
{
    const Value payload[PAYLOAD] = {value_text(TEXT("A01")), value_int8(-7), value_numeric(123456),
                                    value_date(9000), value_null(VALUE_BOOL)};
    const Text reference = TEXT("R77");
    const RawRow raw = {.line = line,
                        .identity = identity,
                        .keys = {.own = TEXT("visit-4711"), .references = &reference},
                        .payload = payload,
                        .payload_count = PAYLOAD};
    size_t count;
    Error error = {0};

    pseudonymise_add(of, &raw);
    must(pseudonymise_rows(of, &count, &error), &error);
    return pseudonymise_row(of, 0);
}

static inline ParcelOptions options_of(const Bench *bench)
{
    ParcelOptions options = {.path = bench->path,
                             .sign_key = bench->keys.sign_key,
                             .keyring = bench->provider,
                             .label = {.source = "patient_list",
                                       .sender = "hosp_a",
                                       .edition = "2026-05",
                                       .spec_version = 3,
                                       .period = month_from(2026, 7)}};

    memset(options.label.spec.bytes, 0xab, HASH_BYTES);
    return options;
}

static inline Parcel *parcel_of(const Bench *bench)
{
    const ParcelOptions options = options_of(bench);
    Parcel *parcel = NULL;
    Error error = {0};

    must(parcel_create(&options, &parcel, &error), &error);
    return parcel;
}

/* Two rows of one person, one of another, one that is withheld, a note between. */
static inline void write_parcel(const Bench *bench)
{
    const RawIdentity one = someone("943 476 5919"), other = someone("9434765918"), // the other's is invalid
        withheld = {.is_withheld = true, .event_date = DATE_NONE};
    Parcel *parcel = parcel_of(bench);
    Error error = {0};

    must(parcel_row(parcel, row_of(bench->at_source, &one, 2), &error), &error);
    must(parcel_row(parcel, row_of(bench->at_source, &other, 3), &error), &error);
    must(parcel_note(parcel, TEXT("a note"), &error), &error);
    must(parcel_row(parcel, row_of(bench->at_source, &one, 5), &error), &error);
    must(parcel_row(parcel, row_of(bench->at_source, &withheld, 6), &error), &error);
    must(parcel_finish(&parcel, TEXT("the sum"), &error), &error);
}

static inline ParcelOpener opener_of(const Bench *bench)
{
    return (ParcelOpener){.path = bench->path,
                          .keys_folder = bench->keys.hub,
                          .sender = "hosp_a",
                          .keyring = bench->hub,
                          .types = types,
                          .type_count = PAYLOAD,
                          .reference_count = 1};
}

/* To its end, or the first error. */
static inline Result read_all(const ParcelOpener *opener, Pseudonymiser *at_hub, size_t *rows, Error *error)
{
    SCOPED(parcel_close) ParcelReader *reader = NULL;
    const TokenisedRow *row;
    ParcelKind kind = PARCEL_NOTE;
    Text text;

    *rows = 0;
    TRY(parcel_open(opener, &reader, error));
    while (kind != PARCEL_SUMMARY) {
        TRY(parcel_next(reader, &kind, &text, error));
        if (kind == PARCEL_ROW)
            TRY(pseudonymise_parcel_row(at_hub, reader, &row, error));
        *rows += kind == PARCEL_ROW;
    }
    return RESULT_OK;
}

static inline void expect_failure(const Bench *bench, ErrorCode code, const char *part)
{
    const ParcelOpener opener = opener_of(bench);
    Pseudonymiser *at_hub = pseudonymiser(bench, bench->hub);
    Error error = {0};
    size_t rows;

    Result read = read_all(&opener, at_hub, &rows, &error);

    cr_expect(!read.ok, "%s", part);
    cr_expect_eq(error.code, code, "%s", error.message);
    cr_expect_not_null(strstr(error.message, part), "'%s' is not in: %s", part, error.message);
    pseudonymiser_close(&at_hub);
}

static inline void expect_token(const Token *token, const Token *expected)
{
    cr_expect_eq(token->is_set, expected->is_set);
    cr_expect_eq(memcmp(token->bytes, expected->bytes, TOKEN_BYTES), 0);
}
