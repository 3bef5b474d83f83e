/* Code list files: CSV with a header whose first column is `code`; what stands behind it is for people. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/input.h"
#include "query/parser.h"

enum { CODES_FILE_BYTES_MAX = 1 << 20, CODE_BYTES_MAX = 40, PATH_BYTES = 1024 };

bool query_is_code_file(Text name)
{
    bool at_start = true;

    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i];
        bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_word && (at_start || (c != '_' && c != '-' && c != '.' && c != '/')))
            return false;
        at_start = c == '/';
    }
    return name.length > 0 && !at_start;
}

static bool is_code(Text code)
{
    for (size_t i = 0; i < code.length; i++)
        if (code.data[i] < ' ' || code.data[i] > '~' || code.data[i] == '"')
            return false;
    return code.length > 0 && code.length <= CODE_BYTES_MAX;
}

/* The first field of a line. Quoted ones may hold a comma; a code holds neither quote nor line end. */
static Text first_field(Text line)
{
    if (line.length > 0 && line.data[0] == '"') {
        line = text_slice(line, 1, line.length);
        return text_next(&line, '"');
    }
    return text_next(&line, ',');
}

static Text next_line(Text *rest)
{
    Text line = text_next(rest, '\n');

    if (line.length > 0 && line.data[line.length - 1] == '\r')
        line.length--;
    return line;
}

static Result take_codes(Text content, const char *path, CodeList *list, Error *error)
{
    for (unsigned number = 2; content.length > 0; number++) {
        Text line = next_line(&content);
        if (line.length == 0)
            continue;
        if (list->count == QUERY_CODES_MAX)
            return fail(error, ERROR_LIMIT, "%s line %u: more than %d codes", path, number, QUERY_CODES_MAX);
        Text code = text_trim(first_field(line));
        if (!is_code(code))
            return fail(error, ERROR_INPUT, "%s line %u: a code is 1 to %d printable characters", path,
                        number, CODE_BYTES_MAX);
        list->codes[list->count++] = code;
    }
    if (list->count == 0)
        return fail(error, ERROR_INPUT, "%s: holds no code", path);
    return RESULT_OK;
}

Result codes_read_file(const Parser *parser, Text file_name, Place place, Text *content, Error *error)
{
    const QueryFiles *files = parser->input->files;
    char path[PATH_BYTES];

    if (files == NULL || files->codes_folder == NULL)
        return source_text_fail(&parser->input->source, place, error,
                                "another file is not part of a canonical text");
    if (!query_is_code_file(file_name))
        return source_text_fail(&parser->input->source, place, error,
                                "a file is a plain name below the folder of the query");
    if (snprintf(path, sizeof path, "%s/%.*s", files->codes_folder, TEXT_ARG(file_name)) >= (int)sizeof path)
        return source_text_fail(&parser->input->source, place, error, "path is too long");
    if (!input_read_all(path, CODES_FILE_BYTES_MAX, parser->arena, content, error).ok)
        return source_text_fail(&parser->input->source, place, error,
                                "this file is not beside the query, or longer than %d bytes",
                                CODES_FILE_BYTES_MAX);
    if (text_starts_with(*content, TEXT("\xEF\xBB\xBF")))
        *content = text_slice(*content, 3, content->length);
    return RESULT_OK;
}

Result codes_read(const Parser *parser, Text file_name, Place place, CodeList *list, Error *error)
{
    const char *name = text_to_string(parser->arena, file_name);
    Text content;

    TRY(codes_read_file(parser, file_name, place, &content, error));
    if (!text_equal(text_trim(first_field(next_line(&content))), TEXT("code")))
        return fail(error, ERROR_INPUT, "%s line 1: the first column is not 'code'", name);
    list->codes = arena_alloc(parser->arena, QUERY_CODES_MAX * sizeof *list->codes);
    return take_codes(content, name, list, error);
}

static int compare_codes(const void *a, const void *b)
{
    return text_compare(*(const Text *)a, *(const Text *)b);
}

void codes_sort(CodeList *list)
{
    size_t kept = 0;

    qsort(list->codes, list->count, sizeof *list->codes, compare_codes);
    for (size_t i = 0; i < list->count; i++)
        if (i == 0 || !text_equal(list->codes[i], list->codes[i - 1]))
            list->codes[kept++] = list->codes[i];
    list->count = kept;
}
