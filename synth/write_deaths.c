/* Registered deaths, in the month of registration. */
#include <stdio.h>
#include <string.h>

#include "synth/desk.h"
#include "synth/health.h"

enum { CAUSE_COUNT = 8, RESUBMITTED_IN = 0 };

PlaceOfDeath write_place_of_death(const County *county, uint32_t person)
{
    static const uint16_t weights[PLACE_COUNT] = {29, 3, 18, 45, 5},
                          care_home[PLACE_COUNT] = {0, 0, 78, 22, 0};
    const Person *who = &county->people[person];
    Stream stream = random_stream(county->options.seed, PURPOSE_DEATH, person, 0);
    bool is_home = county->dwellings[county_last_stay(county, who)->dwelling].is_care_home;

    return (PlaceOfDeath)random_pick(&stream, is_home ? care_home : weights, PLACE_COUNT);
}

static const char *draw_cause(const Person *who, int age, Stream *stream)
{
    static const char *const causes[CAUSE_COUNT] = {"C349", "I219", "J189", "C509",
                                                    "I251", "G20",  "C189", "K703"};
    static const uint16_t weights[CAUSE_COUNT] = {18, 15, 12, 8, 16, 5, 10, 4};

    for (int i = 0; i < CONDITION_COUNT; i++)
        if (county_has(who, (Condition)i) && i != CONDITION_DEPRESSION && random_chance(stream, 280000))
            return CONDITION_DIAGNOSES[i];
    if (age < 40)
        return random_chance(stream, 600000) ? "X709" : "V892";
    return causes[random_pick(stream, weights, CAUSE_COUNT)];
}

static void write_death(Desk *desk, Extract *extract, uint32_t person)
{
    static const char *const places[PLACE_COUNT] = {"H", "E", "C", "N", "P"};
    const County *county = desk->county;
    const Person *who = &county->people[person];
    Stream stream = random_stream(county->options.seed, PURPOSE_DEATH, person, 1);
    char number[IDENTITY_BYTES], family[IDENTITY_BYTES], given[IDENTITY_BYTES], text[IDENTITY_BYTES];
    bool is_right = dirt_nhs_number(county, SYNTH_DEATH, person, who->death, &stream, number);
    size_t written = 0;

    dirt_names(county, SYNTH_DEATH, person, who->death, &stream, family, given);
    (void)snprintf(text, sizeof text, "9%09u", person);
    extract_text(extract, text);
    extract_text(extract, number);
    extract_text(extract, family);
    extract_text(extract, given);
    extract_date(extract, who->birth);
    extract_integer(extract, who->sex);
    extract_text(extract, desk_postcode(desk, SYNTH_DEATH, person, who->death, &stream, text));
    extract_date(extract, who->death);
    extract_date(extract, who->registered);
    extract_text(extract, places[write_place_of_death(county, person)]);
    const char *cause = draw_cause(who, county_age(who, who->death), &stream);
    extract_text(extract, cause);
    for (int i = 0; i < CONDITION_COUNT && written < 3; i++) {
        if (!county_has(who, (Condition)i) || strcmp(CONDITION_DIAGNOSES[i], cause) == 0)
            continue;
        extract_text(extract, CONDITION_DIAGNOSES[i]);
        written++;
    }
    extract_empty(extract, 3 - written);
    desk_end_row(desk, SYNTH_DEATH, extract, (RowTruth){person, is_right, STATE_OK}, &stream);
}

Result write_deaths(Desk *desk, Error *error)
{
    const County *county = desk->county;
    Delivery delivery = desk_delivery(desk, SYNTH_DEATH, "ons");
    SCOPED(extract_abandon) Extract extract = EXTRACT_CLOSED;

    TRY(desk_open(desk, &delivery, &extract, error));
    for (uint32_t p = 0; p < county->person_count; p++) {
        Date registered = county->people[p].registered;
        if (registered != DATE_NONE && registered >= county->first_day && registered <= county->last_day)
            write_death(desk, &extract, p);
    }
    /* The first month's file comes a second time, the same to the byte. */
    if (desk_month_index(desk) == RESUBMITTED_IN && county->options.months > 1) {
        delivery.arrives++;
        delivery.arrives_last = true;
        schedule_add(&desk->schedule, &delivery);
    }
    return desk_close(desk, SYNTH_DEATH, &extract, error);
}
