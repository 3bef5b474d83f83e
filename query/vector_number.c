#include <math.h>

#include "query/vector_parts.h"

/* ---- arithmetic ---- */

static int64_t divide_down(int64_t a, int64_t b)
{
    if (b == 0)
        return NUMBER_UNKNOWN;
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

int64_t vector_worked_out(int64_t number, bool overflows)
{
    return overflows || number > NUMBER_MOST || number < -NUMBER_MOST ? NUMBER_UNKNOWN : number;
}

static int64_t whole(PlanKind kind, int64_t a, int64_t b)
{
    int64_t result = 0;
    bool overflows = false;

    if (a == NUMBER_UNKNOWN || b == NUMBER_UNKNOWN)
        return NUMBER_UNKNOWN;
    switch (kind) {
    case PLAN_ADD:
    case PLAN_SHIFT_DAYS:
        overflows = __builtin_add_overflow(a, b, &result);
        break;
    case PLAN_SUBTRACT:
        overflows = __builtin_sub_overflow(a, b, &result);
        break;
    case PLAN_DAYS_BETWEEN:
        overflows = __builtin_sub_overflow(b, a, &result);
        break;
    case PLAN_MULTIPLY:
        overflows = __builtin_mul_overflow(a, b, &result);
        break;
    default:
        return divide_down(a, b);
    }
    return vector_worked_out(result, overflows);
}

static double divided(double a, double b)
{
    return b == 0 ? NAN : a / b;
}

static double decimal(PlanKind kind, double a, double b)
{
    switch (kind) {
    case PLAN_ADD:
        return a + b;
    case PLAN_SUBTRACT:
        return a - b;
    case PLAN_MULTIPLY:
        return a * b;
    case PLAN_DIVIDE:
        return divided(a, b);
    case PLAN_DIVIDE_DOWN:
        return floor(divided(a, b));
    default:
        return pow(a, b); /* 0 to a power below 0 is infinite, a root of less than 0 not a number: unknown */
    }
}

static void calculate(const PlanNode *node, const Vector *a, const Vector *b, size_t count, Vector *out)
{
    if (node->type != TYPE_DECIMAL) {
        for (size_t i = 0; i < count; i++)
            out->numbers[i] = whole(node->kind, vector_number(a, i), vector_number(b, i));
        return;
    }
    for (size_t i = 0; i < count; i++)
        out->decimals[i] = vector_is_known(a, i) && vector_is_known(b, i)
                               ? decimal(node->kind, vector_decimal(a, i), vector_decimal(b, i))
                               : NAN;
}

/* ---- dates ---- */

static bool is_day(int64_t number)
{
    return number >= date_from_civil(1600, 1, 1) && number <= date_from_civil(2400, 12, 31);
}

int64_t vector_part_of_day(PlanKind kind, int64_t day)
{
    CivilDate civil;

    if (!is_day(day))
        return NUMBER_UNKNOWN;
    civil = date_to_civil((Date)day);
    switch (kind) {
    case PLAN_YEAR:
        return civil.year;
    case PLAN_MONTH:
        return civil.month;
    case PLAN_DAY:
        return civil.day;
    case PLAN_FIRST_OF_MONTH:
        return date_from_civil(civil.year, civil.month, 1);
    default:
        return date_from_civil(civil.year, 1, 1);
    }
}

static int64_t with_day(PlanKind kind, int64_t day, int64_t other)
{
    if (!is_day(day) || other == NUMBER_UNKNOWN || (kind != PLAN_SHIFT_MONTHS && !is_day(other)))
        return NUMBER_UNKNOWN;
    if (kind == PLAN_MONTHS_BETWEEN)
        return date_months_between((Date)day, (Date)other);
    if (kind == PLAN_YEARS_BETWEEN)
        return date_age_years((Date)day, (Date)other);
    Date shifted = date_shift_months((Date)day, other);
    return shifted == DATE_NONE ? NUMBER_UNKNOWN : shifted;
}

void vector_calculate(const PlanNode *node, const Vector *const *operands, size_t count, Vector *out)
{
    bool is_calendar = node->kind == PLAN_SHIFT_MONTHS || node->kind == PLAN_MONTHS_BETWEEN ||
                       node->kind == PLAN_YEARS_BETWEEN;

    if (!is_calendar) {
        calculate(node, operands[0], operands[1], count, out);
        return;
    }
    for (size_t i = 0; i < count; i++)
        out->numbers[i] = with_day(node->kind, vector_number(operands[0], i), vector_number(operands[1], i));
}
