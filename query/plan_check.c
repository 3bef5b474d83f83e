/* What comes out: who is counted, and by what. */
#include <string.h>

#include "query/plan_check_parts.h"

enum {
    WIDTH_MIN = 5,
    START_MAX = 90,
    MONTHS_TO_2000 = 2000 * 12 + 1, /* years and the month of 2000-01-01 */
};

/* The only columns whose values name a cell. */
typedef struct Category {
    const char *source, *column;
} Category;

static const Category categories[] = {
    {"person", "sex"},
    {"person", "ethnic_category"},
    {"registration", "district"},
    {"registration", "district_then"},
    {"registration", "ward"},
    {"registration", "ward_then"},
    {"registration", "hcp"},
    {"registration", "hcp_then"},
    {"registration", "pcn"},
    {"registration", "pcn_then"},
    {"registration", "practice"},
    {"registration", "practice_now"},
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

static bool is_column(const Plan *plan, const PlanNode *node, uint16_t level, Text name)
{
    const DataSource *source = &plan->dataset->sources[level == PLAN_PEOPLE ? 0 : level];

    return node->kind == PLAN_COLUMN && node->level == level &&
           text_equal(source->columns[node->column].name, name);
}

/* The same for everybody. */
static bool is_day(const PlanNode *node)
{
    return node->kind == PLAN_NUMBER && node->type == TYPE_DATE && node->integer != NUMBER_UNKNOWN;
}

/* ---- the registration on a day ---- */

/* The column is, by kind, at most or at least the day; where it is unknown there is no end. */
static bool is_bound_by(const Plan *plan, const PlanNode *node, PlanKind kind, uint16_t level, Text name)
{
    if (node->kind != kind || !is_day(operand_of(plan, node, 1)))
        return false;
    const PlanNode *known = operand_of(plan, node, 0);
    return known->kind == PLAN_COALESCE && known->operand_count == 2 &&
           known->operands[1] == node->operands[1] &&
           is_column(plan, operand_of(plan, known, 0), level, name);
}

bool plan_check_covers_a_day(const Plan *plan, const PlanNode *node, uint16_t level, const char *from,
                             const char *to)
{
    if (node->kind != PLAN_AND || node->operand_count != 2)
        return false;
    const PlanNode *since = operand_of(plan, node, 0), *until = operand_of(plan, node, 1);
    return is_bound_by(plan, since, PLAN_AT_MOST, level, text_from(from)) &&
           is_bound_by(plan, until, PLAN_AT_LEAST, level, text_from(to)) &&
           since->operands[1] == until->operands[1];
}

bool plan_check_is_one_on_a_day(const Plan *plan, const PlanNode *node)
{
    const PlanNode *kept = operand_of(plan, node, 0);

    return node->integer == -1 && kept->kind == PLAN_KEEP && operand_of(plan, kept, 0)->kind == PLAN_ROWS &&
           plan_check_covers_a_day(plan, operand_of(plan, kept, 1), node->level, "valid_from", "valid_to");
}

/* ---- categories ---- */

static bool is_category_column(const Plan *plan, const PlanNode *node, const char *source, Text name)
{
    if (!plan_check_is_source(plan, node->level, source) || !is_column(plan, node, node->level, name))
        return false;
    for (size_t i = 0; i < sizeof categories / sizeof *categories; i++)
        if (strcmp(categories[i].source, source) == 0 && text_equal(name, text_from(categories[i].column)))
            return true;
    return false;
}

/* Of people, or of their registration. That a value is of the rows picked, plan_check_nodes has seen. */
static bool is_category(const Plan *plan, const PlanNode *node, Text name)
{
    if (node->kind == PLAN_VALUE)
        return is_category_column(plan, operand_of(plan, node, 1), "registration", name) &&
               plan_check_is_one_on_a_day(plan, operand_of(plan, node, 0));
    return is_category_column(plan, node, "person", name);
}

/* ---- bands ---- */

/* The first of its month: birth_year * 12 + birth_month - MONTHS_TO_2000 months behind 2000-01-01. */
bool plan_check_is_birth(const Plan *plan, const PlanNode *node)
{
    if (node->kind != PLAN_SHIFT_MONTHS)
        return false;
    const PlanNode *from = operand_of(plan, node, 0), *difference = operand_of(plan, node, 1);
    if (!is_day(from) || from->integer != date_from_civil(2000, 1, 1) || difference->kind != PLAN_SUBTRACT ||
        !is_number(operand_of(plan, difference, 1), MONTHS_TO_2000))
        return false;
    const PlanNode *sum = operand_of(plan, difference, 0);
    if (sum->kind != PLAN_ADD || !is_column(plan, operand_of(plan, sum, 1), PLAN_PEOPLE, TEXT("birth_month")))
        return false;
    const PlanNode *months = operand_of(plan, sum, 0);
    return months->kind == PLAN_MULTIPLY && is_number(operand_of(plan, months, 1), 12) &&
           is_column(plan, operand_of(plan, months, 0), PLAN_PEOPLE, TEXT("birth_year"));
}

static bool is_age(const Plan *plan, const PlanNode *node)
{
    return node->kind == PLAN_YEARS_BETWEEN && plan_check_is_birth(plan, operand_of(plan, node, 0)) &&
           is_day(operand_of(plan, node, 1));
}

/* From birth on, each as wide as it has to be; the last begins where the very old do, or before. */
static bool are_wide(const uint8_t *starts, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (starts[i] < starts[i - 1] + WIDTH_MIN)
            return false;
    return starts[0] == 0 && starts[count - 1] <= START_MAX;
}

/* The last start that the age is at least, of one age that is asked about each; unknown below the first. */
static bool is_band(const Plan *plan, const PlanNode *node, const uint8_t *starts, size_t count)
{
    if (!are_wide(starts, count) || node->kind != PLAN_CASE || node->operand_count != 2 * count)
        return false;
    for (size_t i = 0; i < count; i++) {
        const PlanNode *condition = operand_of(plan, node, 2 * i);
        const uint8_t start = starts[count - 1 - i];
        if (condition->kind != PLAN_AT_LEAST || !is_age(plan, operand_of(plan, condition, 0)) ||
            condition->operands[0] != operand_of(plan, node, 0)->operands[0] ||
            !is_number(operand_of(plan, condition, 1), start) ||
            !is_number(operand_of(plan, node, 2 * i + 1), start))
            return false;
    }
    return true;
}

/* ---- the whole ---- */

static Result check_value(const Plan *plan, const ReleasedValue *released, Error *error)
{
    if (released->value >= plan->count || plan->nodes[released->value].level != PLAN_PEOPLE)
        return fail(error, ERROR_REFUSED, "plan: a cell is named by what is not of people");
    const PlanNode *node = &plan->nodes[released->value];
    if (released->is_of_amount)
        TRY(plan_check_amount(plan, released, error));
    if (released->is_condition && node->type == TYPE_BOOL && !plan_is_rows(node->kind))
        return RESULT_OK;
    if (released->is_condition)
        return fail(error, ERROR_REFUSED, "plan: a measure's condition is none");
    if (released->band_count > 0 && text_equal(released->name, TEXT("age")) &&
        is_band(plan, node, released->band_starts, released->band_count))
        return RESULT_OK;
    if (released->band_count == 0 && is_category(plan, node, released->name))
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
    TRY(plan_check_homes(plan, released, error));
    for (size_t i = 0; i < released->value_count; i++)
        TRY(check_value(plan, &released->values[i], error));
    return RESULT_OK;
}
