/* The story of a delivery: hashed, opened as a load, read row by row, pseudonymised, stored, published. */
#include "ingest/ingest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/input.h"
#include "base/log.h"
#include "ingest/controllers.h"
#include "ingest/observe.h"
#include "ingest/packer.h"
#include "ingest/parcel_pass.h"
#include "ingest/pass.h"
#include "ingest/rejected.h"
#include "ingest/store.h"

enum { PATH_BYTES = 1024 };

typedef struct Load {
    const IngestContext *context;
    const IngestSpec *spec;
    const IngestDelivery *delivery;
    Packer *packer;
    Pseudonymiser *pseudonymiser;
    Store *store;
    Controllers *controllers; /* NULL: the sender answers for every row */
    Seal *seal;               /* made when the first row is quarantined */
    IngestReport *report;
    ParcelReader *parcel; /* NULL: the delivery is in clear */
    bool has_nhs_number, encodes;
    RuleCounts counts[SPEC_COLUMNS_MAX];
} Load;

/* ---- rows ---- */

static Result store_one(void *context, const TokenisedRow *row, Error *error)
{
    Load *load = context;

    TRY(store_row(load->store, row, error));
    load_count_row(load->has_nhs_number, row, load->report);
    return RESULT_OK;
}

static Result store_waiting(Load *load, Error *error)
{
    size_t count;

    TRY(pseudonymise_rows(load->pseudonymiser, &count, error));
    for (size_t i = 0; i < count; i++)
        TRY(store_one(load, pseudonymise_row(load->pseudonymiser, i), error));
    return RESULT_OK;
}

static Result load_good(void *context, uint64_t line, const RuleRow *row, Error *error)
{
    Load *load = context;
    Value packed;
    const RawRow raw = {
        .line = line,
        .identity = &row->identity,
        .keys = {.own = row->record_key, .references = row->references},
        .payload = &packed,
        .payload_count = load->spec->payload_count > 0,
    };

    /* The load is lost, and read on for its report alone. */
    if (load_is_past_rows_max(load->spec, load->report))
        return RESULT_OK;
    if (raw.payload_count > 0)
        TRY(packer_pack(load->packer, row->payload, &packed, error));
    TRY(store_replaces(load->store, row, error));
    load->report->rows_withheld += row->identity.is_withheld;
    pseudonymise_add(load->pseudonymiser, &raw);
    return pseudonymise_is_full(load->pseudonymiser) ? store_waiting(load, error) : RESULT_OK;
}

static Result open_seal(Load *load, Error *error)
{
    return rejected_seal(load->context->quarantine_folder, load->report->load_id, load->context->keyring,
                         &load->seal, error);
}

/* Not a line of which nobody can tell whether its controller agreed. */
static bool may_seal(const Load *load, const RuleRow *row)
{
    if (load->context->quarantine_folder == NULL)
        return false;
    return load->controllers == NULL || row->has_controller;
}

static Result load_bad(void *context, const ReaderRecord *record, const RuleRow *row, Error *error)
{
    Load *load = context;

    /* The row that goes past the limit is still kept: it shows that the limit was passed. */
    if (load->report->rows_quarantined > load->spec->rejects_max + 1)
        return RESULT_OK;
    TRY(store_replaces(load->store, row, error));
    TRY(store_quarantine(load->store, record, row, error));
    if (!may_seal(load, row))
        return RESULT_OK;
    if (load->seal == NULL)
        TRY(open_seal(load, error));
    return seal_line(load->seal, record->line, record->raw, error);
}

/* ---- one load ---- */

static StoreCounts counts_of(const Load *load)
{
    const IngestReport *report = load->report;

    return (StoreCounts){
        .read = report->rows_read,
        .loaded = report->rows_loaded,
        .quarantined = report->rows_quarantined,
        .excluded = report->rows_excluded,
        .withheld = report->rows_withheld,
        .nhs_valid = report->nhs_valid,
        .nhs_invalid = report->nhs_invalid,
        .nhs_absent = report->nhs_absent,
        .damaged = report->rows_damaged,
        .columns = load->counts,
    };
}

