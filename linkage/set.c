#include "linkage/set.h"

#include <string.h>

#include "base/arena.h"
#include "base/large_pages.h"
#include "base/secret.h"
#include "linkage/block.h"

enum {
    FORMAT = 1,
    FLAG_BY_BLOCKS = 1,
    FLAG_REFERENCE = 2,
    HEADER_BYTES = 24,
    SIZE_EXACT = 0x80,
    CHUNK_FIRST = 1 << 20,
    CHUNK_MOST = 1 << 26,
    SOURCES_MAX = 64,
};

/* Encodings stay where they were put: what is moved when it grows loses its large pages, and each view that
 * is compared is then looked up among pages that the processor does not know. */
struct SetChunk {
    SetChunk *previous;
    size_t used, capacity;
    uint8_t bytes[];
};

LinkageSet *linkage_set_create(void)
{
    return memory_alloc(sizeof(LinkageSet));
}

static void free_chunks(SetChunk *newest)
{
    for (SetChunk *chunk = newest, *previous; chunk != NULL; chunk = previous) {
        previous = chunk->previous;
        secret_wipe(chunk->bytes, chunk->used);
        memory_free(chunk);
    }
}

void linkage_set_close(LinkageSet **set)
{
    if (*set == NULL)
        return;
    block_index_close(&(*set)->index);
    memory_free((*set)->records);
    memory_free((*set)->references);
    free_chunks((*set)->newest);
    memory_free(*set);
    *set = NULL;
}

size_t linkage_set_count(const LinkageSet *set)
{
    return set->count;
}

/* ---- reading ---- */

static uint64_t number_at(const uint8_t *at, int bytes)
{
    uint64_t number = 0;

    for (int i = 0; i < bytes; i++)
        number = number << 8 | at[i];
    return number;
}

static Result no_encoding(Error *error)
{
    return fail(error, ERROR_INPUT, "encoding: not of a form that this version reads");
}

static Result shape_set(LinkageSet *set, const uint8_t *bytes, Error *error)
{
    set->by_blocks = (bytes[1] & FLAG_BY_BLOCKS) != 0;
    set->key_version = (uint16_t)number_at(bytes + 2, 2);
    set->scheme = (uint32_t)number_at(bytes + 4, 4);
    set->field_count = bytes[8];
    set->block_count = bytes[9];
    if (set->field_count == 0 || set->field_count > SET_FIELDS_MAX || set->block_count > SET_BLOCKS_MAX)
        return no_encoding(error);
    for (size_t i = 0; i < set->field_count; i++) {
        set->filter_bytes[i] = bytes[HEADER_BYTES + i] & ~SIZE_EXACT;
        set->is_exact[i] = (bytes[HEADER_BYTES + i] & SIZE_EXACT) != 0;
        if (set->filter_bytes[i] == 0 || set->filter_bytes[i] % 4 != 0)
            return no_encoding(error);
    }
    set->is_shaped = true;
    return RESULT_OK;
}

static Result check_shape(LinkageSet *set, Text encoding, Error *error)
{
    const uint8_t *bytes = (const uint8_t *)encoding.data;

    if (encoding.length < HEADER_BYTES || bytes[0] != FORMAT || bytes[8] > SET_FIELDS_MAX ||
        encoding.length < HEADER_BYTES + (size_t)bytes[8])
        return no_encoding(error);
    if (!set->is_shaped)
        TRY(shape_set(set, bytes, error));
    if (number_at(bytes + 2, 2) != set->key_version)
        return fail(error, ERROR_INPUT, "encoding: made under another key version than those before");
    bool same_sizes = bytes[8] == set->field_count;
    for (size_t i = 0; i < set->field_count && same_sizes; i++)
        same_sizes = bytes[HEADER_BYTES + i] == (set->filter_bytes[i] | (set->is_exact[i] ? SIZE_EXACT : 0));
    if (number_at(bytes + 4, 4) != set->scheme || !same_sizes || bytes[9] != set->block_count ||
        ((bytes[1] & FLAG_BY_BLOCKS) != 0) != set->by_blocks)
        return fail(error, ERROR_INPUT, "encoding: of another scheme than those before");
    return RESULT_OK;
}

