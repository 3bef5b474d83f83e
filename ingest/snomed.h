#pragma once
/*
 * SNOMED CT concept identifiers by SNOMED International's rules for SCTIDs: 6 to 18 digits, the partition
 * (the two before the check digit) of a concept, Verhoeff's check digit. Of numbers that are none, one in a
 * thousand passes.
 */
#include "base/text.h"

enum { SNOMED_DIGITS_MAX = 18 };

bool snomed_is_concept(Text text);
/*
 * One that begins so, of a length no edition has used up; number 0: `begins` itself if it is one. False: none
 * is made.
 */
bool snomed_text(Text begins, uint64_t number, char text[SNOMED_DIGITS_MAX], size_t *length);
