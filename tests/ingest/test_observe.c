/* The pass before rows are made, where subjects are encoded: what a load counts, and of what. Whoever shares
 * every block with more than ten others of a small file has no encoding, and that is how these tests see it.
 */
#include <stdio.h>
#include <string.h>

#include "ingest/spec.h"
#include "tests/ingest/world.h"
#include "tests/support/provider.h"

enum { PATH_BYTES = 512, FILE_BYTES = 8192, BLOCK_LEAST = 10 };

#define SPEC(controller)                                                                                     \
    "source: list\ntitle: List\nversion: 1\neffective_from: 2024-04-01\nfile: { format: delimited }\n"       \
    "update: snapshot\ncontroller: " controller "\nsubject: person\nrecord_key: [list_id]\n"                 \
    "rejects: { rows_max: 3, percent_max: 50 }\ncolumns:\n"                                                  \
    "  - { name: list_id, use: ignored, required: true }\n"                                                  \
    "  - { name: practice, as: practice_code, use: dimension, shape: \"A99999\", required: true }\n"         \
    "  - { name: nhs_number, use: identifier, identity: nhs_number }\n"                                      \
    "  - { name: family_name, use: demographic, identity: family_name }\n"                                   \
    "  - { name: birth_date, use: demographic, identity: birth_date }\n"                                     \
    "  - { name: kind, use: code, list: kind }\n"

#define HEADER "list_id,practice,nhs_number,family_name,birth_date,kind\n"

static World world;
static IngestSpec *spec;

static void open_source(const char *text)
{
    spec = world_spec(text);
    world_apply(spec);
    world_script("INSERT INTO governance.linkage (purpose, source_a, source_b, valid_from, valid_to)"
                 " VALUES ('phm', 'list', 'list', '2020-01-01', '2090-12-31')");
}

static void set_up(void)
{
    world = world_open();
    open_source(SPEC("sender"));
}

static void tear_down(void)
{
    input_serve(NULL);
    ingest_spec_close(&spec);
    world_close(&world);
}

TestSuite(observe, .init = set_up, .fini = tear_down, .timeout = 120);

/* People of one name and one birth date; what is no NHS number tells them apart. */
typedef struct Crowd {
    int people, times; /* rows of each */
    const char *practice, *kind;
} Crowd;

static char *add_crowd(char *at, const char *end, const Crowd *crowd, int first)
{
    for (int i = 0; i < crowd->people * crowd->times; i++) {
        int person = first + i % crowd->people;
        at += snprintf(at, (size_t)(end - at), "%d,%s,no %d,Quillfeather,1961-05-02,%s\n", first * 100 + i,
                       crowd->practice, person, crowd->kind);
    }
    return at;
}

static const char *file_of(const Crowd *crowd, const Crowd *more)
{
    static char file[FILE_BYTES];
    char *at = file + snprintf(file, sizeof file, HEADER);

    at = add_crowd(at, file + sizeof file, crowd, 1);
    if (more != NULL)
        (void)add_crowd(at, file + sizeof file, more, 50);
    return file;
}

static int64_t encodings(void)
{
    return world_count("SELECT count(*) FROM subjects.encoding");
}

static IngestReport load(const Crowd *crowd, const Crowd *more)
{
    const IngestDelivery delivery = world_delivery(file_of(crowd, more));

    return world_must_load(&world, spec, &delivery);
}

/* Switch: observe_run in run_passes, ingest/ingest.c. */
Test(observe, a_load_keeps_no_token_of_a_crowded_block)
{
    (void)load(&(Crowd){BLOCK_LEAST + 1, 1, "G82001", "A"}, NULL);

    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), BLOCK_LEAST + 1);
    cr_expect_eq(encodings(), 0);
}

Test(observe, a_subject_with_several_rows_counts_once)
{
    IngestReport report = load(&(Crowd){BLOCK_LEAST, 3, "G82001", "A"}, NULL);

    cr_expect_eq(report.rows_read, 3 * BLOCK_LEAST, "and the report is of one pass");
    cr_expect_eq(encodings(), BLOCK_LEAST);
}

/* Switch: observe_bad, where it observes. */
Test(observe, a_quarantined_row_counts_for_nobody_and_is_quarantined_once)
{
    IngestReport report =
        load(&(Crowd){BLOCK_LEAST, 1, "G82001", "A"}, &(Crowd){3, 1, "G82001", "no such kind"});

    cr_expect_eq(report.rows_quarantined, 3);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.quarantine"), 3);
    cr_expect_eq(encodings(), BLOCK_LEAST);
}