static Result check_content(const Load *load, const Hash *content, Error *error)
{
    if (memcmp(content->bytes, load->report->content.bytes, HASH_BYTES) == 0)
        return RESULT_OK;
    return fail(error, ERROR_REFUSED, "%s: not the file that %s", load->delivery->path,
                load->delivery->announced != NULL ? "was announced: its SHA-256 is another"
                                                  : "the permit was given for");
}

/* A duplicate is not read to be told. Was it announced, the file may still be another one. */
static Result check_unread(const Load *load, Error *error)
{
    Hash content;
    uint64_t bytes;

    if (load->delivery->announced == NULL)
        return RESULT_OK;
    TRY(input_hash_file(load->delivery->path, &content, &bytes, error));
    return check_content(load, &content, error);
}

static Result store_references(Load *load, Error *error)
{
    SCOPED(arena_close) Arena *arena = arena_create(ENCODING_BYTES_MAX);
    uint8_t *encoding = arena_alloc(arena, ENCODING_BYTES_MAX);
    size_t length;

    for (;;) {
        TRY(pseudonymiser_reference(load->pseudonymiser, encoding, &length, error));
        if (length == 0)
            return RESULT_OK;
        TRY(store_reference(load->store, (Text){.data = (const char *)encoding, .length = length}, error));
    }
}

static Result run_passes(Load *load, const Pass *pass, Hash *content, Error *error)
{
    if (load->encodes) {
        TRY(observe_run(pass, load->pseudonymiser, content, error));
        TRY(check_content(load, content, error));
    }
    return pass_run(pass, load->report, content, error);
}

static Result read_file(Load *load, Error *error)
{
    const Pass pass = {
        .spec = load->spec,
        .path = load->delivery->path,
        .period = load->delivery->period,
        .show_progress = load->context->show_progress,
        .controllers = load->controllers,
        .sink = {.context = load, .good = load_good, .bad = load_bad},
        .counts = load->counts,
    };
    Hash content;

    load->packer = packer_open(load->spec);
    input_expect(load->delivery->mark);
    Result passed = run_passes(load, &pass, &content, error);
    input_expect(NULL);
    TRY(passed);
    if (load->delivery->is_signed || load->delivery->announced != NULL)
        load->report->ends_open = false; /* it is as its sender signed or announced it */
    TRY(store_waiting(load, error));
    TRY(store_references(load, error));
    return check_content(load, &content, error);
}

/* ---- a delivery that was pseudonymised at source ---- */

static Result store_fault(void *context, const ReaderRecord *record, const RuleRow *row, Error *error)
{
    return store_quarantine(((Load *)context)->store, record, row, error);
}

static Result store_window(void *context, const RuleRow *row, Error *error)
{
    return store_replaces(((Load *)context)->store, row, error);
}

/* The rules say whether it may be kept: pseudonymise_parcel_row asks the same of encodings of subjects. */
static Result store_nobodys(void *context, Text encoding, Error *error)
{
    return store_reference(((Load *)context)->store, encoding, error);
}

static Result open_parcel(Load *load, Error *error)
{
    input_expect(load->delivery->mark);
    Result opened = parcel_pass_open(load->context, load->spec, load->delivery, &load->parcel, error);
    input_expect(NULL);
    return opened;
}

/* What these say of tokens holds beyond their own rows, and a provider that makes tokens itself can write one
 * that no value of its spec gives: a pseudonym of another issuer, a number of another scheme. */
static bool maps_tokens(const IngestSpec *spec)
{
    return text_equal(spec->role, TEXT("crosswalk")) || text_equal(spec->role, TEXT("merger"));
}

