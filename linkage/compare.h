#pragma once
/* Private to linkage: how far the fields of two records agree, as one level a field. */
#include "linkage/set.h"

enum { LEVEL_EQUAL = 5 }; /* the first at which filters are equal */

/* Filters of both, as set_view gives them; levels as LinkagePattern has them. */
uint64_t compare_views(const LinkageSet *set, const SetRecord *a, const uint8_t *view_a, const SetRecord *b,
                       const uint8_t *view_b);
static inline unsigned compare_level(uint64_t levels, size_t field)
{
    return (unsigned)(levels >> 4 * field & 15);
}
/* What an equal field adds to LEVEL_EQUAL: how common its value is. */
unsigned compare_class(const LinkageSet *set, const SetRecord *a, const SetRecord *b, size_t field);
uint64_t compare_key(const uint8_t *filter, size_t bytes); /* equal of equal filters */
