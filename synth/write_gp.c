/* The GP event journal. The first month brings what practices had recorded before it. */
#include <stdio.h>

#include "synth/desk.h"
#include "synth/health.h"

enum { CONFIDENTIAL_PPM = 3000, DELETED_PPM = 1000, ADULT_AGE = 16, HISTORY_DAYS_MAX = 1100 };

typedef enum ObservationKind {
    OBSERVE_ENCOUNTER,
    OBSERVE_FOLLOW_UP,
    OBSERVE_SYSTOLIC,
    OBSERVE_DIASTOLIC,
    OBSERVE_BODY_MASS,
    OBSERVE_SMOKING,
    OBSERVE_HBA1C,
    OBSERVE_CHOLESTEROL,
    OBSERVE_KIND_COUNT
} ObservationKind;

typedef struct Observation {
    uint32_t person;
    Date happened, recorded;
    const char *code, *units, *episodicity;
    int64_t tenths; /* below 0: no value */
    bool is_problem;
} Observation;

static const char *const codes[OBSERVE_KIND_COUNT] = {
    [OBSERVE_ENCOUNTER] = "308335008",    [OBSERVE_FOLLOW_UP] = "390906007",
    [OBSERVE_SYSTOLIC] = "271649006",     [OBSERVE_DIASTOLIC] = "271650006",
    [OBSERVE_BODY_MASS] = "60621009",     [OBSERVE_SMOKING] = NULL, /* its value is the code */
    [OBSERVE_HBA1C] = "1003671000000109", [OBSERVE_CHOLESTEROL] = "1005671000000105",
};

static const char *const units[OBSERVE_KIND_COUNT] = {
    [OBSERVE_SYSTOLIC] = "mmHg",  [OBSERVE_DIASTOLIC] = "mmHg",     [OBSERVE_BODY_MASS] = "kg/m2",
    [OBSERVE_HBA1C] = "mmol/mol", [OBSERVE_CHOLESTEROL] = "mmol/L",
};

static int64_t draw_value(const County *county, uint32_t person, ObservationKind kind, Stream *stream)
{
    const Person *who = &county->people[person];
    int age = county_age(who, county->first_day);

    switch (kind) {
    case OBSERVE_SYSTOLIC:
        return 10 * (112 + age * 3 / 10 + (county_has(who, CONDITION_HYPERTENSION) ? 10 : 0) +
                     random_bell(stream, 35));
    case OBSERVE_DIASTOLIC:
        return 10 * (76 + random_bell(stream, 25));
    case OBSERVE_BODY_MASS:
        return health_body_mass_tenths(county, person) + random_bell(stream, 12);
    case OBSERVE_HBA1C:
        return 10 * (county_has(who, CONDITION_DIABETES) ? 57 + random_bell(stream, 32)
                                                         : 36 + random_bell(stream, 8));
    case OBSERVE_CHOLESTEROL:
        return 50 + random_bell(stream, 25);
    default:
        return -1;
    }
}

static Observation observe(const County *county, uint32_t person, ObservationKind kind, Date date,
                           Stream *stream)
{
    return (Observation){
        .person = person,
        .happened = date,
        .recorded = date,
        .code = kind == OBSERVE_SMOKING ? SMOKING_CODES[county->people[person].smoking] : codes[kind],
        .units = units[kind],
        .episodicity = "review",
        .tenths = draw_value(county, person, kind, stream),
    };
}

static void write_observation(Desk *desk, Extract *extract, const Observation *seen, Stream *stream)
{
    const County *county = desk->county;
    uint16_t practice = county_last_stay(county, &county->people[seen->person])->practice;
    /* One record a patient: its number is right or wrong in all rows alike. */
    Stream record = random_stream(county->options.seed, PURPOSE_GP_PATIENT, seen->person, practice);
    bool is_confidential = random_chance(stream, CONFIDENTIAL_PPM),
         is_deleted = random_chance(stream, DELETED_PPM);
    char text[IDENTITY_BYTES];

    (void)snprintf(text, sizeof text, "O%010llu", (unsigned long long)++desk->references);
    extract_text(extract, text);
    bool is_right = dirt_nhs_number(county, SYNTH_GP_EVENT, seen->person, county->last_day, &record, text);
    extract_text(extract, text);
    extract_text(extract, identity_local_id(county, seen->person, ISSUER_PRACTICE, practice, text));
    extract_text(extract, geography_practice_code(&county->geography.practices[practice], text));
    extract_date(extract, seen->happened);
    extract_date(extract, seen->recorded);
    extract_text(extract, seen->code);
    if (seen->tenths < 0)
        extract_empty(extract, 1);
    else
        extract_tenths(extract, seen->tenths);
    extract_text(extract, seen->units);
    extract_text(extract, seen->episodicity);
    extract_text(extract, seen->is_problem ? "1" : "0");
    extract_text(extract, is_confidential ? "1" : "0");
    extract_text(extract, is_deleted ? "1" : "0");
    RowTruth truth = {seen->person, is_right,
                      is_confidential ? STATE_CONFIDENTIAL
                      : is_deleted    ? STATE_DELETED
                                      : STATE_OK};
    desk_end_row(desk, SYNTH_GP_EVENT, extract, truth, stream);
}

