/*
 * Code list files: CSV with a header whose first column is `code`. A column `category` puts codes into
 * groups; what else stands there is for people.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/input.h"
#include "query/parser.h"

enum { CATEGORY_BYTES_MAX = 80, PATH_BYTES = 1024 };

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

static bool is_printable(Text text, size_t bytes_max)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] < ' ' || text.data[i] > '~' || text.data[i] == '"')
            return false;
    return text.length > 0 && text.length <= bytes_max;
}

static bool is_code(Text code)
{
    return is_printable(code, CODE_BYTES_MAX) && !text_equal(code, TEXT("*"));
}

/* Quoted fields may hold a comma; what is read of a file holds neither quote nor line end. */
static Text next_field(Text *line)
{
    Text field;

    if (line->length == 0 || line->data[0] != '"')
        return text_trim(text_next(line, ','));
    *line = text_slice(*line, 1, line->length);
    field = text_next(line, '"');
    (void)text_next(line, ',');
    return text_trim(field);
}

static Text next_line(Text *rest)
{
    Text line = text_next(rest, '\n');

    if (line.length > 0 && line.data[line.length - 1] == '\r')
        line.length--;
    return line;
}

static Text field_at(Text line, size_t index)
{
    for (; index > 0; index--)
        (void)next_field(&line);
    return next_field(&line);
}

/* Places in the header; 0, where the code stands: there is none. */
typedef struct Columns {
    size_t category, terminology, release, active;
} Columns;

static size_t column_of(Text header, Text name)
{
    for (size_t i = 0; header.length > 0; i++)
        if (text_equal(next_field(&header), name))
            return i;
    return 0;
}

/* Where a field stands in its file; of an empty one, which stands nowhere, its line. */
static Place place_of(const SourceText *file, Text line, Text field)
{
    return source_text_place(file, (size_t)((field.length > 0 ? field.data : line.data) - file->text.data));
}

/* Of a terminology or its release: one for all lines. */
static Result take_common(const SourceText *file, Text line, size_t column, const char *what, Text *common,
                          Error *error)
{
    Text value = field_at(line, column);

    if (column == 0)
        return RESULT_OK;
    if (!is_printable(value, CATEGORY_BYTES_MAX))
        return source_text_fail(file, place_of(file, line, value), error,
                                "a %s is 1 to %d printable characters", what, CATEGORY_BYTES_MAX);
    if (common->length > 0 && !text_equal(*common, value))
        return source_text_fail(file, place_of(file, line, value), error,
                                "the %s is another than on the lines before; use two lists", what);
    *common = value;
    return RESULT_OK;
}

static Result take_active(const SourceText *file, Text line, size_t column, bool *inactive, Error *error)
{
    static const struct {
        const char *word;
        bool is_inactive;
    } words[] = {{"1", false}, {"yes", false}, {"true", false}, {"0", true}, {"no", true}, {"false", true}};
    Text value = field_at(line, column);

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_equal(value, text_from(words[i].word))) {
            *inactive = words[i].is_inactive;
            return RESULT_OK;
        }
    return source_text_fail(file, place_of(file, line, value), error,
                            "active is 1 or 0, yes or no, true or false");
}

static Result take_line(const SourceText *file, Text line, const Columns *columns, CodeList *list,
                        Error *error)
{
    Text code = field_at(line, 0);
    size_t category = columns->category;

    if (list->count == QUERY_CODES_MAX)
        return source_text_fail(file, place_of(file, line, code), error, "more than %d codes",
                                QUERY_CODES_MAX);
    if (!is_code(code))
        return source_text_fail(file, place_of(file, line, code), error,
                                "a code is 1 to %d printable characters, and more than *", CODE_BYTES_MAX);
    if (category > 0) {
        Text *of = &list->categories[list->count];
        *of = field_at(line, category);
        if (!is_printable(*of, CATEGORY_BYTES_MAX))
            return source_text_fail(file, place_of(file, line, *of), error,
                                    "a category is 1 to %d printable characters", CATEGORY_BYTES_MAX);
    }
    TRY(take_common(file, line, columns->terminology, "terminology", &list->terminology, error));
    TRY(take_common(file, line, columns->release, "release", &list->release, error));
    if (columns->active > 0)
        TRY(take_active(file, line, columns->active, &list->inactive[list->count], error));
    list->codes[list->count++] = code;
    return RESULT_OK;
}

