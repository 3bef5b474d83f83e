#include <math.h>

#include "query/vector_parts.h"

bool vector_is_known(const Vector *vector, size_t i)
{
    return vector->decimals != NULL ? isfinite(vector_decimal(vector, i))
                                    : vector_number(vector, i) != NUMBER_UNKNOWN;
}

Vector *vector_create(Arena *arena, QueryType type, size_t count)
{
    Vector *vector = arena_alloc(arena, sizeof *vector);

    vector->mask = SIZE_MAX;
    if (type == TYPE_DECIMAL)
        vector->decimals = arena_alloc(arena, (count + 1) * sizeof(double));
    else
        vector->numbers = arena_alloc(arena, (count + 1) * sizeof(int64_t));
    return vector;
}

/* ---- choice ---- */

static void copy_value(const Vector *from, size_t i, Vector *out)
{
    if (out->decimals != NULL)
        out->decimals[i] = vector_decimal(from, i);
    else
        out->numbers[i] = vector_number(from, i);
}

static void set_unknown(Vector *out, size_t i)
{
    if (out->decimals != NULL)
        out->decimals[i] = NAN;
    else
        out->numbers[i] = NUMBER_UNKNOWN;
}

static void choose_case(const PlanNode *node, const Vector *const *operands, size_t count, Vector *out)
{
    size_t pairs = node->operand_count / 2;

    for (size_t i = 0; i < count; i++) {
        size_t of = 0;
        while (of < pairs && vector_number(operands[2 * of], i) != 1)
            of++;
        if (of < pairs)
            copy_value(operands[2 * of + 1], i, out);
        else if (node->operand_count % 2 == 1)
            copy_value(operands[node->operand_count - 1], i, out);
        else
            set_unknown(out, i);
    }
}

static bool is_better(PlanKind kind, const Vector *challenger, const Vector *best, size_t i)
{
    if (!vector_is_known(challenger, i))
        return false;
    if (!vector_is_known(best, i))
        return true;
    if (kind == PLAN_COALESCE)
        return false;
    if (best->decimals != NULL)
        return kind == PLAN_LEAST ? vector_decimal(challenger, i) < vector_decimal(best, i)
                                  : vector_decimal(challenger, i) > vector_decimal(best, i);
    return kind == PLAN_LEAST ? vector_number(challenger, i) < vector_number(best, i)
                              : vector_number(challenger, i) > vector_number(best, i);
}

static void choose_best(const PlanNode *node, const Vector *const *operands, size_t count, Vector *out)
{
    for (size_t i = 0; i < count; i++) {
        copy_value(operands[0], i, out);
        for (size_t o = 1; o < node->operand_count; o++)
            if (is_better(node->kind, operands[o], out, i))
                copy_value(operands[o], i, out);
    }
}

/* ---- one value from one ---- */

static int64_t to_whole(double value)
{
    return isfinite(value) && fabs(value) < 0x1p62 ? vector_worked_out((int64_t)value, false)
                                                   : NUMBER_UNKNOWN;
}

static int64_t from_one(const PlanNode *node, const Vector *from, size_t i)
{
    int64_t value = from->decimals == NULL ? vector_number(from, i) : 0;

    switch (node->kind) {
    case PLAN_IS_KNOWN:
        return vector_is_known(from, i);
    case PLAN_NOT:
        return value == NUMBER_UNKNOWN ? NUMBER_UNKNOWN : !value;
    case PLAN_ABSOLUTE:
        return value == NUMBER_UNKNOWN || value >= 0 ? value : -value;
    case PLAN_TO_INTEGER:
        return from->decimals == NULL ? value : to_whole(vector_decimal(from, i));
    default:
        return vector_part_of_day(node->kind, value);
    }
}

static double decimal_from_one(const PlanNode *node, const Vector *from, size_t i)
{
    if (!vector_is_known(from, i))
        return NAN;
    double value = from->decimals == NULL ? (double)vector_number(from, i) : vector_decimal(from, i);
    return node->kind == PLAN_ABSOLUTE ? fabs(value) : value;
}

static void work_one(const PlanNode *node, const Vector *from, size_t count, Vector *out)
{
    for (size_t i = 0; i < count; i++)
        if (out->decimals != NULL)
            out->decimals[i] = decimal_from_one(node, from, i);
        else
            out->numbers[i] = from_one(node, from, i);
}

void vector_work(const Plan *plan, const PlanNode *node, const Vector *const *operands, size_t count,
                 Vector *out)
{
    switch (node->kind) {
    case PLAN_NUMBER:
        out->numbers[0] = node->integer;
        break;
    case PLAN_DECIMAL:
        out->decimals[0] = node->decimal;
        break;
    case PLAN_EQUAL:
    case PLAN_NOT_EQUAL:
    case PLAN_LESS:
    case PLAN_AT_MOST:
    case PLAN_MORE:
    case PLAN_AT_LEAST:
    case PLAN_IN:
    case PLAN_MAP:
    case PLAN_CONTAINS:
    case PLAN_CONTAINS_CODE:
    case PLAN_AND:
    case PLAN_OR:
        vector_condition(plan, node, operands, count, out);
        break;
    case PLAN_ADD:
    case PLAN_SUBTRACT:
    case PLAN_MULTIPLY:
    case PLAN_DIVIDE:
    case PLAN_DIVIDE_DOWN:
    case PLAN_POWER:
    case PLAN_SHIFT_DAYS:
    case PLAN_SHIFT_MONTHS:
    case PLAN_DAYS_BETWEEN:
    case PLAN_MONTHS_BETWEEN:
    case PLAN_YEARS_BETWEEN:
        vector_calculate(node, operands, count, out);
        break;
    case PLAN_CASE:
        choose_case(node, operands, count, out);
        break;
    case PLAN_LEAST:
    case PLAN_GREATEST:
    case PLAN_COALESCE:
        choose_best(node, operands, count, out);
        break;
    default:
        work_one(node, operands[0], count, out);
    }
}
