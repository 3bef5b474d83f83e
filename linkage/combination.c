#include "linkage/combination.h"

#include <assert.h>
#include <string.h>

/* Block rules by the place that pseudonymise gives them, of the database's fields and hardened: held against
 * its table by tests/attack/test_combination.c. */
enum {
    BIRTH_DATE_AND_POSTCODE = 0,
    ADDRESS_AND_BIRTH_DATE = 6,
    NAMES_AND_YEAR = 9,
    BIRTH_DATE_AND_AREA = 13
};

#define BIT(rule) (UINT64_C(1) << (rule))

/* Named in linkage.combination_name (schema/049_explain.sql). */
static const uint64_t combinations[COMBINATION_COUNT] = {
    BIT(NAMES_AND_YEAR) | BIT(BIRTH_DATE_AND_POSTCODE),
    BIT(NAMES_AND_YEAR) | BIT(ADDRESS_AND_BIRTH_DATE),
    BIT(NAMES_AND_YEAR) | BIT(BIRTH_DATE_AND_AREA),
};

uint64_t combination_rules(unsigned combination)
{
    assert(combination >= 1 && combination <= COMBINATION_COUNT);
    return combinations[combination - 1];
}

/* Tokens stand in the order of their rules. */
static const uint8_t *token_of(const SetRecord *record, uint64_t rule)
{
    size_t place = (size_t)__builtin_popcountll(record->blocks & (rule - 1));

    return set_tokens(record) + place * SET_TOKEN_BYTES;
}

static bool share_all(const SetRecord *a, const SetRecord *b, uint64_t rules)
{
    if ((a->blocks & b->blocks & rules) != rules)
        return false;
    for (; rules != 0; rules &= rules - 1) {
        uint64_t rule = rules & -rules;
        if (memcmp(token_of(a, rule), token_of(b, rule), SET_TOKEN_BYTES) != 0)
            return false;
    }
    return true;
}

unsigned combination_of(const LinkageSet *set, uint32_t a, uint32_t b, unsigned may_link)
{
    for (unsigned i = 0; i < COMBINATION_COUNT; i++) {
        if ((may_link >> i & 1) != 0 && share_all(&set->records[a], &set->records[b], combinations[i]))
            return i + 1;
    }
    return 0;
}
