#include "synth/county.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "synth/numbers.h"

enum { GROWTH_FIRST = 1024, ADULT_AGE = 18 };

static void *grown(void *items, size_t count, size_t *capacity, size_t item_bytes)
{
    if (count < *capacity)
        return items;
    /* By a quarter: doubling would leave a large county half empty. */
    *capacity = *capacity == 0 ? GROWTH_FIRST : *capacity + *capacity / 4;
    return memory_resize(items, *capacity * item_bytes);
}

void county_number(Numbers32 *numbers, uint32_t number)
{
    numbers->items = grown(numbers->items, numbers->count, &numbers->capacity, sizeof(uint32_t));
    numbers->items[numbers->count++] = number;
}

void county_close(County *county)
{
    geography_close(&county->geography);
    memory_free(county->people);
    memory_free(county->stays);
    memory_free(county->dwellings);
    memory_free(county->accounts);
    memory_free(county->vacant.items);
    memory_free(county->vacated.items);
    memory_free(county->care_homes.items);
    *county = (County){0};
}

uint32_t county_add_dwelling(County *county, uint64_t nth, bool is_care_home)
{
    static const uint16_t bands[] = {13, 21, 27, 18, 11, 6, 4, 0};
    Geography *geography = &county->geography;
    Stream stream = random_stream(county->options.seed, PURPOSE_DWELLING, nth, 0);
    uint16_t weights[DISTRICT_COUNT];
    geography_weights(weights);
    size_t district = random_pick(&stream, weights, DISTRICT_COUNT);
    size_t first = geography->first_area[district], end = geography->first_area[district + 1];
    uint32_t area = (uint32_t)first + random_below(&stream, (uint32_t)(end - first));
    const SmallArea *place = &geography->areas[area];
    uint32_t index = (uint32_t)county->dwelling_count;

    county->dwellings = grown(county->dwellings, index, &county->dwelling_capacity, sizeof(Dwelling));
    Dwelling *dwelling = &county->dwellings[county->dwelling_count++];
    size_t band = random_pick(&stream, bands, sizeof bands / sizeof bands[0]);
    uint32_t nth_postcode = random_below(&stream, place->postcode_count);
    *dwelling = (Dwelling){
        .postcode = place->first_postcode + nth_postcode,
        .first_person = NOBODY,
        .account = NO_ACCOUNT,
        .number = (uint16_t)(1 + random_below(&stream, 180)),
        /* One street a postcode, as it mostly is. */
        .street = (uint16_t)(place->first_postcode * 7 + nth_postcode),
        .band = (char)('A' + (band * (size_t)(12 + place->decile) / 17)),
        .is_care_home = is_care_home,
    };
    if (county_is_canary_dwelling(county, index)) {
        size_t own = geography->postcode_count - (size_t)county->options.canaries + index;
        geography->postcodes[own].area = area;
        dwelling->postcode = (uint32_t)own;
    }
    return index;
}

uint32_t county_add_person(County *county, uint32_t dwelling, char sex, Date birth, int group)
{
    uint32_t index = (uint32_t)county->person_count;

    county->people = grown(county->people, index, &county->person_capacity, sizeof(Person));
    county->people[county->person_count++] = (Person){
        .nhs = numbers_next_nhs_body(&county->nhs_serial),
        .superseded_on = DATE_NONE,
        .birth = birth,
        .death = DATE_NONE,
        .registered = DATE_NONE,
        .left = DATE_NONE,
        .care_from = DATE_NONE,
        .dwelling = NO_DWELLING,
        .next_at_home = NOBODY,
        .last_stay = NO_STAY,
        .group = (uint8_t)group,
        .sex = sex,
    };
    county_enter(county, index, dwelling);
    return index;
}

