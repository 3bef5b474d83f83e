#include "ingest/pass.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "base/progress.h"
#include "ingest/header.h"
#include "ingest/tally.h"

enum { WIPE_ROWS = 64 << 10, PROGRESS_ROWS = 4 << 10 };

/* Schema drift that the spec allows is told, since the next step of a supplier may be one that it does not.
 */
static void note_renamed(const Pass *pass, size_t column, IngestReport *report)
{
    report->columns_renamed++;
    if (pass->is_first_look)
        return;
    log_event(LOG_LEVEL_WARNING, "column_renamed", "source=%s column=\"%.*s\"", pass->spec->source,
              TEXT_ARG(pass->spec->columns[column].name));
}

static bool has_header(const Pass *pass)
{
    return pass->spec->format.kind == READER_DELIMITED && pass->spec->format.header != READER_HEADER_NONE;
}

static Result read_header(const Pass *pass, Reader *reader, Rules **rules, IngestReport *report, Error *error)
{
    const ReaderRecord *header = NULL;

    if (has_header(pass)) {
        TRY(reader_next(reader, &header, error));
        if (header == NULL)
            return fail(error, ERROR_INPUT, "%s: empty file", pass->path);
    }
    TRY(rules_open(pass->spec, pass->path, header, pass->period, rules, error));
    reader_expect(reader, header != NULL ? header->field_count : pass->spec->column_count);
    if (header == NULL)
        return RESULT_OK;
    Names names = header_names(pass->spec, header);
    for (size_t i = 0; i < pass->spec->column_count; i++)
        if (names.is_renamed[i])
            note_renamed(pass, i, report);
    return RESULT_OK;
}

/* Asked before any rule: of a row that must not be here nothing is counted by column, and no line kept. One
 * that does not say whose it is, though it must, is a bad row like any other. */
static bool is_refused(const Pass *pass, const Rules *rules, const ReaderRecord *record)
{
    if (pass->controllers == NULL || record->fault != READER_GOOD)
        return false;
    Text controller = rules_field(rules, record, pass->spec->controller);
    if (controller.length == 0 && pass->spec->columns[pass->spec->controller].is_required)
        return false;
    if (controllers_allow(pass->controllers, controller))
        return false;
    if (!pass->is_first_look)
        controllers_refuse(pass->controllers, controller);
    return true;
}

static Result hand_on(const Pass *pass, const ReaderRecord *record, const RuleRow *row, Tally *tally,
                      IngestReport *report, Error *error)
{
    report->rows_read++;
    if (row->is_excluded) {
        report->rows_excluded++;
        return RESULT_OK;
    }
    if (row->fault_count == 0)
        return pass->sink.good(pass->sink.context, record->line, row, error);
    report->rows_quarantined++;
    report->rows_damaged += record->fault != READER_GOOD;
    tally_add(tally, record->line, row);
    return pass->sink.bad(pass->sink.context, record, row, error);
}

static Result read_rows(const Pass *pass, Reader *reader, Rules *rules, Tally *tally, IngestReport *report,
                        Error *error)
{
    Progress progress = progress_start(pass->spec->source, 0);
    const ReaderRecord *record;

    for (;;) {
        TRY(reader_next(reader, &record, error));
        if (record == NULL)
            break;
        if (is_refused(pass, rules, record)) {
            report->rows_read++;
            report->rows_refused++;
        } else {
            TRY(hand_on(pass, record, rules_apply(rules, record), tally, report, error));
        }
        if (report->rows_read % WIPE_ROWS == 0)
            rules_wipe(rules);
        if (pass->show_progress && report->rows_read % PROGRESS_ROWS == 0)
            progress_update(&progress, (uint64_t)report->rows_read);
    }
    if (pass->show_progress)
        progress_end(&progress, "%" PRId64 " rows read", report->rows_read);
    return RESULT_OK;
}

Result pass_run(const Pass *pass, IngestReport *report, Hash *content, Error *error)
{
    SCOPED(reader_close) Reader *reader = NULL;
    SCOPED(rules_close) Rules *rules = NULL;
    SCOPED(tally_close) Tally *tally = tally_create();

    TRY(reader_open(pass->path, &pass->spec->format, &reader, error));
    TRY(read_header(pass, reader, &rules, report, error));
    TRY(read_rows(pass, reader, rules, tally, report, error));
    if (reader_is_empty(reader))
        return fail(error, ERROR_INPUT, "%s: empty file", pass->path);
    for (size_t i = 0; i < pass->spec->column_count; i++)
        if (reader_is_renamed(reader, i))
            note_renamed(pass, i, report);
    report->is_unchecked = reader_is_unchecked(reader);
    report->ends_open = reader_ends_open(reader);
    tally_report(tally, pass->spec, report);
    if (pass->counts != NULL)
        memcpy(pass->counts, rules_counts(rules), pass->spec->column_count * sizeof *pass->counts);
    if (!reader_digest(reader, content))
        return fail(error, ERROR_SYSTEM, "%s: not read to its end", pass->path);
    return RESULT_OK;
}
