/* The catalogue as tables to read: sources, columns, codes, months. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "query/catalogue.h"
#include "query/coverage.h"
#include "query/query.h"
#include "query_sql.h"

enum { ARENA_BYTES = 1 << 20, CANDIDATES_MAX = 512, SQL_BYTES = 96 };

static const DbStatement sources_statement = {
    .name = "catalogue sources",
    .sql = query_sql_catalogue_sources,
    .parameters = {VALUE_INT4, VALUE_TEXT_ARRAY},
    .columns = {VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_INT8, VALUE_INT8, VALUE_INT4, VALUE_INT4,
                VALUE_TEXT},
};
static const DbStatement columns_statement = {
    .name = "catalogue columns",
    .sql = query_sql_catalogue_columns,
    .parameters = {VALUE_TEXT},
    .columns = {VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_INT8, VALUE_BOOL,
                VALUE_BOOL, VALUE_TEXT, VALUE_TEXT},
};
static const DbStatement codes_statement = {
    .name = "catalogue codes",
    .sql = query_sql_catalogue_codes,
    .parameters = {VALUE_TEXT, VALUE_TEXT},
    .columns = {VALUE_TEXT, VALUE_TEXT},
};
static const DbStatement published_statement = {
    .name = "catalogue published",
    .sql = query_sql_published_list,
    .columns = {VALUE_TEXT, VALUE_TEXT, VALUE_DATE, VALUE_TEXT, VALUE_INT8},
};
static Text month_or_none(Arena *arena, const DbRows *rows, size_t row, size_t column)
{
    char text[DATE_TEXT_BYTES];

    if (db_is_null(rows, row, column))
        return TEXT("");
    return text_format(arena, "%s", month_format((Month)db_int(rows, row, column), text));
}

static Text number(Arena *arena, int64_t value)
{
    return text_format(arena, "%" PRId64, value);
}

/* ---- sources ---- */

static Result list_sources(Db *reader, const CatalogueWanted *wanted, Arena *arena, Table **table,
                           Error *error)
{
    static const char *const headings[] = {"source", "of",    "title", "columns",
                                           "months", "first", "last",  "status"};
    static const bool right[] = {false, false, false, true, true, false, false, false};
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const Value parameters[] = {
        value_int4(wanted->release_id),
        {.type = VALUE_TEXT_ARRAY, .array = {.items = wanted->sources, .count = wanted->source_count}}};

    TRY(db_run(reader, &sources_statement, parameters, &rows, error));
    *table = table_create(headings, right, 8);
    const Text person[] = {TEXT("person"),
                           TEXT("person"),
                           TEXT("What is known of everybody"),
                           number(arena, (int64_t)ATTRIBUTE_COUNT),
                           TEXT(""),
                           TEXT(""),
                           TEXT(""),
                           TEXT("")};
    table_row(*table, person);
    for (size_t row = 0; row < db_row_count(rows); row++) {
        const Text cells[] = {db_text(rows, row, 0),
                              db_text(rows, row, 1),
                              db_text(rows, row, 2),
                              number(arena, db_int(rows, row, 3)),
                              number(arena, db_int(rows, row, 4)),
                              month_or_none(arena, rows, row, 5),
                              month_or_none(arena, rows, row, 6),
                              db_is_null(rows, row, 7) ? TEXT("not held") : db_text(rows, row, 7)};
        table_row(*table, cells);
    }
    return RESULT_OK;
}

/* ---- what is from outside ---- */

static Result list_published(Db *reader, Arena *arena, Table **table, Error *error)
{
    static const char *const headings[] = {"kind", "name", "of", "lines", "origin"};
    static const bool right[] = {false, false, false, true, false};
    SCOPED(db_rows_close) DbRows *rows = NULL;

    TRY(db_run(reader, &published_statement, NULL, &rows, error));
    *table = table_create(headings, right, 5);
    for (size_t row = 0; row < db_row_count(rows); row++) {
        char day[DATE_TEXT_BYTES];
        const Text cells[] = {db_text(rows, row, 0), db_text(rows, row, 1),
                              text_format(arena, "%s", date_format((Date)db_int(rows, row, 2), day)),
                              number(arena, db_int(rows, row, 4)), db_text(rows, row, 3)};
        table_row(*table, cells);
    }
    return RESULT_OK;
}

