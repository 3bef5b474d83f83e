#include "query/choice.h"

#include <string.h>

/* ---- conditions ---- */

static ChoiceTest *test_of(const Lookup *lookup, Arena *arena, Choice *choice)
{
    const LookupColumn *column = &lookup->columns[0];
    size_t t = 0;

    while (t < choice->test_count && choice->tests[t].column.column != column->column)
        t++;
    if (t == CHOICE_COLUMNS_MAX)
        return NULL;
    if (t == choice->test_count) {
        bool *passes = arena_alloc(arena, lookup->count * sizeof *passes);
        memset(passes, true, lookup->count * sizeof *passes);
        choice->tests[choice->test_count++] = (ChoiceTest){.column = *column, .passes = passes};
    }
    return &choice->tests[t];
}

static bool take_condition(Lookups *lookups, PlanId id, bool keeps, Arena *arena, Choice *choice)
{
    const Lookup *lookup = lookup_of(lookups, id);

    if (lookup == NULL || lookup->column_count != 1)
        return false;
    const ChoiceTest *test = test_of(lookup, arena, choice);
    for (uint32_t i = 0; test != NULL && i < lookup->count; i++)
        test->passes[i] &= (vector_number(lookup->worth, i) == 1) == keeps;
    return test != NULL;
}

/* Each part of an `and` by itself, where it is to be true. */
static bool take_parts(const Plan *plan, Lookups *lookups, PlanId id, Arena *arena, Choice *choice)
{
    const PlanNode *node = &plan->nodes[id];

    if (node->kind != PLAN_AND)
        return take_condition(lookups, id, true, arena, choice);
    for (size_t i = 0; i < node->operand_count; i++)
        if (!take_parts(plan, lookups, node->operands[i], arena, choice))
            return false;
    return true;
}

/* As dates are from one on, or up to one. */
static void find_window(ChoiceTest *test)
{
    const LookupColumn *column = &test->column;
    uint32_t from = 1, behind;

    if (column->codes != NULL)
        return;
    while (from < column->count && !test->passes[from])
        from++;
    for (behind = from; behind < column->count && test->passes[behind];)
        behind++;
    test->from = column->lowest + (from - 1);
    test->width = behind - from;
    test->is_window = true;
    for (; behind < column->count; behind++)
        test->is_window &= !test->passes[behind];
}

bool choice_make(const Plan *plan, Lookups *lookups, PlanId rows, Arena *arena, Choice *choice)
{
    const PlanNode *node = &plan->nodes[rows];
    uint16_t level = node->level;

    *choice = (Choice){.begin = plan->dataset->sources[level].begin};
    for (; node->kind != PLAN_ROWS; node = &plan->nodes[node->operands[0]]) {
        PlanId condition = node->kind == PLAN_KEEP || node->kind == PLAN_DROP ? node->operands[1] : 0;
        if ((node->kind != PLAN_KEEP && node->kind != PLAN_DROP) || plan->nodes[condition].level != level)
            return false;
        bool taken = node->kind == PLAN_KEEP ? take_parts(plan, lookups, condition, arena, choice)
                                             : take_condition(lookups, condition, false, arena, choice);
        if (!taken)
            return false;
    }
    for (size_t t = 0; t < choice->test_count; t++)
        find_window(&choice->tests[t]);
    return true;
}

/* ---- rows ---- */

static inline bool passes(const ChoiceTest *test, uint32_t row)
{
    if (!test->is_window)
        return test->passes[lookup_place(&test->column, row)];
    int32_t value = test->column.column[row];
    return value == SMALL_UNKNOWN ? test->passes[0] : (uint32_t)value - test->from < test->width;
}

static inline bool passes_all(const Choice *choice, uint32_t row)
{
    for (size_t t = 0; t < choice->test_count; t++)
        if (!passes(&choice->tests[t], row))
            return false;
    return true;
}

static void find_first(const Choice *choice, uint32_t first, uint32_t people, uint32_t *rows)
{
    for (uint32_t p = 0; p < people; p++) {
        uint32_t row = choice->begin[first + p], end = choice->begin[first + p + 1];
        while (row < end && !passes_all(choice, row))
            row++;
        rows[p] = row < end ? row : CHOICE_NONE;
    }
}

static void find_last(const Choice *choice, uint32_t first, uint32_t people, uint32_t *rows)
{
    for (uint32_t p = 0; p < people; p++) {
        uint32_t begin = choice->begin[first + p], row = choice->begin[first + p + 1];
        while (row > begin && !passes_all(choice, row - 1))
            row--;
        rows[p] = row > begin ? row - 1 : CHOICE_NONE;
    }
}

void choice_rows_plain(const Choice *choice, uint32_t first, uint32_t people, bool last, uint32_t *rows)
{
    if (last)
        find_last(choice, first, people, rows);
    else
        find_first(choice, first, people, rows);
}

void choice_rows(const Choice *choice, uint32_t first, uint32_t people, bool last, Arena *scratch,
                 uint32_t *rows)
{
    if (!choice_rows_wide(choice, first, people, last, scratch, rows))
        choice_rows_plain(choice, first, people, last, rows);
}

void choice_bits_plain(const uint32_t *rows, uint32_t people, bool wanted, uint64_t *bits)
{
    for (uint32_t p = 0; p < people; p++) {
        bits[p / 64] = p % 64 == 0 ? 0 : bits[p / 64];
        bits[p / 64] |= (uint64_t)((rows[p] != CHOICE_NONE) == wanted) << p % 64;
    }
}

void choice_bits(const uint32_t *rows, uint32_t people, bool wanted, uint64_t *bits)
{
    if (!choice_bits_wide(rows, people, wanted, bits))
        choice_bits_plain(rows, people, wanted, bits);
}
