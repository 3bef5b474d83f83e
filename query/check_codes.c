/* What code lists say of themselves, and where that does not fit the columns they are looked for in. */
#include "query/check_codes.h"

#include <inttypes.h>

size_t code_list_inactive(const CodeList *list)
{
    size_t count = 0;

    for (size_t i = 0; list->inactive != NULL && i < list->count; i++)
        count += list->inactive[i] && (i == 0 || !text_equal(list->codes[i], list->codes[i - 1]));
    return count;
}

size_t code_list_codes(const CodeList *list)
{
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++)
        count += i == 0 || !text_equal(list->codes[i], list->codes[i - 1]);
    return count;
}

void code_list_say(Text name, size_t codes, Text terminology, Text release, size_t inactive, TextBuilder *out)
{
    text_add_format(out, "%.*s: %zu code%s", TEXT_ARG(name), codes, codes == 1 ? "" : "s");
    if (terminology.length > 0)
        text_add_format(out, " of %.*s", TEXT_ARG(terminology));
    if (release.length > 0)
        text_add_format(out, ", release %.*s", TEXT_ARG(release));
    if (inactive > 0)
        text_add_format(out, ", %zu inactive", inactive);
}

/* ---- do they fit? ---- */

/* The next letter or digit, in lower case; '\0' at the end. */
static char next_letter(Text *rest)
{
    while (rest->length > 0) {
        char c = rest->data[0];
        *rest = text_slice(*rest, 1, rest->length);
        if (c >= 'A' && c <= 'Z')
            return (char)(c - 'A' + 'a');
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            return c;
    }
    return '\0';
}

/* "SNOMED CT" and "snomed-ct", "ICD-10" and "ICD-10 5th edition" are one. */
static bool is_same_terminology(Text a, Text b)
{
    char x, y;

    do {
        x = next_letter(&a);
        y = next_letter(&b);
    } while (x == y && x != '\0');
    return x == '\0' || y == '\0';
}

typedef struct Walk {
    const Tree *tree;
    bool is_said[QUERY_NAMES_MAX]; /* of each list: once is enough */
    TextBuilder *out;
} Walk;

static void check_use(Walk *walk, const Node *node)
{
    const Node *value = node->operands[0];
    bool *is_said = &walk->is_said[node->codes - walk->tree->code_lists];

    if (value->kind != NODE_COLUMN || value->column->terminology.length == 0 ||
        node->codes->terminology.length == 0 || *is_said ||
        is_same_terminology(value->column->terminology, node->codes->terminology))
        return;
    *is_said = true;
    source_text_warn(&node->at, walk->out, "codes %.*s are of %.*s, and column %.*s is of %.*s",
                     TEXT_ARG(node->codes->name), TEXT_ARG(node->codes->terminology),
                     TEXT_ARG(value->column->name), TEXT_ARG(value->column->terminology));
}

static void check_node(Walk *walk, const Node *node)
{
    if (node->kind == NODE_IN_CODES || node->kind == NODE_CONTAINS_CODES)
        check_use(walk, node);
    for (size_t i = 0; i < node->operand_count; i++)
        check_node(walk, node->operands[i]);
}

void check_codes(const Tree *tree, TextBuilder *out)
{
    Walk walk = {.tree = tree, .out = out};

    check_node(&walk, tree->cohort);
    for (size_t i = 0; i < tree->let_count; i++)
        if (tree->lets[i].is_used)
            check_node(&walk, tree->lets[i].value);
    for (size_t p = 0; p < tree->part_count; p++)
        for (size_t d = 0; d < tree->parts[p].dimension_count; d++)
            if (tree->parts[p].dimensions[d]->condition != NULL)
                check_node(&walk, tree->parts[p].dimensions[d]->condition);
    for (size_t i = 0; i < tree->code_list_count; i++) {
        const CodeList *list = &tree->code_lists[i];
        size_t inactive = list->is_used ? code_list_inactive(list) : 0;
        if (inactive > 0)
            source_text_warn(&list->at, out,
                             "codes %.*s name %zu inactive concept%s: old records may hold them, new "
                             "ones should not",
                             TEXT_ARG(list->name), inactive, inactive == 1 ? "" : "s");
    }
}
