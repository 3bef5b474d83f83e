/*
 * Each intact row is loaded with all it held, exactly the damaged ones are quarantined, at their line and,
 * where it can be told, their column. What is no damage by this measure: a stray quote that is not the first
 * character of a field without quotes is text (RFC 4180 forbids it, but feeds have inches and feet);
 * in a column that the spec holds to anything it breaks that rule, in one that it ignores nothing is stored
 * of it. Those rows are named in leaves_all, and held to be loaded as if they were clean. The spec holds
 * every column but the note and the address, which is always quoted: of a delimiter lost in front of a quoted
 * field with one inside, the number of fields is right, and only a column's rule tells.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "ingest/pass.h"
#include "tests/ingest/pollute.h"
#include "tests/support/support.h"

enum { BAD_MAX = 256, LINES_MAX = 256 };

static const char spec_format[] =
    "source: stay\ntitle: Stays\nversion: 1\neffective_from: 2024-04-01\n"
    "file: { format: delimited, line_bytes_max: 1024%s }\nupdate: snapshot\ncontroller: sender\nsubject: "
    "person\n"
    "event_date: visit_date\nrecord_key: [visit_id]\nrejects: { rows_max: 1000, percent_max: 100 "
    "}\ncolumns:\n"
    "  - { name: visit_id, use: dimension, shape: V9999, required: true }\n"
    "  - { name: nhs_number, use: identifier, identity: nhs_number, invalid: reject, required: true }\n"
    "  - { name: birth_date, use: demographic, identity: birth_date, invalid: reject }\n"
    "  - { name: visit_date, use: date, required: true }\n"
    "  - { name: kind, use: code, shape: A9, required: true }\n"
    "  - { name: beds, use: measure, type: integer, min: 0, max: 99 }\n"
    "  - { name: note, use: ignored }\n"
    "  - { name: postcode, use: demographic, identity: postcode, invalid: reject }\n"
    "  - { name: address, use: demographic, identity: address }\n"
    "  - { name: ward, use: dimension, shape: A99, required: true }\n";

static IngestSpec *open_spec(const char *file_keys)
{
    IngestSpec *spec = NULL;
    char text[4096];
    Error error = {0};

    snprintf(text, sizeof text, spec_format, file_keys);
    cr_assert(ingest_spec_open(support_file("stay.yaml", text), NULL, &spec, &error).ok, "%s", error.message);
    return spec;
}

/* ---- what came of a file ---- */

typedef struct Bad {
    uint64_t line;
    int column;
} Bad;

typedef struct Outcome {
    const IngestSpec *spec;
    bool is_refused;
    Error error;
    Hash rows[POLLUTE_ROWS]; /* of what was loaded of each row */
    int loaded[POLLUTE_ROWS], strangers;
    Bad bad[BAD_MAX];
    size_t bad_count;
} Outcome;

/* Line ends in quotes are content, and alike in all dialects here. */
static Hash hash_of_row(const IngestSpec *spec, const RuleRow *row)
{
    SCOPED(hash_close) HashStream *stream = hash_open();

    for (size_t i = 0; i < spec->payload_count; i++) {
        const Value *value = &row->payload[i];
        hash_add(stream, &value->is_null, sizeof value->is_null);
        if (value->type == VALUE_TEXT)
            hash_add(stream, value->text.data, value->text.length);
        else if (value->type == VALUE_DATE)
            hash_add(stream, &value->date, sizeof value->date);
        else
            hash_add(stream, &value->integer, sizeof value->integer);
    }
    for (size_t i = 0; i < IDENTITY_FIELD_COUNT; i++) {
        hash_add(stream, row->identity.fields[i].data, row->identity.fields[i].length);
        hash_add(stream, "|", 1);
    }
    hash_add(stream, row->record_key.data, row->record_key.length);
    return hash_value(stream);
}

static Result take_good(void *context, uint64_t line, const RuleRow *row, Error *error)
{
    Outcome *outcome = context;
    int64_t index = -1;

    (void)line;
    (void)error;
    if (row->record_key.length < 2 ||
        !text_to_int64(text_slice(row->record_key, 1, row->record_key.length), &index) || index < 0 ||
        index >= POLLUTE_ROWS) {
        outcome->strangers++;
        return RESULT_OK;
    }
    outcome->loaded[index]++;
    outcome->rows[index] = hash_of_row(outcome->spec, row);
    return RESULT_OK;
}

