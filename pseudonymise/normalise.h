#pragma once
/* Private to pseudonymise: normal forms that have no public door. */
#include <stddef.h>

#include "pseudonymise/pseudonymise.h"

enum { NHS_DIGITS = 10 };

/* pseudonymise_postcode; *length: of what is written, 0 unless it is valid. */
IdentifierState normalise_postcode(Text text, char out[9], size_t *length);

/* The most a byte of UTF-8 grows to when folded: U+FDFA, 3 bytes, becomes 18 letters and spaces in 33. */
enum { NORMALISE_FOLD_GROWTH = 12 };

/*
 * Names and addresses: case folded, compatibility forms resolved, marks stripped, everything but letters and
 * digits made a space, spaces squeezed. Invalid UTF-8 counts as a space. out: holds NORMALISE_FOLD_GROWTH *
 * text.length bytes; returns how many were written
 */
size_t normalise_fold(Text text, char *out);

/*
 * Of a folded address and its postcode, what two spellings of one address have in common: abbreviations
 * written out, town and county behind the street left out, with the postcode itself. Returns how many bytes
 * were written; 0: it names no home, or not surely one: it has no number, or a flat stands behind its street.
 */
enum { NORMALISE_ADDRESS_BYTES = 512 };
size_t normalise_address(Text folded, Text postcode, char out[NORMALISE_ADDRESS_BYTES]);

/* NHS Data Dictionary person stated gender code: '1', '2', '9', 'X'; 0 when the text is none of the known
 * ones. */
char normalise_sex(Text text);
