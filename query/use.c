/* What a query uses: a shared file may define more than one query needs, and that must leave no trace. */
#include "query/tree.h"

bool node_is_of_records(const Node *node)
{
    return node->kind >= NODE_EXISTS && node->kind <= NODE_IN_VALUES;
}

const Node *node_where(const Node *node)
{
    size_t before = node->kind == NODE_IN_VALUES;

    return node->operand_count > before ? node->operands[before] : NULL;
}

bool attribute_is_made_of(const Attribute *attribute, const CatalogueSource *source)
{
    return attribute->is_gathered && !source->is_household &&
           catalogue_column(source, text_from(attribute->name)) != NULL;
}

typedef struct Use {
    Tree *tree;
    const Catalogue *catalogue;
} Use;

static void read_source(const Use *use, const CatalogueSource *source)
{
    Tree *tree = use->tree;

    for (size_t i = 0; i < tree->source_count; i++)
        if (tree->sources[i] == source)
            return;
    tree->sources[tree->source_count++] = source;
}

static void ask_sent(const Use *use, const Node *sent)
{
    Tree *tree = use->tree;

    read_source(use, sent->source);
    for (size_t i = 0; i < tree->sent_asked_count; i++)
        if (tree->sent_asked[i]->source == sent->source)
            return;
    tree->sent_asked[tree->sent_asked_count++] = sent;
}

/* What an attribute is made of is read too: approval, grants and coverage ask for those sources. */
static void read_attribute(const Use *use, const Attribute *attribute)
{
    for (size_t i = 0; i < use->catalogue->source_count; i++)
        if (attribute_is_made_of(attribute, &use->catalogue->sources[i]))
            read_source(use, &use->catalogue->sources[i]);
}

static void read_deaths(const Use *use)
{
    for (size_t i = 0; i < use->catalogue->source_count; i++)
        if (use->catalogue->sources[i].is_death)
            read_source(use, &use->catalogue->sources[i]);
}

/* The dead are of no household. */
static void read_homes(const Use *use)
{
    use->tree->asks_households = true;
    read_deaths(use);
}

/* Those of a home are those of each who lives there. */
static void read_records(const Use *use, const CatalogueSource *source)
{
    read_source(use, source);
    if (source->is_household)
        read_homes(use);
}

static void use_node(const Use *use, const Node *node);

static void use_let(const Use *use, const Let *named)
{
    Let *let = &use->tree->lets[named - use->tree->lets];

    if (let->is_used)
        return;
    let->is_used = true;
    use_node(use, let->value);
}

static void use_codes(const Use *use, const Node *node)
{
    CodeList *list = &use->tree->code_lists[node->codes - use->tree->code_lists];

    list->is_used = true;
    list->shows_categories |= node->category.length > 0;
}

static void use_node(const Use *use, const Node *node)
{
    switch (node->kind) {
    case NODE_LET:
        use_let(use, node->let);
        break;
    case NODE_PARAMETER:
        use->tree->parameters[node->parameter - use->tree->parameters].is_used = true;
        break;
    case NODE_IN_CODES:
    case NODE_CONTAINS_CODES:
        use_codes(use, node);
        break;
    case NODE_ATTRIBUTE:
        read_attribute(use, node->attribute);
        break;
    case NODE_HOUSEHOLD:
        read_homes(use);
        break;
    case NODE_REGISTERED:
    case NODE_TIME_REGISTERED:
        read_deaths(use);
        break;
    case NODE_SENT:
        ask_sent(use, node);
        break;
    default:
        break;
    }
    if (node->prices != NULL)
        use->tree->prices[node->prices - use->tree->prices].is_used = true;
    if (node_is_of_records(node))
        read_records(use, node->source);
    for (size_t i = 0; i < node->operand_count; i++)
        use_node(use, node->operands[i]);
}

static void use_dimension(const Use *use, const Dimension *dimension)
{
    if (dimension->condition != NULL)
        use_node(use, dimension->condition);
    else
        read_attribute(use, dimension->attribute);
}

void tree_use(Tree *tree, const Catalogue *catalogue)
{
    const Use use = {tree, catalogue};

    if (tree->as_at_of != NULL)
        tree->parameters[tree->as_at_of - tree->parameters].is_used = true;
    use_node(&use, tree->cohort);
    for (size_t p = 0; p < tree->part_count; p++)
        for (size_t i = 0; i < tree->parts[p].dimension_count; i++)
            use_dimension(&use, tree->parts[p].dimensions[i]);
}
