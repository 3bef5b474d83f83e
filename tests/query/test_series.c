/* Tables by months, quarters and years: their words, their days, and each period against a query by hand. */
#include "query/run.h"
#include "query/suppress.h"
#include "tests/query/county.h"
#include "tests/query/words.h"

#define HEAD  "query \"t\" project P "
#define ADMIT "measure people measure admitted = people with exists apc_spell where admission_date "

static Result parse(const char *text, Query **query, Error *error)
{
    return query_parse(&WORDS, "q", text_from(text), QUERY_TEXT_BYTES_MAX, NULL, query, error);
}

/* ---- days ---- */

static void expect_period(const Series *series, const char *as_at, size_t index, const char *expected)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 16);
    char first[DATE_TEXT_BYTES], last[DATE_TEXT_BYTES];
    Date day;

    cr_assert(date_parse(text_from(as_at), &day));
    Period period = series_period(series, day, index);
    Text said = text_format(arena, "%.*s: %s to %s", TEXT_ARG(series_label(series, day, index, arena)),
                            date_format(period.first, first), date_format(period.last, last));
    cr_expect_str_eq(said.data, expected, "%s", as_at);
}

Test(series, the_last_period_is_the_last_whole_one)
{
    const Series months = {.count = 3, .unit = PERIOD_MONTH, .from = DATE_NONE, .to = DATE_NONE};
    const Series quarters = {.count = 2, .unit = PERIOD_QUARTER, .from = DATE_NONE, .to = DATE_NONE};
    const Series years = {.count = 1, .unit = PERIOD_YEAR, .from = DATE_NONE, .to = DATE_NONE};

    expect_period(&months, "2026-06-30", 2, "2026-06: 2026-06-01 to 2026-06-30");
    expect_period(&months, "2026-06-29", 2, "2026-05: 2026-05-01 to 2026-05-31");
    expect_period(&months, "2024-03-31", 1, "2024-02: 2024-02-01 to 2024-02-29");
    expect_period(&months, "2026-01-31", 0, "2025-11: 2025-11-01 to 2025-11-30");
    expect_period(&quarters, "2026-06-30", 1, "2026-Q2: 2026-04-01 to 2026-06-30");
    expect_period(&quarters, "2026-06-30", 0, "2026-Q1: 2026-01-01 to 2026-03-31");
    expect_period(&years, "2026-06-30", 0, "2025: 2025-01-01 to 2025-12-31");
    expect_period(&months, "1999-12-31", 2, "1999-12: 1999-12-01 to 1999-12-31");
}

/* A financial year runs from 1 April to 31 March. */
Test(series, financial_years_begin_in_april)
{
    const Series years = {.count = 2, .unit = PERIOD_FINANCIAL_YEAR, .from = DATE_NONE, .to = DATE_NONE};
    const Series quarters = {
        .count = 4, .unit = PERIOD_FINANCIAL_QUARTER, .from = DATE_NONE, .to = DATE_NONE};

    expect_period(&years, "2026-03-31", 1, "2025/26: 2025-04-01 to 2026-03-31");
    expect_period(&years, "2026-03-30", 1, "2024/25: 2024-04-01 to 2025-03-31");
    expect_period(&years, "2000-06-30", 1, "1999/00: 1999-04-01 to 2000-03-31");
    expect_period(&quarters, "2026-06-30", 3, "2026/27 Q1: 2026-04-01 to 2026-06-30");
    expect_period(&quarters, "2026-06-30", 2, "2025/26 Q4: 2026-01-01 to 2026-03-31");
    expect_period(&quarters, "2026-06-30", 0, "2025/26 Q2: 2025-07-01 to 2025-09-30");
}

