#pragma once
/* Random numbers and dates of a person that are made of records and of other values. Part of naive_query.h.
 */
#include "tests/query/naive_query.h"

static Expression *gathered(ExpressionKind kind, int source, FactType type, int depth)
{
    Expression *made = expression(kind, type);

    made->source = source;
    if (chance(3) != 0) {
        made->parts[0] = condition(source, depth - 1);
        made->part_count = 1;
    }
    return made;
}

/* Of records whose columns have an order: the least, the greatest, or that of one record. */
static const Expression *of_column(FactType type, int depth)
{
    static const ExpressionKind kinds[] = {SAY_MIN, SAY_MAX, SAY_PICKED, SAY_SUM};
    static const int places[] = {1, -1, 2, -2};
    int source = chance(2) == 0 ? GP_EVENT : APC_SPELL;
    ExpressionKind kind = kinds[chance(type == FACT_NUMBER ? 4 : 3)];
    Expression *made = gathered(kind, source, type, depth);

    made->column = column_of(source, type)->column;
    made->number = places[chance(4)];
    return made;
}

static const Expression *different(int depth)
{
    int source = (int)chance(SOURCES);
    Expression *made = gathered(SAY_DISTINCT, source, FACT_NUMBER, depth);

    made->column = (int)chance((uint64_t)COLUMN_COUNTS[source]);
    return made;
}

static const Expression *of_two(ExpressionKind kind, const Expression *first, const Expression *second)
{
    Expression *made = expression(kind, kind == SAY_OTHERWISE ? first->type : FACT_NUMBER);

    made->parts[made->part_count++] = first;
    made->parts[made->part_count++] = second;
    return made;
}

static const Expression *calculated(int depth)
{
    static const ExpressionKind kinds[] = {SAY_PLUS, SAY_MINUS, SAY_TIMES};
    const Expression *first = number_of_person(depth - 1);

    return of_two(kinds[chance(3)], first,
                  chance(2) == 0 ? number_of_person(depth - 1) : constant(FACT_NUMBER, NULL));
}

static const Expression *shifted(int depth)
{
    Expression *made = expression(SAY_SHIFT, FACT_DATE);

    made->parts[made->part_count++] =
        chance(3) == 0 ? constant(FACT_DATE, NULL) : worked_out(FACT_DATE, depth - 1);
    made->is_after = chance(2) == 0;
    made->months = chance(2) == 0 ? 1 + (int)chance(30) : 0;
    made->number = 1 + (int64_t)chance(400);
    return made;
}

static const Expression *worked_out(FactType type, int depth)
{
    const Expression *first;

    if (depth <= 0)
        return of_column(type, 0);
    switch (chance(type == FACT_DATE ? 4 : 6)) {
    case 0:
        first = worked_out(type, depth - 1);
        return of_two(SAY_OTHERWISE, first, constant(type, NULL));
    case 1:
        return type == FACT_DATE ? shifted(depth) : calculated(depth);
    case 4:
        return different(depth);
    case 5:
        first = worked_out(FACT_DATE, depth - 1);
        return of_two(SAY_DAYS, first, chance(2) == 0 ? worked_out(FACT_DATE, 0) : constant(FACT_DATE, NULL));
    default:
        return of_column(type, depth);
    }
}

static const Expression *day_of_person(void)
{
    if (let_count >= LETS_MAX)
        return constant(FACT_DATE, NULL);
    Expression *made = (Expression *)(uintptr_t)worked_out(FACT_DATE, 0);
    made->let = ++let_count;
    return made;
}
