/*
 * The canonical text: printed from the tree, so that layout and comments are gone and only meaning is left.
 * It parses to the same tree, and prints to itself.
 */
#include "query/print.h"

enum { LINE_CODES = 8 };

void print_string(TextBuilder *out, Text text)
{
    text_add_char(out, '"');
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '"')
            text_add_char(out, '"');
        text_add_char(out, text.data[i]);
    }
    text_add_char(out, '"');
}

void print_date(TextBuilder *out, Date date)
{
    char text[DATE_TEXT_BYTES];

    text_add_string(out, date_format(date, text));
}

static void print_dimension(TextBuilder *out, const Dimension *dimension)
{
    if (dimension->band_years == 0)
        text_add_string(out, dimension->attribute->name);
    else
        text_add_format(out, "band(%s, %d)", dimension->attribute->name, (int)dimension->band_years);
}

/* Those behind `by`, or of them those behind `totals`. */
static void print_dimensions(TextBuilder *out, const TableNode *table, bool of_totals)
{
    const char *before = of_totals ? "  totals " : "  by ";

    for (size_t i = 0; i < table->dimension_count; i++) {
        if (table->dimensions[i].condition != NULL || (of_totals && !table->totals[i]))
            continue;
        text_add_string(out, before);
        print_dimension(out, &table->dimensions[i]);
        before = ", ";
    }
    text_add_char(out, '\n');
}

static void print_table(TextBuilder *out, const TableNode *table)
{
    const Dimension *last = &table->dimensions[table->dimension_count - 1];

    text_add_string(out, "\ntable ");
    print_string(out, table->title);
    text_add_char(out, '\n');
    print_dimensions(out, table, false);
    if (table->has_totals)
        print_dimensions(out, table, true);
    text_add_string(out, "  measure people\n");
    if (last->condition != NULL)
        text_add_format(out, "  measure %s = people with %.*s\n", last->attribute->name,
                        TEXT_ARG(last->said));
}

static void print_heading(TextBuilder *out, const Tree *tree)
{
    text_add_string(out, "query ");
    print_string(out, tree->title);
    text_add_string(out, "\nproject ");
    text_add(out, tree->project);
    text_add_char(out, '\n');
    if (tree->as_at == DATE_NONE)
        return;
    text_add_string(out, "as at ");
    print_date(out, tree->as_at);
    text_add_char(out, '\n');
}

/* Without categories where the query names none: a code of two of them stands there once. */
static void print_codes(TextBuilder *out, const CodeList *list)
{
    const char *before = "(";
    size_t printed = 0;

    text_add_format(out, "codes %.*s = ", TEXT_ARG(list->name));
    for (size_t i = 0; i < list->count; i++) {
        bool has_category = list->shows_categories && list->categories[i].length > 0;
        if (i > 0 && !list->shows_categories && text_equal(list->codes[i], list->codes[i - 1]))
            continue;
        text_add_string(out, before);
        print_string(out, list->codes[i]);
        text_add_string(out, has_category ? " as " : "");
        if (has_category)
            print_string(out, list->categories[i]);
        before = ++printed % LINE_CODES == 0 ? ",\n  " : ", ";
    }
    text_add_string(out, ")\n");
}

static void print_definitions(TextBuilder *out, Arena *arena, const Tree *tree)
{
    for (size_t i = 0; i < tree->code_list_count; i++)
        if (tree->code_lists[i].is_used)
            print_codes(out, &tree->code_lists[i]);
    for (size_t i = 0; i < tree->let_count; i++) {
        if (!tree->lets[i].is_used)
            continue;
        text_add_format(out, "let %.*s = ", TEXT_ARG(tree->lets[i].name));
        print_expression(out, arena, tree->lets[i].value);
        text_add_char(out, '\n');
    }
}

Text tree_print(const Tree *tree, Arena *arena)
{
    SCOPED(text_builder_close) TextBuilder out = text_builder(2 * QUERY_CANONICAL_BYTES_MAX);

    print_heading(&out, tree);
    print_definitions(&out, arena, tree);
    text_add_string(&out, "cohort ");
    print_expression(&out, arena, tree->cohort);
    text_add_char(&out, '\n');
    for (size_t i = 0; i < tree->table_count; i++)
        print_table(&out, &tree->tables[i]);
    return text_copy(arena, text_built(&out));
}
