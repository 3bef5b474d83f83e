/*
 * Plans that no query makes, by hand: each is refused, and passes when the line that its test names is taken
 * out.
 */
#include "tests/query/plans.h"

TestSuite(plan_check, .init = open_plan, .fini = close_plan);

/* ---- what names a cell ---- */

Test(plan_check, categories_and_wide_bands_pass)
{
    expect_passes(column(PLAN_PEOPLE, SEX), "sex", 0);
    expect_passes(registered(IMD_DECILE), "imd_decile", 0);
    expect_passes(registered(CARE_HOME), "care_home", 0);
    expect_passes(band(age()), "age", STARTS);
}

/* Red when check_value lets a dimension of no categories pass, or is_category_column does not look its column
 * up among them. */
Test(plan_check, no_cell_is_named_by_a_birth_a_death_or_a_registration_day)
{
    expect_value_refused(column(PLAN_PEOPLE, BIRTH_YEAR), "birth_year", 0);
    expect_value_refused(column(PLAN_PEOPLE, DEATH_DATE), "death_date", 0);
    expect_value_refused(registered(VALID_FROM), "valid_from", 0);
    expect_value_refused(age(), "age", 0);
}

/* Red when is_category_column does not ask for the dimension's own name: what is printed as sex would be
 * something else. */
