/* What was found as a table. Names, places, counts and rules; never a value. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ingest/drift.h"
#include "ingest/guess.h"

enum { COLUMNS = 6, EVIDENCE_BYTES_MAX = 4096 };

/* From how many of a hundred rows on values that do not fit are drift, and not faults of some rows. An
 * identifier that is only kept blank is often wrong in a few. */
static const double UNFIT_PERCENT = 1, BLANKED_PERCENT = 10;
static const double HIGH_SCORE = 0.85, MEDIUM_SCORE = 0.7;

typedef struct Rows {
    const Drift *drift;
    Table *table;
    Arena *arena;
    IngestDrift *summary;
} Rows;

static void lift(Rows *rows, IngestDriftLevel level)
{
    if (level > rows->summary->level)
        rows->summary->level = level;
}

static void put(Rows *rows, const char *what, Text column, Text place, Text count, Text evidence,
                Text suggestion)
{
    const Text cells[COLUMNS] = {text_from(what), column, place, count, evidence, suggestion};

    table_row(rows->table, cells);
}

static Text column_name(const Rows *rows, int column)
{
    return rows->drift->spec->columns[column].name;
}

static bool has_places(const Rows *rows)
{
    return rows->drift->spec->format.kind == READER_DELIMITED ||
           rows->drift->spec->format.kind == READER_FIXED;
}

/* column 7 "visit_date"; the name only where it may be told */
static Text place_of(const Rows *rows, int index)
{
    const DriftField *field = &rows->drift->fields[index];
    Text place = has_places(rows) ? text_format(rows->arena, "column %d", index + 1) : TEXT("field");

    if (!field->is_told)
        return place;
    return text_format(rows->arena, "%.*s \"%.*s\"", TEXT_ARG(place), TEXT_ARG(field->name));
}

static Text of_rows(const Rows *rows, int64_t count)
{
    return text_format(rows->arena, "%" PRId64 " of %" PRId64, count, rows->drift->rows);
}

/* ---- names ---- */

static const char *why_untold(const Rows *rows, int index)
{
    const Drift *drift = rows->drift;
    const DriftField *field = &drift->fields[index];

    if (has_places(rows) && !drift->is_header)
        return "its name is not told: the first line may hold values";
    if (field->is_value)
        return "its name is not told: it also stands among the values";
    return guess_is_name(field->name) ? "its name is not told: too few rows have it"
                                      : "its name is not told: it has not the form of a name";
}

static const char *confidence(const Drift *drift, const DriftPair *pair)
{
    bool has_values = drift->fields[pair->field].filled > 0;

    if (pair->score >= HIGH_SCORE && has_values)
        return "high";
    return pair->score >= MEDIUM_SCORE ? "medium" : "low";
}

static void add_names(const DriftPair *pair, TextBuilder *out)
{
    if (pair->alike < 0)
        text_add_string(out, "names not compared");
    else if (pair->alike >= 1)
        text_add_string(out, "the names differ only in case and separators");
    else
        text_add_format(out, "names %.0f %% alike", pair->alike * 100);
}

static Text why_renamed(const Rows *rows, const DriftPair *pair)
{
    const Drift *drift = rows->drift;
    const DriftField *field = &drift->fields[pair->field];
    const char *wants = drift_wants(drift->spec, pair->column);
    SCOPED(text_builder_close) TextBuilder out = text_builder(EVIDENCE_BYTES_MAX);

    text_add_format(&out, "confidence %s: ", confidence(drift, pair));
    add_names(pair, &out);
    if (field->filled == 0)
        text_add_string(&out, "; no value to compare");
    else if (wants != NULL)
        text_add_format(&out, "; %" PRId64 " of %" PRId64 " values fit (%s)", pair->fitting, field->filled,
                        wants);
    else
        text_add_string(&out, "; any value would fit");
    if (has_places(rows) && pair->field == pair->column)
        text_add_string(&out, "; in the same place");
    return text_copy(rows->arena, text_built(&out));
}

/* Aliases stand together: those that the column has already are repeated. */
static Text alias_line(const Rows *rows, const DriftPair *pair)
{
    const Drift *drift = rows->drift;
    const ReaderColumn *column = &drift->spec->format.columns[pair->column];
    const DriftField *field = &drift->fields[pair->field];
    SCOPED(text_builder_close) TextBuilder out = text_builder(READER_RECORD_BYTES_MAX);

    text_add_string(&out, "aliases: [");
    for (size_t i = 0; i < column->alias_count; i++)
        text_add_format(&out, "\"%.*s\", ", TEXT_ARG(column->aliases[i]));
    if (field->is_told)
        text_add_format(&out, "\"%.*s\"]", TEXT_ARG(field->name));
    else
        text_add_format(&out, "the name of column %d]", pair->field + 1);
    return text_copy(rows->arena, text_built(&out));
}

