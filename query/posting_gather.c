#include "query/posting_gather.h"

/* Of one list, in one window. */
typedef struct Slice {
    const int32_t *days;
    const uint32_t *people;
    uint32_t count;
} Slice;

typedef struct Gathering {
    uint64_t *bits;
    uint32_t *counts;
    int32_t *days;
} Gathering;

typedef void (*Take)(Slice slice, Gathering *gathering);

static void take_bits(Slice slice, Gathering *gathering)
{
    for (uint32_t i = 0; i < slice.count; i++)
        gathering->bits[slice.people[i] / 64] |= UINT64_C(1) << slice.people[i] % 64;
}

static void take_counts(Slice slice, Gathering *gathering)
{
    for (uint32_t i = 0; i < slice.count; i++)
        gathering->counts[slice.people[i]]++;
}

/* Days that are not known come first in their list, and are no one's first day. */
static void take_first_days(Slice slice, Gathering *gathering)
{
    for (uint32_t i = 0; i < slice.count; i++) {
        int32_t *first = &gathering->days[slice.people[i]];
        if (*first == SMALL_UNKNOWN || (slice.days[i] < *first && slice.days[i] != SMALL_UNKNOWN))
            *first = slice.days[i];
    }
}

static void take_last_days(Slice slice, Gathering *gathering)
{
    for (uint32_t i = 0; i < slice.count; i++) {
        int32_t *last = &gathering->days[slice.people[i]];
        *last = slice.days[i] > *last ? slice.days[i] : *last;
    }
}

/* How many days of the list come before this one. */
static uint32_t days_before(const PostingList *list, int64_t day)
{
    uint32_t from = 0, to = list->count;

    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (list->days[middle] < day)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static void take_list(const PostingRows *rows, const PostingList *list, Take take, Gathering *gathering)
{
    for (size_t w = 0; w < rows->window_count; w++) {
        uint32_t from = days_before(list, rows->windows[w].from);
        uint32_t to = days_before(list, (int64_t)rows->windows[w].to + 1);
        take((Slice){list->days + from, list->people + from, to - from}, gathering);
    }
}

static Take make_room(PlanKind kind, uint32_t people, Arena *arena, Gathering *gathering)
{
    switch (kind) {
    case PLAN_EXISTS:
        gathering->bits = arena_alloc(arena, ((size_t)people / 64 + 1) * sizeof *gathering->bits);
        return take_bits;
    case PLAN_COUNT:
        gathering->counts = arena_alloc(arena, (size_t)people * sizeof *gathering->counts);
        return take_counts;
    default:
        gathering->days = arena_alloc(arena, (size_t)people * sizeof *gathering->days);
        for (uint32_t p = 0; p < people; p++)
            gathering->days[p] = SMALL_UNKNOWN;
        return kind == PLAN_SMALLEST ? take_first_days : take_last_days;
    }
}

const PostingAnswer *posting_gather(const PostingRows *rows, PlanKind kind, uint32_t people, Arena *arena)
{
    Gathering gathering = {0};
    Take take = make_room(kind, people, arena, &gathering);
    PostingAnswer *answer = arena_alloc(arena, sizeof *answer);

    for (size_t i = 0; i < rows->list_count; i++)
        take_list(rows, &rows->postings->lists[rows->lists[i]], take, &gathering);
    *answer = (PostingAnswer){gathering.bits, gathering.counts, gathering.days};
    return answer;
}
