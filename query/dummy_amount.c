/* Values that are to be so much: a column, a count or sum of records, what is worked out of others. */
#include "query/dummy.h"

enum {
    MONTHS_OF_A_YEAR = 12,
    EPISODE_MARGIN_DAYS = 2,
    RECORDS_MAX = 50,
    BACK_DAYS = 1500,
    FIRST_YEAR = 1601,
    LAST_YEAR = 2399,
};

bool wish_can_set(const Wish *wish, const Node *node)
{
    if (node->prices != NULL)
        return node->kind == NODE_SUM;
    switch (node->kind) {
    case NODE_INTEGER:
    case NODE_DECIMAL:
    case NODE_DATE:
    case NODE_STRING:
    case NODE_AS_AT:
    case NODE_PARAMETER:
    case NODE_PERIOD_START:
    case NODE_PERIOD_END:
        return false;
    case NODE_COLUMN:
        return wish->row != NULL;
    case NODE_LET:
        return wish_can_set(wish, node->let->value);
    case NODE_ATTRIBUTE:
    case NODE_AGE:
    case NODE_TIME_REGISTERED:
    case NODE_HOUSEHOLD:
        return true;
    default:
        break;
    }
    if (node_is_of_records(node))
        return true;
    for (size_t i = 0; i < node->operand_count; i++)
        if (wish_can_set(wish, node->operands[i]))
            return true;
    return false;
}

/* ---- records ---- */

static int column_of(const Wish *wish, const Node *node, const CatalogueColumn *column)
{
    return dummy_column(dummy_table(wish->dummy, node->source->name), column->stored);
}

/* One record whose value is all that there is. */
static void set_gathered(const Wish *wish, const Node *node, double target)
{
    wish_remove_rows(wish, node);
    if (!isnan(target) && node->kind == NODE_SUM && node->prices != NULL)
        wish_cost(wish, node, target);
    else if (!isnan(target) && node->prices == NULL)
        (void)wish_add_row(wish, node, true, column_of(wish, node, node->column), target);
}

static void set_distinct(const Wish *wish, const Node *node, double target)
{
    int column = column_of(wish, node, node->column);
    DummyTable *table = dummy_table(wish->dummy, node->source->name);

    wish_remove_rows(wish, node);
    for (int64_t i = 0; i < (int64_t)target && i < RECORDS_MAX; i++) {
        double value = dummy_fill(wish->dummy, table, (size_t)column);
        (void)wish_add_row(wish, node, true, column, value);
    }
}

static void set_picked(const Wish *wish, const Node *node, double target)
{
    int64_t place = node->integer < 0 ? -node->integer : node->integer;
    int by = column_of(wish, node, node->by), column = column_of(wish, node, node->column);

    wish_remove_rows(wish, node);
    for (int64_t i = 0; !isnan(target) && i < place && i < RECORDS_MAX; i++) {
        DummyRow *row = wish_add_row(wish, node, true, column, target);
        if (isnan(row->cells[by]))
            row->cells[by] = wish->dummy->as_at - (double)dummy_chance(wish->dummy, BACK_DAYS);
    }
}

/* As many days, of one day together or apart. */
static void set_days(const Wish *wish, const Node *node, double target)
{
    int by = column_of(wish, node, node->by);
    double apart = node->kind == NODE_EPISODES ? (double)node->integer + EPISODE_MARGIN_DAYS : 0;

    wish_remove_rows(wish, node);
    DummyRow *first = NULL;
    for (int64_t i = 0; i < (int64_t)target && i < RECORDS_MAX; i++) {
        DummyRow *row = wish_add_row(wish, node, true, -1, NAN);
        if (first == NULL)
            first = row;
        else
            row->cells[by] = first->cells[by] - (double)i * apart;
    }
}

/* ---- what is worked out ---- */

/* One side, so that it comes out with the other as it is. */
static void set_calculated(const Wish *wish, const Node *node, double target)
{
    size_t set = wish_can_set(wish, node->operands[0]) ? 0 : 1;
    double other = wish_value(wish, node->operands[1 - set]), value = NAN;

    if (isnan(other)) {
        wish_known(wish, node->operands[1 - set]);
        return;
    }
    if (node->kind == NODE_ADD)
        value = target - other;
    else if (node->kind == NODE_SUBTRACT)
        value = set == 0 ? target + other : other - target;
    else if (node->kind == NODE_MULTIPLY)
        value = other == 0 ? 0 : target / other;
    else
        value = set == 0 ? target * other : (target == 0 ? 0 : other / target);
    wish_amount(wish, node->operands[set], ceil(value));
}

static void set_between(const Wish *wish, const Node *node, double target)
{
    size_t set = wish_can_set(wish, node->operands[1]) ? 1 : 0;
    double other = wish_value(wish, node->operands[1 - set]);
    int64_t months = (int64_t)target * (node->unit == UNIT_YEARS ? MONTHS_OF_A_YEAR : 1);

    if (isnan(other))
        wish_known(wish, node->operands[1 - set]);
    else if (node->unit == UNIT_DAYS)
        wish_amount(wish, node->operands[set], other + (set == 1 ? target : -target));
    else
        wish_amount(wish, node->operands[set], wish_shift(other, UNIT_MONTHS, set == 1 ? months : -months));
}

static void set_case(const Wish *wish, const Node *node, double target)
{
    for (size_t i = 0; i + 1 < node->operand_count; i += 2) {
        bool is_it = wish_value(wish, node->operands[i + 1]) == target;
        wish_condition(wish, node->operands[i], is_it);
        if (is_it)
            return;
    }
}