static void put_pairs(Rows *rows, const DriftPair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        put(rows, "likely rename", column_name(rows, pairs[i].column), place_of(rows, pairs[i].field),
            TEXT(""), why_renamed(rows, &pairs[i]), alias_line(rows, &pairs[i]));
}

static bool is_paired(const DriftPair *pairs, size_t count, int column, int field)
{
    for (size_t i = 0; i < count; i++)
        if (pairs[i].column == column || pairs[i].field == field)
            return true;
    return false;
}

static bool misses_refuse(const Rows *rows)
{
    return has_places(rows); /* JSON lines and XML leave out what is empty */
}

static bool has_another_delimiter(const Drift *drift)
{
    return drift->spec->format.kind == READER_DELIMITED && drift->field_count == 1 &&
           drift->missing_count > 1 && drift->missing_count == drift->spec->column_count;
}

static void put_missing(Rows *rows, const DriftPair *pairs, size_t pair_count)
{
    const Drift *drift = rows->drift;
    const char *advice = has_another_delimiter(drift) ? "another delimiter: cinque source new tells which"
                                                      : "a new version of the spec without it";

    for (size_t i = 0; i < drift->missing_count; i++) {
        const SpecColumn *column = &drift->spec->columns[drift->missing[i]];
        lift(rows, misses_refuse(rows) || column->is_required ? INGEST_DRIFT_REFUSED : INGEST_DRIFT_TAKEN);
        rows->summary->missing++;
        if (!is_paired(pairs, pair_count, drift->missing[i], SPEC_NONE))
            put(rows, "missing", column->name, TEXT(""), TEXT(""), TEXT("no field has its name or an alias"),
                text_from(advice));
    }
}

static void put_unknown(Rows *rows, const DriftPair *pairs, size_t pair_count)
{
    const Drift *drift = rows->drift;

    for (int i = 0; i < (int)drift->field_count; i++) {
        const DriftField *field = &drift->fields[i];
        if (field->column != SPEC_NONE)
            continue;
        rows->summary->unknown++;
        lift(rows, drift->spec->ignores_extra ? INGEST_DRIFT_TAKEN : INGEST_DRIFT_REFUSED);
        if (!is_paired(pairs, pair_count, SPEC_NONE, i))
            put(rows, "new", TEXT(""), place_of(rows, i), TEXT(""),
                text_from(field->is_told ? "no column has its name" : why_untold(rows, i)),
                field->is_told
                    ? text_format(rows->arena, "{ name: \"%.*s\", use: ignored }", TEXT_ARG(field->name))
                    : TEXT("a column of the spec, or extra: ignore"));
    }
}

static void put_renamed(Rows *rows)
{
    const Drift *drift = rows->drift;

    for (int i = 0; i < (int)drift->field_count; i++) {
        const DriftField *field = &drift->fields[i];
        if (field->column == SPEC_NONE)
            continue;
        if (field->is_again && has_places(rows)) {
            lift(rows, INGEST_DRIFT_REFUSED);
            put(rows, "twice", column_name(rows, field->column), place_of(rows, i), TEXT(""),
                TEXT("another field means this column too"), TEXT(""));
        } else if (!text_equal(field->name, column_name(rows, field->column))) {
            lift(rows, INGEST_DRIFT_TAKEN);
            rows->summary->renamed++;
            put(rows, "renamed", column_name(rows, field->column), place_of(rows, i), TEXT(""),
                TEXT("found by an alias, or without regard to case and separators"), TEXT(""));
        }
    }
}

/* ---- order: as few columns as explain it ---- */

/* Length of the longest run of columns, in the spec's order, whose fields stand in that order, ending at
 * each. */
static void longest_runs(const int *fields, size_t count, size_t *length, size_t *before)
{
    for (size_t i = 0; i < count; i++) {
        length[i] = 1;
        before[i] = i;
        for (size_t j = 0; j < i; j++)
            if (fields[j] < fields[i] && length[j] + 1 > length[i]) {
                length[i] = length[j] + 1;
                before[i] = j;
            }
    }
}

static void put_moved(Rows *rows)
{
    const Drift *drift = rows->drift;
    int columns[SPEC_COLUMNS_MAX], fields[SPEC_COLUMNS_MAX];
    size_t length[SPEC_COLUMNS_MAX], before[SPEC_COLUMNS_MAX], count = 0, last = 0;
    bool stays[SPEC_COLUMNS_MAX] = {false};

    for (size_t i = 0; has_places(rows) && i < drift->spec->column_count; i++)
        if (drift->found[i] != SPEC_NONE) {
            columns[count] = (int)i;
            fields[count++] = drift->found[i];
        }
    if (count == 0)
        return;
    longest_runs(fields, count, length, before);
    for (size_t i = 0; i < count; i++)
        last = length[i] > length[last] ? i : last;
    for (stays[last] = true; before[last] != last; stays[last] = true)
        last = before[last];
    for (size_t i = 0; i < count; i++) {
        if (stays[i])
            continue;
        lift(rows, INGEST_DRIFT_TAKEN);
        rows->summary->moved++;
        put(rows, "moved", column_name(rows, columns[i]), place_of(rows, fields[i]), TEXT(""),
            text_format(rows->arena, "column %d in the spec", columns[i] + 1), TEXT(""));
    }
}

