/* Is each node what its kind says? A kind that has no line here does not run. */
#include "query/plan_check_parts.h"

/* What a kind is made of: R rows, c a condition, v any value; a last * repeats the one before. */
typedef struct Rule {
    const char *operands;
    char makes; /* R rows, c a condition, v any value, x what the plan says: a constant or column */
    bool gathers;
} Rule;

static const Rule rules[] = {
    [PLAN_NUMBER] = {"", 'x', false},
    [PLAN_DECIMAL] = {"", 'v', false},
    [PLAN_COLUMN] = {"", 'x', false},
    [PLAN_ROWS] = {"", 'R', false},
    [PLAN_KEEP] = {"Rc", 'R', false},
    [PLAN_DROP] = {"Rc", 'R', false},
    [PLAN_SORT] = {"Rv", 'R', false},
    [PLAN_PICK] = {"R", 'R', false},
    [PLAN_EXISTS] = {"R", 'c', true},
    [PLAN_COUNT] = {"R", 'v', true},
    [PLAN_COUNT_DISTINCT] = {"Rv", 'v', true},
    [PLAN_SUM] = {"Rv", 'v', true},
    [PLAN_MEAN] = {"Rv", 'v', true},
    [PLAN_SMALLEST] = {"Rv", 'v', true},
    [PLAN_LARGEST] = {"Rv", 'v', true},
    [PLAN_VALUE] = {"Rv", 'x', true},
    [PLAN_IN_ROWS] = {"vRv", 'c', true},
    [PLAN_MOST] = {"Rv", 'v', true},
    [PLAN_EPISODES] = {"Rv", 'v', true},
    [PLAN_EQUAL] = {"vv", 'c', false},
    [PLAN_NOT_EQUAL] = {"vv", 'c', false},
    [PLAN_LESS] = {"vv", 'c', false},
    [PLAN_AT_MOST] = {"vv", 'c', false},
    [PLAN_MORE] = {"vv", 'c', false},
    [PLAN_AT_LEAST] = {"vv", 'c', false},
    [PLAN_IN] = {"v", 'c', false},
    [PLAN_NOT] = {"c", 'c', false},
    [PLAN_AND] = {"c*", 'c', false},
    [PLAN_OR] = {"c*", 'c', false},
    [PLAN_IS_KNOWN] = {"v", 'c', false},
    [PLAN_CONTAINS] = {"vv", 'c', false},
    [PLAN_CONTAINS_CODE] = {"v", 'c', false},
    [PLAN_ADD] = {"vv", 'v', false},
    [PLAN_SUBTRACT] = {"vv", 'v', false},
    [PLAN_MULTIPLY] = {"vv", 'v', false},
    [PLAN_DIVIDE] = {"vv", 'v', false},
    [PLAN_DIVIDE_DOWN] = {"vv", 'v', false},
    [PLAN_POWER] = {"vv", 'v', false},
    [PLAN_ABSOLUTE] = {"v", 'v', false},
    [PLAN_TO_INTEGER] = {"v", 'v', false},
    [PLAN_TO_DECIMAL] = {"v", 'v', false},
    [PLAN_LEAST] = {"v*", 'v', false},
    [PLAN_GREATEST] = {"v*", 'v', false},
    [PLAN_YEAR] = {"v", 'v', false},
    [PLAN_MONTH] = {"v", 'v', false},
    [PLAN_DAY] = {"v", 'v', false},
    [PLAN_FIRST_OF_MONTH] = {"v", 'v', false},
    [PLAN_FIRST_OF_YEAR] = {"v", 'v', false},
    [PLAN_SHIFT_DAYS] = {"vv", 'v', false},
    [PLAN_SHIFT_MONTHS] = {"vv", 'v', false},
    [PLAN_DAYS_BETWEEN] = {"vv", 'v', false},
    [PLAN_MONTHS_BETWEEN] = {"vv", 'v', false},
    [PLAN_YEARS_BETWEEN] = {"vv", 'v', false},
    [PLAN_CASE] = {"v*", 'x', false},
    [PLAN_COALESCE] = {"v*", 'x', false},
    [PLAN_MAP] = {"v", 'x', false},
    [PLAN_PEOPLE_AT_HOME] = {"vc", 'v', false},
    [PLAN_OTHERS_AT_HOME] = {"vc", 'v', false},
};
enum { RULE_COUNT = sizeof rules / sizeof *rules };

