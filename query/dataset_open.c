/* Opens the dataset of a release from its blocks, each checked against the manifest before it is opened. */
#include "query/dataset_open.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "query/dataset_listed.h"
#include "query_sql.h"

enum { SQL_BYTES = 192, LIVE_MAX = 4096 };
#define MANIFEST_ARENA_BYTES_MAX ((size_t)1 << 30)

static const DbStatement live_statement = {
    .name = "releases live",
    .sql = query_sql_release_live,
    .columns = {VALUE_INT8},
};

/* Datasets are kept for all threads of the process. */
static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;

static void unlock(pthread_mutex_t **lock)
{
    (void)pthread_mutex_unlock(*lock);
}

static pthread_mutex_t *lock_kept(void)
{
    (void)pthread_mutex_lock(&kept_lock);
    return &kept_lock;
}

/* ---- the manifest ---- */

Result dataset_read_manifest(Db *reader, int64_t release_id, const Hash *hash, Arena *arena,
                             Manifest *manifest, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const BlockPlace place = {0};
    char sql[SQL_BYTES];
    DbStatement statement = {.name = "release manifest", .sql = sql, .columns = {VALUE_BYTES}};

    (void)snprintf(sql, sizeof sql, "SELECT content FROM release_%" PRId64 ".block WHERE kind = 0",
                   release_id);
    TRY(db_run(reader, &statement, NULL, &rows, error));
    if (db_row_count(rows) != 1 || db_text(rows, 0, 0).length > MANIFEST_BYTES_MAX)
        return fetch_damaged(release_id, &place, error);
    Text bytes = db_text(rows, 0, 0);
    Hash held = hash_of(bytes.data, bytes.length);
    if (memcmp(held.bytes, hash->bytes, HASH_BYTES) != 0 || !manifest_take(bytes, arena, manifest))
        return fetch_damaged(release_id, &place, error);
    return RESULT_OK;
}

static bool take_words(Fetch *fetch, Text raw)
{
    uint32_t from = fetch->place.part * MANIFEST_WORDS_PART;
    uint32_t behind = fetch->kept->manifest.word_count - from;
    Text before = {0};
    size_t bytes;

    if (from > 0) /* where it is written: nobody can read it yet where it will be */
        before = (Text){fetch->to - fetch->words[from - 1].length, fetch->words[from - 1].length};
    if (!blocks_take_words(raw, behind < MANIFEST_WORDS_PART ? behind : MANIFEST_WORDS_PART,
                           from > 0 ? &before : NULL, fetch->to, fetch->at, fetch->words + from, &bytes))
        return false;
    fetch->to += bytes;
    fetch->at += bytes;
    return true;
}

/* The views first, then what they are of. */
static Result read_words(Db *reader, Kept *kept, Error *error)
{
    uint32_t count = kept->manifest.word_count;
    uint32_t part_count = count / MANIFEST_WORDS_PART + (count % MANIFEST_WORDS_PART > 0);
    size_t bytes = (count + (size_t)1) * sizeof(Text), views = bytes;

    for (uint32_t part = 0; part < part_count; part++) {
        const ManifestBlock *block =
            manifest_block(&kept->manifest, &(BlockPlace){.kind = BLOCK_WORDS, .part = part});
        bytes += block != NULL ? block->bytes : 0;
    }
    TRY(kept_reserve(bytes, &kept->words, error));
    SCOPED(fetch_close)
    Fetch fetch = {
        .kept = kept,
        .place = {.kind = BLOCK_WORDS},
        .part_count = part_count,
        .take = take_words,
        .memory = &kept->words,
        .words = kept->words.draft,
        .to = (char *)kept->words.draft + views,
        .at = (const char *)kept->words.data + views,
    };
    TRY(fetch_parts(reader, &fetch, error));
    TRY(sealed_seal(&kept->words, error));
    kept->dataset.words = kept->words.data;
    kept->dataset.word_count = count;
    return RESULT_OK;
}

/* ---- opening ---- */

/* is_live: of release_id */
static Result drop_retired(Db *reader, int64_t release_id, bool *is_live, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    int64_t live[LIVE_MAX];

    *is_live = false;
    TRY(db_run(reader, &live_statement, NULL, &rows, error));
    if (db_row_count(rows) > LIVE_MAX)
        return fail(error, ERROR_LIMIT, "release: more than %d are live", LIVE_MAX);
    for (size_t i = 0; i < db_row_count(rows); i++) {
        live[i] = db_int(rows, i, 0);
        *is_live = *is_live || live[i] == release_id;
    }
    kept_keep_only(live, db_row_count(rows));
    return RESULT_OK;
}

Result dataset_drop_retired(Db *reader, Error *error)
{
    SCOPED(unlock) pthread_mutex_t *lock = lock_kept();
    bool is_live;

    (void)lock;
    return drop_retired(reader, 0, &is_live, error);
}

