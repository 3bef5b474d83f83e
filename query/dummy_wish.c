/* Conditions made true or false, by changing what they are about. */
#include "query/dummy.h"

enum { LONG_AGO_DAYS = 400, FAR_NUMBER = 20, FEW = 2, WORDS_TRIED = 8 };

/* ---- values about a bound ---- */

static double step_of(const Node *node)
{
    return node->type == TYPE_DECIMAL ? 0.5 : 1;
}

/* A step or some: the bound itself is where mistakes are. */
static double beyond(const Wish *wish, const Node *node)
{
    if (dummy_chance(wish->dummy, 2) == 0)
        return step_of(node);
    if (node->type == TYPE_NUMBER && (node_is_of_records(node) || node->kind == NODE_HOUSEHOLD))
        return 1 + (double)dummy_chance(wish->dummy, FEW);
    return 1 + (double)dummy_chance(wish->dummy, node->type == TYPE_DATE ? LONG_AGO_DAYS : FAR_NUMBER);
}

static double near_bound(const Wish *wish, const Node *node, Comparison comparison, double bound)
{
    double by = beyond(wish, node);
    bool at_bound = dummy_chance(wish->dummy, 2) == 0;

    switch (comparison) {
    case IS_EQUAL:
        return bound;
    case IS_NOT_EQUAL:
        return bound + (at_bound || bound < by ? by : -by);
    case IS_LESS:
        return bound - by;
    case IS_MORE:
        return bound + by;
    case IS_AT_MOST:
        return at_bound ? bound : bound - by;
    default:
        return at_bound ? bound : bound + by;
    }
}

static double inside(const Wish *wish, double first, double last)
{
    uint64_t which = dummy_chance(wish->dummy, 4);

    if (which < 2 || last <= first)
        return which == 0 ? last : first;
    return first + (double)dummy_chance(wish->dummy, (uint64_t)(last - first) + 1);
}

static double outside(const Wish *wish, const Node *node, double first, double last)
{
    double by = beyond(wish, node);

    return dummy_chance(wish->dummy, 2) == 0 ? first - by : last + by;
}

/* ---- conditions ---- */

static Comparison opposite(Comparison comparison)
{
    static const Comparison opposites[] = {
        [IS_EQUAL] = IS_NOT_EQUAL, [IS_NOT_EQUAL] = IS_EQUAL, [IS_LESS] = IS_AT_LEAST,
        [IS_AT_MOST] = IS_MORE,    [IS_MORE] = IS_AT_MOST,    [IS_AT_LEAST] = IS_LESS};

    return opposites[comparison];
}

/* Seen from the other side. */
static Comparison mirrored(Comparison comparison)
{
    static const Comparison mirrors[] = {
        [IS_EQUAL] = IS_EQUAL,      [IS_NOT_EQUAL] = IS_NOT_EQUAL, [IS_LESS] = IS_MORE,
        [IS_AT_MOST] = IS_AT_LEAST, [IS_MORE] = IS_LESS,           [IS_AT_LEAST] = IS_AT_MOST};

    return mirrors[comparison];
}

/* Words have no order: what is next to one may be of another column. */
static double another_word(const Wish *wish, const Node *node, double word)
{
    double other = word;

    for (int tried = 0; tried < WORDS_TRIED && !(other != word && !isnan(other)); tried++)
        other = wish_some_value(wish, node);
    return other;
}

static void wish_compare(const Wish *wish, const Node *node, bool wanted)
{
    Comparison comparison = wanted ? node->comparison : opposite(node->comparison);
    bool can[] = {wish_can_set(wish, node->operands[0]), wish_can_set(wish, node->operands[1])};
    size_t set = can[0] && can[1] ? dummy_chance(wish->dummy, 4) == 0 : !can[0];
    const Node *value = node->operands[set];
    double bound = wish_value(wish, node->operands[1 - set]);

    if (!can[set])
        return;
    if (isnan(bound)) {
        wish_known(wish, node->operands[1 - set]);
        return;
    }
    if (value->type == TYPE_TEXT)
        wish_amount(wish, value, comparison == IS_EQUAL ? bound : another_word(wish, value, bound));
    else
        wish_amount(wish, value,
                    near_bound(wish, value, set == 0 ? comparison : mirrored(comparison), bound));
}

static void wish_window(const Wish *wish, const Node *node, bool wanted)
{
    const Node *value = node->operands[0];
    double first, last;

    wish_bounds(wish, node, &first, &last);
    if (isnan(first) || isnan(last)) {
        for (size_t i = 1; i < node->operand_count; i++)
            wish_known(wish, node->operands[i]);
        return;
    }
    if (wish_can_set(wish, value))
        wish_amount(wish, value, wanted ? inside(wish, first, last) : outside(wish, value, first, last));
    else if (node->kind == NODE_WITHIN && !isnan(wish_value(wish, value))) /* the day that it is about */
        wish_amount(wish, node->operands[1],
                    wish_value(wish, value) + (wanted ? 0 : (node->is_after ? 1 : -1)));
}

