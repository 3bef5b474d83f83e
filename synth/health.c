#include "synth/health.h"

enum {
    BAND_COUNT = 9,
    SMOKING_AGE = 16,
    CARE_AGE = 18,
    ONSET_YEARS_MAX = 15,
    INCIDENCE_YEARS = 14,
    DEATH_BAND_COUNT = 19
};

const char *const CONDITION_CODES[CONDITION_COUNT] = {
    [CONDITION_DIABETES] = "44054006",      [CONDITION_HYPERTENSION] = "38341003",
    [CONDITION_COPD] = "13645005",          [CONDITION_ASTHMA] = "195967001",
    [CONDITION_HEART_DISEASE] = "53741008", [CONDITION_DEPRESSION] = "35489007",
    [CONDITION_DEMENTIA] = "52448006",      [CONDITION_KIDNEY_DISEASE] = "709044004",
    [CONDITION_STROKE] = "230690007",       [CONDITION_ATRIAL_FIBRILLATION] = "49436004",
};

const char *const CONDITION_DIAGNOSES[CONDITION_COUNT] = {
    [CONDITION_DIABETES] = "E119",      [CONDITION_HYPERTENSION] = "I10",
    [CONDITION_COPD] = "J449",          [CONDITION_ASTHMA] = "J459",
    [CONDITION_HEART_DISEASE] = "I259", [CONDITION_DEPRESSION] = "F329",
    [CONDITION_DEMENTIA] = "F03",       [CONDITION_KIDNEY_DISEASE] = "N189",
    [CONDITION_STROKE] = "I639",        [CONDITION_ATRIAL_FIBRILLATION] = "I489",
};

const char *const SMOKING_CODES[3] = {
    [SMOKING_NEVER] = "8392000", [SMOKING_EX] = "8517006", [SMOKING_CURRENT] = "77176002"};

/* In 1,000 people of 0-15, 16-24, 25-34, ... 75-84, 85+; shaped after the registers of general practice
 * (QOF). */
typedef struct Prevalence {
    uint16_t per_mille[BAND_COUNT];
    uint16_t male_percent, female_percent;
    uint16_t deprivation_percent; /* more in the first decile, and less in the tenth, than in the middle */
    bool from_smoking;
} Prevalence;

static const Prevalence prevalences[CONDITION_COUNT] = {
    [CONDITION_DIABETES] = {{2, 6, 14, 35, 70, 115, 165, 200, 180}, 118, 82, 30, false},
    [CONDITION_HYPERTENSION] = {{0, 2, 15, 45, 120, 240, 380, 500, 520}, 105, 95, 12, false},
    [CONDITION_COPD] = {{0, 0, 1, 4, 12, 35, 60, 75, 65}, 108, 92, 60, true},
    [CONDITION_ASTHMA] = {{60, 75, 65, 62, 65, 68, 70, 70, 55}, 92, 108, 15, false},
    [CONDITION_HEART_DISEASE] = {{0, 0, 1, 4, 15, 38, 74, 118, 150}, 138, 62, 25, true},
    [CONDITION_DEPRESSION] = {{8, 90, 130, 135, 140, 130, 100, 85, 85}, 70, 130, 30, false},
    [CONDITION_DEMENTIA] = {{0, 0, 0, 0, 1, 3, 9, 45, 140}, 85, 115, 10, false},
    [CONDITION_KIDNEY_DISEASE] = {{0, 1, 3, 8, 18, 45, 110, 230, 330}, 90, 110, 10, false},
    [CONDITION_STROKE] = {{0, 0, 1, 4, 10, 22, 45, 85, 120}, 110, 90, 20, true},
    [CONDITION_ATRIAL_FIBRILLATION] = {{0, 0, 1, 3, 8, 22, 60, 130, 190}, 118, 84, 0, false},
};

static int band_of(int age)
{
    if (age < 16)
        return 0;
    return age >= 85 ? BAND_COUNT - 1 : 1 + (age < 25 ? 0 : (age - 15) / 10);
}

