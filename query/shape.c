#include "query/shape.h"

#include <string.h>

#include "query/word_list.h"

enum { OF_PEOPLE, OF_REGISTRATIONS, OF_HOUSEHOLDS, SOURCES_MADE };

static const uint32_t nobody[] = {0};

/* ---- sources ---- */

static void add_column(DataSource *source, DataColumn *columns, Text name, QueryType type)
{
    source->columns = columns;
    if (dataset_column(source, name) < 0)
        columns[source->column_count++] = (DataColumn){.name = name, .type = type};
}

static DataColumn *begin_source(DataSource *source, Text name, size_t columns_max, Arena *arena)
{
    *source = (DataSource){.name = name, .begin = nobody};
    return arena_alloc(arena, columns_max * sizeof(DataColumn));
}

static void add_made(DataSource *source, Text name, const char *table, const DataColumn *further,
                     size_t count, Arena *arena)
{
    DataColumn *columns = begin_source(source, name, ATTRIBUTE_COUNT + count, arena);

    for (size_t i = 0; i < count; i++)
        add_column(source, columns, further[i].name, further[i].type);
    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++)
        if (ATTRIBUTES[i].column != NULL && strcmp(ATTRIBUTES[i].table, table) == 0)
            add_column(source, columns, text_from(ATTRIBUTES[i].column), ATTRIBUTES[i].type);
}

static void add_source(const CatalogueSource *from, DataSource *source, Arena *arena)
{
    DataColumn *columns = begin_source(source, from->name, from->column_count + 2, arena);

    for (size_t c = 0; c < from->column_count; c++)
        add_column(source, columns, from->columns[c].stored, from->columns[c].type);
    if (!from->is_household)
        return;
    add_column(source, columns, TEXT("household_from"), TYPE_DATE);
    add_column(source, columns, TEXT("household_to"), TYPE_DATE);
}

/* ---- words ---- */

static void add_words(WordList *words, const Node *node)
{
    if (node->kind == NODE_STRING || node->kind == NODE_SENT)
        word_list_add(words, node->text);
    for (size_t i = 0; node->kind == NODE_PARAMETER && i < node->parameter->count; i++)
        add_words(words, node->parameter->values[i].node);
    for (size_t i = 0; node->items != NULL && i < node->item_count; i++)
        word_list_add(words, node->items[i]);
    for (size_t i = 0; i < node->operand_count; i++)
        add_words(words, node->operands[i]);
}

static void add_words_of_parts(WordList *words, const Tree *tree)
{
    for (size_t p = 0; p < tree->part_count; p++)
        for (size_t i = 0; i < tree->parts[p].dimension_count; i++)
            if (tree->parts[p].dimensions[i]->condition != NULL)
                add_words(words, tree->parts[p].dimensions[i]->condition);
}

static void set_words(const Tree *tree, Arena *arena, Dataset *dataset)
{
    WordList words = {0};

    add_words(&words, tree->cohort);
    add_words_of_parts(&words, tree);
    for (size_t i = 0; i < tree->let_count; i++)
        add_words(&words, tree->lets[i].value);
    for (size_t i = 0; i < tree->code_list_count; i++)
        for (size_t c = 0; c < tree->code_lists[i].count; c++)
            word_list_add(&words, tree->code_lists[i].codes[c]);
    word_list_keep(&words, dataset, arena);
}

const Dataset *shape_of_catalogue(const Catalogue *catalogue, const Tree *tree, Arena *arena)
{
    static const DataColumn of_person[] = {{.name = {"birth_year", 10}, .type = TYPE_NUMBER},
                                           {.name = {"birth_month", 11}, .type = TYPE_NUMBER},
                                           {.name = {"death_date", 10}, .type = TYPE_DATE}};
    static const DataColumn of_registration[] = {{.name = {"valid_from", 10}, .type = TYPE_DATE},
                                                 {.name = {"valid_to", 8}, .type = TYPE_DATE}};
    static const DataColumn of_household[] = {{.name = {"household_number", 16}, .type = TYPE_NUMBER},
                                              {.name = {"valid_from", 10}, .type = TYPE_DATE},
                                              {.name = {"valid_to", 8}, .type = TYPE_DATE}};
    Dataset *dataset = arena_alloc(arena, sizeof *dataset);
    size_t count = catalogue->source_count + SOURCES_MADE;
    DataSource *sources = arena_alloc(arena, count * sizeof *sources);

    add_made(&sources[OF_PEOPLE], TEXT("person"), "p", of_person, 3, arena);
    add_made(&sources[OF_REGISTRATIONS], TEXT("registration"), "r", of_registration, 2, arena);
    add_made(&sources[OF_HOUSEHOLDS], TEXT("household"), "h", of_household, 3, arena);
    for (size_t s = SOURCES_MADE; s < count; s++)
        add_source(&catalogue->sources[s - SOURCES_MADE], &sources[s], arena);
    *dataset = (Dataset){.sources = sources, .source_count = count};
    set_words(tree, arena, dataset);
    return dataset;
}
