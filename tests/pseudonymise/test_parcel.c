/* Parcels: what a provider writes is what the hub reads, and nothing else is read. */
#include <zstd.h>

#include "base/signature.h"
#include "pseudonymise/parcel_format.h"
#include "tests/pseudonymise/fixture.h"
#include "tests/support/provider.h"

TestSuite(parcel, .fini = fixture_clear);

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

static void must(Result result, const Error *error)
{
    cr_assert(result.ok, "%s", error->message);
}

static Pseudonymiser *remembering(const Bench *bench, const Keyring *keyring, size_t seen_max)
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

static Pseudonymiser *pseudonymiser(const Bench *bench, const Keyring *keyring)
{
    return remembering(bench, keyring, 0);
}

static Bench bench_open(void)
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

static void bench_close(Bench *bench)
{
    pseudonymiser_close(&bench->at_source);
    pseudonymiser_close(&bench->at_hub);
    postcode_directory_close(&bench->directory);
    keyring_close(&bench->provider);
    keyring_close(&bench->hub);
}

static RawIdentity someone(const char *nhs_number)
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

static const TokenisedRow *row_of(Pseudonymiser *of, const RawIdentity *identity, uint64_t line)
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

static ParcelOptions options_of(const Bench *bench)
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

static Parcel *parcel_of(const Bench *bench)
{
    const ParcelOptions options = options_of(bench);
    Parcel *parcel = NULL;
    Error error = {0};

    must(parcel_create(&options, &parcel, &error), &error);
    return parcel;
}

/* Two rows of one person, one of another, one that is withheld, a note between. */
static void write_parcel(const Bench *bench)
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

static ParcelOpener opener_of(const Bench *bench)
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
static Result read_all(const ParcelOpener *opener, Pseudonymiser *at_hub, size_t *rows, Error *error)
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

static void expect_failure(const Bench *bench, ErrorCode code, const char *part)
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

static void expect_token(const Token *token, const Token *expected)
{
    cr_expect_eq(token->is_set, expected->is_set);
    cr_expect_eq(memcmp(token->bytes, expected->bytes, TOKEN_BYTES), 0);
}

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

/* ---- other keys ---- */

/* Goes red without the signature: anybody can seal to a public key. */
Test(parcel, another_providers_parcel_is_refused)
{
    Bench bench = bench_open();

    write_parcel(&bench);
    provider_sign_as(&bench.keys, "hosp_a"); /* a new pair: the parcel is of the old one */

    expect_failure(&bench, ERROR_REFUSED, "its signature is not the sender's");
    bench_close(&bench);
}

Test(parcel, a_sender_without_a_key_is_refused)
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

Test(parcel, a_parcel_sealed_to_another_hub_is_refused)
{
    Bench bench = bench_open();
    uint8_t private_key[KEY_BYTES];

    write_parcel(&bench);
    memset(private_key, 7, sizeof private_key);
    fixture_write("parcels/parcel.private", private_key, sizeof private_key);

    expect_failure(&bench, ERROR_INPUT, "damaged, or sealed to another key");
    bench_close(&bench);
}

Test(parcel, a_parcel_under_another_regional_key_is_refused)
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
Test(parcel, a_providers_folder_with_a_hub_key_is_refused)
{
    expect_no_provider_with("provider/hub-1.key");
}

/* Goes red without key_file_exists in key_folder_without_hub. */
Test(parcel, a_providers_folder_with_the_subjects_key_is_refused)
{
    expect_no_provider_with("provider/subjects.key");
}

/* Goes red without the checks of key versions in parcel.c. */
Test(parcel, nothing_with_the_hubs_layer_goes_into_a_parcel)
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
Test(parcel, packed_values_do_not_go_into_a_parcel)
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

Test(parcel, a_providers_pseudonymiser_takes_no_parcel)
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

Test(parcel, a_signing_key_that_others_can_read_is_refused)
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

/* Of 32 people, each twice, both remember fewer. Goes red where take_subject locks the digest before it asks:
 * then the hub forgets others than the provider does, and refuses a parcel without fault. */
