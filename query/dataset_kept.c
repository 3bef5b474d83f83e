#include "query/dataset_kept.h"

#include <inttypes.h>
#include <string.h>

uint64_t kept_bytes_max = DATASET_BYTES_MAX;

static Kept *first_kept;
static uint64_t bytes_now;

uint64_t kept_bytes(void)
{
    return bytes_now;
}

Kept *kept_find(int64_t release_id, const Hash *hash)
{
    for (Kept *kept = first_kept; kept != NULL; kept = kept->next)
        if (kept->release_id == release_id && !kept->is_gone &&
            memcmp(kept->hash.bytes, hash->bytes, HASH_BYTES) == 0)
            return kept;
    return NULL;
}

uint64_t kept_use(void)
{
    static uint64_t uses;

    return ++uses;
}

/* ---- making ---- */

Kept *kept_create(int64_t release_id, const Hash *hash, Arena **arena, const Manifest *manifest)
{
    Arena *own = *arena;
    Kept *kept = arena_alloc(own, sizeof *kept);
    size_t count = manifest->source_count;

    *arena = NULL;
    *kept = (Kept){.release_id = release_id, .hash = *hash, .arena = own, .manifest = *manifest};
    kept->sources = arena_alloc(own, count * sizeof *kept->sources);
    kept->columns = arena_alloc(own, count * sizeof(DataColumn *));
    kept->ranges = arena_alloc(own, count * sizeof(DataRange *));
    kept->codes = arena_alloc(own, count * sizeof(DataCodes *));
    kept->pieces = arena_alloc(own, count * sizeof(KeptPiece *));
    kept->listed = arena_alloc(own, count * sizeof(KeptListed *));
    for (size_t s = 0; s < count; s++) {
        const ManifestSource *source = &manifest->sources[s];
        kept->columns[s] = arena_alloc(own, (source->column_count + 1) * sizeof(DataColumn));
        kept->ranges[s] = arena_alloc(own, (source->column_count + 1) * sizeof(DataRange));
        kept->codes[s] = arena_alloc(own, (source->column_count + 1) * sizeof(DataCodes));
        kept->pieces[s] = arena_alloc(own, (source->column_count + 1) * sizeof(KeptPiece));
        for (size_t c = 0; c < source->column_count; c++)
            kept->columns[s][c] =
                (DataColumn){.name = source->columns[c].name, .type = source->columns[c].type};
        kept->sources[s] = (DataSource){.name = source->name,
                                        .columns = kept->columns[s],
                                        .column_count = source->column_count,
                                        .ranges = kept->ranges[s],
                                        .codes = kept->codes[s]};
    }
    kept->dataset = (Dataset){.people = manifest->people, .sources = kept->sources, .source_count = count};
    return kept;
}

void kept_add(Kept *kept)
{
    kept->next = first_kept;
    first_kept = kept;
}

void kept_close(Kept *kept)
{
    Arena *arena = kept->arena;

    for (size_t s = 0; s < kept->manifest.source_count; s++) {
        for (size_t p = 0; p <= kept->sources[s].column_count; p++) {
            kept_release(&kept->pieces[s][p].memory);
            kept_release(&kept->pieces[s][p].codes);
        }
        kept_listed_close(kept->listed[s]);
    }
    kept_release(&kept->words);
    arena_close(&arena);
}

void kept_drop(Kept *kept)
{
    Kept **place = &first_kept;

    kept->is_gone = true;
    if (kept->holds > 0)
        return;
    while (*place != kept)
        place = &(*place)->next;
    *place = kept->next;
    kept_close(kept);
}

void kept_keep_only(const int64_t *release_ids, size_t count)
{
    for (Kept *kept = first_kept, *next; kept != NULL; kept = next) {
        size_t i = 0;
        next = kept->next;
        while (i < count && release_ids[i] != kept->release_id)
            i++;
        if (i == count)
            kept_drop(kept);
    }
}

/* ---- lists ---- */

void kept_list(Kept *kept, size_t source, KeptListed *listed)
{
    kept->listed[source] = listed;
    kept->sources[source].postings = &listed->postings;
    kept->sources[source].postings_count = 1;
}

static void drop_lists(KeptListed *listed, KeptLists *dropped)
{
    KeptLists **place = &listed->first;

    while (*place != dropped)
        place = &(*place)->next;
    *place = dropped->next;
    for (size_t i = 0; i < dropped->count; i++) {
        PostingList *list = &listed->lists[dropped->numbers[i]];
        *list = (PostingList){.count = list->count};
        listed->owners[dropped->numbers[i]] = NULL;
    }
    kept_release(&dropped->piece.memory);
    memory_free(dropped->numbers);
    memory_free(dropped);
}

