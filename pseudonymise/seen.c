#include "pseudonymise/seen.h"

#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/large_pages.h"

/* One cache line a bucket; who finds theirs full stands in the next that is not, at most REACH on. Half of
 * the slots are empty at subjects_max, and one bucket in twenty-five is full. */
enum { WAYS = 8, REACH = 16 };

/*
 * The first half of the digest is the subject id and chooses the bucket, the second half is kept. So two
 * bundles whose ids clash are still told apart, both are sent, and publish finds the clash.
 */
typedef struct Bucket {
    uint64_t kept[WAYS]; /* oldest first; 0: empty */
} Bucket;
_Static_assert(sizeof(Bucket) == CACHE_LINE_BYTES, "one wait for memory");

struct Seen {
    size_t mask;
    Bucket *buckets; /* in memory, each of one line */
    void *memory;
};

Seen *seen_create(size_t subjects_max)
{
    Seen *seen = memory_alloc(sizeof *seen);
    size_t count = 1;

    while (count * WAYS < 2 * subjects_max && count < SIZE_MAX / (4 * sizeof(Bucket)))
        count *= 2;
    seen->mask = count - 1;
    seen->memory = memory_alloc(count * sizeof(Bucket) + CACHE_LINE_BYTES);
    seen->buckets = cache_line_in(seen->memory);
    large_pages_wish(seen->buckets, count * sizeof(Bucket));
    return seen;
}

static uint64_t half(const uint8_t digest[16], size_t from)
{
    uint64_t value;

    memcpy(&value, digest + from, sizeof value);
    return value;
}

static Bucket *bucket_from(const Seen *seen, const uint8_t digest[16], size_t step)
{
    return &seen->buckets[(half(digest, 0) + step) & seen->mask];
}

static bool is_full(const Bucket *bucket)
{
    return bucket->kept[WAYS - 1] != 0;
}

void seen_expect(const Seen *seen, const uint8_t digest[16])
{
    __builtin_prefetch(bucket_from(seen, digest, 0));
}

static bool holds(const Bucket *bucket, uint64_t kept)
{
    bool is_kept = false;

    for (int i = 0; i < WAYS; i++)
        is_kept |= bucket->kept[i] == kept; /* where it stands nobody can foretell */
    return is_kept;
}

bool seen_contains(const Seen *seen, const uint8_t digest[16])
{
    uint64_t kept = half(digest, 8);

    for (size_t step = 0; step < REACH; step++) {
        const Bucket *bucket = bucket_from(seen, digest, step);
        if (holds(bucket, kept))
            return kept != 0;
        if (!is_full(bucket))
            return false;
    }
    return false;
}

static void forget_oldest(Bucket *bucket)
{
    memmove(bucket->kept, bucket->kept + 1, (WAYS - 1) * sizeof bucket->kept[0]);
    bucket->kept[WAYS - 1] = 0;
}

void seen_add(Seen *seen, const uint8_t digest[16])
{
    Bucket *bucket = bucket_from(seen, digest, 0);
    int way = 0;

    for (size_t step = 1; step < REACH && is_full(bucket); step++)
        bucket = bucket_from(seen, digest, step);
    if (is_full(bucket))
        forget_oldest(bucket = bucket_from(seen, digest, 0));
    while (bucket->kept[way] != 0)
        way++;
    bucket->kept[way] = half(digest, 8);
}

void seen_close(Seen **seen)
{
    if (*seen == NULL)
        return;
    memory_free((*seen)->memory);
    memory_free(*seen);
    *seen = NULL;
}
