#pragma once
/*
 * Eight people of whom it is written down what happened to them, as a dataset. Rows stand by person and
 * within a person by their columns, as a release has them.
 *
 * A  diabetes on 2025-01-10, treated 30 and 90 days later
 * B  diabetes twice, ten days apart; admitted on the first day
 * C  treated, never diagnosed
 * D  diabetes on 29 February, treated the day before
 * E  diabetes on an unknown day, and once more
 * F  nothing at all
 * G  treated twice on the day of diagnosis, dies, and is admitted once more by mistake
 * H  treated five times
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "query/bind.h"
#include "query/engine.h"
#include "tests/query/reference.h"
#include "tests/query/words.h"

enum { WINDOWS_PEOPLE = 8, WINDOWS_ROWS_MAX = 40, WINDOWS_WORDS = 6, WINDOWS_ARENA_BYTES = 64 << 20 };

typedef struct Happening {
    char person;
    const char *word, *day; /* day NULL: unknown */
    double number;          /* NAN: unknown */
} Happening;

/* code, day, result_value; of a person by code, then value, then day */
static const Happening windows_events[] = {
    {'A', "D1", "2025-01-10", (double)NAN}, {'A', "M1", "2025-02-09", 2},
    {'A', "M1", "2025-04-10", 4},           {'A', "S1", "2025-01-10", (double)NAN},
    {'A', "W1", "2025-03-01", 78.5},        {'A', "W1", "2024-06-01", 80},
    {'B', "D1", "2024-12-31", (double)NAN}, {'B', "D1", "2025-01-10", (double)NAN},
    {'B', "M1", "2025-01-30", 1},           {'B', "W1", "2025-02-01", (double)NAN},
    {'B', "W1", "2025-01-01", 90},          {'C', "M1", "2025-03-20", (double)NAN},
    {'C', "M1", "2025-02-01", 1},           {'C', "M1", "2025-02-15", 3},
    {'D', "D1", "2024-02-29", (double)NAN}, {'D', "M1", "2024-02-28", 5},
    {'D', "M1", "2024-03-30", 5},           {'E', "D1", NULL, (double)NAN},
    {'E', "D1", "2025-05-20", (double)NAN}, {'E', "M1", "2025-05-01", 1},
    {'G', "D1", "2025-06-01", (double)NAN}, {'G', "M1", "2025-06-01", 1},
    {'G', "M1", "2025-06-01", 2},           {'H', "D1", "2025-03-01", (double)NAN},
    {'H', "M1", "2025-03-01", 1},           {'H', "M1", "2025-03-31", 1},
    {'H', "M1", "2025-04-30", 1},           {'H', "M1", "2025-06-15", 1},
    {'H', "M1", "2025-07-01", 1},
};
/* admission_method, admission_date, length_of_hospital_stay */
static const Happening windows_spells[] = {
    {'A', "11", "2025-04-09", 10}, {'A', "21", "2025-01-09", 3}, {'B', "21", "2024-12-31", 0},
    {'B', "21", "2025-03-31", 1},  {'C', "21", "2025-02-10", 2}, {'D', "11", "2025-02-28", 1},
    {'D', "21", "2025-03-01", 4},  {'G', "21", "2025-07-31", 5}, {'G', "21", "2025-08-15", 6},
};
static const Happening windows_deaths[] = {{'G', "11", "2025-08-01", (double)NAN}};

static const Text windows_words[WINDOWS_WORDS] = {{"11", 2}, {"21", 2}, {"D1", 2},
                                                  {"M1", 2}, {"S1", 2}, {"W1", 2}};

typedef struct WindowsSource {
    uint32_t begin[WINDOWS_PEOPLE + 1];
    int32_t words[WINDOWS_ROWS_MAX], days[WINDOWS_ROWS_MAX];
    double numbers[WINDOWS_ROWS_MAX];
    DataColumn columns[3];
} WindowsSource;

static int32_t windows_word(const char *word)
{
    int32_t number = 0;

    while (!text_equal(windows_words[number], text_from(word)))
        number++;
    return number;
}

