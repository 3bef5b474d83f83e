/* A delivery that was pseudonymised at source is stored as the file in clear would have been, or refused. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ingest/spec.h"
#include "tests/ingest/world.h"
#include "tests/support/provider.h"

enum { PATH_BYTES = 512, SQL_BYTES = 2048 };

/* Two bad rows, one damaged, one withheld, one excluded, a person twice, an infant, a number of nobody. */
#define ROWS                                                                                                 \
    "1,9990000018,1980-02-29,ME14 1XX,2026-07-01,2026-07-02,A,B12,12.5,3,Y,\n"                               \
    "2,9990000018,1980-02-29,ME14 1XX,2026-07-03,,B,,,,,\n"                                                  \
    "3,9990000026,2026-06-20,,2026-07-03,,,,,,,\n"                                                           \
    "4,1234567890,1990-01-01,,2026-07-03,,,,0.10,,,\n"                                                       \
    "5,9990000034,1970-01-01,,2026-07-31,2026-07-01,A,,,,,\n"                                                \
    "6,9990000042,1970-01-01,,2026-07-05,,A,,,,,01\n"                                                        \
    "7,9990000050,1970-01-01,,2026-07-05,,A,,,,,SECRET\n"                                                    \
    "10,,,,2026-07-09,,\"C, D\",,1,9,,\n"                                                                    \
    "8,9990000069,1970-01-01,,not a day,,Z,,,12,,\n"                                                         \
    "9,9990000077,1970-01-01,\"me,2026-07-05,,A,,,,,\n"

static World world;
static IngestSpec *spec;
static ProviderKeys keys;

static void set_up(void)
{
    char place[PATH_BYTES];

    world = world_open();
    spec = world_spec(WORLD_SPEC);
    world_apply(spec);
    keys = provider_keys(world.keyring_folder, provider_path(support_folder(), ".", place), "hosp_a");
    world.parcel_keys = keys.hub;
}

static void tear_down(void)
{
    ingest_spec_close(&spec);
    world_close(&world);
}

TestSuite(at_source, .init = set_up, .fini = tear_down, .timeout = 120);

static IngestDelivery next_month(IngestDelivery delivery)
{
    delivery.period++;
    return delivery;
}

static Result pseudonymise(const IngestSpec *by, const IngestDelivery *delivery, bool encodes,
                           const char *out, IngestReport *report, Error *error)
{
    SCOPED(keyring_close) Keyring *provider = NULL;
    const IngestAtSource at_source = {.sign_key = keys.sign_key,
                                      .sender = delivery->sender,
                                      .period = delivery->period,
                                      .out = out,
                                      .encodes = encodes};
    IngestAtSource with_keys = at_source;

    TRY(keyring_open_provider(keys.folder, &provider, error));
    with_keys.keyring = provider;
    return ingest_pseudonymise(&with_keys, by, delivery->path, report, error);
}

/* The delivery with the parcel in the file's place. */
static IngestDelivery parcel_by(const IngestSpec *by, IngestDelivery delivery, bool encodes)
{
    static char out[PATH_BYTES];
    IngestReport report;
    Error error = {0};

    (void)unlink(provider_path(support_folder(), "out.parcel", out));
    cr_assert(pseudonymise(by, &delivery, encodes, out, &report, &error).ok, "%s", error.message);
    cr_assert_eq(report.outcome, INGEST_WRITTEN);
    delivery.path = out;
    return delivery;
}

static IngestDelivery parcel_of(IngestDelivery delivery)
{
    return parcel_by(spec, delivery, false);
}

static void expect_refused(const IngestDelivery *delivery, ErrorCode code, const char *part)
{
    IngestReport report;
    Error error = {0};

    cr_expect(!world_load(&world, spec, delivery, &report, &error).ok, "%s", part);
    cr_expect_eq(error.code, code, "%s", error.message);
    cr_expect_not_null(strstr(error.message, part), "'%s' is not in: %s", part, error.message);
    cr_expect_eq(world_count("SELECT count(*) FROM records.visit"), 0, "%s", part);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), 0, "%s", part);
}

