#pragma once
/* Private to linkage: block tokens of those whom no number places, and who shares them. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

typedef struct TokenSlot {
    uint64_t key;          /* of rule and token; 0: free */
    uint32_t count, fresh; /* subjects that have it, and those of them that were not compared yet */
    bool is_wanted;        /* its subjects are to be read */
    /* Of a look at what is new: those of them that the run before did not hold; whether it wanted the slot.
     */
    bool was_wanted;
    uint32_t came;
} TokenSlot;

typedef struct TokenTable {
    TokenSlot *slots;
    /* Two bits for each key, of eight for each slot: most tokens that are asked for are not in the table, and
     * these stay in the processor's cache where slots do not. */
    uint64_t *marks;
    size_t used, capacity; /* a power of two */
} TokenTable;

enum { TOKEN_KEYS_MAX = 64 };

void token_table_add(TokenTable *table, uint64_t key);
TokenSlot *token_table_find(const TokenTable *table, uint64_t key); /* NULL: nobody free has it */
void token_table_close(TokenTable *table);
/* Of the head of an encoding; 0 keys where it is none by blocks. */
size_t token_keys(Text head, uint64_t keys[TOKEN_KEYS_MAX]);
