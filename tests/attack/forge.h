#pragma once
/*
 * A5: block tokens as an attacker makes them of a plain file by the source code, millions a second, under
 * keys of their own: of each rule every combination of the values' commonest parts.
 */
#include "tests/attack/attack.h"

/* What encodings of one purpose and key version are made under. */
typedef struct ForgedKey {
    uint8_t root[32];
    const char *purpose;
    int version;
} ForgedKey;

typedef struct Dictionary Dictionary;

/* The plain file's commonest parts: so many at most of each rule's parts. */
Dictionary *dictionary_open(const Files *files, size_t most);
void dictionary_close(Dictionary **dictionary);

typedef struct Forged {
    uint64_t guesses, hits; /* hits: guesses that are somebody's token */
    size_t named;           /* people of whom some token was guessed */
} Forged;

/* All guesses of the dictionary under one key, held against a hardened table. */
Forged dictionary_try(const Dictionary *dictionary, const Table *table, const ForgedKey *key);
