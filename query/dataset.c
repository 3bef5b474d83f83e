#include <stdlib.h>

#include "query/dataset_open.h"

int64_t dataset_word(const Dataset *dataset, Text word)
{
    size_t from = 0, to = dataset->word_count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = text_compare(dataset->words[middle], word);
        if (order == 0)
            return (int64_t)middle;
        if (order < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return -1;
}

int dataset_source(const Dataset *dataset, Text name)
{
    for (size_t i = 0; i < dataset->source_count; i++)
        if (text_equal(dataset->sources[i].name, name))
            return (int)i;
    return -1;
}

int dataset_column(const DataSource *source, Text name)
{
    for (size_t i = 0; i < source->column_count; i++)
        if (text_equal(source->columns[i].name, name))
            return (int)i;
    return -1;
}

DataRange dataset_range(const DataColumn *column, size_t cells)
{
    int32_t lowest = INT32_MAX, highest = SMALL_UNKNOWN;

    for (size_t i = 0; i < cells; i++) {
        int32_t known = column->narrow[i] == SMALL_UNKNOWN ? INT32_MAX : column->narrow[i];
        lowest = known < lowest ? known : lowest;
        highest = column->narrow[i] > highest ? column->narrow[i] : highest;
    }
    return highest == SMALL_UNKNOWN ? (DataRange){true, 0, -1} : (DataRange){true, lowest, highest};
}

/* ---- codes ---- */

enum { PLACES = 1024 };

/* Values by an open-addressing table; not known: none is at the place. */
typedef struct Places {
    int32_t values[PLACES];
    uint8_t codes[PLACES];
} Places;

static void clear(Places *places)
{
    for (uint32_t at = 0; at < PLACES; at++)
        places->values[at] = SMALL_UNKNOWN;
}

static uint32_t place_of(const Places *places, int32_t value)
{
    uint32_t at = (uint32_t)value * 0x9E3779B1U >> 22;

    while (places->values[at] != SMALL_UNKNOWN && places->values[at] != value)
        at = (at + 1) % PLACES;
    return at;
}

static int compare_values(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

    return (x > y) - (x < y);
}

bool dataset_values(const DataColumn *column, size_t cells, int32_t *values, uint32_t *count)
{
    Places places;

    clear(&places);
    *count = 0;
    for (size_t i = 0; i < cells; i++) {
        int32_t value = column->narrow[i];
        uint32_t at = place_of(&places, value);
        if (places.values[at] == value)
            continue;
        if (*count == DATA_CODES_MAX)
            return false;
        places.values[at] = values[(*count)++] = value;
    }
    qsort(values, *count, sizeof *values, compare_values);
    return true;
}

void dataset_code(const DataColumn *column, size_t cells, const int32_t *values, uint32_t count, uint8_t *to)
{
    Places places = {.codes = {0}};

    clear(&places);
    for (uint32_t v = 0; v < count; v++) {
        uint32_t at = place_of(&places, values[v]);
        places.values[at] = values[v];
        places.codes[at] = (uint8_t)(v + 1);
    }
    for (size_t i = 0; i < cells; i++)
        to[i] = places.codes[place_of(&places, column->narrow[i])];
}