/* ---- columns ---- */

static const char *type_word(QueryType type)
{
    static const char *const words[] = {"boolean", "number", "date", "text", "decimal"};

    return words[type];
}

static void list_attributes(Table **table)
{
    static const char *const headings[] = {"word", "type", "tables by it", "meaning"};

    *table = table_create(headings, NULL, 4);
    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++) {
        const Attribute *attribute = &ATTRIBUTES[i];
        const Text cells[] = {text_from(attribute->name), text_from(type_word(attribute->type)),
                              attribute->is_dimension ? TEXT("yes") : TEXT("in bands"),
                              text_from(attribute->meaning)};
        table_row(*table, cells);
    }
}

static Result list_columns(Db *reader, const char *source, Arena *arena, Table **table, Error *error)
{
    static const char *const headings[] = {
        "column", "type", "use", "heading in the file", "codes", "terminology", "may be unknown", "meaning"};
    static const bool right[] = {false, false, false, false, true, false, false, false};
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const Value parameters[] = {value_text(text_from(source))};

    TRY(db_run(reader, &columns_statement, parameters, &rows, error));
    *table = table_create(headings, right, 8);
    for (size_t row = 0; row < db_row_count(rows); row++) {
        bool is_event_date = db_value(rows, row, 7).boolean;
        const Text cells[] = {
            text_format(arena, "%.*s%s", TEXT_ARG(db_text(rows, row, 0)),
                        is_event_date ? " (event_date)" : ""),
            db_text(rows, row, 1),
            db_text(rows, row, 2),
            db_text(rows, row, 3),
            db_is_null(rows, row, 4) ? TEXT("") : number(arena, db_int(rows, row, 5)),
            db_is_null(rows, row, 8) ? TEXT("") : db_text(rows, row, 8),
            db_value(rows, row, 6).boolean ? TEXT("no") : TEXT("yes"),
            db_is_null(rows, row, 9) ? TEXT("") : db_text(rows, row, 9),
        };
        table_row(*table, cells);
    }
    return RESULT_OK;
}

/* Delivered or not, and by whom not. */
static Result list_months(Db *reader, const CatalogueWanted *wanted, Arena *arena, Table **table,
                          Error *error)
{
    static const char *const headings[] = {"month",   "status",          "senders",
                                           "missing", "missing senders", "percent linked"};
    static const bool right[] = {false, false, true, true, false, true};
    const CoverageMonth *months;
    char text[DATE_TEXT_BYTES];
    size_t count;

    TRY(coverage_read_months(reader, wanted->release_id, text_from(wanted->source), arena, &months, &count,
                             error));
    *table = table_create(headings, right, 6);
    for (size_t i = 0; i < count; i++) {
        int64_t percent = coverage_match_percent(months[i].rows, months[i].linked, wanted->people_min);
        const Text cells[] = {text_from(month_format(months[i].month, text)),
                              months[i].status.length == 0 ? TEXT("not delivered") : months[i].status,
                              number(arena, months[i].senders),
                              months[i].missing < 0 ? TEXT("") : number(arena, months[i].missing),
                              months[i].missing_names,
                              percent < 0 ? TEXT("") : number(arena, percent)};
        table_row(*table, cells);
    }
    return RESULT_OK;
}

/* ---- codes ---- */

static Result unknown_word(const char *kind, const char *word, const Text *candidates, size_t count,
                           Error *error)
{
    Text nearest = text_nearest(text_from(word), candidates, count);

    if (nearest.length == 0)
        return fail(error, ERROR_INPUT, "catalogue: no %s of this name", kind);
    return fail(error, ERROR_INPUT, "catalogue: no %s of this name; did you mean %.*s?", kind,
                TEXT_ARG(nearest));
}

