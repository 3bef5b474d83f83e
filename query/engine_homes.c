/* Counts over the people of homes. Those of a home are anywhere in the release, so they are added up over
 * everybody, before anything that asks for them is worked out: in as many rounds as such counts stand one
 * upon another. */
#include <assert.h>

#include "query/engine_parts.h"

enum { HOMES_FIRST = 1 << 10, HOMES_MAX = 1 << 27, COUNT_MAX = UINT8_MAX };

/* No more than COUNT_MAX, which is far above what makes a household. */
typedef struct Home {
    uint8_t people, meant; /* who lives there; and for whom the condition is true */
} Home;

typedef struct HomeCount {
    Home *homes; /* by their numbers; nobody lives in those behind */
    size_t count;
} HomeCount;

struct Homes {
    const Plan *plan;
    size_t *depths; /* of each node: how many counts stand one upon another, itself among them */
    HomeCount *counts;
    size_t rounds, begun;
};

static size_t depth_of(const size_t *depths, const PlanNode *node)
{
    size_t below = 0;

    for (size_t i = 0; i < node->operand_count; i++)
        below = depths[node->operands[i]] > below ? depths[node->operands[i]] : below;
    return below + plan_is_of_homes(node->kind);
}

Homes *homes_create(const Plan *plan)
{
    bool any = false;

    for (size_t i = 0; i < plan->count && !any; i++)
        any = plan_is_of_homes(plan->nodes[i].kind);
    if (!any)
        return NULL;
    Homes *homes = memory_alloc(sizeof *homes);
    homes->plan = plan;
    homes->depths = memory_alloc(plan->count * sizeof *homes->depths);
    homes->counts = memory_alloc(plan->count * sizeof *homes->counts);
    for (size_t i = 0; i < plan->count; i++) {
        homes->depths[i] = depth_of(homes->depths, &plan->nodes[i]);
        homes->rounds = homes->depths[i] > homes->rounds ? homes->depths[i] : homes->rounds;
    }
    return homes;
}

void homes_close(Homes **homes)
{
    if (*homes == NULL)
        return;
    for (size_t i = 0; i < (*homes)->plan->count; i++)
        memory_free((*homes)->counts[i].homes);
    memory_free((*homes)->counts);
    memory_free((*homes)->depths);
    memory_free(*homes);
    *homes = NULL;
}

/* ---- before ---- */

static void make_room(HomeCount *count, size_t number)
{
    size_t more = count->count == 0 ? HOMES_FIRST : count->count;

    if (number < count->count)
        return;
    while (more <= number)
        more *= 2;
    count->homes = memory_resize(count->homes, more * sizeof *count->homes);
    for (size_t i = count->count; i < more; i++)
        count->homes[i] = (Home){0};
    count->count = more;
}

static bool is_home(int64_t number)
{
    return number >= 1 && number <= HOMES_MAX;
}

static void add_people(Engine *engine, PlanId id)
{
    const PlanNode *node = &engine->plan->nodes[id];
    const Vector *numbers = engine_value(engine, node->operands[0]);
    const uint64_t *holds = engine_holds(engine, node->operands[1]);
    HomeCount *count = &engine->homes->counts[id];

    for (uint32_t i = 0; i < engine->people; i++) {
        int64_t number = vector_number(numbers, i);
        if (!is_home(number))
            continue;
        make_room(count, (size_t)number);
        Home *home = &count->homes[number];
        home->people += home->people < COUNT_MAX;
        home->meant += (holds[i / 64] >> i % 64 & 1) != 0 && home->meant < COUNT_MAX;
    }
}

size_t engine_rounds(const Engine *engine)
{
    return engine->homes == NULL ? 0 : engine->homes->rounds;
}

void engine_round(Engine *engine, size_t round)
{
    engine->homes->begun = round + 1;
    for (size_t i = 0; i < engine->plan->count; i++)
        if (plan_is_of_homes(engine->plan->nodes[i].kind) && engine->homes->depths[i] == round + 1)
            add_people(engine, (PlanId)i);
}

/* A number of a household is none of a release that it is above, and there are two bytes a number, kept twice
 * while they grow. */
uint64_t engine_bytes_of_homes(const Plan *plan, uint64_t highest)
{
    uint64_t counts = 0;

    for (size_t i = 0; i < plan->count; i++)
        counts += plan_is_of_homes(plan->nodes[i].kind);
    return counts * 2 * (2 * highest + HOMES_FIRST) * sizeof(Home);
}

uint64_t engine_homes_bytes(const Plan *plan)
{
    int source = dataset_source(plan->dataset, TEXT("household"));
    int column = source < 0 ? -1 : dataset_column(&plan->dataset->sources[source], TEXT("household_number"));

    if (column < 0 || engine_bytes_of_homes(plan, 0) == 0)
        return 0;
    const DataSource *held = &plan->dataset->sources[source];
    DataRange range = dataset_range(&held->columns[column], held->begin[plan->dataset->people]);
    return engine_bytes_of_homes(plan, range.highest < 0 ? 0 : (uint64_t)range.highest);
}

/* ---- after ---- */

void engine_at_home(Engine *engine, PlanId id, Vector *out)
{
    const PlanNode *node = &engine->plan->nodes[id];
    const HomeCount *count = &engine->homes->counts[id];
    bool is_of_others = node->kind == PLAN_OTHERS_AT_HOME;
    const Vector *numbers = engine_value(engine, node->operands[0]);
    const uint64_t *holds = is_of_others ? engine_holds(engine, node->operands[1]) : NULL;

    assert(engine->homes->begun >= engine->homes->depths[id]);
    for (uint32_t i = 0; i < engine->people; i++) {
        int64_t number = vector_number(numbers, i);
        Home home = is_home(number) && (size_t)number < count->count ? count->homes[number] : (Home){0};
        bool is_meant = is_of_others && (holds[i / 64] >> i % 64 & 1) != 0;
        bool is_household = home.people > 0 && home.people <= PLAN_HOME_PEOPLE_MAX;
        out->numbers[i] = is_household ? home.meant - is_meant : NUMBER_UNKNOWN;
    }
}
