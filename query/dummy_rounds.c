/* What each person is to have, and rounds of looking and changing until they have it. */
#include <string.h>

#include "query/budget.h"
#include "query/dummy.h"

enum {
    ENGINE_BYTES_MAX = 512 << 20,
    LOTS = 4,
    NEARLY_ROUNDS = 3,
    ROUNDS_MAX = 16,
    COHORT_ROUNDS = 5 /* the last ones, in which nothing else is wished for */
};

bool dummy_is_random = false;

/* Everybody is one chunk, and each part of each goal may be asked for. */
static Result check_memory(Dummy *dummy, Error *error)
{
    PlanId *asked = arena_alloc(dummy->round_arena, (dummy->value_count + 1) * sizeof *asked);
    Budget budget;

    for (size_t i = 0; i < dummy->value_count; i++)
        asked[i] = dummy->values[i].id;
    budget_of(dummy->plan, budget_needs(dummy->plan, NULL, asked, dummy->value_count, dummy->round_arena),
              dummy->round_arena, &budget);
    if (budget_bytes(&budget, 0, dummy->people) > ENGINE_BYTES_MAX)
        return dummy_fail_full(error);
    return RESULT_OK;
}

Result dummy_open_engine(Dummy *dummy, Error *error)
{
    TRY(check_memory(dummy, error));
    dummy->engine = engine_create(dummy->plan);
    for (size_t round = 0; round < engine_rounds(dummy->engine); round++) {
        engine_chunk(dummy->engine, 0, dummy->people);
        engine_round(dummy->engine, round);
    }
    engine_chunk(dummy->engine, 0, dummy->people);
    return deadline_check(&dummy->deadline, error);
}

typedef enum Hope { HOPE_NOTHING, HOPE_TRUE, HOPE_FALSE } Hope;

/* 0 to 3 by chance, and in four turns each once: few homes are not to be all alike. */
static uint64_t lot_of(Dummy *dummy, DummyGoal *goal, bool is_of_cohort)
{
    uint64_t *asked = &goal->asked[is_of_cohort], *turn = &goal->turn[is_of_cohort];

    if (*asked % LOTS == 0)
        *turn = dummy_chance(dummy, LOTS);
    return ((*asked)++ + *turn) % LOTS;
}

/* Half of the people for the cohort, a quarter against it; of each other goal about as many for as against.
 */
static Hope hope_of(Dummy *dummy, uint32_t number, DummyGoal *goal)
{
    bool is_of_cohort = number % 2 == 0;
    uint64_t which = lot_of(dummy, goal, is_of_cohort);

    if (goal == dummy->goals)
        return is_of_cohort ? HOPE_TRUE : (which < 2 ? HOPE_FALSE : HOPE_NOTHING);
    if (is_of_cohort && *goal->kind == 'l') /* what the cohort is made of */
        return HOPE_NOTHING;
    return which % 2 == 0 ? HOPE_TRUE : HOPE_FALSE;
}

static bool pursue(Dummy *dummy, uint32_t person, const DummyGoal *goal, Hope hope)
{
    const Wish wish = {.dummy = dummy, .person = person, .period = goal->period};
    double value = wish_value(&wish, goal->node);

    if (hope == HOPE_NOTHING)
        return false;
    if (goal->node->type != TYPE_BOOL) {
        bool is_wished = hope == HOPE_TRUE && isnan(value);
        if (is_wished)
            wish_known(&wish, goal->node);
        return is_wished;
    }
    if (value == (hope == HOPE_TRUE))
        return false;
    wish_condition(&wish, goal->node, hope == HOPE_TRUE);
    return true;
}

/* Who is not to have something has it first, and loses it by one change: nearly is what mistakes are about.
 */
static Hope hope_in(Hope hope, int round)
{
    return hope == HOPE_FALSE && round < NEARLY_ROUNDS ? HOPE_TRUE : hope;
}

/* The cohort comes last: what is done for it stays. Says whether anything was left to wish for. */
static bool run_round(Dummy *dummy, const Hope *hopes, int round)
{
    size_t goals = round >= ROUNDS_MAX - COHORT_ROUNDS ? 1 : dummy->goal_count;
    bool any = round < NEARLY_ROUNDS;

    for (uint32_t p = 0; p < dummy->people && !deadline_is_over(&dummy->deadline); p++)
        for (size_t g = goals; g-- > 0;)
            any |= pursue(dummy, p, &dummy->goals[g], hope_in(hopes[p * dummy->goal_count + g], round));
    return any;
}

static bool reads_homes(const Tree *tree)
{
    for (size_t s = 0; s < tree->source_count; s++)
        if (tree->sources[s]->is_household)
            return true;
    return false;
}

/* What is recorded of a home is so for all who live there: they hope for the same. */
static const Hope *make_hopes(Dummy *dummy)
{
    size_t each = dummy->goal_count;
    Hope *hopes = arena_alloc(dummy->arena, dummy->people * each * sizeof *hopes);
    const Hope **of_home = arena_alloc(dummy->arena, dummy->homes * sizeof *of_home);
    bool is_by_home = reads_homes(dummy->query->tree);

    for (uint32_t p = 0; p < dummy->people; p++) {
        uint32_t home = dummy_home(dummy, p);
        Hope *own = &hopes[p * each];
        if (is_by_home && of_home[home] != NULL) {
            memcpy(own, of_home[home], each * sizeof *own);
            continue;
        }
        of_home[home] = own;
        for (size_t g = 0; g < each; g++)
            own[g] = hope_of(dummy, is_by_home ? home : p, &dummy->goals[g]);
    }
    return hopes;
}

Result dummy_satisfy(Dummy *dummy, Error *error)
{
    const Hope *hopes = make_hopes(dummy);
    bool any = true;

    for (int round = 0; any && !dummy_is_random && round < ROUNDS_MAX; round++) {
        TRY(dummy_open_engine(dummy, error));
        any = run_round(dummy, hopes, round);
        engine_close(&dummy->engine);
        TRY(deadline_check(&dummy->deadline, error));
        TRY(dummy_build(dummy, error));
    }
    return RESULT_OK;
}
