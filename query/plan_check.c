/* What comes out: who is counted, and by what. */
#include "query/plan_check_parts.h"

enum { WIDTH_MIN = 5, TOP_MAX = 90 };

/* The only columns whose values name a cell. */
typedef struct Category {
    const char *source, *column;
} Category;

static const Category categories[] = {
    {"person", "sex"},
    {"person", "ethnic_category"},
    {"registration", "district"},
    {"registration", "ward"},
    {"registration", "hcp"},
    {"registration", "pcn"},
    {"registration", "practice"},
    {"registration", "imd_decile"},
    {"registration", "care_home"},
};

static const PlanNode *operand_of(const Plan *plan, const PlanNode *node, size_t operand)
{
    return &plan->nodes[node->operands[operand]];
}

static bool is_number(const PlanNode *node, int64_t number)
{
    return node->kind == PLAN_NUMBER && node->integer == number;
}

/* ---- categories ---- */

static bool is_category_column(const Plan *plan, const PlanNode *node, Text name)
{
    const DataSource *source = &plan->dataset->sources[node->level == PLAN_PEOPLE ? 0 : node->level];

    if (node->kind != PLAN_COLUMN || !text_equal(source->columns[node->column].name, name))
        return false;
    for (size_t i = 0; i < sizeof categories / sizeof *categories; i++)
        if (plan_check_is_source(plan, node->level, categories[i].source) &&
            text_equal(name, text_from(categories[i].column)))
            return true;
    return false;
}

/* A column of people, or that of the one registration picked. */
static bool is_category(const Plan *plan, const PlanNode *node, Text name)
{
    if (node->kind == PLAN_COLUMN)
        return node->level == PLAN_PEOPLE && is_category_column(plan, node, name);
    return node->kind == PLAN_VALUE && is_category_column(plan, operand_of(plan, node, 1), name);
}

/* ---- bands ---- */

static bool is_age(const Plan *plan, const PlanNode *node)
{
    return node->kind == PLAN_YEARS_BETWEEN && operand_of(plan, node, 1)->kind == PLAN_NUMBER;
}

/* age / width * width, at most top */
static bool is_banded_age(const Plan *plan, const PlanNode *node, int64_t width)
{
    if (node->kind != PLAN_LEAST || node->operand_count != 2)
        return false;
    const PlanNode *product = operand_of(plan, node, 0), *top = operand_of(plan, node, 1);
    if (product->kind != PLAN_MULTIPLY || !is_number(operand_of(plan, product, 1), width))
        return false;
    const PlanNode *quotient = operand_of(plan, product, 0);
    return quotient->kind == PLAN_DIVIDE_DOWN && quotient->type == TYPE_NUMBER &&
           is_age(plan, operand_of(plan, quotient, 0)) && is_number(operand_of(plan, quotient, 1), width) &&
           top->kind == PLAN_NUMBER && top->integer > 0 && top->integer <= TOP_MAX &&
           top->integer % width == 0;
}

/* Only where the age is 0 or more; unknown elsewhere. */
static bool is_band(const Plan *plan, const PlanNode *node, int64_t width)
{
    if (width < WIDTH_MIN || node->kind != PLAN_CASE || node->operand_count != 2)
        return false;
    const PlanNode *condition = operand_of(plan, node, 0);
    return condition->kind == PLAN_AT_LEAST && is_age(plan, operand_of(plan, condition, 0)) &&
           is_number(operand_of(plan, condition, 1), 0) &&
           is_banded_age(plan, operand_of(plan, node, 1), width);
}

/* ---- the whole ---- */

static Result check_value(const Plan *plan, const ReleasedValue *released, Error *error)
{
    if (released->value >= plan->count || plan->nodes[released->value].level != PLAN_PEOPLE)
        return fail(error, ERROR_REFUSED, "plan: a cell is named by what is not of people");
    const PlanNode *node = &plan->nodes[released->value];
    if (released->is_condition && node->type == TYPE_BOOL && !plan_is_rows(node->kind))
        return RESULT_OK;
    if (released->is_condition)
        return fail(error, ERROR_REFUSED, "plan: a measure's condition is none");
    if (released->band_years != 0 && text_equal(released->name, TEXT("age")) &&
        is_band(plan, node, released->band_years))
        return RESULT_OK;
    if (released->band_years == 0 && is_category(plan, node, released->name))
        return RESULT_OK;
    return fail(error, ERROR_REFUSED,
                "plan: a cell is named by what is neither a registered category nor a band of at least %d",
                WIDTH_MIN);
}

Result plan_check(const Plan *plan, const PlanReleased *released, const PlanGrant *grant, Error *error)
{
    TRY(plan_check_nodes(plan, error));
    TRY(plan_check_reads(plan, grant, error));
    if (released->cohort >= plan->count || plan->nodes[released->cohort].level != PLAN_PEOPLE ||
        plan->nodes[released->cohort].type != TYPE_BOOL || plan_is_rows(plan->nodes[released->cohort].kind))
        return fail(error, ERROR_REFUSED, "plan: who is counted is no condition on people");
    for (size_t i = 0; i < released->value_count; i++)
        TRY(check_value(plan, &released->values[i], error));
    return RESULT_OK;
}
