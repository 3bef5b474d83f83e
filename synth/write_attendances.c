/* Emergency attendances; those of the second month arrive incomplete and are corrected a month later. */
#include <stdio.h>

#include "synth/health.h"
#include "synth/patient.h"

enum { CORRECTED_IN = 1, CORRECTION_LACKS_PPM = 80000 };

typedef struct Complaint {
    const char *complaint, *diagnosis;
    uint16_t weight;
} Complaint;

enum { COMPLAINT_COUNT = 8 };

static const Complaint complaints[COMPLAINT_COUNT] = {
    {"29857009", "102589003", 15},  {"21522001", "74400008", 14},   {"267036007", "233604007", 12},
    {"25064002", "82271004", 10},   {"386661006", "68566005", 12},  {"161891005", "161891005", 9},
    {"125605004", "125605004", 18}, {"267036007", "195967001", 10},
};

static bool write_attendance(Desk *desk, Extract *extract, const Patient *patient, Stream *stream)
{
    static const char *const departments[] = {"01", "02", "03", "04", "05"};
    static const uint16_t department_weights[] = {62, 2, 26, 4, 6};
    static const char *const acuities[] = {"1064891000000107", "1064911000000105", "1064901000000108",
                                           "1077241000000103", "1077251000000100"};
    static const uint16_t acuity_weights[] = {2, 12, 42, 38, 6};
    uint16_t weights[COMPLAINT_COUNT];

    for (size_t i = 0; i < COMPLAINT_COUNT; i++)
        weights[i] = complaints[i].weight;
    const Complaint *complaint = &complaints[random_pick(stream, weights, COMPLAINT_COUNT)];
    bool by_ambulance = random_chance(stream, 270000), is_admitted = random_chance(stream, 230000);
    char text[32];

    patient_write_reference(desk, extract, 'E');
    extract_text(extract, patient->provider);
    extract_text(extract, departments[random_pick(stream, department_weights, 5)]);
    bool is_right = patient_write(desk, extract, patient, stream);
    extract_text(extract, patient->practice);
    extract_date(extract, patient->date);
    patient_write_time(extract, stream);
    extract_text(extract, by_ambulance ? "1048031000000100" : "1048071000000103");
    extract_text(extract, random_chance(stream, 60000) ? "2" : "1");
    extract_text(extract, complaint->complaint);
    extract_text(extract, acuities[random_pick(stream, acuity_weights, 5)]);
    extract_text(extract, random_chance(stream, 120000) ? "" : complaint->diagnosis);
    extract_text(extract, is_admitted ? "306706006" : "306689006");
    (void)snprintf(text, sizeof text, "A%09u", random_below(stream, 1000000000));
    extract_text(extract, by_ambulance ? text : "");
    (void)snprintf(text, sizeof text, "VB%02dZ", random_between(stream, 1, 11));
    extract_text(extract, text);
    extract_pence(extract, random_between(stream, 7900, 42000));
    patient_write_withheld(extract, patient, stream);
    return is_right;
}

/* The file that is corrected later lacks some rows: a department that had not sent its own. */
static void write_person_attendances(Desk *desk, Extract *full, Extract *lacking, uint32_t person)
{
    const County *county = desk->county;
    const Person *who = &county->people[person];
    Stream stream = random_stream(county->options.seed, PURPOSE_ATTENDANCE, person, (uint64_t)county->month);
    int64_t ppm = health_attendance_ppm(county, person);

    for (Date day = county->first_day; day <= county->last_day; day++) {
        if (!random_chance(&stream, ppm) || !county_lives_on(county, who, day))
            continue;
        Date date = desk_late(desk, SYNTH_EC_ATTENDANCE, day, &stream);
        Patient patient =
            patient_on(county, SYNTH_EC_ATTENDANCE, person, date < who->birth ? day : date, &stream);
        bool is_right = write_attendance(desk, full, &patient, &stream);
        if (lacking != NULL && !random_chance(&stream, CORRECTION_LACKS_PPM)) {
            Stream other = stream;
            extract_copy_row(lacking, full);
            desk_end_row(desk, SYNTH_EC_ATTENDANCE, lacking, patient_truth(&patient, is_right), &other);
        }
        desk_end_row(desk, SYNTH_EC_ATTENDANCE, full, patient_truth(&patient, is_right), &stream);
    }
}

static void write_all_attendances(Desk *desk, Extract *full, Extract *lacking)
{
    for (uint32_t p = 0; p < desk->county->person_count; p++)
        if (!county_is_over(desk->county, &desk->county->people[p]))
            write_person_attendances(desk, full, lacking, p);
}

Result write_attendances(Desk *desk, Error *error)
{
    bool is_corrected = desk_month_index(desk) == CORRECTED_IN;
    Delivery delivery = desk_delivery(desk, SYNTH_EC_ATTENDANCE, "kent-icb");
    SCOPED(extract_abandon) Extract full = EXTRACT_CLOSED;
    SCOPED(extract_abandon) Extract lacking = EXTRACT_CLOSED;

    delivery.status = "provisional";
    if (!is_corrected) {
        TRY(desk_open(desk, &delivery, &full, error));
        write_all_attendances(desk, &full, NULL);
        return desk_close(desk, SYNTH_EC_ATTENDANCE, &full, error);
    }
    Delivery correction = delivery;
    desk_name(&correction, "corrected");
    correction.status = "final";
    correction.is_replacement = correction.arrives_last = true;
    correction.arrives++;
    TRY(desk_open(desk, &delivery, &lacking, error));
    TRY(desk_open(desk, &correction, &full, error));
    write_all_attendances(desk, &full, &lacking);
    TRY(desk_close(desk, SYNTH_EC_ATTENDANCE, &lacking, error));
    return desk_close(desk, SYNTH_EC_ATTENDANCE, &full, error);
}
