/* Admitted spells, filed in the month of discharge. */
#include "synth/health.h"
#include "synth/patient.h"

typedef struct SpellKind {
    const char *method, *source, *classification, *hrg, *specialty, *diagnosis, *procedure;
    uint32_t price; /* pence a stay and a day */
    uint16_t stay_days_max, weight;
} SpellKind;

enum { SPELL_EMERGENCY_COUNT = 10, SPELL_ELECTIVE_COUNT = 6 };

static const SpellKind emergencies[SPELL_EMERGENCY_COUNT] = {
    {"21", "19", "1", "DZ11K", "300", "J189", "", 38000, 14, 12},
    {"21", "19", "1", "EB07D", "320", "R074", "", 29000, 3, 14},
    {"21", "19", "1", "LA04S", "300", "N390", "", 31000, 10, 12},
    {"21", "19", "1", "HE11F", "110", "S720", "W371", 44000, 20, 6},
    {"22", "19", "1", "WJ06F", "300", "A419", "", 42000, 15, 8},
    {"21", "19", "1", "FD05B", "100", "R104", "", 30000, 4, 13},
    {"2A", "51", "1", "AA35E", "300", "I639", "", 39000, 24, 5},
    {"21", "19", "1", "DZ65H", "340", "J441", "", 33000, 9, 8},
    {"21", "19", "1", "EB03D", "320", "I500", "", 35000, 11, 7},
    {"28", "19", "1", "WH07D", "300", "T391", "", 27000, 2, 6},
};

static const SpellKind electives[SPELL_ELECTIVE_COUNT] = {
    {"11", "19", "2", "BZ34C", "130", "H269", "C712", 82000, 0, 22},
    {"11", "19", "2", "FE32Z", "301", "K635", "H229", 61000, 0, 24},
    {"12", "19", "2", "SB12Z", "370", "C509", "X352", 39000, 0, 18},
    {"11", "19", "1", "HN22C", "110", "M169", "W371", 98000, 6, 9},
    {"13", "19", "2", "LA08E", "361", "N185", "X403", 21000, 0, 14},
    {"12", "19", "1", "FF62D", "100", "K409", "T202", 95000, 2, 10},
};

static const SpellKind birth_kind = {"82", "79", "1", "PB03Z", "420", "Z380", "", 45000, 3, 1};
static const SpellKind delivery_kind = {"31", "19", "1", "NZ30C", "501", "O809", "R249", 120000, 4, 1};

static const SpellKind *draw_kind(const SpellKind *kinds, size_t count, Stream *stream)
{
    uint16_t weights[SPELL_EMERGENCY_COUNT];

    for (size_t i = 0; i < count; i++)
        weights[i] = kinds[i].weight;
    return &kinds[random_pick(stream, weights, count)];
}

static void write_diagnoses(Extract *extract, const Person *who, const SpellKind *kind)
{
    size_t written = 0;

    extract_text(extract, kind->diagnosis);
    for (int i = 0; i < CONDITION_COUNT && written < 2; i++) {
        if (!county_has(who, (Condition)i))
            continue;
        extract_text(extract, CONDITION_DIAGNOSES[i]);
        written++;
    }
    extract_empty(extract, 2 - written);
}