static Result take_bad(void *context, const ReaderRecord *record, const RuleRow *row, Error *error)
{
    Outcome *outcome = context;

    (void)error;
    cr_assert_lt(outcome->bad_count, BAD_MAX);
    outcome->bad[outcome->bad_count++] = (Bad){.line = record->line, .column = row->faults[0].column};
    return RESULT_OK;
}

static Outcome load(const IngestSpec *spec, const PolluteFile *file)
{
    static char path[512];
    Outcome outcome = {.spec = spec};
    IngestReport report = {0};
    Hash content;
    const Text text = text_built(&file->text);

    snprintf(path, sizeof path, "%s/polluted.csv", support_folder());
    FILE *out = fopen(path, "wb");
    cr_assert_not_null(out);
    cr_assert_eq(fwrite(text.data, 1, text.length, out), text.length);
    cr_assert_eq(fclose(out), 0);
    const Pass pass = {.spec = spec,
                       .path = path,
                       .period = RULE_ANY_PERIOD,
                       .sink = {.context = &outcome, .good = take_good, .bad = take_bad}};
    outcome.is_refused = !pass_run(&pass, &report, &content, &outcome.error).ok;
    return outcome;
}

static Hash clean_rows[POLLUTE_ROWS];

/* What each row holds when nothing is wrong with it. */
static void load_clean(const IngestSpec *spec)
{
    SCOPED(pollute_close) PolluteFile file = pollute_open();

    pollute_table(&file, &POLLUTE_PLAIN, (PolluteEdit){0});
    Outcome outcome = load(spec, &file);
    cr_assert(!outcome.is_refused, "%s", outcome.error.message);
    cr_assert_eq(outcome.bad_count, 0);
    for (size_t i = 0; i < POLLUTE_ROWS; i++)
        cr_assert_eq(outcome.loaded[i], 1, "row %zu", i);
    memcpy(clean_rows, outcome.rows, sizeof clean_rows);
}

static bool is_loaded_clean(const Outcome *outcome, size_t row)
{
    return outcome->loaded[row] == 1 && memcmp(&outcome->rows[row], &clean_rows[row], sizeof(Hash)) == 0;
}

/* ---- scores ---- */

typedef struct Score {
    int64_t files, damaged, caught, missed, wronged, lines_wrong, columns_known, columns_wrong;
} Score;

static bool is_line_of(const PolluteFile *file, size_t row, uint64_t line)
{
    return line >= file->first[row] && line <= file->last[row];
}

static const Bad *find_bad(const Outcome *outcome, const PolluteFile *file, size_t row)
{
    for (size_t i = 0; i < outcome->bad_count; i++)
        if (is_line_of(file, row, outcome->bad[i].line))
            return &outcome->bad[i];
    return NULL;
}

static bool is_stray(PolluteKind kind)
{
    return kind == POLLUTE_QUOTE_FIRST || kind == POLLUTE_QUOTE_MIDDLE || kind == POLLUTE_QUOTE_LAST;
}

static void score_damaged(const Outcome *outcome, const PolluteFile *file, PolluteEdit edit, Score *score)
{
    const Bad *bad = find_bad(outcome, file, edit.row);

    score->damaged++;
    if (bad == NULL || outcome->loaded[edit.row] > 0) {
        score->missed++;
        fprintf(stderr, "missed: kind %d, row %zu, column %s\n", (int)edit.kind, edit.row,
                POLLUTE_NAMES[edit.column]);
        return;
    }
    score->caught++;
    score->lines_wrong += bad->line != file->first[edit.row];
    if (!is_stray(edit.kind) || pollute_ends_field(edit))
        return;
    score->columns_known++;
    if (bad->column == (int)edit.column)
        return;
    score->columns_wrong++;
    fprintf(stderr, "column %d told: kind %d, row %zu, column %s\n", bad->column, (int)edit.kind, edit.row,
            POLLUTE_NAMES[edit.column]);
}

/* damaged: the row that edit damages, or POLLUTE_ROWS */
static void score_file(const Outcome *outcome, const PolluteFile *file, PolluteEdit edit, size_t damaged,
                       Score *score)
{
    score->files++;
    cr_assert(!outcome->is_refused, "%s", outcome->error.message);
    if (damaged < POLLUTE_ROWS)
        score_damaged(outcome, file, edit, score);
    for (size_t row = 0; row < POLLUTE_ROWS; row++) {
        if (row == damaged || (is_loaded_clean(outcome, row) && find_bad(outcome, file, row) == NULL))
            continue;
        score->wronged++;
        fprintf(stderr, "wronged: kind %d, row %zu, column %s: row %zu\n", (int)edit.kind, edit.row,
                POLLUTE_NAMES[edit.column], row);
    }
    score->wronged += outcome->strangers;
}

