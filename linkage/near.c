#include "linkage/near.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "linkage/join.h"

enum { WORDS = SIMILARITY_WORDS_MAX, PAIRS_MAX = 1 << 24 };

/* So alike over all fields that few differ; what is less alike shares a block or is somebody else. */
static const JoinThreshold threshold = {80, 100};

typedef struct Found {
    NearPairs *near;
    size_t capacity;
} Found;

static Result take(void *context, const JoinMatch *matches, size_t count, Error *error)
{
    Found *found = context;
    NearPairs *near = found->near;

    if (near->count + count > PAIRS_MAX)
        return fail(error, ERROR_LIMIT, "linkage: too many records are alike");
    for (size_t i = 0; i < count; i++) {
        near->pairs = memory_room(near->pairs, near->count, &found->capacity, sizeof *near->pairs);
        near->pairs[near->count++] = (NearPair){.a = matches[i].left, .b = matches[i].right};
    }
    return RESULT_OK;
}

static int compare_pairs(const void *a, const void *b)
{
    const NearPair *x = a, *y = b;

    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    return x->b < y->b ? -1 : x->b > y->b;
}

/* Each field at its own place; those that have no room any more are left out. */
static void fill_row(const LinkageSet *set, const SetRecord *record, uint64_t *row)
{
    const uint8_t *view = set_view(set, record, 0);
    uint8_t *bytes = (uint8_t *)row;
    size_t at = 0;

    for (size_t i = 0; i < set->field_count; i++) {
        size_t length = set->filter_bytes[i];
        bool is_present = (record->fields >> i & 1) != 0;
        if (is_present && at + length <= WORDS * sizeof *row)
            memcpy(bytes + at, view, length);
        view += is_present ? length : 0;
        at += length;
    }
}

void near_find(const LinkageSet *set, unsigned threads, NearPairs *near)
{
    const JoinOptions options = {.threshold = threshold, .threads = threads};
    Found found = {.near = near};
    JoinReport report;
    Error error = {0};

    *near = (NearPairs){0};
    if (set->by_blocks || set->count > NEAR_RECORDS_MAX)
        return;
    uint64_t *rows = memory_alloc((set->count + 1) * WORDS * sizeof *rows);
    for (size_t i = 0; i < set->count; i++)
        fill_row(set, &set->records[i], rows + i * WORDS);
    const SimilaritySet records = {.rows = rows, .count = set->count, .words = WORDS};
    if (!join_pairs(&records, NULL, &options, take, &found, &report, &error).ok)
        near->count = 0;
    memory_free(rows);
    if (near->count > 0)
        qsort(near->pairs, near->count, sizeof *near->pairs, compare_pairs);
}

void near_close(NearPairs *near)
{
    memory_free(near->pairs);
    *near = (NearPairs){0};
}