void kept_listed_close(KeptListed *listed)
{
    if (listed == NULL)
        return;
    while (listed->first != NULL)
        drop_lists(listed, listed->first);
    memory_free(listed->lists);
    memory_free(listed->codes);
    memory_free(listed->ends);
    memory_free(listed->places);
    memory_free(listed->owners);
    memory_free(listed);
}

/* ---- memory ---- */

void kept_show(Kept *kept, size_t source, size_t piece)
{
    const void *data = kept->pieces[source][piece].memory.data;
    const ManifestSource *described = &kept->manifest.sources[source];

    if (piece == described->column_count) {
        kept->sources[source].begin = data;
        return;
    }
    DataColumn *column = &kept->columns[source][piece];
    if (column->type == TYPE_DECIMAL)
        column->decimals = data;
    else if (described->columns[piece].is_wide)
        column->wide = data;
    else
        column->narrow = data;
    if (data == NULL) {
        kept_release(&kept->pieces[source][piece].codes);
        kept->codes[source][piece] = (DataCodes){0};
    }
    /* its `begin` came before it, and tells how long it is */
    kept->ranges[source][piece] =
        column->narrow == NULL ? (DataRange){0}
                               : dataset_range(column, kept->sources[source].begin[kept->manifest.people]);
}

Result kept_code(Kept *kept, size_t source, size_t piece, Error *error)
{
    const DataColumn *column = &kept->columns[source][piece];
    size_t cells = kept->sources[source].begin[kept->manifest.people];
    Sealed *memory = &kept->pieces[source][piece].codes;
    int32_t values[DATA_CODES_MAX];
    uint32_t count;

    if (column->narrow == NULL || !dataset_values(column, cells, values, &count))
        return RESULT_OK;
    size_t values_bytes = count * sizeof *values;
    TRY(kept_reserve(values_bytes + cells + 1, memory, error)); /* never none */
    memcpy(memory->draft, values, values_bytes);
    dataset_code(column, cells, values, count, (uint8_t *)memory->draft + values_bytes);
    Result sealed = sealed_seal(memory, error);
    if (!sealed.ok) {
        kept_release(memory);
        return sealed;
    }
    kept->codes[source][piece] =
        (DataCodes){(const uint8_t *)memory->data + values_bytes, memory->data, count};
    return RESULT_OK;
}

/* Of the pieces that nobody has pinned: a column or `begin`, or lists. */
typedef struct Oldest {
    KeptPiece *found;
    Kept *kept;
    size_t source, piece;
    KeptLists *lists;
} Oldest;

static bool is_older(const KeptPiece *piece, const Oldest *oldest)
{
    return piece->memory.data != NULL && piece->pins == 0 &&
           (oldest->found == NULL || piece->used < oldest->found->used);
}

static Oldest find_oldest(void)
{
    Oldest oldest = {0};

    for (Kept *kept = first_kept; kept != NULL; kept = kept->next)
        for (size_t s = 0; s < kept->manifest.source_count; s++) {
            for (size_t p = 0; p <= kept->sources[s].column_count; p++)
                if (is_older(&kept->pieces[s][p], &oldest))
                    oldest = (Oldest){&kept->pieces[s][p], kept, s, p, NULL};
            KeptLists *lists = kept->listed[s] != NULL ? kept->listed[s]->first : NULL;
            for (; lists != NULL; lists = lists->next)
                if (is_older(&lists->piece, &oldest))
                    oldest = (Oldest){&lists->piece, kept, s, 0, lists};
        }
    return oldest;
}

static bool drop_oldest(void)
{
    Oldest oldest = find_oldest();

    if (oldest.lists != NULL) {
        drop_lists(oldest.kept->listed[oldest.source], oldest.lists);
        return true;
    }
    if (oldest.found != NULL) {
        kept_release(&oldest.found->memory);
        kept_show(oldest.kept, oldest.source, oldest.piece);
        return true;
    }
    for (Kept *kept = first_kept; kept != NULL; kept = kept->next)
        if (kept->holds == 0) {
            kept_drop(kept);
            return true;
        }
    return false;
}

Result kept_reserve(size_t bytes, Sealed *memory, Error *error)
{
    while (bytes > kept_bytes_max - bytes_now)
        if (bytes > kept_bytes_max || !drop_oldest())
            return fail(error, ERROR_LIMIT,
                        "query: what it reads of the release is larger than %" PRIu64 " bytes",
                        kept_bytes_max);
    TRY(sealed_create(bytes, memory, error));
    bytes_now += bytes;
    return RESULT_OK;
}

void kept_release(Sealed *memory)
{
    if (memory->data != NULL)
        bytes_now -= memory->bytes;
    sealed_close(memory);
}
