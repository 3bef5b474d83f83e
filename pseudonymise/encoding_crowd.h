#pragma once
/*
 * Private to pseudonymise: which blocks are crowded. A crowded block's token is not written: its size would
 * stand out among the others and could be told from public counts, and linkage would not compare it anyway.
 */
#include "pseudonymise/encoding_block.h"

typedef struct Crowd Crowd;

Crowd *crowd_create(void);
void crowd_add(Crowd *crowd, const BlockTokens *tokens, size_t rule_count);
/* The rules of whose blocks more than block_max records were added. Counts are never too low (a count-min
 * sketch), so that no crowded block slips through. */
uint64_t crowd_of(const Crowd *crowd, const BlockTokens *tokens, size_t rule_count, unsigned block_max);
void crowd_close(Crowd **crowd); /* wipes */