static int64_t differences(const char *table, int64_t one, int64_t other)
{
    char sql[SQL_BYTES];

    (void)snprintf(
        sql, sizeof sql,
        "SELECT count(*) FROM (SELECT to_jsonb(t) - '{load_id,first_load_id}'::text[] FROM %s t WHERE "
        "load_id = %d EXCEPT ALL SELECT to_jsonb(t) - '{load_id,first_load_id}'::text[] FROM %s t WHERE "
        "load_id = %d) AS d",
        table, (int)one, table, (int)other);
    return world_count(sql);
}

static void expect_same(const IngestReport *clear, const IngestReport *parcel)
{
    const char *const tables[] = {"records.visit", "ingest.quarantine", "ingest.load_column",
                                  "ingest.load_replaces"};

    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        cr_expect_eq(differences(tables[i], clear->load_id, parcel->load_id), 0, "%s", tables[i]);
        cr_expect_eq(differences(tables[i], parcel->load_id, clear->load_id), 0, "%s", tables[i]);
    }
    cr_expect_eq(
        world_count("SELECT count(*) FROM (SELECT to_jsonb(s) - 'first_load_id' FROM subjects.subject s "
                    "EXCEPT SELECT to_jsonb(c) - 'first_load_id' FROM public.clear_subject c) AS d"),
        0);
    cr_expect_eq(world_count("SELECT count(*) - (SELECT count(*) FROM public.clear_subject) FROM "
                             "subjects.subject"),
                 0);
}

/* Each is loaded as of a month of its own, the parcel's subjects into an empty table. */
Test(at_source, a_parcel_is_stored_as_its_file_in_clear_is)
{
    const IngestDelivery clear = world_delivery(WORLD_HEADER ROWS);

    IngestReport of_clear = world_must_load(&world, spec, &clear);
    world_script("CREATE TABLE public.clear_subject AS SELECT * FROM subjects.subject; "
                 "TRUNCATE subjects.subject CASCADE");
    const IngestDelivery parcel = parcel_of(next_month(clear));
    IngestReport of_parcel = world_must_load(&world, spec, &parcel);

    cr_expect_eq(of_clear.rows_quarantined, 3);
    cr_expect_eq(of_clear.rows_damaged, 1);
    cr_expect_eq(of_parcel.outcome, INGEST_LOADED);
    cr_expect_eq(of_parcel.rows_read, of_clear.rows_read);
    cr_expect_eq(of_parcel.rows_loaded, of_clear.rows_loaded);
    cr_expect_eq(of_parcel.rows_quarantined, of_clear.rows_quarantined);
    cr_expect_eq(of_parcel.rows_damaged, of_clear.rows_damaged);
    cr_expect_eq(of_parcel.rows_excluded, 1);
    cr_expect_eq(of_parcel.rows_withheld, 1);
    cr_expect_eq(of_parcel.nhs_valid, of_clear.nhs_valid);
    cr_expect_eq(of_parcel.nhs_invalid, 1);
    cr_expect_eq(of_parcel.subjects_new, of_clear.subjects_new);
    cr_expect_eq(of_parcel.rule_count, of_clear.rule_count);
    cr_expect_eq(memcmp(of_parcel.rules, of_clear.rules, sizeof of_clear.rules), 0);
    expect_same(&of_clear, &of_parcel);
}

/* The lines of the rejected rows stay where they are: nothing is sealed for the quarantine's private key. */
Test(at_source, a_rejected_line_never_leaves_its_provider)
{
    const IngestDelivery parcel = parcel_of(world_delivery(WORLD_HEADER ROWS));
    char path[PATH_BYTES], name[64];

    IngestReport report = world_must_load(&world, spec, &parcel);

    (void)snprintf(name, sizeof name, "load-%d.sealed", (int)report.load_id);
    cr_expect_neq(access(provider_path(support_folder(), name, path), F_OK), 0);
    cr_expect_eq(report.rows_quarantined, 3);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.quarantine WHERE reason = 'unclosed_quote' AND "
                             "byte_length > 0"),
                 1);
}

