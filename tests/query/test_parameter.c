/* Parameters: their lists, what is chosen of them, and what a run says of it. */
#include "query/run.h"
#include "tests/query/county.h"
#include "tests/query/small.h"

#define HEAD "query \"t\" project P "
#define TAIL " table \"t\" by sex measure people"

static Query *parsed(const char *text)
{
    Query *query = NULL;
    Error error = {0};

    Result done = query_parse(&WORDS, "q", text_from(text), QUERY_TEXT_BYTES_MAX, NULL, &query, &error);
    cr_assert(done.ok, "%s", error.message);
    return query;
}

/* The whole message but for the line and the caret. */
static void expect_message(Error *error, const char *expected)
{
    error->message[strcspn(error->message, "\n")] = '\0';
    cr_expect_str_eq(error->message, expected);
}

static void expect_refused(const char *text, const char *expected)
{
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};

    cr_assert_not(query_parse(&WORDS, "q", text_from(text), QUERY_TEXT_BYTES_MAX, NULL, &query, &error).ok);

    expect_message(&error, expected);
}

Test(parameter, its_sorted_list_is_part_of_the_canonical_text_and_its_choice_is_not)
{
    SCOPED(query_close)
    Query *query = parsed(HEAD "parameter unused in (1) parameter limit in (40, -1, 2.50, 40) "
                               "parameter since in (2026-01-01, 2025-01-01) "
                               "cohort age >= limit and as_at on or after since" TAIL);
    Error error = {0};

    cr_expect(query_set(query, TEXT("limit"), TEXT("2.5"), &error).ok, "%s", error.message);

    cr_expect_str_eq(query_canonical(query).data, "query \"t\"\nproject P\nparameter limit in (-1, 2.5, 40)\n"
                                                  "parameter since in (2025-01-01, 2026-01-01)\n"
                                                  "cohort age at as_at >= limit and as_at on or after since\n"
                                                  "\ntable \"t\"\n  by sex\n  measure people\n");
    SCOPED(query_close) Query *again = parsed(query_canonical(query).data);
    cr_expect(text_equal(query_canonical(query), query_canonical(again)));
}

Test(parameter, the_day_of_a_household_and_the_months_of_sent_may_be_chosen)
{
    SCOPED(query_close)
    Query *query =
        parsed(HEAD "parameter since in (2026-01-01) cohort practice sent gp_event from since to as_at and "
                    "count of people in the household at (since - 1 month) > 2" TAIL);

    cr_expect_not_null(strstr(query_canonical(query).data, "in the household at (since - 1 months) > 2"));
}

Test(parameter, the_querys_day_may_be_chosen)
{
    SCOPED(query_close)
    Query *query =
        parsed(HEAD "as at then_on parameter then_on in (2026-03-31, 2025-03-31) cohort care_home" TAIL);
    Error error = {0};

    cr_expect_not_null(
        strstr(query_canonical(query).data, "\nas at then_on\nparameter then_on in (2025-03-31, 2026"));
    cr_expect_not(query_check_set(query, &error).ok, "the list is of the query, the choice is not");
    cr_assert(query_set(query, TEXT("then_on"), TEXT("2026-03-31"), &error).ok, "%s", error.message);
    cr_expect_eq(query->tree->as_at, date_from_civil(2026, 3, 31));
    SCOPED(query_close) Query *again = parsed(query_canonical(query).data);
    cr_expect(text_equal(query_canonical(query), query_canonical(again)));
    expect_refused(HEAD "as at then_on parameter then_in in (2026-03-31) cohort care_home" TAIL,
                   "q:1:27: parameter 'then_on' is unknown; did you mean then_in?");
    expect_refused(HEAD "as at p parameter p in (1) cohort care_home" TAIL,
                   "q:1:27: expected a date, this is a number");
    expect_refused(HEAD "as at 7 cohort care_home" TAIL,
                   "q:1:27: expected a date (CCYY-MM-DD) or a parameter");
}

/* The two are one query, so what is worked out is the same. */
Test(parameter, one_of_a_list_may_be_chosen)
{
    static const struct {
        const char *given, *meant;
    } pairs[] = {
        {"parameter p in (\"1\", \"2\") cohort sex in (p, \"9\", p)",
         "parameter p in (\"1\", \"2\") cohort sex in (\"9\") or sex = p"},
        {"parameter p in (\"1\", \"2\") cohort care_home and not sex in (p)",
         "parameter p in (\"1\", \"2\") cohort care_home and not sex = p"},
        {"parameter p in (\"1\", \"2\") cohort care_home and (sex in (p) or sex = p)",
         "parameter p in (\"1\", \"2\") cohort care_home and sex = p"},
        {"parameter p in (2, 3) parameter q in (4, 5) cohort imd_decile in (1, q, p)",
         "parameter p in (2, 3) parameter q in (4, 5) cohort imd_decile = p or imd_decile = q or imd_decile "
         "in (1)"},
    };

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
        SCOPED(query_close)
        Query *given = parsed(text_format(arena, HEAD "%s" TAIL, pairs[i].given).data);
        SCOPED(query_close) Query *meant = parsed(text_format(arena, HEAD "%s" TAIL, pairs[i].meant).data);
        cr_expect_str_eq(query_canonical(given).data, query_canonical(meant).data);
    }
}

