#pragma once
/*
 * A second reading of docs/query-language.md, written to be obvious and not fast: a random county in memory,
 * the rows that put it into the database, and what is true of each person. Shares no code with query/ but
 * dates. A fact is a number, a day or a word; or unknown.
 */
#include "tests/query/chance.h"
#include "tests/query/county.h"

enum { PEOPLE_MAX = 160, ADDRESSES_MAX = 80, ROWS_MAX = 600, COLUMNS_MAX_OF_TEST = 5, NOBODY = -1 };
enum { HOME_DAYS_MAX = 8 };

/* ---- rows ---- */

typedef enum FactType { FACT_NUMBER, FACT_DATE, FACT_TEXT, FACT_BOOL } FactType;

typedef struct Fact {
    bool is_known;
    int64_t number; /* also a day, and 1 or 0 */
    const char *text;
} Fact;

typedef enum NaiveSource { PATIENT_LIST, GP_EVENT, APC_SPELL, FIRE_VISIT, DEATH, SOURCES } NaiveSource;

typedef struct NaiveColumn {
    const char *name;
    FactType type;
} NaiveColumn;

static const char *const SOURCE_NAMES[SOURCES] = {"patient_list", "gp_event", "apc_spell", "fire_visit",
                                                  "death"};
/* subjects of a source are numbered from here; its load with an agreement */
static const int64_t SUBJECTS[SOURCES] = {100000000, 200000000, 300000000, 400000000, 600000000};
static const int LOADS[SOURCES] = {1, 2, 3, 4, 6};
enum { LOAD_WITHOUT_AGREEMENT = 10, LOAD_OPT_OUT = 5, OPT_OUT_SUBJECTS = 500000000 };

/* The last column of each but the register is its day, which is event_date as well. */
static const NaiveColumn COLUMNS[SOURCES][COLUMNS_MAX_OF_TEST] = {
    {{"ethnic_category", FACT_TEXT},
     {"care_home", FACT_BOOL},
     {"primary_care_provider", FACT_TEXT},
     {"business_effective_to", FACT_DATE},
     {"business_effective_from", FACT_DATE}},
    {{"code", FACT_TEXT}, {"result_value", FACT_NUMBER}, {"clinical_effective_date", FACT_DATE}},
    {{"ethnic_category", FACT_TEXT},
     {"admission_method", FACT_TEXT},
     {"length_of_hospital_stay", FACT_NUMBER},
     {"admission_date", FACT_DATE}},
    {{"risk_level", FACT_TEXT}, {"visit_date", FACT_DATE}},
    {{"date_of_death", FACT_DATE}},
};
static const int COLUMN_COUNTS[SOURCES] = {5, 3, 4, 2, 1};
enum { ETHNIC = 0, CARE_HOME = 1, PRACTICE = 2, REGISTERED_TO = 3, REGISTERED_FROM = 4 };

static const char *const WORDS_OF[SOURCES][COLUMNS_MAX_OF_TEST][4] = {
    {{"A", "B", "Z", "99"}, {NULL}, {"G00001", "G00002", "G00003", "G00001"}},
    {{"D1", "S1", "X1", "X2"}},
    {{"A", "B", "Z", "C"}, {"11", "21", "28", "21"}},
    {{"high", "low", "medium", "low"}},
};

typedef struct Row {
    int owner;    /* a person or, of a household source, an address */
    int address;  /* of a registration */
    bool is_used; /* its sender has an agreement */
    Fact facts[COLUMNS_MAX_OF_TEST];
} Row;

typedef struct Person {
    bool opted_out;
    int birth_year, birth_month; /* as its identities state them */
    const char *sex;
    bool states_birth[SOURCES], states_sex[SOURCES];
} Person;

