#include "ingest/parcel_words.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "ingest/rule_value.h"

enum { YEAR_MIN = 1600, YEAR_MAX = 2400 }; /* of dates of ours */

static const char cross_prefix[] = "rule-";

/* ---- counts, by name ---- */

static const struct {
    const char *name;
    size_t offset;
} counted[] = {
    {"read", offsetof(IngestReport, rows_read)},
    {"loaded", offsetof(IngestReport, rows_loaded)},
    {"quarantined", offsetof(IngestReport, rows_quarantined)},
    {"excluded", offsetof(IngestReport, rows_excluded)},
    {"withheld", offsetof(IngestReport, rows_withheld)},
    {"damaged", offsetof(IngestReport, rows_damaged)},
    {"nhs_valid", offsetof(IngestReport, nhs_valid)},
    {"nhs_invalid", offsetof(IngestReport, nhs_invalid)},
    {"nhs_absent", offsetof(IngestReport, nhs_absent)},
    {"renamed", offsetof(IngestReport, columns_renamed)},
};

enum { COUNTED = sizeof counted / sizeof *counted };

static int64_t *count_of(const IngestReport *report, size_t index)
{
    return (int64_t *)((char *)(uintptr_t)report + counted[index].offset);
}

/* ---- writing ---- */

Text parcel_words_fault(const ReaderRecord *record, const RuleRow *row, char out[PARCEL_WORDS_BYTES])
{
    int length = snprintf(out, PARCEL_WORDS_BYTES, "fault %" PRIu64 " %" PRIu64 " %" PRIu64 " %d",
                          record->line, record->offset, record->length, record->fault != READER_GOOD);

    for (size_t i = 0; i < row->fault_count; i++) {
        RuleFault fault = row->faults[i];
        char *at = out + length;
        size_t room = PARCEL_WORDS_BYTES - (size_t)length;
        length += fault.reason < RULE_CROSS
                      ? snprintf(at, room, " %d:%s", fault.column, rule_code(fault))
                      : snprintf(at, room, " %d:%s%d", fault.column, cross_prefix, fault.reason - RULE_CROSS);
    }
    return (Text){.data = out, .length = (size_t)length};
}

void parcel_words_reference(Text encoding, TextBuilder *out)
{
    text_add_string(out, "reference ");
    text_add(out, encoding);
}

void parcel_words_window(const RuleWindow *window, TextBuilder *out)
{
    text_add_format(out, "window %d %d ", window->from, window->to);
    text_add(out, window->group);
}

void parcel_words_summary(const IngestSpec *spec, const IngestReport *report, const RuleCounts *counts,
                          TextBuilder *out)
{
    char hex[HASH_TEXT_BYTES];

    for (size_t i = 0; i < COUNTED; i++)
        text_add_format(out, "%s %" PRId64 "\n", counted[i].name, *count_of(report, i));
    text_add_format(out, "unchecked %d\noriginal %s\n", report->is_unchecked,
                    hash_format(&report->content, hex));
    for (size_t i = 0; i < spec->column_count; i++) {
        const RuleCounts *of = &counts[i];
        if (of->missing + of->invalid + of->defaulted + of->other > 0)
            text_add_format(out, "column %zu %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 "\n", i,
                            of->missing, of->invalid, of->defaulted, of->other);
    }
}

/* ---- reading ---- */

static bool take_number(Text *rest, char separator, int64_t min, int64_t max, int64_t *number)
{
    return text_to_int64(text_next(rest, separator), number) && *number >= min && *number <= max;
}

/* rule_text and the database take what this lets through. */
static bool fits(const IngestSpec *spec, int64_t column, int reason)
{
    if (column == RULE_WHOLE_ROW)
        return reason < READER_FAULT_COUNT;
    if (reason == RULE_NOT_IN_LIST || reason == RULE_NOT_IN_PERIOD)
        return spec->columns[column].list != SPEC_NONE;
    return reason < RULE_CROSS || (size_t)(reason - RULE_CROSS) < spec->rule_count;
}

static bool take_reason(Text code, int *reason)
{
    int64_t rule;

    if (!text_starts_with(code, text_from(cross_prefix)))
        return rule_reason(code, reason);
    code = text_slice(code, strlen(cross_prefix), code.length);
    if (!text_to_int64(code, &rule) || rule < 0 || rule >= SPEC_RULES_MAX)
        return false;
    *reason = RULE_CROSS + (int)rule;
    return true;
}

static bool take_faults(const IngestSpec *spec, Text rest, RuleRow *row)
{
    while (rest.length > 0) {
        Text code = text_next(&rest, ' ');
        int64_t column;
        int reason;
        if (row->fault_count == RULE_FAULTS_MAX ||
            !take_number(&code, ':', RULE_WHOLE_ROW, (int64_t)spec->column_count - 1, &column) ||
            !take_reason(code, &reason) || !fits(spec, column, reason))
            return false;
        row->faults[row->fault_count++] = (RuleFault){.column = (int16_t)column, .reason = (uint16_t)reason};
    }
    return row->fault_count > 0;
}

