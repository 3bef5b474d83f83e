#include "synth/dirt.h"

#include <string.h>

#include <criterion/criterion.h>

enum { PEOPLE = 3000, DRAWS = 100000 };

static County build(void)
{
    SynthOptions options = synth_options_default();
    County county;

    options.people = PEOPLE;
    options.canaries = 10;
    county_build(&county, &options);
    return county;
}

Test(dirt, nhs_numbers_are_missing_and_wrong_at_the_stated_rates)
{
    County county = build();
    Stream stream = random_stream(1, PURPOSE_ATTENDANCE, 0, 0);
    int missing = 0, wrong = 0;

    for (int i = 0; i < DRAWS; i++) {
        char number[IDENTITY_BYTES];
        uint32_t person = 1000 + (uint32_t)i % 1000;
        bool is_right =
            dirt_nhs_number(&county, SYNTH_EC_ATTENDANCE, person, county.last_day, &stream, number);
        missing += number[0] == '\0';
        wrong += number[0] != '\0' && !is_right;
    }

    /* 55,000 and 1,500 + 3,000 in a million. */
    cr_expect(missing > 5200 && missing < 5800, "%d", missing);
    cr_expect(wrong > 350 && wrong < 550, "%d", wrong);
    county_close(&county);
}

Test(dirt, before_a_number_is_superseded_rows_carry_the_old_one)
{
    County county = build();
    Stream stream = random_stream(1, PURPOSE_GP, 0, 0);
    Person *who = &county.people[2000];
    char number[IDENTITY_BYTES], old[NHS_NUMBER_BYTES];
    who->superseded = 999123456;
    who->superseded_on = date_from_civil(2026, 8, 10);
    (void)numbers_nhs(who->superseded, old);

    bool before =
        dirt_nhs_number(&county, SYNTH_PATIENT_LIST, 2000, date_from_civil(2026, 8, 9), &stream, number);
    cr_expect(before);
    cr_expect_str_eq(number, old);
    bool after =
        dirt_nhs_number(&county, SYNTH_PATIENT_LIST, 2000, date_from_civil(2026, 8, 10), &stream, number);
    cr_expect(after);
    cr_expect_str_neq(number, old);
    county_close(&county);
}

Test(dirt, names_are_mistyped_and_swapped_but_never_a_canarys)
{
    County county = build();
    Stream stream = random_stream(1, PURPOSE_CARE, 0, 0);
    char family[IDENTITY_BYTES], given[IDENTITY_BYTES], right_family[IDENTITY_BYTES],
        right_given[IDENTITY_BYTES];
    const Person *who = &county.people[2000];
    (void)identity_family(who, county_last_stay(&county, who), right_family);
    (void)identity_given(who, right_given);
    int changed = 0, swapped = 0, canary_changed = 0;
    uint32_t canary = 0;
    while (county.people[canary].canary == 0)
        canary++;

    for (int i = 0; i < DRAWS; i++) {
        dirt_names(&county, SYNTH_SOCIAL_CARE_EVENT, 2000, county.last_day, &stream, family, given);
        swapped += strcmp(family, right_given) == 0 && strcmp(given, right_family) == 0;
        changed += strcmp(family, right_family) != 0 || strcmp(given, right_given) != 0;
        dirt_names(&county, SYNTH_SOCIAL_CARE_EVENT, canary, county.last_day, &stream, family, given);
        canary_changed += strncmp(family, "CANARY", 6) != 0 || strncmp(given, "GIVENCANARY", 11) != 0;
    }

    /* 6,000 in a million swapped, and at most 15,000 mistyped. */
    cr_expect(swapped > 480 && swapped < 720, "%d", swapped);
    cr_expect(changed > swapped + 600 && changed < swapped + 1700, "%d", changed);
    cr_expect_eq(canary_changed, 0);
    county_close(&county);
}

Test(dirt, an_old_home_is_given_only_by_those_who_had_one)
{
    County county = build();
    Stream stream = random_stream(1, PURPOSE_CARE, 0, 0);
    int old = 0, impossible = 0;

    for (int i = 0; i < DRAWS; i++) {
        uint32_t person = (uint32_t)i % PEOPLE;
        const Stay *stay = county_last_stay(&county, &county.people[person]);
        uint32_t dwelling = dirt_dwelling(&county, SYNTH_SOCIAL_CARE_EVENT, person, county.last_day, &stream);
        old += dwelling != stay->dwelling;
        impossible += dwelling != stay->dwelling && stay->previous == NO_STAY;
    }

    cr_expect_gt(old, DRAWS / 100);
    cr_expect_eq(impossible, 0);
    county_close(&county);
}

Test(dirt, damaged_rows_stay_rarer_than_one_in_two_hundred_in_a_short_file)
{
    Stream stream = random_stream(1, PURPOSE_CARE, 0, 0);
    Extract extract = EXTRACT_CLOSED;
    extract.layout = &LAYOUTS[SYNTH_EC_ATTENDANCE];

    for (; extract.rows < DRAWS; extract.rows++) {
        bool is_damaged = dirt_damage(SYNTH_EC_ATTENDANCE, &extract, &stream) != ROW_WHOLE;
        extract.damaged += is_damaged;
        cr_assert_leq(extract.damaged * 200, extract.rows + 1);
    }

    /* 1,500 in a million. */
    cr_expect(extract.damaged > 110 && extract.damaged < 200, "%ld", (long)extract.damaged);
}

Test(dirt, look_ups_and_opt_outs_are_never_damaged)
{
    static const SynthSource strict[] = {SYNTH_LSOA, SYNTH_IMD, SYNTH_PRACTICE, SYNTH_OPT_OUT};

    for (size_t i = 0; i < sizeof strict / sizeof strict[0]; i++) {
        cr_expect_eq(DIRT_RATES[strict[i]].malformed, 0);
        cr_expect_eq(DIRT_RATES[strict[i]].duplicate, 0);
    }
}

/* Of the register's respelt flats (6 %) three in ten; never a house's, which has none. */
Test(dirt, some_flats_stand_behind_their_street)
{
    County county = build();
    int in_front = 0, behind = 0;

    for (uint32_t which = 0; which < DRAWS; which++) {
        char address[IDENTITY_BYTES];
        uint32_t dwelling = 100 + which % 500;
        bool is_flat = !county.dwellings[dwelling].is_care_home && county.dwellings[dwelling].number % 4 == 0;
        (void)dirt_address(&county, SYNTH_PATIENT_LIST, dwelling, which, address);
        in_front += strncmp(address, "Flat ", 5) == 0;
        const char *flat = strcasestr(address, ", flat ");
        cr_assert(is_flat || flat == NULL);
        behind += flat != NULL;
    }

    cr_expect(behind * 1000 > in_front * 14 && behind * 1000 < in_front * 24, "%d of %d", behind, in_front);
    county_close(&county);
}