/* Switch: is_first_look in is_refused, ingest/pass.c. */
Test(observe, a_row_of_a_controller_without_agreement_counts_for_nobody_and_is_refused_once)
{
    ingest_spec_close(&spec);
    world_script("DELETE FROM governance.linkage");
    open_source(SPEC("practice"));
    world_script("INSERT INTO governance.supplier (supplier, title) VALUES ('G82001', 'A'), ('G82002', 'B');"
                 "INSERT INTO governance.agreement (sender, source, purpose, valid_from, valid_to,"
                 " legal_basis) VALUES ('G82001', 'list', 'phm', '2020-01-01', '2090-12-31', 'b');"
                 "UPDATE governance.agreement SET each_controller = true WHERE sender = 'hosp_a' AND"
                 " source = 'list'");

    IngestReport report = load(&(Crowd){BLOCK_LEAST, 1, "G82001", "A"}, &(Crowd){3, 1, "G82002", "A"});

    cr_expect_eq(report.rows_refused, 3);
    cr_expect_eq(world_count("SELECT row_count FROM ingest.load_refused"), 3);
    cr_expect_eq(encodings(), BLOCK_LEAST);
}

/* ---- at source ---- */

static const char *parcel_path(char out[PATH_BYTES])
{
    return provider_path(support_folder(), "out.parcel", out);
}

static Result pseudonymise(const char *path, IngestReport *report, Error *error)
{
    static ProviderKeys keys;
    static char out[PATH_BYTES], place[PATH_BYTES];
    SCOPED(keyring_close) Keyring *provider = NULL;

    keys = provider_keys(world.keyring_folder, provider_path(support_folder(), ".", place), "hosp_a");
    world.parcel_keys = keys.hub;
    TRY(keyring_open_provider(keys.folder, &provider, error));
    const IngestAtSource at_source = {.keyring = provider,
                                      .sign_key = keys.sign_key,
                                      .sender = "hosp_a",
                                      .period = month_from(2026, 7),
                                      .out = parcel_path(out),
                                      .encodes = true};
    return ingest_pseudonymise(&at_source, spec, path, report, error);
}

/* Switch: observe_run in run_passes, ingest/at_source.c. */
Test(observe, a_parcel_has_no_token_of_a_crowded_block)
{
    static char out[PATH_BYTES];
    IngestDelivery delivery = world_delivery(file_of(&(Crowd){BLOCK_LEAST + 1, 1, "G82001", "A"}, NULL));
    IngestReport report;
    Error error = {0};

    cr_assert(pseudonymise(delivery.path, &report, &error).ok, "%s", error.message);
    delivery.path = parcel_path(out);
    (void)world_must_load(&world, spec, &delivery);

    cr_expect_eq(world_count("SELECT count(*) FROM subjects.subject"), BLOCK_LEAST + 1);
    cr_expect_eq(encodings(), 0);
}

/* ---- a file that changes between its readings ---- */

/* Another content at one of its openings, of the same length. */
typedef struct Changing {
    const char *content;
    int openings, changed;
    size_t at;
    bool is_changed;
} Changing;

static Result changing_open(void *context, void **stream, Error *error)
{
    Changing *changing = context;

    (void)error;
    changing->at = 0;
    changing->is_changed = ++changing->openings == changing->changed;
    *stream = changing;
    return RESULT_OK;
}

static Result changing_read(void *stream, void *buffer, size_t capacity, size_t *length, Error *error)
{
    Changing *changing = stream;
    size_t left = strlen(changing->content) - changing->at;
    char *out = buffer;

    (void)error;
    *length = left < capacity ? left : capacity;
    memcpy(out, changing->content + changing->at, *length);
    for (size_t i = 0; changing->is_changed && i < *length; i++)
        out[i] = out[i] == 'Q' ? 'K' : out[i];
    changing->at += *length;
    return RESULT_OK;
}

static void changing_close(void **stream)
{
    *stream = NULL;
}

static void serve_changing(int changed)
{
    static Changing changing;
    static const InputSource source = {.name = "delivery 7",
                                       .context = &changing,
                                       .open = changing_open,
                                       .read = changing_read,
                                       .close = changing_close};

    changing = (Changing){.content = file_of(&(Crowd){3, 1, "G82001", "A"}, NULL), .changed = changed};
    input_serve(&source);
}

/* Opened for the permit, for whether it is a parcel, to be observed, and to be stored. Switch: check_content
 * in run_passes. */
Test(observe, a_load_takes_no_counts_of_another_content)
{
    for (int opening = 3; opening <= 4; opening++) {
        IngestDelivery delivery = world_delivery(NULL);
        IngestReport report;
        Error error = {0};
        serve_changing(opening);
        delivery.path = "delivery 7";

        cr_expect_not(world_load(&world, spec, &delivery, &report, &error).ok, "opening %d", opening);

        cr_expect_eq(error.code, ERROR_REFUSED);
        cr_expect_str_eq(error.message, "delivery 7: not the file that the permit was given for");
        cr_expect_eq(encodings(), 0);
    }
}

/* Switch: the comparison in run_passes, ingest/at_source.c. */
Test(observe, a_parcel_is_not_made_of_a_file_that_changes)
{
    IngestReport report;
    Error error = {0};
    serve_changing(1);

    cr_expect_not(pseudonymise("delivery 7", &report, &error).ok);

    cr_expect_eq(error.code, ERROR_INPUT);
    cr_expect_str_eq(error.message, "delivery 7: changed while it was read");
}
