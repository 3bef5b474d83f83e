#pragma once
/* A8: how much what can be seen beside the bits tells of people: their names' length, whether they are of a
 * kind that a minority has, whether their birth date is missing. */
#include "tests/attack/county.h"

enum { TOLD_SAID = 64, TOLD_OF = 24 };

typedef struct Told {
    double counts[TOLD_SAID][TOLD_OF], total;
} Told;

/* What is above is counted with the last. */
void told_count(Told *told, size_t said, size_t of);
/* Bits that one tells of the other, less what a table of so few tells by chance (Miller and Madow). */
double told_bits(const Told *told);

enum { OF_LENGTH, OF_KIND, OF_BIRTH, OF_COUNT };
/* Of a person in the encoded table, by the place in it. */
size_t told_of(const County *county, size_t row, int what);
extern const char *const told_names[OF_COUNT];

/* Everybody is in the attacker's file. One in eight has names of another kind, one in ten no birth date. */
County told_county(size_t count);
