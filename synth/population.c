/* Builds the county as it stands before the first month; the months after are in life.c. */
#include <stdlib.h>

#include "base/arena.h"
#include "synth/canary.h"
#include "synth/household.h"
#include "synth/numbers.h"

enum {
    RESIDENTS_A_CARE_HOME = 34,
    CARE_HOME_PER_MILLE = 5, /* people who live in one */
    VACANT_PER_MILLE = 35,   /* dwellings */
    NEIGHBOURS_APART = 5,    /* a household moved in where one that came a little later had moved out */
    CARE_HOME_YEARS = 12,    /* since its residents' home opened */
};

/* When the household moved in: newcomers move on soonest. */
static Date draw_since(Stream *stream, Date at)
{
    static const uint16_t year_weights[] = {10, 9, 8, 7, 6, 6, 5, 5, 4, 4, 4, 3, 3, 3, 3, 2, 2, 2, 2, 12};
    int years = (int)random_pick(stream, year_weights, sizeof year_weights / sizeof year_weights[0]);
    return at - 365 * years - random_between(stream, 15, 379);
}

static void build_homes(County *county, uint32_t people)
{
    uint64_t nth = 0;

    while (county->person_count < people) {
        Stream stream = random_stream(county->options.seed, PURPOSE_HOUSEHOLD, nth, 0);
        uint32_t dwelling = county_add_dwelling(county, nth++, false);
        if (!county_is_canary_dwelling(county, dwelling) && random_chance(&stream, 1000 * VACANT_PER_MILLE)) {
            county->dwellings[dwelling].since = county->first_day;
            county_number(&county->vacant, dwelling);
            continue;
        }
        uint32_t room = people - (uint32_t)county->person_count;
        (void)household_fill(county, dwelling, &stream, room, county->first_day);
        county->dwellings[dwelling].since = draw_since(&stream, county->first_day);
    }
}

static void build_care_homes(County *county, uint32_t people)
{
    Stream stream = random_stream(county->options.seed, PURPOSE_HOUSEHOLD, UINT32_MAX, 0);
    uint32_t home = NO_DWELLING, room = 0;

    while (county->person_count < people) {
        if (room == 0) {
            home = county_add_dwelling(county, county->dwelling_count, true);
            county->dwellings[home].since = county->first_day - 365 * CARE_HOME_YEARS;
            county_number(&county->care_homes, home);
            room = RESIDENTS_A_CARE_HOME;
        }
        household_add_resident(county, home, &stream, county->first_day);
        room--;
    }
}

typedef struct Arrival {
    Date since;
    uint32_t dwelling;
    uint8_t district;
} Arrival;

static int compare_arrivals(const void *a, const void *b)
{
    const Arrival *one = a, *other = b;

    if (one->district != other->district)
        return one->district < other->district ? -1 : 1;
    if (one->since != other->since)
        return one->since < other->since ? -1 : 1;
    return one->dwelling < other->dwelling ? -1 : 1;
}

/* Homes by district and by when their household came: a little later in this order, a home was let again. */
static Arrival *sorted_arrivals(const County *county, size_t *count)
{
    Arrival *arrivals = memory_alloc(county->dwelling_count * sizeof(Arrival));

    *count = 0;
    for (uint32_t d = (uint32_t)county->options.canaries; d < county->dwelling_count; d++)
        if (!county->dwellings[d].is_care_home)
            arrivals[(*count)++] = (Arrival){county->dwellings[d].since, d, county_area(county, d)->district};
    qsort(arrivals, *count, sizeof *arrivals, compare_arrivals);
    return arrivals;
}

/* The first home of a household in the county, or none when it came from outside. */
static void settle(County *county, uint32_t dwelling, uint32_t former)
{
    Stream stream = random_stream(county->options.seed, PURPOSE_PAST, dwelling, 0);
    Settlement settlement = {
        .dwelling = dwelling, .since = county->dwellings[dwelling].since, .former = NO_DWELLING};

    if (former != NO_DWELLING && !random_chance(&stream, 250000)) {
        settlement.former = former;
        settlement.former_from = settlement.since - random_between(&stream, 200, 365 * 6);
        uint32_t eldest = county_eldest(county, dwelling);
        if (eldest != NOBODY) {
            county_open_account(county, former, eldest, settlement.former_from);
            county_close_account(county, former, settlement.since - 1);
        }
    }
    household_settle(county, &settlement, &stream);
}

static void settle_all(County *county)
{
    size_t count;
    Arrival *arrivals = sorted_arrivals(county, &count);

    for (size_t i = 0; i < count; i++) {
        bool has_former =
            i + NEIGHBOURS_APART < count && arrivals[i + NEIGHBOURS_APART].district == arrivals[i].district;
        settle(county, arrivals[i].dwelling,
               has_former ? arrivals[i + NEIGHBOURS_APART].dwelling : NO_DWELLING);
    }
    memory_free(arrivals);
    for (uint32_t d = 0; d < county->dwelling_count; d++)
        if (county->dwellings[d].is_care_home || county_is_canary_dwelling(county, d))
            settle(county, d, NO_DWELLING);
    for (uint32_t d = 0; d < county->dwelling_count; d++) {
        uint32_t eldest = county->dwellings[d].is_care_home ? NOBODY : county_eldest(county, d);
        if (eldest != NOBODY)
            county_open_account(county, d, eldest, county->dwellings[d].since);
    }
}

/* Practices changed, names taken on marriage and numbers superseded before the county begins. */
static void add_past(County *county, uint32_t person)
{
    Stream stream = random_stream(county->options.seed, PURPOSE_PAST, person, 1);
    Stay stay = *county_last_stay(county, &county->people[person]);
    Date first = county->first_day;

    if (county->people[person].canary != 0)
        return;
    if (first - stay.from > 100 && random_chance(&stream, 120000)) {
        Date when = random_between(&stream, stay.from + 30, first - 30);
        uint16_t practice = county_draw_practice(county, stay.dwelling, &stream);
        if (practice != stay.practice)
            county_add_stay(county, person, when, stay.dwelling, practice, stay.family, "LDN");
    }
    if (random_chance(&stream, 4000)) {
        Person *who = &county->people[person];
        who->superseded = who->nhs;
        who->superseded_on = first - random_between(&stream, 1, 700);
        who->nhs = numbers_next_nhs_body(&county->nhs_serial);
        if (who->superseded_on < who->birth)
            who->superseded_on = who->birth + 1;
    }
}

void county_build(County *county, const SynthOptions *options)
{
    uint32_t people = (uint32_t)options->people;

    *county = (County){.options = *options, .merged_practice = NO_PRACTICE};
    county->month = options->first_month - 1;
    county->first_day = month_first_day(county->month);
    county->last_day = month_last_day(county->month);
    geography_build(&county->geography, options->seed, options->people, options->canaries);
    build_homes(county, people - people * CARE_HOME_PER_MILLE / 1000);
    build_care_homes(county, people);
    canary_mark(county);
    settle_all(county);
    for (uint32_t p = 0; p < county->person_count; p++)
        add_past(county, p);
}