void county_add_stay(County *county, uint32_t person, Date from, uint32_t dwelling, uint16_t practice,
                     uint16_t family, const char *reason)
{
    Person *who = &county->people[person];

    county->stays = grown(county->stays, county->stay_count, &county->stay_capacity, sizeof(Stay));
    Stay *stay = &county->stays[county->stay_count];
    *stay = (Stay){.from = from,
                   .dwelling = dwelling,
                   .previous = who->last_stay,
                   .practice = practice,
                   .family = family};
    assert(strlen(reason) < sizeof stay->reason);
    memcpy(stay->reason, reason, strlen(reason));
    who->last_stay = (uint32_t)county->stay_count++;
}

void county_open_account(County *county, uint32_t dwelling, uint32_t liable, Date from)
{
    county->accounts =
        grown(county->accounts, county->account_count, &county->account_capacity, sizeof(Account));
    county->accounts[county->account_count] =
        (Account){.dwelling = dwelling, .liable = liable, .from = from, .to = DATE_NONE};
    county->dwellings[dwelling].account = (uint32_t)county->account_count++;
}

void county_close_account(County *county, uint32_t dwelling, Date to)
{
    uint32_t open = county->dwellings[dwelling].account;

    if (open == NO_ACCOUNT)
        return;
    Account *account = &county->accounts[open];
    account->to = to < account->from ? account->from : to;
    county->dwellings[dwelling].account = NO_ACCOUNT;
}

void county_enter(County *county, uint32_t person, uint32_t dwelling)
{
    county->people[person].dwelling = dwelling;
    county->people[person].next_at_home = county->dwellings[dwelling].first_person;
    county->dwellings[dwelling].first_person = person;
}

void county_leave(County *county, uint32_t person)
{
    Person *who = &county->people[person];
    uint32_t *link = &county->dwellings[who->dwelling].first_person;

    while (*link != person)
        link = &county->people[*link].next_at_home;
    *link = who->next_at_home;
    who->next_at_home = NOBODY;
    who->dwelling = NO_DWELLING;
}

uint16_t county_draw_practice(const County *county, uint32_t dwelling, Stream *stream)
{
    return county_area(county, dwelling)->practices[random_chance(stream, 250000)];
}

const Stay *county_last_stay(const County *county, const Person *person)
{
    return &county->stays[person->last_stay];
}

const Stay *county_stay_on(const County *county, const Person *person, Date date)
{
    const Stay *stay = county_last_stay(county, person);

    while (stay->from > date && stay->previous != NO_STAY)
        stay = &county->stays[stay->previous];
    return stay;
}

const SmallArea *county_area(const County *county, uint32_t dwelling)
{
    return &county->geography.areas[county->geography.postcodes[county->dwellings[dwelling].postcode].area];
}

bool county_lives_on(const County *county, const Person *person, Date date)
{
    if (person->death != DATE_NONE && date > person->death)
        return false;
    if (person->left != DATE_NONE && date > person->left)
        return false;
    return county_stay_on(county, person, date)->from <= date;
}

bool county_is_present(const Person *person)
{
    return person->dwelling != NO_DWELLING;
}

bool county_is_over(const County *county, const Person *person)
{
    return (person->death != DATE_NONE && person->death < county->first_day) ||
           (person->left != DATE_NONE && person->left < county->first_day);
}

int county_age(const Person *person, Date date)
{
    return date < person->birth ? 0 : date_age_years(person->birth, date);
}

bool county_has(const Person *person, Condition condition)
{
    return (person->conditions >> condition & 1) != 0;
}

uint32_t county_eldest(const County *county, uint32_t dwelling)
{
    uint32_t eldest = NOBODY;

    for (uint32_t p = county->dwellings[dwelling].first_person; p != NOBODY;
         p = county->people[p].next_at_home) {
        if (county_age(&county->people[p], county->last_day) < ADULT_AGE)
            continue;
        if (eldest == NOBODY || county->people[p].birth < county->people[eldest].birth)
            eldest = p;
    }
    return eldest;
}

bool county_is_canary_dwelling(const County *county, uint32_t dwelling)
{
    return dwelling < (uint32_t)county->options.canaries;
}
