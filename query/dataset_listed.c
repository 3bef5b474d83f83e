#include "query/dataset_listed.h"

#include <stdlib.h>
#include <string.h>

/* ---- where the lists are ---- */

static bool take_listed(Fetch *fetch, Text raw)
{
    const ManifestSource *source = &fetch->kept->manifest.sources[fetch->place.source];
    uint64_t rows = 0;

    for (uint32_t part = 0; part < manifest_part_count(&fetch->kept->manifest); part++)
        rows += source->part_rows[part];
    return blocks_take_listed(raw, source->columns[source->code].word_count, rows, fetch->context);
}

/* Numbered as in the column's words, which is the order of the blocks; 0 is the unknown code. */
typedef struct Numbered {
    int32_t code; /* among all words */
    uint32_t place, count;
} Numbered;

static int compare_numbered(const void *a, const void *b)
{
    const Numbered *x = a, *y = b;

    return (x->code > y->code) - (x->code < y->code);
}

static size_t number_lists(const int32_t *words, const uint64_t *ends, size_t count, Numbered *numbered)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        uint64_t rows = ends[i] - (i > 0 ? ends[i - 1] : 0);
        if (rows > 0)
            numbered[kept++] = (Numbered){i == 0 ? SMALL_UNKNOWN : words[i - 1], (uint32_t)i, (uint32_t)rows};
    }
    qsort(numbered, kept, sizeof *numbered, compare_numbered);
    return kept;
}

static KeptListed *make_listed(const ManifestSource *source, const Numbered *numbered, size_t count,
                               uint64_t *ends, size_t end_count)
{
    KeptListed *listed = memory_alloc(sizeof *listed);

    listed->lists = memory_alloc((count + 1) * sizeof *listed->lists);
    listed->codes = memory_alloc((count + 1) * sizeof *listed->codes);
    listed->places = memory_alloc((count + 1) * sizeof *listed->places);
    listed->owners = memory_alloc((count + 1) * sizeof(KeptLists *));
    listed->ends = ends;
    listed->end_count = end_count;
    for (size_t i = 0; i < count; i++) {
        listed->lists[i] = (PostingList){.count = numbered[i].count};
        listed->codes[i] = numbered[i].code;
        listed->places[i] = numbered[i].place;
    }
    listed->postings = (Postings){
        .code = source->code,
        .day = source->day,
        .codes = listed->codes,
        .lists = listed->lists,
        .list_count = (uint32_t)count,
        .first_day = source->first_day,
        .last_day = source->last_day,
    };
    return listed;
}

/* Two words of a column that are the same word would make two lists of one code. */
static bool are_distinct(const Numbered *numbered, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (numbered[i - 1].code == numbered[i].code)
            return false;
    return true;
}

static Result read_listed(Db *reader, Kept *kept, uint16_t source, int32_t *words, uint64_t *ends,
                          Error *error)
{
    const DatasetColumn place = {.source = source, .column = kept->manifest.sources[source].code};
    SCOPED(fetch_close)
    Fetch fetch = {
        .kept = kept,
        .place = {.kind = BLOCK_LISTED, .source = source},
        .part_count = 1,
        .take = take_listed,
        .context = ends,
    };

    TRY(fetch_column_words(reader, kept, &place, words, error));
    return fetch_parts(reader, &fetch, error);
}

Result listed_find(DatasetHold *hold, Db *reader, uint16_t source, Error *error)
{
    Kept *kept = hold->kept;
    const ManifestSource *described = &kept->manifest.sources[source];

    if (!described->is_listed || kept->listed[source] != NULL)
        return RESULT_OK;
    size_t count = (size_t)described->columns[described->code].word_count + 1;
    SCOPED(arena_close) Arena *arena = arena_create(count * (sizeof(int32_t) + sizeof(Numbered)) + 64);
    int32_t *words = arena_alloc(arena, count * sizeof *words);
    Numbered *numbered = arena_alloc(arena, count * sizeof *numbered);
    uint64_t *ends = memory_alloc(count * sizeof *ends);
    Result read = read_listed(reader, kept, source, words, ends, error);
    size_t list_count = read.ok ? number_lists(words, ends, count, numbered) : 0;
    if (read.ok && !are_distinct(numbered, list_count))
        read = fetch_damaged(kept->release_id, &(BlockPlace){.kind = BLOCK_LISTED, .source = source}, error);
    if (!read.ok) {
        memory_free(ends);
        return read;
    }
    kept_list(kept, source, make_listed(described, numbered, list_count, ends, count));
    return RESULT_OK;
}

/* ---- bringing lists ---- */

/* Rows of the blocks, from..to-1, and where they go. */
typedef struct Wanted {
    uint64_t from, to, at;
} Wanted;