Test(plan_check, a_cell_is_named_by_the_column_that_its_dimension_says)
{
    expect_value_refused(registered(IMD_DECILE), "care_home", 0);
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

/* Red when is_category_column does not ask whose column it is: a record can have one of the same name, and be
 * picked as a registration is. */
Test(plan_check, no_cell_is_named_by_a_column_of_a_record_that_is_called_like_a_category)
{
    const DataColumn columns[] = {{.name = TEXT("imd_decile"), .type = TYPE_NUMBER},
                                  {.name = TEXT("valid_from"), .type = TYPE_DATE},
                                  {.name = TEXT("valid_to"), .type = TYPE_DATE}};
    DataSource sources[4];
    const Dataset dataset = {SMALL_PEOPLE, sources, 4, small_words, 5};
    memcpy(sources, small_sources, sizeof sources);
    sources[GP_EVENT].columns = columns;
    plan = plan_create(&dataset, NODES_MAX, arena);
    PlanId from = event_column(TYPE_DATE, 1), to = event_column(TYPE_DATE, 2);
    PlanId all = two(PLAN_KEEP, TYPE_BOOL, rows(GP_EVENT), covers(from, day(9000), to, day(9000)));

    PlanId last = plan_add(plan, (PlanNode){.kind = PLAN_PICK, .integer = -1}, &all, 1);
    PlanId said = two(PLAN_VALUE, TYPE_NUMBER, last, event_column(TYPE_NUMBER, 0));

    expect_value_refused(said, "imd_decile", 0);
}

/* Red, in turn, when is_one_on_a_day does not ask: which is picked, out of what, that it is kept and not
 * dropped, out of all rows, and that they cover the day. */
Test(plan_check, a_registration_is_the_last_of_those_that_cover_the_day)
{
    PlanId covering = covers_on(day(9000)), lives_in = column(REGISTRATION, CARE_HOME);
    PlanId dropped = two(PLAN_DROP, TYPE_BOOL, rows(REGISTRATION), covering);
    PlanId chosen = two(PLAN_KEEP, TYPE_BOOL, kept(lives_in), covering);

    expect_passes(decile_of(kept(covering), -1), "imd_decile", 0);
    expect_value_refused(decile_of(kept(covering), 1), "imd_decile", 0);
    expect_value_refused(decile_of(kept(covering), -2), "imd_decile", 0);
    expect_value_refused(decile_of(rows(REGISTRATION), -1), "imd_decile", 0);
    expect_value_refused(decile_of(dropped, -1), "imd_decile", 0);
    expect_value_refused(decile_of(chosen, -1), "imd_decile", 0);
    expect_value_refused(decile_of(kept(lives_in), -1), "imd_decile", 0);
}

/* Red, in turn, when covers_a_day, is_bound_by or is_column does not ask: that it is both and no more, each
 * comparison, each column and whose it is, what stands for an unknown one, that the day is one, known and not
 * of people. */
Test(plan_check, a_registration_covers_one_day_that_is_the_same_for_everybody)
{
    PlanId from = column(REGISTRATION, VALID_FROM), to = column(REGISTRATION, VALID_TO), when = day(9000),
           later = day(9001), death = column(PLAN_PEOPLE, DEATH_DATE);
    PlanId since = two(PLAN_AT_MOST, TYPE_BOOL, two(PLAN_COALESCE, TYPE_DATE, from, when), when);
    PlanId until = two(PLAN_AT_LEAST, TYPE_BOOL, two(PLAN_COALESCE, TYPE_DATE, to, when), when);
    PlanId always = two(PLAN_COALESCE, TYPE_DATE, to, later);
    const PlanId three[] = {since, until, column(REGISTRATION, CARE_HOME)}, dates[] = {from, when, death};
    PlanId third = plan_add(plan, (PlanNode){.kind = PLAN_COALESCE, .type = TYPE_DATE}, dates, 3);
    const PlanId bad[] = {
        since,
        plan_add(plan, (PlanNode){.kind = PLAN_AND, .type = TYPE_BOOL}, three, 3),
        two(PLAN_OR, TYPE_BOOL, since, until),
        two(PLAN_AND, TYPE_BOOL, until, until),
        two(PLAN_AND, TYPE_BOOL, since, since),
        two(PLAN_AND, TYPE_BOOL, since, two(PLAN_AT_LEAST, TYPE_BOOL, to, when)),
        two(PLAN_AND, TYPE_BOOL, since, two(PLAN_AT_LEAST, TYPE_BOOL, always, when)),
        two(PLAN_AND, TYPE_BOOL, two(PLAN_AT_MOST, TYPE_BOOL, third, when), until),
        two(PLAN_AND, TYPE_BOOL, since,
            two(PLAN_MORE, TYPE_BOOL, two(PLAN_COALESCE, TYPE_DATE, to, when), when)),
        two(PLAN_AND, TYPE_BOOL, two(PLAN_AT_MOST, TYPE_BOOL, two(PLAN_LEAST, TYPE_DATE, from, when), when),
            until),
        covers(death, when, to, when),
        covers(column(PLAN_PEOPLE, BIRTH_YEAR), when, to, when),
        covers(from, when, from, when),
        covers(from, when, to, later),
        covers_on(death),
        covers_on(day(NUMBER_UNKNOWN)),
        covers_on(two(PLAN_VALUE, TYPE_DATE, picked(rows(GP_EVENT)), column(GP_EVENT, 2))),
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_value_refused(decile_of(kept(bad[i]), -1), "imd_decile", 0);
}

/* Red, in turn, when is_age does not ask for a birth, or for a day that is the same for everybody. */
Test(plan_check, a_band_is_of_years_since_birth_on_one_day)
{
    PlanId when = day(9000), death = column(PLAN_PEOPLE, DEATH_DATE);
    PlanId event = two(PLAN_LARGEST, TYPE_DATE, rows(GP_EVENT), column(GP_EVENT, 2));

    const PlanId bad[] = {
        two(PLAN_YEARS_BETWEEN, TYPE_NUMBER, death, when),
        two(PLAN_YEARS_BETWEEN, TYPE_NUMBER, event, when),
        two(PLAN_YEARS_BETWEEN, TYPE_NUMBER, day(0), when),
        two(PLAN_YEARS_BETWEEN, TYPE_NUMBER, birth(), death),
        two(PLAN_YEARS_BETWEEN, TYPE_NUMBER, birth(), event),
        two(PLAN_YEARS_BETWEEN, TYPE_NUMBER, birth(), day(NUMBER_UNKNOWN)),
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_value_refused(band(bad[i]), "age", STARTS);
}

/* Red, in turn, without each of the questions of is_birth. */
Test(plan_check, a_birth_is_the_first_of_the_month_that_is_held)
{
    PlanId year = column(PLAN_PEOPLE, BIRTH_YEAR), month = column(PLAN_PEOPLE, BIRTH_MONTH), start = day(0),
           events = one(PLAN_COUNT, TYPE_NUMBER, rows(GP_EVENT)), when = day(9000);
    PlanId years = two(PLAN_MULTIPLY, TYPE_NUMBER, year, number(12)),
           sum = two(PLAN_ADD, TYPE_NUMBER, years, month);
    PlanId apart = two(PLAN_SUBTRACT, TYPE_NUMBER, years, month),
           raised = two(PLAN_ADD, TYPE_NUMBER, two(PLAN_ADD, TYPE_NUMBER, year, number(12)), month);

    const PlanId bad[] = {
        birth_of(events, month, 12, 24001, start),
        birth_of(year, events, 12, 24001, start),
        birth_of(month, year, 12, 24001, start),
        birth_of(year, month, 11, 24001, start),
        birth_of(year, month, 12, 24002, start),
        birth_of(year, month, 12, 24001, day(1)),
        birth_of(year, month, 12, 24001, column(PLAN_PEOPLE, DEATH_DATE)),
        two(PLAN_SHIFT_MONTHS, TYPE_DATE, start, two(PLAN_ADD, TYPE_NUMBER, sum, number(24001))),
        two(PLAN_SHIFT_MONTHS, TYPE_DATE, start, two(PLAN_SUBTRACT, TYPE_NUMBER, apart, number(24001))),
        two(PLAN_SHIFT_MONTHS, TYPE_DATE, start, two(PLAN_SUBTRACT, TYPE_NUMBER, raised, number(24001))),
        two(PLAN_SHIFT_DAYS, TYPE_DATE, start, two(PLAN_SUBTRACT, TYPE_NUMBER, sum, number(24001))),
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_value_refused(band(two(PLAN_YEARS_BETWEEN, TYPE_NUMBER, bad[i], when)), "age", STARTS);
}

/* Red when is_band does not ask for one age in all of its questions. */
Test(plan_check, a_band_is_of_one_age)
{
    PlanId events = one(PLAN_COUNT, TYPE_NUMBER, rows(GP_EVENT));
    const Arm ages[] = {from(age(), 75), from(age(), 65), from(age_on(9001), 18), from(age(), 0)};
    const Arm mixed[] = {from(age(), 75), from(age(), 65), from(age(), 18), from(events, 0)};

    expect_value_refused(band_of(ages, STARTS), "age", STARTS);
    expect_value_refused(band_of(mixed, STARTS), "age", STARTS);
    expect_value_refused(band(events), "age", STARTS);
}

/* The plan is that of these bands: red, in turn, without each of the questions of are_wide. */
Test(plan_check, a_narrow_or_crooked_banding_is_refused)
{
    static const uint8_t bad[][STARTS] = {
        {0, 4, 65, 75}, {0, 18, 22, 75}, {0, 65, 18, 75}, {0, 18, 18, 75}, {0, 18, 65, 91}, {1, 18, 65, 75},
    };
    static const uint8_t good[] = {0, 5, 85, 90};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const ReleasedValue value = {.name = TEXT("age"),
                                     .band_starts = bad[i],
                                     .band_count = STARTS,
                                     .value = band_from(age(), bad[i], STARTS)};
        expect_refused(
            yes(), &value,
            "plan: a cell is named by what is neither a registered category nor a band of at least 5");
    }
    for (size_t count = 1; count <= sizeof good; count++) {
        const ReleasedValue value = {.name = TEXT("age"),
                                     .band_starts = good,
                                     .band_count = count,
                                     .value = band_from(age(), good, count)};
        Error error = {0};
        cr_expect(check(yes(), &value, &error).ok, "%s", error.message);
    }
}

/* Red, in turn, without each of the questions of is_band: the last plan has an age for those below 0. */
Test(plan_check, what_names_a_band_is_the_banding_that_is_declared)
{
    const PlanId of = age(), days = two(PLAN_DAYS_BETWEEN, TYPE_NUMBER, day(0), day(9000));
    const Arm last = from(of, 0), third = from(of, 18), second = from(of, 65), first = from(of, 75);
    const Arm above = {two(PLAN_MORE, TYPE_BOOL, of, number(65)), 65}, other = {second.condition, 66},
              later = {from(of, 66).condition, 65};
    const Arm bad[][STARTS] = {
        {first, above, third, last},  {first, other, third, last},  {first, later, third, last},
        {first, third, second, last}, {last, third, second, first},
    };
    const PlanId with_else[] = {first.condition, number(75),      second.condition,
                                number(65),      third.condition, number(18),
                                last.condition,  number(0),       of};
    const PlanId of_itself[] = {first.condition, number(75), second.condition, of,
                                third.condition, number(18), last.condition,   number(0)};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_value_refused(band_of(bad[i], STARTS), "age", STARTS);
    expect_value_refused(band_of((Arm[]){first, second, third}, STARTS - 1), "age", STARTS);
    expect_value_refused(band(days), "age", STARTS);
    expect_value_refused(band(of), "birth_year", STARTS);
    expect_value_refused(band(of), "age", STARTS - 1);
    expect_value_refused(band(of), "age", 0);
    expect_value_refused(of, "age", STARTS);
    expect_value_refused(
        plan_add(plan, (PlanNode){.kind = PLAN_CASE, .type = TYPE_NUMBER}, of_itself, 2 * STARTS), "age",
        STARTS);
    expect_value_refused(
        plan_add(plan, (PlanNode){.kind = PLAN_CASE, .type = TYPE_NUMBER}, with_else, 2 * STARTS + 1), "age",
        STARTS);
}

/* Red when check_value does not look at the level. */
Test(plan_check, no_cell_is_named_by_a_row_and_nobody_is_counted_by_one)
{
    const ReleasedValue value = {.name = TEXT("code"), .value = column(GP_EVENT, 0)};

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
    expect_broken((PlanNode){.kind = PLAN_ROWS, .level = 5}, NULL, 0,
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
    for (int kind = PLAN_NUMBER; kind <= PLAN_OTHERS_AT_HOME; kind++) {
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
    const ReleasedValue condition = {.name = TEXT("ill"), .value = yes(), .is_condition = true},
                        word = {.name = TEXT("ill"), .value = column(PLAN_PEOPLE, SEX), .is_condition = true};
    Error error = {0};

    cr_expect(check(yes(), &condition, &error).ok, "%s", error.message);
    expect_refused(yes(), &word, "plan: a measure's condition is none");
}
