/* What a load would do with a file, without database, permit and keys. */
#include <stdio.h>

#include "ingest/pass.h"
#include "ingest/rule_value.h"

typedef struct Check {
    const IngestSpec *spec;
    IngestReport *report;
    const SpecColumn *nhs_number; /* NULL: the source has none */
} Check;

static Result check_good(void *context, uint64_t line, const RuleRow *row, Error *error)
{
    Check *check = context;
    Text number = row->identity.fields[IDENTITY_NHS_NUMBER];

    (void)line;
    (void)error;
    check->report->rows_loaded++;
    check->report->rows_withheld += row->identity.is_withheld;
    if (check->nhs_number == NULL)
        return RESULT_OK;
    if (number.length == 0 || row->identity.is_withheld)
        check->report->nhs_absent++;
    else if (rule_identifier_is_valid(check->spec, check->nhs_number, number))
        check->report->nhs_valid++;
    else
        check->report->nhs_invalid++;
    return RESULT_OK;
}

static Result check_bad(void *context, const ReaderRecord *record, const RuleRow *row, Error *error)
{
    (void)context; /* pass.c has counted it */
    (void)record;
    (void)row;
    (void)error;
    return RESULT_OK;
}

static const SpecColumn *find_nhs_number(const IngestSpec *spec)
{
    for (size_t i = 0; i < spec->column_count; i++)
        if (spec_column_identifies(&spec->columns[i]) && spec->columns[i].field == IDENTITY_NHS_NUMBER)
            return &spec->columns[i];
    return NULL;
}

Result ingest_check(const IngestSpec *spec, const char *path, IngestReport *report, Error *error)
{
    return ingest_check_in(spec, path, RULE_ANY_PERIOD, report, error);
}

Result ingest_check_in(const IngestSpec *spec, const char *path, Month period, IngestReport *report,
                       Error *error)
{
    Check check = {.spec = spec, .report = report, .nhs_number = find_nhs_number(spec)};
    const Pass pass = {
        .spec = spec,
        .path = path,
        .period = period,
        .sink = {.context = &check, .good = check_good, .bad = check_bad},
    };
    int64_t started_us = time_now_us();

    *report = (IngestReport){.outcome = INGEST_LOADED};
    snprintf(report->source, sizeof report->source, "%s", spec->source);
    TRY(pass_run(&pass, report, &report->content, error));
    if (report->rows_quarantined > spec->rejects_max ||
        (double)report->rows_quarantined * 100 > spec->rejects_percent_max * (double)report->rows_read)
        report->outcome = INGEST_REJECTED;
    report->elapsed_us = time_now_us() - started_us;
    return RESULT_OK;
}
