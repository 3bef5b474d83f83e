/* Measures of one table whose people lie within each other but for a few. */
#include <assert.h>

#include "query/suppress_parts.h"

enum { ANSWER_YES, ANSWER_NO };

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

/* Of those who have an answer; of a no, of those who have another one. Margins have none, which tells nothing
 * apart. */
static uint64_t sketch_of(const CountTable *table, size_t place, size_t answer)
{
    if (table->yes_sketches == NULL || !count_is_inner(table, place * (count_answers(table) + 1)))
        return 0;
    uint16_t at = table->who_places[place];
    if (answer == ANSWER_NO)
        return table->yes_sketches[at] | table->unknown_sketches[at];
    return answer == ANSWER_YES ? table->yes_sketches[at] : table->unknown_sketches[at];
}

/* Where both say no, who does not say it lies the other way round. */
static bool may_sketches_be_within(const Pair *pair, size_t place, size_t inner_answer, size_t outer_answer)
{
    uint64_t few = sketch_of(pair->inner, place, inner_answer);
    uint64_t many = sketch_of(pair->outer, place, outer_answer);

    if ((inner_answer == ANSWER_NO) != (outer_answer == ANSWER_NO))
        return true;
    return inner_answer == ANSWER_NO ? (many & ~few) == 0 : (few & ~many) == 0;
}

/* More people do not lie within fewer: so most pairs are told apart without a look at anybody. */
static bool may_be_within(const Suppression *s, const Pair *pair, size_t place, size_t inner_answer,
                          size_t outer_answer)
{
    size_t of_inner = count_answers(pair->inner) + 1, of_outer = count_answers(pair->outer) + 1;

    (void)s;
    return pair->inner->cells[place * of_inner + inner_answer].people <=
               pair->outer->cells[place * of_outer + outer_answer].people &&
           may_sketches_be_within(pair, place, inner_answer, outer_answer);
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

static void mend_answers(Suppression *s, const Pair *pair, size_t place, size_t inner_answer,
                         size_t outer_answer)
{
    size_t inner = place * (count_answers(pair->inner) + 1) + inner_answer;
    size_t outer = place * (count_answers(pair->outer) + 1) + outer_answer;

    if (s->states[pair->inner_table][inner] != CELL_SHOWN ||
        s->states[pair->outer_table][outer] != CELL_SHOWN ||
        !may_be_within(s, pair, place, inner_answer, outer_answer) ||
        !lies_within(s, pair, place, inner_answer, outer_answer))
        return;
    suppress_hide(s, pair->inner_table, inner);
}

/* Counts that are not near each other are told apart first: that is nearly all. */
static void mend_place(Suppression *s, const Pair *pair, size_t place, const CountCell *inner,
                       const CountCell *outer)
{
    size_t of_inner = count_answers(pair->inner), of_outer = count_answers(pair->outer);

    for (size_t i = 0; i < of_inner; i++)
        for (size_t o = 0; o < of_outer && inner[i].people > 0; o++)
            if (suppress_is_few(s, outer[o].people - inner[i].people))
                mend_answers(s, pair, place, i, o);
}

static void mend_pair(Suppression *s, const Pair *pair)
{
    size_t of_inner = count_answers(pair->inner) + 1, of_outer = count_answers(pair->outer) + 1;
    size_t places = count_places(pair->inner);

    for (size_t place = 0; place < places; place++)
        mend_place(s, pair, place, &pair->inner->cells[place * of_inner],
                   &pair->outer->cells[place * of_outer]);
}

/* Once: who lies within whom stays, and a pair of which one is hidden needs nothing more. */
void suppress_nested(Suppression *s)
{
    if (s->rule->without_nested)
        return;
    for (size_t i = 0; i < s->table_count; i++)
        for (size_t o = 0; o < s->table_count; o++) {
            const Pair pair = {&s->tables[i], &s->tables[o], i, o};
            if (deadline_is_over(s->rule->deadline))
                return; /* the caller finds it over, too */
            if (i != o && suppress_are_of_one_table(pair.inner, pair.outer))
                mend_pair(s, &pair);
        }
}
