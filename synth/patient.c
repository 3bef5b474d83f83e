#include "synth/patient.h"

#include <stdio.h>

enum { OTHER_TRUST_PPM = 50000 };

Patient patient_on(const County *county, SynthSource source, uint32_t person, Date date, Stream *stream)
{
    const Stay *stay = county_stay_on(county, &county->people[person], date);
    Patient patient = {.source = source, .person = person, .date = date};

    patient.provider_number = DISTRICTS[county_area(county, stay->dwelling)->district].hcp;
    if (random_chance(stream, OTHER_TRUST_PPM))
        patient.provider_number = random_below(stream, HCP_COUNT);
    patient.provider = PROVIDERS[patient.provider_number];
    (void)geography_practice_code(&county->geography.practices[stay->practice], patient.practice);
    patient.is_withheld = random_chance(stream, DIRT_RATES[source].withheld);
    return patient;
}

bool patient_write(const Desk *desk, Extract *extract, const Patient *patient, Stream *stream)
{
    const County *county = desk->county;
    const Person *who = &county->people[patient->person];
    char text[IDENTITY_BYTES];

    bool is_right = dirt_nhs_number(county, patient->source, patient->person, patient->date, stream, text);
    if (patient->is_withheld) {
        extract_empty(extract, 4);
        extract_integer(extract, who->sex);
        extract_text(extract, "Z");
        extract_empty(extract, 1);
        return false;
    }
    const char *status = "07";
    if (text[0] != '\0')
        status = is_right ? "01" : "02";
    extract_text(extract, text);
    extract_text(extract, status);
    extract_text(extract,
                 identity_local_id(county, patient->person, ISSUER_HOSPITAL, patient->provider_number, text));
    extract_date(extract, who->birth);
    extract_integer(extract, who->sex);
    (void)snprintf(text, sizeof text, "%.2s", random_chance(stream, 60000) ? "99" : who->ethnicity);
    extract_text(extract, text);
    extract_text(extract, desk_postcode(desk, patient->source, patient->person, patient->date, stream, text));
    return is_right;
}

void patient_write_withheld(Extract *extract, const Patient *patient, Stream *stream)
{
    static const char *const reasons[] = {"01", "02", "03"};
    const char *reason = reasons[random_below(stream, 3)];
    extract_text(extract, patient->is_withheld ? reason : "");
}

void patient_write_time(Extract *extract, Stream *stream)
{
    char text[16];
    (void)snprintf(text, sizeof text, "%02u:%02u", random_below(stream, 24), random_below(stream, 60));
    extract_text(extract, text);
}

void patient_write_reference(Desk *desk, Extract *extract, char letter)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%c%010llu", letter, (unsigned long long)++desk->references);
    extract_text(extract, text);
}

RowTruth patient_truth(const Patient *patient, bool is_right)
{
    return (RowTruth){patient->person, is_right, patient->is_withheld ? STATE_WITHHELD : STATE_OK};
}