static void wish_number(const Wish *wish, const Node *node, bool wanted)
{
    if (wanted)
        wish_amount(wish, node->operands[0],
                    (double)node->numbers[dummy_chance(wish->dummy, node->item_count)]);
    else
        wish_amount(wish, node->operands[0], (double)node->numbers[node->item_count - 1] + 1);
}

/* Practices A and B sent everything, see dummy.c. */
static void wish_sent(const Wish *wish, const Node *node, bool wanted)
{
    static const Text practices[] = {TEXT("DUMMY-C"), TEXT("DUMMY-D"), TEXT("DUMMY-A"), TEXT("DUMMY-B")};

    wish_amount(wish, node->operands[0],
                dummy_word(wish->dummy, practices[2 * wanted + dummy_chance(wish->dummy, 2)]));
}

static void wish_in_values(const Wish *wish, const Node *node, bool wanted)
{
    double value = wish_value(wish, node->operands[0]);
    Wish of_person = *wish;
    int column = dummy_column(dummy_table(wish->dummy, node->source->name), node->column->stored);

    of_person.row = NULL;
    if (!wanted)
        wish_remove_rows(&of_person, node);
    else if (isnan(value))
        wish_known(wish, node->operands[0]);
    else
        (void)wish_add_row(&of_person, node, true, column, value);
}

/* All of them; or, so that a chain fails, one of them and the others not. */
static void wish_chain(const Wish *wish, const Node *node, bool all, bool wanted)
{
    size_t one = dummy_chance(wish->dummy, node->operand_count);
    bool also_others = dummy_chance(wish->dummy, NEAR_MISS_ONE_IN) == 0;

    for (size_t i = 0; i < node->operand_count; i++)
        if (all)
            wish_condition(wish, node->operands[i], wanted);
        else if (i != one && also_others && wish->row != NULL)
            wish_condition(wish, node->operands[i], !wanted);
    if (!all)
        wish_condition(wish, node->operands[one], wanted);
}

static void wish_registered_at(const Wish *wish, const Node *node, bool wanted)
{
    double day = wish_value(wish, node);

    if (isnan(day))
        wish_known(wish, node);
    else
        wish_registered(wish, (Date)day, wanted);
}

static void wish_is_known(const Wish *wish, const Node *node, bool wanted)
{
    if (wanted)
        wish_known(wish, node);
    else
        wish_amount(wish, node, NAN);
}

static void wish_kind(const Wish *wish, const Node *node, bool wanted)
{
    switch (node->kind) {
    case NODE_AND:
    case NODE_OR:
        wish_chain(wish, node, wanted == (node->kind == NODE_AND), wanted);
        return;
    case NODE_NOT:
        wish_condition(wish, node->operands[0], !wanted);
        return;
    case NODE_LET:
        wish_condition(wish, node->let->value, wanted);
        return;
    case NODE_EXISTS:
        wish_rows(wish, node, wanted);
        return;
    case NODE_COMPARE:
        wish_compare(wish, node, wanted);
        return;
    case NODE_RANGE:
    case NODE_WITHIN:
    case NODE_IN_PERIOD:
        wish_window(wish, node, wanted);
        return;
    case NODE_IN_CODES:
    case NODE_IN_LIST:
    case NODE_CONTAINS_CODES:
    case NODE_CONTAINS_LIST:
        wish_listed(wish, node, wanted);
        return;
    case NODE_IN_NUMBERS:
        wish_number(wish, node, wanted);
        return;
    case NODE_SENT:
        wish_sent(wish, node, wanted);
        return;
    case NODE_IN_VALUES:
        wish_in_values(wish, node, wanted);
        return;
    case NODE_IS_KNOWN:
        wish_is_known(wish, node->operands[0], wanted);
        return;
    case NODE_REGISTERED:
        wish_registered_at(wish, node->operands[0], wanted);
        return;
    default:
        wish_amount(wish, node, wanted);
    }
}

void wish_condition(const Wish *wish, const Node *node, bool wanted)
{
    Wish deeper = *wish;

    if (wish->depth == DUMMY_DEPTH_MAX || dummy_is_full(wish->dummy) ||
        wish_holds(wish, node) == (wanted ? HOLDS : HOLDS_NOT))
        return;
    deeper.depth++;
    wish_kind(&deeper, node, wanted);
}