static Result keep_release(Db *reader, int64_t release_id, const Hash *hash, Kept **kept, Error *error)
{
    SCOPED(arena_close) Arena *arena = arena_create(MANIFEST_ARENA_BYTES_MAX);
    Manifest manifest;

    TRY(dataset_read_manifest(reader, release_id, hash, arena, &manifest, error));
    Kept *made = kept_create(release_id, hash, &arena, &manifest);
    Result read = read_words(reader, made, error);
    if (!read.ok) {
        kept_close(made);
        return read;
    }
    kept_add(made);
    *kept = made;
    return RESULT_OK;
}

static DatasetHold *hold_create(Kept *kept)
{
    DatasetHold *hold = memory_alloc(sizeof *hold);

    hold->kept = kept;
    hold->pinned = memory_alloc(kept->manifest.source_count * sizeof *hold->pinned);
    for (size_t s = 0; s < kept->manifest.source_count; s++)
        hold->pinned[s] = memory_alloc((kept->sources[s].column_count + 1) * sizeof **hold->pinned);
    kept->holds++;
    return hold;
}

Result dataset_open(Db *reader, int64_t release_id, const Hash *manifest, DatasetHold **hold, Error *error)
{
    SCOPED(unlock) pthread_mutex_t *lock = lock_kept();
    Kept *kept;
    bool is_live;

    TRY(drop_retired(reader, release_id, &is_live, error));
    if (!is_live)
        return fail(error, ERROR_REFUSED, "release %" PRId64 ": not live", release_id);
    kept = kept_find(release_id, manifest);
    if (kept == NULL)
        TRY(keep_release(reader, release_id, manifest, &kept, error));
    *hold = hold_create(kept);
    (void)lock;
    return RESULT_OK;
}

const Dataset *dataset_of(const DatasetHold *hold)
{
    return &hold->kept->dataset;
}

void dataset_close(DatasetHold **hold)
{
    if (*hold == NULL)
        return;
    SCOPED(unlock) pthread_mutex_t *lock = lock_kept();
    Kept *kept = (*hold)->kept;

    for (size_t s = 0; s < kept->manifest.source_count; s++) {
        for (size_t p = 0; p <= kept->sources[s].column_count; p++)
            kept->pieces[s][p].pins -= (*hold)->pinned[s][p];
        memory_free((*hold)->pinned[s]);
    }
    for (size_t i = 0; i < (*hold)->lists_count; i++)
        (*hold)->lists[i]->piece.pins--;
    memory_free((*hold)->lists);
    memory_free((*hold)->pinned);
    memory_free(*hold);
    *hold = NULL;
    if (--kept->holds == 0 && kept->is_gone)
        kept_drop(kept);
    (void)lock;
}

/* ---- fetching ---- */

static uint32_t first_of(const Fetch *fetch)
{
    return fetch->place.part * fetch->kept->manifest.part_people;
}

static bool take_rows(Fetch *fetch, Text raw)
{
    const Manifest *manifest = &fetch->kept->manifest;
    uint32_t part = fetch->place.part, rows = manifest->sources[fetch->place.source].part_rows[part];

    return blocks_take_rows(raw, manifest_part_people(manifest, part), rows, fetch->begin + first_of(fetch));
}

static bool take_column(Fetch *fetch, Text raw)
{
    const Kept *kept = fetch->kept;
    const uint32_t *begin = kept->sources[fetch->place.source].begin;
    BlockColumn column = *fetch->column;
    size_t first_row = begin[first_of(fetch)];

    column.rows = (PartRows){.begin = begin + first_of(fetch),
                             .people = manifest_part_people(&kept->manifest, fetch->place.part)};
    return blocks_take_column(raw, &column,
                              (char *)fetch->memory->draft + first_row * blocks_value_bytes(column.column));
}

/* Pins a piece, and says whether it is still to be read. */
static bool pin(DatasetHold *hold, size_t source, size_t piece)
{
    KeptPiece *kept = &hold->kept->pieces[source][piece];

    kept->used = kept_use();
    if (!hold->pinned[source][piece]) {
        hold->pinned[source][piece] = true;
        kept->pins++;
    }
    return kept->memory.data == NULL;
}

static Result fill(Db *reader, Kept *kept, Fetch *fetch, size_t piece, Error *error)
{
    TRY(fetch_parts(reader, fetch, error));
    TRY(sealed_seal(fetch->memory, error));
    kept_show(kept, fetch->place.source, piece);
    return RESULT_OK;
}

static Result fetch_begin(DatasetHold *hold, Db *reader, uint16_t source, Error *error)
{
    Kept *kept = hold->kept;
    size_t piece = kept->sources[source].column_count;
    Sealed *memory = &kept->pieces[source][piece].memory;

    if (!pin(hold, source, piece))
        return RESULT_OK;
    TRY(kept_reserve(((size_t)kept->manifest.people + 1) * sizeof(uint32_t), memory, error));
    SCOPED(fetch_close)
    Fetch fetch = {
        .kept = kept,
        .place = {.kind = BLOCK_ROWS, .source = source},
        .part_count = manifest_part_count(&kept->manifest),
        .take = take_rows,
        .memory = memory,
        .begin = memory->draft,
    };
    Result filled = fill(reader, kept, &fetch, piece, error);
    if (!filled.ok)
        kept_release(memory);
    return filled;
}

