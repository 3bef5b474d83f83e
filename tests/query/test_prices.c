/* What records cost at prices from outside: a code without a price is not one of 0. */
#include "query/published.h"
#include "tests/query/county.h"
#include "tests/query/payers.h"
#include "tests/query/printing.h"

#define COST    "sum of code at prices \"T\" of 2024/25 in gp_event"
#define BY_SEX  "table \"t\" by sex measure people "
#define TOTALS  "table \"t\" by sex totals sex measure people "
#define NOTHING NO_AMOUNT

static Text codes[] = {{"D1", 2}, {"S1", 2}, {"high", 4}};
static int64_t pence[] = {1050, 225, 100};
static const Published tariff = {.values = codes, .numbers = pence, .line_count = 3, .dimension_count = 1};

static void payers_of(int people, int sex, double diabetes, double smoking)
{
    payments_prices = &tariff;
    for (int i = 0; i < people; i++)
        payer_of_two(sex, 1, diabetes, smoking);
}

/* Of a code that has no price. */
static void unpriced_payers(int people, int sex)
{
    for (int i = 0; i < people; i++) {
        payer_of_two(sex, 1, 1, 1);
        payers.code[payers.events - 1] = WORD_1;
    }
}

static void pay(void)
{
    payers_of(20, 1, 1, NOTHING);
    payers_of(20, 1, NOTHING, 1);
    payers_of(20, 1, 1, 1);
    unpriced_payers(10, 1);
    payers_of(20, 2, NOTHING, NOTHING);
    payers_of(20, 2, 1, NOTHING);
    payers_of(20, 2, NOTHING, 1);
}

/*
 * Men: 20 of 10.50, of 2.25 and of 12.75 are 510, to the nearest 5 times 20, and 10 with one price of two are
 * left out: 615 red, where what has no price is 0. Women: 20 of nothing at all cost 0, and are counted.
 */
Test(prices, what_has_no_price_is_not_known_and_nothing_costs_nothing)
{
    pay();

    expect_released(BY_SEX "measure c = sum of " COST, "sex,people,c,c people\n"
                                                       "1,70,500,60\n"
                                                       "2,60,300,60\n");
}

Test(prices, behind_where_it_is_the_price_of_one_record)
{
    pay();

    expect_released(BY_SEX
                    "measure dear = people with exists gp_event where code at prices \"T\" of 2024/25 > 10 "
                    "measure bare = people with exists gp_event where code at prices \"T\" of 2024/25 is "
                    "not known",
                    "sex,people,dear,bare\n"
                    "1,70,50,10\n"
                    "2,60,20,0\n");
}

static const char *record_of(const char *tables, Payments *payments)
{
    Error error = {0};

    Result counted = payments_count(tables, BUDGET_CHUNK_BYTES, payments, &error);
    cr_assert(counted.ok, "%s", error.message);
    ReleasedTable *table = payments_release(payments, &PAYERS_RULE);
    const char *text = printed(table, TABLE_TERMINAL);
    released_table_close(&table);
    return text;
}

/* Hidden like any count: red, the second, where the number is that of a CountTable. */
Test(prices, of_how_many_a_cost_is_not_known_stands_under_the_table)
{
    Payments payments;
    pay();

    const char *text = record_of(TOTALS "measure c = sum of " COST, &payments);

    cr_expect_not_null(strstr(text, "\nCost c is in pounds; left out, not counted as 0, are 10 people with a "
                                    "record that has no price.\n"),
                       "%s", text);
    payments_close(&payments);
}

Test(prices, few_of_whom_a_cost_is_not_known_are_not_told)
{
    Payments payments;
    payers_of(20, 1, 1, NOTHING);
    payers_of(20, 1, 1, 1);
    payers_of(20, 2, NOTHING, NOTHING);
    payers_of(20, 2, NOTHING, 1);
    unpriced_payers(3, 1);

    const char *text = record_of(TOTALS "measure c = sum of " COST, &payments);

    cr_expect_not_null(strstr(text, "are * people (hidden) with a record that has no price.\n"), "%s", text);
    payments_close(&payments);
}

static PlanNode *node_of(Payments *payments, PlanKind kind)
{
    Plan *plan = payments->bound.plan;
    size_t i = 0;

    while (i < plan->count && plan->nodes[i].kind != kind)
        i++;
    cr_assert_lt(i, plan->count);
    return &plan->nodes[i];
}