static bool take_fault(const IngestSpec *spec, Text rest, ParcelNote *note)
{
    int64_t line, offset, length, damaged;

    if (!take_number(&rest, ' ', 1, INT32_MAX, &line) || !take_number(&rest, ' ', 0, INT64_MAX, &offset) ||
        !take_number(&rest, ' ', 0, INT64_MAX, &length) || !take_number(&rest, ' ', 0, 1, &damaged))
        return false;
    note->record =
        (ReaderRecord){.line = (uint64_t)line, .offset = (uint64_t)offset, .length = (uint64_t)length};
    if (!take_faults(spec, rest, &note->row))
        return false;
    if (damaged != 0)
        note->record.fault = (ReaderFault)note->row.faults[0].reason;
    return (damaged != 0) == (note->row.faults[0].reason < READER_FAULT_COUNT);
}

static bool take_window(const IngestSpec *spec, Text rest, RuleRow *row)
{
    int group = spec->replaces.group;
    int64_t from, to;

    if (group == SPEC_NONE ||
        !take_number(&rest, ' ', date_from_civil(YEAR_MIN, 1, 1), date_from_civil(YEAR_MAX, 12, 31), &from) ||
        !take_number(&rest, ' ', from, date_from_civil(YEAR_MAX, 12, 31), &to))
        return false;
    const Value value = value_text(rest);
    row->has_window = rest.length > 0 && rule_stored(spec, &spec->columns[group], &value) == READER_GOOD;
    row->window = (RuleWindow){.group = rest, .from = (Date)from, .to = (Date)to};
    return row->has_window;
}

Result parcel_words_read(const IngestSpec *spec, const char *path, Text text, ParcelNote *note, Error *error)
{
    Text rest = text, word = text_next(&rest, ' ');

    *note = (ParcelNote){.is_fault = text_equal(word, TEXT("fault"))};
    if (note->is_fault && take_fault(spec, rest, note))
        return RESULT_OK;
    if (text_equal(word, TEXT("reference")) && rest.length > 0 && rest.length <= ENCODING_BYTES_MAX) {
        note->reference = rest;
        return RESULT_OK;
    }
    if (text_equal(word, TEXT("window")) && take_window(spec, rest, &note->row))
        return RESULT_OK;
    return fail(error, ERROR_INPUT, "%s: parcel: a note that no row of its spec can have", path);
}

static bool take_count(Text line, const char *name, int64_t max, int64_t *count)
{
    return text_equal(text_next(&line, ' '), text_from(name)) && take_number(&line, '\n', 0, max, count);
}

static bool take_column(const IngestSpec *spec, Text line, int64_t max, RuleCounts *counts)
{
    int64_t column;

    if (!text_equal(text_next(&line, ' '), TEXT("column")) ||
        !take_number(&line, ' ', 0, (int64_t)spec->column_count - 1, &column))
        return false;
    RuleCounts *of = &counts[column];
    return take_number(&line, ' ', 0, max, &of->missing) && take_number(&line, ' ', 0, max, &of->invalid) &&
           take_number(&line, ' ', 0, max, &of->defaulted) && take_number(&line, '\n', 0, max, &of->other);
}

static bool take_hash(Text line, Hash *hash)
{
    return text_equal(text_next(&line, ' '), TEXT("original")) && hash_parse(line, hash);
}

/* The first says how many rows there were, the last is of columns. */
static int64_t most(const IngestSpec *spec, const IngestReport *report, size_t count)
{
    if (count == 0)
        return INT32_MAX;
    return count == COUNTED - 1 ? (int64_t)spec->column_count : report->rows_read;
}

static bool take_summary(const IngestSpec *spec, Text rest, IngestReport *report, RuleCounts *counts,
                         Hash *original)
{
    int64_t unchecked;

    for (size_t i = 0; i < COUNTED; i++)
        if (!take_count(text_next(&rest, '\n'), counted[i].name, most(spec, report, i), count_of(report, i)))
            return false;
    if (!take_count(text_next(&rest, '\n'), "unchecked", 1, &unchecked) ||
        !take_hash(text_next(&rest, '\n'), original))
        return false;
    report->is_unchecked = unchecked != 0;
    while (rest.length > 0)
        if (!take_column(spec, text_next(&rest, '\n'), report->rows_read, counts))
            return false;
    return report->rows_read == report->rows_loaded + report->rows_quarantined + report->rows_excluded;
}

Result parcel_words_sum(const IngestSpec *spec, const char *path, Text summary, IngestReport *report,
                        RuleCounts *counts, Hash *original, Error *error)
{
    memset(counts, 0, spec->column_count * sizeof *counts);
    if (!take_summary(spec, summary, report, counts, original))
        return fail(error, ERROR_INPUT, "%s: parcel: its counts cannot be those of a file", path);
    return RESULT_OK;
}
