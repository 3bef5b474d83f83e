#pragma once
/*
 * A release made up in memory for benchmarks of the engine: people with year and month of birth, sex and
 * district, their registrations, and about twenty events a person whose codes are as unequal as
 * 1 / (rank + 2)^0.9 over ten years.
 */
#include "base/config.h"
#include "query/dataset.h"

enum { EVENTS_PERSON, EVENTS_REGISTRATION, EVENTS_EVENT, EVENTS_SOURCES };
enum { PERSON_BIRTH_YEAR, PERSON_BIRTH_MONTH, PERSON_SEX, PERSON_DISTRICT, PERSON_DEATH, PERSON_COLUMNS };
enum { REGISTRATION_FROM, REGISTRATION_TO, REGISTRATION_DISTRICT, REGISTRATION_COLUMNS };
enum { EVENT_DAY, EVENT_CODE, EVENT_COLUMNS };
enum { EVENTS_SEXES = 2, EVENTS_DISTRICTS = 13, EVENTS_CODES = 20000 };

/* Words come in this order: sexes, districts, codes by rank. */
enum { WORD_SEX = 0, WORD_DISTRICT = EVENTS_SEXES, WORD_CODE = EVENTS_SEXES + EVENTS_DISTRICTS };

Date events_as_at(void); /* the last day of events */
/* The same people and events for the same number of people. */
const Dataset *events_make(uint32_t people, Arena *arena);

/* A program that makes them: its options are --people and one for a folder. */
typedef struct EventsProgram {
    const char *name;
    Option folder;                                                    /* without a target */
    Result (*run)(uint32_t people, const char *folder, Error *error); /* folder NULL: not given */
} EventsProgram;
/* The exit status; what went wrong is said under the program's name. */
int events_main(int argc, char **argv, const EventsProgram *program);
