#pragma once
/* Private to synth: what the two hospital sources share, whose rows carry no names, as they carry the number.
 */
#include "synth/desk.h"

typedef struct Patient {
    SynthSource source;
    uint32_t person;
    Date date;
    const char *provider;
    char practice[AREA_CODE_BYTES];
    uint32_t provider_number;
    bool is_withheld;
} Patient;

Patient patient_on(const County *county, SynthSource source, uint32_t person, Date date, Stream *stream);
/* The columns nhs_number_value to postcode. Returns whether the number is the patient's. */
bool patient_write(const Desk *desk, Extract *extract, const Patient *patient, Stream *stream);
void patient_write_withheld(Extract *extract, const Patient *patient, Stream *stream);
void patient_write_time(Extract *extract, Stream *stream);
/* A reference no other row has. */
void patient_write_reference(Desk *desk, Extract *extract, char letter);
RowTruth patient_truth(const Patient *patient, bool nhs_is_right);
