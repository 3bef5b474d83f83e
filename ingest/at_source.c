/* The first half of a load, at the provider's: read, checked and pseudonymised as a load does it, and written
 * as a parcel in place of tables. Neither database nor network. */
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "ingest/load.h"
#include "ingest/observe.h"
#include "ingest/parcel_words.h"
#include "ingest/pass.h"
#include "ingest/window.h"

typedef struct AtSource {
    const IngestSpec *spec;
    const char *path;
    Pseudonymiser *pseudonymiser;
    Parcel *parcel;
    Windows *windows;
    IngestReport *report;
    bool has_nhs_number, encodes;
    RuleCounts counts[SPEC_COLUMNS_MAX];
} AtSource;

static void at_source_close(AtSource *work)
{
    parcel_abandon(&work->parcel);
    pseudonymiser_close(&work->pseudonymiser);
    windows_close(&work->windows);
}

static Result write_waiting(AtSource *work, Error *error)
{
    size_t count;

    TRY(pseudonymise_rows(work->pseudonymiser, &count, error));
    for (size_t i = 0; i < count; i++) {
        const TokenisedRow *row = pseudonymise_row(work->pseudonymiser, i);
        TRY(parcel_row(work->parcel, row, error));
        load_count_row(work->has_nhs_number, row, work->report);
    }
    return RESULT_OK;
}

static Result write_good(void *context, uint64_t line, const RuleRow *row, Error *error)
{
    AtSource *work = context;
    const RawRow raw = {
        .line = line,
        .identity = &row->identity,
        .keys = {.own = row->record_key, .references = row->references},
        .payload = row->payload,
        .payload_count = work->spec->payload_count,
    };

    if (line > INT32_MAX)
        return fail(error, ERROR_LIMIT, "%s: more than 2147483647 lines", work->path);
    /* Nothing comes of it, and it is read on for its report alone. */
    if (load_is_past_rows_max(work->spec, work->report))
        return RESULT_OK;
    TRY(windows_add(work->windows, row, work->path, error));
    work->report->rows_withheld += row->identity.is_withheld;
    pseudonymise_add(work->pseudonymiser, &raw);
    return pseudonymise_is_full(work->pseudonymiser) ? write_waiting(work, error) : RESULT_OK;
}

/* Where it stands and which rule it breaks; the line itself stays here. */
static Result write_bad(void *context, const ReaderRecord *record, const RuleRow *row, Error *error)
{
    AtSource *work = context;
    char words[PARCEL_WORDS_BYTES];

    if (load_is_past_rows_max(work->spec, work->report))
        return RESULT_OK;
    TRY(windows_add(work->windows, row, work->path, error));
    return parcel_note(work->parcel, parcel_words_fault(record, row, words), error);
}

static Result write_windows(AtSource *work, Error *error)
{
    SCOPED(text_builder_close) TextBuilder words = text_builder(PARCEL_NOTE_BYTES);
    Text groups[WINDOWS_MAX];
    int64_t days[2 * WINDOWS_MAX];

    windows_list(work->windows, groups, days);
    for (size_t i = 0; i < windows_count(work->windows); i++) {
        const RuleWindow window = {
            .group = groups[i], .from = (Date)days[2 * i], .to = (Date)days[2 * i + 1]};
        if (window.group.length > PARCEL_NOTE_BYTES / 2)
            return fail(error, ERROR_LIMIT, "%s: the name of a group is too long for a parcel", work->path);
        words.length = 0;
        parcel_words_window(&window, &words);
        TRY(parcel_note(work->parcel, text_built(&words), error));
    }
    return RESULT_OK;
}

static Result write_references(AtSource *work, Error *error)
{
    SCOPED(arena_close) Arena *arena = arena_create(ENCODING_BYTES_MAX);
    SCOPED(text_builder_close) TextBuilder words = text_builder(PARCEL_NOTE_BYTES);
    uint8_t *encoding = arena_alloc(arena, ENCODING_BYTES_MAX);
    size_t length;

    for (;;) {
        TRY(pseudonymiser_reference(work->pseudonymiser, encoding, &length, error));
        if (length == 0)
            return RESULT_OK;
        words.length = 0;
        parcel_words_reference((Text){.data = (const char *)encoding, .length = length}, &words);
        TRY(parcel_note(work->parcel, text_built(&words), error));
    }
}