Test(series, between_two_days_whole_periods_count)
{
    cr_expect_eq(period_count(PERIOD_MONTH, date_from_civil(2025, 4, 1), date_from_civil(2026, 3, 31)), 12);
    cr_expect_eq(period_count(PERIOD_MONTH, date_from_civil(2025, 4, 2), date_from_civil(2026, 3, 30)), 10);
    cr_expect_eq(period_count(PERIOD_QUARTER, date_from_civil(2025, 1, 1), date_from_civil(2025, 12, 31)), 4);
    cr_expect_eq(
        period_count(PERIOD_FINANCIAL_YEAR, date_from_civil(2025, 1, 1), date_from_civil(2026, 3, 31)), 1);
    cr_expect_eq(period_count(PERIOD_YEAR, date_from_civil(2025, 2, 1), date_from_civil(2025, 12, 31)), 0);
    cr_expect_eq(period_count(PERIOD_YEAR, date_from_civil(2026, 1, 1), date_from_civil(1999, 12, 31)), 0);
}

/* ---- words ---- */

static void expect_by(const char *by, const char *condition, const char *expected)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    SCOPED(query_close) Query *query = NULL;
    SCOPED(query_close) Query *again = NULL;
    Error error = {0};
    Text text = text_format(arena, HEAD "cohort care_home table \"t\" by %s " ADMIT "%s", by, condition);

    Result done = parse(text.data, &query, &error);

    cr_assert(done.ok, "%s", error.message);
    const char *table = strstr(query_canonical(query).data, "  by ");
    cr_expect_str_eq(table, expected);
    done = parse(query_canonical(query).data, &again, &error);
    cr_assert(done.ok, "the canonical text is a query: %s", error.message);
    cr_expect(text_equal(query_canonical(query), query_canonical(again)));
}

#define PRINTED "\n  measure people\n  measure admitted = people with exists apc_spell where "

Test(series, each_form_prints_so_that_it_parses_to_the_same)
{
    expect_by("month of the 12 months to as_at, district", "in month",
              "  by month of the 12 months to as_at, district" PRINTED "admission_date in month\n");
    expect_by("quarter of the 1 quarters to 2026-03-31", "in quarter or admission_date is not known",
              "  by quarter of the 1 quarters to 2026-03-31" PRINTED
              "admission_date in quarter or not (admission_date is known)\n");
    expect_by("year from 2020-01-01 to 2025-12-31, sex totals sex", "+ 1 day before start of year",
              "  by year from 2020-01-01 to 2025-12-31, sex\n  totals sex" PRINTED
              "admission_date + 1 days before start of year\n");
    expect_by("financial year of the 3 financial years to as_at", "on or before end of financial year",
              "  by financial year of the 3 financial years to as_at" PRINTED
              "admission_date on or before end of financial year\n");
    expect_by("financial quarter from 2025-04-01 to 2026-03-31", "in financial quarter",
              "  by financial quarter from 2025-04-01 to 2026-03-31" PRINTED
              "admission_date in financial quarter\n");
}

/* Of the practices that sent each month's spells. */
Test(series, whether_a_practice_sent_is_asked_of_each_period)
{
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};

    Result done =
        parse(HEAD "cohort care_home table \"t\" by month of the 2 months to as_at measure people measure "
                   "whole = people with practice sent apc_spell from start of month to end of month",
              &query, &error);

    cr_assert(done.ok, "%s", error.message);
    cr_expect_not_null(
        strstr(query_canonical(query).data, "practice sent apc_spell from start of month to end of month"));
}

