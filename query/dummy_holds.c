/* What a condition or value is worth: of people as the engine found, of a row that it has not seen by its
 * cells. */
#include "query/dummy.h"

static bool reads_row(const Node *node)
{
    if (node->kind == NODE_COLUMN)
        return true;
    for (size_t i = 0; i < node->operand_count; i++)
        if (!(node_is_of_records(node) && node->operands[i] == node_where(node)) &&
            reads_row(node->operands[i]))
            return true;
    return false;
}

double wish_shift(double day, Unit unit, int64_t amount)
{
    Date shifted;

    if (isnan(day) || unit == UNIT_DAYS)
        return day + (double)amount;
    shifted = date_shift_months((Date)day, amount);
    return shifted == DATE_NONE ? NAN : shifted;
}

static double value_of_row(const Wish *wish, const Node *node)
{
    switch (node->kind) {
    case NODE_COLUMN:
        if (node->prices != NULL)
            return NAN;
        return wish->row->cells[dummy_column(wish->table, node->column->stored)];
    case NODE_SHIFT:
        return wish_shift(wish_value(wish, node->operands[0]), node->unit, node->integer);
    case NODE_ADD:
        return wish_value(wish, node->operands[0]) + wish_value(wish, node->operands[1]);
    case NODE_SUBTRACT:
        return wish_value(wish, node->operands[0]) - wish_value(wish, node->operands[1]);
    case NODE_BETWEEN:
        return node->unit == UNIT_DAYS
                   ? wish_value(wish, node->operands[1]) - wish_value(wish, node->operands[0])
                   : NAN;
    default:
        return NAN;
    }
}

double wish_value(const Wish *wish, const Node *node)
{
    PlanId id;

    if (wish->row != NULL && reads_row(node))
        return value_of_row(wish, node);
    if (!dummy_value_id(wish->dummy, node, wish->period.first, &id))
        return NAN;
    const Vector *vector = engine_value(wish->dummy->engine, id);
    if (!vector_is_known(vector, wish->person))
        return NAN;
    return wish->dummy->plan->nodes[id].type == TYPE_DECIMAL ? vector_decimal(vector, wish->person)
                                                             : (double)vector_number(vector, wish->person);
}

static Holds holds_of(bool is_known, bool holds)
{
    if (!is_known)
        return HOLDS_UNKNOWN;
    return holds ? HOLDS : HOLDS_NOT;
}

static Holds compare_holds(Comparison comparison, double a, double b)
{
    const bool holds[] = {[IS_EQUAL] = a == b,
                          [IS_NOT_EQUAL] = a != b,
                          [IS_LESS] = a<b, [IS_AT_MOST] = a <= b, [IS_MORE] = a> b,
                          [IS_AT_LEAST] = a >= b};

    return holds_of(!isnan(a) && !isnan(b), holds[comparison]);
}

void wish_bounds(const Wish *wish, const Node *node, double *first, double *last)
{
    if (node->kind == NODE_IN_PERIOD) {
        *first = wish->period.first;
        *last = wish->period.last;
        return;
    }
    *first = wish_value(wish, node->operands[1]);
    if (node->kind == NODE_RANGE) {
        *last = wish_value(wish, node->operands[2]);
        return;
    }
    *last = node->is_after ? wish_shift(*first, node->unit, node->integer) - 1 : *first;
    if (!node->is_after)
        *first = wish_shift(*first, node->unit, -node->integer) + 1;
}

static Holds row_holds(const Wish *wish, const Node *node);

static Holds all_hold(const Wish *wish, const Node *node, Holds ends)
{
    Holds all = ends == HOLDS ? HOLDS_NOT : HOLDS;

    for (size_t i = 0; i < node->operand_count; i++) {
        Holds one = row_holds(wish, node->operands[i]);
        if (one == ends)
            return ends;
        all = one == HOLDS_UNKNOWN ? one : all;
    }
    return all;
}

static bool starts_as(Text word, Text code)
{
    if (code.length > 1 && code.data[code.length - 1] == '*')
        return text_starts_with(word, text_slice(code, 0, code.length - 1));
    return text_equal(word, code);
}

bool wish_is_in_category(const Node *node, size_t index)
{
    return node->category.length == 0 || text_equal(node->codes->categories[index], node->category);
}

bool wish_is_listed(const Wish *wish, const Node *node, double word)
{
    size_t count = node->codes != NULL ? node->codes->count : node->item_count;

    for (size_t i = 0; i < count; i++) {
        Text code = node->codes != NULL ? node->codes->codes[i] : node->items[i];
        if ((node->codes == NULL || wish_is_in_category(node, i)) &&
            starts_as(wish->dummy->dataset.words[(size_t)word], code))
            return true;
    }
    return false;
}

static Holds is_in_list(const Wish *wish, const Node *node)
{
    double value = wish_value(wish, node->operands[0]);
    bool is_known = dummy_is_word(wish->dummy, value);

    return holds_of(is_known, is_known && wish_is_listed(wish, node, value));
}

/* Of a row that the engine has not seen yet; what is not looked into here is taken as not known. */
static Holds row_holds(const Wish *wish, const Node *node)
{
    double value, first, last;

    if (!reads_row(node)) {
        value = wish_value(wish, node);
        return holds_of(!isnan(value), value == 1);
    }
    switch (node->kind) {
    case NODE_AND:
        return all_hold(wish, node, HOLDS_NOT);
    case NODE_OR:
        return all_hold(wish, node, HOLDS);
    case NODE_NOT:
        value = row_holds(wish, node->operands[0]);
        return value == HOLDS_UNKNOWN ? HOLDS_UNKNOWN : holds_of(true, value == HOLDS_NOT);
    case NODE_COMPARE:
        return compare_holds(node->comparison, wish_value(wish, node->operands[0]),
                             wish_value(wish, node->operands[1]));
    case NODE_RANGE:
    case NODE_WITHIN:
    case NODE_IN_PERIOD:
        value = wish_value(wish, node->operands[0]);
        wish_bounds(wish, node, &first, &last);
        return holds_of(!isnan(value) && !isnan(first) && !isnan(last), value >= first && value <= last);
    case NODE_IN_CODES:
    case NODE_IN_LIST:
    case NODE_CONTAINS_CODES:
    case NODE_CONTAINS_LIST:
        return is_in_list(wish, node);
    case NODE_IS_KNOWN:
        return holds_of(true, !isnan(wish_value(wish, node->operands[0])));
    default:
        return HOLDS_UNKNOWN;
    }
}

Holds wish_holds(const Wish *wish, const Node *node)
{
    if (wish->row != NULL)
        return row_holds(wish, node);
    double value = wish_value(wish, node);
    return holds_of(!isnan(value), value == 1);
}