Test(parcel, a_hub_forgets_as_its_provider_does)
{
    enum { PEOPLE = 32, ROWS = 2 * PEOPLE, REMEMBERED = 16 };
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

/* ---- encodings ---- */

static Pseudonymiser *encoding(const Keyring *keyring)
{
    const PseudonymiserOptions options = {
        .source = "patient_list", .refers_to = references, .refers_to_count = 1, .encodes = true};
    Pseudonymiser *made = NULL;
    Error error = {0};

    must(pseudonymiser_create(keyring, &options, &made, &error), &error);
    return made;
}

/* One row, whose encoding has one byte changed and is so much longer; read by a hub that makes them or not.
 */
static Result read_changed(const Bench *bench, size_t at, int longer, bool encodes, Error *error)
{
    const RawIdentity one = someone("943 476 5919");
    const ParcelOpener opener = opener_of(bench);
    Pseudonymiser *at_source = encoding(bench->provider),
                  *at_hub = encodes ? encoding(bench->hub) : pseudonymiser(bench, bench->hub);
    Parcel *parcel = parcel_of(bench);
    size_t rows;

    TokenisedRow row = *row_of(at_source, &one, 2);
    cr_assert_gt(row.encoding_length, 100);
    row.encoding_length = (size_t)((ptrdiff_t)row.encoding_length + longer);
    if (at != SIZE_MAX)
        row.encoding[at] ^= 0x40;
    must(parcel_row(parcel, &row, error), error);
    must(parcel_finish(&parcel, TEXT(""), error), error);
    Result read = read_all(&opener, at_hub, &rows, error);
    cr_assert_eq(unlink(bench->path), 0);
    pseudonymiser_close(&at_hub);
    pseudonymiser_close(&at_source);
    return read;
}

/* Goes red without encoding_fits in check_encoding, parcel_read.c. */
Test(parcel, an_encoding_that_is_none_of_ours_is_refused)
{
    /* form, kind, key version, scheme, fields, rules, fields there, tokens there, classes, a filter's size */
    static const size_t places[] = {0, 1, 2, 3, 4, 7, 8, 9, 10, 12, 20, 24, 29};
    Bench bench = bench_open();
    Error error = {0};

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        cr_expect(!read_changed(&bench, places[i], 0, true, &error).ok, "%zu", places[i]);
        cr_expect_eq(error.code, ERROR_INPUT, "%s", error.message);
        cr_expect_not_null(strstr(error.message, "has an encoding that is none of ours"), "%s",
                           error.message);
    }
    cr_expect(!read_changed(&bench, SIZE_MAX, -1, true, &error).ok);
    cr_expect(!read_changed(&bench, SIZE_MAX, 1, true, &error).ok);
    cr_expect(read_changed(&bench, SIZE_MAX, 0, true, &error).ok, "%s", error.message);
    cr_expect(read_changed(&bench, 0, 0, false, &error).ok, "dropped unread: %s", error.message);
    bench_close(&bench);
}

/* Goes red without encoding_fits, or the limit, in pseudonymise_parcel_reference. */
Test(parcel, a_reference_that_is_none_of_ours_or_one_too_many_is_refused)
{
    static uint8_t bytes[ENCODING_BYTES_MAX], other[ENCODING_BYTES_MAX];
    Bench bench = bench_open();
    const RawIdentity one = someone("943 476 5919");
    const ParcelOpener opener = opener_of(&bench);
    Pseudonymiser *at_source = encoding(bench.provider), *at_hub = encoding(bench.hub);
    SCOPED(parcel_close) ParcelReader *reader = NULL;
    size_t length;
    Error error = {0};
    write_parcel(&bench);
    must(parcel_open(&opener, &reader, &error), &error);

    const TokenisedRow *row = row_of(at_source, &one, 2);
    cr_expect(!pseudonymise_parcel_reference(at_hub, reader, tokenised_row_encoding(row), &error).ok,
              "somebody's");
    cr_expect(!pseudonymise_parcel_reference(at_hub, reader, TEXT("Brienworth"), &error).ok);
    must(pseudonymiser_reference(at_source, bytes, &length, &error), &error);
    const Text good = {.data = (const char *)bytes, .length = length};
    memcpy(other, bytes, length);
    other[7] ^= 1;
    cr_expect(!pseudonymise_parcel_reference(at_hub, reader,
                                             (Text){.data = (const char *)other, .length = length}, &error)
                   .ok,
              "of another scheme");
    cr_expect(!pseudonymise_parcel_reference(bench.at_hub, reader, good, &error).ok, "none are made there");
    for (int i = 0; i < ENCODING_REFERENCES; i++)
        must(pseudonymise_parcel_reference(at_hub, reader, good, &error), &error);
    cr_expect(!pseudonymise_parcel_reference(at_hub, reader, good, &error).ok);
    cr_expect_not_null(strstr(error.message, "more than 10000 references"), "%s", error.message);
    pseudonymiser_close(&at_hub);
    pseudonymiser_close(&at_source);
    bench_close(&bench);
}

typedef struct Frame {
    uint64_t number;
    Text text;
    bool is_packed; /* as it is: the text is packed for it */
} Frame;

