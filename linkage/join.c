#include "linkage/join.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "linkage/join_private.h"

enum {
    CHUNK_GROUPS = 16, /* packed, they fill half of a usual second cache */
    BATCH_MATCHES = 1024,
    THRESHOLD_MAX = 1000000,
};

typedef struct Join {
    JoinSide left, right;
    JoinEmit emit;
    void *context;
    pthread_mutex_t lock; /* around emit, report and error */
    JoinReport *report;
    Error *error;
    atomic_size_t chunk_next;
    atomic_bool has_failed;
} Join;

typedef struct Worker {
    Join *join;
    JoinLook *look;
    JoinTile *tile;
    JoinGroup *groups;
    size_t group_count;
    JoinMatch *matches;
    size_t match_count;
    pthread_t thread;
    bool is_started;
} Worker;

/* ---- matches ---- */

static void hand_out(Worker *worker)
{
    Join *join = worker->join;
    size_t count = worker->match_count;

    worker->match_count = 0;
    if (count == 0)
        return;
    (void)pthread_mutex_lock(&join->lock);
    if (!atomic_load(&join->has_failed)) {
        join->report->matches += count;
        if (!join->emit(join->context, worker->matches, count, join->error).ok)
            atomic_store(&join->has_failed, true);
    }
    (void)pthread_mutex_unlock(&join->lock);
}

static void add_match(Worker *worker, size_t query, size_t record, unsigned both, unsigned ones)
{
    const Join *join = worker->join;
    uint32_t left = join->left.places[query], right = join->right.places[record];

    if (worker->look->is_self && left > right) {
        left = right;
        right = join->left.places[query];
    }
    worker->matches[worker->match_count++] = (JoinMatch){left, right, (uint16_t)both, (uint16_t)ones};
    if (worker->match_count == BATCH_MATCHES)
        hand_out(worker);
}

/* The records of one mask, from `from` on. */
static void add_query(Worker *worker, const JoinGroup *group, unsigned query, unsigned from)
{
    const JoinLook *look = worker->look;
    const JoinTile *tile = worker->tile;

    for (uint64_t kept = look->kept[query][from / SIMILARITY_MASK]; kept != 0; kept &= kept - 1) {
        unsigned r = from + (unsigned)__builtin_ctzll(kept);
        unsigned both = look->counts.of[query][r], ones = tile->ones[query] + (unsigned)group->ones[r];
        if (both >= look->bounds->least[ones])
            add_match(worker, tile->first + query, group->first + r, both, ones);
    }
}

static void add_kept(Worker *worker, const JoinGroup *group)
{
    for (unsigned q = 0; q < worker->tile->count; q++)
        for (unsigned from = 0; from < SIMILARITY_GROUP; from += SIMILARITY_MASK)
            add_query(worker, group, q, from);
}

/* ---- chunks of groups, each against all queries ---- */

static bool may_match(const Worker *worker, size_t query, size_t query_end)
{
    const JoinGroup *first = &worker->groups[0], *last = &worker->groups[worker->group_count - 1];
    const uint16_t *ones = worker->join->left.ones;

    return join_any_may_match(worker->look->bounds, ones[query], ones[query_end - 1], first->ones[0],
                              last->ones[last->count - 1]);
}

static void compare_chunk(Worker *worker)
{
    const Join *join = worker->join;
    const JoinLook *look = worker->look;
    const JoinGroup *last = &worker->groups[worker->group_count - 1];
    size_t query_end = look->is_self ? last->first + last->count : join->left.set.count;

    for (size_t query = 0; query < query_end; query += SIMILARITY_TILE) {
        size_t left = join->left.set.count - query;
        if (!may_match(worker, query, query + (left < SIMILARITY_TILE ? left : SIMILARITY_TILE)))
            continue;
        join_tile_pack(&join->left, query, look->methods, worker->tile);
        for (size_t g = 0; g < worker->group_count; g++)
            if (join_look(worker->look, worker->tile, &worker->groups[g]))
                add_kept(worker, &worker->groups[g]);
    }
}

static bool take_chunk(Worker *worker)
{
    Join *join = worker->join;
    size_t chunk = atomic_fetch_add(&join->chunk_next, 1) * CHUNK_GROUPS * SIMILARITY_GROUP;

    worker->group_count = 0;
    while (worker->group_count < CHUNK_GROUPS && chunk < join->right.set.count) {
        join_group_pack(&join->right, chunk, worker->look->methods, &worker->groups[worker->group_count++]);
        chunk += SIMILARITY_GROUP;
    }
    return worker->group_count > 0;
}