Test(at_source, a_parcel_comes_once)
{
    const IngestDelivery parcel = parcel_of(world_delivery(WORLD_HEADER ROWS));

    IngestReport first = world_must_load(&world, spec, &parcel);
    IngestReport again = world_must_load(&world, spec, &parcel);

    cr_expect_eq(again.outcome, INGEST_DUPLICATE);
    cr_expect_eq(again.load_id, first.load_id);
    cr_expect_eq(world_count("SELECT count(*) FROM records.visit"), first.rows_loaded);
}

Test(at_source, a_file_that_is_rejected_becomes_no_parcel)
{
    const char *content = WORLD_HEADER
        "0,,,,2026-07-01,,,,,,,\n1,,,,x,,,,,,,\n2,,,,x,,,,,,,\n3,,,,x,,,,,,,\n4,,,,x,,,,,,,\n5,,,,x,,,,,,,\n";
    const IngestDelivery clear = world_delivery(content);
    char out[PATH_BYTES];
    IngestReport report;
    Error error = {0};

    Result done =
        pseudonymise(spec, &clear, false, provider_path(support_folder(), "no.parcel", out), &report, &error);

    cr_expect(done.ok, "%s", error.message);
    cr_expect_eq(report.outcome, INGEST_REJECTED);
    cr_expect_eq(report.rows_quarantined, 5);
    cr_expect_eq(report.rows_loaded, 0, "as a load that is rejected says it");
    cr_expect_neq(access(out, F_OK), 0);
}

Test(at_source, an_empty_file_becomes_no_parcel)
{
    const IngestDelivery clear = world_delivery("");
    char out[PATH_BYTES];
    IngestReport report;
    Error error = {0};

    cr_expect(
        !pseudonymise(spec, &clear, false, provider_path(support_folder(), "no.parcel", out), &report, &error)
             .ok);

    cr_expect_not_null(strstr(error.message, "empty file"), "%s", error.message);
    cr_expect_neq(access(out, F_OK), 0);
}

/* ---- what is not the delivery that was announced ---- */

Test(at_source, a_parcel_of_another_period_is_refused)
{
    const IngestDelivery parcel = next_month(parcel_of(world_delivery(WORLD_HEADER ROWS)));

    expect_refused(&parcel, ERROR_INPUT, "parcel: of another period");
}

Test(at_source, a_parcel_of_another_sender_is_refused)
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

Test(at_source, a_parcel_of_another_source_or_spec_is_refused)
{
    expect_refused_by_spec("source: visit", "source: list", "parcel: of another source");
    expect_refused_by_spec("version: 1", "version: 2", "parcel: made by another version of the spec");
    expect_refused_by_spec("max: 1000 }", "max: 9000 }", "with another text or other code lists");
}

Test(at_source, a_hub_without_keys_for_parcels_refuses_them)
{
    const IngestDelivery parcel = parcel_of(world_delivery(WORLD_HEADER ROWS));

    world.parcel_keys = NULL;

    expect_refused(&parcel, ERROR_CONFIG, "there is no key for parcels");
}

/* Goes red without the check of load->controllers in read_parcel. */
Test(at_source, a_parcel_under_an_agreement_for_each_controller_is_refused)
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
Test(at_source, a_parcel_of_a_crosswalk_is_refused)
{
    expect_refused_as_a_map(MAPPING("crosswalk",
                                    "  - { name: pseudonym, use: identifier, identity: foreign_pseudonym, "
                                    "issuer_fixed: hosp_a, scheme: salted-2024, space: sus }\n"),
                            "pseudonym,nhs_number\n7F3A,9990000026\n");
}

Test(at_source, a_parcel_of_a_merger_list_is_refused)
{
    expect_refused_as_a_map(
        MAPPING("merger", "  - { name: former, use: identifier, identity: superseded_nhs_number }\n"),
        "former,nhs_number\n9990000018,9990000026\n");
}

