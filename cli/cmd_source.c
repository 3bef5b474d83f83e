#include "cli/load_report.h"
#include "cli/spec_place.h"

/* Needs no permit, no key and no database: it stores nothing. */
Result cmd_source_check(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = NULL;
    SCOPED(spec_versions_close) SpecVersions versions = {0};
    IngestReport report = {0};
    const char *period_text = NULL;
    Month period = 0;
    const Option options[] = {
        {"period", OPTION_TEXT, false, NULL, "hold dates and codes to this month, CCYY-MM", &period_text},
    };

    TRY(cli_parse(cli, argc, argv, options, 1, 1, 2, error));
    if (period_text != NULL)
        TRY(spec_period(period_text, &period, error));
    TRY(spec_open_versions(cli->arguments[0], &versions, error));
    TRY(spec_open_in(cli->arguments[0], period_text, &spec, error));
    if (cli->argument_count == 1) {
        printf("good: source %s version %d\n", ingest_spec_source(spec), ingest_spec_version(spec));
        return RESULT_OK;
    }
    TRY(period_text == NULL ? ingest_check(spec, cli->arguments[1], &report, error)
                            : ingest_check_in(spec, cli->arguments[1], period, &report, error));
    load_report_print(&report, 1);
    if (report.outcome == INGEST_REJECTED)
        return fail(error, ERROR_INPUT, "more rows would be rejected than the spec allows");
    return RESULT_OK;
}

/* A spec says what loads are held to, so the log says who registered which. */
static Result apply_version(const Cli *cli, Work *work, Db *owner, const IngestSpec *spec, Error *error)
{
    const GovernanceOutcome outcome = {
        .succeeded = true, .content = ingest_spec_hash(spec), .has_content = true};
    char hex[HASH_TEXT_BYTES];
    const GovernanceRequest request = {
        .action = GOVERNANCE_SOURCE_APPLY,
        .source = text_from(ingest_spec_source(spec)),
        .object = text_from(hash_format(&outcome.content, hex)),
        .detail = text_format(cli->arena, "version=%d", ingest_spec_version(spec)),
    };

    TRY(work_begin(cli, &request, work, error));
    TRY(ingest_source_apply(owner, spec, stdout, error));
    return work_result(work, &outcome, error);
}

static Result apply_one(const Cli *cli, Work *work, Db *owner, const char *path, Error *error)
{
    SCOPED(spec_versions_close) SpecVersions versions = {0};

    TRY(spec_open_versions(path, &versions, error));
    for (size_t i = 0; i < versions.count; i++)
        TRY(apply_version(cli, work, owner, versions.specs[i], error));
    return RESULT_OK;
}

Result cmd_source_apply(Cli *cli, int argc, const char *const *argv, Error *error)
{
    SCOPED(db_close) Db *owner = NULL;
    SCOPED(work_close) Work work = {0};
    const char *shipped[SPECS_MAX];
    const char *const *paths = cli->arguments;
    size_t count;

    TRY(cli_parse(cli, argc, argv, NULL, 0, 0, SPECS_MAX, error));
    count = cli->argument_count;
    if (count == 0) {
        TRY(spec_list_shipped(cli->arena, shipped, &count, error));
        paths = shipped;
    }
    TRY(cli_open(cli, "cinque_owner", &owner, error));
    for (size_t i = 0; i < count; i++)
        TRY(apply_one(cli, &work, owner, paths[i], error));
    return work_seal(cli, &work, error);
}
