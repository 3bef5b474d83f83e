/* Encodings that come in a parcel. */
#include "tests/ingest/at_source.h"

TestSuite(at_source_encodings, .init = set_up, .fini = tear_down, .timeout = 120);

static const char people_spec[] =
    "source: list\ntitle: List\nversion: 1\neffective_from: 2024-04-01\nfile: { format: delimited }\n"
    "update: snapshot\ncontroller: sender\nsubject: person\nrejects: { rows_max: 3, percent_max: 50 }\n"
    "columns:\n"
    "  - { name: nhs_number, use: identifier, identity: nhs_number }\n"
    "  - { name: family_name, use: demographic, identity: family_name }\n"
    "  - { name: given_name, use: demographic, identity: given_name }\n"
    "  - { name: birth_date, use: demographic, identity: birth_date }\n"
    "  - { name: postcode, use: demographic, identity: postcode }\n"
    "  - { name: kind, use: code, list: kind }\n";
#define PEOPLE                                                                                               \
    "nhs_number,family_name,given_name,birth_date,postcode,kind\n"                                           \
    ",Quillfeather,Marguerite,1961-05-02,ME14 1XX,A\n,Quillfeather,Margarete,1961-05-02,ME14 1XX,B\n"        \
    ",,,1961-05-02,,A\n"

static IngestSpec *people(bool are_linked)
{
    IngestSpec *made = world_spec(people_spec);

    world_apply(made);
    if (are_linked)
        world_script(
            "INSERT INTO governance.linkage (purpose, source_a, source_b, valid_from, valid_to) VALUES "
            "('phm', 'list', 'list', '2020-01-01', '2090-12-31')");
    return made;
}

Test(at_source_encodings, encodings_of_a_parcel_are_those_of_its_file)
{
    SCOPED(ingest_spec_close) IngestSpec *list = people(true);
    const IngestDelivery clear = world_delivery(PEOPLE);
    const IngestDelivery parcel = parcel_by(list, next_month(clear), true);

    world_must_load(&world, list, &clear);
    world_open_encodings(&world, "public.clear_encoding");
    world_script("TRUNCATE subjects.subject, subjects.encoding, subjects.encoding_filter, "
                 "subjects.encoding_reference CASCADE");
    world_must_load(&world, list, &parcel);
    world_open_encodings(&world, "public.parcel_encoding");

    cr_expect_eq(world_count("SELECT count(*) FROM public.clear_encoding"), 2);
    cr_expect_eq(world_count("SELECT count(*) FROM public.parcel_encoding JOIN public.clear_encoding USING "
                             "(subject_id, encoding)"),
                 2);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.encoding_reference"), 3);
}

Test(at_source_encodings, a_parcel_without_the_encodings_that_rules_ask_for_is_refused)
{
    SCOPED(ingest_spec_close) IngestSpec *list = people(true);
    const IngestDelivery parcel = parcel_by(list, world_delivery(PEOPLE), false);
    IngestReport report;
    Error error = {0};

    cr_expect(!world_load(&world, list, &parcel, &report, &error).ok);

    cr_expect(error.code == ERROR_INPUT && strstr(error.message, "made without encodings") != NULL, "%s",
              error.message);
}

/* Goes red without the check of the encoder in take_subject, pseudonymise/parcel_read.c. */
Test(at_source_encodings, encodings_that_no_rule_asks_for_are_not_kept)
{
    SCOPED(ingest_spec_close) IngestSpec *list = people(false);
    const IngestDelivery parcel = parcel_by(list, world_delivery(PEOPLE), true);

    cr_expect_eq(world_must_load(&world, list, &parcel).rows_loaded, 3);

    cr_expect_eq(world_count("SELECT count(*) FROM subjects.encoding"), 0);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.encoding_reference"), 0);
}

/* Goes red without pseudonymise_parcel_reference in parcel_pass.c. */
Test(at_source_encodings, a_reference_that_is_no_encoding_is_refused)
{
    SCOPED(ingest_spec_close) IngestSpec *list = people(true);
    SCOPED(keyring_close) Keyring *provider = NULL;
    SCOPED(parcel_abandon) Parcel *parcel = NULL;
    IngestDelivery delivery = world_delivery(NULL);
    char out[PATH_BYTES];
    ParcelOptions options = {.path = provider_path(support_folder(), "nobody.parcel", out),
                             .sign_key = keys.sign_key,
                             .label = {.source = "list",
                                       .sender = "hosp_a",
                                       .spec_version = 1,
                                       .spec = ingest_spec_hash(list),
                                       .period = delivery.period,
                                       .has_encodings = true}};
    IngestReport report;
    Error error = {0};
    cr_assert(keyring_open_provider(keys.folder, &provider, &error).ok, "%s", error.message);
    options.keyring = provider;
    cr_assert(parcel_create(&options, &parcel, &error).ok, "%s", error.message);
    cr_assert(parcel_note(parcel, TEXT("reference Quillfeather"), &error).ok, "%s", error.message);
    cr_assert(parcel_finish(&parcel, text_from(good_sum), &error).ok, "%s", error.message);
    delivery.path = out;

    cr_expect(!world_load(&world, list, &delivery, &report, &error).ok);

    cr_expect_not_null(strstr(error.message, "a reference that is none of ours"), "%s", error.message);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.encoding_reference"), 0);
}
