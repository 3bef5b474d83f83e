/* Numbers of people that others publish, from a file into the registry. */
#include <stdio.h>
#include <string.h>

#include "tests/ingest/world.h"

#define HEADER "population,day,origin,sex,age,people\n"
#define LINE   "Kent,2025-06-30,Mid-year estimates,"
#define WHOLE  HEADER LINE "1,0-19,400\r\n" LINE "2,0-19,380\n\n" LINE "1,20-39,300\n" LINE "2,20-39,0\n"

static World world;

static void set_up(void)
{
    world = world_open();
}

static void tear_down(void)
{
    world_close(&world);
}

TestSuite(population, .init = set_up, .fini = tear_down);

typedef Result (*Add)(Db *loader, const GovernancePermit *permit, const char *path, int64_t *count,
                      Error *error);

/* permitted: the content that the permit is for */
static Result add_by(GovernanceAction action, Add add_it, const char *permitted, const char *text,
                     int64_t *count, Error *error)
{
    SCOPED(governance_permit_close) GovernancePermit *permit = NULL;
    char hex[HASH_TEXT_BYTES];

    Hash content = hash_of(permitted, strlen(permitted));
    const GovernanceRequest request = {
        .action = action, .person_id = "eng", .object = text_from(hash_format(&content, hex))};
    TRY(governance_request(world.governance, &request, &permit, error));
    TRY(add_it(world.loader, permit, support_file("published.csv", text), count, error));
    return governance_result(world.governance, permit, &(GovernanceOutcome){.succeeded = true}, error);
}

static Result add(const char *permitted, const char *text, int64_t *count, Error *error)
{
    return add_by(GOVERNANCE_POPULATION_ADD, ingest_population_add, permitted, text, count, error);
}

Test(population, a_version_is_kept_with_its_day_origin_and_content)
{
    Error error = {0};
    int64_t count = 0;

    cr_assert(add(WHOLE, WHOLE, &count, &error).ok, "%s", error.message);

    cr_expect_eq(count, 4);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.published WHERE kind = 'population' AND name = "
                             "'Kent' AND day = '2025-06-30' "
                             "AND origin = 'Mid-year estimates' AND width = 3 AND fields = "
                             "'{sex,age,people,1,0-19,400,2,0-19,380,1,20-39,300,2,20-39,0}'"),
                 1);
}

Test(population, versions_stand_beside_each_other_and_none_twice)
{
    Error error = {0};
    int64_t count;
    const char *other = "population,day,origin,sex,people\nKent,2025-06-30,Again,1,7\n";
    cr_assert(add(WHOLE, WHOLE, &count, &error).ok, "%s", error.message);
    cr_assert(add(other, other, &count, &error).ok, "%s", error.message);

    cr_expect_not(add(WHOLE, WHOLE, &count, &error).ok);

    cr_expect_eq(error.code, ERROR_INPUT);
    cr_expect_not_null(strstr(error.message, "this file was added already"), "%s", error.message);
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.published"), 2);
}

/* Switch: governance_permit_covers in ingest_population_add. */
Test(population, a_permit_for_another_file_is_refused)
{
    Error error = {0};
    int64_t count;

    cr_expect_not(add("another", WHOLE, &count, &error).ok);

    cr_expect_eq(error.code, ERROR_REFUSED);
    cr_expect_not_null(strstr(error.message, "the permit is not for this file"), "%s", error.message);
}