Test(at_source, a_cut_parcel_leaves_nothing)
{
    const IngestDelivery parcel = parcel_of(world_delivery(WORLD_HEADER ROWS));

    cr_assert_eq(truncate(parcel.path, 900), 0);

    expect_refused(&parcel, ERROR_INPUT, "cut off behind frame");
}

/* A provider's keyring in the hub's place would store inner layers. */
Test(at_source, nothing_is_loaded_without_a_hub_key)
{
    const IngestDelivery clear = world_delivery(WORLD_HEADER ROWS);
    Error error = {0};

    keyring_close(&world.keyring);
    cr_assert(keyring_open_provider(keys.folder, &world.keyring, &error).ok, "%s", error.message);

    expect_refused(&clear, ERROR_CONFIG, "holds no hub key");
}

/* ---- what a sender who signs well may still not say ---- */

static const char good_sum[] =
    "read 1\nloaded 1\nquarantined 0\nexcluded 0\nwithheld 0\ndamaged 0\nnhs_valid 0\n"
    "nhs_invalid 0\nnhs_absent 1\nrenamed 0\nunchecked 0\noriginal "
    "00000000000000000000000000000000000000000000000000000000000000aa\n";

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

Test(at_source, a_forged_parcel_that_says_nothing_wrong_is_loaded)
{
    const IngestDelivery parcel = forged("B12", NULL, 0, good_sum);

    cr_expect_eq(world_must_load(&world, spec, &parcel).rows_loaded, 1);
}

/* Goes red without check_payload in parcel_pass.c: the walls around stored text do not rest on the sender. */
Test(at_source, a_value_that_its_column_would_not_take_is_refused)
{
    expect_forged("Brienworth", NULL, good_sum, "line 2: parcel: column ward would not take its value");
    expect_forged("", NULL, good_sum, "column ward would not take its value");
    forged_day = value_null(VALUE_DATE);
    expect_forged("B12", NULL, good_sum, "column visit_date would not take its value");
}

/* Goes red without check_subject in parcel_pass.c. */
Test(at_source, an_identity_that_its_spec_has_no_column_for_is_refused)
{
    forged_identity.fields[IDENTITY_UPRN] = TEXT("100012345678");
    expect_forged("B12", NULL, good_sum, "line 2: parcel: uprn, which its spec has no column for");
    forged_identity.fields[IDENTITY_UPRN] = TEXT("");
    forged_identity.fields[IDENTITY_LOCAL_ID] = TEXT("A1");
    forged_identity.fields[IDENTITY_LOCAL_ID_ISSUER] = TEXT("RVV");
    expect_forged("B12", NULL, good_sum, "parcel: local_id, which its spec has no column for");
}

Test(at_source, counts_that_are_not_those_of_the_rows_are_refused)
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

Test(at_source, notes_that_no_row_can_have_are_refused)
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

Test(at_source, more_rejected_rows_than_the_spec_allows_are_refused)
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

/* ---- encodings ---- */

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

Test(at_source, encodings_of_a_parcel_are_those_of_its_file)
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

Test(at_source, a_parcel_without_the_encodings_that_rules_ask_for_is_refused)
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
Test(at_source, encodings_that_no_rule_asks_for_are_not_kept)
{
    SCOPED(ingest_spec_close) IngestSpec *list = people(false);
    const IngestDelivery parcel = parcel_by(list, world_delivery(PEOPLE), true);

    cr_expect_eq(world_must_load(&world, list, &parcel).rows_loaded, 3);

    cr_expect_eq(world_count("SELECT count(*) FROM subjects.encoding"), 0);
    cr_expect_eq(world_count("SELECT count(*) FROM subjects.encoding_reference"), 0);
}

/* Goes red without pseudonymise_parcel_reference in parcel_pass.c. */
Test(at_source, a_reference_that_is_no_encoding_is_refused)
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