Test(parameter, each_rule_has_its_message)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {HEAD "parameter p in () cohort care_home" TAIL, "q:1:37: expected a value or a condition"},
        {HEAD "parameter p in (age) cohort care_home" TAIL, "q:1:37: expected a value or a condition"},
        {HEAD "parameter p in (1, \"a\") cohort care_home" TAIL, "q:1:40: expected a number, this is text"},
        {HEAD "parameter sex in (1) cohort care_home" TAIL, "q:1:31: this name is taken"},
        {HEAD "let p = 1 parameter p in (1) cohort care_home" TAIL, "q:1:41: this name is taken"},
        {HEAD "parameter p in (1) let p = 1 cohort care_home" TAIL, "q:1:44: this name is taken"},
        {HEAD "parameter p in (1) parameter p in (2) cohort care_home" TAIL, "q:1:50: this name is taken"},
        {HEAD "parameter p in (\"1\") cohort age > p" TAIL, "q:1:55: expected a number, this is text"},
        {HEAD "parameter p in (1) cohort sex in (p)" TAIL, "q:1:55: expected text, this is a number"},
        {HEAD "parameter p in (\"1\") cohort sex contains (p)" TAIL,
         "q:1:63: expected a text in double quotes"},
        /* Red without check_no_prefix: a run would count nobody. */
        {HEAD "parameter p in (\"A\", \"I2*\") cohort exists gp_event where code in (p, \"B*\")" TAIL,
         "q:1:42: a text that ends in * is a prefix and stands in a list: in (\"I2*\")"},
        {HEAD "parameter part in (1) cohort age > prt" TAIL,
         "q:1:56: word 'prt' is unknown; did you mean part?"},
        {HEAD "parameter code in (\"a\") cohort exists gp_event where code = \"b\"" TAIL,
         "q:1:74: both a column and a parameter have this name; give the parameter another"},
        {HEAD
         "parameter p in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11) parameter r in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10) "
         "cohort age = p + r" TAIL,
         "q:1:82: the parameters' values make more than 100 different queries"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_refused(cases[i].text, cases[i].message);
}

Test(parameter, values_and_parameters_have_limits)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    Text many = TEXT("0"), names = TEXT("");

    for (int i = 1; i <= 64; i++)
        many = text_format(arena, "%.*s, %d", TEXT_ARG(many), i);
    for (int i = 0; i <= 8; i++)
        names = text_format(arena, "%.*sparameter p%d in (1) ", TEXT_ARG(names), i);

    expect_refused(text_format(arena, HEAD "parameter p in (%.*s)", TEXT_ARG(many)).data,
                   "q:1:283: more than 64 values");
    expect_refused(text_format(arena, HEAD "%.*s", TEXT_ARG(names)).data, "q:1:194: more than 8 parameters");
}

/* Red when query_set takes what is not of the list. The value itself is not repeated. */
Test(parameter, another_value_is_refused_with_the_place_and_the_values_there_are)
{
    SCOPED(query_close)
    Query *query = parsed(HEAD "parameter area in (\"Dover\", \"Ash\"\"ford\") cohort district = area" TAIL);
    Error error = {0};

    cr_expect_not(query_set(query, TEXT("area"), TEXT("Canterbury"), &error).ok);

    cr_expect_eq(error.code, ERROR_INPUT);
    error.message[strcspn(error.message, "\n")] = '\0';
    cr_expect_str_eq(error.message, "q:1:31: parameter area is one of: \"Ash\"\"ford\", \"Dover\"");
    cr_expect_not(query_set(query, TEXT("aria"), TEXT("Dover"), &error).ok);
    cr_expect_str_eq(error.message, "--set: the query has no parameter of this name; did you mean area?");
    cr_expect_not(query_set(query, TEXT("x"), TEXT("Dover"), &error).ok);
    cr_expect_str_eq(error.message, "--set: the query has no parameter of this name");
}

/* A message is cut in the midst of the second value, whose letters have two bytes; JSON takes no half of one.
 * Switch: text_utf8_length in write_rule of source_text.c. */
Test(parameter, a_list_too_long_to_say_ends_with_a_whole_letter)
{
    char text[600] = HEAD "parameter area in (\"", *end = text + strlen(text);
    Error error = {0};

    memset(end, 'a', 101);
    end = stpcpy(end + 101, "\", \"");
    for (int i = 0; i < 100; i++)
        end = stpcpy(end, "\u00e9");
    (void)stpcpy(end, "\") cohort district = area" TAIL);
    SCOPED(query_close) Query *query = parsed(text);

    cr_expect_not(query_set(query, TEXT("area"), TEXT("Dover"), &error).ok);

    cr_expect(text_is_utf8(text_from(error.message)), "%s", error.message);
    cr_expect_not_null(strstr(error.message, "\u00e9\n"), "%s", error.message);
}

