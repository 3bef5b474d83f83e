#pragma once
/*
 * Private to linkage: keyed combinations. Two records that share the tokens of several block rules agree in
 * all parts of them together, without anybody weighing how alike they are.
 */
#include "linkage/set.h"

/* The number stands above the fields' levels, of which there are at most SET_FIELDS_MAX. */
enum { COMBINATION_COUNT = 3, COMBINATION_AT = 4 * SET_FIELDS_MAX };

/* Bits of the rules that combination 1 to COMBINATION_COUNT takes. */
uint64_t combination_rules(unsigned combination);
/* The first of those that may link (bit 0: combination 1) whose tokens two records of the set share; 0: none.
 * It depends on their encodings, and on what the rules file says of their sources, alone. */
unsigned combination_of(const LinkageSet *set, uint32_t a, uint32_t b, unsigned may_link);

static inline unsigned combination_in(uint64_t levels)
{
    return (unsigned)(levels >> COMBINATION_AT);
}
