#include "tests/conformance/ehrql_data.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PEOPLE_MAX = 64, WORDS_MAX = 512, COLUMNS_MAX = 12, ROWS_MAX = 64 };

/* ---- words ---- */

typedef struct Words {
    Text words[WORDS_MAX];
    size_t count;
} Words;

static int compare_words(const void *a, const void *b)
{
    return text_compare(*(const Text *)a, *(const Text *)b);
}

static void collect(Words *words, const json_t *value)
{
    const char *key;
    json_t *part;
    size_t i;

    if (json_is_string(value) && words->count < WORDS_MAX)
        words->words[words->count++] = text_from(json_string_value(value));
    json_array_foreach(value, i, part) collect(words, part);
    json_object_foreach((json_t *)value, key, part) collect(words, part);
}

/* The lines of a code list in CSV hold words of their own. */
static void split_lines(Words *words)
{
    for (size_t i = 0, count = words->count; i < count; i++)
        for (Text rest = words->words[i]; rest.length > 0 && words->count < WORDS_MAX;)
            words->words[words->count++] = text_next(&rest, ',');
}

static void sort_words(Words *words)
{
    size_t kept = 0;

    qsort(words->words, words->count, sizeof(Text), compare_words);
    for (size_t i = 0; i < words->count; i++)
        if (kept == 0 || !text_equal(words->words[kept - 1], words->words[i]))
            words->words[kept++] = words->words[i];
    words->count = kept;
}

/* ---- cells ---- */

QueryType ehrql_type(const char *column)
{
    switch (column[0]) {
    case 'i':
        return TYPE_NUMBER;
    case 'f':
        return TYPE_DECIMAL;
    case 'b':
        return TYPE_BOOL;
    case 'd':
        return TYPE_DATE;
    default:
        return TYPE_TEXT;
    }
}

bool ehrql_day(const json_t *value, int64_t *day)
{
    const json_t *inner = json_object_get(value, "date");
    const char *text = json_string_value(inner != NULL ? inner : value);
    Date date;

    if (text == NULL || !date_parse(text_from(text), &date))
        return false;
    *day = date;
    return true;
}

static int64_t cell_number(const Dataset *dataset, QueryType type, const json_t *cell)
{
    int64_t day = NUMBER_UNKNOWN;

    if (json_is_null(cell))
        return NUMBER_UNKNOWN;
    switch (type) {
    case TYPE_BOOL:
        return json_is_true(cell);
    case TYPE_DATE:
        return ehrql_day(cell, &day) ? day : NUMBER_UNKNOWN;
    case TYPE_TEXT:
        return dataset_word(dataset, text_from(json_string_value(cell)));
    default:
        return json_integer_value(cell);
    }
}

/* ---- rows ---- */

typedef struct Line {
    size_t person; /* its place in the list of people */
    int64_t numbers[COLUMNS_MAX];
    double decimals[COLUMNS_MAX]; /* -INFINITY: unknown */
} Line;

static size_t person_place(const int64_t *people, size_t count, int64_t person)
{
    size_t place = 0;

    while (place < count && people[place] != person)
        place++;
    return place;
}

static int compare_lines(const void *a, const void *b)
{
    const Line *x = a, *y = b;

    if (x->person != y->person)
        return x->person < y->person ? -1 : 1;
    for (size_t c = 0; c < COLUMNS_MAX; c++) {
        if (x->numbers[c] != y->numbers[c])
            return x->numbers[c] < y->numbers[c] ? -1 : 1;
        if (x->decimals[c] < y->decimals[c] || x->decimals[c] > y->decimals[c])
            return x->decimals[c] < y->decimals[c] ? -1 : 1;
    }
    return 0;
}

static DataColumn make_column(Arena *arena, const Line *lines, size_t count, const char *name, size_t place)
{
    int64_t *wide = arena_alloc(arena, (count + 1) * sizeof *wide);
    double *decimals = arena_alloc(arena, (count + 1) * sizeof *decimals);
    bool is_decimal = ehrql_type(name) == TYPE_DECIMAL;

    for (size_t i = 0; i < count; i++) {
        wide[i] = lines[i].numbers[place];
        decimals[i] = lines[i].decimals[place];
    }
    return (DataColumn){.name = text_from(name),
                        .type = ehrql_type(name),
                        .wide = is_decimal ? NULL : wide,
                        .decimals = is_decimal ? decimals : NULL};
}

static void read_line(const Dataset *dataset, const json_t *columns, const json_t *row, const int64_t *people,
                      Line *line)
{
    *line =
        (Line){.person = person_place(people, dataset->people, json_integer_value(json_array_get(row, 0)))};
    for (size_t c = 1; c < json_array_size(columns) && c <= COLUMNS_MAX; c++) {
        QueryType type = ehrql_type(json_string_value(json_array_get(columns, c)));
        const json_t *cell = json_array_get(row, c);
        if (type == TYPE_DECIMAL)
            line->decimals[c - 1] = json_is_null(cell) ? -INFINITY : json_number_value(cell);
        else
            line->numbers[c - 1] = cell_number(dataset, type, cell);
    }
}

static DataSource make_source(const Dataset *dataset, const json_t *table, const int64_t *people,
                              Arena *arena)
{
    const json_t *names = json_object_get(table, "columns"), *rows = json_object_get(table, "rows");
    size_t count = json_array_size(rows), row = 0, columns = json_array_size(names) - 1;
    uint32_t *begin = arena_alloc(arena, (dataset->people + 1) * sizeof *begin);
    DataColumn *made = arena_alloc(arena, (columns + 1) * sizeof *made);
    Line *lines = arena_alloc(arena, (count + 1) * sizeof *lines);

    for (size_t i = 0; i < count; i++)
        read_line(dataset, names, json_array_get(rows, i), people, &lines[i]);
    qsort(lines, count, sizeof *lines, compare_lines);
    for (size_t p = 0; p <= dataset->people; p++) {
        while (row < count && lines[row].person < p)
            row++;
        begin[p] = (uint32_t)row;
    }
    for (size_t c = 0; c < columns; c++)
        made[c] = make_column(arena, lines, count, json_string_value(json_array_get(names, c + 1)), c);
    return (DataSource){.begin = begin, .columns = made, .column_count = columns};
}

static void collect_people(const json_t *tables, int64_t *people, uint32_t *count)
{
    const char *name;
    json_t *table, *row;
    size_t i;

    json_object_foreach((json_t *)tables, name, table)
        json_array_foreach(json_object_get(table, "rows"), i, row)
    {
        int64_t person = json_integer_value(json_array_get(row, 0));
        if (*count < PEOPLE_MAX && person_place(people, *count, person) == *count)
            people[(*count)++] = person;
    }
}

const Dataset *ehrql_dataset(const json_t *tables, const json_t *expression, const json_t *population,
                             Arena *arena, int64_t **people)
{
    Dataset *dataset = arena_alloc(arena, sizeof *dataset);
    DataSource *sources = arena_alloc(arena, (json_object_size(tables) + 1) * sizeof *sources);
    Words *words = arena_alloc(arena, sizeof *words);
    const char *name;
    json_t *table;

    *people = arena_alloc(arena, PEOPLE_MAX * sizeof **people);
    collect_people(tables, *people, &dataset->people);
    collect(words, tables);
    collect(words, expression);
    collect(words, population);
    split_lines(words);
    sort_words(words);
    dataset->words = words->words;
    dataset->word_count = words->count;
    dataset->sources = sources;
    dataset->source_count = 1;
    json_object_foreach((json_t *)tables, name, table) sources[dataset->source_count++] =
        make_source(dataset, table, *people, arena);
    return dataset;
}
