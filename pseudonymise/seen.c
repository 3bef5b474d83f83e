#include "pseudonymise/seen.h"

#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/large_pages.h"

/* One cache line a bucket. Half of the slots stay empty at subjects_max, so few buckets ever overflow. */
enum { WAYS = 8 };

/*
 * The first half of the digest is the subject id and chooses the bucket, the second half is kept. So two
 * bundles whose ids clash are still told apart, both are sent, and publish finds the clash.
 */
typedef struct Bucket {
    uint64_t kept[WAYS]; /* newest first; 0: empty */
} Bucket;

struct Seen {
    size_t mask;
    Bucket *buckets;
};

Seen *seen_create(size_t subjects_max)
{
    Seen *seen = memory_alloc(sizeof *seen);
    size_t count = 1;

    while (count * WAYS < 2 * subjects_max && count < SIZE_MAX / (4 * sizeof(Bucket)))
        count *= 2;
    seen->mask = count - 1;
    seen->buckets = memory_alloc(count * sizeof(Bucket));
    large_pages_wish(seen->buckets, count * sizeof(Bucket));
    return seen;
}

static uint64_t half(const uint8_t digest[16], size_t from)
{
    uint64_t value;

    memcpy(&value, digest + from, sizeof value);
    return value;
}

void seen_expect(const Seen *seen, const uint8_t digest[16])
{
    __builtin_prefetch(&seen->buckets[half(digest, 0) & seen->mask]);
}

bool seen_contains(const Seen *seen, const uint8_t digest[16])
{
    const Bucket *bucket = &seen->buckets[half(digest, 0) & seen->mask];
    uint64_t kept = half(digest, 8);
    bool is_kept = false;

    for (int i = 0; i < WAYS; i++)
        is_kept |= bucket->kept[i] == kept; /* where it stands nobody can foretell */
    return is_kept && kept != 0;
}

void seen_add(Seen *seen, const uint8_t digest[16])
{
    Bucket *bucket = &seen->buckets[half(digest, 0) & seen->mask];

    memmove(bucket->kept + 1, bucket->kept, (WAYS - 1) * sizeof bucket->kept[0]);
    bucket->kept[0] = half(digest, 8);
}

void seen_close(Seen **seen)
{
    if (*seen == NULL)
        return;
    memory_free((*seen)->buckets);
    memory_free(*seen);
    *seen = NULL;
}