static Result read_parcel(Load *load, Error *error)
{
    const ParcelPass pass = {
        .spec = load->spec,
        .path = load->delivery->path,
        .reader = load->parcel,
        .pseudonymiser = load->pseudonymiser,
        .sink = {.context = load,
                 .row = store_one,
                 .fault = store_fault,
                 .window = store_window,
                 .reference = load->encodes ? store_nobodys : NULL},
        .counts = load->counts,
    };
    Hash content;

    /* Whose a row is stands in the file in clear, and that is with its provider. */
    if (load->controllers != NULL)
        return fail(
            error, ERROR_REFUSED,
            "%s: parcel: its sender's agreement is for each controller, which only a file in clear tells",
            load->delivery->path);
    if (maps_tokens(load->spec))
        return fail(error, ERROR_REFUSED,
                    "%s: parcel: of a source of role crosswalk or merger, which comes in clear alone",
                    load->delivery->path);
    TRY(parcel_pass_run(&pass, load->report, &content, error));
    return check_content(load, &content, error);
}

static Result read_delivery(Load *load, Error *error)
{
    const IngestContext *context = load->context;
    bool encodes = false;

    if (load_has_field(load->spec, IDENTITY_FAMILY_NAME))
        TRY(store_encodes(load->store, context->keyring, &encodes, error));
    if (encodes && load->parcel != NULL && !parcel_label(load->parcel)->has_encodings)
        return fail(error, ERROR_INPUT,
                    "%s: parcel: made without encodings, by which its source is to be linked (--encodings)",
                    load->delivery->path);
    load->encodes = encodes;
    TRY(load_pseudonymiser(context->keyring, context->directory, load->spec, encodes, &load->pseudonymiser,
                           error));
    return load->parcel != NULL ? read_parcel(load, error) : read_file(load, error);
}

/* Of the small areas: where it was made the provider's, else ours. NULL: none were made. */
static const char *edition_of(const Load *load)
{
    const PostcodeDirectory *directory = load->context->directory;

    if (load->parcel == NULL)
        return directory != NULL ? postcode_directory_edition(directory) : NULL;
    const char *edition = parcel_label(load->parcel)->edition;
    return edition[0] != '\0' ? edition : NULL;
}

static Result end_load(Load *load, Error *error)
{
    IngestReport *report = load->report;

    if (load->seal != NULL)
        TRY(seal_finish(&load->seal, error));
    if (load_is_rejected(load->spec, report)) {
        load_count_as_rejected(report);
        const StoreCounts counts = counts_of(load);
        return store_reject(&load->store, &counts, error);
    }
    const StoreCounts counts = counts_of(load);
    TRY(store_publish(&load->store, &counts, &report->outcome, &report->subjects_new, error));
    if (report->outcome == INGEST_REJECTED)
        load_count_as_rejected(report);
    return RESULT_OK;
}

static Result run(Load *load, const GovernancePermit *permit, Error *error)
{
    bool is_nil = load->delivery->path == NULL;
    const StoreLoad store_load = {
        .merger = load->context->merger,
        .writer = load->context->writer,
        .permit = permit,
        .spec = load->spec,
        .delivery = load->delivery,
        .content = is_nil ? NULL : &load->report->content,
        .directory_edition = edition_of(load),
        .key_version = keyring_hub_version(load->context->keyring),
    };

    TRY(store_open(load->context->loader, &store_load, &load->store, &load->report->load_id,
                   &load->report->outcome, error));
    if (load->report->outcome != INGEST_LOADED)
        return check_unread(load, error);
    TRY(controllers_open(load->context->loader, &store_load, load->report->load_id, &load->controllers,
                         error));
    if (!is_nil)
        TRY(read_delivery(load, error));
    if (load->report->rows_refused > 0) {
        TRY(store_flush(load->store, error));
        TRY(controllers_keep(load->controllers, load->context->loader, &store_load, load->report->load_id,
                             error));
    }
    return end_load(load, error);
}

/* What it rejected is sealed before it is published, and has no use where it was not. */
static void close_load(Load *load)
{
    bool is_abandoned = store_abandoned(&load->store);

    seal_abandon(&load->seal);
    if (is_abandoned)
        rejected_remove(load->context->quarantine_folder, load->report->load_id);
    controllers_close(&load->controllers);
    pseudonymiser_close(&load->pseudonymiser);
    packer_close(&load->packer);
    parcel_close(&load->parcel);
}

