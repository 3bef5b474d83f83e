/* Sources that know addresses, not NHS numbers: council tax accounts and home fire safety visits. */
#include <stdio.h>

#include "base/arena.h"
#include "synth/desk.h"

enum { NIL_RETURN_IN = 2, OLDER_AGE = 65, OLDEST_AGE = 80 };

/* ---- council tax ---- */

static int adults_at(const County *county, uint32_t dwelling)
{
    int adults = 0;
    for (uint32_t p = county->dwellings[dwelling].first_person; p != NOBODY;
         p = county->people[p].next_at_home)
        adults += county_age(&county->people[p], county->last_day) >= 18;
    return adults;
}

static void write_account(Desk *desk, Extract *extract, uint32_t number)
{
    const County *county = desk->county;
    const Account *account = &county->accounts[number];
    const Dwelling *home = &county->dwellings[account->dwelling];
    Stream dirt = random_stream(county->options.seed, PURPOSE_ACCOUNT, number, 0);
    Stream fate = random_stream(county->options.seed, PURPOSE_ACCOUNT, number, (uint64_t)county->month + 1);
    bool is_open = account->to == DATE_NONE;
    char family[IDENTITY_BYTES], given[IDENTITY_BYTES], text[IDENTITY_BYTES];
    int64_t arrears_ppm = 110000 - 8000 * county_area(county, account->dwelling)->decile;

    dirt_names(county, SYNTH_COUNCIL_TAX_ACCOUNT, account->liable, is_open ? county->last_day : account->to,
               &dirt, family, given);
    (void)snprintf(text, sizeof text, "7%08u", number);
    extract_text(extract, text);
    extract_text(extract, dirt_uprn(county, SYNTH_COUNCIL_TAX_ACCOUNT, account->dwelling, &dirt, text));
    extract_text(extract, family);
    extract_text(extract, given);
    extract_text(extract, dirt_address(county, SYNTH_COUNCIL_TAX_ACCOUNT, account->dwelling, number, text));
    extract_text(extract, identity_postcode(county, account->dwelling, text));
    (void)snprintf(text, sizeof text, "%c", home->band);
    extract_text(extract, text);
    extract_text(extract, random_chance(&dirt, 15000) ? "N" : "");
    extract_integer(extract, is_open && adults_at(county, account->dwelling) == 1 ? 25 : 0);
    extract_date(extract, account->from);
    extract_date(extract, account->to);
    extract_pence(extract,
                  random_chance(&dirt, arrears_ppm) ? 2000 + 100 * random_between(&dirt, 0, 2600) : 0);
    extract_text(extract, identity_national_insurance(account->liable, text));
    desk_end_row(desk, SYNTH_COUNCIL_TAX_ACCOUNT, extract, (RowTruth){account->liable, false, STATE_OK},
                 &fate);
}

static Result open_districts(Desk *desk, Extract *extracts, Error *error)
{
    for (size_t d = 0; d < DISTRICT_COUNT; d++)
        extracts[d] = EXTRACT_CLOSED;
    for (size_t d = 0; d < DISTRICT_COUNT; d++) {
        Delivery delivery = desk_delivery(desk, SYNTH_COUNCIL_TAX_ACCOUNT, DISTRICTS[d].sender);
        TRY(desk_open(desk, &delivery, &extracts[d], error));
    }
    return RESULT_OK;
}

Result write_council_tax(Desk *desk, Error *error)
{
    const County *county = desk->county;
    Extract *extracts = memory_alloc(DISTRICT_COUNT * sizeof *extracts);
    Result result = open_districts(desk, extracts, error);

    if (result.ok)
        for (uint32_t i = 0; i < county->account_count; i++)
            write_account(desk, &extracts[county_area(county, county->accounts[i].dwelling)->district], i);
    for (size_t d = 0; d < DISTRICT_COUNT && result.ok; d++)
        result = desk_close(desk, SYNTH_COUNCIL_TAX_ACCOUNT, &extracts[d], error);
    for (size_t d = 0; d < DISTRICT_COUNT; d++)
        extract_abandon(&extracts[d]);
    memory_free(extracts);
    return result;
}

/* ---- fire ---- */

typedef struct Occupiers {
    uint32_t eldest;
    int people;
    bool has_smoker;
} Occupiers;

