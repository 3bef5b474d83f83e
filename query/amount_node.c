/* What may be added up over people. A number that is worked out could be made of a condition, scaled or
 * shifted until a rule about few people does not see them; one number that a person has cannot. */
#include "query/expression.h"

static const Node *behind_lets(const Node *node)
{
    while (node->kind == NODE_LET)
        node = node->let->value;
    return node;
}

static bool is_zero(const Node *node)
{
    node = behind_lets(node);
    return (node->kind == NODE_INTEGER && node->integer == 0) ||
           (node->kind == NODE_DECIMAL && node->decimal == 0);
}

/* The same for everybody, or that of a record. */
static bool is_plain_day(const Node *node)
{
    const Node *root = expression_shifted_from(node);

    node = behind_lets(node);
    return expression_is_common_day(node) || root->kind == NODE_PERIOD_START ||
           root->kind == NODE_PERIOD_END || node->kind == NODE_VALUE || node->kind == NODE_SMALLEST ||
           node->kind == NODE_LARGEST;
}

static bool are_plain_days(const Node *node)
{
    for (size_t i = 0; i < node->operand_count; i++)
        if (!is_plain_day(node->operands[i]))
            return false;
    return true;
}

static bool is_one(const Node *node)
{
    node = behind_lets(node);
    if (node->kind >= NODE_COUNT && node->kind <= NODE_MOST)
        return true;
    return (node->kind == NODE_ATTRIBUTE || node->kind == NODE_AGE || node->kind == NODE_BETWEEN ||
            node->kind == NODE_TIME_REGISTERED) &&
           are_plain_days(node);
}

const Prices *node_prices(const Node *node)
{
    node = behind_lets(node);
    return node->kind == NODE_SUM ? node->prices : NULL;
}

/* What has no price would be one of 0 by `otherwise 0`. */
bool node_is_one_number(const Node *node)
{
    node = behind_lets(node);
    if (node->kind == NODE_OTHERWISE)
        return node->operand_count == 2 && is_one(node->operands[0]) && is_zero(node->operands[1]) &&
               node_prices(node->operands[0]) == NULL;
    return is_one(node);
}