static Result finish(AtSource *work, Error *error)
{
    SCOPED(text_builder_close) TextBuilder summary = text_builder(1 << 18);

    if (load_is_rejected(work->spec, work->report)) {
        load_count_as_rejected(work->report);
        return RESULT_OK;
    }
    TRY(write_windows(work, error));
    TRY(write_references(work, error));
    parcel_words_summary(work->spec, work->report, work->counts, &summary);
    TRY(parcel_finish(&work->parcel, text_built(&summary), error));
    work->report->outcome = INGEST_WRITTEN;
    return RESULT_OK;
}

/* What was counted must be of the rows that are written. */
static Result run_passes(AtSource *work, const Pass *pass, Error *error)
{
    Hash *content = &work->report->content, observed;

    if (work->encodes)
        TRY(observe_run(pass, work->pseudonymiser, &observed, error));
    TRY(pass_run(pass, work->report, content, error));
    if (work->encodes && memcmp(observed.bytes, content->bytes, HASH_BYTES) != 0)
        return fail(error, ERROR_INPUT, "%s: changed while it was read", work->path);
    return RESULT_OK;
}

static Result run(const IngestAtSource *at_source, AtSource *work, const IngestDelivery *delivery,
                  Error *error)
{
    const Pass pass = {
        .spec = work->spec,
        .path = work->path,
        .period = delivery->period,
        .show_progress = at_source->show_progress,
        .sink = {.context = work, .good = write_good, .bad = write_bad},
        .counts = work->counts,
    };

    TRY(run_passes(work, &pass, error));
    TRY(write_waiting(work, error));
    return finish(work, error);
}

static Result open_parcel(const IngestAtSource *at_source, AtSource *work, Error *error)
{
    const IngestSpec *spec = work->spec;
    ParcelOptions options = {
        .path = at_source->out,
        .sign_key = at_source->sign_key,
        .keyring = at_source->keyring,
        .label = {.spec_version = spec->version,
                  .spec = spec->hash,
                  .period = at_source->period,
                  .has_encodings = at_source->encodes},
    };
    const char *edition =
        at_source->directory != NULL ? postcode_directory_edition(at_source->directory) : "";

    (void)snprintf(options.label.source, sizeof options.label.source, "%s", spec->source);
    (void)snprintf(options.label.sender, sizeof options.label.sender, "%s", at_source->sender);
    (void)snprintf(options.label.edition, sizeof options.label.edition, "%s", edition);
    return parcel_create(&options, &work->parcel, error);
}

Result ingest_pseudonymise(const IngestAtSource *at_source, const IngestSpec *spec, const char *path,
                           IngestReport *report, Error *error)
{
    int64_t started_us = time_now_us(), started_cpu_us = load_cpu_us();
    char use[KEY_USE_BYTES];
    const IngestDelivery delivery = {.path = path, .sender = at_source->sender, .period = at_source->period};
    SCOPED(at_source_close)
    AtSource work = {.spec = spec,
                     .path = path,
                     .report = report,
                     .windows = windows_create(),
                     .has_nhs_number = load_has_field(spec, IDENTITY_NHS_NUMBER),
                     .encodes = at_source->encodes && load_has_field(spec, IDENTITY_FAMILY_NAME)};

    TRY(load_check_delivery(spec, &delivery, error));
    load_report_start(spec, &delivery, report);
    TRY(load_pseudonymiser(at_source->keyring, at_source->directory, spec, work.encodes, &work.pseudonymiser,
                           error));
    TRY(open_parcel(at_source, &work, error));
    Result done = run(at_source, &work, &delivery, error);
    report->key_use = pseudonymiser_use(work.pseudonymiser);
    TRY(done);
    report->elapsed_us = time_now_us() - started_us;
    report->client_cpu_us = load_cpu_us() - started_cpu_us;
    log_event(LOG_LEVEL_INFO, "parcel_done", "outcome=%d rows=%" PRId64 " quarantined=%" PRId64 " %.*s",
              (int)report->outcome, report->rows_loaded, report->rows_quarantined,
              TEXT_ARG(key_use_text(&report->key_use, use)));
    return RESULT_OK;
}
