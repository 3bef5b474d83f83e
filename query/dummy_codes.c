/* Texts that are to be of a code list, or of none of it. */
#include "query/dummy.h"

enum { WORDS_TRIED = 8, CODES_TRIED = 256 };

static double word_of_code(const Wish *wish, const Node *value, Text code)
{
    const DummyTable *table = NULL;
    size_t column = 0;

    (void)wish_column(wish, value, &table, &column);
    return dummy_word_of(wish->dummy, table, column, code);
}

/* One that the column can have: of a list of several terminologies that is not each. */
static double listed_word(const Wish *wish, const Node *node)
{
    size_t count = node->codes != NULL ? node->codes->count : node->item_count;
    size_t first = count == 0 ? 0 : dummy_chance(wish->dummy, count);
    double word = NAN;
    int tried = 0;

    for (size_t i = 0; i < count && isnan(word) && tried < CODES_TRIED; i++) {
        size_t at = (first + i) % count;
        if (node->codes != NULL && !wish_is_in_category(node, at))
            continue;
        word = word_of_code(wish, node->operands[0],
                            node->codes != NULL ? node->codes->codes[at] : node->items[at]);
        tried++;
    }
    return word;
}

/* Of the same column, where it is of one. */
static double unlisted_word(const Wish *wish, const Node *node)
{
    const DummyTable *table;
    size_t column;
    double word = NAN;

    if (!wish_column(wish, node->operands[0], &table, &column))
        return dummy_unlisted(wish->dummy);
    for (int tried = 0; tried < WORDS_TRIED && isnan(word); tried++) {
        word = dummy_fill(wish->dummy, table, column);
        if (!isnan(word) && wish_is_listed(wish, node, word))
            word = NAN;
    }
    return word;
}

void wish_listed(const Wish *wish, const Node *node, bool wanted)
{
    double word = wanted ? listed_word(wish, node) : unlisted_word(wish, node);

    if (!isnan(word))
        wish_amount(wish, node->operands[0], word);
}
