#include "ingest/parcel_pass.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "ingest/load.h"
#include "ingest/parcel_words.h"
#include "ingest/rule_value.h"
#include "ingest/tally.h"

/* ---- is it the delivery that was announced? ---- */

static Result check_label(const IngestSpec *spec, const IngestDelivery *delivery, const ParcelLabel *label,
                          Error *error)
{
    const struct {
        bool is_good;
        const char *rule;
    } checks[] = {
        {strcmp(label->source, spec->source) == 0, "of another source"},
        {strcmp(label->sender, delivery->sender) == 0, "of another sender"},
        {label->period == delivery->period, "of another period"},
        {label->spec_version == spec->version, "made by another version of the spec"},
        {memcmp(label->spec.bytes, spec->hash.bytes, HASH_BYTES) == 0,
         "made by a spec of this version with another text or other code lists"},
    };

    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        if (!checks[i].is_good)
            return fail(error, ERROR_INPUT, "%s: parcel: %s", delivery->path, checks[i].rule);
    return RESULT_OK;
}

static size_t payload_types(const IngestSpec *spec, ValueType types[SPEC_PAYLOAD_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < spec->column_count; i++)
        if (spec_column_is_stored(&spec->columns[i]))
            types[count++] = SPEC_TYPE_VALUES[spec->columns[i].type];
    return count;
}

Result parcel_pass_open(const IngestContext *context, const IngestSpec *spec, const IngestDelivery *delivery,
                        ParcelReader **reader, Error *error)
{
    SCOPED(parcel_close) ParcelReader *opened = NULL;
    ValueType types[SPEC_PAYLOAD_MAX];
    bool is_parcel = false;

    if (delivery->path == NULL)
        return RESULT_OK;
    TRY(parcel_is(delivery->path, &is_parcel, error));
    if (!is_parcel)
        return RESULT_OK;
    if (context->parcel_keys == NULL)
        return fail(error, ERROR_CONFIG, "%s: a parcel, and there is no key for parcels", delivery->path);
    const ParcelOpener opener = {
        .path = delivery->path,
        .keys_folder = context->parcel_keys,
        .sender = delivery->sender,
        .keyring = context->keyring,
        .types = types,
        .type_count = payload_types(spec, types),
        .reference_count = spec->key_reference_count,
    };
    TRY(parcel_open(&opener, &opened, error));
    TRY(check_label(spec, delivery, parcel_label(opened), error));
    *reader = opened;
    opened = NULL;
    return RESULT_OK;
}

/* ---- what it says ---- */

/* The provider has checked each value by the same spec. That a name could stand where a code belongs must not
 * rest on that alone. */
static Result check_payload(const ParcelPass *pass, const TokenisedRow *row, Error *error)
{
    const IngestSpec *spec = pass->spec;
    size_t count, slot = 0;
    const Value *payload = tokenised_row_payload(row, &count);

    for (size_t i = 0; i < spec->column_count; i++)
        if (spec_column_is_stored(&spec->columns[i]) &&
            rule_stored(spec, &spec->columns[i], &payload[slot++]) != READER_GOOD)
            return fail(error, ERROR_INPUT,
                        "%s line %" PRIu64 ": parcel: column %.*s would not take its value", pass->path,
                        tokenised_row_line(row), TEXT_ARG(spec->columns[i].name));
    return RESULT_OK;
}

/* What says who it is, of a field that the spec has no column for; IDENTITY_FIELD_COUNT: nothing. */
static IdentityField foreign_field(const IngestSpec *spec, const Subject *subject)
{
    const struct {
        bool is_there;
        IdentityField field;
    } items[] = {
        {subject->nhs.is_set || subject->nhs_state != IDENTIFIER_ABSENT, IDENTITY_NHS_NUMBER},
        {subject->superseded_nhs.is_set, IDENTITY_SUPERSEDED_NHS_NUMBER},
        {subject->local_id.is_set, IDENTITY_LOCAL_ID},
        {subject->uprn.is_set, IDENTITY_UPRN},
        {subject->foreign.is_set, IDENTITY_FOREIGN_PSEUDONYM},
        {subject->foreign_to.is_set, IDENTITY_FOREIGN_PSEUDONYM_TO},
        {subject->address.is_set, IDENTITY_ADDRESS},
        {subject->birth_year != 0 || subject->birth_month != 0, IDENTITY_BIRTH_DATE},
        {subject->sex != '\0', IDENTITY_SEX},
        {subject->lsoa_2011[0] != '\0' || subject->lsoa_2021[0] != '\0', IDENTITY_POSTCODE},
    };

    for (size_t i = 0; i < sizeof items / sizeof *items; i++)
        if (items[i].is_there && !load_has_field(spec, items[i].field))
            return items[i].field;
    return IDENTITY_FIELD_COUNT;
}

