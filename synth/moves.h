#pragma once
/* Private to synth: people and households who change homes. Vacated homes wait in county->vacated. */
#include "synth/county.h"

int moves_days(const County *county); /* in the present month */
Date moves_day(const County *county, Stream *stream, int first, int last);
bool moves_is_liable(const County *county, uint32_t person); /* for council tax where they live */
/* After a death or a departure: children do not stay alone, and an empty home is vacant. */
void moves_tidy_home(County *county, uint32_t dwelling, Date date);
void moves_leave_home(County *county, uint32_t person, Stream *stream);
void moves_enter_care_home(County *county, uint32_t person, Stream *stream);
/* Households that move within the county or leave it; returns how many left. */
size_t moves_homes(County *county, size_t homes);
/* As many households come as have gone. */
void moves_welcome(County *county, size_t households);