static void write_spell(Desk *desk, Extract *extract, uint32_t person, Date discharged, const SpellKind *kind,
                        Stream *stream)
{
    const Person *who = &desk->county->people[person];
    int days = random_between(stream, 0, kind->stay_days_max) * random_between(stream, 40, 100) / 100;
    Date admitted = discharged - days < who->birth ? who->birth : discharged - days;
    Patient patient = patient_on(desk->county, SYNTH_APC_SPELL, person, discharged, stream);
    bool is_dead = who->death == discharged;

    patient_write_reference(desk, extract, 'S');
    extract_text(extract, patient.provider);
    bool is_right = patient_write(desk, extract, &patient, stream);
    extract_text(extract, patient.practice);
    extract_text(extract, kind->method);
    extract_text(extract, kind->source);
    extract_date(extract, admitted);
    patient_write_time(extract, stream);
    extract_text(extract, kind->classification);
    extract_text(extract, kind->classification[0] == '2' ? "2" : "1");
    extract_text(extract, is_dead ? "4" : "1");
    extract_text(extract,
                 is_dead ? "79"
                 : desk->county->dwellings[county_last_stay(desk->county, who)->dwelling].is_care_home
                     ? "85"
                     : "19");
    extract_date(extract, discharged);
    extract_integer(extract, discharged - admitted);
    extract_text(extract, kind->hrg);
    extract_pence(extract,
                  (int64_t)kind->price * (discharged - admitted + 2) / 2 + random_between(stream, 0, 9000));
    extract_text(extract, kind->specialty);
    extract_text(extract, kind->specialty);
    write_diagnoses(extract, who, kind);
    extract_text(extract, kind->procedure);
    patient_write_withheld(extract, &patient, stream);
    desk_end_row(desk, SYNTH_APC_SPELL, extract, patient_truth(&patient, is_right), stream);
}

/* Baby and mother; the mother is the woman of that age at home. */
static void write_birth(Desk *desk, Extract *extract, uint32_t child, Stream *stream)
{
    const County *county = desk->county;
    const Person *baby = &county->people[child];
    Date discharged = baby->birth + random_between(stream, 0, 3);
    if (baby->dwelling == NO_DWELLING || discharged > county->last_day)
        discharged = baby->birth;

    write_spell(desk, extract, child, discharged, &birth_kind, stream);
    if (baby->dwelling == NO_DWELLING)
        return;
    for (uint32_t p = county->dwellings[baby->dwelling].first_person; p != NOBODY;
         p = county->people[p].next_at_home) {
        int age = county_age(&county->people[p], baby->birth);
        if (county->people[p].sex != SEX_FEMALE || age < 15 || age >= 45)
            continue;
        write_spell(desk, extract, p, discharged, &delivery_kind, stream);
        return;
    }
}

static void write_person_spells(Desk *desk, Extract *extract, uint32_t person)
{
    const County *county = desk->county;
    const Person *who = &county->people[person];
    Stream stream = random_stream(county->options.seed, PURPOSE_SPELL, person, (uint64_t)county->month);
    int64_t ppm = health_admission_ppm(county, person);
    bool dies_here = who->death != DATE_NONE && who->death >= county->first_day &&
                     who->death <= county->last_day && write_place_of_death(county, person) == PLACE_HOSPITAL;

    if (who->birth >= county->first_day && who->birth <= county->last_day)
        write_birth(desk, extract, person, &stream);
    for (Date day = county->first_day; day <= county->last_day; day++) {
        if (!random_chance(&stream, ppm) || !county_lives_on(county, who, day) || who->death == day)
            continue;
        bool is_emergency = random_chance(&stream, 460000);
        const SpellKind *kind = is_emergency ? draw_kind(emergencies, SPELL_EMERGENCY_COUNT, &stream)
                                             : draw_kind(electives, SPELL_ELECTIVE_COUNT, &stream);
        Date date = desk_late(desk, SYNTH_APC_SPELL, day, &stream);
        write_spell(desk, extract, person, date < who->birth ? day : date, kind, &stream);
    }
    if (dies_here)
        write_spell(desk, extract, person, who->death, draw_kind(emergencies, SPELL_EMERGENCY_COUNT, &stream),
                    &stream);
}

Result write_spells(Desk *desk, Error *error)
{
    Delivery delivery = desk_delivery(desk, SYNTH_APC_SPELL, "kent-icb");
    SCOPED(extract_abandon) Extract extract = EXTRACT_CLOSED;

    delivery.status = "provisional";
    TRY(desk_open(desk, &delivery, &extract, error));
    for (uint32_t p = 0; p < desk->county->person_count; p++)
        if (!county_is_over(desk->county, &desk->county->people[p]))
            write_person_spells(desk, &extract, p);
    return desk_close(desk, SYNTH_APC_SPELL, &extract, error);
}
