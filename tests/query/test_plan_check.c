/*
 * Plans that no query makes, by hand: each is refused, and passes when the line that its test names is taken
 * out.
 */
#include <math.h>

#include "query/plan_check.h"
#include "tests/query/small.h"

enum { PERSON, FIRE_VISIT, GP_EVENT, REGISTRATION, NODES_MAX = 64 };
enum { BIRTH_YEAR, BIRTH_MONTH, SEX, DEATH_DATE };

static Arena *arena;
static Plan *plan;

static void open_plan(void)
{
    arena = arena_create(SMALL_ARENA_BYTES);
    plan = plan_create(&SMALL, NODES_MAX, arena);
}

static void close_plan(void)
{
    arena_close(&arena);
}

TestSuite(plan_check, .init = open_plan, .fini = close_plan);

/* ---- pieces ---- */

static PlanId number(int64_t n)
{
    return plan_constant(plan, TYPE_NUMBER, n);
}

static PlanId yes(void)
{
    return plan_constant(plan, TYPE_BOOL, 1);
}

static PlanId column(uint16_t source, uint16_t of)
{
    const DataColumn *held = &SMALL.sources[source == PLAN_PEOPLE ? 0 : source].columns[of];

    return plan_add(plan, (PlanNode){.kind = PLAN_COLUMN, .type = held->type, .level = source, .column = of},
                    NULL, 0);
}

static PlanId one(PlanKind kind, QueryType type, PlanId a)
{
    return plan_add(plan, (PlanNode){.kind = kind, .type = type}, &a, 1);
}

static PlanId two(PlanKind kind, QueryType type, PlanId a, PlanId b)
{
    const PlanId operands[] = {a, b};

    return plan_add(plan, (PlanNode){.kind = kind, .type = type}, operands, 2);
}

static PlanId rows(uint16_t source)
{
    return plan_add(plan, (PlanNode){.kind = PLAN_ROWS, .level = source}, NULL, 0);
}

static PlanId picked(PlanId of)
{
    return plan_add(plan, (PlanNode){.kind = PLAN_PICK, .integer = 1}, &of, 1);
}

static PlanId age(void)
{
    PlanId birth = plan_constant(plan, TYPE_DATE, 0);

    return two(PLAN_YEARS_BETWEEN, TYPE_NUMBER, birth, plan_constant(plan, TYPE_DATE, 9000));
}

/* age / width * width up to top, where the age is at least `least` */
static PlanId band(PlanId of, int64_t width, int64_t times, int64_t top, int64_t least)
{
    PlanId value =
        two(PLAN_MULTIPLY, TYPE_NUMBER, two(PLAN_DIVIDE_DOWN, TYPE_NUMBER, of, number(width)), number(times));
    PlanId capped = two(PLAN_LEAST, TYPE_NUMBER, value, number(top));

    return two(PLAN_CASE, TYPE_NUMBER, two(PLAN_AT_LEAST, TYPE_BOOL, of, number(least)), capped);
}

/* ---- asking ---- */

static Result check(PlanId cohort, const ReleasedValue *value, Error *error)
{
    static const Text granted[] = {TEXT("gp_event"), TEXT("death"), TEXT("apc_spell")};
    const PlanReleased released = {cohort, value, value == NULL ? 0 : 1};
    const PlanGrant grant = {&WORDS, granted, 3};

    return plan_check(plan, &released, &grant, error);
}

static void expect_refused(PlanId cohort, const ReleasedValue *value, const char *rule)
{
    Error error = {0};

    cr_assert_not(check(cohort, value, &error).ok, "%s", rule);
    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_str_eq(error.message, rule);
}

static void expect_value_refused(PlanId id, const char *name, int64_t band_years)
{
    const ReleasedValue value = {text_from(name), band_years, id, false};

    expect_refused(yes(), &value,
                   "plan: a cell is named by what is neither a registered category nor a band of at least 5");
}

static void expect_passes(PlanId id, const char *name, int64_t band_years)
{
    const ReleasedValue value = {text_from(name), band_years, id, false};
    Error error = {0};

    cr_expect(check(yes(), &value, &error).ok, "%s", error.message);
}

