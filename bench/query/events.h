#pragma once
/*
 * A release made up in memory for benchmarks of the engine: people with year and month of birth, sex and
 * district, their registrations, and about twenty events a person whose codes are as unequal as
 * 1 / (rank + 2)^0.9 over ten years.
 */
#include "query/dataset.h"

enum { EVENTS_PERSON, EVENTS_REGISTRATION, EVENTS_EVENT, EVENTS_SOURCES };
enum { PERSON_BIRTH_YEAR, PERSON_BIRTH_MONTH, PERSON_SEX, PERSON_DISTRICT, PERSON_DEATH, PERSON_COLUMNS };
enum { REGISTRATION_FROM, REGISTRATION_TO, REGISTRATION_DISTRICT, REGISTRATION_COLUMNS };
enum { EVENT_DAY, EVENT_CODE, EVENT_COLUMNS };
enum { EVENTS_SEXES = 2, EVENTS_DISTRICTS = 13, EVENTS_CODES = 20000, EVENTS_YEARS = 10 };

/* Words come in this order: sexes, districts, codes by rank. */
enum { WORD_SEX = 0, WORD_DISTRICT = EVENTS_SEXES, WORD_CODE = EVENTS_SEXES + EVENTS_DISTRICTS };

Date events_as_at(void); /* the last day of events */
/* The same people and events for the same number of people. */
const Dataset *events_make(uint32_t people, Arena *arena);
