#include "cli/delivery.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/input.h"

enum { LIST_BYTES_MAX = 4 << 20, COLUMNS_MAX = 16 };

typedef enum Column { SOURCE, SENDER, PERIOD, STATUS, PATH, REPLACE, SHA256, ORDER, COLUMN_COUNT } Column;

static const struct {
    const char *name;
    bool required;
} columns[COLUMN_COUNT] = {
    [SOURCE] = {"source", true},  [SENDER] = {"sender", true}, [PERIOD] = {"period", true},
    [STATUS] = {"status", false}, [PATH] = {"path", true},     [REPLACE] = {"replace", false},
    [SHA256] = {"sha256", false}, [ORDER] = {"order", false},
};

/* Where each column stands in a line. */
typedef struct Layout {
    int place[COLUMN_COUNT]; /* -1: not there */
    int field_count;
} Layout;

typedef struct ListFile {
    const char *path;
    Arena *arena;
    Layout layout;
    unsigned line;
} ListFile;

static Result list_fail(const ListFile *file, const char *rule, Error *error)
{
    return fail(error, ERROR_INPUT, "%s line %u: %s", file->path, file->line, rule);
}

static Text line_next(Text *rest)
{
    Text line = text_next(rest, '\n');

    if (line.length > 0 && line.data[line.length - 1] == '\r')
        line.length--;
    return line;
}

static Result read_header(ListFile *file, Text header, Error *error)
{
    for (int column = 0; column < COLUMN_COUNT; column++)
        file->layout.place[column] = -1;
    while (header.length > 0) {
        Text name = text_trim(text_next(&header, ','));
        for (int column = 0; column < COLUMN_COUNT; column++)
            if (text_equal(name, text_from(columns[column].name)))
                file->layout.place[column] = file->layout.field_count;
        file->layout.field_count++;
    }
    if (file->layout.field_count > COLUMNS_MAX)
        return list_fail(file, "too many columns", error);
    for (int column = 0; column < COLUMN_COUNT; column++)
        if (columns[column].required && file->layout.place[column] < 0)
            return fail(error, ERROR_INPUT, "%s line 1: column %s is missing", file->path,
                        columns[column].name);
    return RESULT_OK;
}

static Result split_line(const ListFile *file, Text line, Text fields[COLUMNS_MAX], Error *error)
{
    int count = 1;

    if (memchr(line.data, '"', line.length) != NULL)
        return list_fail(file, "no quotes here", error);
    for (size_t i = 0; i < line.length; i++)
        count += line.data[i] == ',';
    if (count != file->layout.field_count)
        return list_fail(file, "not as many fields as the header", error);
    for (int i = 0; i < count; i++)
        fields[i] = text_trim(text_next(&line, ','));
    return RESULT_OK;
}

Result delivery_status(Text name, IngestStatus *status, Error *error)
{
    static const struct {
        const char *name;
        IngestStatus status;
    } names[] = {{"provisional", INGEST_PROVISIONAL}, {"final", INGEST_FINAL}, {"year_end", INGEST_YEAR_END}};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (text_equal(name, text_from(names[i].name))) {
            *status = names[i].status;
            return RESULT_OK;
        }
    return fail(error, ERROR_USAGE, "status: one of provisional, final, year_end");
}

Result delivery_announced(Text text, Arena *arena, const Hash **announced, Error *error)
{
    Hash *hash = arena_alloc(arena, sizeof *hash);
    char *small = arena_alloc(arena, text.length + 1);

    for (size_t i = 0; i < text.length; i++)
        small[i] = (char)tolower((unsigned char)text.data[i]);
    if (!hash_parse((Text){.data = small, .length = text.length}, hash))
        return fail(error, ERROR_USAGE, "sha256: 64 hexadecimal digits");
    *announced = hash;
    return RESULT_OK;
}

static Text field_of(const ListFile *file, const Text *fields, Column column)
{
    int place = file->layout.place[column];

    return place < 0 ? TEXT("") : fields[place];
}

static const char *path_beside(const ListFile *file, Text name)
{
    const char *slash = strrchr(file->path, '/');
    int folder_length = slash != NULL && name.data[0] != '/' ? (int)(slash - file->path) + 1 : 0;

    return text_format(file->arena, "%.*s%.*s", folder_length, file->path, TEXT_ARG(name)).data;
}

static bool is_yes(Text text)
{
    return text_equal(text, TEXT("yes")) || text_equal(text, TEXT("true")) || text_equal(text, TEXT("1"));
}

static Result read_line(const ListFile *file, Text line, Delivery *delivery, Error *error)
{
    Text fields[COLUMNS_MAX];

    TRY(split_line(file, line, fields, error));
    Text path = field_of(file, fields, PATH), status = field_of(file, fields, STATUS),
         sha256 = field_of(file, fields, SHA256), order = field_of(file, fields, ORDER);
    delivery->source = text_to_string(file->arena, field_of(file, fields, SOURCE));
    delivery->delivery.sender = text_to_string(file->arena, field_of(file, fields, SENDER));
    delivery->delivery.path = path.length > 0 ? path_beside(file, path) : NULL;
    delivery->delivery.replace = is_yes(field_of(file, fields, REPLACE));
    delivery->delivery.status = INGEST_FINAL;
    if (status.length > 0 && !delivery_status(status, &delivery->delivery.status, error).ok)
        return list_fail(file, "status is none of provisional, final, year_end", error);
    if (sha256.length > 0 &&
        !delivery_announced(sha256, file->arena, &delivery->delivery.announced, error).ok)
        return list_fail(file, "sha256 is not 64 hexadecimal digits", error);
    if (sha256.length > 0 && path.length == 0)
        return list_fail(file, "sha256 of a nil return, which has no file", error);
    if (!month_parse(field_of(file, fields, PERIOD), &delivery->delivery.period))
        return list_fail(file, "period is not of the form CCYY-MM", error);
    if (order.length > 0 && !text_to_int64(order, &delivery->order))
        return list_fail(file, "order is not a number", error);
    if (*delivery->source == '\0' || *delivery->delivery.sender == '\0')
        return list_fail(file, "source and sender are needed", error);
    return RESULT_OK;
}

static int compare_order(const void *a, const void *b)
{
    const Delivery *one = a, *other = b;

    if (one->order != other->order)
        return one->order < other->order ? -1 : 1;
    return one < other ? -1 : 1; /* as they stand */
}

Result delivery_list_read(const char *path, Arena *arena, Delivery **deliveries, size_t *count, Error *error)
{
    ListFile file = {.path = path, .arena = arena, .line = 1};
    Text rest;

    TRY(input_read_all(path, LIST_BYTES_MAX, arena, &rest, error));
    TRY(read_header(&file, line_next(&rest), error));
    *deliveries = arena_alloc(arena, DELIVERIES_MAX * sizeof **deliveries);
    *count = 0;
    while (rest.length > 0) {
        Text line = line_next(&rest);
        file.line++;
        if (line.length == 0)
            continue;
        if (*count == DELIVERIES_MAX)
            return list_fail(&file, "more deliveries than one call takes", error);
        TRY(read_line(&file, line, &(*deliveries)[*count], error));
        if (file.layout.place[ORDER] < 0)
            (*deliveries)[*count].order = file.line;
        (*count)++;
    }
    qsort(*deliveries, *count, sizeof **deliveries, compare_order);
    return RESULT_OK;
}
