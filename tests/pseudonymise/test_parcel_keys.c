/* Whose parcel it is, and under which keys: another's is refused, and no key of the hub makes one. */
#include "tests/pseudonymise/parcels.h"

TestSuite(parcel_keys, .fini = fixture_clear);

/* Goes red without the signature: anybody can seal to a public key. */
Test(parcel_keys, another_providers_parcel_is_refused)
{
    Bench bench = bench_open();

    write_parcel(&bench);
    provider_sign_as(&bench.keys, "hosp_a"); /* a new pair: the parcel is of the old one */

    expect_failure(&bench, ERROR_REFUSED, "its signature is not the sender's");
    bench_close(&bench);
}

Test(parcel_keys, a_sender_without_a_key_is_refused)
{
    Bench bench = bench_open();
    ParcelOpener opener = opener_of(&bench);
    Error error = {0};
    size_t rows;
    write_parcel(&bench);

    opener.sender = "hosp_b";
    cr_expect(!read_all(&opener, bench.at_hub, &rows, &error).ok);
    cr_expect(error.code == ERROR_CONFIG && strstr(error.message, "hosp_b.pem: missing") != NULL);
    opener.sender = "../hosp_a";
    cr_expect(!read_all(&opener, bench.at_hub, &rows, &error).ok);
    cr_expect_not_null(strstr(error.message, "a name without slashes"));
    bench_close(&bench);
}

Test(parcel_keys, a_parcel_sealed_to_another_hub_is_refused)
{
    Bench bench = bench_open();
    uint8_t private_key[KEY_BYTES];

    write_parcel(&bench);
    memset(private_key, 7, sizeof private_key);
    fixture_write("parcels/parcel.private", private_key, sizeof private_key);

    expect_failure(&bench, ERROR_INPUT, "damaged, or sealed to another key");
    bench_close(&bench);
}

Test(parcel_keys, a_parcel_under_another_regional_key_is_refused)
{
    Bench bench = bench_open();

    write_parcel(&bench);
    keyring_close(&bench.hub);
    fixture_counting_key("keyring/regional.key", 2);
    bench.hub = fixture_open(bench.folder);

    expect_failure(&bench, ERROR_INPUT, "made under another regional key");
    bench_close(&bench);
}

static void expect_no_provider_with(const char *key)
{
    Bench bench = bench_open();
    SCOPED(keyring_close) Keyring *opened = NULL;
    Error error = {0};

    fixture_counting_key(key, 9);

    cr_expect(!keyring_open_provider(bench.keys.folder, &opened, &error).ok, "%s", key);
    cr_expect(error.code == ERROR_CONFIG && strstr(error.message, "holds a hub key") != NULL, "%s",
              error.message);
    bench_close(&bench);
}

/* Goes red without list_versions in key_folder_without_hub. */
Test(parcel_keys, a_providers_folder_with_a_hub_key_is_refused)
{
    expect_no_provider_with("provider/hub-1.key");
}

/* Goes red without key_file_exists in key_folder_without_hub. */
Test(parcel_keys, a_providers_folder_with_the_subjects_key_is_refused)
{
    expect_no_provider_with("provider/subjects.key");
}

/* Goes red without the checks of key versions in parcel.c. */
Test(parcel_keys, nothing_with_the_hubs_layer_goes_into_a_parcel)
{
    Bench bench = bench_open();
    const RawIdentity one = someone("943 476 5919");
    Parcel *parcel = parcel_of(&bench);
    ParcelOptions options = options_of(&bench);
    Error error = {0};

    cr_expect(!parcel_row(parcel, row_of(bench.at_hub, &one, 2), &error).ok);
    cr_expect_eq(error.code, ERROR_CONFIG, "%s", error.message);
    parcel_abandon(&parcel);
    options.keyring = bench.hub;
    cr_expect(!parcel_create(&options, &parcel, &error).ok);
    cr_expect_eq(error.code, ERROR_CONFIG, "%s", error.message);
    bench_close(&bench);
}

/* The hub would take bytes for a value. */
Test(parcel_keys, packed_values_do_not_go_into_a_parcel)
{
    Bench bench = bench_open();
    const RawIdentity identity = someone("9434765919");
    const Value packed = {.type = VALUE_PACKED, .packed_count = PAYLOAD, .text = TEXT("bytes")};
    const RawRow raw = {.line = 2,
                        .identity = &identity,
                        .keys = {.references = &(Text){0}},
                        .payload = &packed,
                        .payload_count = 1};
    ParcelOptions options = options_of(&bench);
    SCOPED(parcel_abandon) Parcel *parcel = NULL;
    size_t count;
    Error error = {0};
    must(parcel_create(&options, &parcel, &error), &error);
    pseudonymise_add(bench.at_source, &raw);
    must(pseudonymise_rows(bench.at_source, &count, &error), &error);

    Result result = parcel_row(parcel, pseudonymise_row(bench.at_source, 0), &error);

    cr_expect_not(result.ok);
    cr_expect_str_eq(error.message, "parcel: a type of value that parcels do not hold");
    bench_close(&bench);
}

Test(parcel_keys, a_providers_pseudonymiser_takes_no_parcel)
{
    Bench bench = bench_open();
    const ParcelOpener opener = opener_of(&bench);
    Error error = {0};
    size_t rows;
    write_parcel(&bench);

    cr_expect(!read_all(&opener, bench.at_source, &rows, &error).ok);

    cr_expect(error.code == ERROR_CONFIG && strstr(error.message, "holds no hub key") != NULL);
    bench_close(&bench);
}

Test(parcel_keys, a_signing_key_that_others_can_read_is_refused)
{
    Bench bench = bench_open();
    const ParcelOptions options = options_of(&bench);
    Parcel *parcel = NULL;
    Error error = {0};

    cr_assert_eq(chmod(bench.keys.sign_key, 0640), 0);

    cr_expect(!parcel_create(&options, &parcel, &error).ok);
    cr_expect_eq(error.code, ERROR_CONFIG, "%s", error.message);
    cr_expect_neq(access(bench.path, F_OK), 0); /* nothing is left */
    bench_close(&bench);
}
