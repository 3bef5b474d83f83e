#pragma once
/* Private to synth: who lives together. Household types and ages are shaped after Census 2021. */
#include "synth/county.h"

/* Fills an empty dwelling with one household, at most people_max people; returns how many. Stays are not
 * made. */
uint32_t household_fill(County *county, uint32_t dwelling, Stream *stream, uint32_t people_max, Date at);
/* One resident of a care home. */
void household_add_resident(County *county, uint32_t dwelling, Stream *stream, Date at);
typedef struct Settlement {
    uint32_t dwelling, former; /* former NO_DWELLING: came from outside the county */
    Date since, former_from;
} Settlement;

/* Draws family names and practices of those in the dwelling who have none yet, and begins their stays. */
void household_settle(County *county, const Settlement *settlement, Stream *stream);
