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
