#pragma once
/*
 * Private to pseudonymise: which subjects this load has sent already. Bounded: when those near by are full
 * too a bucket forgets its oldest, and that subject is sent again, which the publish transaction drops.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Seen Seen;

Seen *seen_create(size_t subjects_max); /* 16 bytes a subject */
/* Asks memory for what seen_contains will look at: one subject's wait is another's too. */
void seen_expect(const Seen *seen, const uint8_t digest[16]);
bool seen_contains(const Seen *seen, const uint8_t digest[16]);
void seen_add(Seen *seen, const uint8_t digest[16]);
void seen_close(Seen **seen);