static Result check_column(Db *reader, const CatalogueWanted *wanted, bool *has_codes, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const Value parameters[] = {value_text(text_from(wanted->source))};
    Text candidates[CANDIDATES_MAX];
    size_t count = 0;

    TRY(db_run(reader, &columns_statement, parameters, &rows, error));
    for (; count < db_row_count(rows) && count < CANDIDATES_MAX; count++) {
        candidates[count] = db_text(rows, count, 0);
        if (!text_equal(candidates[count], text_from(wanted->column)))
            continue;
        *has_codes = !db_is_null(rows, count, 4);
        return RESULT_OK;
    }
    return unknown_word("column", wanted->column, candidates, count, error);
}

static void add_pairs(const DbRows *rows, Table *table)
{
    for (size_t row = 0; row < db_row_count(rows); row++) {
        const Text cells[] = {db_text(rows, row, 0), db_text(rows, row, 1)};
        table_row(table, cells);
    }
}

static Result list_codes(Db *reader, const CatalogueWanted *wanted, Table **table, Error *error)
{
    static const char *const headings[] = {"code", "meaning"};
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const Value parameters[] = {value_text(text_from(wanted->source)), value_text(text_from(wanted->column))};
    bool has_codes;

    TRY(check_column(reader, wanted, &has_codes, error));
    if (!has_codes)
        return fail(error, ERROR_INPUT, "catalogue: this column has no code list of its own");
    TRY(db_run(reader, &codes_statement, parameters, &rows, error));
    *table = table_create(headings, NULL, 2);
    add_pairs(rows, *table);
    return RESULT_OK;
}

/* The values that a table by this word has lines for. */
static Result list_values(Db *reader, const CatalogueWanted *wanted, Table **table, Error *error)
{
    static const char *const headings[] = {"word", "value"};
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const Attribute *attribute = attribute_find(text_from(wanted->column));
    const Value parameters[] = {value_text(text_from(wanted->column))};
    Text candidates[CANDIDATES_MAX];
    char sql[SQL_BYTES];
    DbStatement statement = {.name = "catalogue values",
                             .sql = sql,
                             .parameters = {VALUE_TEXT},
                             .columns = {VALUE_TEXT, VALUE_TEXT}};

    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++)
        candidates[i] = text_from(ATTRIBUTES[i].name);
    if (attribute == NULL)
        return unknown_word("word", wanted->column, candidates, ATTRIBUTE_COUNT, error);
    if (!attribute->is_dimension)
        return fail(error, ERROR_INPUT,
                    "catalogue: this word has too many values to list; tables are by bands of it");
    *table = table_create(headings, NULL, 2);
    if (wanted->release_id == 0)
        return RESULT_OK;
    (void)snprintf(sql, sizeof sql,
                   "SELECT dimension, value FROM release_%" PRId64
                   ".category WHERE dimension = $1 ORDER BY 2",
                   wanted->release_id);
    TRY(db_run(reader, &statement, parameters, &rows, error));
    add_pairs(rows, *table);
    return RESULT_OK;
}

/* ---- what is asked for ---- */

static Result check_source(const CatalogueWanted *wanted, Error *error)
{
    for (size_t i = 0; i < wanted->source_count; i++)
        if (text_equal(wanted->sources[i], text_from(wanted->source)))
            return RESULT_OK;
    return unknown_word("source", wanted->source, wanted->sources, wanted->source_count, error);
}

static Result make_table(Db *reader, const CatalogueWanted *wanted, Arena *arena, Table **table, Error *error)
{
    if (wanted->source == NULL)
        return list_sources(reader, wanted, arena, table, error);
    if (strcmp(wanted->source, "person") == 0) {
        if (wanted->column != NULL)
            return list_values(reader, wanted, table, error);
        list_attributes(table);
        return RESULT_OK;
    }
    if (strcmp(wanted->source, "published") == 0)
        return list_published(reader, arena, table, error);
    TRY(check_source(wanted, error));
    if (wanted->by_month)
        return list_months(reader, wanted, arena, table, error);
    if (wanted->column != NULL)
        return list_codes(reader, wanted, table, error);
    return list_columns(reader, wanted->source, arena, table, error);
}

Result query_catalogue(Db *reader, const CatalogueWanted *wanted, Table **table, Error *error)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);

    return make_table(reader, wanted, arena, table, error);
}
