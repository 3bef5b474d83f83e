#include "pseudonymise/encoding_commonness.h"

#include "base/arena.h"
#include "base/secret.h"

enum { SLOTS_FIRST = 1 << 12, COMMON_FROM = 256, MIDDLING_FROM = 4096 }; /* one value in so many */

/* Of fewer values nothing is said: a name that stands in a short file twice is not common for that. At the
 * border of common there are then four. */
enum { KNOWN_FROM = 4 * COMMON_FROM };

typedef struct Slot {
    uint64_t key;   /* a hash of field and value under a start drawn at random: values are not kept */
    uint32_t count; /* 0: free */
} Slot;

struct Commonness {
    Slot *slots;
    size_t used, capacity; /* a power of two */
    uint64_t start;
    uint64_t totals[ENCODING_FIELDS_MAX];
};

Result commonness_create(Commonness **commonness, Error *error)
{
    SCOPED(commonness_close) Commonness *made = memory_alloc(sizeof *made);

    TRY(secret_random(&made->start, sizeof made->start, error));
    made->capacity = SLOTS_FIRST;
    made->slots = memory_alloc(made->capacity * sizeof *made->slots);
    *commonness = made;
    made = NULL;
    return RESULT_OK;
}

void commonness_close(Commonness **commonness)
{
    if (*commonness == NULL)
        return;
    if ((*commonness)->slots != NULL)
        secret_wipe((*commonness)->slots, (*commonness)->capacity * sizeof(Slot));
    memory_free((*commonness)->slots);
    memory_free(*commonness);
    *commonness = NULL;
}

static uint64_t key_of(const Commonness *commonness, size_t field, const EncodingValue *value)
{
    uint64_t key = commonness->start + field;

    for (size_t i = 0; i < value->length; i++)
        key = (key ^ (unsigned char)value->text[i]) * UINT64_C(1099511628211);
    key = (key ^ key >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    return key ^ key >> 27;
}

static Slot *slot_of(const Commonness *commonness, uint64_t key)
{
    size_t at = key & (commonness->capacity - 1);

    while (commonness->slots[at].count != 0 && commonness->slots[at].key != key)
        at = (at + 1) & (commonness->capacity - 1);
    return &commonness->slots[at];
}

static void grow(Commonness *commonness)
{
    Commonness larger = {.capacity = commonness->capacity * 2};

    larger.slots = memory_alloc(larger.capacity * sizeof *larger.slots);
    for (size_t i = 0; i < commonness->capacity; i++) {
        if (commonness->slots[i].count != 0)
            *slot_of(&larger, commonness->slots[i].key) = commonness->slots[i];
    }
    secret_wipe(commonness->slots, commonness->capacity * sizeof *commonness->slots);
    memory_free(commonness->slots);
    commonness->slots = larger.slots;
    commonness->capacity = larger.capacity;
}

void commonness_add(Commonness *commonness, size_t field, const EncodingValue *value)
{
    if (commonness->used * 2 >= commonness->capacity)
        grow(commonness);
    uint64_t key = key_of(commonness, field, value);
    Slot *slot = slot_of(commonness, key);
    commonness->used += slot->count == 0;
    slot->key = key;
    slot->count += slot->count < UINT32_MAX;
    commonness->totals[field]++;
}

unsigned commonness_class(const Commonness *commonness, size_t field, const EncodingValue *value)
{
    uint64_t total = commonness->totals[field];

    if (total < KNOWN_FROM)
        return COMMONNESS_UNKNOWN;
    uint64_t count = slot_of(commonness, key_of(commonness, field, value))->count;
    if (count * COMMON_FROM >= total)
        return COMMONNESS_COMMON;
    /* A value that is there once is middling or rare, and nobody can tell which. */
    if (total < MIDDLING_FROM)
        return COMMONNESS_UNKNOWN;
    return count * MIDDLING_FROM >= total ? COMMONNESS_MIDDLING : COMMONNESS_RARE;
}