Test(series, each_rule_has_its_message)
{
#define BY HEAD "cohort care_home table \"t\" by "
    static const struct {
        const char *text, *message;
    } cases[] = {
        {BY "month " ADMIT "in month", "expected 'from'"},
        {BY "month of the 0 months to as_at " ADMIT "in month",
         "periods: expected a whole number from 1 to 60"},
        {BY "month of the 61 months to as_at " ADMIT "in month",
         "periods: expected a whole number from 1 to 60"},
        {BY "month of the 2 quarters to as_at " ADMIT "in month", "expected 'months'"},
        {BY "financial month of the 2 months to as_at " ADMIT "in month", "expected 'quarter' or 'year'"},
        {BY "financial year of the 2 years to as_at " ADMIT "in month", "expected 'financial'"},
        {BY "month of the 2 months to sex " ADMIT "in month", "expected as_at or a date (CCYY-MM-DD)"},
        {BY "month from as_at to 2026-01-01 " ADMIT "in month", "expected a date (CCYY-MM-DD)"},
        {BY "month from 2026-01-02 to 2026-02-27 " ADMIT "in month",
         "between these days lies no whole month"},
        {BY "month from 2020-01-01 to 2025-01-31 " ADMIT "in month", "more than 60 periods"},
        {BY "month of the 2 months to 1899-12-31 " ADMIT "in month", "a series lies between 1900 and 2199"},
        {HEAD "as at 2026-01-31 cohort care_home table \"t\" by month of the 2 months to 2026-02-01 " ADMIT
              "in month",
         "a series ends on the query's day or before"},
        {HEAD "as at 1800-01-31 cohort care_home table \"t\" by month of the 2 months to as_at " ADMIT
              "in month",
         "a series lies between 1900 and 2199"},
        {BY "month of the 2 months to as_at measure people",
         "no measure of this table speaks of the month: in month, start of month, end of month"},
        {BY "month of the 2 months to as_at " ADMIT "in year", "the table is by month"},
        {BY "sex " ADMIT "in month", "this stands in the measures of a table by month"},
        {HEAD
         "cohort exists apc_spell where admission_date before start of quarter table \"t\" by sex measure "
         "people",
         "this stands in the measures of a table by quarter"},
        {HEAD
         "let x = exists apc_spell where admission_date in month cohort x table \"t\" by sex measure people",
         "this stands in the measures of a table by month"},
        {BY "month of the 2 months to as_at measure people measure m = people with age in month",
         "expected a date, this is a number"},
        {BY "sex, month of the 2 months to as_at " ADMIT "in month", "dimension 'month' is unknown"},
        {BY "month of the 2 months to as_at " ADMIT "in month table \"u\" by sex " ADMIT "before as_at",
         "an earlier table is by other periods or none; ask two queries"},
        {BY "month of the 2 months to as_at, sex " ADMIT
            "in month table \"u\" by month of the 2 months to as_at, "
            "district " ADMIT "in month",
         "several measures and the dimensions of several tables form a ring, from which hidden cells can be "
         "worked out; ask one table"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED(query_close) Query *query = NULL;
        Error error = {0};
        cr_assert_not(parse(cases[i].text, &query, &error).ok, "%s", cases[i].text);
        error.message[strcspn(error.message, "\n")] = '\0';
        const char *rule = strstr(error.message, ": ");
        cr_assert_not_null(rule);
        cr_expect_str_eq(rule + 2, cases[i].message, "%s", cases[i].text);
    }
}

Test(series, measures_and_periods_together_have_a_limit)
{
    SCOPED(query_close) Query *query = NULL;
    Error error = {0};

    cr_assert_not(parse(BY "month of the 60 months to as_at " ADMIT
                           "in month measure b = people with age < 40 measure c = people with age > 40",
                        &query, &error)
                      .ok);

    cr_expect_eq(error.code, ERROR_LIMIT);
    error.message[strcspn(error.message, "\n")] = '\0';
    cr_expect_str_eq(error.message,
                     "q:1:51: the tables have more than 128 measures together, each once a period");
}

/* Red when check_size in parts.c does not count a condition once a period. */
Test(series, large_conditions_of_many_periods_are_refused)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    SCOPED(query_close) Query *query = NULL;
    Text many = TEXT("age at start of month = 0");
    Error error = {0};
    for (int i = 1; i < 100; i++)
        many = text_format(arena, "%.*s or age at start of month = %d", TEXT_ARG(many), i);
    Text text =
        text_format(arena, BY "month of the 60 months to as_at measure people measure m = people with %.*s",
                    TEXT_ARG(many));

    cr_assert_not(parse(text.data, &query, &error).ok);

    cr_expect_eq(error.code, ERROR_LIMIT);
    cr_expect_not_null(strstr(error.message, "more than 16000 parts together, each counted once a period"));
}

/* ---- counts ---- */

typedef struct Counted {
    Query *query;
    CountTable parts[QUERY_PARTS_MAX];
    size_t part_count;
} Counted;

