#include "synth/moves.h"

#include "synth/household.h"

/* Chances of a home in a month, in a million. */
enum { HOME_MOVES = 6500, HOME_LEAVES = 2200 };

Date moves_day(const County *county, Stream *stream, int first, int last)
{
    return county->first_day + random_between(stream, first, last) - 1;
}

int moves_days(const County *county)
{
    return county->last_day - county->first_day + 1;
}

static void find_liable(County *county, uint32_t dwelling, Date from)
{
    uint32_t eldest = county_eldest(county, dwelling);

    county_close_account(county, dwelling, from - 1);
    if (eldest != NOBODY && !county->dwellings[dwelling].is_care_home)
        county_open_account(county, dwelling, eldest, from);
}

static void go_away(County *county, uint32_t person, Date date)
{
    county_leave(county, person);
    county->people[person].left = date;
}

/* After a death or a departure: children do not stay alone, and an empty home is vacant. */
void moves_tidy_home(County *county, uint32_t dwelling, Date date)
{
    Dwelling *home = &county->dwellings[dwelling];

    if (home->is_care_home)
        return;
    if (county_eldest(county, dwelling) == NOBODY)
        while (home->first_person != NOBODY)
            go_away(county, home->first_person, date);
    find_liable(county, dwelling, date + 1);
    if (home->first_person == NOBODY)
        county_number(&county->vacated, dwelling);
}

bool moves_is_liable(const County *county, uint32_t person)
{
    uint32_t account = county->dwellings[county->people[person].dwelling].account;
    return account != NO_ACCOUNT && county->accounts[account].liable == person;
}

static bool take_vacant(County *county, uint8_t district, Stream *stream, uint32_t *dwelling)
{
    enum { TRIES = 8 };
    Numbers32 *vacant = &county->vacant;

    for (int i = 0; i < TRIES && vacant->count > 0; i++) {
        uint32_t nth = random_below(stream, (uint32_t)vacant->count);
        *dwelling = vacant->items[nth];
        if (county_area(county, *dwelling)->district != district && i + 1 < TRIES)
            continue;
        vacant->items[nth] = vacant->items[--vacant->count];
        return true;
    }
    return false;
}

static void move_person(County *county, uint32_t person, uint32_t dwelling, uint16_t practice, Date date)
{
    const Stay last = *county_last_stay(county, &county->people[person]);

    county_leave(county, person);
    county_enter(county, person, dwelling);
    county_add_stay(county, person, date > last.from ? date : last.from + 1, dwelling, practice, last.family,
                    practice == last.practice ? "" : "LDN");
}

static void begin_home(County *county, uint32_t dwelling, uint8_t group, Date date)
{
    county->dwellings[dwelling].group = group;
    county->dwellings[dwelling].since = date;
    find_liable(county, dwelling, date);
}

void moves_leave_home(County *county, uint32_t person, Stream *stream)
{
    uint32_t from = county->people[person].dwelling, to;
    uint8_t group = county->people[person].group;
    bool was_liable = moves_is_liable(county, person);

    if (!take_vacant(county, county_area(county, from)->district, stream, &to))
        return;
    Date date = moves_day(county, stream, 1, 14);
    move_person(county, person, to, county_draw_practice(county, to, stream), date);
    begin_home(county, to, group, date);
    if (was_liable || county->dwellings[from].first_person == NOBODY)
        moves_tidy_home(county, from, date - 1);
}

void moves_enter_care_home(County *county, uint32_t person, Stream *stream)
{
    uint32_t from = county->people[person].dwelling;
    bool was_liable = moves_is_liable(county, person);

    if (county->care_homes.count == 0)
        return;
    uint32_t to = county->care_homes.items[random_below(stream, (uint32_t)county->care_homes.count)];
    Date date = moves_day(county, stream, 1, 14);
    move_person(county, person, to, county_draw_practice(county, to, stream), date);
    if (county->people[person].care_from == DATE_NONE)
        county->people[person].care_from = date;
    if (was_liable || county->dwellings[from].first_person == NOBODY)
        moves_tidy_home(county, from, date - 1);
}

static void move_home(County *county, uint32_t dwelling, Stream *stream)
{
    uint32_t to;
    uint8_t group = county->dwellings[dwelling].group;

    if (!take_vacant(county, county_area(county, dwelling)->district, stream, &to))
        return;
    Date date = moves_day(county, stream, 1, 14);
    uint16_t practice = county_draw_practice(county, to, stream);
    while (county->dwellings[dwelling].first_person != NOBODY)
        move_person(county, county->dwellings[dwelling].first_person, to, practice, date);
    begin_home(county, to, group, date);
    moves_tidy_home(county, dwelling, date - 1);
}

static void leave_county(County *county, uint32_t dwelling, Stream *stream)
{
    Date date = moves_day(county, stream, 1, 14);

    while (county->dwellings[dwelling].first_person != NOBODY)
        go_away(county, county->dwellings[dwelling].first_person, date);
    moves_tidy_home(county, dwelling, date);
}

/* As many households come as have gone. */
void moves_welcome(County *county, size_t households)
{
    for (size_t i = 0; i < households && county->vacant.count > 0; i++) {
        Stream stream = random_stream(county->options.seed, PURPOSE_ARRIVAL, i, (uint64_t)county->month);
        uint32_t nth = random_below(&stream, (uint32_t)county->vacant.count);
        uint32_t dwelling = county->vacant.items[nth];
        county->vacant.items[nth] = county->vacant.items[--county->vacant.count];
        Date date = moves_day(county, &stream, 16, moves_days(county));
        (void)household_fill(county, dwelling, &stream, UINT32_MAX, date);
        Settlement settlement = {.dwelling = dwelling, .former = NO_DWELLING, .since = date};
        household_settle(county, &settlement, &stream);
        begin_home(county, dwelling, county->dwellings[dwelling].group, date);
    }
}

size_t moves_homes(County *county, size_t homes)
{
    size_t left = 0;

    for (uint32_t d = (uint32_t)county->options.canaries; d < homes; d++) {
        Stream stream = random_stream(county->options.seed, PURPOSE_MOVE, d, (uint64_t)county->month);
        const Dwelling *home = &county->dwellings[d];
        if (home->first_person == NOBODY || home->is_care_home || home->since >= county->first_day)
            continue;
        if (random_chance(&stream, HOME_LEAVES)) {
            leave_county(county, d, &stream);
            left++;
        } else if (random_chance(&stream, HOME_MOVES)) {
            move_home(county, d, &stream);
        }
    }
    return left;
}
