#pragma once
/*
 * Secret memory: on pages of its own, locked, excluded from core dumps and
 * from forked children, wiped on close. Keys live here and nowhere else.
 * Under AddressSanitizer mlock does nothing; lock tests run in release builds.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"

typedef struct Secret Secret;

/* Errors: ERROR_SYSTEM when the pages cannot be locked (RLIMIT_MEMLOCK). Content starts zeroed. */
Result secret_create(size_t bytes, Secret **secret, Error *error) CHECKED;
uint8_t *secret_bytes(Secret *secret);
size_t secret_length(const Secret *secret);
/* Takes time that depends on the lengths alone. */
bool secret_equal(const void *a, const void *b, size_t length);
/* Never optimised away: the compiler is told that the bytes are looked at. Here, since most of what is wiped
 * is a few words long, and a call would cost more. */
static inline void secret_wipe(void *memory, size_t bytes)
{
    if (bytes == 0)
        return;
    memset(memory, 0, bytes);
    __asm__ volatile("" : : "r"(memory) : "memory");
}
void secret_close(Secret **secret);
/* Fills from the operating system's generator through OpenSSL's RAND_priv_bytes. */
Result secret_random(void *memory, size_t bytes, Error *error) CHECKED;
/* RLIMIT_CORE 0 and PR_SET_DUMPABLE 0: called first by every program that may hold keys or identifiers. */
void secret_harden_process(void);
