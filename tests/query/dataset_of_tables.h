#pragma once
/* A second reading of a release: its tables by SELECT, row by row. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/db.h"
#include "query/dataset.h"

enum { READ_COLUMNS_MAX = DB_COLUMNS_MAX - 1, READ_SOURCES_MAX = 64, SQL_MAX = 1 << 16 };

typedef struct ReadTable {
    Text name;
    bool is_household;
    size_t column_count;
    Text columns[READ_COLUMNS_MAX];
    QueryType types[READ_COLUMNS_MAX];
    DbRows *rows; /* person number, then the columns as texts; in the order of a dataset */
} ReadTable;

typedef struct Reading {
    Db *db;
    Arena *arena;
    int64_t release_id;
    ReadTable tables[READ_SOURCES_MAX];
    size_t table_count;
    Text *words;
    size_t word_count, words_max;
} Reading;

#define READ_MUST(call)                                                                                      \
    do {                                                                                                     \
        Error must_error = {0};                                                                              \
        Error *must = &must_error;                                                                           \
        Result must_result = (call);                                                                         \
        cr_assert(must_result.ok, "%s", must->message);                                                      \
    } while (0)

/* ---- the shape ---- */

static QueryType type_of(Text type)
{
    if (text_equal(type, TEXT("date")))
        return TYPE_DATE;
    if (text_equal(type, TEXT("text")))
        return TYPE_TEXT;
    if (text_equal(type, TEXT("boolean")))
        return TYPE_BOOL;
    return text_equal(type, TEXT("numeric")) ? TYPE_DECIMAL : TYPE_NUMBER;
}

static void add_column(ReadTable *table, Text name, QueryType type)
{
    cr_assert_lt(table->column_count, READ_COLUMNS_MAX);
    table->columns[table->column_count] = name;
    table->types[table->column_count++] = type;
}

static void end_table(ReadTable *table)
{
    if (!table->is_household)
        return;
    add_column(table, TEXT("household_from"), TYPE_DATE);
    add_column(table, TEXT("household_to"), TYPE_DATE);
}

/* A table is of a source when it begins with whose rows they are. */
static void read_shape(Reading *reading)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const DbStatement statement = {
        .name = "shape",
        .sql = "SELECT c.relname::text, a.attname::text, format_type(a.atttypid, NULL)"
               "  FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0"
               " WHERE c.relnamespace = ('release_' || $1)::regnamespace AND c.relkind = 'r'"
               "   AND c.relname NOT IN ('guard', 'block')"
               "   AND EXISTS (SELECT FROM pg_attribute AS f WHERE f.attrelid = c.oid AND f.attnum = 1"
               "                  AND f.attname IN ('person_number', 'household_number'))"
               " ORDER BY c.relname <> 'person', c.relname, a.attnum",
        .parameters = {VALUE_INT8},
        .columns = {VALUE_TEXT, VALUE_TEXT, VALUE_TEXT}};
    const Value parameters[] = {value_int8(reading->release_id)};
    ReadTable *table = NULL;

    READ_MUST(db_run(reading->db, &statement, parameters, &rows, must));
    for (size_t i = 0; i < db_row_count(rows); i++) {
        Text column = text_copy(reading->arena, db_text(rows, i, 1));
        if (table == NULL || !text_equal(table->name, db_text(rows, i, 0))) {
            if (table != NULL)
                end_table(table);
            cr_assert_lt(reading->table_count, READ_SOURCES_MAX);
            table = &reading->tables[reading->table_count++];
            table->name = text_copy(reading->arena, db_text(rows, i, 0));
            table->is_household = text_equal(column, TEXT("household_number"));
        } else if (!text_equal(column, TEXT("record_number"))) {
            add_column(table, column, type_of(db_text(rows, i, 2)));
        }
    }
    cr_assert_not_null(table, "release %" PRId64 " has no tables", reading->release_id);
    end_table(table);
}

/* ---- the rows ---- */

static Text stored_name(const ReadTable *table, size_t column)
{
    if (table->is_household && column + 2 >= table->column_count)
        return column + 2 == table->column_count ? TEXT("valid_from") : TEXT("valid_to");
    return table->columns[column];
}

static void add_value(TextBuilder *sql, const ReadTable *table, size_t column)
{
    bool is_residence = table->is_household && column + 2 >= table->column_count;

    text_add_string(sql, is_residence ? "h." : "s.");
    db_add_identifier(sql, stored_name(table, column));
}

static void read_rows(Reading *reading, ReadTable *table)
{
    SCOPED(text_builder_close) TextBuilder sql = text_builder(SQL_MAX);
    const char *owner = table->is_household ? "h" : "s";
    DbStatement statement = {.name = "rows", .columns = {VALUE_TEXT}};

    text_add_format(&sql, "SELECT %s.person_number::text", owner);
    for (size_t c = 0; c < table->column_count; c++) {
        const char *casts[] = {
            [TYPE_BOOL] = "::int4::text", [TYPE_DATE] = " - date '2000-01-01')::text", [TYPE_TEXT] = ""};
        text_add_string(&sql, table->types[c] == TYPE_DATE ? ", (" : ", ");
        add_value(&sql, table, c);
        text_add_string(&sql, table->types[c] == TYPE_NUMBER || table->types[c] == TYPE_DECIMAL
                                  ? "::text"
                                  : casts[table->types[c]]);
        statement.columns[c + 1] = VALUE_TEXT;
    }
    text_add_format(&sql, " FROM release_%" PRId64 ".", reading->release_id);
    db_add_identifier(&sql, table->name);
    text_add_string(&sql, " AS s");
    if (table->is_household)
        text_add_format(&sql, " JOIN release_%" PRId64 ".household AS h USING (household_number)",
                        reading->release_id);
    text_add_format(&sql, " ORDER BY %s.person_number", owner);
    for (size_t c = 0; c < table->column_count; c++) {
        text_add_string(&sql, ", ");
        add_value(&sql, table, c);
        text_add_string(&sql, table->types[c] == TYPE_TEXT ? " COLLATE \"C\" NULLS FIRST" : " NULLS FIRST");
    }
    statement.sql = text_built(&sql).data;
    READ_MUST(db_run(reading->db, &statement, NULL, &table->rows, must));
}

