#include "query/dataset.h"

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
