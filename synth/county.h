#pragma once
/*
 * Private to synth: the county's state. A person's addresses, practices and
 * names are a chain of stays; a dwelling knows who lives in it now. Numbers of
 * things are indices into the arrays, which only grow.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/date.h"
#include "synth/geography.h"
#include "synth/random.h"
#include "synth/synth.h"

#define NOBODY      UINT32_MAX
#define NO_DWELLING UINT32_MAX
#define NO_STAY     UINT32_MAX
#define NO_ACCOUNT  UINT32_MAX

typedef enum Condition {
    CONDITION_DIABETES,
    CONDITION_HYPERTENSION,
    CONDITION_COPD,
    CONDITION_ASTHMA,
    CONDITION_HEART_DISEASE,
    CONDITION_DEPRESSION,
    CONDITION_DEMENTIA,
    CONDITION_KIDNEY_DISEASE,
    CONDITION_STROKE,
    CONDITION_ATRIAL_FIBRILLATION,
    CONDITION_COUNT
} Condition;

typedef enum Smoking { SMOKING_NEVER, SMOKING_EX, SMOKING_CURRENT } Smoking;

enum { SEX_MALE = 1, SEX_FEMALE = 2 };

typedef struct Person {
    uint32_t nhs, superseded; /* nine digits, the check digit left out; superseded 0: none */
    Date superseded_on;
    Date birth, death, registered, left; /* DATE_NONE: not yet */
    Date care_from;                      /* long-term social care; DATE_NONE: none */
    uint32_t dwelling, next_at_home;     /* NO_DWELLING once dead or gone */
    uint32_t last_stay;
    uint16_t given, canary;              /* canary 0: none, else its number from 1 */
    uint16_t conditions, new_conditions; /* a bit each; new: begun in the present month */
    uint8_t group, smoking;
    char sex, ethnicity[2];
} Person;

typedef struct Stay {
    Date from;
    uint32_t dwelling, previous;
    uint16_t practice, family;
    char reason[4]; /* why the stay before it ended at its practice, "" when the practice stayed */
} Stay;

typedef struct Dwelling {
    uint32_t postcode, first_person, account;
    Date since; /* the present household */
    uint16_t number, street;
    uint8_t group;
    char band;
    bool is_care_home;
} Dwelling;

typedef struct Account {
    uint32_t dwelling, liable;
    Date from, to; /* to DATE_NONE: open */
} Account;

typedef struct Numbers32 {
    uint32_t *items;
    size_t count, capacity;
} Numbers32;

typedef struct County {
    SynthOptions options;
    Geography geography;
    Person *people;
    Stay *stays;
    Dwelling *dwellings;
    Account *accounts;
    size_t person_count, person_capacity, stay_count, stay_capacity;
    size_t dwelling_count, dwelling_capacity, account_count, account_capacity;
    Numbers32 vacant, vacated, care_homes;
    uint64_t nhs_serial, canary_serial;
    Month month; /* being lived or delivered */
    Date first_day, last_day;
    uint16_t merged_practice; /* NO_PRACTICE: none yet */
} County;

/* Everyone and where they live on the first day of the month before the first. */
void county_build(County *county, const SynthOptions *options);
void county_close(County *county);

/* ---- changes, used while building and living ---- */
uint32_t county_add_person(County *county, uint32_t dwelling, char sex, Date birth, int group);
uint32_t county_add_dwelling(County *county, uint64_t nth, bool is_care_home);
void county_add_stay(County *county, uint32_t person, Date from, uint32_t dwelling, uint16_t practice,
                     uint16_t family, const char *reason);
void county_open_account(County *county, uint32_t dwelling, uint32_t liable, Date from);
void county_close_account(County *county, uint32_t dwelling, Date to);
void county_enter(County *county, uint32_t person, uint32_t dwelling);
void county_leave(County *county, uint32_t person); /* the dwelling; the last stay remains */
void county_number(Numbers32 *numbers, uint32_t number);
uint16_t county_draw_practice(const County *county, uint32_t dwelling, Stream *stream);

/* ---- questions ---- */
const Stay *county_last_stay(const County *county, const Person *person);
/* The stay in force on a date; the first one when the date is before it. */
const Stay *county_stay_on(const County *county, const Person *person, Date date);
const SmallArea *county_area(const County *county, uint32_t dwelling);
bool county_lives_on(const County *county, const Person *person, Date date);
bool county_is_present(const Person *person); /* neither dead nor gone */
/* Dead or gone before the month that is being delivered. */
bool county_is_over(const County *county, const Person *person);
int county_age(const Person *person, Date date);
bool county_has(const Person *person, Condition condition);
uint32_t county_eldest(const County *county, uint32_t dwelling); /* NOBODY: no adult there */
bool county_is_canary_dwelling(const County *county, uint32_t dwelling);
