#pragma once
/*
 * The encodings table as a thief of the database holds it, and what can be read off it. Where a row is an
 * encoding, its columns are; else the thief lays what lies there side by side, word by word, in as many
 * columns, and takes it for tokens and filters.
 */
#include "tests/attack/county.h"

/* Head and filters one behind the other, sealed as a load stores them to the keyring's key; is_sealed false:
 * as they are. */
Table theft_make(const Table *encodings, const Keyring *keyring, bool is_sealed);
/* The county's sheets, with what the thief reads in place of what is stored. */
Sheets theft_sheets(const County *county, const Table *stolen);
/* Rows as bits, of the shortest's length. */
BitRows theft_bits(const Table *stolen);
/* Different lengths of rows. */
size_t theft_lengths(const Table *stolen);
