#include "query/index_part.h"

#include <string.h>

enum {
    ROWS_MIN = 1 << 16,
    RUN_ROWS = 12, /* sorted by inserting */
};
#define WORD_BYTES_MAX ((size_t)2 << 30)

/* ---- reading ---- */

static void grow(IndexPart *part, size_t row_max, size_t column_max)
{
    part->row_max = row_max > part->row_max ? row_max : part->row_max;
    part->column_max = column_max > part->column_max ? column_max : part->column_max;
    part->persons = memory_resize(part->persons, part->row_max * sizeof *part->persons);
    part->order = memory_resize(part->order, part->row_max * sizeof *part->order);
    part->spare = memory_resize(part->spare, part->row_max * sizeof *part->spare);
    for (size_t c = 0; c < part->column_max; c++)
        part->values[c] = memory_resize(part->values[c], part->row_max * sizeof *part->values[c]);
}

void part_begin(IndexPart *part, IndexSource *source, uint32_t first, uint32_t people)
{
    if (part->begin == NULL)
        part->begin = memory_alloc((BLOCK_PART_PEOPLE + 1) * sizeof *part->begin);
    part->source = source;
    part->first = first;
    part->people = people;
    part->row_count = 0;
    grow(part, part->row_max > 0 ? part->row_max : ROWS_MIN, source->column_count);
}

void part_end(IndexPart *part)
{
    for (size_t c = 0; c < part->source->column_count; c++)
        part->words[c] = part->source->columns[c].words.words;
}

void part_close(IndexPart *part)
{
    memory_free(part->begin);
    memory_free(part->persons);
    memory_free(part->order);
    memory_free(part->spare);
    for (size_t c = 0; c < part->column_max; c++)
        memory_free(part->values[c]);
    *part = (IndexPart){0};
}

static Result take_word(IndexPart *part, IndexColumn *column, Text word, int64_t *out, Error *error)
{
    size_t before = column->words.count;

    *out = word_set_add(&column->words, word);
    if (column->words.count > before)
        *part->word_bytes += word.length + sizeof(Text);
    if (*part->word_bytes > WORD_BYTES_MAX)
        return fail(error, ERROR_LIMIT, "source %.*s column %.*s: the release has too many different texts",
                    TEXT_ARG(part->source->name), TEXT_ARG(column->name));
    return RESULT_OK;
}

static int64_t number_of(const Value *value)
{
    if (value->type == VALUE_DATE)
        return value->date;
    return value->type == VALUE_BOOL ? value->boolean : value->integer;
}

/* The extremes stand for what is not known, and for dates that are none. */
static Result take_number(const IndexPart *part, IndexColumn *column, const Value *value, int64_t *out,
                          Error *error)
{
    *out = number_of(value);
    if (*out == NUMBER_UNKNOWN || (column->type == TYPE_DATE && (*out <= INT32_MIN || *out >= INT32_MAX)))
        return fail(error, ERROR_DATABASE, "source %.*s column %.*s: a value is out of range",
                    TEXT_ARG(part->source->name), TEXT_ARG(column->name));
    column->is_wide |= column->type == TYPE_NUMBER && (*out <= INT32_MIN || *out > INT32_MAX);
    return RESULT_OK;
}

Result part_take(void *context, const Value *row, Error *error)
{
    IndexPart *part = context;
    int64_t person = row[0].integer - 1 - part->first;

    if (row[0].is_null || person < 0 || person >= part->people)
        return fail(error, ERROR_DATABASE, "source %.*s: a row is of nobody in the release",
                    TEXT_ARG(part->source->name));
    if (part->row_count == MANIFEST_PART_ROWS_MAX)
        return fail(error, ERROR_LIMIT, "source %.*s: %d people have more than %d rows",
                    TEXT_ARG(part->source->name), BLOCK_PART_PEOPLE, MANIFEST_PART_ROWS_MAX);
    if (part->row_count == part->row_max)
        grow(part, 2 * part->row_max, 0);
    part->persons[part->row_count] = (uint32_t)person;
    for (size_t c = 0; c < part->source->column_count; c++) {
        IndexColumn *column = &part->source->columns[c];
        int64_t *out = &part->values[c][part->row_count];
        if (row[c + 1].is_null)
            *out = NUMBER_UNKNOWN;
        else if (column->type == TYPE_TEXT)
            TRY(take_word(part, column, row[c + 1].text, out, error));
        else
            TRY(take_number(part, column, &row[c + 1], out, error));
    }
    part->row_count++;
    return RESULT_OK;
}

/* ---- order ---- */

static void find_people(IndexPart *part)
{
    uint32_t *begin = part->begin;

    memset(begin, 0, (part->people + 1) * sizeof *begin);
    for (size_t i = 0; i < part->row_count; i++)
        begin[part->persons[i] + 1]++;
    for (uint32_t p = 0; p < part->people; p++)
        begin[p + 1] += begin[p];
    /* begin[p] runs to the end of person p, which is the beginning of the next */
    for (size_t i = 0; i < part->row_count; i++)
        part->order[begin[part->persons[i]]++] = (uint32_t)i;
    memmove(begin + 1, begin, part->people * sizeof *begin);
    begin[0] = 0;
}

static int compare_rows(const IndexPart *part, uint32_t a, uint32_t b)
{
    for (size_t c = 0; c < part->source->column_count; c++) {
        int64_t x = part->values[c][a], y = part->values[c][b];
        if (x == y)
            continue;
        const IndexColumn *column = &part->source->columns[c];
        if (column->type != TYPE_TEXT || x == NUMBER_UNKNOWN || y == NUMBER_UNKNOWN)
            return x < y ? -1 : 1;
        return text_compare(part->words[c][x], part->words[c][y]);
    }
    return 0;
}

static void sort_short(const IndexPart *part, uint32_t *rows, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        uint32_t row = rows[i];
        size_t at = i;
        for (; at > 0 && compare_rows(part, rows[at - 1], row) > 0; at--)
            rows[at] = rows[at - 1];
        rows[at] = row;
    }
}

static void sort_rows(const IndexPart *part, uint32_t *rows, uint32_t *spare, size_t count)
{
    size_t middle = count / 2, a = 0, b = middle;

    if (count <= RUN_ROWS) {
        sort_short(part, rows, count);
        return;
    }
    sort_rows(part, rows, spare, middle);
    sort_rows(part, rows + middle, spare, count - middle);
    for (size_t i = 0; i < count; i++) {
        bool takes_first = b == count || (a < middle && compare_rows(part, rows[a], rows[b]) <= 0);
        spare[i] = takes_first ? rows[a++] : rows[b++];
    }
    memcpy(rows, spare, count * sizeof *rows);
}

void part_sort(IndexPart *part)
{
    find_people(part);
    for (uint32_t p = 0; p < part->people; p++)
        sort_rows(part, part->order + part->begin[p], part->spare, part->begin[p + 1] - part->begin[p]);
}

void part_values(const IndexPart *part, size_t column, int64_t *out)
{
    for (size_t i = 0; i < part->row_count; i++)
        out[i] = part->values[column][part->order[i]];
}
