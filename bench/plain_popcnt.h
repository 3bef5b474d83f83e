#pragma once
/*
 * What others do, as the denominator: one query walks all records, 16 words with POPCNT each. Built with
 * -O3 -mpopcnt; as fast as anonlink's core (172 against 173 to 188 million pairs a second on one Zen 4 core).
 */
#include <stddef.h>
#include <stdint.h>

enum { PLAIN_WORDS = 16 };

/* How many of the records share at least so many ones with the query. */
uint64_t plain_count_at_least(const uint64_t *query, const uint64_t *rows, size_t count, unsigned at_least);

/* Of every record: how many ones it shares with the query. */
void plain_shared(const uint64_t *query, const uint64_t *rows, size_t count, uint16_t *shared);
