/* The texts that cells may hold, in order: a cell has a word's number. */
#include <stdlib.h>

#include "query/dummy.h"

static int compare_words(const void *a, const void *b)
{
    return text_compare(*(const Text *)a, *(const Text *)b);
}

double dummy_word(const Dummy *dummy, Text word)
{
    int64_t number = dataset_word(&dummy->dataset, word);

    return number < 0 ? NAN : (double)number;
}

bool dummy_is_word(const Dummy *dummy, double cell)
{
    return cell >= 0 && cell < (double)dummy->dataset.word_count;
}

/* A prefix stands for itself: a text that is no more than it begins so. */
static Text without_star(Text code)
{
    return code.length > 1 && code.data[code.length - 1] == '*' ? text_slice(code, 0, code.length - 1) : code;
}

/* Those of the query, of the sources' own lists, and some that neither has. */
void dummy_make_words(Dummy *dummy, const DummySource *sources)
{
    static const char *const made[] = {
        "dummy-1",  "dummy-2",  "dummy-3",  "1",           "2",           "9",        "DUMMY-A",
        "DUMMY-B",  "DUMMY-C",  "DUMMY-D",  "Dummy North", "Dummy South", "DUMMY-W1", "DUMMY-W2",
        "DUMMY-W3", "DUMMY-H1", "DUMMY-H2", "DUMMY-P1",    "DUMMY-P2",
    };
    size_t most = dummy->dataset.word_count + sizeof made / sizeof *made, count = 0;

    for (size_t t = DUMMY_MADE; t < dummy->dataset.source_count; t++)
        for (size_t c = 0; c < sources[t - DUMMY_MADE].column_count; c++)
            most += sources[t - DUMMY_MADE].columns[c].code_count;
    Text *words = arena_alloc(dummy->arena, most * sizeof *words);
    for (size_t i = 0; i < dummy->dataset.word_count; i++)
        words[count++] = without_star(dummy->dataset.words[i]);
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        words[count++] = text_from(made[i]);
    for (size_t t = DUMMY_MADE; t < dummy->dataset.source_count; t++)
        for (size_t c = 0; c < sources[t - DUMMY_MADE].column_count; c++)
            for (size_t k = 0; k < sources[t - DUMMY_MADE].columns[c].code_count; k++)
                words[count++] = sources[t - DUMMY_MADE].columns[c].codes[k];
    qsort(words, count, sizeof *words, compare_words);
    dummy->dataset.words = words;
    dummy->dataset.word_count = 0;
    for (size_t i = 0; i < count; i++)
        if (i == 0 || !text_equal(words[i], words[dummy->dataset.word_count - 1]))
            words[dummy->dataset.word_count++] = words[i];
}