/* 100 in the middle; percent more in the first decile, percent less in the tenth. */
static int64_t deprivation_factor(int decile, int percent)
{
    return 100 + (int64_t)percent * (11 - 2 * decile) / 9;
}

static int64_t condition_ppm(const Person *person, int age, int decile, Condition condition)
{
    static const int smoking_percent[3] = {70, 140, 230};
    const Prevalence *prevalence = &prevalences[condition];
    int64_t ppm = 1000 * (int64_t)prevalence->per_mille[band_of(age)];

    ppm = ppm * (person->sex == SEX_MALE ? prevalence->male_percent : prevalence->female_percent) / 100;
    ppm = ppm * deprivation_factor(decile, prevalence->deprivation_percent) / 100;
    return prevalence->from_smoking ? ppm * smoking_percent[person->smoking] / 100 : ppm;
}

/* The district's rate, more where it is poorer and in the middle of life; the factors average to one. */
static Smoking draw_smoking(const SmallArea *area, int age, Stream *stream)
{
    static const int age_percent[BAND_COUNT] = {0, 95, 130, 120, 112, 105, 75, 45, 20};
    static const int ex_percent[BAND_COUNT] = {0, 4, 14, 22, 26, 32, 38, 40, 38};
    if (age < SMOKING_AGE)
        return SMOKING_NEVER;
    int64_t ppm = 1000 * (int64_t)DISTRICTS[area->district].smokers;

    ppm = ppm * (1350 - 700 * area->position / 1000) / 1000 * age_percent[band_of(age)] / 100;
    if (random_chance(stream, ppm))
        return SMOKING_CURRENT;
    return random_chance(stream, 10000 * ex_percent[band_of(age)]) ? SMOKING_EX : SMOKING_NEVER;
}

int64_t health_care_ppm(const County *county, uint32_t person)
{
    static const int per_mille[BAND_COUNT] = {0, 5, 5, 6, 7, 9, 14, 45, 140};
    const Person *who = &county->people[person];

    if (county->dwellings[who->dwelling].is_care_home)
        return 620000;
    int age = county_age(who, county->first_day);
    if (age < CARE_AGE)
        return 0;
    int64_t ppm = 1000 * (int64_t)per_mille[band_of(age)];
    ppm = ppm * deprivation_factor(county_area(county, who->dwelling)->decile, 30) / 100;
    return county_has(who, CONDITION_DEMENTIA) ? ppm * 3 : ppm;
}

void health_begin(County *county, uint32_t person, Date at)
{
    Person *who = &county->people[person];
    const SmallArea *area = county_area(county, who->dwelling);
    int age = county_age(who, at);
    bool is_care_home = county->dwellings[who->dwelling].is_care_home;
    Stream stream = random_stream(county->options.seed, PURPOSE_HEALTH, person, 0);

    who->smoking = (uint8_t)draw_smoking(area, age, &stream);
    for (int i = 0; i < CONDITION_COUNT; i++) {
        int64_t ppm = condition_ppm(who, age, area->decile, (Condition)i);
        if (i == CONDITION_DEMENTIA && is_care_home)
            ppm = 650000;
        if (random_chance(&stream, ppm))
            who->conditions |= (uint16_t)(1U << i);
    }
    if (random_chance(&stream, health_care_ppm(county, person)))
        who->care_from = at - random_between(&stream, 10, 1500);
}

uint16_t health_new_condition(const County *county, uint32_t person)
{
    const Person *who = &county->people[person];
    Stream stream = random_stream(county->options.seed, PURPOSE_HEALTH, person, (uint64_t)county->month + 1);
    size_t condition = random_below(&stream, CONDITION_COUNT);
    const Stay *stay = county_last_stay(county, who);
    int64_t ppm = condition_ppm(who, county_age(who, county->first_day),
                                county_area(county, stay->dwelling)->decile, (Condition)condition);

    /* One condition is asked after a month, so each stands for all of them. */
    return random_chance(&stream, ppm * CONDITION_COUNT / (12 * INCIDENCE_YEARS))
               ? (uint16_t)(1U << condition)
               : 0;
}

