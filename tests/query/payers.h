#pragma once
/*
 * A release in memory of people with amounts, one event of each kind at most, and what a query's table of
 * them releases, as CSV. Tests are one process each, so what they share is static.
 */
#include <stdio.h>
#include <stdlib.h>

#include "query/budget.h"
#include "query/count_parts.h"
#include "query/query_private.h"
#include "query/released.h"
#include "query/run.h"
#include "tests/query/small.h"

enum { PAYERS_MAX = 4000, PAYERS_ARENA_BYTES = 256 << 20, PAYERS_PEOPLE_MIN = 8 };

/* An amount that is not known: no event says it. */
#define NO_AMOUNT ((double)NAN)

static struct {
    uint32_t count, events, visits;
    uint32_t one_each[PAYERS_MAX + 1], with_events[PAYERS_MAX + 1], with_visits[PAYERS_MAX + 1];
    int32_t sex[PAYERS_MAX], decile[PAYERS_MAX], unknown[PAYERS_MAX];
    int32_t year[PAYERS_MAX], month[PAYERS_MAX];
    int32_t code[2 * PAYERS_MAX], day[2 * PAYERS_MAX];
    double amount[2 * PAYERS_MAX];
    int32_t visit[2 * PAYERS_MAX], nowhere[2 * PAYERS_MAX], home[PAYERS_MAX];
    DataColumn person[4], registration[4], gp_event[3], fire_visit[4], household[3];
    DataSource sources[5];
    Dataset dataset;
} payers;

static void add_event(int32_t code, int32_t day, double amount)
{
    if (!isfinite(amount))
        return;
    payers.code[payers.events] = code;
    payers.day[payers.events] = day;
    payers.amount[payers.events++] = amount;
}

/* Of sex 1 or 2, in a decile, ten to a home, who come one after the other; first: of code D1 in May, second:
 * of code S1 in June. */
__attribute__((unused)) static void payer_of_two(int sex, int decile, double first, double second)
{
    cr_assert_lt(payers.count, (uint32_t)PAYERS_MAX);
    uint32_t p = payers.count++;

    payers.sex[p] = sex == 1 ? WORD_1 : WORD_2;
    payers.decile[p] = decile;
    payers.home[p] = 1 + (int32_t)p / PLAN_HOME_PEOPLE_MAX;
    payers.unknown[p] = payers.year[p] = payers.month[p] = SU;
    add_event(WORD_D1, IN_2026(5, 10), first);
    add_event(WORD_S1, IN_2026(6, 10), second);
    payers.one_each[p + 1] = p + 1;
    payers.with_events[p + 1] = payers.events;
    payers.with_visits[p + 1] = payers.visits;
}

__attribute__((unused)) static void payer(int sex, int decile, double amount)
{
    payer_of_two(sex, decile, amount, NO_AMOUNT);
}

__attribute__((unused)) static void same_payers(int people, int sex, int decile, double amount)
{
    for (int i = 0; i < people; i++)
        payer(sex, decile, amount);
}

/* from, from + 1, from + 2 ... */
__attribute__((unused)) static void unlike_payers(int people, int sex, int decile, double from)
{
    for (int i = 0; i < people; i++)
        payer(sex, decile, from + i);
}

static void add_visits(int visits, int days)
{
    for (int v = 0; v < visits; v++) {
        cr_assert_lt(payers.visits, 2U * PAYERS_MAX);
        payers.nowhere[payers.visits] = SU;
        payers.visit[payers.visits++] = IN_2026(6, 30) - days;
    }
}

/* Whose homes were visited so many times, all but the last time so many days before the query's. */
__attribute__((unused)) static void visited_people(int people, int decile, int visits, int last, int first)
{
    for (int i = 0; i < people; i++) {
        add_visits(1, last);
        add_visits(visits - 1, first);
        payer(1, decile, NO_AMOUNT);
    }
}

/* Those from this one on are so old on the query's day; others are of no known age. */
__attribute__((unused)) static void payers_aged(uint32_t first, int age)
{
    for (uint32_t p = first; p < payers.count; p++) {
        payers.year[p] = 2026 - age;
        payers.month[p] = 1;
    }
}

/* Those from this one on are of one home. */
__attribute__((unused)) static void payers_at_one_home(uint32_t first)
{
    for (uint32_t p = first; p < payers.count; p++)
        payers.home[p] = 1 + PAYERS_MAX;
}