static void count_query(Db *reader, DatasetHold *hold, Text text, Arena *arena, Counted *counted)
{
    Bound bound;
    Date as_at;

    COUNTY_MUST(query_open(reader, "q", text, NULL, &counted->query, must));
    as_at = counted->query->tree->as_at;
    COUNTY_MUST(bind_tree(counted->query->tree, dataset_of(hold), as_at, arena, &bound, must));
    COUNTY_MUST(run_check_plan(counted->query, &bound, must));
    COUNTY_MUST(count_run(reader, hold, counted->query->tree, &bound, 1, arena, counted->parts, must));
    counted->part_count = counted->query->tree->part_count;
}

/* The same cells with the same people, but for answers that only other periods have. */
static void expect_same(const CountTable *part, const CountTable *by_hand, const char *period)
{
    cr_assert_eq(count_places(part), count_places(by_hand));
    for (size_t place = 0; place < count_places(part); place++)
        for (size_t answer = 0; answer < 2; answer++) {
            const CountCell *a = &part->cells[place * (count_answers(part) + 1) + answer];
            const CountCell *b = &by_hand->cells[place * (count_answers(by_hand) + 1) + answer];
            cr_expect_eq(a->people, b->people, "%s, place %zu", period, place);
            cr_expect(a->set.high == b->set.high && a->set.low == b->set.low, "%s, place %zu", period, place);
        }
}

typedef struct ByHand {
    const char *series, *condition; /* %1: the first day, %2: the last */
} ByHand;

static Text with_days(Arena *arena, const char *text, Period period)
{
    SCOPED(text_builder_close) TextBuilder out = text_builder(1 << 12);
    char day[DATE_TEXT_BYTES];

    for (; *text != '\0'; text++)
        if (*text == '%')
            text_add_string(&out, date_format(*++text == '1' ? period.first : period.last, day));
        else
            text_add_char(&out, *text);
    return text_copy(arena, text_built(&out));
}

#define ASK "query \"t\" project PHM-2026-014 as at 2026-06-30 cohort age >= 20 table \"t\" by "

static void compare(Db *reader, DatasetHold *hold, const char *by, const char *series, const char *condition)
{
    SCOPED(arena_close) Arena *arena = arena_create(256 << 20);
    static Counted at_once, by_hand;
    Text text = text_format(
        arena, ASK "%s, sex, district totals sex measure people measure m = people with %s", by, series);

    count_query(reader, hold, text, arena, &at_once);
    const Series *of = &at_once.query->tree->tables[0].series;
    cr_assert_eq(at_once.part_count, of->count);
    for (size_t p = 0; p < of->count; p++) {
        Text one = with_days(arena, condition, series_period(of, at_once.query->tree->as_at, p));
        text = text_format(arena, ASK "sex, district totals sex measure people measure m = people with %.*s",
                           TEXT_ARG(one));
        count_query(reader, hold, text, arena, &by_hand);
        expect_same(&at_once.parts[p], &by_hand.parts[0], at_once.parts[p].period.data);
        query_close(&by_hand.query);
    }
    query_close(&at_once.query);
}

/* 30 events a person over ten years, beside diabetes in March and smoking in April 2025. */
Test(series, each_period_is_what_a_query_of_its_days_gives)
{
    SCOPED(db_close) Db *reader = NULL;
    county_make(600, 30);
    county_release();
    reader = support_connect("cinque_query");
    SCOPED(dataset_close) DatasetHold *hold = county_dataset(reader, 1);

    compare(reader, hold, "month of the 6 months to as_at", "exists gp_event where event_date in month",
            "exists gp_event where event_date from %1 to %2");
    compare(reader, hold, "financial quarter from 2025-01-15 to 2026-06-30",
            "exists gp_event where event_date in financial quarter and code = \"S1\"",
            "exists gp_event where event_date from %1 to %2 and code = \"S1\"");
    compare(reader, hold, "year of the 3 years to 2025-12-31",
            "(count of gp_event where event_date on or before end of year) > 20",
            "(count of gp_event where event_date on or before %2) > 20");
    compare(reader, hold, "financial year of the 2 financial years to as_at",
            "age at start of financial year >= 40 and registered at end of financial year",
            "age at %1 >= 40 and registered at %2");
    compare(
        reader, hold, "quarter of the 3 quarters to as_at",
        "(value of event_date in last gp_event by event_date where event_date before as_at) in quarter",
        "(value of event_date in last gp_event by event_date where event_date before as_at) from %1 to %2");
}

