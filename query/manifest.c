#include "query/manifest.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES_MAX = 63, SOURCE_BYTES_MIN = 28, COLUMN_BYTES_MIN = 16, BLOCK_BYTES = 24 + HASH_BYTES };

static const char MAGIC[] = "CQBLOCK1";
enum { MAGIC_BYTES = sizeof MAGIC - 1 };

uint32_t manifest_part_count(const Manifest *manifest)
{
    return manifest->people / manifest->part_people + (manifest->people % manifest->part_people > 0);
}

uint32_t manifest_part_people(const Manifest *manifest, uint32_t part)
{
    uint32_t behind = manifest->people - part * manifest->part_people;

    return behind < manifest->part_people ? behind : manifest->part_people;
}

/* ---- places ---- */

static int compare_places(const BlockPlace *a, const BlockPlace *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->source != b->source)
        return a->source < b->source ? -1 : 1;
    if (a->column != b->column)
        return a->column < b->column ? -1 : 1;
    return (a->part > b->part) - (a->part < b->part);
}

static int compare_blocks(const void *a, const void *b)
{
    return compare_places(&((const ManifestBlock *)a)->place, &((const ManifestBlock *)b)->place);
}

void manifest_sort(Manifest *manifest)
{
    qsort(manifest->blocks, manifest->block_count, sizeof *manifest->blocks, compare_blocks);
}

/* ---- writing ---- */

static void put_32(TextBuilder *out, uint64_t number)
{
    char bytes[4];

    for (int i = 0; i < 4; i++)
        bytes[i] = (char)(number >> (8 * i));
    text_add(out, (Text){.data = bytes, .length = sizeof bytes});
}

static void put_name(TextBuilder *out, Text name)
{
    put_32(out, name.length);
    text_add(out, name);
}

static void put_source(const ManifestSource *source, uint32_t part_count, TextBuilder *out)
{
    put_name(out, source->name);
    put_32(out, source->column_count);
    for (size_t c = 0; c < source->column_count; c++) {
        const ManifestColumn *column = &source->columns[c];
        put_name(out, column->name);
        put_32(out, column->type);
        put_32(out, column->is_wide);
        put_32(out, column->word_count);
    }
    put_32(out, source->is_listed);
    put_32(out, source->code);
    put_32(out, source->day);
    put_32(out, (uint32_t)source->first_day);
    put_32(out, (uint32_t)source->last_day);
    for (uint32_t part = 0; part < part_count; part++)
        put_32(out, source->part_rows[part]);
}

void manifest_put(const Manifest *manifest, TextBuilder *out)
{
    text_add_string(out, MAGIC);
    put_32(out, manifest->people);
    put_32(out, manifest->part_people);
    put_32(out, manifest->word_count);
    put_32(out, manifest->source_count);
    put_32(out, manifest->block_count);
    for (size_t s = 0; s < manifest->source_count; s++)
        put_source(&manifest->sources[s], manifest_part_count(manifest), out);
    for (size_t b = 0; b < manifest->block_count; b++) {
        const ManifestBlock *block = &manifest->blocks[b];
        put_32(out, block->place.kind);
        put_32(out, block->place.source);
        put_32(out, block->place.column);
        put_32(out, block->place.part);
        put_32(out, block->packed_bytes);
        put_32(out, block->bytes);
    }
    for (size_t b = 0; b < manifest->block_count; b++)
        text_add(out, (Text){(const char *)manifest->blocks[b].hash.bytes, HASH_BYTES});
}

/* ---- reading: what is not there reads as 0, and is_whole says so at the end ---- */

typedef struct Cursor {
    Text rest;
    bool is_whole;
} Cursor;

static Text take(Cursor *cursor, size_t length)
{
    if (length > cursor->rest.length) {
        *cursor = (Cursor){0};
        return (Text){0};
    }
    Text taken = text_slice(cursor->rest, 0, length);
    cursor->rest = text_slice(cursor->rest, length, cursor->rest.length);
    return taken;
}

static uint32_t take_32(Cursor *cursor)
{
    Text bytes = take(cursor, 4);
    uint32_t number = 0;

    for (size_t i = 0; i < bytes.length; i++)
        number |= (uint32_t)(unsigned char)bytes.data[i] << (8 * i);
    return number;
}

/* How many things follow, of so many bytes each at least. */
static size_t take_count(Cursor *cursor, size_t bytes_min, size_t most)
{
    size_t count = take_32(cursor);

    if (count > most || count > cursor->rest.length / bytes_min) {
        *cursor = (Cursor){0};
        return 0;
    }
    return count;
}

static Text take_name(Cursor *cursor, Arena *arena)
{
    Text name = take(cursor, take_count(cursor, 1, NAME_BYTES_MAX));

    return text_copy(arena, name);
}

static void take_column(Cursor *cursor, Arena *arena, ManifestColumn *column)
{
    column->name = take_name(cursor, arena);
    uint32_t type = take_32(cursor), is_wide = take_32(cursor);
    column->word_count = take_32(cursor);
    cursor->is_whole = cursor->is_whole && type <= TYPE_DECIMAL && is_wide <= 1 &&
                       (type == TYPE_NUMBER || is_wide == 0) &&
                       (type == TYPE_TEXT || column->word_count == 0);
    column->type = cursor->is_whole ? (QueryType)type : TYPE_BOOL;
    column->is_wide = is_wide == 1;
}