/* ---- words ---- */

static int compare_texts(const void *a, const void *b)
{
    return text_compare(*(const Text *)a, *(const Text *)b);
}

static void add_words(Reading *reading, const ReadTable *table, size_t column)
{
    for (size_t row = 0; row < db_row_count(table->rows); row++) {
        if (db_is_null(table->rows, row, column + 1))
            continue;
        if (reading->word_count == reading->words_max) {
            reading->words_max = reading->words_max == 0 ? 1024 : 2 * reading->words_max;
            reading->words = memory_resize(reading->words, reading->words_max * sizeof(Text));
        }
        reading->words[reading->word_count++] = db_text(table->rows, row, column + 1);
    }
}

static void make_words(Reading *reading, Dataset *dataset)
{
    Text *words;

    for (size_t t = 0; t < reading->table_count; t++)
        for (size_t c = 0; c < reading->tables[t].column_count; c++)
            if (reading->tables[t].types[c] == TYPE_TEXT)
                add_words(reading, &reading->tables[t], c);
    qsort(reading->words, reading->word_count, sizeof(Text), compare_texts);
    words = arena_alloc(reading->arena, (reading->word_count + 1) * sizeof *words);
    for (size_t i = 0; i < reading->word_count; i++)
        if (i == 0 || !text_equal(reading->words[i], reading->words[i - 1]))
            words[dataset->word_count++] = text_copy(reading->arena, reading->words[i]);
    dataset->words = words;
    memory_free(reading->words);
}

/* ---- columns ---- */

static int64_t number_of(const Dataset *dataset, const ReadTable *table, size_t row, size_t column)
{
    Text text = db_text(table->rows, row, column + 1);
    int64_t number;

    if (db_is_null(table->rows, row, column + 1))
        return NUMBER_UNKNOWN;
    if (table->types[column] == TYPE_TEXT)
        return dataset_word(dataset, text);
    cr_assert(text_to_int64(text, &number));
    return number;
}

static double decimal_of(const ReadTable *table, size_t row, size_t column, Arena *arena)
{
    if (db_is_null(table->rows, row, column + 1))
        return (double)NAN;
    return strtod(text_to_string(arena, db_text(table->rows, row, column + 1)), NULL);
}

static DataColumn make_column(const Reading *reading, const Dataset *dataset, const ReadTable *table,
                              size_t column)
{
    DataColumn made = {.name = table->columns[column], .type = table->types[column]};
    size_t count = db_row_count(table->rows);
    int64_t *wide = arena_alloc(reading->arena, (count + 1) * sizeof *wide);
    double *decimals = arena_alloc(reading->arena, (count + 1) * sizeof *decimals);

    for (size_t row = 0; row < count; row++)
        if (made.type == TYPE_DECIMAL)
            decimals[row] = decimal_of(table, row, column, reading->arena);
        else
            wide[row] = number_of(dataset, table, row, column);
    made.wide = made.type == TYPE_DECIMAL ? NULL : wide;
    made.decimals = made.type == TYPE_DECIMAL ? decimals : NULL;
    return made;
}

static uint32_t person_of(const ReadTable *table, size_t row)
{
    int64_t number;

    cr_assert(text_to_int64(db_text(table->rows, row, 0), &number));
    return (uint32_t)(number - 1);
}

static void make_source(const Reading *reading, const Dataset *dataset, const ReadTable *table,
                        DataSource *source)
{
    uint32_t *begin = arena_alloc(reading->arena, ((size_t)dataset->people + 1) * sizeof *begin);
    DataColumn *columns = arena_alloc(reading->arena, (table->column_count + 1) * sizeof *columns);
    size_t row = 0, count = db_row_count(table->rows);

    for (uint32_t p = 0; p <= dataset->people; p++) {
        begin[p] = (uint32_t)row;
        while (p < dataset->people && row < count && person_of(table, row) == p)
            row++;
    }
    cr_assert_eq(row, count, "a row of nobody");
    for (size_t c = 0; c < table->column_count; c++)
        columns[c] = make_column(reading, dataset, table, c);
    *source = (DataSource){
        .name = table->name, .begin = begin, .columns = columns, .column_count = table->column_count};
}

/* Fails the test where it cannot. All of it is in arena. */
__attribute__((unused)) static Dataset *dataset_of_tables(Db *db, int64_t release_id, Arena *arena)
{
    Reading *reading = memory_alloc(sizeof *reading);
    Dataset *dataset = arena_alloc(arena, sizeof *dataset);

    *reading = (Reading){.db = db, .arena = arena, .release_id = release_id};
    read_shape(reading);
    for (size_t t = 0; t < reading->table_count; t++)
        read_rows(reading, &reading->tables[t]);
    make_words(reading, dataset);
    dataset->people = (uint32_t)db_row_count(reading->tables[0].rows);
    DataSource *sources = arena_alloc(arena, reading->table_count * sizeof *sources);
    for (size_t t = 0; t < reading->table_count; t++)
        make_source(reading, dataset, &reading->tables[t], &sources[t]);
    dataset->sources = sources;
    dataset->source_count = reading->table_count;
    for (size_t t = 0; t < reading->table_count; t++)
        db_rows_close(&reading->tables[t].rows);
    memory_free(reading);
    return dataset;
}
