#include "cli/evaluate.h"

#include <string.h>

#include "base/input.h"

enum { FILE_BYTES_MAX = 1 << 30, COLUMNS_MAX = 512 };

struct EvaluateFile {
    const char *path;
    Text rest;
    char separator;
    size_t line, column_count, field_count;
    size_t columns[ENCODING_FIELDS_MAX], truth;
};

/* One cell of RFC 4180, unquoted in place: what it leaves is never longer. */
static Result next_cell(EvaluateFile *file, Text *cell, bool *ends_row, Error *error)
{
    char *at = (char *)file->rest.data, *end = at + file->rest.length, *out = at;
    bool quoted = at < end && *at == '"';

    at += quoted;
    *cell = (Text){.data = out};
    while (at < end && (quoted || (*at != file->separator && *at != '\n'))) {
        if (quoted && *at == '"') {
            quoted = at + 1 < end && at[1] == '"';
            at++;
            if (!quoted)
                continue;
        }
        *out++ = *at++;
    }
    if (quoted)
        return fail(error, ERROR_INPUT, "%s line %zu: a quoted cell does not end", file->path, file->line);
    cell->length = (size_t)(out - cell->data);
    *ends_row = at == end || *at == '\n';
    if (*ends_row && cell->length > 0 && cell->data[cell->length - 1] == '\r')
        cell->length--;
    *cell = text_trim(*cell);
    at += at < end;
    file->rest = (Text){.data = at, .length = (size_t)(end - at)};
    return RESULT_OK;
}

static Result next_row(EvaluateFile *file, Text cells[COLUMNS_MAX], size_t *count, Error *error)
{
    bool ends_row = false;

    file->line++;
    for (*count = 0; !ends_row; (*count)++) {
        if (*count == COLUMNS_MAX)
            return fail(error, ERROR_LIMIT, "%s line %zu: more than %d columns", file->path, file->line,
                        COLUMNS_MAX);
        TRY(next_cell(file, &cells[*count], &ends_row, error));
    }
    return RESULT_OK;
}

static Result find_column(const EvaluateFile *file, const Text *header, const char *name, size_t *column,
                          Error *error)
{
    for (*column = 0; *column < file->column_count; (*column)++) {
        if (text_equal(header[*column], text_from(name)))
            return RESULT_OK;
    }
    return fail(error, ERROR_INPUT, "%s line 1: no column %s", file->path, name);
}

Result evaluate_file_open(const char *path, const EvaluateSpec *spec, const char *truth_column, Arena *arena,
                          EvaluateFile **file, Error *error)
{
    EvaluateFile *made = arena_alloc(arena, sizeof *made);
    Text header[COLUMNS_MAX];

    *made = (EvaluateFile){.path = path, .separator = spec->separator, .field_count = spec->field_count};
    TRY(input_read_all(path, FILE_BYTES_MAX, arena, &made->rest, error));
    if (text_starts_with(made->rest, TEXT("\xEF\xBB\xBF")))
        made->rest = text_slice(made->rest, 3, made->rest.length);
    TRY(next_row(made, header, &made->column_count, error));
    for (size_t i = 0; i < spec->field_count; i++)
        TRY(find_column(made, header, spec->names[i], &made->columns[i], error));
    TRY(find_column(made, header, truth_column, &made->truth, error));
    *file = made;
    return RESULT_OK;
}

Result evaluate_file_next(EvaluateFile *file, Text fields[ENCODING_FIELDS_MAX], Text *truth, bool *at_end,
                          Error *error)
{
    Text cells[COLUMNS_MAX];
    size_t count;

    *at_end = file->rest.length == 0;
    if (*at_end)
        return RESULT_OK;
    TRY(next_row(file, cells, &count, error));
    if (count != file->column_count)
        return fail(error, ERROR_INPUT, "%s line %zu: not as many cells as the header has", file->path,
                    file->line);
    for (size_t i = 0; i < file->field_count; i++)
        fields[i] = cells[file->columns[i]];
    *truth = cells[file->truth];
    return RESULT_OK;
}
