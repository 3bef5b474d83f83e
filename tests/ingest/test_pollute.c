#include "tests/ingest/pollute.h"

#include <stdio.h>
#include <string.h>

enum { CELL_BYTES = 96 };

const char *const POLLUTE_NAMES[POLLUTE_COLUMNS] = {"visit_id", "nhs_number", "birth_date", "visit_date",
                                                    "kind",     "beds",       "note",       "postcode",
                                                    "address",  "ward"};

const PolluteDialect POLLUTE_PLAIN = {.delimiter = ",", .line_end = "\n", .escape = "\"", .quote = '"'};

bool pollute_has_quote(size_t row)
{
    return row % 7 == 3;
}

bool pollute_has_comma(size_t row)
{
    return row % 3 == 1;
}

bool pollute_has_newline(size_t row)
{
    return row % 9 == 5;
}

static void make_address(size_t row, char out[CELL_BYTES])
{
    snprintf(out, CELL_BYTES, "%zu %s Street%s%sCanterbury", row + 1,
             pollute_has_quote(row) ? "\"Oak\"" : "Elm", pollute_has_comma(row) ? "," : "",
             pollute_has_newline(row) ? "\n" : " ");
}

/* The content of a cell, without quotes around it. */
static void make_cell(size_t row, size_t column, char out[CELL_BYTES])
{
    static const char *const numbers[] = {"9990000018", "9990000026", "9990000034", "9990000042",
                                          "9990000050"};

    switch (column) {
    case 0:
        snprintf(out, CELL_BYTES, "V%04zu", row);
        return;
    case 1:
        snprintf(out, CELL_BYTES, "%s", numbers[row % 5]);
        return;
    case 2:
        snprintf(out, CELL_BYTES, "19%02zu-0%zu-11", 30 + row % 60, 1 + row % 9);
        return;
    case 3:
        snprintf(out, CELL_BYTES, "2026-07-%02zu", 1 + row % 28);
        return;
    case 4:
        snprintf(out, CELL_BYTES, "K%zu", row % 8);
        return;
    case 5:
        snprintf(out, CELL_BYTES, "%zu", row % 20);
        return;
    case POLLUTE_NOTE:
        snprintf(out, CELL_BYTES, "seen%zu", row % 3);
        return;
    case POLLUTE_POSTCODE:
        snprintf(out, CELL_BYTES, "CT%zu %zuAB", 1 + row % 9, 1 + row % 8);
        return;
    case POLLUTE_ADDRESS:
        make_address(row, out);
        return;
    default:
        snprintf(out, CELL_BYTES, "W%02zu", row % 30);
    }
}

static bool needs_quotes(const PolluteDialect *dialect, size_t column, const char *cell)
{
    return column == POLLUTE_ADDRESS || strstr(cell, dialect->delimiter) != NULL;
}

/* As it stands in the file. */
static void write_cell(const PolluteDialect *dialect, size_t row, size_t column, char out[2 * CELL_BYTES])
{
    char cell[CELL_BYTES];
    size_t length = 0;

    make_cell(row, column, cell);
    if (!needs_quotes(dialect, column, cell)) {
        snprintf(out, 2 * CELL_BYTES, "%s", cell);
        return;
    }
    out[length++] = dialect->quote;
    for (const char *c = cell; *c != '\0'; c++) {
        if (*c == dialect->quote && dialect->escape != NULL)
            out[length++] = dialect->escape[0];
        out[length++] = *c;
    }
    out[length++] = dialect->quote;
    out[length] = '\0';
}

bool pollute_ends_field(PolluteEdit edit)
{
    char cell[2 * CELL_BYTES];

    write_cell(&POLLUTE_PLAIN, edit.row, edit.column, cell);
    return edit.kind == POLLUTE_QUOTE_MIDDLE && cell[strlen(cell) / 2] == ',';
}

/* ---- a file ---- */

PolluteFile pollute_open(void)
{
    return (PolluteFile){.text = text_builder(POLLUTE_BYTES_MAX), .line = 1};
}

void pollute_close(PolluteFile *file)
{
    text_builder_close(&file->text);
}

static void add_cell(PolluteFile *file, const PolluteDialect *dialect, const char *cell, PolluteKind kind)
{
    size_t length = strlen(cell);
    size_t at = kind == POLLUTE_QUOTE_FIRST ? 0 : kind == POLLUTE_QUOTE_LAST ? length : length / 2;
    bool is_stray = kind == POLLUTE_QUOTE_FIRST || kind == POLLUTE_QUOTE_MIDDLE || kind == POLLUTE_QUOTE_LAST;

    if (kind == POLLUTE_EXTRA_DELIMITER)
        text_add_string(&file->text, dialect->delimiter);
    text_add(&file->text, (Text){.data = cell, .length = at});
    if (is_stray)
        text_add_char(&file->text, dialect->quote);
    text_add_string(&file->text, cell + at);
}

void pollute_header(PolluteFile *file, const PolluteDialect *dialect)
{
    for (size_t i = 0; i < POLLUTE_COLUMNS; i++) {
        text_add_string(&file->text, i > 0 ? dialect->delimiter : "");
        text_add_string(&file->text, POLLUTE_NAMES[i]);
    }
    text_add_string(&file->text, dialect->line_end);
    file->line++;
}

void pollute_row(PolluteFile *file, const PolluteDialect *dialect, size_t row, PolluteEdit edit)
{
    bool is_damaged = edit.kind != POLLUTE_NOTHING && edit.row == row;
    bool is_spaced = is_damaged && edit.kind == POLLUTE_SPACES;
    char cell[2 * CELL_BYTES];

    for (size_t i = 0; i < POLLUTE_COLUMNS; i++) {
        bool lacks = is_damaged && edit.kind == POLLUTE_MISSING_DELIMITER && edit.column + 1 == i;
        if (i > 0 && !lacks)
            text_add_string(&file->text, is_spaced ? " " : dialect->delimiter);
        write_cell(dialect, row, i, cell);
        add_cell(file, dialect, cell, is_damaged && edit.column == i ? edit.kind : POLLUTE_NOTHING);
    }
    text_add_string(&file->text, dialect->line_end);
    /* where CR alone ends a line, LF in quotes is a character */
    bool ends_twice = pollute_has_newline(row) && strcmp(dialect->line_end, "\r") != 0;
    file->first[row] = file->line;
    file->last[row] = file->line + ends_twice;
    file->line = file->last[row] + 1;
}

void pollute_line(PolluteFile *file, const char *line)
{
    text_add_string(&file->text, line);
    text_add_char(&file->text, '\n');
    file->line++;
}

void pollute_table(PolluteFile *file, const PolluteDialect *dialect, PolluteEdit edit)
{
    pollute_header(file, dialect);
    for (size_t i = 0; i < POLLUTE_ROWS; i++)
        pollute_row(file, dialect, i, edit);
}
