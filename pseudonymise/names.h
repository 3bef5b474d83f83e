#pragma once
/*
 * Private to pseudonymise: the outer layer of what subjects and records are called by. Providers know the
 * inner one; this is the hub's alone and of one space, and it never rotates, since rows are held together
 * by it.
 */
#include "pseudonymise/keyring.h"

typedef struct Names {
    EVP_CIPHER_CTX *subject, *record; /* NULL: a provider's, whose names have the inner layer alone */
    int64_t locked;
} Names;

Result names_open(const Keyring *keyring, const char *space, Names *names, Error *error) CHECKED;
void names_close(Names *names);
/* Blocks of 16 bytes in place, each a subject's digest. */
Result names_lock_subjects(Names *names, uint8_t *digests, size_t count, Error *error) CHECKED;
/* Of each block the first 8 bytes are a record's key. */
Result names_lock_records(Names *names, uint8_t *blocks, size_t count, Error *error) CHECKED;
/* What one is stored as: the first 8 bytes, big-endian. */
int64_t names_number(const uint8_t *block);
