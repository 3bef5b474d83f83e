#pragma once
/* The shape of a release of nobody that has all sources and columns of words.h. */
#include "query/dataset.h"
#include "tests/query/words.h"

enum { SHAPE_COLUMNS_MAX = 32 };

static void shape_column(DataSource *source, DataColumn *columns, Text name, QueryType type)
{
    source->columns = columns;
    if (dataset_column(source, name) < 0)
        columns[source->column_count++] = (DataColumn){.name = name, .type = type};
}

static void shape_registration(DataSource *source, DataColumn *columns)
{
    shape_column(source, columns, TEXT("valid_from"), TYPE_DATE);
    shape_column(source, columns, TEXT("valid_to"), TYPE_DATE);
    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++)
        if (ATTRIBUTES[i].table[0] == 'r')
            shape_column(source, columns, text_from(ATTRIBUTES[i].column), ATTRIBUTES[i].type);
}

static void shape_person(DataSource *source, DataColumn *columns)
{
    shape_column(source, columns, TEXT("birth_year"), TYPE_NUMBER);
    shape_column(source, columns, TEXT("birth_month"), TYPE_NUMBER);
    shape_column(source, columns, TEXT("sex"), TYPE_TEXT);
    shape_column(source, columns, TEXT("ethnic_category"), TYPE_TEXT);
    shape_column(source, columns, TEXT("death_date"), TYPE_DATE);
}

static void shape_source(const CatalogueSource *from, DataSource *source, DataColumn *columns)
{
    for (size_t c = 0; c < from->column_count; c++)
        shape_column(source, columns, from->columns[c].stored, from->columns[c].type);
    if (!from->is_household)
        return;
    shape_column(source, columns, TEXT("household_from"), TYPE_DATE);
    shape_column(source, columns, TEXT("household_to"), TYPE_DATE);
}

static const Dataset *words_shape(Arena *arena)
{
    static const uint32_t nobody[] = {0};
    Dataset *dataset = arena_alloc(arena, sizeof *dataset);
    size_t count = WORDS.source_count + 2;
    DataSource *sources = arena_alloc(arena, count * sizeof *sources);
    DataColumn *columns = arena_alloc(arena, count * SHAPE_COLUMNS_MAX * sizeof *columns);

    for (size_t s = 0; s < count; s++) {
        DataSource *source = &sources[s];
        DataColumn *own = &columns[s * SHAPE_COLUMNS_MAX];
        source->begin = nobody;
        source->name = s == 0 ? TEXT("person") : s == 1 ? TEXT("registration") : WORDS.sources[s - 2].name;
        if (s == 0)
            shape_person(source, own);
        else if (s == 1)
            shape_registration(source, own);
        else
            shape_source(&WORDS.sources[s - 2], source, own);
    }
    *dataset = (Dataset){.sources = sources, .source_count = count};
    return dataset;
}
