/* What a parcel says is held against its rows and its spec, though its provider signed it. */
#include "tests/ingest/at_source.h"

TestSuite(at_source_forged, .init = set_up, .fini = tear_down, .timeout = 120);

static RawIdentity forged_identity = {.event_date = DATE_NONE};
static Value forged_day = {.type = VALUE_DATE, .date = 9700};

/* A row of the spec's columns with this ward, and this note where there is one, under a signature. */
static IngestDelivery forged(const char *ward, const char *note, int times, const char *sum)
{
    static char out[PATH_BYTES];
    SCOPED(keyring_close) Keyring *provider = NULL;
    SCOPED(pseudonymiser_close) Pseudonymiser *pseudonymiser = NULL;
    SCOPED(parcel_abandon) Parcel *parcel = NULL;
    IngestDelivery delivery = world_delivery(NULL);
    ParcelOptions options = {.path = provider_path(support_folder(), "forged.parcel", out),
                             .sign_key = keys.sign_key,
                             .label = {.source = "visit",
                                       .sender = "hosp_a",
                                       .spec_version = 1,
                                       .spec = ingest_spec_hash(spec),
                                       .period = delivery.period}};
    const Value payload[] = {forged_day,
                             value_null(VALUE_DATE),
                             value_null(VALUE_TEXT),
                             value_text(text_from(ward)),
                             value_null(VALUE_NUMERIC),
                             value_null(VALUE_INT8),
                             value_bool(false)};
    const RawRow row = {.line = 2, .identity = &forged_identity, .payload = payload, .payload_count = 7};
    size_t count;
    Error error = {0};

    (void)unlink(out);
    cr_assert(keyring_open_provider(keys.folder, &provider, &error).ok, "%s", error.message);
    options.keyring = provider;
    cr_assert(
        pseudonymiser_create(provider, &(PseudonymiserOptions){.source = "visit"}, &pseudonymiser, &error)
            .ok);
    cr_assert(parcel_create(&options, &parcel, &error).ok, "%s", error.message);
    pseudonymise_add(pseudonymiser, &row);
    cr_assert(pseudonymise_rows(pseudonymiser, &count, &error).ok);
    cr_assert(parcel_row(parcel, pseudonymise_row(pseudonymiser, 0), &error).ok);
    for (int i = 0; note != NULL && i < times; i++)
        cr_assert(parcel_note(parcel, text_from(note), &error).ok);
    cr_assert(parcel_finish(&parcel, text_from(sum), &error).ok, "%s", error.message);
    delivery.path = out;
    return delivery;
}

static void expect_forged(const char *ward, const char *note, const char *sum, const char *part)
{
    const IngestDelivery parcel = forged(ward, note, 1, sum);

    expect_refused(&parcel, ERROR_INPUT, part);
}

Test(at_source_forged, a_forged_parcel_that_says_nothing_wrong_is_loaded)
{
    const IngestDelivery parcel = forged("B12", NULL, 0, good_sum);

    cr_expect_eq(world_must_load(&world, spec, &parcel).rows_loaded, 1);
}

/* Goes red without check_payload in parcel_pass.c: the walls around stored text do not rest on the sender. */
Test(at_source_forged, a_value_that_its_column_would_not_take_is_refused)
{
    expect_forged("Brienworth", NULL, good_sum, "line 2: parcel: column ward would not take its value");
    expect_forged("", NULL, good_sum, "column ward would not take its value");
    forged_day = value_null(VALUE_DATE);
    expect_forged("B12", NULL, good_sum, "column visit_date would not take its value");
}

/* Goes red without check_subject in parcel_pass.c. */
Test(at_source_forged, an_identity_that_its_spec_has_no_column_for_is_refused)
{
    forged_identity.fields[IDENTITY_UPRN] = TEXT("100012345678");
    expect_forged("B12", NULL, good_sum, "line 2: parcel: uprn, which its spec has no column for");
    forged_identity.fields[IDENTITY_UPRN] = TEXT("");
    forged_identity.fields[IDENTITY_LOCAL_ID] = TEXT("A1");
    forged_identity.fields[IDENTITY_LOCAL_ID_ISSUER] = TEXT("RVV");
    expect_forged("B12", NULL, good_sum, "parcel: local_id, which its spec has no column for");
}

