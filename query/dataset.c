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