Date health_onset(const County *county, uint32_t person, Condition condition)
{
    Stream stream =
        random_stream(county->options.seed, PURPOSE_HEALTH, person, UINT64_C(1) << 32 | (uint64_t)condition);
    Date first = month_first_day(county->options.first_month - 1);
    Date onset = first - random_between(&stream, 30, 365 * ONSET_YEARS_MAX);
    Date birth = county->people[person].birth;

    return onset < birth ? birth + (first - birth) / 2 : onset;
}

int64_t health_death_ppm(const County *county, uint32_t person)
{
    /* A year, in 100,000, by five-year band: shaped after the national life tables. */
    static const uint16_t male[DEATH_BAND_COUNT] = {90,  9,   11,   35,   55,   65,   85,   120,   180,  270,
                                                    410, 640, 1020, 1600, 2500, 4200, 7300, 12800, 23500};
    static const uint16_t female[DEATH_BAND_COUNT] = {75,  7,   8,   18,   22,   30,   45,   70,    110,  175,
                                                      275, 430, 660, 1020, 1650, 2900, 5400, 10200, 20500};
    const Person *who = &county->people[person];
    int band = county_age(who, county->first_day) / 5;
    band = band < DEATH_BAND_COUNT ? band : DEATH_BAND_COUNT - 1;
    int64_t ppm = 10 * (int64_t)(who->sex == SEX_MALE ? male[band] : female[band]) / 12;
    const Stay *stay = county_last_stay(county, who);

    ppm = ppm * deprivation_factor(county_area(county, stay->dwelling)->decile, 35) / 100;
    return county->dwellings[stay->dwelling].is_care_home ? ppm * 3 / 2 : ppm;
}

static int condition_count(const Person *person)
{
    int count = 0;
    for (int i = 0; i < CONDITION_COUNT; i++)
        count += county_has(person, (Condition)i);
    return count;
}

static int64_t daily_ppm(const County *county, uint32_t person, const int a_year[BAND_COUNT], int a_condition,
                         int deprivation_percent)
{
    const Person *who = &county->people[person];
    int age = county_age(who, county->first_day);
    int64_t per_mille = a_year[band_of(age)] + (int64_t)a_condition * condition_count(who);
    int decile = county_area(county, county_last_stay(county, who)->dwelling)->decile;

    return per_mille * 1000 / 365 * deprivation_factor(decile, deprivation_percent) / 100;
}

/* Events in 1,000 people a year by age, and so many more for each condition. */
int64_t health_attendance_ppm(const County *county, uint32_t person)
{
    static const int a_year[BAND_COUNT] = {370, 400, 330, 270, 250, 250, 290, 430, 650};
    return daily_ppm(county, person, a_year, 70, 35);
}

int64_t health_admission_ppm(const County *county, uint32_t person)
{
    static const int a_year[BAND_COUNT] = {90, 90, 110, 130, 170, 230, 310, 430, 520};
    return daily_ppm(county, person, a_year, 70, 22);
}

int64_t health_gp_ppm(const County *county, uint32_t person)
{
    static const int a_year[BAND_COUNT] = {8500, 9500, 12500, 13500, 15000, 18000, 23000, 28000, 30000};
    return daily_ppm(county, person, a_year, 9500, 12);
}

int health_body_mass_tenths(const County *county, uint32_t person)
{
    const Person *who = &county->people[person];
    Stream stream = random_stream(county->options.seed, PURPOSE_HEALTH, person, UINT64_C(2) << 32);
    int age = county_age(who, county->first_day);
    int usual = age < 16 ? 160 + 3 * age : 262;

    if (county_has(who, CONDITION_DIABETES))
        usual += 35;
    return usual + random_bell(&stream, age < 16 ? 50 : 110);
}