static const Dataset *payers_dataset(void)
{
    memcpy(payers.sources, small_sources, sizeof payers.sources);
    memcpy(payers.person, small_person, sizeof payers.person);
    memcpy(payers.registration, small_registration, sizeof payers.registration);
    memcpy(payers.gp_event, small_gp_event, sizeof payers.gp_event);
    memcpy(payers.fire_visit, small_fire_visit, sizeof payers.fire_visit);
    payers.person[0].narrow = payers.year;
    payers.person[1].narrow = payers.month;
    payers.person[3].narrow = payers.unknown;
    payers.person[2].narrow = payers.sex;
    payers.registration[0].narrow = payers.registration[1].narrow = payers.registration[3].narrow =
        payers.unknown;
    payers.registration[2].narrow = payers.decile;
    payers.gp_event[0].narrow = payers.code;
    payers.gp_event[1].decimals = payers.amount;
    payers.gp_event[2].narrow = payers.day;
    payers.sources[0].begin = payers.sources[3].begin = payers.one_each;
    payers.fire_visit[0].narrow = payers.visit;
    payers.fire_visit[1].narrow = payers.fire_visit[2].narrow = payers.fire_visit[3].narrow = payers.nowhere;
    payers.sources[1].begin = payers.with_visits;
    payers.sources[1].columns = payers.fire_visit;
    memcpy(payers.household, small_household, sizeof payers.household);
    payers.household[0].narrow = payers.home;
    payers.household[1].narrow = payers.household[2].narrow = payers.unknown;
    payers.sources[4].begin = payers.one_each;
    payers.sources[4].columns = payers.household;
    payers.sources[2].begin = payers.with_events;
    payers.sources[0].columns = payers.person;
    payers.sources[2].columns = payers.gp_event;
    payers.sources[3].columns = payers.registration;
    payers.dataset = (Dataset){payers.count, payers.sources, 5, small_words, 5};
    return &payers.dataset;
}

typedef struct Payments {
    Query *query;
    Counting counting;
    Bound bound;
    CountTable parts[QUERY_PARTS_MAX];
    CellState *states[QUERY_PARTS_MAX];
    size_t part_count;
    Arena *arena;
} Payments;

static void payments_close(Payments *payments)
{
    query_close(&payments->query);
    arena_close(&payments->arena);
}

/* What all prices that a query names are; NULL: none is known. */
static const Published *payments_prices;

/* As run.c does, without a database. chunk_bytes: of people worked out together. */
__attribute__((unused)) static Result payments_count(const char *tables, size_t chunk_bytes,
                                                     Payments *payments, Error *error)
{
    static const CountCategory categories[] = {
        {TEXT("sex"), TEXT("1")},        {TEXT("sex"), TEXT("2")},        {TEXT("imd_decile"), TEXT("1")},
        {TEXT("imd_decile"), TEXT("2")}, {TEXT("imd_decile"), TEXT("3")}, {TEXT("imd_decile"), TEXT("4")}};

    *payments = (Payments){.arena = arena_create(PAYERS_ARENA_BYTES)};
    Text text = text_format(payments->arena, "query \"t\" project P as at 2026-06-30 cohort as_at = as_at %s",
                            tables);
    TRY(query_parse(&WORDS, "q", text, QUERY_TEXT_BYTES_MAX, NULL, &payments->query, error));
    Tree *tree = payments->query->tree;
    for (size_t i = 0; i < tree->price_count; i++)
        tree->prices[i].published = payments_prices;
    TRY(bind_tree(tree, payers_dataset(), tree->as_at, payments->arena, &payments->bound, error));
    TRY(run_check_plan(payments->query, &payments->bound, error));
    payments->bound.people_min = PAYERS_PEOPLE_MIN;
    payments->counting = (Counting){
        .tree = tree, .bound = &payments->bound, .arena = payments->arena, .chunk_bytes = chunk_bytes};
    TRY(count_domains_of(&payments->counting, categories, sizeof categories / sizeof *categories, error));
    TRY(count_people(NULL, &payments->counting, error));
    count_lines(&payments->counting);
    payments->part_count = tree->part_count;
    for (size_t p = 0; p < tree->part_count; p++) {
        TRY(count_part(&payments->counting, p, &payments->parts[p], error));
        count_amounts(&payments->counting, p, payments->parts);
    }
    return RESULT_OK;
}

static const Provenance payments_provenance = {
    .query_title = TEXT("t"),
    .project = TEXT("P"),
    .policy = {.name = "nhs", .people_min = PAYERS_PEOPLE_MIN, .round_to = 5}};

__attribute__((unused)) static ReleasedTable *payments_release(Payments *payments, const SuppressRule *rule)
{
    suppress(payments->parts, payments->part_count, rule, payments->arena, payments->states);
    return released_make(&payments->query->tree->tables[0], payments->parts, payments->states,
                         payments->part_count, &payments_provenance);
}

/* The lines of a CSV file, without the record behind them. */
__attribute__((unused)) static const char *payments_lines(const ReleasedTable *table, Arena *arena)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);

    released_table_print(table, TABLE_CSV, out);
    fclose(out);
    char *record = strstr(text, "# ");
    cr_assert_not_null(record);
    char *lines = arena_alloc(arena, length + 1), *to = lines;
    for (const char *from = text; from < record; from++)
        if (*from != '\r')
            *to++ = *from;
    free(text);
    return lines;
}

static const SuppressRule PAYERS_RULE = {.people_min = PAYERS_PEOPLE_MIN};

/* Red at the line that is another. */
__attribute__((unused)) static void expect_released_by(const SuppressRule *rule, const char *tables,
                                                       const char *expected)
{
    Payments payments;
    Error error = {0};

    Result counted = payments_count(tables, BUDGET_CHUNK_BYTES, &payments, &error);
    cr_assert(counted.ok, "%s", error.message);
    ReleasedTable *table = payments_release(&payments, rule);
    cr_expect_str_eq(payments_lines(table, payments.arena), expected, "\n%s%s",
                     payments_lines(table, payments.arena), tables);
    released_table_close(&table);
    payments_close(&payments);
}

__attribute__((unused)) static void expect_released(const char *tables, const char *expected)
{
    expect_released_by(&PAYERS_RULE, tables, expected);
}
