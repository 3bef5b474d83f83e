#include "base/table.h"

enum { BYTES_MAX = 256 * 1024 * 1024 };

struct Table {
    Arena *arena; /* holds every text */
    size_t column_count;
    Text *headings;
    bool *right_aligned;
    Text *cells; /* row by row */
    size_t row_count, row_capacity;
};

Table *table_create(const char *const *headings, const bool *right_aligned, size_t column_count)
{
    Table *table = memory_alloc(sizeof *table);

    table->arena = arena_create(BYTES_MAX);
    table->column_count = column_count;
    table->headings = arena_alloc(table->arena, column_count * sizeof *table->headings);
    table->right_aligned = arena_alloc(table->arena, column_count * sizeof *table->right_aligned);
    for (size_t i = 0; i < column_count; i++) {
        table->headings[i] = text_copy(table->arena, text_from(headings[i]));
        table->right_aligned[i] = right_aligned != NULL && right_aligned[i];
    }
    return table;
}

void table_row(Table *table, const Text *cells)
{
    table->cells = memory_room(table->cells, table->row_count, &table->row_capacity,
                               table->column_count * sizeof *table->cells);
    Text *row = table->cells + table->row_count * table->column_count;
    for (size_t i = 0; i < table->column_count; i++)
        row[i] = text_copy(table->arena, cells[i]);
    table->row_count++;
}

size_t table_row_count(const Table *table)
{
    return table->row_count;
}

void table_close(Table **table)
{
    if (*table == NULL)
        return;
    memory_free((*table)->cells);
    arena_close(&(*table)->arena);
    memory_free(*table);
    *table = NULL;
}

static const Text *row_at(const Table *table, size_t row)
{
    return table->cells + row * table->column_count;
}

/* Code points: enough for the alphabets of headings and place names. */
static size_t width_of(Text text)
{
    size_t width = 0;

    for (size_t i = 0; i < text.length; i++)
        width += ((unsigned char)text.data[i] & 0xC0) != 0x80;
    return width;
}

static void put_repeated(char c, size_t count, FILE *out)
{
    while (count-- > 0)
        (void)fputc(c, out);
}

/* Control characters (C0, DEL, and C1 as UTF-8) become spaces: a cell must not steer the terminal. */
static void put_visible(Text text, FILE *out)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.data[i];
        bool second_of_c1 = i > 0 && (unsigned char)text.data[i - 1] == 0xC2 && c >= 0x80 && c < 0xA0;
        bool first_of_c1 =
            c == 0xC2 && i + 1 < text.length && ((unsigned char)text.data[i + 1] & 0xE0) == 0x80;
        if (!second_of_c1)
            (void)fputc(c < ' ' || c == 0x7F || first_of_c1 ? ' ' : c, out);
    }
}

static void put_line(const Table *table, const size_t *widths, const Text *cells, FILE *out)
{
    for (size_t i = 0; i < table->column_count; i++) {
        size_t padding = widths[i] - width_of(cells[i]);
        bool last = i + 1 == table->column_count;
        put_repeated(' ', (i > 0 ? 2 : 0) + (table->right_aligned[i] ? padding : 0), out);
        put_visible(cells[i], out);
        if (!table->right_aligned[i] && !last)
            put_repeated(' ', padding, out);
    }
    (void)fputc('\n', out);
}

static void print_terminal(const Table *table, FILE *out)
{
    size_t *widths = memory_alloc(table->column_count * sizeof *widths);

    for (size_t i = 0; i < table->column_count; i++) {
        widths[i] = width_of(table->headings[i]);
        for (size_t row = 0; row < table->row_count; row++) {
            size_t width = width_of(row_at(table, row)[i]);
            widths[i] = width > widths[i] ? width : widths[i];
        }
    }
    put_line(table, widths, table->headings, out);
    for (size_t i = 0; i < table->column_count; i++) {
        put_repeated(' ', i > 0 ? 2 : 0, out);
        put_repeated('-', widths[i], out);
    }
    (void)fputc('\n', out);
    for (size_t row = 0; row < table->row_count; row++)
        put_line(table, widths, row_at(table, row), out);
    memory_free(widths);
}

