#include "ingest/keys.h"

#include <assert.h>
#include <string.h>

#include "base/secret.h"
#include "ingest/decode.h"

enum { KEY_SEPARATOR = 0x1F };

struct Keys {
    const IngestSpec *spec;
    char *bytes;
    size_t length, capacity;
};

Keys *keys_open(const IngestSpec *spec)
{
    Keys *keys = memory_alloc(sizeof *keys);
    size_t parts = spec->key_count;

    for (size_t i = 0; i < spec->reference_count; i++)
        if (spec->references[i].is_by_key)
            parts += spec->references[i].column_count;
    keys->spec = spec;
    keys->capacity = parts * (spec->format.record_bytes_max * DECODE_GROWTH_MAX + 1);
    if (keys->capacity > 0)
        keys->bytes = memory_alloc(keys->capacity);
    return keys;
}

/* How many parts have a value. */
static size_t join(Keys *keys, const Text *texts, const int *columns, size_t count, Text *joined)
{
    size_t start = keys->length, found = 0;

    for (size_t i = 0; i < count; i++) {
        Text part = texts[columns[i]];
        found += part.length > 0;
        assert(keys->length + part.length < keys->capacity);
        if (i > 0)
            keys->bytes[keys->length++] = KEY_SEPARATOR;
        (void)text_put(keys->bytes + keys->length, part);
        keys->length += part.length;
    }
    *joined = (Text){.data = count > 0 ? keys->bytes + start : NULL, .length = keys->length - start};
    return found;
}

/* Of a removal nothing is read but its own key. What refers in part only refers to nothing. */
void keys_join(Keys *keys, const Text *texts, RuleRow *row)
{
    const IngestSpec *spec = keys->spec;
    size_t next = 0;
    Text joined;

    keys->length = 0;
    row->record_key = join(keys, texts, spec->key, spec->key_count, &joined) > 0 ? joined : TEXT("");
    for (size_t i = 0; i < spec->reference_count && !row->is_removal; i++) {
        const SpecReference *reference = &spec->references[i];
        if (!reference->is_by_key)
            continue;
        size_t found = join(keys, texts, reference->columns, reference->column_count, &joined);
        row->references[next++] = found == reference->column_count ? joined : TEXT("");
    }
}

void keys_wipe(Keys *keys)
{
    if (keys->bytes != NULL)
        secret_wipe(keys->bytes, keys->capacity);
}

void keys_close(Keys **keys)
{
    if (*keys == NULL)
        return;
    keys_wipe(*keys);
    memory_free((*keys)->bytes);
    memory_free(*keys);
    *keys = NULL;
}
