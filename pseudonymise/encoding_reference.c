#include "pseudonymise/encoding_reference.h"

#include <string.h>

#include "base/arena.h"

struct Reference {
    size_t item_bytes[ENCODING_FIELDS_MAX],
        field_count; /* a filter, and its value's class in one more byte */
    uint64_t met[ENCODING_FIELDS_MAX];
    uint8_t *items[ENCODING_FIELDS_MAX];
    uint64_t random; /* which values are drawn need not be unguessable, only not a rule of the file */
    size_t taken;
    bool is_shuffled;
};

Result reference_create(const size_t *filter_bytes, size_t field_count, Reference **reference, Error *error)
{
    SCOPED(reference_close) Reference *made = memory_alloc(sizeof *made);

    made->field_count = field_count;
    for (size_t i = 0; i < field_count; i++) {
        made->item_bytes[i] = filter_bytes[i] + 1;
        made->items[i] = memory_alloc(ENCODING_REFERENCES * made->item_bytes[i]);
    }
    TRY(secret_random(&made->random, sizeof made->random, error));
    *reference = made;
    made = NULL;
    return RESULT_OK;
}

/* SplitMix64 (Steele and others 2014), below a bound. */
static uint64_t draw(uint64_t *state, uint64_t below)
{
    uint64_t mixed = *state += UINT64_C(0x9E3779B97F4A7C15);

    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94D049BB133111EB);
    return (mixed ^ mixed >> 31) % below;
}

bool reference_wants(Reference *reference, size_t field, size_t *slot)
{
    uint64_t met = reference->met[field]++;

    *slot = met < ENCODING_REFERENCES ? met : draw(&reference->random, met + 1);
    return *slot < ENCODING_REFERENCES && !reference->is_shuffled;
}

void reference_put(Reference *reference, size_t field, size_t slot, const uint8_t *filter, uint8_t class)
{
    uint8_t *item = reference->items[field] + slot * reference->item_bytes[field];

    memcpy(item, filter, reference->item_bytes[field] - 1);
    item[reference->item_bytes[field] - 1] = class;
}

static size_t held(const Reference *reference, size_t field)
{
    return reference->met[field] < ENCODING_REFERENCES ? reference->met[field] : ENCODING_REFERENCES;
}

/* Fisher-Yates from the system's generator: here the order is the secret, it would tie the fields of a record
 * together. */
static Result shuffle(Reference *reference, size_t field, Error *error)
{
    size_t bytes = reference->item_bytes[field];
    uint8_t *items = reference->items[field], kept[FILTER_BYTES_MAX + 1];

    for (size_t i = held(reference, field); i > 1; i--) {
        uint64_t random;
        TRY(secret_random(&random, sizeof random, error));
        uint8_t *last = items + (i - 1) * bytes, *other = items + random % i * bytes;
        memcpy(kept, last, bytes);
        memcpy(last, other, bytes);
        memcpy(other, kept, bytes);
    }
    return RESULT_OK;
}

Result reference_take(Reference *reference, uint8_t *filters, size_t *bytes, uint16_t *present,
                      uint32_t *classes, Error *error)
{
    *bytes = 0;
    *present = 0;
    *classes = 0;
    for (size_t i = 0; i < reference->field_count && !reference->is_shuffled; i++)
        TRY(shuffle(reference, i, error));
    reference->is_shuffled = true;
    for (size_t i = 0; i < reference->field_count; i++) {
        size_t one = reference->item_bytes[i] - 1;
        if (reference->taken >= held(reference, i))
            continue;
        const uint8_t *item = reference->items[i] + reference->taken * (one + 1);
        memcpy(filters + *bytes, item, one);
        *classes |= (uint32_t)item[one] << 2 * i;
        *bytes += one;
        *present |= (uint16_t)(1U << i);
    }
    reference->taken++;
    return RESULT_OK;
}

void reference_close(Reference **reference)
{
    if (*reference == NULL)
        return;
    for (size_t i = 0; i < (*reference)->field_count; i++) {
        secret_wipe((*reference)->items[i], ENCODING_REFERENCES * (*reference)->item_bytes[i]);
        memory_free((*reference)->items[i]);
    }
    memory_free(*reference);
    *reference = NULL;
}