typedef struct Naive {
    Person people[PEOPLE_MAX];
    int person_count, address_count;
    Row rows[SOURCES][ROWS_MAX];
    int row_counts[SOURCES];
    Date as_at;       /* of the query being asked */
    const char *unit; /* of its series; NULL: it has none */
    Date first, last; /* of the period that is read */
    const char *codes[2];
    Date home_days[HOME_DAYS_MAX]; /* worked out: who lives where on them */
    int home_day_count, homes[HOME_DAYS_MAX][PEOPLE_MAX];
} Naive;

static Naive naive;

static Fact known(int64_t number)
{
    return (Fact){.is_known = true, .number = number};
}

static Fact word(const char *text)
{
    return (Fact){.is_known = text != NULL, .text = text};
}

/* Days crowd about the ends of months and of windows. */
static Date random_day(void)
{
    static const int days[] = {1, 1, 2, 15, 28, 29, 30, 31};
    int year = 2021 + (int)chance(6), month = 1 + (int)chance(year == 2026 ? 6 : 12);
    int day = days[chance(8)];

    while (!date_is_valid(year, month, day))
        day--;
    return date_from_civil(year, month, day);
}

static Fact random_fact(NaiveSource source, int column)
{
    bool is_day = column == COLUMN_COUNTS[source] - 1;
    bool is_required = is_day || (source == PATIENT_LIST && column == PRACTICE) ||
                       (source == GP_EVENT && column == 0) || (source == APC_SPELL && column == 1);

    if (!is_required && chance(3) == 0)
        return (Fact){0};
    switch (COLUMNS[source][column].type) {
    case FACT_DATE:
        return known(random_day());
    case FACT_TEXT:
        return word(WORDS_OF[source][column][chance(4)]);
    case FACT_BOOL:
        return known((int64_t)chance(2));
    case FACT_NUMBER:
        break;
    }
    return known((int64_t)chance(9));
}

static void add_row(NaiveSource source, int owner)
{
    Row *row = &naive.rows[source][naive.row_counts[source]++];

    *row = (Row){.owner = owner,
                 .address = (int)chance((uint64_t)naive.address_count),
                 .is_used = source != GP_EVENT || chance(8) != 0};
    for (int c = 0; c < COLUMN_COUNTS[source]; c++)
        row->facts[c] = random_fact(source, c);
}

__attribute__((unused)) static void make_naive(void)
{
    static const char *const sexes[] = {"1", "2", "1", "2", "9", NULL};

    naive = (Naive){.person_count = 30 + (int)chance(PEOPLE_MAX - 30)};
    naive.address_count = 1 + naive.person_count / 2;
    for (int p = 0; p < naive.person_count; p++) {
        Person *person = &naive.people[p];
        *person = (Person){.opted_out = chance(15) == 0,
                           .birth_year = chance(12) == 0 ? 0 : 1925 + (int)chance(102),
                           .birth_month = 1 + (int)chance(12),
                           .sex = sexes[chance(6)]};
        for (int s = 0; s < SOURCES; s++) {
            person->states_birth[s] = chance(4) != 0;
            person->states_sex[s] = chance(4) != 0;
        }
        for (uint64_t n = chance(4); n > 0; n--)
            add_row(PATIENT_LIST, p);
        for (uint64_t n = chance(4); n > 0; n--)
            add_row(GP_EVENT, p);
        for (uint64_t n = chance(3); n > 0; n--)
            add_row(APC_SPELL, p);
        if (chance(12) == 0)
            add_row(DEATH, p);
    }
    for (int i = 0; i < 40; i++)
        add_row(FIRE_VISIT, (int)chance((uint64_t)naive.address_count));
    for (int i = 0; i < 5; i++)
        add_row(GP_EVENT, NOBODY);
}

/* ---- addresses ---- */

__attribute__((unused)) static bool has_home(int address)
{
    return address % 7 != 6; /* the others have no UPRN */
}

__attribute__((unused)) static int area_of(int address)
{
    return address % 5; /* 4: a postcode that nothing is known of */
}
