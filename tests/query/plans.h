#pragma once
/* Plans that no query makes, by hand. */
#include <math.h>

#include "query/plan_check.h"
#include "tests/query/small.h"

enum { PERSON, FIRE_VISIT, GP_EVENT, REGISTRATION, HOUSEHOLD, NODES_MAX = 256 };
enum { BIRTH_YEAR, BIRTH_MONTH, SEX, DEATH_DATE };
enum { VALID_FROM, VALID_TO, IMD_DECILE, CARE_HOME };

static Arena *arena;
static Plan *plan;

static inline void open_plan(void)
{
    arena = arena_create(SMALL_ARENA_BYTES);
    plan = plan_create(&SMALL, NODES_MAX, arena);
}

static inline void close_plan(void)
{
    arena_close(&arena);
}

/* ---- pieces ---- */

static inline PlanId number(int64_t n)
{
    return plan_constant(plan, TYPE_NUMBER, n);
}

static inline PlanId yes(void)
{
    return plan_constant(plan, TYPE_BOOL, 1);
}

static inline PlanId column(uint16_t source, uint16_t of)
{
    const DataColumn *held = &SMALL.sources[source == PLAN_PEOPLE ? 0 : source].columns[of];

    return plan_add(plan, (PlanNode){.kind = PLAN_COLUMN, .type = held->type, .level = source, .column = of},
                    NULL, 0);
}

/* Of a source that is called so and has these columns. */
static inline PlanId event_column(QueryType type, uint16_t of)
{
    return plan_add(plan, (PlanNode){.kind = PLAN_COLUMN, .type = type, .level = GP_EVENT, .column = of},
                    NULL, 0);
}

static inline PlanId one(PlanKind kind, QueryType type, PlanId a)
{
    return plan_add(plan, (PlanNode){.kind = kind, .type = type}, &a, 1);
}

static inline PlanId two(PlanKind kind, QueryType type, PlanId a, PlanId b)
{
    const PlanId operands[] = {a, b};

    return plan_add(plan, (PlanNode){.kind = kind, .type = type}, operands, 2);
}

static inline PlanId rows(uint16_t source)
{
    return plan_add(plan, (PlanNode){.kind = PLAN_ROWS, .level = source}, NULL, 0);
}

static inline PlanId picked(PlanId of)
{
    return plan_add(plan, (PlanNode){.kind = PLAN_PICK, .integer = 1}, &of, 1);
}

static inline PlanId day(int64_t days)
{
    return plan_constant(plan, TYPE_DATE, days);
}

/* year * times + month - less months behind that day */
static inline PlanId birth_of(PlanId year, PlanId month, int64_t times, int64_t less, PlanId from)
{
    PlanId months = two(PLAN_ADD, TYPE_NUMBER, two(PLAN_MULTIPLY, TYPE_NUMBER, year, number(times)), month);

    return two(PLAN_SHIFT_MONTHS, TYPE_DATE, from, two(PLAN_SUBTRACT, TYPE_NUMBER, months, number(less)));
}

static inline PlanId birth(void)
{
    return birth_of(column(PLAN_PEOPLE, BIRTH_YEAR), column(PLAN_PEOPLE, BIRTH_MONTH), 12, 24001, day(0));
}

static inline PlanId age_on(int64_t days)
{
    return two(PLAN_YEARS_BETWEEN, TYPE_NUMBER, birth(), day(days));
}

static inline PlanId age(void)
{
    return age_on(9000);
}

/* from, else since, is at most since; to, else until, is at least until */
static inline PlanId covers(PlanId from, PlanId since, PlanId to, PlanId until)
{
    return two(PLAN_AND, TYPE_BOOL,
               two(PLAN_AT_MOST, TYPE_BOOL, two(PLAN_COALESCE, TYPE_DATE, from, since), since),
               two(PLAN_AT_LEAST, TYPE_BOOL, two(PLAN_COALESCE, TYPE_DATE, to, until), until));
}

static inline PlanId covers_on(PlanId when)
{
    return covers(column(REGISTRATION, VALID_FROM), when, column(REGISTRATION, VALID_TO), when);
}

static inline PlanId kept(PlanId condition)
{
    return two(PLAN_KEEP, TYPE_BOOL, rows(REGISTRATION), condition);
}

/* The imd_decile of that one of them. */
static inline PlanId decile_of(PlanId registrations, int64_t place)
{
    PlanId one_of = plan_add(plan, (PlanNode){.kind = PLAN_PICK, .integer = place}, &registrations, 1);

    return two(PLAN_VALUE, TYPE_NUMBER, one_of, column(REGISTRATION, IMD_DECILE));
}

static inline PlanId registered(uint16_t value)
{
    PlanId all = kept(covers_on(day(9000)));
    PlanId last = plan_add(plan, (PlanNode){.kind = PLAN_PICK, .integer = -1}, &all, 1);

    return two(PLAN_VALUE, SMALL.sources[REGISTRATION].columns[value].type, last,
               column(REGISTRATION, value));
}

static const uint8_t starts[] = {0, 18, 65, 75};
enum { STARTS = sizeof starts, ARMS_MAX = 20 };

typedef struct Arm {
    PlanId condition;
    int64_t start;
} Arm;

static inline PlanId band_of(const Arm *arms, size_t count)
{
    PlanId operands[2 * ARMS_MAX];

    for (size_t i = 0; i < count; i++) {
        operands[2 * i] = arms[i].condition;
        operands[2 * i + 1] = number(arms[i].start);
    }
    return plan_add(plan, (PlanNode){.kind = PLAN_CASE, .type = TYPE_NUMBER}, operands, 2 * count);
}

static inline Arm from(PlanId of, int64_t start)
{
    return (Arm){two(PLAN_AT_LEAST, TYPE_BOOL, of, number(start)), start};
}

static inline PlanId band_from(PlanId of, const uint8_t *begin, size_t count)
{
    Arm arms[ARMS_MAX];

    for (size_t i = 0; i < count; i++)
        arms[i] = from(of, begin[count - 1 - i]);
    return band_of(arms, count);
}

static inline PlanId band(PlanId of)
{
    return band_from(of, starts, STARTS);
}

/* ---- asking ---- */

/* Of all sources but that of fire visits. */
static size_t granted_count = 3;

static inline Result check(PlanId cohort, const ReleasedValue *value, Error *error)
{
    static const Text granted[] = {TEXT("gp_event"), TEXT("death"), TEXT("apc_spell"), TEXT("fire_visit")};
    const PlanReleased released = {cohort, value, value == NULL ? 0 : 1};
    const PlanGrant grant = {&WORDS, granted, granted_count};

    return plan_check(plan, &released, &grant, error);
}

static inline void expect_refused(PlanId cohort, const ReleasedValue *value, const char *rule)
{
    Error error = {0};

    cr_assert_not(check(cohort, value, &error).ok, "%s", rule);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_str_eq(error.message, rule);
}

static inline void expect_value_refused(PlanId id, const char *name, size_t band_count)
{
    const ReleasedValue value = {
        .name = text_from(name), .band_starts = starts, .band_count = band_count, .value = id};

    expect_refused(yes(), &value,
                   "plan: a cell is named by what is neither a registered category nor a band of at least 5");
}

static inline void expect_passes(PlanId id, const char *name, size_t band_count)
{
    const ReleasedValue value = {
        .name = text_from(name), .band_starts = starts, .band_count = band_count, .value = id};
    Error error = {0};

    cr_expect(check(yes(), &value, &error).ok, "%s", error.message);
}