/* ---- what names a cell ---- */

Test(plan_check, categories_and_wide_bands_pass)
{
    PlanId decile = two(PLAN_VALUE, TYPE_NUMBER, picked(rows(REGISTRATION)), column(REGISTRATION, 2));

    expect_passes(column(PLAN_PEOPLE, SEX), "sex", 0);
    expect_passes(decile, "imd_decile", 0);
    expect_passes(band(age(), 5, 5, 90, 0), "age", 5);
    expect_passes(band(age(), 20, 20, 80, 0), "age", 20);
}

/* Red when check_value lets a dimension of no categories pass, or is_category_column does not look its column
 * up among them. */
Test(plan_check, no_cell_is_named_by_a_birth_a_death_or_a_registration_day)
{
    PlanId since = two(PLAN_VALUE, TYPE_DATE, picked(rows(REGISTRATION)), column(REGISTRATION, 0));

    expect_value_refused(column(PLAN_PEOPLE, BIRTH_YEAR), "birth_year", 0);
    expect_value_refused(column(PLAN_PEOPLE, DEATH_DATE), "death_date", 0);
    expect_value_refused(since, "valid_from", 0);
    expect_value_refused(age(), "age", 0);
}

/* Red when is_category_column does not ask for the dimension's own name: what is printed as sex would be
 * something else. */
Test(plan_check, a_cell_is_named_by_the_column_that_its_dimension_says)
{
    PlanId decile = two(PLAN_VALUE, TYPE_NUMBER, picked(rows(REGISTRATION)), column(REGISTRATION, 2));

    expect_value_refused(decile, "district", 0);
    expect_value_refused(column(PLAN_PEOPLE, BIRTH_YEAR), "sex", 0);
}

/* Red when is_category_column does not look at the source: a code is free, whatever its column is called. */
Test(plan_check, no_cell_is_named_by_a_value_of_a_record)
{
    PlanId code = two(PLAN_VALUE, TYPE_TEXT, picked(rows(GP_EVENT)), column(GP_EVENT, 0));
    PlanId most = two(PLAN_LARGEST, TYPE_DECIMAL, rows(GP_EVENT), column(GP_EVENT, 1));

    expect_value_refused(code, "code", 0);
    expect_value_refused(most, "result_value", 0);
    expect_value_refused(one(PLAN_COUNT, TYPE_NUMBER, rows(GP_EVENT)), "records", 0);
}

/* Red when is_category_column does not ask whose column it is: a record can have one of the same name. */
Test(plan_check, no_cell_is_named_by_a_column_of_a_record_that_is_called_like_a_category)
{
    DataColumn columns[] = {small_gp_event[0], small_gp_event[1], small_gp_event[2]};
    DataSource sources[4];
    const Dataset dataset = {SMALL_PEOPLE, sources, 4, small_words, 5};
    memcpy(sources, small_sources, sizeof sources);
    columns[0].name = TEXT("sex");
    sources[GP_EVENT].columns = columns;
    plan = plan_create(&dataset, NODES_MAX, arena);

    PlanId said = two(PLAN_VALUE, TYPE_TEXT, picked(rows(GP_EVENT)), column(GP_EVENT, 0));

    expect_value_refused(said, "sex", 0);
}

/* Red, in turn, without: the least width, the same width twice, the greatest top, its being a multiple, the
 * question for an age, and that for its being at least 0. */
Test(plan_check, a_narrow_or_crooked_band_is_refused)
{
    PlanId days = two(PLAN_DAYS_BETWEEN, TYPE_NUMBER, plan_constant(plan, TYPE_DATE, 0),
                      plan_constant(plan, TYPE_DATE, 9000));

    expect_value_refused(band(age(), 4, 4, 88, 0), "age", 4);
    expect_value_refused(band(age(), 1, 5, 90, 0), "age", 5);
    expect_value_refused(band(age(), 5, 1, 90, 0), "age", 5);
    expect_value_refused(band(age(), 5, 5, 95, 0), "age", 5);
    expect_value_refused(band(age(), 20, 20, 90, 0), "age", 20);
    expect_value_refused(band(days, 5, 5, 90, 0), "age", 5);
    expect_value_refused(band(age(), 5, 5, 90, -10), "age", 5);
    expect_value_refused(band(age(), 5, 5, 90, 0), "age", 10);
    expect_value_refused(band(age(), 5, 5, 90, 0), "birth_year", 5);
}