static void write_diagnosis(Desk *desk, Extract *extract, uint32_t person, Condition condition, Date happened,
                            Date recorded, Stream *stream)
{
    Observation seen = {.person = person,
                        .happened = happened,
                        .recorded = recorded,
                        .code = CONDITION_CODES[condition],
                        .episodicity = "first",
                        .tenths = -1,
                        .is_problem = true};
    write_observation(desk, extract, &seen, stream);
}

/* What a practice holds of a patient when it first sends, or when the patient joins: problems and last
 * values. */
static void write_history(Desk *desk, Extract *extract, uint32_t person, Date recorded_from, Stream *stream)
{
    const County *county = desk->county;
    const Person *who = &county->people[person];
    static const ObservationKind kept[] = {OBSERVE_SMOKING, OBSERVE_BODY_MASS, OBSERVE_SYSTOLIC};

    for (int i = 0; i < CONDITION_COUNT; i++) {
        if (!county_has(who, (Condition)i) || (who->new_conditions >> i & 1) != 0)
            continue;
        Date onset = health_onset(county, person, (Condition)i);
        write_diagnosis(desk, extract, person, (Condition)i, onset,
                        onset > recorded_from ? onset : recorded_from, stream);
    }
    if (county_age(who, county->first_day) < ADULT_AGE)
        return;
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        if (!random_chance(stream, 850000))
            continue;
        Observation seen = observe(county, person, kept[i],
                                   county->first_day - random_between(stream, 1, HISTORY_DAYS_MAX), stream);
        if (seen.recorded < recorded_from)
            seen.recorded = recorded_from;
        write_observation(desk, extract, &seen, stream);
    }
}

static ObservationKind draw_kind(const Person *who, int age, Stream *stream)
{
    uint16_t weights[OBSERVE_KIND_COUNT] = {26, 16, 16, 8, 13, 9, 6, 6};

    if (age < ADULT_AGE)
        return random_chance(stream, 700000) ? OBSERVE_ENCOUNTER : OBSERVE_BODY_MASS;
    if (county_has(who, CONDITION_DIABETES))
        weights[OBSERVE_HBA1C] = 20;
    if (county_has(who, CONDITION_HYPERTENSION))
        weights[OBSERVE_SYSTOLIC] = 26;
    return (ObservationKind)random_pick(stream, weights, OBSERVE_KIND_COUNT);
}

static void write_month(Desk *desk, Extract *extract, uint32_t person, Stream *stream)
{
    const County *county = desk->county;
    const Person *who = &county->people[person];
    int64_t ppm = health_gp_ppm(county, person);
    int age = county_age(who, county->first_day);

    for (Date day = county->first_day; day <= county->last_day; day++) {
        if (!random_chance(stream, ppm) || !county_lives_on(county, who, day))
            continue;
        Date date = desk_late(desk, SYNTH_GP_EVENT, day, stream);
        Observation seen =
            observe(county, person, draw_kind(who, age, stream), date < who->birth ? day : date, stream);
        write_observation(desk, extract, &seen, stream);
    }
    for (int i = 0; i < CONDITION_COUNT; i++) {
        Date day = county->first_day + random_between(stream, 0, 27);
        if ((who->new_conditions >> i & 1) != 0 && county_lives_on(county, who, day))
            write_diagnosis(desk, extract, person, (Condition)i, day, day, stream);
    }
}

static void write_person(Desk *desk, Extract *extract, uint32_t person)
{
    const County *county = desk->county;
    const Person *who = &county->people[person];
    Stream stream = random_stream(county->options.seed, PURPOSE_GP, person, (uint64_t)county->month);
    Date joined = county_stay_on(county, who, DATE_NONE)->from;
    bool is_newcomer = joined >= county->first_day && who->birth < county->first_day;

    if (is_newcomer)
        write_history(desk, extract, person, joined, &stream);
    else if (desk_month_index(desk) == 0)
        write_history(desk, extract, person, DATE_NONE, &stream);
    write_month(desk, extract, person, &stream);
}

Result write_gp_events(Desk *desk, Error *error)
{
    Delivery delivery = desk_delivery(desk, SYNTH_GP_EVENT, "kent-icb");
    SCOPED(extract_abandon) Extract extract = EXTRACT_CLOSED;

    TRY(desk_open(desk, &delivery, &extract, error));
    for (uint32_t p = 0; p < desk->county->person_count; p++)
        if (!county_is_over(desk->county, &desk->county->people[p]))
            write_person(desk, &extract, p);
    return desk_close(desk, SYNTH_GP_EVENT, &extract, error);
}
