#include <string.h>

#include "query/index_private.h"
#include "query_sql.h"

static const DbStatement block_statement = {
    .name = "release block",
    .sql = query_sql_release_block,
    .parameters = {VALUE_BYTES, VALUE_INT4, VALUE_INT4, VALUE_INT4, VALUE_INT4, VALUE_INT4, VALUE_BYTES},
    .columns = {VALUE_INT8},
};

Result index_keep(Index *index, const BlockPlace *place, Text content, Error *error)
{
    const Value parameters[] = {
        index->permit,
        index->release,
        value_int4(place->kind),
        value_int4(place->source),
        value_int4(place->column),
        value_int4(place->part),
        value_bytes(content.data, content.length),
    };
    return db_run(index->releaser, &block_statement, parameters, NULL, error);
}

/* Until the first thread writes it. */
static void put_aside(Index *index, const BlockPlace *place, Text content)
{
    char *copy = memory_alloc(content.length + 1);

    memcpy(copy, content.data, content.length);
    index->packed =
        memory_room(index->packed, index->packed_count, &index->packed_max, sizeof *index->packed);
    index->packed[index->packed_count++] = (PackedBlock){*place, copy, content.length};
}

static void add_packed(Index *index, const BlockPlace *place, Text packed, size_t bytes)
{
    index->blocks = memory_room(index->blocks, index->block_count, &index->block_max, sizeof *index->blocks);
    index->blocks[index->block_count++] = (ManifestBlock){
        .place = *place,
        .packed_bytes = (uint32_t)packed.length,
        .bytes = (uint32_t)bytes,
        .hash = hash_of(packed.data, packed.length),
    };
    put_aside(index, place, packed);
}

Result index_block(Index *index, const BlockPlace *place, Text raw, Error *error)
{
    Text packed;

    if (raw.length > BLOCK_BYTES_MAX)
        return fail(error, ERROR_LIMIT, "release: a block of it is longer than %d bytes", BLOCK_BYTES_MAX);
    TRY(block_packer_pack(index->packer, raw, &packed, error));
    add_packed(index, place, packed, raw.length);
    return RESULT_OK;
}

/* In place of the last block, where it is smaller. */
static Result replace_block(Index *index, const BlockPlace *place, Text raw, Error *error)
{
    Text packed;

    TRY(block_packer_pack(index->packer, raw, &packed, error));
    if (packed.length >= index->blocks[index->block_count - 1].packed_bytes)
        return RESULT_OK;
    index->block_count--;
    memory_free(index->packed[--index->packed_count].content);
    add_packed(index, place, packed, raw.length);
    return RESULT_OK;
}

void index_reserve(Index *index, size_t count)
{
    if (index->raw != NULL && count <= index->raw_rows)
        return;
    index->raw_rows = count;
    index->raw = memory_resize(index->raw, numbers_bytes_max(count));
    index->numbers = memory_resize(index->numbers, (count + 1) * sizeof *index->numbers);
}

Result index_numbers(Index *index, const BlockPlace *place, size_t count, const PartRows *rows, Error *error)
{
    size_t length = numbers_put(index->numbers, count, NULL, index->raw);
    const Text raw = {.data = (const char *)index->raw, .length = length};

    TRY(index_block(index, place, raw, error));
    if (rows == NULL)
        return RESULT_OK;
    (void)numbers_put(index->numbers, count, rows, index->raw); /* as long as before */
    return replace_block(index, place, raw, error);
}
