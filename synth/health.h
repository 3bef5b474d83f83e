#pragma once
/* Private to synth: long-term conditions, smoking and the rates that follow from age, sex and deprivation. */
#include "synth/county.h"

extern const char *const CONDITION_CODES[CONDITION_COUNT];     /* SNOMED CT */
extern const char *const CONDITION_DIAGNOSES[CONDITION_COUNT]; /* ICD-10 without the point */
extern const char *const SMOKING_CODES[3];

/* Conditions, smoking and social care of someone who begins to live in the county. */
void health_begin(County *county, uint32_t person, Date at);
/* May add one condition this month; returns its bit or 0. The same person and month always give the same
 * answer. */
uint16_t health_new_condition(const County *county, uint32_t person);
/* When a condition held at the beginning was first recorded. */
Date health_onset(const County *county, uint32_t person, Condition condition);
int64_t health_care_ppm(const County *county, uint32_t person);       /* in long-term social care at all */
int64_t health_death_ppm(const County *county, uint32_t person);      /* a month */
int64_t health_attendance_ppm(const County *county, uint32_t person); /* a day */
int64_t health_admission_ppm(const County *county, uint32_t person);  /* a day, without maternity */
int64_t health_gp_ppm(const County *county, uint32_t person);         /* a day */
int health_body_mass_tenths(const County *county, uint32_t person);   /* kg/m2 */