Result ingest_delivery_object(const IngestDelivery *delivery, InputMark *mark, char out[HASH_TEXT_BYTES],
                              Error *error)
{
    if (delivery->path == NULL) {
        snprintf(out, HASH_TEXT_BYTES, "nil");
        return RESULT_OK;
    }
    if (delivery->announced != NULL) {
        hash_format(delivery->announced, out);
        return input_size_file(delivery->path, &mark->bytes, error);
    }
    TRY(input_mark_file(delivery->path, mark, error));
    hash_format(&mark->digest, out);
    return RESULT_OK;
}

/* The permit names the content. That the file has it shows when it has been read; until then nothing counts.
 */
static Result take_content(const GovernancePermit *permit, const IngestDelivery *delivery,
                           IngestReport *report, Error *error)
{
    Text object = governance_permit_object(permit);
    bool is_nil = delivery->path == NULL;

    if (!governance_permit_covers(permit, GOVERNANCE_LOAD, object) ||
        !(is_nil ? text_equal(object, TEXT("nil")) : hash_parse(object, &report->content)))
        return fail(error, ERROR_REFUSED, "load: the permit is not for this delivery");
    return RESULT_OK;
}

Result ingest_again_check(const char *reason, Error *error)
{
    Text text = text_from(reason != NULL ? reason : "");
    bool is_line = text_is_utf8(text) && text.length <= INGEST_AGAIN_BYTES_MAX;

    if (reason == NULL)
        return RESULT_OK;
    for (size_t i = 0; i < text.length; i++)
        is_line = is_line && (unsigned char)text.data[i] >= ' ' && text.data[i] != 0x7f;
    if (!is_line || text_trim(text).length == 0)
        return fail(error, ERROR_USAGE, "--again: the reason, a line of at most %d bytes",
                    INGEST_AGAIN_BYTES_MAX);
    return RESULT_OK;
}

Text ingest_delivery_detail(const IngestDelivery *delivery, char out[INGEST_DETAIL_BYTES])
{
    char period[DATE_TEXT_BYTES];

    snprintf(out, INGEST_DETAIL_BYTES, "period=%s status=%s replace=%s%s%s%s",
             month_format(delivery->period, period), STORE_STATUS_NAMES[delivery->status],
             delivery->replace ? "yes" : "no", delivery->announced != NULL ? " hash=announced" : "",
             delivery->again != NULL ? " again=" : "", delivery->again != NULL ? delivery->again : "");
    return text_from(out);
}

Result ingest_load(const IngestContext *context, const GovernancePermit *permit, const IngestSpec *spec,
                   const IngestDelivery *delivery, IngestReport *report, Error *error)
{
    int64_t started_us = time_now_us(), started_cpu_us = load_cpu_us();
    SCOPED(close_load)
    Load load = {
        .context = context,
        .spec = spec,
        .delivery = delivery,
        .report = report,
        .has_nhs_number = load_has_field(spec, IDENTITY_NHS_NUMBER),
    };

    TRY(load_check_delivery(spec, delivery, error));
    TRY(ingest_again_check(delivery->again, error));
    load_report_start(spec, delivery, report);
    TRY(take_content(permit, delivery, report, error));
    if (keyring_hub_version(context->keyring) == 0)
        return fail(error, ERROR_CONFIG, "keyring: holds no hub key");
    TRY(open_parcel(&load, error));
    Result done = run(&load, permit, error);
    report->key_use = pseudonymiser_use(load.pseudonymiser);
    TRY(done);
    report->elapsed_us = time_now_us() - started_us;
    report->client_cpu_us = load_cpu_us() - started_cpu_us;
    log_event(LOG_LEVEL_INFO, "load_done",
              "load=%" PRId64 " outcome=%d rows=%" PRId64 " quarantined=%" PRId64, report->load_id,
              (int)report->outcome, report->rows_loaded, report->rows_quarantined);
    return RESULT_OK;
}
