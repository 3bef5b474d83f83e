#include "query/posting.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum { DIGIT_BITS = 8, DIGITS = 1 << DIGIT_BITS, PERSON_BITS = 32 };

/* A row while lists are made: its day, from 0 for what is not known, above its person. */
typedef uint64_t Entry;

typedef struct Building {
    const DataSource *source;
    const int32_t *codes, *days; /* of the rows */
    uint32_t people, rows, place_count;
    uint32_t *place_begin; /* where each code's next entry goes; what is not known is at place 0 */
    int32_t first_day, last_day;
    Entry *entries;
    PostingList *lists;
    int32_t *list_days;
    uint32_t *list_people, list_count;
    atomic_uint list_next;
} Building;

typedef struct Worker {
    Building *building;
    Entry *spare; /* as long as the longest list */
    pthread_t thread;
} Worker;

static uint32_t place_of(int32_t code)
{
    return code == SMALL_UNKNOWN ? 0 : (uint32_t)code + 1;
}

/* ---- how many rows a code has, and which days there are ---- */

static void count_rows(Building *building)
{
    for (uint32_t i = 0; i < building->rows; i++)
        building->place_begin[place_of(building->codes[i]) + 1]++;
    for (uint32_t place = 0; place < building->place_count; place++)
        building->place_begin[place + 1] += building->place_begin[place];
}

static void find_days(Building *building)
{
    int32_t first = INT32_MAX, last = SMALL_UNKNOWN;

    for (uint32_t i = 0; i < building->rows; i++) {
        int32_t day = building->days[i];
        int32_t known = day == SMALL_UNKNOWN ? INT32_MAX : day;
        first = known < first ? known : first;
        last = day > last ? day : last;
    }
    building->first_day = last == SMALL_UNKNOWN ? 0 : first;
    building->last_day = last == SMALL_UNKNOWN ? -1 : last;
}

static Entry entry_of(const Building *building, int32_t day, uint32_t person)
{
    uint64_t from_first = day == SMALL_UNKNOWN ? 0 : (uint64_t)((int64_t)day - building->first_day) + 1;

    return from_first << PERSON_BITS | person;
}

/* Person by person, so that of one day they come in order. */
static void deal_rows(Building *building)
{
    const uint32_t *begin = building->source->begin;

    for (uint32_t p = 0; p < building->people; p++)
        for (uint32_t i = begin[p]; i < begin[p + 1]; i++)
            building->entries[building->place_begin[place_of(building->codes[i])]++] =
                entry_of(building, building->days[i], p);
}

/* Where dealing has ended in one code's entries, the next code's begin. Says how long the longest list is. */
static uint32_t make_lists(Building *building, int32_t *codes)
{
    uint32_t from = 0, longest = 0;

    for (uint32_t place = 0; place < building->place_count; place++) {
        uint32_t count = building->place_begin[place] - from;
        if (count == 0)
            continue;
        codes[building->list_count] = place == 0 ? SMALL_UNKNOWN : (int32_t)(place - 1);
        building->lists[building->list_count++] =
            (PostingList){building->list_days + from, building->list_people + from, count};
        longest = count > longest ? count : longest;
        from += count;
    }
    return longest;
}

/* ---- one list ---- */

static void sort_digit(const Entry *from, uint32_t count, unsigned shift, Entry *to)
{
    uint32_t places[DIGITS + 1] = {0};

    for (uint32_t i = 0; i < count; i++)
        places[(from[i] >> shift) % DIGITS + 1]++;
    for (unsigned digit = 0; digit < DIGITS; digit++)
        places[digit + 1] += places[digit];
    for (uint32_t i = 0; i < count; i++)
        to[places[(from[i] >> shift) % DIGITS]++] = from[i];
}

/* By days alone: people of one day stay in order. Says where the sorted entries are. */
static const Entry *sort_days(const Building *building, Entry *entries, uint32_t count, Entry *spare)
{
    uint64_t days = (uint64_t)((int64_t)building->last_day - building->first_day) + 2;

    for (unsigned shift = PERSON_BITS; days > 1; shift += DIGIT_BITS, days = (days + DIGITS - 1) / DIGITS) {
        sort_digit(entries, count, shift, spare);
        Entry *sorted = spare;
        spare = entries;
        entries = sorted;
    }
    return entries;
}

static void finish_list(const Building *building, uint32_t number, Entry *spare)
{
    const PostingList *list = &building->lists[number];
    size_t first = (size_t)(list->days - building->list_days);
    const Entry *sorted = sort_days(building, building->entries + first, list->count, spare);

    for (uint32_t i = 0; i < list->count; i++) {
        int64_t from_first = (int64_t)(sorted[i] >> PERSON_BITS);
        building->list_people[first + i] = (uint32_t)sorted[i];
        building->list_days[first + i] =
            from_first == 0 ? SMALL_UNKNOWN : (int32_t)(building->first_day + from_first - 1);
    }
}

static void *finish_lists(void *argument)
{
    const Worker *worker = argument;
    Building *building = worker->building;
    uint32_t number;

    while ((number = atomic_fetch_add(&building->list_next, 1)) < building->list_count)
        finish_list(building, number, worker->spare);
    return NULL;
}

/* The caller's thread works too; a thread that does not start leaves its share to the others. */
static void finish(Building *building, uint32_t longest, unsigned threads, Arena *scratch)
{
    Worker workers[POSTINGS_THREADS_MAX];
    unsigned started = 1;

    for (unsigned i = 0; i < threads; i++)
        workers[i] = (Worker){building, arena_alloc(scratch, longest * sizeof(Entry)), 0};
    while (started < threads &&
           pthread_create(&workers[started].thread, NULL, finish_lists, &workers[started]) == 0)
        started++;
    (void)finish_lists(&workers[0]);
    while (started > 1)
        (void)pthread_join(workers[--started].thread, NULL);
}

/* ---- all of them ---- */

void postings_build(const Dataset *dataset, uint16_t source, uint16_t code, uint16_t day, unsigned threads,
                    Arena *arena, Postings *postings)
{
    SCOPED(arena_close) Arena *scratch = arena_create(SIZE_MAX / 2);
    const DataSource *from = &dataset->sources[source];
    Building building = {.source = from,
                         .codes = from->columns[code].narrow,
                         .days = from->columns[day].narrow,
                         .people = dataset->people,
                         .rows = from->begin[dataset->people],
                         .place_count = (uint32_t)dataset->word_count + 1};
    size_t lists = building.rows < building.place_count ? building.rows : building.place_count;
    int32_t *codes = arena_alloc(arena, lists * sizeof *codes);

    assert(building.codes != NULL && building.days != NULL && threads >= 1 &&
           threads <= POSTINGS_THREADS_MAX);
    building.place_begin = arena_alloc(scratch, (building.place_count + 1) * sizeof *building.place_begin);
    building.entries = arena_alloc(scratch, building.rows * sizeof *building.entries);
    building.lists = arena_alloc(arena, lists * sizeof *building.lists);
    building.list_days = arena_alloc(arena, building.rows * sizeof *building.list_days);
    building.list_people = arena_alloc(arena, building.rows * sizeof *building.list_people);
    count_rows(&building);
    find_days(&building);
    deal_rows(&building);
    finish(&building, make_lists(&building, codes), threads, scratch);
    *postings = (Postings){
        code, day, codes, building.lists, building.list_count, building.first_day, building.last_day};
}
