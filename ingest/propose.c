#include "ingest/propose.h"

#include <stdio.h>

#include "ingest/guess.h"

enum { ARENA_BYTES_MAX = 256 << 20, CODES_PATH_BYTES = 1024 };

/* ---- the sample ---- */

static void make_columns(Propose *propose, size_t count)
{
    propose->columns = arena_alloc(propose->arena, count * sizeof *propose->columns);
    propose->column_count = count;
    for (size_t i = 0; i < count; i++)
        propose->columns[i].identity = SPEC_NONE;
}

static void take_row(Propose *propose, const Text *fields)
{
    for (size_t i = 0; i < propose->column_count; i++) {
        ProposeColumn *column = &propose->columns[i];
        Text value = text_trim(fields[i]);
        if (value.length == 0)
            continue;
        column->is_value |= text_equal(value, column->name);
        propose_count(&column->counts, value, propose->arena);
    }
    propose->rows++;
}

static Result take_rows(Propose *propose, Reader *reader, Error *error)
{
    const ReaderRecord *record;

    while (propose->rows + propose->damaged < PROPOSE_ROWS_MAX) {
        TRY(reader_next(reader, &record, error));
        if (record == NULL)
            break;
        propose->not_utf8 += record->fault == READER_NOT_UTF8;
        if (record->fault == READER_GOOD)
            take_row(propose, record->fields);
        else
            propose->damaged++;
    }
    return RESULT_OK;
}

/* The first record is a header until the rows say otherwise. */
static Result take_sample(Propose *propose, Error *error)
{
    SCOPED(reader_close) Reader *reader = NULL;
    const ReaderRecord *first;

    arena_reset(propose->arena); /* of an earlier sample; PROPOSE_ROWS_MAX values of 256 columns fit once */
    propose->rows = propose->damaged = propose->not_utf8 = 0;
    TRY(reader_open(propose->path, &propose->format, &reader, error));
    TRY(reader_next(reader, &first, error));
    if (first == NULL)
        return fail(error, ERROR_INPUT, "%s: empty file", propose->path);
    if (first->fault == READER_NOT_UTF8) {
        propose->not_utf8++;
        return RESULT_OK;
    }
    if (first->fault != READER_GOOD)
        return fail(error, ERROR_INPUT, "%s: its first record: %s", propose->path,
                    READER_FAULT_TEXTS[first->fault]);
    if (first->field_count > SPEC_COLUMNS_MAX)
        return fail(error, ERROR_LIMIT, "%s: more than %d columns", propose->path, SPEC_COLUMNS_MAX);
    propose->first_line = (size_t)first->line;
    make_columns(propose, first->field_count);
    for (size_t i = 0; i < first->field_count; i++)
        propose->columns[i].name = text_copy(propose->arena, text_trim(first->fields[i]));
    reader_expect(reader, first->field_count);
    return take_rows(propose, reader, error);
}

/* ---- is the first line a header? ---- */

static bool is_typed(const ProposeCounts *counts)
{
    int64_t dates = 0;

    for (size_t i = 0; i < PROPOSE_DATE_FORMATS; i++)
        dates += counts->dates[i];
    return counts->filled > 0 && (counts->decimals + dates + counts->postcodes) * 10 >= counts->filled * 9;
}

static bool is_there_before(const Propose *propose, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (text_equal(propose->columns[i].name, propose->columns[index].name))
            return true;
    return false;
}

/*
 * Told only where it can hardly be a value: it has the form of a name, is no value of its column, and the
 * line is a header. That it is when at least half of it are such names and either the values of some column
 * are of a type or one of the names is a usual one: a row of surnames and towns is neither.
 */
static void find_header(Propose *propose)
{
    bool has_type = false;
    size_t usual = 0;

    propose->header_names = 0;
    for (size_t i = 0; i < propose->column_count; i++) {
        ProposeColumn *column = &propose->columns[i];
        has_type |= is_typed(&column->counts);
        usual += guess_identity(column->name) != SPEC_NONE || guess_is_event(column->name);
        if (guess_is_name(column->name) && !column->is_value && !is_there_before(propose, i))
            propose->header_names++;
    }
    bool is_header = propose->header_names * 2 >= (int64_t)propose->column_count && (has_type || usual > 0);
    propose->has_header = is_header && propose->header_names == (int64_t)propose->column_count;
    if (is_header && !propose->has_header)
        propose->format.lines_skipped =
            propose->first_line; /* passed over, since not all of it can be told */
    for (size_t i = 0; i < propose->column_count; i++) {
        ProposeColumn *column = &propose->columns[i];
        if (!is_header && column->name.length > 0)
            propose_count(&column->counts, column->name, propose->arena);
        if (!is_header || !guess_is_name(column->name) || column->is_value || is_there_before(propose, i))
            column->name = text_format(propose->arena, "column_%zu", i + 1);
    }
    propose->rows += !is_header;
    propose->format.header = propose->has_header ? READER_HEADER_EXACT : READER_HEADER_NONE;
}

/* ---- code lists ---- */

static Result write_codes(const Propose *propose, const ProposeColumn *column, Error *error)
{
    char path[CODES_PATH_BYTES];
    int length = snprintf(path, sizeof path, "%s/%s.csv", propose->wanted.codes_folder, column->stored);

    if (length < 0 || (size_t)length >= sizeof path)
        return fail(error, ERROR_CONFIG, "%s: the path of a code list is too long",
                    propose->wanted.codes_folder);
    FILE *out = fopen(path, "wx"); /* never over a list that is there */
    if (out == NULL)
        return fail_errno(error, "%s", path);
    fputs("code,meaning\n", out);
    for (size_t i = 0; i < column->counts.distinct; i++) {
        const ProposeCode *code = &column->counts.codes[i];
        fputc('"', out);
        for (size_t at = 0; at < code->length; at++)
            fprintf(out, code->text[at] == '"' ? "\"\"" : "%c", code->text[at]);
        fputs("\",to be filled in\n", out);
    }
    bool is_bad = ferror(out) != 0;
    if (fclose(out) != 0 || is_bad)
        return fail_errno(error, "%s", path);
    return RESULT_OK;
}

/* ---- all ---- */

static void propose_close(Propose *propose)
{
    arena_close(&propose->arena); /* wipes */
}

Result ingest_propose(const char *path, const IngestProposal *wanted, FILE *out, Error *error)
{
    SCOPED(propose_close)
    Propose propose = {.path = path,
                       .wanted = *wanted,
                       .key = SPEC_NONE,
                       .event = SPEC_NONE,
                       .arena = arena_create(ARENA_BYTES_MAX)};

    TRY(propose_format(&propose, error));
    TRY(take_sample(&propose, error));
    if (propose.not_utf8 > 0) {
        propose.format.is_windows_1252 = true;
        TRY(take_sample(&propose, error));
    }
    find_header(&propose);
    propose_guess(&propose);
    for (size_t i = 0; i < propose.column_count; i++)
        if (propose.columns[i].has_list)
            TRY(write_codes(&propose, &propose.columns[i], error));
    propose_write(&propose, out);
    if (ferror(out) != 0)
        return fail_errno(error, "the proposed spec");
    return RESULT_OK;
}
