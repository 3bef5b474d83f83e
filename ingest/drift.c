#include "ingest/drift.h"

#include <string.h>

#include "ingest/guess.h"
#include "ingest/header.h"
#include "ingest/names.h"

enum { ARENA_BYTES_MAX = 64 << 20 };

static bool names_fields(const IngestSpec *spec)
{
    return spec->format.kind == READER_JSON_LINES || spec->format.kind == READER_XML;
}

static bool has_header(const IngestSpec *spec)
{
    return spec->format.kind == READER_DELIMITED && spec->format.header != READER_HEADER_NONE;
}

/* ---- the fields that the file has ---- */

static DriftField *add_field(Drift *drift, Text name, int column)
{
    DriftField *field = &drift->fields[drift->field_count];

    *field = (DriftField){.name = text_copy(drift->arena, name), .column = column};
    if (column != SPEC_NONE) {
        field->is_again = drift->found[column] != SPEC_NONE;
        if (!field->is_again)
            drift->found[column] = (int)drift->field_count;
    }
    drift->field_count++;
    return field;
}

static Result take_header(Drift *drift, Reader *reader, Error *error)
{
    const IngestSpec *spec = drift->spec;
    Names names = {.format = &spec->format};
    const ReaderRecord *header;

    TRY(reader_next(reader, &header, error));
    if (header == NULL)
        return fail(error, ERROR_INPUT, "%s: empty file", drift->path);
    TRY(header_check(drift->path, header, error));
    for (size_t i = 0; i < header->field_count; i++) {
        Text name = text_trim(header->fields[i]);
        (void)add_field(drift, name, names_find(&names, name));
    }
    reader_expect(reader, header->field_count);
    return RESULT_OK;
}

/* By position: the spec's own columns. */
static void take_positions(Drift *drift, Reader *reader)
{
    for (size_t i = 0; i < drift->spec->column_count; i++)
        (void)add_field(drift, drift->spec->columns[i].name, (int)i);
    reader_expect(reader, drift->spec->column_count);
}

/* Which fields no column names, and which columns no field means; room for how the ones fit the others. */
static void find_unknown(Drift *drift)
{
    drift->unknown_count = drift->missing_count = 0;
    for (size_t i = 0; i < drift->field_count && drift->unknown_count < DRIFT_UNKNOWN_MAX; i++)
        if (drift->fields[i].column == SPEC_NONE)
            drift->unknown[drift->unknown_count++] = (int)i;
    for (size_t i = 0; i < drift->spec->column_count; i++)
        if (drift->found[i] == SPEC_NONE)
            drift->missing[drift->missing_count++] = (int)i;
}

/* ---- rows ---- */

static void fit_unknown(Drift *drift, size_t index, Text value)
{
    DriftField *field = &drift->fields[drift->unknown[index]];

    if (value.length == 0)
        return;
    field->filled++;
    field->is_value |= text_equal(value, field->name);
    for (size_t i = 0; i < drift->missing_count; i++)
        drift->fitting[index * SPEC_COLUMNS_MAX + (size_t)drift->missing[i]] +=
            drift_reason(drift->spec, drift->missing[i], value) == READER_GOOD;
}

static void take_known(Drift *drift, int column, Text value)
{
    int reason = drift_reason(drift->spec, column, value);

    if (reason != READER_GOOD)
        drift->unfit[column][reason]++;
}

static void take_row(Drift *drift, const ReaderRecord *record)
{
    const IngestSpec *spec = drift->spec;

    for (size_t i = 0; i < spec->column_count; i++) {
        int field = drift->found[i];
        if (field != SPEC_NONE)
            take_known(drift, (int)i, text_trim(record->fields[names_fields(spec) ? i : (size_t)field]));
    }
    for (size_t i = 0; i < drift->unknown_count && !names_fields(spec); i++)
        fit_unknown(drift, i, text_trim(record->fields[drift->unknown[i]]));
}

static void take_size(Drift *drift, const ReaderRecord *record)
{
    bool is_fixed = drift->spec->format.kind == READER_FIXED;
    size_t size = is_fixed ? record->raw.length : record->field_count;

    if (size > 0 && size < DRIFT_SIZES_MAX)
        drift->sizes[size]++;
}

static void take_record(Drift *drift, const ReaderRecord *record)
{
    drift->rows++;
    take_size(drift, record);
    if (record->fault == READER_GOOD) {
        take_row(drift, record);
        return;
    }
    drift->damaged++;
    drift->faults[record->fault]++;
}

