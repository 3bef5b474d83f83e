#pragma once
/*
 * SNOMED CT concept identifiers by SNOMED International's rules for SCTIDs: 6 to 18 digits, the partition
 * (the two before the check digit) of a concept, Verhoeff's check digit. Of numbers that are none, one in a
 * thousand passes.
 */
#include "base/text.h"

bool snomed_is_concept(Text text);
