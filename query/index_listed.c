#include <assert.h>
#include <string.h>

#include "query/index_private.h"
#include "query/posting.h"

enum { ROWS_FIRST = 1 << 16, THREADS = 2 };

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

/* Lists are made of a dataset of this one source, whose words are those of its column. */
void listed_make(const IndexListed *listed, size_t word_count, ListedRows *rows)
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

static Result write_listed_part(Index *index, const ListedRows *rows, ListPlace *at, BlockPlace *place,
                                size_t from, size_t count, Error *error)
{
    uint32_t begin[MANIFEST_LISTED_PART + 1];
    const PartRows pieces = {.begin = begin, .people = find_pieces(rows, at, from, count, begin)};

    assert(rows->days != NULL && rows->people != NULL); /* where there are rows */
    index_reserve(index, count);
    for (size_t i = 0; i < count; i++)
        index->numbers[i] = rows->days[from + i] == SMALL_UNKNOWN ? NUMBER_UNKNOWN : rows->days[from + i];
    place->kind = BLOCK_LISTED_DAYS;
    TRY(index_numbers(index, place, count, &pieces, error));
    for (size_t i = 0; i < count; i++)
        index->numbers[i] = rows->people[from + i];
    place->kind = BLOCK_LISTED_PEOPLE;
    return index_numbers(index, place, count, NULL, error);
}

static Result write_listed_rows(Index *index, uint32_t source, const ListedRows *rows, size_t row_count,
                                Error *error)
{
    BlockPlace place = {.kind = BLOCK_LISTED, .source = source};
    ListPlace at = {.end = (size_t)rows->counts[0]};

    index_reserve(index, rows->count_count);
    memcpy(index->numbers, rows->counts, rows->count_count * sizeof *index->numbers);
    TRY(index_numbers(index, &place, rows->count_count, NULL, error));
    for (size_t from = 0; from < row_count; from += MANIFEST_LISTED_PART, place.part++) {
        size_t behind = row_count - from;
        TRY(write_listed_part(index, rows, &at, &place, from,
                              behind < MANIFEST_LISTED_PART ? behind : MANIFEST_LISTED_PART, error));
    }
    return RESULT_OK;
}

Result index_write_listed(Index *index, uint32_t number, Error *error)
{
    IndexSource *source = &index->sources[number];
    const IndexListed *listed = &index->listed;
    ListedRows rows;

    if (!listed->is_open || source->columns[listed->code].words.count > MANIFEST_LISTED_WORDS_MAX)
        return RESULT_OK;
    listed_make(listed, source->columns[listed->code].words.count, &rows);
    Result written = write_listed_rows(index, number, &rows, listed->row_count, error);
    arena_close(&rows.arena);
    source->is_listed = true;
    source->listed_code = listed->code;
    source->listed_day = listed->day;
    source->first_day = rows.first_day;
    source->last_day = rows.last_day;
    return written;
}
