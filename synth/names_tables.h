#pragma once
/* Private to synth/names.c: the lists, and which part of a list serves whom. */
#include <stdint.h>

typedef struct NameRange {
    uint16_t first, count;
} NameRange;

enum { STREET_COUNT = 240 };

extern const char *const FAMILY_NAMES[];
extern const char *const GIVEN_NAMES[];
extern const char *const STREET_NAMES[];
extern const NameRange FAMILY_BY_GROUP[5]; /* White, mixed, Asian, Black, other */
extern const NameRange FAMILY_EUROPEAN;    /* from the Continent, within White */
extern const NameRange GIVEN_ASIAN[2];     /* male, female */
extern const NameRange GIVEN_EUROPEAN[2];
extern const NameRange GIVEN_BY_COHORT[3][2]; /* born before 1955, before 1990, later */