/* ---- values ---- */

static bool is_blanked(const SpecColumn *column, int reason)
{
    return reason == RULE_NOT_VALID && !column->rejects_invalid;
}

static void put_unfit_column(Rows *rows, int column)
{
    const Drift *drift = rows->drift;
    const SpecColumn *wanted = &drift->spec->columns[column];
    char rule[INGEST_RULE_BYTES];
    bool is_unfit = false;

    for (int reason = READER_FAULT_COUNT; reason < RULE_CROSS; reason++) {
        int64_t count = drift->unfit[column][reason];
        if (count == 0)
            continue;
        double percent = 100 * (double)count / (double)drift->rows;
        bool blanked = is_blanked(wanted, reason);
        bool is_drift = percent >= (blanked ? BLANKED_PERCENT : UNFIT_PERCENT);
        is_unfit |= is_drift;
        if (is_drift)
            lift(rows, !blanked && percent > drift->spec->rejects_percent_max ? INGEST_DRIFT_REFUSED
                                                                              : INGEST_DRIFT_TAKEN);
        rule_text(drift->spec, (RuleFault){.column = (int16_t)column, .reason = (uint16_t)reason}, rule);
        put(rows, is_drift ? "values" : "few values", wanted->name, place_of(rows, drift->found[column]),
            of_rows(rows, count), text_format(rows->arena, "%s%s", rule, blanked ? ": kept blank" : ""),
            TEXT(""));
    }
    rows->summary->unfit += is_unfit;
}

/* What most records measure, where it is not what the spec says. */
static Text usual_size(const Rows *rows)
{
    const Drift *drift = rows->drift;
    const ReaderFormat *format = &drift->spec->format;
    size_t usual = 0, wanted = 0;

    for (size_t i = 1; i < DRIFT_SIZES_MAX; i++)
        usual = drift->sizes[i] > drift->sizes[usual] ? i : usual;
    for (size_t i = 0; i < format->column_count; i++)
        wanted += format->kind == READER_FIXED ? format->columns[i].width : 1;
    if (usual == 0 || usual == wanted || !has_places(rows))
        return TEXT("");
    return text_format(rows->arena, "%zu %s in %" PRId64 " of %" PRId64 " rows; the spec has %zu", usual,
                       format->kind == READER_FIXED ? "bytes" : "fields", drift->sizes[usual], drift->rows,
                       wanted);
}

static void put_damaged(Rows *rows)
{
    const Drift *drift = rows->drift;

    for (int fault = READER_GOOD + 1; fault < READER_FAULT_COUNT; fault++) {
        if (drift->faults[fault] == 0)
            continue;
        double percent = 100 * (double)drift->faults[fault] / (double)drift->rows;
        bool is_drift = percent >= UNFIT_PERCENT;
        bool is_size = fault == READER_RAGGED || fault == READER_SHORT_RECORD || fault == READER_LONG_RECORD;
        if (is_drift)
            lift(rows,
                 percent > drift->spec->rejects_percent_max ? INGEST_DRIFT_REFUSED : INGEST_DRIFT_TAKEN);
        put(rows, is_drift ? "rows" : "few rows", TEXT(""), TEXT(""), of_rows(rows, drift->faults[fault]),
            text_from(READER_FAULT_TEXTS[fault]), is_size ? usual_size(rows) : TEXT(""));
    }
}

Table *drift_table(const Drift *drift, IngestDrift *summary)
{
    static const char *const headings[COLUMNS] = {"drift", "column",   "in the file",
                                                  "rows",  "evidence", "suggestion"};
    static const bool right[COLUMNS] = {[3] = true};
    DriftPair pairs[SPEC_COLUMNS_MAX];
    Rows rows = {.drift = drift, .arena = drift->arena, .summary = summary};
    size_t pair_count = drift_pairs(drift, pairs);

    *summary = (IngestDrift){.rows = drift->rows};
    rows.table = table_create(headings, right, COLUMNS);
    put_pairs(&rows, pairs, pair_count);
    put_missing(&rows, pairs, pair_count);
    put_unknown(&rows, pairs, pair_count);
    put_renamed(&rows);
    put_moved(&rows);
    put_damaged(&rows);
    for (size_t i = 0; i < drift->spec->column_count; i++)
        if (drift->found[i] != SPEC_NONE)
            put_unfit_column(&rows, (int)i);
    return rows.table;
}