static Occupiers occupiers_of(const County *county, uint32_t dwelling)
{
    Occupiers occupiers = {.eldest = county_eldest(county, dwelling)};

    for (uint32_t p = county->dwellings[dwelling].first_person; p != NOBODY;
         p = county->people[p].next_at_home) {
        occupiers.people++;
        occupiers.has_smoker |= county->people[p].smoking == SMOKING_CURRENT;
    }
    return occupiers;
}

static const char *age_group(int age)
{
    if (age < OLDER_AGE)
        return "18-64";
    return age < OLDEST_AGE ? "65-79" : "80+";
}

static void write_yes(Extract *extract, Stream *stream, bool is_true)
{
    const char *answer = is_true ? "Yes" : "No";
    extract_text(extract, random_chance(stream, 40000) ? "Unknown" : answer);
}

static void write_visit(Desk *desk, Extract *extract, uint32_t dwelling, const Occupiers *occupiers,
                        Stream *stream)
{
    static const char *const levels[] = {"low", "medium", "high", "very high"};
    const County *county = desk->county;
    const Person *eldest = &county->people[occupiers->eldest];
    int age = county_age(eldest, county->first_day), risk = 0;
    Date day = county->first_day + random_between(stream, 0, county->last_day - county->first_day);
    Date date = desk_late(desk, SYNTH_FIRE_VISIT, day, stream);
    char family[IDENTITY_BYTES], given[IDENTITY_BYTES], text[IDENTITY_BYTES];
    bool is_deaf = random_chance(stream, 3000 * age),
         is_immobile = random_chance(stream, age >= OLDER_AGE ? 300000 : 40000);

    dirt_names(county, SYNTH_FIRE_VISIT, occupiers->eldest, county->last_day, stream, family, given);
    (void)snprintf(text, sizeof text, "HFSV%010llu", (unsigned long long)++desk->references);
    extract_text(extract, text);
    extract_text(extract, dirt_uprn(county, SYNTH_FIRE_VISIT, dwelling, stream, text));
    extract_text(extract, family);
    extract_text(extract, dirt_address(county, SYNTH_FIRE_VISIT, dwelling, (uint64_t)county->month, text));
    extract_text(extract, identity_postcode(county, dwelling, text));
    extract_date(extract, date < county->dwellings[dwelling].since ? day : date);
    extract_text(extract, age_group(age));
    write_yes(extract, stream, occupiers->people == 1);
    write_yes(extract, stream, occupiers->has_smoker);
    write_yes(extract, stream, is_deaf);
    write_yes(extract, stream, is_immobile);
    write_yes(extract, stream, county_has(eldest, CONDITION_DEMENTIA));
    write_yes(extract, stream, county_has(eldest, CONDITION_COPD) && random_chance(stream, 100000));
    extract_integer(extract, random_between(stream, 0, 4));
    risk = (occupiers->people == 1) + occupiers->has_smoker + (age >= OLDEST_AGE || is_immobile);
    extract_text(extract, levels[risk]);
    desk_end_row(desk, SYNTH_FIRE_VISIT, extract, (RowTruth){occupiers->eldest, false, STATE_OK}, stream);
}

static void write_visits(Desk *desk, Extract *extract)
{
    const County *county = desk->county;

    for (uint32_t d = 0; d < county->dwelling_count; d++) {
        Stream stream = random_stream(county->options.seed, PURPOSE_FIRE, d, (uint64_t)county->month);
        Occupiers occupiers = occupiers_of(county, d);
        if (occupiers.eldest == NOBODY || county->dwellings[d].is_care_home)
            continue;
        int age = county_age(&county->people[occupiers.eldest], county->first_day);
        int64_t ppm = 1500 + (occupiers.has_smoker ? 1500 : 0) + (age >= OLDER_AGE ? 2500 : 0) +
                      (age >= OLDEST_AGE ? 3000 : 0);
        if (random_chance(&stream, ppm))
            write_visit(desk, extract, d, &occupiers, &stream);
    }
}

Result write_fire_visits(Desk *desk, Error *error)
{
    Delivery delivery = desk_delivery(desk, SYNTH_FIRE_VISIT, "kent-fire");
    SCOPED(extract_abandon) Extract extract = EXTRACT_CLOSED;

    if (desk_month_index(desk) == NIL_RETURN_IN) {
        delivery.path[0] = '\0';
        schedule_add(&desk->schedule, &delivery);
        return RESULT_OK;
    }
    TRY(desk_open(desk, &delivery, &extract, error));
    write_visits(desk, &extract);
    return desk_close(desk, SYNTH_FIRE_VISIT, &extract, error);
}
