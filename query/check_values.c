#include "query/check_values.h"

#include <inttypes.h>
#include <stdio.h>

#include "query_sql.h"

enum { WARNINGS_MAX = 20, SQL_BYTES = 128 };

typedef struct Known {
    const Node *of; /* the attribute or column that was asked last */
    Text *values;
    size_t count;
} Known;

typedef struct Walk {
    Db *reader;
    int64_t release_id;
    Arena *arena;
    TextBuilder *out;
    size_t warnings;
    Known known;
} Walk;

static const DbStatement codes_statement = {
    .name = "catalogue codes",
    .sql = query_sql_catalogue_codes,
    .parameters = {VALUE_TEXT, VALUE_TEXT},
    .columns = {VALUE_TEXT, VALUE_TEXT},
};

/* ---- what there is ---- */

static void keep(Walk *walk, const DbRows *rows)
{
    walk->known.count = db_row_count(rows);
    walk->known.values = arena_alloc(walk->arena, (walk->known.count + 1) * sizeof *walk->known.values);
    for (size_t i = 0; i < walk->known.count; i++)
        walk->known.values[i] = text_copy(walk->arena, db_text(rows, i, 0));
}

static Result read_codes(Walk *walk, const CatalogueSource *source, const CatalogueColumn *column,
                         Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const Value parameters[] = {value_text(source->name), value_text(column->stored)};

    TRY(db_run(walk->reader, &codes_statement, parameters, &rows, error));
    keep(walk, rows);
    return RESULT_OK;
}

static Result read_categories(Walk *walk, const Attribute *attribute, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    char sql[SQL_BYTES];
    const DbStatement statement = {
        .name = "check categories", .sql = sql, .parameters = {VALUE_TEXT}, .columns = {VALUE_TEXT}};
    const Value parameters[] = {value_text(text_from(attribute->name))};

    (void)snprintf(sql, sizeof sql,
                   "SELECT value FROM release_%" PRId64 ".category WHERE dimension = $1 ORDER BY value",
                   walk->release_id);
    TRY(db_run(walk->reader, &statement, parameters, &rows, error));
    keep(walk, rows);
    return RESULT_OK;
}

/* No values: any text may be one. */
static Result read_known(Walk *walk, const CatalogueSource *source, const Node *of, Error *error)
{
    const Node *last = walk->known.of;

    if (last != NULL && last->kind == of->kind && last->attribute == of->attribute &&
        last->column == of->column)
        return RESULT_OK;
    walk->known = (Known){.of = of};
    if (of->type != TYPE_TEXT)
        return RESULT_OK;
    if (of->kind == NODE_COLUMN && source != NULL)
        return read_codes(walk, source, of->column, error);
    if (of->kind == NODE_ATTRIBUTE && of->attribute->is_dimension && walk->release_id != 0)
        return read_categories(walk, of->attribute, error);
    return RESULT_OK;
}

/* ---- what is asked for ---- */

static bool is_known(const Known *known, Text text)
{
    bool is_prefix = text.length > 0 && text.data[text.length - 1] == '*';

    for (size_t i = 0; i < known->count; i++)
        if (is_prefix ? text_starts_with(known->values[i], text_slice(text, 0, text.length - 1))
                      : text_equal(known->values[i], text))
            return true;
    return known->count == 0;
}

static void check_text(Walk *walk, const Node *asked, Text text)
{
    const Node *of = walk->known.of;
    Text name = of->kind == NODE_COLUMN ? of->column->name : text_from(of->attribute->name);

    if (is_known(&walk->known, text) || walk->warnings == WARNINGS_MAX)
        return;
    Text nearest = text_nearest(text, walk->known.values, walk->known.count);
    if (nearest.length > 0)
        source_text_warn(&asked->at, walk->out, "\"%.*s\" is no value of %.*s; did you mean \"%.*s\"?",
                         TEXT_ARG(text), TEXT_ARG(name), TEXT_ARG(nearest));
    else
        source_text_warn(&asked->at, walk->out, "\"%.*s\" is no value of %.*s", TEXT_ARG(text),
                         TEXT_ARG(name));
    walk->warnings++;
}

static void check_compared(Walk *walk, const Node *with)
{
    if (with->kind == NODE_STRING)
        check_text(walk, with, with->text);
    if (with->kind == NODE_PARAMETER)
        for (size_t i = 0; i < with->parameter->count; i++)
            check_text(walk, with, with->parameter->values[i].node->text);
}

static const Node *behind_lets(const Node *node)
{
    while (node->kind == NODE_LET)
        node = node->let->value;
    return node;
}

static bool is_of_texts(const Node *node)
{
    return node->kind == NODE_IN_LIST || node->kind == NODE_IN_CODES ||
           (node->kind == NODE_COMPARE && node->operands[1]->type == TYPE_TEXT);
}

static Result check_condition(Walk *walk, const CatalogueSource *source, const Node *node, Error *error)
{
    TRY(read_known(walk, source, behind_lets(node->operands[0]), error));
    if (walk->known.count == 0)
        return RESULT_OK;
    for (size_t i = 0; node->kind == NODE_IN_LIST && i < node->item_count; i++)
        check_text(walk, node, node->items[i]);
    for (size_t i = 0; node->kind == NODE_IN_CODES && i < node->codes->count; i++)
        check_text(walk, node, node->codes->codes[i]);
    if (node->kind == NODE_COMPARE)
        check_compared(walk, node->operands[1]);
    return RESULT_OK;
}

static Result check_node(Walk *walk, const CatalogueSource *source, const Node *node, Error *error)
{
    const Node *where = node_is_of_records(node) ? node_where(node) : NULL;

    if (is_of_texts(node))
        TRY(check_condition(walk, source, node, error));
    for (size_t i = 0; i < node->operand_count; i++)
        TRY(check_node(walk, node->operands[i] == where ? node->source : source, node->operands[i], error));
    return RESULT_OK;
}

Result check_values(Db *reader, int64_t release_id, const Tree *tree, Arena *arena, TextBuilder *out,
                    Error *error)
{
    Walk walk = {.reader = reader, .release_id = release_id, .arena = arena, .out = out};

    TRY(check_node(&walk, NULL, tree->cohort, error));
    for (size_t i = 0; i < tree->let_count; i++)
        if (tree->lets[i].is_used)
            TRY(check_node(&walk, NULL, tree->lets[i].value, error));
    for (size_t p = 0; p < tree->part_count; p++) {
        const Part *part = &tree->parts[p];
        for (size_t d = 0; part->period == 0 && d < part->dimension_count; d++)
            if (part->dimensions[d]->condition != NULL)
                TRY(check_node(&walk, NULL, part->dimensions[d]->condition, error));
    }
    return RESULT_OK;
}