static DataSource windows_source(WindowsSource *held, const char *name, const Happening *rows, size_t count)
{
    Date day;

    for (size_t i = 0; i < count; i++) {
        held->words[i] = windows_word(rows[i].word);
        held->days[i] = SMALL_UNKNOWN;
        if (rows[i].day != NULL && date_parse(text_from(rows[i].day), &day))
            held->days[i] = day;
        held->numbers[i] = rows[i].number;
    }
    for (uint32_t person = 0, row = 0; person <= WINDOWS_PEOPLE; person++) {
        held->begin[person] = row;
        while (row < count && rows[row].person == (char)('A' + person))
            row++;
    }
    cr_assert_eq(held->begin[WINDOWS_PEOPLE], count);
    return (DataSource){
        .name = text_from(name), .begin = held->begin, .columns = held->columns, .column_count = 3};
}

static void windows_columns(WindowsSource *held, const char *word, const char *day, const char *number)
{
    held->columns[0] = (DataColumn){.name = text_from(word), .type = TYPE_TEXT, .narrow = held->words};
    held->columns[1] =
        (DataColumn){.name = text_from(number), .type = TYPE_DECIMAL, .decimals = held->numbers};
    held->columns[2] = (DataColumn){.name = text_from(day), .type = TYPE_DATE, .narrow = held->days};
}

static WindowsSource windows_held[4];
static DataSource windows_sources[4];
static const Dataset WINDOWS = {.people = WINDOWS_PEOPLE,
                                .sources = windows_sources,
                                .source_count = 4,
                                .words = windows_words,
                                .word_count = WINDOWS_WORDS};

#define WINDOWS_SIZE(rows) sizeof rows / sizeof *rows

static void windows_open(void)
{
    windows_columns(&windows_held[1], "admission_method", "admission_date", "length_of_hospital_stay");
    windows_columns(&windows_held[2], "cause", "date_of_death", "age_at_death");
    windows_columns(&windows_held[3], "code", "clinical_effective_date", "result_value");
    for (uint32_t person = 0; person <= WINDOWS_PEOPLE; person++)
        windows_held[0].begin[person] = person;
    windows_sources[0] = (DataSource){.name = TEXT("person"), .begin = windows_held[0].begin};
    windows_sources[1] =
        windows_source(&windows_held[1], "apc_spell", windows_spells, WINDOWS_SIZE(windows_spells));
    windows_sources[2] =
        windows_source(&windows_held[2], "death", windows_deaths, WINDOWS_SIZE(windows_deaths));
    windows_sources[3] =
        windows_source(&windows_held[3], "gp_event", windows_events, WINDOWS_SIZE(windows_events));
}

static const char windows_head[] =
    "query \"t\" project P as at 2025-12-31 codes d = (\"D1\") codes m = (\"M1\")\n"
    "let index = value of event_date in first gp_event by event_date where code in d\n"
    "let died = value of date_of_death in first death by date_of_death\ncohort ";

/* "ABG": of whom it is true, by the engine and by the naive reading alike. */
static void windows_expect(const char *condition, const char *expected)
{
    SCOPED(arena_close) Arena *arena = arena_create(WINDOWS_ARENA_BYTES);
    SCOPED(query_close) Query *query = NULL;
    SCOPED(engine_close) Engine *engine = NULL;
    char people[WINDOWS_PEOPLE + 1] = "";
    size_t count = 0;
    Error error = {0};
    Bound bound;
    Text text = text_format(arena, "%s%s\ntable \"t\" by sex measure people", windows_head, condition);

    Result done = query_parse(&WORDS, "q", text, QUERY_TEXT_BYTES_MAX, NULL, &query, &error);
    cr_assert(done.ok, "%s", error.message);
    query->tree->part_count = 0; /* nobody's sex is held */
    done = bind_tree(query->tree, &WINDOWS, query->tree->as_at, arena, &bound, &error);
    cr_assert(done.ok, "%s: %s", condition, error.message);
    engine = engine_create(bound.plan);
    engine_chunk(engine, 0, WINDOWS_PEOPLE);
    for (uint32_t person = 0; person < WINDOWS_PEOPLE; person++) {
        int64_t holds = vector_number(engine_value(engine, bound.cohort), person);
        Answer naive = reference_value(bound.plan, bound.cohort, person);
        cr_expect_eq(naive.is_known ? naive.number : NUMBER_UNKNOWN, holds, "%s of %c", condition,
                     (char)('A' + person));
        if (holds == 1)
            people[count++] = (char)('A' + person);
    }
    cr_expect_str_eq(people, expected, "%s: %s, not %s", condition, people, expected);
}