/* A parcel of any frames behind its label, well signed; text NULL: the label is that. */
static void forge(const Bench *bench, Text label_text, const Frame *frames, size_t count, bool has_end)
{
    static uint8_t packed[PARCEL_BYTES];
    const ParcelOptions options = options_of(bench);
    const SealTo to = {.path = bench->path,
                       .of = PARCEL_OF,
                       .start = PARCEL_START,
                       .recipient = keyring_parcel_public(bench->provider)};
    SCOPED(parcel_transcript_close) ParcelTranscript transcript = {0};
    uint8_t regional[KEYRING_NAME_BYTES], to_sign[PARCEL_SIGNED_BYTES];
    char label[PARCEL_LABEL_BYTES_MAX], last[SIGNATURE_BYTES + 3];
    Seal *seal = NULL;
    Error error = {0};

    (void)unlink(bench->path);
    must(keyring_regional_name(bench->provider, regional, &error), &error);
    must(seal_create_to(&to, &seal, &error), &error);
    Text first = label_text.data != NULL ? label_text : parcel_label_write(&options.label, regional, label);
    parcel_transcript_add(&transcript, 0, first);
    must(seal_line(seal, 0, first, &error), &error);
    for (size_t i = 0; i < count; i++) {
        Text text = frames[i].text;
        if (frames[i].is_packed)
            text = (Text){.data = (const char *)packed,
                          .length = ZSTD_compress(packed, sizeof packed, text.data, text.length, 1)};
        parcel_transcript_add(&transcript, frames[i].number, text);
        must(seal_line(seal, frames[i].number, text, &error), &error);
    }
    parcel_transcript_add(&transcript, PARCEL_LAST, TEXT("sum"));
    must(signature_make(bench->keys.sign_key, parcel_transcript_end(&transcript, seal_bound(seal), to_sign),
                        (unsigned char *)last, &error),
         &error);
    memcpy(last + SIGNATURE_BYTES, "sum", 3);
    if (has_end)
        must(seal_line(seal, PARCEL_LAST, (Text){.data = last, .length = sizeof last}, &error), &error);
    must(seal_finish(&seal, &error), &error);
}