static Result read_record(LinkageSet *set, Text encoding, bool is_reference, SetRecord *record, Error *error)
{
    const uint8_t *bytes = (const uint8_t *)encoding.data;

    TRY(check_shape(set, encoding, error));
    record->fields = (uint16_t)number_at(bytes + 10, 2);
    record->blocks = number_at(bytes + 12, 8);
    record->classes = (uint32_t)number_at(bytes + 20, 4);
    record->token_count = (uint8_t)__builtin_popcountll(record->blocks);
    for (size_t i = 0; i < set->field_count; i++)
        record->view_bytes += (record->fields >> i & 1) != 0 ? set->filter_bytes[i] : 0;
    size_t views = set->by_blocks && !is_reference ? record->token_count : 1;
    size_t start = HEADER_BYTES + set->field_count;
    if (((bytes[1] & FLAG_REFERENCE) != 0) != is_reference || record->fields >> set->field_count != 0 ||
        (set->block_count < SET_BLOCKS_MAX && record->blocks >> set->block_count != 0) ||
        encoding.length != start + (size_t)record->token_count * SET_TOKEN_BYTES + views * record->view_bytes)
        return no_encoding(error);
    return RESULT_OK;
}

static void add_chunk(LinkageSet *set, size_t bytes)
{
    size_t capacity = set->newest == NULL ? CHUNK_FIRST : 2 * set->newest->capacity;

    capacity = capacity > CHUNK_MOST ? CHUNK_MOST : capacity;
    capacity = capacity < bytes ? bytes : capacity;
    SetChunk *chunk = memory_alloc(sizeof *chunk + capacity);
    large_pages_wish(chunk, sizeof *chunk + capacity);
    chunk->capacity = capacity;
    chunk->previous = set->newest;
    set->newest = chunk;
}

static void keep_bytes(LinkageSet *set, Text encoding, SetRecord *record)
{
    size_t start = HEADER_BYTES + set->field_count, length = encoding.length - start;

    if (set->newest == NULL || length > set->newest->capacity - set->newest->used)
        add_chunk(set, length);
    uint8_t *kept = set->newest->bytes + set->newest->used;
    memcpy(kept, encoding.data + start, length);
    record->at = kept;
    set->newest->used += length;
}

static void keep_record(SetRecord **records, size_t *count, size_t *capacity, const SetRecord *record)
{
    *records = memory_room(*records, *count, capacity, sizeof **records);
    (*records)[(*count)++] = *record;
}

Result linkage_set_add(LinkageSet *set, Text encoding, unsigned source, Error *error)
{
    SetRecord record = {.source = (uint8_t)source};

    if (source >= SOURCES_MAX)
        return fail(error, ERROR_LIMIT, "linkage: more than %d sources", SOURCES_MAX);
    if (set->count == UINT32_MAX)
        return fail(error, ERROR_LIMIT, "linkage: more records than can be numbered");
    TRY(read_record(set, encoding, false, &record, error));
    block_index_close(&set->index);
    keep_bytes(set, encoding, &record);
    keep_record(&set->records, &set->count, &set->capacity, &record);
    return RESULT_OK;
}

Result linkage_set_add_reference(LinkageSet *set, Text encoding, Error *error)
{
    SetRecord record = {.source = 0};

    TRY(read_record(set, encoding, true, &record, error));
    keep_bytes(set, encoding, &record);
    keep_record(&set->references, &set->reference_count, &set->reference_capacity, &record);
    return RESULT_OK;
}

/* ---- looking ---- */

static size_t before(uint64_t mask, size_t bit)
{
    return (size_t)__builtin_popcountll(mask & ((UINT64_C(1) << bit) - 1));
}

const uint8_t *set_view(const LinkageSet *set, const SetRecord *record, size_t block)
{
    return set_view_at(record, set->by_blocks ? before(record->blocks, block) : 0);
}

const uint8_t *set_filter(const LinkageSet *set, const SetRecord *record, const uint8_t *view, size_t field)
{
    for (size_t i = 0; i < field; i++)
        view += (record->fields >> i & 1) != 0 ? set->filter_bytes[i] : 0;
    return view;
}
