#pragma once
/* What the filters of a table are to attacks on bits: rows of one size, likenesses, and what they stand for.
 */
#include "tests/attack/attack.h"

/* Both names; key: 0 or 1. */
BitRows bits_of_control(const Files *files, unsigned key);
/* Every filter of a field that the table holds, of all views; most: rows at most. owners: of each, whose it
 * is. */
BitRows bits_of_field(const Table *table, size_t field, size_t most, uint32_t *owners);
void bits_close(BitRows *bits);

/* Both names, by the control's bigrams. people: places in files->people->all. */
Values values_of_control(const Files *files, const uint32_t *people, size_t count);
/* One field, by the encoding's q-grams. */
Values values_of_field(const Files *files, const uint32_t *people, size_t count, size_t field);
void values_close(Values *values);