Test(parcel, frames_that_no_provider_writes_are_refused)
{
    static char large[PARCEL_BLOCK_BYTES_MAX + 1];
    Bench bench = bench_open();
    const struct {
        Frame frame;
        const char *part;
    } cases[] = {
        {{1, {large, sizeof large}, true}, "block 1 is not as it was packed"},
        {{1, TEXT("no zstd at all"), false}, "block 1 is not as it was packed"},
        {{1, TEXT(""), false}, "block 1 is not as it was packed"},
        {{2, TEXT("\1\1x"), true}, "block 1 is not as it was packed"},
        {{1, TEXT("\1\2x"), true}, "item 1 of block 1 is not well-formed"},
        {{1, TEXT("\7"), true}, "item 1 of block 1 is not well-formed"},
        {{PARCEL_LAST, TEXT("short"), false}, "its last frame is none"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        forge(&bench, (Text){0}, &cases[i].frame, 1, true);
        expect_failure(&bench, ERROR_INPUT, cases[i].part);
    }
    const Frame note = {1, TEXT("\1\1x"), true};
    forge(&bench, (Text){0}, &note, 1, false);
    expect_failure(&bench, ERROR_INPUT, "ends without its summary");
    forge(&bench, TEXT("source a b\n"), &note, 1, true);
    expect_failure(&bench, ERROR_INPUT, "its label has no sender where it belongs");
    bench_close(&bench);
}

/* A block unpacks within its bound, but many small ones could fill a disk. */
Test(parcel, a_parcel_that_grows_beyond_all_measure_is_refused)
{
    enum { NOTES = 63, FRAMES = 10 };
    static char block[NOTES * (PARCEL_NOTE_BYTES + 4)];
    Bench bench = bench_open();
    Frame frames[FRAMES];

    for (size_t i = 0; i < NOTES; i++)
        memcpy(block + i * (PARCEL_NOTE_BYTES + 4), "\1\200\200\4", 4);
    for (size_t i = 0; i < FRAMES; i++)
        frames[i] = (Frame){i + 1, {block, sizeof block}, true};
    forge(&bench, (Text){0}, frames, FRAMES, true);

    expect_failure(&bench, ERROR_LIMIT, "-fold when decompressed");
    bench_close(&bench);
}

/* ---- items ---- */

static bool takes(const char *bytes, size_t length)
{
    ParcelItems items = {.at = (const uint8_t *)bytes,
                         .end = (const uint8_t *)bytes + length,
                         .path = "parcel",
                         .types = types,
                         .type_count = PAYLOAD,
                         .reference_count = 1};
    Value values[PARCEL_VALUES_MAX];
    TokenisedRow row;
    ParcelKind kind;
    Text note;
    Error error = {0};

    return parcel_take(&items, &kind, &note, &row, values, &error).ok && items.at == items.end;
}
#define TAKES(literal) takes(literal, sizeof(literal) - 1)

Test(parcel, a_row_has_one_form_alone)
{
    /* line 2, no subject, no age, no reference; text "A", then null of each other type */
    cr_expect(TAKES("\0\2\0\0\0\5\1A\x82\x83\x84\x81"));
    cr_expect(!TAKES("\0\2\0\0\0\5\1A\x82\x83\x84"), "cut");
    cr_expect(!TAKES("\0\202\0\0\0\0\5\1A\x82\x83\x84\x81"), "a number longer than it need be");
    cr_expect(!TAKES("\0\2\2\0\0\5\1A\x82\x83\x84\x81"), "a new subject that is none");
    cr_expect(!TAKES("\0\2\10\0\0\5\1A\x82\x83\x84\x81"), "an unknown flag");
    cr_expect(!TAKES("\0\2\0\3\0\5\1A\x82\x83\x84\x81"), "an age that is no band's first day");
    cr_expect(!TAKES("\0\2\0\0\2\5\1A\x82\x83\x84\x81"), "a reference past those of the source");
    cr_expect(!TAKES("\0\2\0\0\0\2\2\x82\x83\x84\x81"), "a value of another type");
    cr_expect(!TAKES("\0\2\0\0\0\5\1\xff\x82\x83\x84\x81"), "no UTF-8");
    cr_expect(!TAKES("\0\2\0\0\0\5\1\0\x82\x83\x84\x81"), "NUL");
    cr_expect(!TAKES("\0\2\0\0\0\5\377\377\377\377\17\x82\x83\x84\x81"), "a text longer than the block");
    cr_expect(!TAKES("\0\2\0\0\0\5\1A\x82\x83\x84\1\2"), "a truth value of 2");
    cr_expect(!TAKES("\0\2\0\0\0\5\1A\x82\x83\4\376\377\377\377\17\x81"), "a day at infinity");
}

#define DIGEST "0123456789abcdef"
#define TAIL   "\0\5\1A\x82\x83\x84\x81"

Test(parcel, a_subject_says_only_what_is_stored)
{
    /* state absent, no tokens, born 1980-02, sex 1, no areas, no encoding */
    cr_expect(TAKES("\0\2\3\0" DIGEST "\0\0\274\17\2\61\0\0\0" TAIL));
    cr_expect(TAKES("\0\2\3\0" DIGEST "\0\0\0\0\0\11E01024335\11E01035274\0" TAIL));
    cr_expect(TAKES("\0\2\3\0" DIGEST "\0\0\0\0\0\0\0\1\30abcdefghijklmnopqrstuvwx" TAIL), "read later");
    cr_expect(!TAKES("\0\2\3\0" DIGEST "\0\0\0\0\0\0\0\1\3abc" TAIL), "shorter than any encoding");
    cr_expect(!TAKES("\0\2\3\0" DIGEST "\0\0\0\0\0\11E0102433X\0\0" TAIL), "no area's code");
    cr_expect(!TAKES("\0\2\3\0" DIGEST "\0\0\0\0\0\10ME14 1XQ\0\0" TAIL), "a postcode");
    cr_expect(!TAKES("\0\2\3\0" DIGEST "\0\0\274\17\15\61\0\0\0" TAIL), "a thirteenth month");
    cr_expect(!TAKES("\0\2\3\0" DIGEST "\0\0\274\17\0\61\0\0\0" TAIL), "a year without a month");
    cr_expect(!TAKES("\0\2\3\0" DIGEST "\0\0\274\17\2M\0\0\0" TAIL), "a sex that is none of ours");
    cr_expect(!TAKES("\0\2\3\0" DIGEST "\1\0\274\17\2\61\0\0\0" TAIL), "a valid number without a token");
    cr_expect(!TAKES("\0\2\3\0" DIGEST "\0\1" DIGEST "\274\17\2\61\0\0\0" TAIL), "a token of no number");
    cr_expect(!TAKES("\0\2\3\0" DIGEST "\0\100\274\17\2\61\0\0\0" TAIL), "a seventh token");
    cr_expect(!TAKES("\0\2\3\0" DIGEST "\0\0\274\17\2\61\0\0\2" TAIL), "an encoding of a version not known");
}