static Result broken(Error *error, const char *rule)
{
    return fail(error, ERROR_REFUSED, "plan: %s", rule);
}

/* ---- operands ---- */

static bool fits(const PlanNode *operand, char wanted)
{
    bool is_rows = operand->kind >= PLAN_ROWS && operand->kind <= PLAN_PICK;

    return wanted == 'R' ? is_rows : !is_rows && (wanted != 'c' || operand->type == TYPE_BOOL);
}

static Result check_operands(const Plan *plan, size_t id, const Rule *rule, Error *error)
{
    const PlanNode *node = &plan->nodes[id];
    const char *wanted = rule->operands;
    size_t i = 0;

    for (; i < node->operand_count && *wanted != '\0'; i++) {
        if (node->operands[i] >= id)
            return broken(error, "an operand does not come before what uses it");
        if (!fits(&plan->nodes[node->operands[i]], *wanted))
            return broken(error, "an operand is not of its kind");
        wanted += wanted[1] == '*' ? 0 : 1;
    }
    bool repeats = *wanted != '\0' && wanted[1] == '*' && i > 0;
    if (i < node->operand_count || (*wanted != '\0' && !repeats))
        return broken(error, "a node has too many operands or too few");
    if ((rule->makes == 'c') != (node->type == TYPE_BOOL) && rule->makes != 'x' && rule->makes != 'R')
        return broken(error, "a node is not of its type");
    return RESULT_OK;
}

/* ---- levels ---- */

static Result check_leaf(const Plan *plan, const PlanNode *node, Error *error)
{
    const Dataset *dataset = plan->dataset;

    if (node->level != PLAN_PEOPLE && node->level >= dataset->source_count)
        return broken(error, "it speaks of a source that is not there");
    if (node->kind == PLAN_ROWS && node->level == PLAN_PEOPLE)
        return broken(error, "rows are of no source");
    if ((node->kind == PLAN_NUMBER || node->kind == PLAN_DECIMAL) && node->level != PLAN_PEOPLE)
        return broken(error, "a constant is of a source");
    if (node->kind != PLAN_COLUMN)
        return RESULT_OK;
    const DataSource *source = &dataset->sources[node->level == PLAN_PEOPLE ? 0 : node->level];
    if (node->column >= source->column_count || source->columns[node->column].type != node->type)
        return broken(error, "it reads a column that is not there, or of another type");
    return RESULT_OK;
}

/* Rows are of one source, and all that is said of them is about it or about people. */
static Result check_level(const Plan *plan, const PlanNode *node, const Rule *rule, Error *error)
{
    uint16_t level = PLAN_PEOPLE;
    size_t first = rule->gathers && node->kind == PLAN_IN_ROWS ? 1 : 0;

    for (size_t i = first; i < node->operand_count; i++) {
        uint16_t of = plan->nodes[node->operands[i]].level;
        if (of != PLAN_PEOPLE && level != PLAN_PEOPLE && of != level)
            return broken(error, "it speaks of two sources at once");
        level = of == PLAN_PEOPLE ? level : of;
    }
    if (rule->gathers)
        level = first == 1 ? plan->nodes[node->operands[0]].level : PLAN_PEOPLE;
    if (node->level != level)
        return broken(error, "a node is of another level than its operands");
    return RESULT_OK;
}

static Result check_node(const Plan *plan, size_t id, Error *error)
{
    const PlanNode *node = &plan->nodes[id];

    if ((size_t)node->kind >= RULE_COUNT || rules[node->kind].operands == NULL)
        return broken(error, "a node is of a kind that has no rule");
    const Rule *rule = &rules[node->kind];
    TRY(check_operands(plan, id, rule, error));
    if (rule->operands[0] == '\0')
        return check_leaf(plan, node, error);
    TRY(check_level(plan, node, rule, error));
    if (node->kind == PLAN_VALUE && plan->nodes[node->operands[0]].kind != PLAN_PICK)
        return broken(error, "a value is taken of rows that are not one");
    return RESULT_OK;
}

Result plan_check_nodes(const Plan *plan, Error *error)
{
    for (size_t i = 0; i < plan->count; i++)
        TRY(check_node(plan, i, error));
    return RESULT_OK;
}