static void expect_score(const char *what, const Score *score)
{
    double precision = (double)score->caught / (double)(score->caught + score->wronged);
    double recall = (double)score->caught / (double)(score->caught + score->missed);

    fprintf(stderr,
            "%s: %lld files, %lld damaged rows; precision %.4f, recall %.4f; wrong lines %lld, wrong columns "
            "%lld of "
            "%lld\n",
            what, (long long)score->files, (long long)score->damaged, precision, recall,
            (long long)score->lines_wrong, (long long)score->columns_wrong, (long long)score->columns_known);
    cr_expect_geq(precision, 0.99);
    cr_expect_geq(recall, 0.99);
    cr_expect_eq(score->lines_wrong, 0);
    cr_expect_eq(score->columns_wrong, 0);
}

/* ---- one row of a file ---- */

static bool has_place(PolluteEdit edit)
{
    if (edit.kind == POLLUTE_SPACES)
        return edit.column == 0;
    return edit.kind != POLLUTE_MISSING_DELIMITER || edit.column + 1 < POLLUTE_COLUMNS;
}

/* The note is ignored and not quoted: in it a stray quote behind the first character is of no effect. */
static bool leaves_all(PolluteEdit edit)
{
    return edit.column == POLLUTE_NOTE &&
           (edit.kind == POLLUTE_QUOTE_MIDDLE || edit.kind == POLLUTE_QUOTE_LAST);
}

static void pollute_and_score(IngestSpec *spec, PolluteEdit edit, Score *score)
{
    SCOPED(pollute_close) PolluteFile file = pollute_open();

    /* what straddles the end of a read must not matter */
    spec->format.read_bytes_max = 64 + (size_t)(score->files * 97) % 4096;
    pollute_table(&file, &POLLUTE_PLAIN, edit);
    Outcome outcome = load(spec, &file);
    score_file(&outcome, &file, edit, leaves_all(edit) ? POLLUTE_ROWS : edit.row, score);
}

static void pollute_each(PolluteKind kind, const char *what, int64_t files)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = open_spec("");
    Score score = {0};

    load_clean(spec);
    for (size_t row = 0; row < POLLUTE_ROWS; row++)
        for (size_t column = 0; column < POLLUTE_COLUMNS; column++) {
            const PolluteEdit edit = {.kind = kind, .row = row, .column = column};
            if (has_place(edit))
                pollute_and_score(spec, edit, &score);
        }
    cr_expect_eq(score.files, files);
    expect_score(what, &score);
}

Test(pollution, an_extra_delimiter_costs_its_row_alone)
{
    pollute_each(POLLUTE_EXTRA_DELIMITER, "extra delimiter", 840);
}

Test(pollution, a_missing_delimiter_costs_its_row_alone)
{
    pollute_each(POLLUTE_MISSING_DELIMITER, "missing delimiter", 756);
}

Test(pollution, a_stray_quote_in_front_of_a_field_costs_its_row_alone)
{
    pollute_each(POLLUTE_QUOTE_FIRST, "stray quote, first", 840);
}

Test(pollution, a_stray_quote_inside_a_field_costs_its_row_alone)
{
    pollute_each(POLLUTE_QUOTE_MIDDLE, "stray quote, middle", 840);
}

Test(pollution, a_stray_quote_behind_a_field_costs_its_row_alone)
{
    pollute_each(POLLUTE_QUOTE_LAST, "stray quote, last", 840);
}

Test(pollution, spaces_in_place_of_delimiters_cost_their_row_alone)
{
    pollute_each(POLLUTE_SPACES, "spaces for delimiters", 84);
}

/* ---- whole files ---- */

static const PolluteEdit none = {0};

static void load_plain_clean(void)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = open_spec("");

    load_clean(spec);
}

/* All rows written are loaded as they are but those that is_damaged names, and these lines are quarantined.
 */
static void expect_lines(const char *file_keys, const PolluteFile *file, bool (*is_damaged)(size_t row),
                         const uint64_t *lines, size_t line_count)
{
    load_plain_clean();
    SCOPED(ingest_spec_close) IngestSpec *spec = open_spec(file_keys);
    Outcome outcome = load(spec, file);

    cr_assert(!outcome.is_refused, "%s", outcome.error.message);
    for (size_t row = 0; row < POLLUTE_ROWS; row++)
        if (file->first[row] > 0 && (is_damaged == NULL || !is_damaged(row)))
            cr_expect(is_loaded_clean(&outcome, row), "row %zu", row);
        else
            cr_expect_eq(outcome.loaded[row], 0, "row %zu", row);
    cr_expect_eq(outcome.strangers, 0);
    cr_expect_eq(outcome.bad_count, line_count);
    for (size_t i = 0; i < line_count && i < outcome.bad_count; i++)
        cr_expect_eq(outcome.bad[i].line, lines[i], "%zu", i);
}

