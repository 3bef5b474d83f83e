#include "ingest/load.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

enum { SENDER_BYTES_MAX = 63 };

Result load_check_delivery(const IngestSpec *spec, const IngestDelivery *delivery, Error *error)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    size_t length = delivery->sender != NULL ? strlen(delivery->sender) : 0;

    if (length == 0 || length > SENDER_BYTES_MAX || strspn(delivery->sender, letters) != length ||
        strchr("_.-", delivery->sender[0]) != NULL)
        return fail(error, ERROR_USAGE,
                    "sender: up to 63 letters, digits, _, . and -, the first a letter or digit");
    return ingest_spec_check_period(spec, delivery->period, error);
}

/* Would anything tell that this file was cut at a row's end? A manifest does where one came, and so does a
 * hash that was announced. */
static bool is_protected(const IngestSpec *spec, const IngestDelivery *delivery)
{
    for (size_t i = 0; i < spec->protection_count; i++)
        if (delivery->is_signed || !text_equal(spec->protected_by[i], TEXT("manifest")))
            return true;
    return delivery->path == NULL || delivery->announced != NULL;
}

void load_report_start(const IngestSpec *spec, const IngestDelivery *delivery, IngestReport *report)
{
    *report = (IngestReport){
        .outcome = INGEST_LOADED, .rows_duplicate = -1, .is_unprotected = !is_protected(spec, delivery)};
    snprintf(report->source, sizeof report->source, "%s", spec->source);
    snprintf(report->sender, sizeof report->sender, "%s", delivery->sender);
    month_format(delivery->period, report->period);
}

Result load_pseudonymiser(const Keyring *keyring, const PostcodeDirectory *directory, const IngestSpec *spec,
                          bool encodes, Pseudonymiser **pseudonymiser, Error *error)
{
    const char *refers_to[SPEC_REFERENCES_MAX];
    PseudonymiserOptions options = {
        .source = spec->source, .directory = directory, .refers_to = refers_to, .encodes = encodes};

    for (size_t i = 0; i < spec->reference_count; i++)
        if (spec->references[i].is_by_key)
            refers_to[options.refers_to_count++] = spec->references[i].source.data;
    return pseudonymiser_create(keyring, &options, pseudonymiser, error);
}

bool load_has_field(const IngestSpec *spec, IdentityField field)
{
    for (size_t i = 0; i < spec->column_count; i++)
        if (spec_column_identifies(&spec->columns[i]) && spec->columns[i].field == field)
            return true;
    return false;
}

void load_count_row(bool has_nhs_number, const TokenisedRow *row, IngestReport *report)
{
    int64_t *const counts[] = {&report->nhs_absent, &report->nhs_valid, &report->nhs_invalid};
    const Subject *subject = tokenised_row_subject(row);

    report->rows_loaded++;
    if (has_nhs_number)
        (*counts[subject != NULL ? subject->nhs_state : IDENTIFIER_ABSENT])++;
}

bool load_is_past_rows_max(const IngestSpec *spec, const IngestReport *report)
{
    return report->rows_quarantined > spec->rejects_max;
}

bool load_is_rejected(const IngestSpec *spec, const IngestReport *report)
{
    return load_is_past_rows_max(spec, report) ||
           (double)report->rows_quarantined * 100 >
               spec->rejects_percent_max * (double)(report->rows_read - report->rows_refused);
}

void load_count_as_rejected(IngestReport *report)
{
    report->outcome = INGEST_REJECTED;
    report->rows_loaded = report->rows_withheld = 0;
    report->nhs_valid = report->nhs_invalid = report->nhs_absent = 0;
}

int64_t load_cpu_us(void)
{
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return 0;
    return ((int64_t)usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec +
           usage.ru_stime.tv_usec;
}