static void set_first(const Wish *wish, const Node *node, double target)
{
    for (size_t i = 0; i < node->operand_count; i++)
        if (wish_can_set(wish, node->operands[i])) {
            wish_amount(wish, node->operands[i], target);
            return;
        }
}

static void set_column(const Wish *wish, const Node *node, double target)
{
    if (wish->row == NULL || node->prices != NULL)
        return;
    size_t column = (size_t)dummy_column(wish->table, node->column->stored);
    if (dummy_can_have(wish->dummy, wish->table, column, target))
        wish->row->cells[column] = target;
}

static void set_count(const Wish *wish, const Node *node, double target)
{
    wish_rows(wish, node, (int64_t)(target < 0 ? 0 : target));
}

static void set_shifted(const Wish *wish, const Node *node, double target)
{
    wish_amount(wish, node->operands[0], wish_shift(target, node->unit, -node->integer));
}

static void set_let(const Wish *wish, const Node *node, double target)
{
    wish_amount(wish, node->let->value, target);
}

static Setter *const setters[] = {
    [NODE_ATTRIBUTE] = wish_attribute,
    [NODE_AGE] = wish_age,
    [NODE_COLUMN] = set_column,
    [NODE_LET] = set_let,
    [NODE_TIME_REGISTERED] = wish_time_registered,
    [NODE_HOUSEHOLD] = wish_household,
    [NODE_COUNT] = set_count,
    [NODE_DISTINCT] = set_distinct,
    [NODE_SUM] = set_gathered,
    [NODE_MEAN] = set_gathered,
    [NODE_SMALLEST] = set_gathered,
    [NODE_LARGEST] = set_gathered,
    [NODE_VALUE] = set_picked,
    [NODE_EPISODES] = set_days,
    [NODE_MOST] = set_days,
    [NODE_ADD] = set_calculated,
    [NODE_SUBTRACT] = set_calculated,
    [NODE_MULTIPLY] = set_calculated,
    [NODE_DIVIDE] = set_calculated,
    [NODE_SHIFT] = set_shifted,
    [NODE_BETWEEN] = set_between,
    [NODE_CASE] = set_case,
    [NODE_OTHERWISE] = set_first,
    [NODE_LEAST] = set_first,
    [NODE_GREATEST] = set_first,
};

/* No date, number or word is beyond; what is worked out on the way to one may be. */
static bool is_possible(const Wish *wish, const Node *node, double value)
{
    if (isnan(value))
        return true;
    switch (node->type) {
    case TYPE_TEXT:
        return dummy_is_word(wish->dummy, value);
    case TYPE_DATE:
        return value >= date_from_civil(FIRST_YEAR, 1, 1) && value <= date_from_civil(LAST_YEAR, 12, 31);
    default:
        return fabs(value) <= INT32_MAX;
    }
}

void wish_amount(const Wish *wish, const Node *node, double target)
{
    Wish deeper = *wish;

    if (wish->depth == DUMMY_DEPTH_MAX || dummy_is_full(wish->dummy) || !is_possible(wish, node, target) ||
        (size_t)node->kind >= sizeof setters / sizeof *setters || setters[node->kind] == NULL)
        return;
    deeper.depth++;
    setters[node->kind](&deeper, node, target);
}

bool wish_column(const Wish *wish, const Node *node, const DummyTable **table, size_t *column)
{
    while (node->kind == NODE_LET)
        node = node->let->value;
    if (node->kind == NODE_COLUMN)
        *table = wish->table;
    else if (node->kind == NODE_VALUE || node->kind == NODE_SMALLEST || node->kind == NODE_LARGEST)
        *table = dummy_table(wish->dummy, node->source->name);
    else
        return false;
    *column = (size_t)dummy_column(*table, node->column->stored);
    return true;
}

double wish_some_value(const Wish *wish, const Node *node)
{
    Dummy *dummy = wish->dummy;
    const DummyTable *table;
    size_t column;

    if (wish_column(wish, node, &table, &column))
        return dummy_fill(dummy, table, column);
    while (node->kind == NODE_LET)
        node = node->let->value;
    if (node->type == TYPE_DATE)
        return dummy->as_at - (double)dummy_chance(dummy, BACK_DAYS);
    if (node->type == TYPE_TEXT)
        return node->kind == NODE_ATTRIBUTE ? dummy_attribute(dummy, text_from(node->attribute->column))
                                            : dummy_word(dummy, TEXT("dummy-1"));
    return 1 + (double)dummy_chance(dummy, 3);
}

void wish_known(const Wish *wish, const Node *node)
{
    if (node->kind == NODE_LET) {
        wish_known(wish, node->let->value);
        return;
    }
    if (node->kind == NODE_CASE) {
        wish_condition(wish, node->operands[2 * dummy_chance(wish->dummy, node->operand_count / 2)], true);
        return;
    }
    if (!isnan(wish_value(wish, node)))
        return;
    if (node->kind == NODE_OTHERWISE || node->kind == NODE_ADD || node->kind == NODE_SUBTRACT ||
        node->kind == NODE_MULTIPLY || node->kind == NODE_DIVIDE || node->kind == NODE_BETWEEN ||
        node->kind == NODE_SHIFT || node->kind == NODE_LEAST || node->kind == NODE_GREATEST) {
        for (size_t i = 0; i < node->operand_count; i++)
            wish_known(wish, node->operands[i]);
        return;
    }
    wish_amount(wish, node, wish_some_value(wish, node));
}