static void expect_all(const char *file_keys, const PolluteFile *file)
{
    expect_lines(file_keys, file, NULL, NULL, 0);
}

static void expect_refusal(const char *file_keys, const PolluteFile *file, const char *message)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = open_spec(file_keys);
    Outcome outcome = load(spec, file);

    cr_assert(outcome.is_refused);
    cr_expect(strstr(outcome.error.message, message) != NULL, "%s", outcome.error.message);
    for (size_t row = 0; row < POLLUTE_ROWS; row++)
        cr_expect_eq(outcome.loaded[row], 0);
}

static PolluteFile plain_file(void)
{
    PolluteFile file = pollute_open();

    pollute_table(&file, &POLLUTE_PLAIN, none);
    return file;
}

Test(pollution, an_empty_file_is_refused)
{
    SCOPED(pollute_close) PolluteFile file = pollute_open();

    expect_refusal("", &file, "polluted.csv: empty file");
}

Test(pollution, a_last_row_without_line_end_is_loaded)
{
    SCOPED(pollute_close) PolluteFile file = plain_file();

    file.text.length--;
    expect_all("", &file);
}

Test(pollution, empty_lines_at_the_end_are_no_rows)
{
    SCOPED(pollute_close) PolluteFile file = plain_file();

    pollute_line(&file, "");
    pollute_line(&file, "");
    expect_all("", &file);
}

Test(pollution, a_file_without_header_is_refused)
{
    SCOPED(pollute_close) PolluteFile file = pollute_open();

    for (size_t i = 0; i < POLLUTE_ROWS; i++)
        pollute_row(&file, &POLLUTE_PLAIN, i, none);
    expect_refusal("", &file, "line 1: column visit_id is missing");
    expect_all(", header: none", &file);
}

Test(pollution, a_second_and_a_third_header_are_rows_that_are_quarantined)
{
    static const uint64_t lines[] = {2, 3};

    for (size_t more = 1; more <= 2; more++) {
        SCOPED(pollute_close) PolluteFile file = pollute_open();
        for (size_t i = 0; i < more; i++)
            pollute_header(&file, &POLLUTE_PLAIN);
        pollute_table(&file, &POLLUTE_PLAIN, none);
        expect_lines("", &file, NULL, lines, more);
    }
}

Test(pollution, lines_in_front_of_the_header_are_refused_unless_the_spec_skips_them)
{
    SCOPED(pollute_close) PolluteFile file = pollute_open();

    pollute_line(&file, "Visits, made in July");
    pollute_line(&file, "");
    pollute_table(&file, &POLLUTE_PLAIN, none);
    expect_refusal("", &file, "line 1: column visit_id is missing");
    expect_all(", skip_lines: 2", &file);
}

/* A second table below the first, of fewer, more and as many columns, each a header and two rows. */
Test(pollution, a_second_table_is_quarantined_and_the_first_loaded)
{
    static const char *const tables[][3] = {
        {"ward,beds", "W01,7", "W02,8"},
        {"a,b,c,d,e,f,g,h,i,j,k,l", "1,2,3,4,5,6,7,8,9,10,11,12", "1,2,3,4,5,6,7,8,9,10,11,12"},
        {"a,b,c,d,e,f,g,h,i,j", "1,2,3,4,5,6,7,8,9,10", "V0001,W01,7,8,9,10,11,12,13,14"},
    };

    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        SCOPED(pollute_close) PolluteFile file = plain_file();
        const uint64_t lines[] = {file.line + 1, file.line + 2, file.line + 3};
        pollute_line(&file, "");
        for (size_t line = 0; line < 3; line++)
            pollute_line(&file, tables[i][line]);
        expect_lines("", &file, NULL, lines, 3);
    }
}

Test(pollution, a_header_alone_is_no_rows)
{
    SCOPED(pollute_close) PolluteFile file = pollute_open();

    pollute_header(&file, &POLLUTE_PLAIN);
    expect_all("", &file);
}