/* Red when check_value does not look at the level. */
Test(plan_check, no_cell_is_named_by_a_row_and_nobody_is_counted_by_one)
{
    const ReleasedValue value = {TEXT("code"), 0, column(GP_EVENT, 0), false};

    expect_refused(yes(), &value, "plan: a cell is named by what is not of people");
    expect_refused(rows(GP_EVENT), NULL, "plan: who is counted is no condition on people");
    expect_refused(number(1), NULL, "plan: who is counted is no condition on people");
    expect_refused(NODES_MAX, NULL, "plan: who is counted is no condition on people");
}

/* ---- what is read ---- */

/* Red when plan_check_reads does not ask is_granted. */
Test(plan_check, a_source_that_is_not_granted_is_not_read)
{
    expect_refused(one(PLAN_EXISTS, TYPE_BOOL, rows(FIRE_VISIT)), NULL,
                   "plan: it reads a source that is not granted");
}

/* Red when check_made does not ask is_made_of_granted. */
Test(plan_check, deaths_are_read_only_where_their_source_is_granted)
{
    static const Text granted[] = {TEXT("gp_event")};
    const PlanReleased released = {one(PLAN_IS_KNOWN, TYPE_BOOL, column(PLAN_PEOPLE, DEATH_DATE)), NULL, 0};
    const PlanGrant grant = {&WORDS, granted, 1};
    Error error = {0};

    cr_assert_not(plan_check(plan, &released, &grant, &error).ok);
    cr_expect_str_eq(error.message,
                     "plan: it reads death_date, which is made of a source that is not granted");
}

/* Red when check_made lets a column of no line pass: areas smaller than a ward are in a release. */
Test(plan_check, a_column_of_people_that_is_for_nobody_is_not_read)
{
    DataColumn columns[] = {small_registration[0], small_registration[1], small_registration[2]};
    DataSource sources[4];
    const Dataset dataset = {SMALL_PEOPLE, sources, 4, small_words, 5};
    memcpy(sources, small_sources, sizeof sources);
    columns[2].name = TEXT("lsoa_2021");
    sources[3].columns = columns;
    plan = plan_create(&dataset, NODES_MAX, arena);

    PlanId small_area = two(PLAN_MORE, TYPE_BOOL, column(REGISTRATION, 2), number(1));

    expect_refused(one(PLAN_EXISTS, TYPE_BOOL, two(PLAN_KEEP, TYPE_BOOL, rows(REGISTRATION), small_area)),
                   NULL, "plan: it reads a column of people that is for nobody");
}

/* ---- nodes that are not what they say ---- */

/* plan_add would not make these. */
static PlanId force(PlanNode node, const PlanId *operands, uint32_t count)
{
    PlanId *own = arena_alloc(arena, (count + 1) * sizeof *own);

    for (uint32_t i = 0; i < count; i++)
        own[i] = operands[i];
    node.operands = own;
    node.operand_count = count;
    plan->nodes[plan->count] = node;
    return (PlanId)plan->count++;
}

static void expect_broken(PlanNode node, const PlanId *operands, uint32_t count, const char *rule)
{
    size_t before = plan->count;

    (void)force(node, operands, count);
    expect_refused(0, NULL, rule);
    plan->count = before;
}