static Result read_column(Db *reader, Kept *kept, const DatasetColumn *place, Sealed *memory, Error *error)
{
    SCOPED(arena_close) Arena *arena = NULL;
    BlockColumn column = {.column = &kept->manifest.sources[place->source].columns[place->column]};
    size_t numbers_bytes = ((size_t)column.column->word_count + 1) * sizeof(int32_t);

    if (column.column->type == TYPE_TEXT) {
        arena = arena_create(numbers_bytes + 64);
        column.numbers = arena_alloc(arena, numbers_bytes);
        TRY(fetch_column_words(reader, kept, place, (int32_t *)column.numbers, error));
    }
    SCOPED(fetch_close)
    Fetch fetch = {
        .kept = kept,
        .place = {.kind = BLOCK_COLUMN, .source = place->source, .column = place->column},
        .part_count = manifest_part_count(&kept->manifest),
        .take = take_column,
        .memory = memory,
        .column = &column,
    };
    return fill(reader, kept, &fetch, place->column, error);
}

static Result fetch_column(DatasetHold *hold, Db *reader, const DatasetColumn *place, Error *error)
{
    Kept *kept = hold->kept;
    Sealed *memory = &kept->pieces[place->source][place->column].memory;

    if (!pin(hold, place->source, place->column))
        return RESULT_OK;
    size_t rows = kept->sources[place->source].begin[kept->manifest.people];
    size_t bytes = blocks_value_bytes(&kept->manifest.sources[place->source].columns[place->column]);
    TRY(kept_reserve((rows + 1) * bytes, memory, error)); /* never none */
    Result filled = read_column(reader, kept, place, memory, error);
    if (!filled.ok) {
        kept_release(memory);
        return filled;
    }
    return kept_code(kept, place->source, place->column, error);
}

Result dataset_fetch(DatasetHold *hold, Db *reader, const DatasetColumn *columns, size_t count, Error *error)
{
    SCOPED(unlock) pthread_mutex_t *lock = lock_kept();

    for (size_t i = 0; i < count; i++) {
        TRY(fetch_begin(hold, reader, columns[i].source, error));
        TRY(fetch_column(hold, reader, &columns[i], error));
    }
    (void)lock;
    return RESULT_OK;
}

/* ---- what a plan reads ---- */

typedef struct Planned {
    DatasetHold *hold;
    Db *reader;
    const Plan *plan;
    PostingReader *postings; /* NULL: nothing is answered from lists */
    bool *is_read;           /* of each node: by nothing that lists answer */
} Planned;

static Result fetch_sources(const Planned *planned, Error *error)
{
    for (size_t i = 0; i < planned->plan->count; i++) {
        uint16_t level = planned->plan->nodes[i].level;
        uint16_t source = level == PLAN_PEOPLE ? 0 : level;
        TRY(fetch_begin(planned->hold, planned->reader, source, error));
        if (planned->postings != NULL)
            TRY(listed_find(planned->hold, planned->reader, source, error));
    }
    return RESULT_OK;
}

/* A node that no other uses is asked for itself. */
static void mark_roots(const Planned *planned, bool *is_used)
{
    const Plan *plan = planned->plan;

    for (size_t i = 0; i < plan->count; i++)
        for (uint32_t o = 0; o < plan->nodes[i].operand_count; o++)
            is_used[plan->nodes[i].operands[o]] = true;
    for (size_t i = 0; i < plan->count; i++)
        planned->is_read[i] = !is_used[i];
}

static Result fetch_node(const Planned *planned, PlanId id, Error *error)
{
    const PlanNode *node = &planned->plan->nodes[id];
    DatasetColumn place = {.source = node->level == PLAN_PEOPLE ? 0 : node->level, .column = node->column};
    PostingWant want;

    if (planned->postings != NULL && posting_wants(planned->postings, id, &want))
        return listed_fetch(planned->hold, planned->reader, &want, error);
    for (uint32_t o = 0; o < node->operand_count; o++)
        planned->is_read[node->operands[o]] = true;
    return node->kind == PLAN_COLUMN ? fetch_column(planned->hold, planned->reader, &place, error)
                                     : RESULT_OK;
}

/* Operands come before what uses them, so from the last to the first. */
static Result fetch_nodes(const Planned *planned, Error *error)
{
    for (size_t i = planned->plan->count; i-- > 0;)
        if (planned->is_read[i])
            TRY(fetch_node(planned, (PlanId)i, error));
    return RESULT_OK;
}

Result dataset_fetch_plan(DatasetHold *hold, Db *reader, const Plan *plan, PostingReader *postings,
                          Error *error)
{
    SCOPED(unlock) pthread_mutex_t *lock = lock_kept();
    SCOPED(arena_close) Arena *arena = arena_create(2 * plan->count + 64);
    const Planned planned = {.hold = hold,
                             .reader = reader,
                             .plan = plan,
                             .postings = postings,
                             .is_read = arena_alloc(arena, plan->count)};

    (void)lock;
    mark_roots(&planned, arena_alloc(arena, plan->count));
    TRY(fetch_sources(&planned, error));
    return fetch_nodes(&planned, error);
}
