/* The county's shape, against the figures of docs/synthetic-county.md. */
#include <stdlib.h>

#include <criterion/criterion.h>

#include "base/date.h"
#include "synth/county.h"
#include "synth/health.h"
#include "synth/life.h"

enum { PEOPLE = 40000 };

static County build(uint64_t seed)
{
    SynthOptions options = synth_options_default();
    County county;

    options.people = PEOPLE;
    options.seed = seed;
    county_build(&county, &options);
    return county;
}

Test(population, people_live_in_districts_in_proportion_to_the_census)
{
    static const double expected[DISTRICT_COUNT] = {7.1, 8.5, 6.3, 6.3, 5.9, 5.8, 9.5,
                                                    6.5, 8.2, 7.6, 7.1, 6.2, 15.1};
    County county = build(1);
    int64_t counted[DISTRICT_COUNT] = {0};

    for (size_t p = 0; p < county.person_count; p++)
        counted[county_area(&county, county.people[p].dwelling)->district]++;

    cr_expect_eq(county.person_count, PEOPLE);
    for (size_t d = 0; d < DISTRICT_COUNT; d++) {
        double percent = 100.0 * (double)counted[d] / PEOPLE;
        cr_expect(percent > expected[d] - 0.8 && percent < expected[d] + 0.8, "%s: %.1f", DISTRICTS[d].name,
                  percent);
    }
    county_close(&county);
}

Test(population, ages_follow_the_census_in_bands_of_ten_years)
{
    /* Kent and Medway, 0-9 ... 80-89, 90 and over, per cent. */
    static const double expected[10] = {11.3, 11.8, 11.1, 12.6, 12.6, 14.0, 11.0, 9.3, 4.4, 1.0};
    County county = build(1);
    int64_t counted[10] = {0};

    for (size_t p = 0; p < county.person_count; p++) {
        int band = county_age(&county.people[p], county.first_day) / 10;
        counted[band > 9 ? 9 : band]++;
    }

    for (size_t i = 0; i < 10; i++) {
        double percent = 100.0 * (double)counted[i] / PEOPLE;
        cr_expect(percent > expected[i] - 2 && percent < expected[i] + 2, "from %zu: %.1f", 10 * i, percent);
    }
    county_close(&county);
}

static double mean_decile(const County *county, size_t district)
{
    double sum = 0;
    size_t first = county->geography.first_area[district], end = county->geography.first_area[district + 1];

    for (size_t i = first; i < end; i++)
        sum += county->geography.areas[i].decile;
    return sum / (double)(end - first);
}

Test(population, thanet_is_the_most_deprived_and_tunbridge_wells_the_least)
{
    County county;
    SynthOptions options = synth_options_default();
    options.people = 1500000; /* geography alone is built */

    geography_build(&county.geography, 1, options.people, 0);

    for (size_t d = 0; d < DISTRICT_COUNT; d++) {
        cr_expect_geq(mean_decile(&county, d), mean_decile(&county, 9), "%s", DISTRICTS[d].name);
        cr_expect_leq(mean_decile(&county, d), mean_decile(&county, 11), "%s", DISTRICTS[d].name);
    }
    geography_close(&county.geography);
}

Test(population, every_partnership_has_practices_and_every_district_areas_however_small_the_county)
{
    Geography geography;
    int practices[HCP_COUNT] = {0};

    geography_build(&geography, 1, 50, 0);
    for (size_t i = 0; i < geography.practice_count; i++)
        practices[geography.practices[i].hcp]++;

    for (size_t d = 0; d < DISTRICT_COUNT; d++)
        cr_expect_geq(geography.first_area[d + 1] - geography.first_area[d], 2);
    for (int hcp = 0; hcp < HCP_COUNT; hcp++)
        cr_expect_geq(practices[hcp], 2);
    geography_close(&geography);
}

static int smokers_per_mille(const County *county, uint8_t district)
{
    int64_t adults = 0, smokers = 0;

    for (size_t p = 0; p < county->person_count; p++) {
        const Person *who = &county->people[p];
        if (county_area(county, who->dwelling)->district != district ||
            county_age(who, county->first_day) < 18)
            continue;
        adults++;
        smokers += who->smoking == SMOKING_CURRENT;
    }
    return adults == 0 ? -1 : (int)(1000 * smokers / adults);
}

Test(population, smoking_differs_between_districts_as_published)
{
    County county = build(2);

    int canterbury = smokers_per_mille(&county, 1), swale = smokers_per_mille(&county, 8);

    cr_expect(canterbury > 70 && canterbury < 110, "published 90, here %d", canterbury);
    cr_expect(swale > 150 && swale < 205, "published 177, here %d", swale);
    county_close(&county);
}