/* Red, each, when check_node, check_operands, check_leaf or check_level does not ask it. */
Test(plan_check, a_node_that_is_not_what_its_kind_says_does_not_run)
{
    PlanId sure = yes(), seven = number(7), events = rows(GP_EVENT), code = column(GP_EVENT, 0),
           risk = column(FIRE_VISIT, 1), one_event = picked(events);
    const PlanId twice[] = {sure, sure}, later[] = {NODES_MAX}, conditions[] = {sure, seven};
    const PlanId sources[] = {code, risk}, unpicked[] = {events, code}, all[] = {one_event, code};

    expect_broken((PlanNode){.kind = (PlanKind)200, .level = PLAN_PEOPLE}, NULL, 0,
                  "plan: a node is of a kind that has no rule");
    expect_broken((PlanNode){.kind = PLAN_NOT, .level = PLAN_PEOPLE}, twice, 2,
                  "plan: a node has too many operands or too few");
    expect_broken((PlanNode){.kind = PLAN_AND, .level = PLAN_PEOPLE}, NULL, 0,
                  "plan: a node has too many operands or too few");
    expect_broken((PlanNode){.kind = PLAN_NOT, .level = PLAN_PEOPLE}, later, 1,
                  "plan: an operand does not come before what uses it");
    expect_broken((PlanNode){.kind = PLAN_AND, .level = PLAN_PEOPLE}, conditions, 2,
                  "plan: an operand is not of its kind");
    expect_broken((PlanNode){.kind = PLAN_EXISTS, .level = PLAN_PEOPLE}, &sure, 1,
                  "plan: an operand is not of its kind");
    expect_broken((PlanNode){.kind = PLAN_COUNT, .type = TYPE_BOOL, .level = PLAN_PEOPLE}, &events, 1,
                  "plan: a node is not of its type");
    expect_broken((PlanNode){.kind = PLAN_EQUAL, .level = GP_EVENT}, sources, 2,
                  "plan: it speaks of two sources at once");
    expect_broken((PlanNode){.kind = PLAN_IS_KNOWN, .level = PLAN_PEOPLE}, &code, 1,
                  "plan: a node is of another level than its operands");
    expect_broken((PlanNode){.kind = PLAN_EXISTS, .level = GP_EVENT}, &events, 1,
                  "plan: a node is of another level than its operands");
    expect_broken((PlanNode){.kind = PLAN_VALUE, .type = TYPE_TEXT, .level = PLAN_PEOPLE}, unpicked, 2,
                  "plan: a value is taken of rows that are not one");
    expect_broken((PlanNode){.kind = PLAN_VALUE, .type = TYPE_TEXT, .level = GP_EVENT}, all, 2,
                  "plan: a node is of another level than its operands");
    expect_broken((PlanNode){.kind = PLAN_ROWS, .level = PLAN_PEOPLE}, NULL, 0,
                  "plan: rows are of no source");
    expect_broken((PlanNode){.kind = PLAN_ROWS, .level = 4}, NULL, 0,
                  "plan: it speaks of a source that is not there");
    expect_broken((PlanNode){.kind = PLAN_NUMBER, .level = GP_EVENT}, NULL, 0,
                  "plan: a constant is of a source");
    expect_broken((PlanNode){.kind = PLAN_COLUMN, .type = TYPE_TEXT, .level = GP_EVENT, .column = 9}, NULL, 0,
                  "plan: it reads a column that is not there, or of another type");
    expect_broken((PlanNode){.kind = PLAN_COLUMN, .type = TYPE_TEXT, .level = GP_EVENT, .column = 1}, NULL, 0,
                  "plan: it reads a column that is not there, or of another type");
}

/* Red when a kind is added to plan.h alone: it would run nowhere. */
Test(plan_check, each_kind_of_node_has_a_rule)
{
    for (int kind = PLAN_NUMBER; kind <= PLAN_MAP; kind++) {
        Error error = {0};
        size_t before = plan->count;
        (void)force((PlanNode){.kind = (PlanKind)kind, .level = PLAN_PEOPLE}, NULL, 0);

        if (!check(yes(), NULL, &error).ok)
            cr_expect_str_neq(error.message, "plan: a node is of a kind that has no rule", "kind %d", kind);

        plan->count = before;
    }
}

/* Red when check_value takes whatever is called a condition. */
Test(plan_check, a_measures_condition_is_one_of_people)
{
    const ReleasedValue condition = {TEXT("ill"), 0, yes(), true},
                        word = {TEXT("ill"), 0, column(PLAN_PEOPLE, SEX), true};
    Error error = {0};

    cr_expect(check(yes(), &condition, &error).ok, "%s", error.message);
    expect_refused(yes(), &word, "plan: a measure's condition is none");
}