Test(at_source_forged, counts_that_are_not_those_of_the_rows_are_refused)
{
    static const struct {
        const char *from, *to, *part;
    } cases[] = {
        {"loaded 1", "loaded 0", "its counts cannot be those of a file"},
        {"read 1\nloaded 1", "read 2\nloaded 2", "its counts are not those of its rows"},
        {"read 1", "read -1", "its counts cannot be those of a file"},
        {"read 1", "read 99999999999999999999", "its counts cannot be those of a file"},
        {"read 1\nloaded 1\nquarantined 0", "read 2\nloaded 1\nquarantined 1", "are not those of its rows"},
        {"nhs_valid 0\nnhs_invalid 0\nnhs_absent 1", "nhs_valid 1\nnhs_invalid 0\nnhs_absent 0",
         "are not those of its rows"},
        {"withheld 0", "withheld 2", "its counts cannot be those of a file"},
        {"renamed 0", "renamed 999", "its counts cannot be those of a file"},
        {"unchecked 0", "unchecked 2", "its counts cannot be those of a file"},
        {"original 0", "original x", "its counts cannot be those of a file"},
        {"00aa\n", "00aa\ncolumn 999 1 0 0 0\n", "its counts cannot be those of a file"},
        {"00aa\n", "00aa\ncolumn 1 2 0 0 0\n", "its counts cannot be those of a file"},
        {"00aa\n", "00aa\nmore\n", "its counts cannot be those of a file"},
    };
    char sum[1024];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *at = strstr(good_sum, cases[i].from);
        cr_assert_not_null(at, "%zu", i);
        (void)snprintf(sum, sizeof sum, "%.*s%s%s", (int)(at - good_sum), good_sum, cases[i].to,
                       at + strlen(cases[i].from));
        expect_forged("B12", NULL, sum, cases[i].part);
    }
}

Test(at_source_forged, notes_that_no_row_can_have_are_refused)
{
    static const char *const notes[] = {
        "fault 3 0 10 0",                     /* of no column */
        "fault 3 0 10 0 99:required",         /* of none that there is */
        "fault 3 0 10 0 -1:required",         /* the whole row is not missing */
        "fault 3 0 10 0 7:not_in_list",       /* the ward has no list */
        "fault 3 0 10 0 7:Brienworth",        /* no rule */
        "fault 3 0 10 0 5:rule-1",            /* the spec has one */
        "fault 3 0 10 1 7:not_shape",         /* a damaged record is damaged */
        "fault 3 0 10 0 -1:ragged",           /* and one that is not is not */
        "fault 0 0 10 0 7:not_shape",         /* lines count from 1 */
        "fault 3 -1 10 0 7:not_shape",        /* bytes from 0 */
        "fault 4294967296 0 1 0 7:not_shape", /* past what a file may have */
        "window 9000 9010 ABC",               /* it replaces no days */
        "reference ",
        "",
        "anything else",
    };

    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++)
        expect_forged("B12", notes[i], good_sum, "a note that no row of its spec can have");
}

Test(at_source_forged, more_rejected_rows_than_the_spec_allows_are_refused)
{
    static const char two_thirds[] =
        "read 3\nloaded 1\nquarantined 2\nexcluded 0\nwithheld 0\ndamaged 0\n"
        "nhs_valid 0\nnhs_invalid 0\nnhs_absent 1\nrenamed 0\nunchecked 0\noriginal "
        "00000000000000000000000000000000000000000000000000000000000000aa\n";
    static const char note[] = "fault 3 0 10 0 7:not_shape";

    const IngestDelivery many = forged("B12", note, 4, good_sum);
    expect_refused(&many, ERROR_INPUT, "of a file that its spec would have rejected");
    const IngestDelivery share = forged("B12", note, 2, two_thirds);
    expect_refused(&share, ERROR_INPUT, "its counts are none that its spec allows");
}
