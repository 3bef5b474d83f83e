#include <string.h>

#include "query/catalogue.h"
#include "query_sql.h"

enum { SOURCE_COLUMNS_MAX = 256 };

const char *const QUERY_TYPE_NAMES[] = {"a condition", "a number", "a date", "text", "a decimal number"};

const Attribute ATTRIBUTES[] = {
    {"sex", "p", "sex", "sex", TYPE_TEXT, true, false, "of the register, else of any source that says"},
    {"ethnic_category", "p", "ethnic_category", "ethnic_category", TYPE_TEXT, true, true,
     "stated before not stated, the register's before others', the latest"},
    {"district", "r", "district", "place", TYPE_TEXT, true, false, "of the home on the query's day"},
    {"district_then", "r", "district_then", "place", TYPE_TEXT, true, false,
     "the same, by the boundaries of that day"},
    {"ward", "r", "ward", "place", TYPE_TEXT, true, false, "of the home on the query's day"},
    {"ward_then", "r", "ward_then", "place", TYPE_TEXT, true, false,
     "the same, by the boundaries of that day"},
    {"hcp", "r", "hcp", "place", TYPE_TEXT, true, false,
     "health and care partnership of the practice, else of the home"},
    {"hcp_then", "r", "hcp_then", "place", TYPE_TEXT, true, false, "the one that it was in on that day"},
    {"pcn", "r", "pcn", "place", TYPE_TEXT, true, false, "primary care network of the practice"},
    {"pcn_then", "r", "pcn_then", "place", TYPE_TEXT, true, false, "the one that it was in on that day"},
    {"practice", "r", "practice", "place", TYPE_TEXT, true, false, "registered with on the query's day"},
    {"practice_now", "r", "practice_now", "place", TYPE_TEXT, true, false,
     "what has become of that practice by the release's last day"},
    {"imd_decile", "r", "imd_decile", "imd_decile", TYPE_NUMBER, true, false,
     "deprivation of the home's area; 1 is the most deprived"},
    {"care_home", "r", "care_home", "care_home", TYPE_BOOL, true, false,
     "lives in one, as the register says"},
    {"age", "p", NULL, "age", TYPE_NUMBER, false, false,
     "birthdays by the query's day; at another day: age at DATE"},
};
const size_t ATTRIBUTE_COUNT = sizeof ATTRIBUTES / sizeof *ATTRIBUTES;

const Attribute *attribute_find(Text name)
{
    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++)
        if (text_equal(name, text_from(ATTRIBUTES[i].name)))
            return &ATTRIBUTES[i];
    return NULL;
}

const CatalogueSource *catalogue_source(const Catalogue *catalogue, Text name)
{
    for (size_t i = 0; i < catalogue->source_count; i++)
        if (text_equal(name, catalogue->sources[i].name))
            return &catalogue->sources[i];
    return NULL;
}

const CatalogueColumn *catalogue_column(const CatalogueSource *source, Text name)
{
    for (size_t i = 0; i < source->column_count; i++)
        if (text_equal(name, source->columns[i].name))
            return &source->columns[i];
    return NULL;
}

/* source, is_household, column, stored, type, is_death, terminology; sorted by source */
static const DbStatement catalogue_statement = {
    .name = "query catalogue",
    .sql = query_sql_catalogue,
    .columns = {VALUE_TEXT, VALUE_BOOL, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT, VALUE_BOOL, VALUE_TEXT},
};

QueryType catalogue_type(Text type)
{
    if (text_equal(type, TEXT("date")))
        return TYPE_DATE;
    if (text_equal(type, TEXT("integer")) || text_equal(type, TEXT("decimal")) ||
        text_equal(type, TEXT("time")))
        return TYPE_NUMBER;
    return text_equal(type, TEXT("boolean")) ? TYPE_BOOL : TYPE_TEXT;
}

static CatalogueSource *source_begin(CatalogueSource *sources, size_t *count, const DbRows *rows, size_t row,
                                     Arena *arena)
{
    Text name = db_text(rows, row, 0);

    if (*count > 0 && text_equal(sources[*count - 1].name, name))
        return &sources[*count - 1];
    CatalogueSource *source = &sources[(*count)++];
    source->name = text_copy(arena, name);
    source->is_household = db_value(rows, row, 1).boolean;
    source->is_death = db_value(rows, row, 5).boolean;
    source->columns = arena_alloc(arena, SOURCE_COLUMNS_MAX * sizeof *source->columns);
    return source;
}

Result catalogue_read(Db *reader, Arena *arena, Catalogue *catalogue, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    size_t count = 0;

    TRY(db_run(reader, &catalogue_statement, NULL, &rows, error));
    CatalogueSource *sources = arena_alloc(arena, (db_row_count(rows) + 1) * sizeof *sources);
    for (size_t row = 0; row < db_row_count(rows); row++) {
        CatalogueSource *source = source_begin(sources, &count, rows, row, arena);
        if (source->column_count == SOURCE_COLUMNS_MAX)
            return fail(error, ERROR_LIMIT, "source %.*s: more than %d columns", TEXT_ARG(source->name),
                        SOURCE_COLUMNS_MAX);
        source->columns[source->column_count++] = (CatalogueColumn){
            .name = text_copy(arena, db_text(rows, row, 2)),
            .stored = text_copy(arena, db_text(rows, row, 3)),
            .type = catalogue_type(db_text(rows, row, 4)),
            .terminology = db_is_null(rows, row, 6) ? TEXT("") : text_copy(arena, db_text(rows, row, 6)),
        };
    }
    *catalogue = (Catalogue){.sources = sources, .source_count = count};
    return RESULT_OK;
}
