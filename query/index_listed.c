#include <assert.h>
#include <string.h>

#include "query/index_private.h"
#include "query/posting.h"

enum { ROWS_FIRST = 1 << 16, THREADS = 2, PARTS_AT_ONCE = 16 };

static int column_listed_by(const IndexSource *source, ListedBy by)
{
    for (size_t c = 0; c < source->column_count; c++)
        if (source->columns[c].listed_by == by)
            return (int)c;
    return -1;
}

static void grow(IndexListed *listed, size_t rows)
{
    if (rows <= listed->row_max)
        return;
    listed->row_max = listed->row_max == 0 ? ROWS_FIRST : listed->row_max;
    while (listed->row_max < rows)
        listed->row_max *= 2;
    listed->codes = memory_resize(listed->codes, listed->row_max * sizeof *listed->codes);
    listed->days = memory_resize(listed->days, listed->row_max * sizeof *listed->days);
}

void listed_open(IndexListed *listed, const IndexSource *source, uint32_t people)
{
    int code = column_listed_by(source, LISTED_BY_CODE), day = column_listed_by(source, LISTED_BY_DAY);

    *listed = (IndexListed){0};
    if (code < 0 || day < 0 || source->columns[code].type != TYPE_TEXT ||
        source->columns[day].type != TYPE_DATE)
        return;
    *listed = (IndexListed){.is_open = true, .code = (uint16_t)code, .day = (uint16_t)day};
    listed->begin = memory_alloc(((size_t)people + 1) * sizeof *listed->begin);
    grow(listed, 1); /* of nobody as well */
}

static void add_column(const IndexPart *part, size_t column, int64_t *scratch, int32_t *to)
{
    part_values(part, column, scratch);
    for (size_t i = 0; i < part->row_count; i++)
        to[i] = scratch[i] == NUMBER_UNKNOWN ? SMALL_UNKNOWN : (int32_t)scratch[i];
}

void listed_add(IndexListed *listed, const IndexPart *part, int64_t *scratch)
{
    if (!listed->is_open)
        return;
    if (listed->row_count + part->row_count > LISTED_ROWS_MAX) {
        listed_close(listed);
        return;
    }
    grow(listed, listed->row_count + part->row_count);
    for (uint32_t p = 0; p < part->people; p++)
        listed->begin[++listed->people] = (uint32_t)listed->row_count + part->begin[p + 1];
    add_column(part, listed->code, scratch, listed->codes + listed->row_count);
    add_column(part, listed->day, scratch, listed->days + listed->row_count);
    listed->row_count += part->row_count;
}

void listed_close(IndexListed *listed)
{
    memory_free(listed->begin);
    memory_free(listed->codes);
    memory_free(listed->days);
    *listed = (IndexListed){0};
}

/* The rows in the order of their lists: of an unknown code, then of each of the column's words. */
typedef struct ListedRows {
    Arena *arena;
    const int64_t *counts; /* count_count */
    size_t count_count;
    const int32_t *days;
    const uint32_t *people;
    int32_t first_day, last_day;
} ListedRows;

/* Lists are made of a dataset of this one source, whose words are those of its column. rows->arena is the
 * caller's to close. */
static void list_rows(const IndexListed *listed, size_t word_count, ListedRows *rows)
{
    const DataColumn columns[] = {{.type = TYPE_TEXT, .narrow = listed->codes},
                                  {.type = TYPE_DATE, .narrow = listed->days}};
    const DataSource source = {.begin = listed->begin, .columns = columns, .column_count = 2};
    const Dataset dataset = {
        .people = listed->people, .sources = &source, .source_count = 1, .word_count = word_count};
    Postings postings;

    *rows = (ListedRows){.arena = arena_create(SIZE_MAX / 2), .count_count = word_count + 1};
    int64_t *counts = arena_alloc(rows->arena, rows->count_count * sizeof *counts);
    postings_build(&dataset, 0, 0, 1, THREADS, rows->arena, &postings);
    for (uint32_t i = 0; i < postings.list_count; i++)
        counts[postings.codes[i] == SMALL_UNKNOWN ? 0 : postings.codes[i] + 1] = postings.lists[i].count;
    rows->counts = counts;
    if (postings.list_count > 0) {
        rows->days = postings.lists[0].days; /* one behind the other */
        rows->people = postings.lists[0].people;
    }
    rows->first_day = postings.first_day;
    rows->last_day = postings.last_day;
}