static bool is_one_of(char c, Text set)
{
    for (size_t i = 0; i < set.length; i++) {
        if (set.data[i] == c)
            return true;
    }
    return false;
}

/* A spreadsheet takes a cell that begins so for a formula, even one in quotes. */
static bool looks_like_formula(Text cell)
{
    double number;

    return cell.length > 0 && is_one_of(cell.data[0], TEXT("=+-@\t\r")) && !text_to_double(cell, &number);
}

static bool needs_quotes(Text cell)
{
    for (size_t i = 0; i < cell.length; i++) {
        if (is_one_of(cell.data[i], TEXT(",\"\r\n")))
            return true;
    }
    return false;
}

static void put_csv_line(const Table *table, const Text *cells, FILE *out)
{
    for (size_t i = 0; i < table->column_count; i++) {
        bool quoted = needs_quotes(cells[i]);
        (void)fputs(i > 0 ? "," : "", out);
        (void)fputs(quoted ? "\"" : "", out);
        (void)fputs(looks_like_formula(cells[i]) ? "'" : "", out);
        for (size_t j = 0; j < cells[i].length; j++) {
            if (cells[i].data[j] == '"')
                (void)fputc('"', out);
            (void)fputc(cells[i].data[j], out);
        }
        (void)fputs(quoted ? "\"" : "", out);
    }
    (void)fputs("\r\n", out);
}

static void print_csv(const Table *table, FILE *out)
{
    put_csv_line(table, table->headings, out);
    for (size_t row = 0; row < table->row_count; row++)
        put_csv_line(table, row_at(table, row), out);
}

/* RFC 8259, section 7. */
static void put_json_string(Text text, FILE *out)
{
    bool utf8 = text_is_utf8(text);

    (void)fputc('"', out);
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c == '"' || c == '\\')
            (void)fprintf(out, "\\%c", c);
        else if (c < ' ' || c == 0x7F)
            (void)fprintf(out, "\\u%04x", c);
        else if (c >= 0x80 && !utf8)
            (void)fputs("\\ufffd", out);
        else
            (void)fputc(c, out);
    }
    (void)fputc('"', out);
}

/* RFC 8259, section 6, which knows no leading zeros. */
static bool is_json_number(Text cell)
{
    double number;
    size_t first = cell.length > 0 && cell.data[0] == '-';

    if (!text_to_double(cell, &number))
        return false;
    return cell.data[first] != '0' || cell.length == first + 1 || cell.data[first + 1] == '.';
}

static void print_json(const Table *table, FILE *out)
{
    (void)fputc('[', out);
    for (size_t row = 0; row < table->row_count; row++) {
        const Text *cells = row_at(table, row);
        (void)fputs(row > 0 ? ",\n {" : "\n {", out);
        for (size_t i = 0; i < table->column_count; i++) {
            (void)fputs(i > 0 ? ", " : "", out);
            put_json_string(table->headings[i], out);
            (void)fputs(": ", out);
            if (table->right_aligned[i] && cells[i].length == 0)
                (void)fputs("null", out);
            else if (table->right_aligned[i] && is_json_number(cells[i]))
                (void)fwrite(cells[i].data, 1, cells[i].length, out);
            else
                put_json_string(cells[i], out);
        }
        (void)fputc('}', out);
    }
    (void)fputs(table->row_count > 0 ? "\n]\n" : "]\n", out);
}

typedef struct FormatName {
    Text name;
    TableFormat format;
    void (*print)(const Table *table, FILE *out);
} FormatName;

static const FormatName formats[] = {
    {{"terminal", 8}, TABLE_TERMINAL, print_terminal},
    {{"csv", 3}, TABLE_CSV, print_csv},
    {{"json", 4}, TABLE_JSON, print_json},
};

void table_print(const Table *table, TableFormat format, FILE *out)
{
    formats[format].print(table, out);
}

bool table_format_parse(Text text, TableFormat *format)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (text_equal(text, formats[i].name)) {
            *format = formats[i].format;
            return true;
        }
    }
    return false;
}