static int per_mille_with(const County *county, Condition condition, int age_from, int age_below,
                          int decile_from, int decile_to)
{
    int64_t people = 0, held = 0;

    for (size_t p = 0; p < county->person_count; p++) {
        const Person *who = &county->people[p];
        int age = county_age(who, county->first_day), decile = county_area(county, who->dwelling)->decile;
        if (age < age_from || age >= age_below || decile < decile_from || decile > decile_to)
            continue;
        people++;
        held += county_has(who, condition);
    }
    return people == 0 ? -1 : (int)(1000 * held / people);
}

Test(population, conditions_rise_with_age_and_deprivation)
{
    County county = build(3);

    int younger = per_mille_with(&county, CONDITION_DIABETES, 25, 45, 1, 10);
    int older = per_mille_with(&county, CONDITION_DIABETES, 65, 85, 1, 10);
    int poorest = per_mille_with(&county, CONDITION_COPD, 55, 110, 1, 3);
    int richest = per_mille_with(&county, CONDITION_COPD, 55, 110, 8, 10);

    cr_expect(younger > 10 && younger < 45, "%d", younger);
    cr_expect(older > 140 && older < 220, "%d", older);
    cr_expect_gt(poorest, richest + 15);
    county_close(&county);
}

static void live(County *county, Month month)
{
    county->month = month;
    county->first_day = month_first_day(month);
    county->last_day = month_last_day(month);
    life_month(county);
}

typedef struct Events {
    int deaths, gone, born, merged, superseded, still_at_closed;
} Events;

static Events count_events(const County *county)
{
    Events events = {0};

    for (size_t p = 0; p < county->person_count; p++) {
        const Person *who = &county->people[p];
        const Stay *stay = county_last_stay(county, who);
        events.deaths += who->death != DATE_NONE;
        events.gone += who->left != DATE_NONE;
        events.born += who->birth >= county->first_day;
        events.merged += stay->reason[0] == 'M';
        events.superseded += who->superseded_on != DATE_NONE && who->superseded_on >= county->first_day;
        events.still_at_closed += stay->practice == county->merged_practice && county_is_present(who);
        cr_assert(who->death == DATE_NONE || (who->registered >= who->death && who->dwelling == NO_DWELLING));
        cr_assert_geq(stay->from, who->birth);
    }
    return events;
}

Test(population, in_the_second_month_a_practice_closes_and_all_its_patients_go_to_the_successor)
{
    County county = build(4);

    live(&county, county.options.first_month);
    Events before = count_events(&county);
    live(&county, county.options.first_month + 1);
    Events after = count_events(&county);

    cr_expect_eq(before.merged, 0);
    cr_expect_gt(after.merged, 500);
    cr_expect_eq(after.still_at_closed, 0);
    cr_expect_eq(county.geography.practices[county.merged_practice].closed,
                 month_last_day(county.options.first_month));
    cr_expect_eq(county.geography.practices[county.merged_practice].successor, 1);
    county_close(&county);
}

Test(population, people_are_born_die_move_away_and_get_new_numbers)
{
    County county = build(5);

    live(&county, county.options.first_month);
    Events events = count_events(&county);

    /* A year, in 1,000 people: 10.5 deaths, 10 births, 25 who leave, 3 new numbers. */
    cr_expect(events.deaths > 15 && events.deaths < 60, "%d", events.deaths);
    cr_expect(events.born > 15 && events.born < 60, "%d", events.born);
    cr_expect(events.gone > 40 && events.gone < 140, "%d", events.gone);
    cr_expect(events.superseded > 2 && events.superseded < 25, "%d", events.superseded);
    county_close(&county);
}

Test(population, those_at_home_are_those_who_say_they_live_there)
{
    County county = build(6);
    live(&county, county.options.first_month);
    live(&county, county.options.first_month + 1);
    size_t at_home = 0, present = 0;

    for (uint32_t d = 0; d < county.dwelling_count; d++)
        for (uint32_t p = county.dwellings[d].first_person; p != NOBODY; p = county.people[p].next_at_home) {
            cr_assert_eq(county.people[p].dwelling, d);
            cr_assert_eq(county_last_stay(&county, &county.people[p])->dwelling, d);
            at_home++;
        }
    for (size_t p = 0; p < county.person_count; p++)
        present += county_is_present(&county.people[p]);

    cr_expect_eq(at_home, present);
    county_close(&county);
}