Test(parameter, of_several_values_one_is_to_be_set_and_of_one_it_is)
{
    SCOPED(query_close)
    Query *query = parsed(HEAD "parameter one in (1) parameter two in (2, 3) cohort age > one + two" TAIL);
    Error error = {0};

    cr_expect_not(query_check_set(query, &error).ok);
    error.message[strcspn(error.message, "\n")] = '\0';
    cr_expect_str_eq(error.message, "q:1:52: parameter two is not set; --set NAME=VALUE with one of: 2, 3");
    cr_expect(query_set(query, TEXT("two"), TEXT("3"), &error).ok);
    cr_expect(query_check_set(query, &error).ok);
    cr_expect_str_eq(query_settings(query).data, "one=1 two=3");
}

Test(parameter, a_long_list_is_told_as_far_as_it_fits)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    Text many = TEXT("0");
    for (int i = 1; i < 64; i++)
        many = text_format(arena, "%.*s, %d", TEXT_ARG(many), 1000000 * i);
    SCOPED(query_close)
    Query *query =
        parsed(text_format(arena, HEAD "parameter p in (%.*s) cohort age > p" TAIL, TEXT_ARG(many)).data);
    Error error = {0};

    cr_expect_not(query_set(query, TEXT("p"), TEXT("7"), &error).ok);

    cr_expect_not_null(strstr(error.message, ", 12000000, 13000000 and 50 more"), "%s", error.message);
}

/* Born 1950: 76 in June 2026. */
Test(parameter, the_chosen_value_is_what_is_worked_out)
{
    static const char *const values[] = {"40", "70", "80"}, *const expected[] = {"AB", "A", ""};

    for (size_t i = 0; i < 3; i++) {
        SCOPED(arena_close) Arena *arena = arena_create(SMALL_ARENA_BYTES);
        SCOPED(engine_close) Engine *engine = NULL;
        SCOPED(query_close)
        Query *query =
            parsed(HEAD "as at 2026-06-30 parameter limit in (40, 70, 80) cohort age > limit" TAIL);
        char people[SMALL_PEOPLE + 1] = "";
        Error error = {0};
        Bound bound;
        size_t count = 0;

        cr_assert(query_set(query, TEXT("limit"), text_from(values[i]), &error).ok, "%s", error.message);
        cr_assert(bind_tree(query->tree, &SMALL, query->tree->as_at, arena, &bound, &error).ok);
        engine = engine_create(bound.plan);
        engine_chunk(engine, 0, SMALL_PEOPLE);
        const Vector *value = engine_value(engine, bound.cohort);
        for (size_t p = 0; p < SMALL_PEOPLE; p++)
            if (vector_number(value, p) == 1)
                people[count++] = (char)('A' + p);
        cr_expect_str_eq(people, expected[i], "%s", values[i]);
    }
}

/* ---- runs ---- */

#define AREAS   "parameter area in (\"Ashford\", \"Dover\") "
#define OF_AREA "cohort district = area table \"t\" by sex totals sex measure people"

static Result ask(const char *value, Text *canonical, Arena *arena, Error *error)
{
    SCOPED(db_close) Db *reader = support_database("cinque_query");
    SCOPED(query_close) Query *query = NULL;
    ReleasedTable *tables[QUERY_TABLES_MAX];
    const QueryRun run = {.release_id = 1, .policy = &COUNTY_POLICY};
    size_t count = 0;

    TRY(query_open(reader, "q", TEXT(COUNTY_HEAD AREAS OF_AREA), NULL, &query, error));
    if (county_number("SELECT count(*) FROM governance.query") == 0)
        county_approve(query);
    if (value != NULL)
        TRY(query_set(query, TEXT("area"), text_from(value), error));
    TRY(run_query(reader, COUNTY_RUN_PERMIT, TEXT("1"), query, &run, tables, &count, error));
    *canonical = text_copy(arena, released_table_canonical(tables[0]));
    released_table_close(&tables[0]);
    return RESULT_OK;
}

/* Red without query_check_set in run_query. */
Test(parameter, a_run_without_a_value_is_refused)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    Error error = {0};
    Text canonical;
    county_make(60, 0);
    county_release();

    cr_expect_not(ask(NULL, &canonical, arena, &error).ok);

    cr_expect_eq(error.code, ERROR_INPUT);
    expect_message(&error,
                   "q:1:42: parameter area is not set; --set NAME=VALUE with one of: \"Ashford\", \"Dover\"");
}

Test(parameter, one_approval_is_for_each_value_and_the_answer_says_which)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    Error error = {0};
    Text ashford, dover;
    county_make(60, 0);
    county_release();

    cr_expect(ask("Ashford", &ashford, arena, &error).ok, "%s", error.message);
    cr_expect(ask("Dover", &dover, arena, &error).ok, "%s", error.message);

    cr_expect_not_null(strstr(ashford.data, "\"parameters\":{\"area\":\"Ashford\"}"), "%s", ashford.data);
    cr_expect_not_null(strstr(dover.data, "\"parameters\":{\"area\":\"Dover\"}"), "%s", dover.data);
}
