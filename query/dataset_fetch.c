#include "query/dataset_fetch.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SQL_BYTES = 256 };

Result fetch_damaged(int64_t release_id, const BlockPlace *place, Error *error)
{
    return fail(error, ERROR_DATABASE,
                "release %" PRId64 " block %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32
                ": not what was published",
                release_id, place->kind, place->source, place->column, place->part);
}

void fetch_close(Fetch *fetch)
{
    block_unpacker_close(&fetch->unpacker);
}

static void next_place(Fetch *fetch)
{
    fetch->place.part = fetch->taken;
    if (fetch->parts != NULL && fetch->taken < fetch->part_count)
        fetch->place.part = (uint32_t)fetch->parts[fetch->taken];
}

/* The hash comes before anything that looks into the bytes. */
static Result take_block(void *context, const Value *row, Error *error)
{
    Fetch *fetch = context;
    const ManifestBlock *block = manifest_block(&fetch->kept->manifest, &fetch->place);
    Text content = row[1].text, raw;

    if (block == NULL || fetch->taken == fetch->part_count || row[0].integer != fetch->place.part ||
        row[1].is_null || content.length != block->packed_bytes)
        return fetch_damaged(fetch->kept->release_id, &fetch->place, error);
    Hash hash = hash_of(content.data, content.length);
    if (memcmp(hash.bytes, block->hash.bytes, HASH_BYTES) != 0 ||
        !block_unpacker_unpack(fetch->unpacker, content, block->bytes, &raw) || !fetch->take(fetch, raw))
        return fetch_damaged(fetch->kept->release_id, &fetch->place, error);
    fetch->taken++;
    next_place(fetch);
    return RESULT_OK;
}

Result fetch_parts(Db *reader, Fetch *fetch, Error *error)
{
    char sql[SQL_BYTES];
    DbStatement statement = {.name = "release blocks",
                             .sql = sql,
                             .parameters = {VALUE_INT4, VALUE_INT4, VALUE_INT4},
                             .columns = {VALUE_INT4, VALUE_BYTES}};
    const Value parameters[] = {
        value_int4(fetch->place.kind),
        value_int4(fetch->place.source),
        value_int4(fetch->place.column),
        {.type = VALUE_INT8_ARRAY, .array = {.items = fetch->parts, .count = fetch->part_count}},
    };

    if (fetch->parts != NULL)
        statement.parameters[3] = VALUE_INT8_ARRAY;
    (void)snprintf(sql, sizeof sql,
                   "SELECT part, content FROM release_%" PRId64 ".block"
                   " WHERE kind = $1 AND source = $2 AND \"column\" = $3%s ORDER BY part",
                   fetch->kept->release_id, fetch->parts != NULL ? " AND part = ANY ($4::int8[])" : "");
    next_place(fetch);
    TRY(block_unpacker_open(&fetch->unpacker, error));
    TRY(db_each(reader, &statement, parameters, take_block, fetch, error));
    if (fetch->taken != fetch->part_count)
        return fetch_damaged(fetch->kept->release_id, &fetch->place, error);
    return RESULT_OK;
}

static bool take_column_words(Fetch *fetch, Text raw)
{
    const Manifest *manifest = &fetch->kept->manifest;
    const ManifestColumn *column = &manifest->sources[fetch->place.source].columns[fetch->place.column];

    return blocks_take_column_words(raw, column->word_count, manifest->word_count, fetch->numbers);
}

Result fetch_column_words(Db *reader, const Kept *kept, const DatasetColumn *place, int32_t *numbers,
                          Error *error)
{
    SCOPED(fetch_close)
    Fetch fetch = {
        .kept = kept,
        .place = {.kind = BLOCK_COLUMN_WORDS, .source = place->source, .column = place->column},
        .part_count = 1,
        .take = take_column_words,
        .numbers = numbers,
    };

    return fetch_parts(reader, &fetch, error);
}