Test(population, a_file_that_says_anything_else_is_refused_whole)
{
    static const struct {
        const char *text, *message;
    } wrong[] = {
        {"population,day,sex,people\n", "line 1: the header is population,day,origin"},
        {"population,day,origin,people\n", "line 1: the header is population,day,origin"},
        {"population,day,origin,a,b,c,d,e,f,g,people\n", "line 1: the header is population,day,origin"},
        {"population,day,origin,Sex,people\n", "line 1: a dimension is a name as in a query"},
        {"population,day,origin,sex,sex,people\n", "line 1: a dimension is there twice"},
        {HEADER LINE "1,0-19\n", "line 2: not as many fields as the header"},
        {HEADER LINE "\"1\",0-19,4\n", "line 2: no quotes here"},
        {HEADER LINE ",0-19,4\n", "line 2: a value of a dimension has 1 to 63 bytes"},
        {HEADER LINE "1,0-19,-4\n", "line 2: people is no whole number"},
        {HEADER LINE "1,0-19,2000000001\n", "line 2: people is no whole number"},
        {HEADER ",2025-06-30,x,1,0-19,4\n", "line 2: population is a name"},
        {HEADER "Kent,2025,x,1,0-19,4\n", "line 2: day is not of the form CCYY-MM-DD"},
        {HEADER "Kent,2025-06-30,,1,0-19,4\n", "line 2: origin says where"},
        {HEADER LINE "1,0-19,4\nKent,2025-07-01,Mid-year estimates,2,0-19,4\n",
         "line 3: population, day and origin are the same in each line"},
        {HEADER, "each combination of the dimensions' values stands once"},
        {HEADER LINE "1,0-19,4\n" LINE "1,0-19,4\n", "each combination"},
        {HEADER LINE "1,0-19,4\n" LINE "2,20-39,4\n", "each combination"},
        {HEADER LINE "1,0-19,4\n" LINE "1,20-39,4\n" LINE "2,0-19,4\n" LINE "2,0-19,4\n", "each combination"},
        {HEADER "\xff", "line 1: not UTF-8"},
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        Error error = {0};
        int64_t count;
        cr_expect_not(add(wrong[i].text, wrong[i].text, &count, &error).ok, "%s", wrong[i].text);
        cr_expect_eq(error.code, ERROR_INPUT);
        cr_expect_not_null(strstr(error.message, wrong[i].message), "%s: %s", wrong[i].text, error.message);
    }
    cr_expect_eq(world_count("SELECT count(*) FROM ingest.published"), 0);
}

/* ---- prices ---- */

#define PRICES "prices,year,origin,code,price\n"
#define PRICE  "National,2024/25,Cost collection,"

static Result add_prices(const char *text, int64_t *count, Error *error)
{
    return add_by(GOVERNANCE_PRICES_ADD, ingest_prices_add, text, text, count, error);
}

Test(population, prices_are_kept_in_pence_with_the_first_day_of_their_year)
{
    Error error = {0};
    int64_t count = 0;

    cr_assert(
        add_prices(PRICES PRICE "AA26C,1203.5\n" PRICE "AB01,7.05\n" PRICE "UZ01Z,0\n", &count, &error).ok,
        "%s", error.message);

    cr_expect_eq(count, 3);
    cr_expect_eq(
        world_count("SELECT count(*) FROM ingest.published WHERE kind = 'prices' AND name = 'National' "
                    "AND day = '2024-04-01' AND origin = 'Cost collection' AND width = 2 AND fields = "
                    "'{code,price,AA26C,120350,AB01,705,UZ01Z,0}'"),
        1);
}

/* Switch: the action in the form of either. */
Test(population, a_permit_for_a_population_is_none_for_prices)
{
    const char *text = PRICES PRICE "A,1\n";
    Error error = {0};
    int64_t count;

    cr_expect_not(add_by(GOVERNANCE_POPULATION_ADD, ingest_prices_add, text, text, &count, &error).ok);

    cr_expect_eq(error.code, ERROR_REFUSED);
}

Test(population, prices_that_are_none_are_refused)
{
    static const struct {
        const char *text, *message;
    } wrong[] = {
        {"prices,year,origin,hrg,price\n", "line 1: the header is prices,year,origin,code,price"},
        {"prices,year,origin,code,sex,price\n", "line 1: the header is prices,year,origin,code,price"},
        {HEADER, "line 1: the header is prices,year,origin,code,price"},
        {PRICES PRICE "A,1.234\n", "line 2: price is not of pounds with up to two decimals"},
        {PRICES PRICE "A,-1\n", "line 2: price is not"},
        {PRICES PRICE "A,-0.50\n", "line 2: price is not"},
        {PRICES PRICE "A,1.\n", "line 2: price is not"},
        {PRICES PRICE "A,1.-5\n", "line 2: price is not"},
        {PRICES PRICE "A,10000001\n", "line 2: price is not"},
        {PRICES PRICE "A,\n", "line 2: price is not"},
        {PRICES "National,2024/26,x,A,1\n", "line 2: year is no financial year"},
        {PRICES "National,2024,x,A,1\n", "line 2: year is no financial year"},
        {PRICES PRICE "A,1\nNational,2025/26,Cost collection,B,1\n",
         "line 3: prices, year and origin are the same"},
        {PRICES PRICE "A,1\n" PRICE "A,1\n", "there is at least one code, and each stands once"},
        {PRICES, "there is at least one code"},
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        Error error = {0};
        int64_t count;
        cr_expect_not(add_prices(wrong[i].text, &count, &error).ok, "%s", wrong[i].text);
        cr_expect_eq(error.code, ERROR_INPUT);
        cr_expect_not_null(strstr(error.message, wrong[i].message), "%s: %s", wrong[i].text, error.message);
    }
}
