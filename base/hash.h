#pragma once
/* SHA-256 (FIPS 180-4) by OpenSSL, for content hashes; keyed hashes of people live in pseudonymise. */
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum { HASH_BYTES = 32, HASH_TEXT_BYTES = 65 };

typedef struct Hash {
    uint8_t bytes[HASH_BYTES];
} Hash;

typedef struct HashStream HashStream;

HashStream *hash_open(void);
void hash_add(HashStream *stream, const void *data, size_t length);
/* The hash of all added so far; more may be added after. */
Hash hash_value(const HashStream *stream);
void hash_close(HashStream **stream);
Hash hash_of(const void *data, size_t length);
const char *hash_format(const Hash *hash, char out[HASH_TEXT_BYTES]); /* lower-case hex */
bool hash_parse(Text text, Hash *hash);