static bool is_column(const ManifestSource *source, uint32_t column, QueryType type)
{
    return column < source->column_count && source->columns[column].type == type;
}

/* Of a source that is not listed all is 0. */
static void take_listed(Cursor *cursor, ManifestSource *source)
{
    uint32_t is_listed = take_32(cursor), code = take_32(cursor), day = take_32(cursor),
             first = take_32(cursor), last = take_32(cursor);

    source->is_listed = is_listed == 1;
    if (is_listed == 1)
        cursor->is_whole = cursor->is_whole && is_column(source, code, TYPE_TEXT) &&
                           is_column(source, day, TYPE_DATE) &&
                           source->columns[code].word_count <= MANIFEST_LISTED_WORDS_MAX;
    else
        cursor->is_whole = cursor->is_whole && (is_listed | code | day | first | last) == 0;
    source->code = (uint16_t)code;
    source->day = (uint16_t)day;
    source->first_day = (int32_t)first;
    source->last_day = (int32_t)last;
}

static uint32_t take_count_of_rows(Cursor *cursor)
{
    uint32_t count = take_32(cursor);

    cursor->is_whole = cursor->is_whole && count <= MANIFEST_PART_ROWS_MAX;
    return count;
}

static void take_source(Cursor *cursor, uint32_t part_count, Arena *arena, ManifestSource *source)
{
    uint64_t rows = 0;

    source->name = take_name(cursor, arena);
    source->column_count = take_count(cursor, COLUMN_BYTES_MIN, MANIFEST_COLUMNS_MAX);
    source->columns = arena_alloc(arena, (source->column_count + 1) * sizeof *source->columns);
    for (size_t c = 0; c < source->column_count; c++)
        take_column(cursor, arena, &source->columns[c]);
    take_listed(cursor, source);
    if (!cursor->is_whole || part_count > cursor->rest.length / 4) {
        cursor->is_whole = false;
        return;
    }
    source->part_rows = arena_alloc(arena, ((size_t)part_count + 1) * sizeof *source->part_rows);
    for (uint32_t part = 0; part < part_count && cursor->is_whole; part++)
        rows += source->part_rows[part] = take_count_of_rows(cursor);
    cursor->is_whole = cursor->is_whole && rows <= UINT32_MAX;
}

static void take_block(Cursor *cursor, const ManifestBlock *before, ManifestBlock *block)
{
    uint32_t kind = take_32(cursor), source = take_32(cursor), column = take_32(cursor),
             part = take_32(cursor);

    *block = (ManifestBlock){.place = {kind, source, column, part}};
    block->packed_bytes = take_32(cursor);
    block->bytes = take_32(cursor);
    cursor->is_whole = cursor->is_whole && kind != BLOCK_MANIFEST && kind < BLOCK_KIND_COUNT &&
                       block->bytes <= BLOCK_BYTES_MAX &&
                       (before == NULL || compare_places(&before->place, &block->place) < 0);
}

static void take_blocks(Cursor *cursor, Manifest *manifest)
{
    for (size_t b = 0; b < manifest->block_count; b++)
        take_block(cursor, b > 0 ? &manifest->blocks[b - 1] : NULL, &manifest->blocks[b]);
    for (size_t b = 0; b < manifest->block_count; b++) {
        Text hash = take(cursor, HASH_BYTES);
        if (hash.length == HASH_BYTES)
            memcpy(manifest->blocks[b].hash.bytes, hash.data, HASH_BYTES);
    }
}

bool manifest_take(Text bytes, Arena *arena, Manifest *manifest)
{
    Cursor cursor = {.rest = bytes, .is_whole = true};

    cursor.is_whole = text_equal(take(&cursor, MAGIC_BYTES), text_from(MAGIC));
    manifest->people = take_32(&cursor);
    manifest->part_people = take_32(&cursor);
    manifest->word_count = take_32(&cursor);
    manifest->source_count = take_count(&cursor, SOURCE_BYTES_MIN, MANIFEST_SOURCES_MAX);
    manifest->block_count = take_count(&cursor, BLOCK_BYTES, SIZE_MAX);
    if (!cursor.is_whole || manifest->people > INT32_MAX || manifest->word_count > INT32_MAX ||
        manifest->part_people == 0 || manifest->part_people > BLOCK_PART_PEOPLE ||
        manifest->source_count == 0)
        return false;
    uint32_t part_count = manifest_part_count(manifest);
    manifest->sources = arena_alloc(arena, (manifest->source_count + 1) * sizeof *manifest->sources);
    manifest->blocks = arena_alloc(arena, (manifest->block_count + 1) * sizeof *manifest->blocks);
    for (size_t s = 0; s < manifest->source_count && cursor.is_whole; s++)
        take_source(&cursor, part_count, arena, &manifest->sources[s]);
    if (cursor.is_whole)
        take_blocks(&cursor, manifest);
    return cursor.is_whole && cursor.rest.length == 0;
}

const ManifestBlock *manifest_block(const Manifest *manifest, const BlockPlace *place)
{
    size_t from = 0, to = manifest->block_count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = compare_places(&manifest->blocks[middle].place, place);
        if (order == 0)
            return &manifest->blocks[middle];
        if (order < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return NULL;
}
