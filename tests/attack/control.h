#pragma once
/*
 * The encoding that the literature breaks, as a control: a cryptographic long-term key of two fields,
 * 1024 bits, double hashing with 20 hashes, no salt. An attack that does not break it proves nothing.
 */
#include "tests/attack/people.h"

enum { CONTROL_BITS = 1024, CONTROL_BYTES = CONTROL_BITS / 8, CONTROL_HASHES = 20, CONTROL_GRAMS = 96 };

/* Bigrams of lower-case letters with edges (digits count as letters), as numbers below 27 * 27; those of both
 * names together. */
enum { GRAM_CODES = 27 * 27 };
size_t control_grams(const Person *person, size_t first, size_t second, uint16_t grams[CONTROL_GRAMS]);
/* Of two fields; key: 0 or 1. */
void control_encode(const Person *person, size_t first, size_t second, unsigned key,
                    uint8_t filter[CONTROL_BYTES]);