typedef struct Bringing {
    const KeptListed *listed;
    const Wanted *wanted; /* ascending */
    size_t count, next;   /* next: the first that reaches into the block that comes */
    int32_t *days;
    uint32_t *people;
    uint32_t *begin; /* of the block's pieces */
    void *block;     /* its days or people */
} Bringing;

static uint64_t row_count(const KeptListed *listed)
{
    return listed->ends[listed->end_count - 1];
}

static size_t first_list_behind(const KeptListed *listed, uint64_t row)
{
    size_t from = 0, to = listed->end_count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (listed->ends[middle] <= row)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* The pieces of lists between two rows; lists without rows have none. */
static PartRows find_pieces(const Bringing *bringing, uint64_t from, uint64_t to)
{
    const KeptListed *listed = bringing->listed;
    size_t pieces = 0;
    uint64_t end = from;

    bringing->begin[0] = 0;
    for (size_t list = first_list_behind(listed, from); end < to; list++) {
        if (listed->ends[list] == end)
            continue;
        end = listed->ends[list] < to ? listed->ends[list] : to;
        bringing->begin[++pieces] = (uint32_t)(end - from);
    }
    return (PartRows){.begin = bringing->begin, .people = pieces};
}

static void copy_wanted(Bringing *bringing, uint64_t from, uint64_t to, uint32_t *out)
{
    const uint32_t *block = bringing->block;

    while (bringing->next < bringing->count && bringing->wanted[bringing->next].to <= from)
        bringing->next++;
    for (size_t i = bringing->next; i < bringing->count && bringing->wanted[i].from < to; i++) {
        const Wanted *wanted = &bringing->wanted[i];
        uint64_t first = wanted->from > from ? wanted->from : from, last = wanted->to < to ? wanted->to : to;
        memcpy(out + wanted->at + (first - wanted->from), block + (first - from),
               (last - first) * sizeof *block);
    }
}

static bool take_lists(Fetch *fetch, Text raw)
{
    Bringing *bringing = fetch->context;
    const ManifestSource *source = &fetch->kept->manifest.sources[fetch->place.source];
    uint64_t from = (uint64_t)fetch->place.part * MANIFEST_LISTED_PART, rows = row_count(bringing->listed);
    uint64_t to = rows - from < MANIFEST_LISTED_PART ? rows : from + MANIFEST_LISTED_PART;

    const PartRows pieces = find_pieces(bringing, from, to);
    if (fetch->place.kind == BLOCK_LISTED_PEOPLE) {
        if (!blocks_take_listed_people(raw, &pieces, fetch->kept->manifest.people, bringing->block))
            return false;
        copy_wanted(bringing, from, to, bringing->people);
        return true;
    }
    if (!blocks_take_listed_days(raw, &pieces, source->first_day, source->last_day, bringing->block))
        return false;
    copy_wanted(bringing, from, to, (uint32_t *)bringing->days);
    return true;
}

static Result bring_kind(Db *reader, const Kept *kept, uint16_t source, BlockKind kind, const int64_t *parts,
                         uint32_t part_count, Bringing *bringing, Error *error)
{
    SCOPED(fetch_close)
    Fetch fetch = {
        .kept = kept,
        .place = {.kind = kind, .source = source},
        .parts = parts,
        .part_count = part_count,
        .take = take_lists,
        .context = bringing,
    };

    bringing->next = 0;
    return fetch_parts(reader, &fetch, error);
}

/* The blocks that the wanted rows are in, each once. */
static uint32_t find_parts(const Bringing *bringing, int64_t *parts)
{
    uint32_t count = 0;

    for (size_t i = 0; i < bringing->count; i++) {
        int64_t part = (int64_t)(bringing->wanted[i].from / MANIFEST_LISTED_PART);
        int64_t last = (int64_t)((bringing->wanted[i].to - 1) / MANIFEST_LISTED_PART);
        for (part += count > 0 && parts[count - 1] == part; part <= last; part++)
            parts[count++] = part;
    }
    return count;
}

static Result bring(Db *reader, const Kept *kept, uint16_t source, Bringing *bringing, Error *error)
{
    size_t parts_max = row_count(bringing->listed) / MANIFEST_LISTED_PART + 1;
    size_t bytes = parts_max * sizeof(int64_t) + 2 * (MANIFEST_LISTED_PART + 1) * sizeof(uint32_t);
    SCOPED(arena_close) Arena *arena = arena_create(bytes + 128);
    int64_t *parts = arena_alloc(arena, parts_max * sizeof *parts);
    uint32_t part_count = find_parts(bringing, parts);

    bringing->begin = arena_alloc(arena, (MANIFEST_LISTED_PART + 1) * sizeof *bringing->begin);
    bringing->block = arena_alloc(arena, MANIFEST_LISTED_PART * sizeof(uint32_t));
    TRY(bring_kind(reader, kept, source, BLOCK_LISTED_DAYS, parts, part_count, bringing, error));
    return bring_kind(reader, kept, source, BLOCK_LISTED_PEOPLE, parts, part_count, bringing, error);
}

/* ---- what is wanted ---- */

static void pin_lists(DatasetHold *hold, KeptLists *lists)
{
    lists->piece.used = kept_use();
    for (size_t i = 0; i < hold->lists_count; i++)
        if (hold->lists[i] == lists)
            return;
    if (hold->lists_count == hold->lists_max) {
        hold->lists_max = hold->lists_max == 0 ? 8 : 2 * hold->lists_max;
        hold->lists = memory_resize(hold->lists, hold->lists_max * sizeof(KeptLists *));
    }
    hold->lists[hold->lists_count++] = lists;
    lists->piece.pins++;
}

/* In the order of the blocks. */
typedef struct Missing {
    const KeptListed *listed;
    uint32_t *numbers;
    size_t count;
    uint64_t rows;
} Missing;

static int compare_places(const void *a, const void *b, void *context)
{
    const uint32_t *places = ((const KeptListed *)context)->places;
    uint32_t x = places[*(const uint32_t *)a], y = places[*(const uint32_t *)b];

    return (x > y) - (x < y);
}

static void find_missing(DatasetHold *hold, KeptListed *listed, const PostingWant *want, Missing *missing)
{
    for (size_t i = 0; i < want->list_count; i++) {
        uint32_t number = want->lists[i];
        if (listed->owners[number] != NULL) {
            pin_lists(hold, listed->owners[number]);
            continue;
        }
        missing->numbers[missing->count++] = number;
        missing->rows += listed->lists[number].count;
    }
    qsort_r(missing->numbers, missing->count, sizeof *missing->numbers, compare_places, listed);
}

static void place_wanted(const Missing *missing, Wanted *wanted)
{
    uint64_t at = 0;

    for (size_t i = 0; i < missing->count; i++) {
        uint32_t number = missing->numbers[i], place = missing->listed->places[number];
        uint64_t count = missing->listed->lists[number].count, end = missing->listed->ends[place];
        wanted[i] = (Wanted){.from = end - count, .to = end, .at = at};
        at += count;
    }
}

static void show_lists(KeptListed *listed, const Missing *missing, const Wanted *wanted, KeptLists *lists)
{
    const int32_t *days = lists->piece.memory.data;
    const uint32_t *people = (const uint32_t *)days + missing->rows;

    lists->next = listed->first;
    listed->first = lists;
    for (size_t i = 0; i < missing->count; i++) {
        PostingList *list = &listed->lists[missing->numbers[i]];
        list->days = days + wanted[i].at;
        list->people = people + wanted[i].at;
        listed->owners[missing->numbers[i]] = lists;
    }
}

static Result bring_missing(DatasetHold *hold, Db *reader, uint16_t source, const Missing *missing,
                            Wanted *wanted, Error *error)
{
    KeptListed *listed = hold->kept->listed[source];
    Sealed memory = {0};

    place_wanted(missing, wanted);
    TRY(kept_reserve(missing->rows * 2 * sizeof(uint32_t), &memory, error));
    Bringing bringing = {.listed = listed,
                         .wanted = wanted,
                         .count = missing->count,
                         .days = memory.draft,
                         .people = (uint32_t *)memory.draft + missing->rows};
    Result brought = bring(reader, hold->kept, source, &bringing, error);
    if (brought.ok)
        brought = sealed_seal(&memory, error);
    if (!brought.ok) {
        kept_release(&memory);
        return brought;
    }
    KeptLists *lists = memory_alloc(sizeof *lists);
    lists->piece.memory = memory;
    lists->count = missing->count;
    lists->numbers = memory_alloc(missing->count * sizeof *lists->numbers);
    memcpy(lists->numbers, missing->numbers, missing->count * sizeof *lists->numbers);
    show_lists(listed, missing, wanted, lists);
    pin_lists(hold, lists);
    return RESULT_OK;
}

Result listed_fetch(DatasetHold *hold, Db *reader, const PostingWant *want, Error *error)
{
    size_t count = want->list_count;
    SCOPED(arena_close)
    Arena *arena = arena_create((count + 2) * (sizeof(uint32_t) + sizeof(Wanted)) + 64);
    Missing missing = {.listed = hold->kept->listed[want->source],
                       .numbers = arena_alloc(arena, (count + 1) * sizeof(uint32_t))};

    find_missing(hold, hold->kept->listed[want->source], want, &missing);
    if (missing.count == 0)
        return RESULT_OK;
    return bring_missing(hold, reader, want->source, &missing,
                         arena_alloc(arena, missing.count * sizeof(Wanted)), error);
}