/* A sender of one kind of number must not link by another, and a small area is of a directory. */
static Result check_subject(const ParcelPass *pass, const TokenisedRow *row, Error *error)
{
    const Subject *subject = tokenised_row_subject(row);

    if (subject == NULL)
        return RESULT_OK;
    IdentityField field = foreign_field(pass->spec, subject);
    if (field != IDENTITY_FIELD_COUNT)
        return fail(error, ERROR_INPUT, "%s line %" PRIu64 ": parcel: %s, which its spec has no column for",
                    pass->path, tokenised_row_line(row), IDENTITY_FIELD_NAMES[field]);
    bool has_area = subject->lsoa_2011[0] != '\0' || subject->lsoa_2021[0] != '\0';
    if (has_area && parcel_label(pass->reader)->edition[0] == '\0')
        return fail(error, ERROR_INPUT, "%s line %" PRIu64 ": parcel: a small area of no directory's edition",
                    pass->path, tokenised_row_line(row));
    return RESULT_OK;
}

static Result take_row(const ParcelPass *pass, Error *error)
{
    const TokenisedRow *row;

    TRY(pseudonymise_parcel_row(pass->pseudonymiser, pass->reader, &row, error));
    TRY(check_payload(pass, row, error));
    TRY(check_subject(pass, row, error));
    return pass->sink.row(pass->sink.context, row, error);
}

/* Where the rules ask for none it is dropped unread, as the encodings of subjects are. */
static Result take_reference(const ParcelPass *pass, Text encoding, Error *error)
{
    if (pass->sink.reference == NULL)
        return RESULT_OK;
    TRY(pseudonymise_parcel_reference(pass->pseudonymiser, pass->reader, encoding, error));
    return pass->sink.reference(pass->sink.context, encoding, error);
}

static Result take_note(const ParcelPass *pass, Text text, Tally *tally, IngestReport *report, Error *error)
{
    ParcelNote note;

    TRY(parcel_words_read(pass->spec, pass->path, text, &note, error));
    if (note.reference.length > 0)
        return take_reference(pass, note.reference, error);
    if (!note.is_fault)
        return pass->sink.window(pass->sink.context, &note.row, error);
    report->rows_quarantined++;
    report->rows_damaged += note.record.fault != READER_GOOD;
    if (load_is_past_rows_max(pass->spec, report))
        return fail(error, ERROR_INPUT, "%s: parcel: of a file that its spec would have rejected",
                    pass->path);
    tally_add(tally, note.record.line, &note.row);
    return pass->sink.fault(pass->sink.context, &note.record, &note.row, error);
}

/* What was counted on the way is what the provider counted; the rest only it can know. */
static Result take_summary(const ParcelPass *pass, Text summary, IngestReport *report, Error *error)
{
    IngestReport summed = *report;
    char hex[HASH_TEXT_BYTES];
    Hash original;

    TRY(parcel_words_sum(pass->spec, pass->path, summary, &summed, pass->counts, &original, error));
    const int64_t pairs[][2] = {
        {summed.rows_loaded, report->rows_loaded},   {summed.rows_quarantined, report->rows_quarantined},
        {summed.rows_damaged, report->rows_damaged}, {summed.nhs_valid, report->nhs_valid},
        {summed.nhs_invalid, report->nhs_invalid},   {summed.nhs_absent, report->nhs_absent},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (pairs[i][0] != pairs[i][1])
            return fail(error, ERROR_INPUT, "%s: parcel: its counts are not those of its rows", pass->path);
    if (summed.rows_withheld > summed.rows_loaded || load_is_rejected(pass->spec, &summed))
        return fail(error, ERROR_INPUT, "%s: parcel: its counts are none that its spec allows", pass->path);
    *report = summed;
    log_event(LOG_LEVEL_INFO, "parcel_read", "original=%s", hash_format(&original, hex));
    return RESULT_OK;
}

Result parcel_pass_run(const ParcelPass *pass, IngestReport *report, Hash *content, Error *error)
{
    SCOPED(tally_close) Tally *tally = tally_create();
    ParcelKind kind;
    Text text;

    for (;;) {
        TRY(parcel_next(pass->reader, &kind, &text, error));
        if (kind == PARCEL_SUMMARY)
            break;
        TRY(kind == PARCEL_ROW ? take_row(pass, error) : take_note(pass, text, tally, report, error));
    }
    TRY(take_summary(pass, text, report, error));
    tally_report(tally, pass->spec, report);
    if (!parcel_digest(pass->reader, content))
        return fail(error, ERROR_SYSTEM, "%s: not read to its end", pass->path);
    return RESULT_OK;
}
