#pragma once
/* Private to synth: what happens to people in a month. */
#include "synth/county.h"

/* Lives the month that county->month names: deaths, births, moves, marriages, new numbers, a practice merger.
 */
void life_month(County *county);