/* ---- blocks ---- */

/* Where the lists stand that a block is cut from. */
typedef struct ListPlace {
    size_t list, end; /* the first that reaches behind the block's beginning, and where that one ends */
} ListPlace;

/* What is packed, and how far it is. */
typedef struct Listing {
    ListedRows rows;
    size_t row_count, from;
    ListPlace at;
    BlockPlace place;
} Listing;

/* The pieces of lists among so many rows from a place on. */
static size_t find_pieces(const ListedRows *rows, ListPlace *at, size_t from, size_t count, uint32_t *begin)
{
    size_t pieces = 0, to = from + count;

    begin[0] = 0;
    for (;; at->end += (size_t)rows->counts[++at->list]) {
        if (at->end > from && rows->counts[at->list] > 0)
            begin[++pieces] = (uint32_t)((at->end < to ? at->end : to) - from);
        if (at->end >= to)
            return pieces;
    }
}

static Result pack_listed_part(Index *index, Listing *listing, size_t count, Error *error)
{
    const ListedRows *rows = &listing->rows;
    size_t from = listing->from;
    uint32_t begin[MANIFEST_LISTED_PART + 1];
    const PartRows pieces = {.begin = begin, .people = find_pieces(rows, &listing->at, from, count, begin)};

    assert(rows->days != NULL && rows->people != NULL); /* where there are rows */
    index_reserve(index, count);
    for (size_t i = 0; i < count; i++)
        index->numbers[i] = rows->days[from + i] == SMALL_UNKNOWN ? NUMBER_UNKNOWN : rows->days[from + i];
    listing->place.kind = BLOCK_LISTED_DAYS;
    TRY(index_numbers(index, &listing->place, count, &pieces, error));
    for (size_t i = 0; i < count; i++)
        index->numbers[i] = rows->people[from + i];
    listing->place.kind = BLOCK_LISTED_PEOPLE;
    return index_numbers(index, &listing->place, count, &pieces, error);
}

/* In the second thread. */
static Result pack_listed_parts(Index *index, void *context, Error *error)
{
    Listing *listing = context;

    for (int i = 0; i < PARTS_AT_ONCE && listing->from < listing->row_count; i++, listing->place.part++) {
        size_t behind = listing->row_count - listing->from;
        size_t count = behind < MANIFEST_LISTED_PART ? behind : MANIFEST_LISTED_PART;
        TRY(pack_listed_part(index, listing, count, error));
        listing->from += count;
    }
    return RESULT_OK;
}

static Result write_listed_rows(Index *index, Listing *listing, Error *error)
{
    const BlockPlace place = {.kind = BLOCK_LISTED, .source = listing->place.source};
    size_t at_once = (size_t)PARTS_AT_ONCE * MANIFEST_LISTED_PART;
    size_t turns = (listing->row_count + at_once - 1) / at_once;

    index_reserve(index, listing->rows.count_count);
    memcpy(index->numbers, listing->rows.counts, listing->rows.count_count * sizeof *index->numbers);
    TRY(index_numbers(index, &place, listing->rows.count_count, NULL, error));
    for (size_t turn = 0; turn < turns; turn++)
        TRY(index_work_next(index, pack_listed_parts, listing, error));
    return index_work_finish(index, error);
}

Result index_write_listed(Index *index, uint32_t number, Error *error)
{
    IndexSource *source = &index->sources[number];
    const IndexListed *listed = &index->listed;

    if (!listed->is_open || source->columns[listed->code].words.count > MANIFEST_LISTED_WORDS_MAX)
        return RESULT_OK;
    Listing listing = {.row_count = listed->row_count, .place = {.source = number}};
    list_rows(listed, source->columns[listed->code].words.count, &listing.rows);
    listing.at.end = (size_t)listing.rows.counts[0];
    Result written = write_listed_rows(index, &listing, error);
    index_work_stop(index); /* before its rows end */
    arena_close(&listing.rows.arena);
    source->is_listed = true;
    source->listed_code = listed->code;
    source->listed_day = listed->day;
    source->first_day = listing.rows.first_day;
    source->last_day = listing.rows.last_day;
    return written;
}
