#pragma once
/*
 * Private to pseudonymise: its three keyed primitives, by OpenSSL EVP. Contexts are made once and reused,
 * because setting a key up costs more than using it.
 */
#include <stddef.h>
#include <stdint.h>

#include <openssl/types.h>

#include "base/error.h"

enum { KEY_BYTES = 32, KEYED_HASH_BYTES = 32, KEYED_BLOCK_BYTES = 16 };

/* HMAC-SHA-256 (RFC 2104, FIPS 198-1) gives 32 bytes; AES-256-CMAC (NIST SP 800-38B) 16, at half the cost,
 * under a key of KEY_BYTES. */
typedef enum KeyedAlgorithm { KEYED_HMAC, KEYED_CMAC } KeyedAlgorithm;
Result keyed_hash_create(KeyedAlgorithm algorithm, const uint8_t *key, size_t key_length, EVP_MAC_CTX **hash,
                         Error *error) CHECKED;
/* Of CMAC the first KEYED_BLOCK_BYTES of digest. */
Result keyed_hash_of(EVP_MAC_CTX *hash, const void *message, size_t length, uint8_t digest[KEYED_HASH_BYTES],
                     Error *error) CHECKED;
void keyed_hash_close(EVP_MAC_CTX **hash);

/* AES-256 (FIPS 197) of single blocks. A block is a hash's first half, so two equal blocks mean equal values:
 * that is what a token is for, and why no mode is needed. */
typedef enum KeyedDirection { KEYED_UNLOCK, KEYED_LOCK } KeyedDirection;
Result keyed_block_create(const uint8_t key[KEY_BYTES], KeyedDirection direction, EVP_CIPHER_CTX **cipher,
                          Error *error) CHECKED;
/* Of so many blocks in place, each on its own. */
Result keyed_blocks_apply(EVP_CIPHER_CTX *cipher, uint8_t *blocks, size_t count, Error *error) CHECKED;
/* from and to may be one. */
Result keyed_block_apply(EVP_CIPHER_CTX *cipher, const uint8_t from[KEYED_BLOCK_BYTES],
                         uint8_t to[KEYED_BLOCK_BYTES], Error *error) CHECKED;
void keyed_block_close(EVP_CIPHER_CTX **cipher);

typedef struct KeyedDerivation {
    const uint8_t *secret;
    size_t secret_length;
    const uint8_t *salt; /* NULL: none */
    size_t salt_length;
    const void *info;
    size_t info_length;
} KeyedDerivation;

/* HKDF-SHA-256 (RFC 5869), extract and expand. */
Result keyed_derive(const KeyedDerivation *derivation, uint8_t *key, size_t key_length, Error *error) CHECKED;
