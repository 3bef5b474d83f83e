#include "synth/life.h"

#include "synth/health.h"
#include "synth/moves.h"
#include "synth/names.h"
#include "synth/numbers.h"

/* Chances of a person in a month, in a million. */
enum {
    LEAVES_HOME = 5000,      /* at 18 to 29, with parents or sharers */
    ENTERS_CARE_HOME = 4000, /* at 80 and over */
    MARRIES = 700,           /* women of 20 to 49 who take another name */
    CHANGES_PRACTICE = 900,
    GETS_NEW_NUMBER = 250,
    MONTHS_TO_CARE = 30,    /* so long, on average, are people in long-term care */
    PRACTICE_MERGES_IN = 1, /* month after the first */
};

static void die(County *county, uint32_t person, Stream *stream)
{
    static const uint16_t lag_weights[] = {0, 2, 4, 8, 12, 14, 12, 9, 7, 6, 5, 4, 3, 3, 2, 2, 2, 1, 1, 1, 1};
    Person *who = &county->people[person];
    uint32_t dwelling = who->dwelling;
    bool was_liable = moves_is_liable(county, person);
    Date date = moves_day(county, stream, 1, moves_days(county));

    /* A move of the same month comes before it. */
    const Stay *stay = county_last_stay(county, who);
    if (date < stay->from)
        date = stay->from;
    who->death = date;
    who->registered =
        date + (Date)random_pick(stream, lag_weights, sizeof lag_weights / sizeof lag_weights[0]);
    /* An inquest takes months. */
    if (random_chance(stream, 40000))
        who->registered += random_between(stream, 30, 200);
    county_leave(county, person);
    if (was_liable || county->dwellings[dwelling].first_person == NOBODY)
        moves_tidy_home(county, dwelling, date);
}

/* The name of the other grown-up at home, or a new one. */
static uint16_t married_name(const County *county, uint32_t person, Stream *stream)
{
    const Person *who = &county->people[person];

    for (uint32_t p = county->dwellings[who->dwelling].first_person; p != NOBODY;
         p = county->people[p].next_at_home)
        if (county->people[p].sex == SEX_MALE && county_age(&county->people[p], county->first_day) >= 18)
            return county_last_stay(county, &county->people[p])->family;
    return names_draw_family(stream, who->group);
}

static void give_birth(County *county, uint32_t mother, Stream *stream)
{
    uint32_t dwelling = county->people[mother].dwelling;
    Date birth = moves_day(county, stream, 1, moves_days(county));
    char sex = random_chance(stream, 512000) ? SEX_MALE : SEX_FEMALE;
    uint32_t child = county_add_person(county, dwelling, sex, birth, county->people[mother].group);
    Person *who = &county->people[child];
    const Stay stay = *county_last_stay(county, &county->people[mother]);

    who->given = names_draw_given(stream, who->group, sex, date_to_civil(birth).year);
    who->ethnicity[0] = county->people[mother].ethnicity[0];
    who->ethnicity[1] = county->people[mother].ethnicity[1];
    county_add_stay(county, child, birth, dwelling, stay.practice, stay.family, "");
}

static void change_practice(County *county, uint32_t person, Stream *stream)
{
    const Stay stay = *county_last_stay(county, &county->people[person]);
    uint16_t practice = county_draw_practice(county, stay.dwelling, stream);
    Date date = moves_day(county, stream, 15, 28);

    if (practice != stay.practice && date > stay.from)
        county_add_stay(county, person, date, stay.dwelling, practice, stay.family, "LDN");
}

static void supersede_number(County *county, uint32_t person, Stream *stream)
{
    Person *who = &county->people[person];

    if (who->superseded != 0)
        return;
    who->superseded = who->nhs;
    who->superseded_on = moves_day(county, stream, 1, moves_days(county));
    who->nhs = numbers_next_nhs_body(&county->nhs_serial);
}

static int64_t birth_ppm(const Person *person, int age)
{
    /* A month, by age 15-19 ... 40-44. */
    static const int by_band[] = {700, 3300, 6800, 7900, 4700, 1000};
    if (person->sex != SEX_FEMALE || age < 15 || age >= 45)
        return 0;
    return by_band[(age - 15) / 5];
}

static void live_person(County *county, uint32_t person)
{
    Stream stream = random_stream(county->options.seed, PURPOSE_LIFE, person, (uint64_t)county->month);
    Person *who = &county->people[person];

    /* A canary's marked strings are to be found in every month. */
    who->new_conditions = 0;
    if (!county_is_present(who) || who->canary != 0)
        return;
    int age = county_age(who, county->first_day);
    bool is_care_home = county->dwellings[who->dwelling].is_care_home;
    if (random_chance(&stream, health_death_ppm(county, person))) {
        die(county, person, &stream);
        return;
    }
    who->new_conditions = (uint16_t)(health_new_condition(county, person) & ~who->conditions);
    who->conditions |= who->new_conditions;
    if (who->care_from == DATE_NONE &&
        random_chance(&stream, health_care_ppm(county, person) / MONTHS_TO_CARE))
        who->care_from = moves_day(county, &stream, 1, 28);
    if (random_chance(&stream, birth_ppm(who, age)))
        give_birth(county, person, &stream);
    if (random_chance(&stream, GETS_NEW_NUMBER))
        supersede_number(county, person, &stream);
    if (age >= 18 && age < 30 && !is_care_home && random_chance(&stream, LEAVES_HOME))
        moves_leave_home(county, person, &stream);
    else if (age >= 80 && !is_care_home && random_chance(&stream, ENTERS_CARE_HOME))
        moves_enter_care_home(county, person, &stream);
    else if (random_chance(&stream, CHANGES_PRACTICE))
        change_practice(county, person, &stream);
    who = &county->people[person]; /* a birth may have moved the array */
    if (who->sex != SEX_FEMALE || age < 20 || age >= 50 || is_care_home || !random_chance(&stream, MARRIES))
        return;
    const Stay stay = *county_last_stay(county, who);
    Date date = moves_day(county, &stream, 15, 28);
    uint16_t name = married_name(county, person, &stream);
    if (name != stay.family && date > stay.from)
        county_add_stay(county, person, date, stay.dwelling, stay.practice, name, "");
}

/* All patients of the closing practice go to its successor on the first of the month. */
static void merge_practices(County *county)
{
    uint16_t closed = geography_merge_practice(&county->geography, county->first_day);
    uint16_t successor = county->geography.practices[closed].successor;

    county->merged_practice = closed;
    for (uint32_t p = 0; p < county->person_count; p++) {
        const Person *who = &county->people[p];
        if (!county_is_present(who))
            continue;
        const Stay stay = *county_last_stay(county, who);
        if (stay.practice == closed)
            county_add_stay(county, p, county->first_day, stay.dwelling, successor, stay.family, "MRG");
    }
}

void life_month(County *county)
{
    size_t people = county->person_count;

    if (county->month == county->options.first_month + PRACTICE_MERGES_IN)
        merge_practices(county);
    size_t left = moves_homes(county, county->dwelling_count);
    for (uint32_t p = 0; p < people; p++)
        live_person(county, p);
    moves_welcome(county, left);
    /* Not before: a home given up late in the month could have let somebody in earlier. */
    for (size_t i = 0; i < county->vacated.count; i++)
        county_number(&county->vacant, county->vacated.items[i]);
    county->vacated.count = 0;
}