/* Each red where plan_check_amount.c does not ask it: all_have_price, the prices' sign, and the pounds. */
Test(prices, a_cost_that_is_made_another_way_is_refused_by_the_second_checker)
{
    Payments payments;
    Error error = {0};
    static const int64_t below[] = {-1, 225, 100};
    pay();
    Result counted = payments_count(BY_SEX "measure c = sum of " COST, BUDGET_CHUNK_BYTES, &payments, &error);
    cr_assert(counted.ok, "%s", error.message);
    PlanNode *drop = node_of(&payments, PLAN_DROP), *map = node_of(&payments, PLAN_MAP);
    const PlanNode good_drop = *drop, good_map = *map;
    const char *rule = "plan: an amount is not one number of people, up to 1000000000, but calculated";

    drop->kind = PLAN_KEEP;
    cr_expect_not(run_check_plan(payments.query, &payments.bound, &error).ok);
    cr_expect_str_eq(error.message, rule);
    *drop = good_drop;
    map->mapped = below;
    cr_expect_not(run_check_plan(payments.query, &payments.bound, &error).ok);
    cr_expect_str_eq(error.message, rule);
    *map = good_map;

    cr_expect(run_check_plan(payments.query, &payments.bound, &error).ok, "%s", error.message);
    payments_close(&payments);
}

/* ---- of a release ---- */

#define HEAD                                                                                                 \
    "query \"t\" project PHM-2026-014 as at 2026-06-30 cohort as_at = as_at " TOTALS "measure c = sum of "

static void put(const char *year_begins, const char *origin, const char *fields)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 16);

    county_sql(text_format(arena,
                           "INSERT INTO ingest.published (kind, name, day, origin, width, fields, content) "
                           "VALUES ('prices', 'T', '%s', '%s', 2, '%s', sha256('%s'))",
                           year_begins, origin, fields, origin)
                   .data);
}

/* 653 of 10.50 and 360 of 20.25 are 14,146.50, to the nearest 5 times 50 and to three digits. */
Test(prices, are_those_of_the_year_that_were_added_last)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_release();
    put("2024-04-01", "wrong", "{code,price,D1,1,S1,1}");
    put("2024-04-01", "right", "{code,price,D1,1050,S1,2025}");
    put("2023-04-01", "old", "{code,price,D1,7,S1,7}");

    Text answer = county_ask(HEAD COST, arena);

    cr_expect_not_null(strstr(answer.data, "{\"at\":[\"all\"],\"value\":1.42e4}"), "%s",
                       strstr(answer.data, "\"measures\""));
    cr_expect_not_null(strstr(answer.data, "\"prices\":[{\"content\":\""), "%s",
                       strstr(answer.data, "\"measures\""));
    cr_expect_not_null(strstr(answer.data, "\"origin\":\"right\",\"prices\":\"\\\"T\\\" of 2024/25\"}]"),
                       "%s", strstr(answer.data, "\"measures\""));
}

Test(prices, of_a_year_that_has_none_are_refused)
{
    SCOPED(db_close) Db *reader = NULL;
    SCOPED(query_close) Query *query = NULL;
    Text said;
    county_make(60, 0);
    county_release();
    put("2023-04-01", "old", "{code,price,D1,7,S1,7}");
    reader = support_database("cinque_query");
    COUNTY_MUST(query_open(reader, "q", text_from(HEAD COST), NULL, &query, must));

    COUNTY_MUST(query_check(reader, query, 1, &COUNTY_POLICY, &said, must));

    cr_expect_not_null(strstr(said.data, "warning: q:1:154: there are no prices \"T\" of 2024/25\n"), "%s",
                       said.data);
    county_expect_refused(HEAD COST, "q:1:154: there are no prices \"T\" of 2024/25");
}

Test(prices, the_catalogue_names_them_by_year_and_origin)
{
    SCOPED(db_close) Db *reader = NULL;
    SCOPED(table_close) Table *table = NULL;
    const CatalogueWanted wanted = {.source = "published"};
    county_make(60, 0);
    put("2023-04-01", "old", "{code,price,D1,7,S1,7}");
    put("2024-04-01", "new", "{code,price,D1,8}");
    reader = support_database("cinque_query");

    COUNTY_MUST(query_catalogue(reader, &wanted, &table, must));

    cr_expect_str_eq(support_csv(table), "kind,name,of,lines,origin\r\nprices,T,2023-04-01,2,old\r\n"
                                         "prices,T,2024-04-01,1,new\r\n");
}
