/* Writes the report where a release copies it from: what may be seen of it, without counts. */
#include "linkage/report.h"
#include "linkage_sql.h"

static const DbStatement begin_statement = {
    .name = "linkage_report_begin",
    .sql = linkage_sql_report_begin,
    .parameters = {VALUE_BYTES, VALUE_TEXT},
    .columns = {VALUE_INT8},
};

static const DbStatement add_statement = {
    .name = "linkage_report_add",
    .sql = linkage_sql_report_add,
    .parameters = {VALUE_BYTES, VALUE_TEXT, VALUE_INT4, VALUE_INT4, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT,
                   VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_BOOL},
    .columns = {VALUE_INT8},
};

typedef struct Keeping {
    Db *linker;
    Value permit, month, run_id;
    int64_t line;
} Keeping;

/* As a line of the table of rates: rate, low, high, change. */
static Result keep_line(Keeping *keeping, Text kind, Text value, const Text cells[4], bool is_weak,
                        Error *error)
{
    const Value parameters[] = {
        keeping->permit,      keeping->month,       keeping->run_id,      value_int4(keeping->line++),
        value_text(kind),     value_text(value),    value_text(cells[0]), value_text(cells[1]),
        value_text(cells[2]), value_text(cells[3]), value_bool(is_weak)};

    return db_run(keeping->linker, &add_statement, parameters, NULL, error);
}

static Result keep_rate(Keeping *keeping, const ReportRate *rate, Error *error)
{
    char text[4][REPORT_CELL_BYTES];
    const Text cells[] = {report_rate_cell(rate->has_rate, rate->rate, text[0]),
                          report_rate_cell(rate->has_rate, rate->low, text[1]),
                          report_rate_cell(rate->has_rate, rate->high, text[2]),
                          report_rate_cell(rate->has_change, rate->change, text[3])};

    return keep_line(keeping, rate->kind, rate->value, cells, rate->is_low, error);
}

/* It has no interval, and nothing says how it was before. */
static Result keep_estimate(Keeping *keeping, const ReportEstimate *estimate, Error *error)
{
    char text[REPORT_CELL_BYTES];
    const Text cells[] = {report_rate_cell(estimate->has_rate, estimate->rate, text), TEXT(""), TEXT(""),
                          TEXT("")};

    return keep_line(keeping, TEXT("estimate"), estimate->counted.name, cells, false, error);
}

static Result keep_lines(Keeping *keeping, Error *error)
{
    SCOPED(report_rates_close) ReportRates rates = {0};
    SCOPED(report_estimates_close) ReportEstimates estimates = {0};

    TRY(report_rates(keeping->linker, &rates, error));
    TRY(report_estimates(keeping->linker, &estimates, error));
    for (size_t i = 0; i < rates.count; i++)
        TRY(keep_rate(keeping, &rates.rates[i], error));
    for (size_t i = 0; i < estimates.count; i++)
        TRY(keep_estimate(keeping, &estimates.estimates[i], error));
    return RESULT_OK;
}

static Result keep(Keeping *keeping, Error *error)
{
    const Value parameters[] = {keeping->permit, keeping->month};
    int64_t run_id;
    bool is_none;

    TRY(db_begin(keeping->linker, error));
    TRY(db_run_int8(keeping->linker, &begin_statement, parameters, &run_id, &is_none, error));
    keeping->run_id = value_int4(run_id);
    if (!is_none)
        TRY(keep_lines(keeping, error));
    return db_commit(keeping->linker, error);
}

Result linkage_report_keep(Db *linker, const GovernancePermit *permit, Text month, Error *error)
{
    Error ignored = {0};

    if (!governance_permit_covers(permit, GOVERNANCE_RELEASE_BUILD, month))
        return fail(error, ERROR_REFUSED, "linkage report: the permit is not for this month's release");
    Keeping keeping = {.linker = linker,
                       .permit = value_bytes(governance_permit_id(permit), GOVERNANCE_PERMIT_BYTES),
                       .month = value_text(month)};
    Result done = keep(&keeping, error);
    if (!done.ok)
        (void)!db_rollback(linker, &ignored).ok;
    return done;
}
