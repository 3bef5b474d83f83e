/* Parcels that are of something else than this delivery, or of nothing that a hub may take. */
#include "tests/ingest/at_source.h"

TestSuite(at_source_refused, .init = set_up, .fini = tear_down, .timeout = 120);

Test(at_source_refused, a_parcel_of_another_period_is_refused)
{
    const IngestDelivery parcel = next_month(parcel_of(world_delivery(WORLD_HEADER ROWS)));

    expect_refused(&parcel, ERROR_INPUT, "parcel: of another period");
}

Test(at_source_refused, a_parcel_of_another_sender_is_refused)
{
    IngestDelivery parcel = parcel_of(world_delivery(WORLD_HEADER ROWS));
    char from[PATH_BYTES], to[PATH_BYTES];

    /* as if both signed with one key: the label alone tells them apart */
    cr_assert_eq(link(provider_path(keys.hub, "hosp_a.pem", from), provider_path(keys.hub, "hosp_b.pem", to)),
                 0);
    parcel.sender = "hosp_b";

    expect_refused(&parcel, ERROR_INPUT, "parcel: of another sender");
}

static char *changed(const char *from, const char *to)
{
    static char text[8192];
    const char *at = strstr(WORLD_SPEC, from);

    cr_assert_not_null(at);
    (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - WORLD_SPEC), WORLD_SPEC, to, at + strlen(from));
    return text;
}

static void expect_refused_by_spec(const char *from, const char *to, const char *part)
{
    SCOPED(ingest_spec_close) IngestSpec *other = world_spec(changed(from, to));
    const IngestDelivery parcel = parcel_by(other, world_delivery(WORLD_HEADER ROWS), false);

    expect_refused(&parcel, ERROR_INPUT, part);
}

Test(at_source_refused, a_parcel_of_another_source_or_spec_is_refused)
{
    expect_refused_by_spec("source: visit", "source: list", "parcel: of another source");
    expect_refused_by_spec("version: 1", "version: 2", "parcel: made by another version of the spec");
    expect_refused_by_spec("max: 1000 }", "max: 9000 }", "with another text or other code lists");
}

Test(at_source_refused, a_hub_without_keys_for_parcels_refuses_them)
{
    const IngestDelivery parcel = parcel_of(world_delivery(WORLD_HEADER ROWS));

    world.parcel_keys = NULL;

    expect_refused(&parcel, ERROR_CONFIG, "there is no key for parcels");
}

/* Goes red without the check of load->controllers in read_parcel. */
Test(at_source_refused, a_parcel_under_an_agreement_for_each_controller_is_refused)
{
    const IngestDelivery parcel = parcel_of(world_delivery(WORLD_HEADER ROWS));

    world_script("UPDATE governance.agreement SET each_controller = true WHERE sender = 'hosp_a'");

    expect_refused(&parcel, ERROR_REFUSED, "agreement is for each controller");
}

#define MAPPING(role, columns)                                                                               \
    "source: stay\ntitle: T\nversion: 1\neffective_from: 2024-04-01\nfile: { format: delimited }\n"          \
    "update: snapshot\ncontroller: sender\nsubject: person\nrejects: { rows_max: 3, percent_max: 50 }\n"     \
    "role: " role "\ncolumns:\n" columns "  - { name: nhs_number, use: identifier, identity: nhs_number }\n"

static void expect_refused_as_a_map(const char *text, const char *content)
{
    SCOPED(ingest_spec_close) IngestSpec *map = world_spec(text);
    IngestReport report;
    Error error = {0};
    world_apply(map);
    const IngestDelivery parcel = parcel_by(map, world_delivery(content), false);

    cr_expect(!world_load(&world, map, &parcel, &report, &error).ok, "%s", text);

    cr_expect_eq(error.code, ERROR_REFUSED, "%s", error.message);
    cr_expect_not_null(strstr(error.message, "comes in clear alone"), "%s", error.message);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 0);
}

/* Go red without maps_tokens in read_parcel: one issuer could map another's pseudonyms. */
Test(at_source_refused, a_parcel_of_a_crosswalk_is_refused)
{
    expect_refused_as_a_map(MAPPING("crosswalk",
                                    "  - { name: pseudonym, use: identifier, identity: foreign_pseudonym, "
                                    "issuer_fixed: hosp_a, scheme: salted-2024, space: sus }\n"),
                            "pseudonym,nhs_number\n7F3A,9990000026\n");
}

Test(at_source_refused, a_parcel_of_a_merger_list_is_refused)
{
    expect_refused_as_a_map(
        MAPPING("merger", "  - { name: former, use: identifier, identity: superseded_nhs_number }\n"),
        "former,nhs_number\n9990000018,9990000026\n");
}

Test(at_source_refused, a_cut_parcel_leaves_nothing)
{
    const IngestDelivery parcel = parcel_of(world_delivery(WORLD_HEADER ROWS));

    cr_assert_eq(truncate(parcel.path, 900), 0);

    expect_refused(&parcel, ERROR_INPUT, "cut off behind frame");
}

/* A provider's keyring in the hub's place would store inner layers. */
Test(at_source_refused, nothing_is_loaded_without_a_hub_key)
{
    const IngestDelivery clear = world_delivery(WORLD_HEADER ROWS);
    Error error = {0};

    keyring_close(&world.keyring);
    cr_assert(keyring_open_provider(keys.folder, &world.keyring, &error).ok, "%s", error.message);

    expect_refused(&clear, ERROR_CONFIG, "holds no hub key");
}
