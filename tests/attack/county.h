#pragma once
/* An encoded table, its attacker's plain file, and how big and how talkative the tests are. */
#include <criterion/criterion.h>

#include "tests/attack/attack.h"

enum { FIELD_GIVEN, FIELD_FAMILY, FIELD_BORN, FIELD_SEX, FIELD_POSTCODE };

typedef struct County {
    People *people; /* where files finds them */
    Files files;
    Table table;
    Sheets sheets;
} County;

/* CINQUE_ATTACK_PEOPLE instead of usual, where it is set. CINQUE_ATTACK_FILE: the historical set, instead of
 * people that are made. */
size_t county_size(size_t usual);
/* Made people, as many as usual: what their figures are is known. */
bool county_is_usual(void);
County county_make(size_t count, int overlap, bool by_blocks);
/* people: given away. */
County county_of(People people, size_t count, int overlap, bool by_blocks);
void county_close(County *county);
/* To stdout with CINQUE_ATTACK_SAY: a line of docs/linkage.md's table. */
void county_say(const char *attack, int overlap, const Outcome *outcome);