static void *work(void *argument)
{
    Worker *worker = argument;
    Join *join = worker->join;

    while (!atomic_load(&join->has_failed) && take_chunk(worker))
        compare_chunk(worker);
    hand_out(worker);
    (void)pthread_mutex_lock(&join->lock);
    join->report->words_counted += worker->look->words_counted;
    (void)pthread_mutex_unlock(&join->lock);
    return NULL;
}

/* ---- all of it ---- */

static Result check(const SimilaritySet *left, const SimilaritySet *right, const JoinOptions *options,
                    Error *error)
{
    JoinThreshold threshold = options->threshold;

    if (threshold.numerator < 1 || threshold.numerator > threshold.denominator ||
        threshold.denominator > THRESHOLD_MAX)
        return fail(error, ERROR_CONFIG, "join: the threshold is not above 0 and at most 1");
    if (options->threads < 1 || options->threads > JOIN_THREADS_MAX)
        return fail(error, ERROR_CONFIG, "join: threads are 1 to %d", JOIN_THREADS_MAX);
    if ((left->words != 8 && left->words != SIMILARITY_WORDS_MAX) || left->words != right->words)
        return fail(error, ERROR_CONFIG, "join: encodings are of 512 or of 1024 bits, all alike");
    if (left->count > UINT32_MAX || right->count > UINT32_MAX)
        return fail(error, ERROR_LIMIT, "join: more than 2^32 - 1 records");
    return RESULT_OK;
}

static size_t worker_bytes(void)
{
    return sizeof(JoinLook) + sizeof(JoinBounds) + sizeof(JoinTile) + CHUNK_GROUPS * sizeof(JoinGroup) +
           BATCH_MATCHES * sizeof(JoinMatch) + 8 * JOIN_ALIGNMENT;
}

static void worker_make(Arena *arena, Join *join, const JoinLook *look, Worker *worker)
{
    worker->join = join;
    worker->look = join_alloc(arena, sizeof *look);
    memcpy(worker->look, look, sizeof *look);
    worker->tile = join_alloc(arena, sizeof *worker->tile);
    worker->groups = join_alloc(arena, CHUNK_GROUPS * sizeof worker->groups[0]);
    worker->matches = join_alloc(arena, BATCH_MATCHES * sizeof worker->matches[0]);
}

/* The caller's thread works too; a thread that does not start leaves its share to the others. */
static void run(Worker *workers, unsigned count)
{
    for (unsigned i = 1; i < count; i++)
        workers[i].is_started = pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0;
    (void)work(&workers[0]);
    for (unsigned i = 1; i < count; i++)
        if (workers[i].is_started)
            (void)pthread_join(workers[i].thread, NULL);
}

static size_t bytes_max(const SimilaritySet *left, const SimilaritySet *right, const JoinOptions *options)
{
    return join_side_bytes(left) + (right == NULL ? 0 : join_side_bytes(right)) +
           (options->threads + 1) * worker_bytes();
}

/* What all workers begin with: the order of the sets, and when pairs are looked at. */
static JoinLook *prepare(Arena *arena, const SimilaritySet *left, const SimilaritySet *right,
                         const JoinOptions *options, Join *join)
{
    JoinLook *look = join_alloc(arena, sizeof *look);
    JoinBounds *bounds = join_alloc(arena, sizeof *bounds);

    join_bounds_make(options->threshold, bounds);
    look->bounds = bounds;
    join_side_make(arena, left, &join->left);
    join->right = join->left;
    if (right != NULL)
        join_side_make(arena, right, &join->right);
    look->is_self = right == NULL;
    look->methods = options->methods != NULL ? options->methods : similarity_best();
    join_plan(&join->left, &join->right, arena, look);
    join->report->pairs =
        right == NULL ? (uint64_t)left->count * (left->count - 1) / 2 : (uint64_t)left->count * right->count;
    join->report->steps = look->steps.count;
    join->report->first_words = look->steps.words[0];
    return look;
}

Result join_pairs(const SimilaritySet *left, const SimilaritySet *right, const JoinOptions *options,
                  JoinEmit emit, void *context, JoinReport *report, Error *error)
{
    Worker workers[JOIN_THREADS_MAX] = {0};
    Join join = {.emit = emit, .context = context, .report = report, .error = error};

    *report = (JoinReport){0};
    TRY(check(left, right == NULL ? left : right, options, error));
    if (left->count == 0 || (right != NULL && right->count == 0))
        return RESULT_OK;
    SCOPED(arena_close) Arena *arena = arena_create(bytes_max(left, right, options));
    const JoinLook *look = prepare(arena, left, right, options, &join);
    (void)pthread_mutex_init(&join.lock, NULL);
    for (unsigned i = 0; i < options->threads; i++)
        worker_make(arena, &join, look, &workers[i]);
    run(workers, options->threads);
    (void)pthread_mutex_destroy(&join.lock);
    return (Result){.ok = !atomic_load(&join.has_failed)};
}