static Result take_codes(const SourceText *file, Text content, const Columns *columns, CodeList *list,
                         Error *error)
{
    while (content.length > 0) {
        Text line = next_line(&content);
        if (line.length > 0)
            TRY(take_line(file, line, columns, list, error));
    }
    if (list->count == 0)
        return source_text_fail(file, (Place){1, 1, 0}, error, "no code in this file");
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
    SourceText file = {.file_name = text_to_string(parser->arena, file_name)};
    Text content, header;

    TRY(codes_read_file(parser, file_name, place, &file.text, error));
    content = file.text;
    header = next_line(&content);
    if (!text_equal(field_at(header, 0), TEXT("code")))
        return source_text_fail(&file, (Place){1, 1, 0}, error, "the first column is not 'code'");
    list->codes = arena_alloc(parser->arena, QUERY_CODES_MAX * sizeof *list->codes);
    const Columns columns = {.category = column_of(header, TEXT("category")),
                             .terminology = column_of(header, TEXT("terminology")),
                             .release = column_of(header, TEXT("release")),
                             .active = column_of(header, TEXT("active"))};
    if (columns.release > 0 && columns.terminology == 0)
        return source_text_fail(&file, place_of(&file, header, field_at(header, columns.release)), error,
                                "a release stands beside its terminology");
    if (columns.category > 0)
        list->categories = arena_alloc(parser->arena, QUERY_CODES_MAX * sizeof *list->categories);
    if (columns.active > 0)
        list->inactive = arena_alloc(parser->arena, QUERY_CODES_MAX * sizeof *list->inactive);
    return take_codes(&file, content, &columns, list, error);
}

Result parser_check_prefix(const Parser *parser, Error *error)
{
    if (text_equal(parser->token.text, TEXT("*")))
        return parser_fail(parser, error, "before * stands what codes begin with");
    return RESULT_OK;
}

/* ---- order ---- */

typedef struct Pair {
    Text code, category;
    bool is_inactive;
} Pair;

static int compare_pairs(const void *a, const void *b)
{
    const Pair *x = a, *y = b;
    int order = text_compare(x->code, y->code);

    return order != 0 ? order : text_compare(x->category, y->category);
}

/* Of a code that stands several times, if one line says so. */
static void share_inactive(Pair *pairs, size_t count)
{
    for (size_t from = 0, to = 0; from < count; from = to) {
        bool is_inactive = false;
        for (to = from; to < count && text_equal(pairs[to].code, pairs[from].code); to++)
            is_inactive |= pairs[to].is_inactive;
        for (size_t i = from; i < to; i++)
            pairs[i].is_inactive = is_inactive;
    }
}

void codes_sort(CodeList *list)
{
    Pair *pairs = memory_alloc((list->count + 1) * sizeof *pairs);
    size_t kept = 0;

    for (size_t i = 0; i < list->count; i++)
        pairs[i] = (Pair){list->codes[i], list->categories == NULL ? TEXT("") : list->categories[i],
                          list->inactive != NULL && list->inactive[i]};
    qsort(pairs, list->count, sizeof *pairs, compare_pairs);
    share_inactive(pairs, list->count);
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0 && compare_pairs(&pairs[i], &pairs[i - 1]) == 0)
            continue;
        list->codes[kept] = pairs[i].code;
        if (list->categories != NULL)
            list->categories[kept] = pairs[i].category;
        if (list->inactive != NULL)
            list->inactive[kept] = pairs[i].is_inactive;
        kept++;
    }
    list->count = kept;
    memory_free(pairs);
}
