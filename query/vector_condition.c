#include <math.h>
#include <string.h>

#include "query/vector_parts.h"

/* ---- comparisons ---- */

#define COMPARE(SYMBOL)                                                                                      \
    for (size_t i = 0; i < count; i++) {                                                                     \
        int64_t x = vector_number(a, i), y = vector_number(b, i);                                            \
        out->numbers[i] = x == NUMBER_UNKNOWN || y == NUMBER_UNKNOWN ? NUMBER_UNKNOWN : x SYMBOL y;          \
    }                                                                                                        \
    break

static void compare_numbers(PlanKind kind, const Vector *a, const Vector *b, size_t count, Vector *out)
{
    switch (kind) {
    case PLAN_EQUAL:
        COMPARE(==);
    case PLAN_NOT_EQUAL:
        COMPARE(!=);
    case PLAN_LESS:
        COMPARE(<);
    case PLAN_AT_MOST:
        COMPARE(<=);
    case PLAN_MORE:
        COMPARE(>);
    default:
        COMPARE(>=);
    }
}

static bool holds(PlanKind kind, double x, double y)
{
    switch (kind) {
    case PLAN_EQUAL:
        return x == y;
    case PLAN_NOT_EQUAL:
        return x != y;
    case PLAN_LESS:
        return x < y;
    case PLAN_AT_MOST:
        return x <= y;
    case PLAN_MORE:
        return x > y;
    default:
        return x >= y;
    }
}

static void compare(PlanKind kind, const Vector *a, const Vector *b, size_t count, Vector *out)
{
    if (a->decimals == NULL) {
        compare_numbers(kind, a, b, count, out);
        return;
    }
    for (size_t i = 0; i < count; i++)
        out->numbers[i] = vector_is_known(a, i) && vector_is_known(b, i)
                              ? holds(kind, vector_decimal(a, i), vector_decimal(b, i))
                              : NUMBER_UNKNOWN;
}

/* ---- sets ---- */

/* Codes of a list are often neighbours, and most others lie outside. */
static size_t set_place(const PlanNode *node, int64_t item)
{
    size_t from = 0, to = node->set_count;

    if (to == 0 || item < node->set[0] || item > node->set[to - 1])
        return to;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (node->set[middle] < item)
            from = middle + 1;
        else
            to = middle;
    }
    return from < node->set_count && node->set[from] == item ? from : node->set_count;
}

static void look_up(const PlanNode *node, const Vector *value, size_t count, Vector *out)
{
    for (size_t i = 0; i < count; i++) {
        int64_t item = vector_number(value, i);
        size_t place = item == NUMBER_UNKNOWN ? node->set_count : set_place(node, item);
        if (node->kind == PLAN_MAP)
            out->numbers[i] = place == node->set_count ? NUMBER_UNKNOWN : node->mapped[place];
        else
            out->numbers[i] =
                item == NUMBER_UNKNOWN && node->set_count > 0 ? NUMBER_UNKNOWN : place < node->set_count;
    }
}

/* ---- texts ---- */

static bool is_code_character(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool has_code(const Plan *plan, const PlanNode *node, Text text)
{
    for (size_t at = 0; at < text.length; at++) {
        if (!is_code_character(text.data[at]) || (at > 0 && is_code_character(text.data[at - 1])))
            continue;
        for (size_t c = 0; c < node->set_count; c++)
            if (text_starts_with(text_slice(text, at, text.length), plan->dataset->words[node->set[c]]))
                return true;
    }
    return false;
}

static bool has_piece(Text text, Text piece)
{
    return piece.length == 0 ||
           (text.length > 0 && memmem(text.data, text.length, piece.data, piece.length) != NULL);
}

static void look_into(const Plan *plan, const PlanNode *node, const Vector *const *operands, size_t count,
                      Vector *out)
{
    const Text *words = plan->dataset->words;

    for (size_t i = 0; i < count; i++) {
        int64_t text = vector_number(operands[0], i);
        int64_t piece = node->kind == PLAN_CONTAINS ? vector_number(operands[1], i) : 0;
        if (deadline_is_over_after(plan->deadline, 1 + (text < 0 ? 0 : words[text].length) * node->set_count))
            return;
        if (text == NUMBER_UNKNOWN || piece == NUMBER_UNKNOWN)
            out->numbers[i] = NUMBER_UNKNOWN;
        else
            out->numbers[i] = node->kind == PLAN_CONTAINS ? has_piece(words[text], words[piece])
                                                          : has_code(plan, node, words[text]);
    }
}

/* ---- and, or, not ---- */

/* One side decides alone: false of `and`, true of `or`. */
static void chain(const PlanNode *node, const Vector *const *operands, size_t count, Vector *out)
{
    int64_t decides = node->kind == PLAN_OR;

    for (size_t i = 0; i < count; i++)
        out->numbers[i] = !decides;
    for (size_t o = 0; o < node->operand_count; o++)
        for (size_t i = 0; i < count; i++) {
            int64_t value = vector_number(operands[o], i);
            if (value == decides)
                out->numbers[i] = decides;
            else if (value == NUMBER_UNKNOWN && out->numbers[i] != decides)
                out->numbers[i] = NUMBER_UNKNOWN;
        }
}

void vector_condition(const Plan *plan, const PlanNode *node, const Vector *const *operands, size_t count,
                      Vector *out)
{
    switch (node->kind) {
    case PLAN_IN:
    case PLAN_MAP:
        look_up(node, operands[0], count, out);
        break;
    case PLAN_CONTAINS:
    case PLAN_CONTAINS_CODE:
        look_into(plan, node, operands, count, out);
        break;
    case PLAN_AND:
    case PLAN_OR:
        chain(node, operands, count, out);
        break;
    default:
        compare(node->kind, operands[0], operands[1], count, out);
    }
}