/* Admitted: every 10th in March 2026 alone. */
Test(series, each_period_is_a_group_of_lines)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_release();

    Text answer =
        county_ask("query \"t\" project PHM-2026-014 as at 2026-06-30 cohort as_at = as_at table \"t\" "
                   "by month from 2026-02-01 to 2026-03-31, sex totals sex " ADMIT "in month",
                   arena);

    county_expect(answer, "\"dimensions\":[\"month\",\"sex\"]");
    county_expect(answer, "{\"at\":[\"2026-02\",\"all\",\"yes\"],\"people\":0}");
    county_expect(answer, "{\"at\":[\"2026-03\",\"all\",\"yes\"],\"people\":160},"
                          "{\"at\":[\"2026-03\",\"all\",\"no\"],\"people\":1800}],"
                          "\"name\":\"admitted\"");
    county_expect(answer, "{\"at\":[\"2026-02\",\"all\"],\"people\":1960}");
}

Test(series, a_table_may_be_by_periods_alone)
{
    SCOPED(arena_close) Arena *arena = arena_create(1 << 20);
    county_make(2000, 0);
    county_release();

    Text answer =
        county_ask("query \"t\" project PHM-2026-014 cohort as_at = as_at table \"t\" "
                   "by month of the 6 months to as_at " ADMIT "in month measure rate = admitted per "
                   "1000 people",
                   arena);

    county_expect(answer, "\"dimensions\":[\"month\"]");
    county_expect(answer, "{\"at\":[\"2026-03\",\"yes\"],\"people\":160}");
    county_expect(answer, "{\"at\":[\"2026-06\",\"yes\"],\"people\":0}");
}

Test(series, one_that_ends_after_the_releases_day_is_refused)
{
    county_make(60, 0);
    county_release();

    county_expect_refused(
        COUNTY_HEAD "cohort care_home table \"t\" by month of the 2 months to 2026-07-01 " ADMIT "in month",
        "q:1:62: the series of this table ends after the query's day");
}

/* ---- hiding ---- */

/*
 * Who had been admitted by the end of February and by the end of March: all shown, what March adds would be
 * told by subtraction. Red when parts of two periods are not of one table for suppress_nested.
 */
Test(series, what_a_month_adds_to_the_one_before_is_not_told_where_it_is_few)
{
    SCOPED(arena_close) Arena *arena = arena_create(64 << 20);
    SCOPED(db_close) Db *reader = NULL;
    static Counted counted;
    CellState *states[QUERY_PARTS_MAX];
    const SuppressRule rule = {.people_min = 8};
    county_make(600, 30);
    county_release();
    reader = support_connect("cinque_query");
    SCOPED(dataset_close) DatasetHold *hold = county_dataset(reader, 1);
    count_query(
        reader, hold,
        TEXT(
            "query \"t\" project PHM-2026-014 as at 2026-06-30 cohort as_at = as_at table \"t\" by month "
            "of the 24 months to as_at measure people measure m = people with exists gp_event where code "
            "in (\"X100\", \"X200\", \"X300\", \"X400\", \"X500\") and event_date on or before end of month"),
        arena, &counted);

    suppress(counted.parts, counted.part_count, &rule, arena, states);
    cr_expect_not(text_equal(counted.parts[0].dimensions[0].name, counted.parts[1].dimensions[0].name),
                  "the audit takes what has one name for one condition: name_of in count_table.c");

    size_t hidden = 0, close = 0;
    for (size_t p = 0; p < counted.part_count; p++)
        hidden += states[p][0] != CELL_SHOWN;
    for (size_t a = 0; a < counted.part_count; a++)
        for (size_t b = a + 1; b < counted.part_count; b++) {
            int64_t added = counted.parts[b].cells[0].people - counted.parts[a].cells[0].people;
            close += added > 0 && added < 8;
            cr_expect(added == 0 || added >= 8 || states[a][0] != CELL_SHOWN || states[b][0] != CELL_SHOWN,
                      "months %zu and %zu", a, b);
        }
    cr_expect_gt(close, 0, "some months add few");
    cr_expect_gt(hidden, 0);
    query_close(&counted.query);
}