static Result take_records(Drift *drift, Reader *reader,
                           void (*take)(Drift *drift, const ReaderRecord *record), Error *error)
{
    const ReaderRecord *record;

    for (int64_t rows = 0;; rows++) {
        TRY(reader_next(reader, &record, error));
        drift->has_more = record != NULL && rows == DRIFT_ROWS_MAX;
        if (record == NULL || drift->has_more)
            return RESULT_OK;
        take(drift, record);
    }
}

/* ---- json lines and xml: names first, then values ---- */

static int find_name(const Drift *drift, Text name)
{
    for (size_t i = 0; i < drift->field_count; i++)
        if (text_equal(drift->fields[i].name, name))
            return (int)i;
    return SPEC_NONE;
}

static void note_name(void *context, Text name, Text value)
{
    Drift *drift = context;
    int field = find_name(drift, name);

    (void)value;
    if (field == SPEC_NONE && drift->field_count < READER_FIELDS_MAX) {
        Names names = {.format = &drift->spec->format};
        field = (int)drift->field_count;
        (void)add_field(drift, name, names_find(&names, name));
    }
    if (field != SPEC_NONE)
        drift->fields[field].rows++;
}

static void note_names(Drift *drift, const ReaderRecord *record)
{
    drift_fields(&drift->spec->format, record->raw, note_name, drift);
}

static void fit_named(void *context, Text name, Text value)
{
    Drift *drift = context;

    for (size_t i = 0; i < drift->unknown_count; i++)
        if (text_equal(drift->fields[drift->unknown[i]].name, name))
            fit_unknown(drift, i, text_trim(value));
}

static void take_named(Drift *drift, const ReaderRecord *record)
{
    take_record(drift, record);
    drift_fields(&drift->spec->format, record->raw, fit_named, drift);
}

/* ---- which names may be told ---- */

static bool line_is_header(const Drift *drift)
{
    const IngestSpec *spec = drift->spec;
    size_t found = spec->column_count - drift->missing_count;
    int64_t of_this_size = drift->field_count < DRIFT_SIZES_MAX ? drift->sizes[drift->field_count] : 0;

    return found * 2 >= spec->column_count && of_this_size * 2 > drift->rows;
}

static bool may_be_told(const Drift *drift, const DriftField *field)
{
    if (field->is_value || !guess_is_name(field->name))
        return false;
    if (names_fields(drift->spec))
        return field->rows >= 2 && field->rows * 2 >= drift->rows;
    return drift->is_header;
}

static void decide_told(Drift *drift)
{
    drift->is_header = line_is_header(drift);
    for (size_t i = 0; i < drift->field_count; i++)
        drift->fields[i].is_told =
            drift->fields[i].column != SPEC_NONE || may_be_told(drift, &drift->fields[i]);
}

/* ---- all ---- */

static Result open_reader(const Drift *drift, Reader **reader, Error *error)
{
    ReaderFormat format = drift->spec->format;

    format.ignores_extra = true; /* what no column names is looked at, too */
    return reader_open(drift->path, &format, reader, error);
}

static Result read_named(Drift *drift, Error *error)
{
    SCOPED(reader_close) Reader *first = NULL;
    SCOPED(reader_close) Reader *second = NULL;

    TRY(open_reader(drift, &first, error));
    TRY(take_records(drift, first, note_names, error));
    find_unknown(drift);
    TRY(open_reader(drift, &second, error));
    return take_records(drift, second, take_named, error);
}

static Result read_text(Drift *drift, Error *error)
{
    SCOPED(reader_close) Reader *reader = NULL;

    TRY(open_reader(drift, &reader, error));
    if (has_header(drift->spec))
        TRY(take_header(drift, reader, error));
    else
        take_positions(drift, reader);
    find_unknown(drift);
    return take_records(drift, reader, take_record, error);
}

static void drift_close(Drift **drift)
{
    if (*drift == NULL)
        return;
    memory_free((*drift)->fitting);
    arena_close(&(*drift)->arena);
    memory_free(*drift);
    *drift = NULL;
}

Result ingest_diff(const IngestSpec *spec, const char *path, IngestDrift *summary, Table **table,
                   Error *error)
{
    SCOPED(drift_close) Drift *drift = memory_alloc(sizeof *drift);

    drift->spec = spec;
    drift->path = path;
    drift->arena = arena_create(ARENA_BYTES_MAX);
    drift->fitting = memory_alloc(DRIFT_UNKNOWN_MAX * SPEC_COLUMNS_MAX * sizeof *drift->fitting);
    for (size_t i = 0; i < spec->column_count; i++)
        drift->found[i] = SPEC_NONE;
    TRY(names_fields(spec) ? read_named(drift, error) : read_text(drift, error));
    decide_told(drift);
    *table = drift_table(drift, summary);
    return RESULT_OK;
}
