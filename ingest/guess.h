#pragma once
/* What the name of a column says about it, before any value is looked at. Private to ingest. */
#include "ingest/spec.h"

/*
 * Whether a text may be told because it has the form of a column's name: 2 to 64 bytes from an ASCII letter
 * on, of letters, spaces and `_-./()&%`, at most four digits, at most ten words, and no postcode. A surname
 * has it too, so that the form alone is never enough: who asks must know that the line is a header.
 */
bool guess_is_name(Text text);
/* IdentityField, or SPEC_NONE. */
int guess_identity(Text name);
/* Of a person or a place where people are, beyond identities: telephone, e-mail, National Insurance, notes,
 * ... */
bool guess_is_personal(Text name);
/* Of when somebody was born, whatever form it has. */
bool guess_is_birth(Text name);
/* The day of a birth is in none of the others. */
bool guess_is_event(Text name);
/* 0: nothing in common, to 1: the same but for case and separators. Abbreviations and initials count. */
double guess_alike(Text a, Text b);