Test(pollution, one_row_is_loaded)
{
    SCOPED(pollute_close) PolluteFile file = pollute_open();

    pollute_header(&file, &POLLUTE_PLAIN);
    pollute_row(&file, &POLLUTE_PLAIN, 5, none);
    expect_all("", &file);
}

Test(pollution, line_ends_are_told_by_the_file)
{
    static const char *const ends[] = {"\n", "\r", "\r\n"};

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        SCOPED(pollute_close) PolluteFile file = pollute_open();
        PolluteDialect dialect = POLLUTE_PLAIN;
        dialect.line_end = ends[i];
        pollute_table(&file, &dialect, none);
        expect_all("", &file);
    }
}

Test(pollution, a_byte_order_mark_is_no_part_of_the_first_name)
{
    SCOPED(pollute_close) PolluteFile file = pollute_open();

    text_add_string(&file.text, "\xef\xbb\xbf");
    pollute_table(&file, &POLLUTE_PLAIN, none);
    expect_all("", &file);
}

/* With its delimiter declared a file is loaded whole, with another it is refused whole. */
Test(pollution, other_delimiters_are_loaded_as_declared_and_else_refused)
{
    static const struct {
        const char *delimiter, *keys;
    } cases[] = {
        {" ", ", delimiter: \" \""}, {";", ", delimiter: \";\""},   {"\t", ", delimiter: \"\\t\""},
        {"|", ", delimiter: \"|\""}, {", ", ", delimiter: \", \""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED(pollute_close) PolluteFile file = pollute_open();
        PolluteDialect dialect = POLLUTE_PLAIN;
        dialect.delimiter = cases[i].delimiter;
        pollute_table(&file, &dialect, none);
        expect_all(cases[i].keys, &file);
        if (cases[i].delimiter[0] != ',')
            expect_refusal("", &file, "column visit_id is missing");
    }
}

Test(pollution, other_quotes_are_loaded_as_declared)
{
    SCOPED(pollute_close) PolluteFile file = pollute_open();
    const PolluteDialect dialect = {.delimiter = ",", .line_end = "\n", .escape = "'", .quote = '\''};

    pollute_table(&file, &dialect, none);
    expect_all(", quote: \"'\"", &file);
}

static bool is_split(size_t row)
{
    return pollute_has_comma(row) || pollute_has_newline(row);
}

/* What is not seen: under a spec that has another quote, quotes around a field are text. Rows whose field
 * they held together fall apart and are quarantined; the others are loaded with the quotes in a column that
 * takes any text. */
Test(pollution, quotes_that_the_spec_does_not_have_are_text)
{
    SCOPED(ingest_spec_close) IngestSpec *spec = open_spec("");
    SCOPED(pollute_close) PolluteFile file = pollute_open();
    const PolluteDialect dialect = {.delimiter = ",", .line_end = "\n", .escape = "'", .quote = '\''};
    pollute_table(&file, &dialect, none);
    load_clean(spec);

    Outcome outcome = load(spec, &file);

    cr_assert(!outcome.is_refused, "%s", outcome.error.message);
    for (size_t row = 0; row < POLLUTE_ROWS; row++) {
        cr_expect_eq(outcome.loaded[row], !is_split(row), "row %zu", row);
        cr_expect_eq(find_bad(&outcome, &file, row) != NULL, is_split(row), "row %zu", row);
        cr_expect(!is_loaded_clean(&outcome, row), "row %zu", row);
    }
}

/* Lines of the rows that is_damaged names; of several lines each is read as a record of its own. */
static size_t lines_of(const PolluteFile *file, bool (*is_damaged)(size_t row), uint64_t lines[LINES_MAX])
{
    size_t count = 0;

    for (size_t row = 0; row < POLLUTE_ROWS; row++)
        for (uint64_t line = file->first[row]; is_damaged(row) && line <= file->last[row]; line++)
            lines[count++] = line;
    return count;
}

/* Quotes in quotes that are escaped otherwise than by doubling, or not at all: of these rows nobody can tell
 * where the field ends. */
Test(pollution, quotes_escaped_otherwise_cost_their_rows_alone)
{
    static const char *const escapes[] = {"\\", NULL};

    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++) {
        SCOPED(pollute_close) PolluteFile file = pollute_open();
        PolluteDialect dialect = POLLUTE_PLAIN;
        uint64_t lines[LINES_MAX];
        dialect.escape = escapes[i];
        pollute_table(&file, &dialect, none);
        size_t count = lines_of(&file, pollute_has_quote, lines);
        expect_lines("", &file, pollute_has_quote, lines, count);
    }
}
