/* Measures of one table whose people lie within each other but for a few. */
#include <assert.h>

#include "query/suppress_parts.h"

/* Two parts of one table, their places in one order; the last dimension is each one's condition. */
typedef struct Pair {
    const CountTable *inner, *outer;
    size_t inner_table, outer_table;
} Pair;

bool suppress_are_of_one_table(const CountTable *a, const CountTable *b)
{
    if (count_answers(a) == 0 || count_answers(b) == 0 || a->dimension_count != b->dimension_count)
        return false;
    for (size_t d = 0; d + 1 < a->dimension_count; d++)
        if (!text_equal(a->dimensions[d].name, b->dimensions[d].name))
            return false;
    return true;
}

/* ---- does one lie within the other? ---- */

/* Has everybody of a place who has the one answer the other as well? */
static bool are_within(const Suppression *s, const Pair *pair, size_t place, size_t inner_answer,
                       size_t outer_answer)
{
    size_t count;
    const uint32_t *people = count_people_at(pair->inner, place, s->arena, &count);

    assert(pair->inner->who == pair->outer->who);
    for (size_t i = 0; i < count; i++)
        if (count_answer_of(pair->inner, people[i]) == inner_answer &&
            count_answer_of(pair->outer, people[i]) != outer_answer)
            return false;
    return true;
}

typedef bool Within(const Suppression *s, const Pair *pair, size_t place, size_t inner_answer,
                    size_t outer_answer);

static bool holds_below(const Suppression *s, const Pair *pair, const size_t *margin, size_t inner_answer,
                        size_t outer_answer, Within *holds)
{
    size_t of_inner = count_answers(pair->inner) + 1, below[QUERY_DIMENSIONS_MAX];
    bool is_more = count_first_below(pair->inner, margin, below);

    for (; is_more; is_more = count_next_below(pair->inner, margin, below)) {
        size_t place = count_cell(pair->inner, below) / of_inner;
        if (pair->inner->cells[place * of_inner + inner_answer].people > 0 &&
            !holds(s, pair, place, inner_answer, outer_answer))
            return false;
    }
    return true;
}

/* More people do not lie within fewer: so most pairs are told apart without a look at anybody. */
static bool may_be_within(const Suppression *s, const Pair *pair, size_t place, size_t inner_answer,
                          size_t outer_answer)
{
    size_t of_inner = count_answers(pair->inner) + 1, of_outer = count_answers(pair->outer) + 1;

    (void)s;
    return pair->inner->cells[place * of_inner + inner_answer].people <=
           pair->outer->cells[place * of_outer + outer_answer].people;
}

/* Of a margin each place below it. */
static bool lies_within(const Suppression *s, const Pair *pair, size_t place, size_t inner_answer,
                        size_t outer_answer)
{
    size_t margin[QUERY_DIMENSIONS_MAX];

    count_coordinates(pair->inner, place * (count_answers(pair->inner) + 1), margin);
    return holds_below(s, pair, margin, inner_answer, outer_answer, may_be_within) &&
           holds_below(s, pair, margin, inner_answer, outer_answer, are_within);
}

/* ---- all pairs ---- */

static bool mend_answers(Suppression *s, const Pair *pair, size_t place, size_t inner_answer,
                         size_t outer_answer)
{
    size_t inner = place * (count_answers(pair->inner) + 1) + inner_answer;
    size_t outer = place * (count_answers(pair->outer) + 1) + outer_answer;
    int64_t people = pair->inner->cells[inner].people;

    if (s->states[pair->inner_table][inner] != CELL_SHOWN ||
        s->states[pair->outer_table][outer] != CELL_SHOWN || people == 0 ||
        !suppress_is_few(s, pair->outer->cells[outer].people - people) ||
        !lies_within(s, pair, place, inner_answer, outer_answer))
        return false;
    suppress_hide(s, pair->inner_table, inner);
    return true;
}

static bool mend_pair(Suppression *s, const Pair *pair)
{
    bool changed = false;

    for (size_t place = 0; place < count_places(pair->inner); place++)
        for (size_t i = 0; i < count_answers(pair->inner); i++)
            for (size_t o = 0; o < count_answers(pair->outer); o++)
                changed |= mend_answers(s, pair, place, i, o);
    return changed;
}

bool suppress_nested(Suppression *s)
{
    bool changed = false;

    if (s->rule->without_nested)
        return false;
    for (size_t i = 0; i < s->table_count; i++)
        for (size_t o = 0; o < s->table_count; o++) {
            const Pair pair = {&s->tables[i], &s->tables[o], i, o};
            if (deadline_is_over(s->rule->deadline))
                return false; /* the caller finds it over, too */
            if (i != o && suppress_are_of_one_table(pair.inner, pair.outer))
                changed |= mend_pair(s, &pair);
        }
    return changed;
}
