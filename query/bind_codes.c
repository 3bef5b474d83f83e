/*
 * Sets: what a text or a number is in. Codes become the numbers of the words that stand for them, so that the
 * engine compares numbers alone: of a prefix all words that begin so, of a text of several codes all words
 * that hold one of them.
 */
#include <stdlib.h>
#include <string.h>

#include "query/bind_parts.h"

/* Outside the plan's arena, which keeps what is given to it: how many words a set has is known at its end. */
typedef struct Words {
    int64_t *items;
    size_t count, max;
} Words;

static int compare_words(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void sort_words(Words *words)
{
    size_t kept = 0;

    if (words->count == 0)
        return;
    qsort(words->items, words->count, sizeof *words->items, compare_words);
    for (size_t i = 0; i < words->count; i++)
        if (i == 0 || words->items[i] != words->items[kept - 1])
            words->items[kept++] = words->items[i];
    words->count = kept;
}

/* A word that many prefixes begin is kept once before room is taken, so that room is bounded by the words. */
static void make_room(Words *words)
{
    sort_words(words);
    if (2 * words->count < words->max)
        return;
    words->max = words->max == 0 ? 64 : 2 * words->max;
    words->items = memory_resize(words->items, words->max * sizeof *words->items);
}

static void add_word(Words *words, int64_t word)
{
    if (words->count == words->max)
        make_room(words);
    words->items[words->count++] = word;
}

/* ---- a word that is a code ---- */

static bool is_prefix(Text code)
{
    return code.length > 1 && code.data[code.length - 1] == '*';
}

static Text without_star(Text code)
{
    return text_slice(code, 0, code.length - 1);
}

/* The first word that does not come before this one. */
static size_t first_from(const Dataset *dataset, Text word)
{
    size_t from = 0, to = dataset->word_count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (text_compare(dataset->words[middle], word) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* What no cell holds stays in the set as -1: only `in` nothing is false of what is unknown. */
static void add_code(const Dataset *dataset, Text code, Words *words)
{
    if (!is_prefix(code)) {
        add_word(words, dataset_word(dataset, code));
        return;
    }
    Text prefix = without_star(code);
    add_word(words, -1);
    for (size_t i = first_from(dataset, prefix);
         i < dataset->word_count && text_starts_with(dataset->words[i], prefix); i++)
        add_word(words, (int64_t)i);
}

/* ---- a word that holds codes ---- */

static bool is_code_character(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.';
}

/* The next run of letters, digits and points. */
static Text next_code(Text *rest)
{
    size_t from = 0, to;

    while (from < rest->length && !is_code_character(rest->data[from]))
        from++;
    for (to = from; to < rest->length && is_code_character(rest->data[to]);)
        to++;
    Text code = text_slice(*rest, from, to);
    *rest = text_slice(*rest, to, rest->length);
    return code;
}

static int compare_texts(const void *a, const void *b)
{
    return text_compare(*(const Text *)a, *(const Text *)b);
}

typedef struct Wanted {
    const Text *codes;     /* sorted, as lists are */
    size_t count, longest; /* longest: prefix, without its star */
} Wanted;

static Wanted want(const Text *codes, size_t count)
{
    Wanted wanted = {codes, count, 0};

    for (size_t i = 0; i < count; i++)
        if (is_prefix(codes[i]) && codes[i].length - 1 > wanted.longest)
            wanted.longest = codes[i].length - 1;
    return wanted;
}

static bool is_among(const Wanted *wanted, Text code)
{
    return bsearch(&code, wanted->codes, wanted->count, sizeof *wanted->codes, compare_texts) != NULL;
}

static bool is_wanted(const Wanted *wanted, Text code)
{
    char prefix[CODE_BYTES_MAX + 1];

    if (is_among(wanted, code))
        return true;
    for (size_t length = 1; length <= code.length && length <= wanted->longest && length < CODE_BYTES_MAX;
         length++) {
        memcpy(prefix, code.data, length);
        prefix[length] = '*';
        if (is_among(wanted, (Text){prefix, length + 1}))
            return true;
    }
    return false;
}

static void add_words_with(const Dataset *dataset, const Text *codes, size_t count, Words *words)
{
    const Wanted wanted = want(codes, count);

    add_word(words, -1);
    for (size_t i = 0; i < dataset->word_count; i++) {
        Text rest = dataset->words[i];
        while (rest.length > 0)
            if (is_wanted(&wanted, next_code(&rest))) {
                add_word(words, (int64_t)i);
                break;
            }
    }
}

/* ---- lists ---- */

static bool is_contained(const Node *node)
{
    return node->kind == NODE_CONTAINS_CODES || node->kind == NODE_CONTAINS_LIST;
}

/* Those of a list's category; the caller's to free. */
static Text *codes_of_category(const CodeList *list, Text category, size_t *count)
{
    Text *codes = memory_alloc((list->count + 1) * sizeof *codes);

    *count = 0;
    for (size_t i = 0; i < list->count; i++)
        if (text_equal(category, list->categories[i]))
            codes[(*count)++] = list->codes[i];
    return codes;
}

static void add_codes(const Dataset *dataset, const Node *node, const Text *codes, size_t count, Words *words)
{
    if (is_contained(node))
        add_words_with(dataset, codes, count, words);
    for (size_t i = 0; i < count && !is_contained(node); i++)
        add_code(dataset, codes[i], words);
    sort_words(words);
}

static void collect_words(const Dataset *dataset, const Node *node, Words *words)
{
    const CodeList *list = node->codes;
    size_t count;

    if (list == NULL) {
        add_codes(dataset, node, node->items, node->item_count, words);
    } else if (node->category.length == 0) {
        add_codes(dataset, node, list->codes, list->count, words);
    } else {
        Text *codes = codes_of_category(list, node->category, &count);
        add_codes(dataset, node, codes, count, words);
        memory_free(codes);
    }
}

/* Of `in` all uses of a list, or of its category, are alike; of the others those of a `let`. */
static bool is_set_of(const BoundCodes *bound, const Node *node)
{
    if (is_contained(node) || node->codes == NULL)
        return bound->node == node;
    return bound->list == node->codes && text_equal(bound->category, node->category);
}

static BoundCodes *add_set(Binder *binder, const Node *node)
{
    bool is_own = is_contained(node) || node->codes == NULL;

    binder->sets = memory_room(binder->sets, binder->set_count, &binder->sets_max, sizeof *binder->sets);
    BoundCodes *made = &binder->sets[binder->set_count++];
    *made =
        is_own ? (BoundCodes){.node = node} : (BoundCodes){.list = node->codes, .category = node->category};
    return made;
}

/* A prefix stands for as many words as a release has: past the limit sets stay empty, and bind_tree fails. */
static void keep_words(Binder *binder, const Node *node, const Words *words, BoundCodes *set)
{
    binder->set_bytes += words->count * sizeof *words->items;
    if (binder->set_bytes > BOUND_SETS_BYTES_MAX)
        binder->beyond_sets = node;
    if (words->count == 0 || binder->set_bytes > BOUND_SETS_BYTES_MAX)
        return;
    int64_t *kept = arena_alloc(binder->plan->arena, words->count * sizeof *kept);
    memcpy(kept, words->items, words->count * sizeof *kept);
    set->words = kept;
    set->count = words->count;
}

/* Once for all uses of a list: they can be many, and it long; `contains` reads each word that there is. */
static BoundCodes bind_list(Binder *binder, const Node *node)
{
    Words words = {0};

    for (size_t i = 0; i < binder->set_count; i++)
        if (is_set_of(&binder->sets[i], node))
            return binder->sets[i];
    if (binder->set_bytes > BOUND_SETS_BYTES_MAX)
        return (BoundCodes){0};
    BoundCodes *set = add_set(binder, node);
    collect_words(binder->plan->dataset, node, &words);
    keep_words(binder, node, &words, set);
    memory_free(words.items);
    return *set;
}

PlanId bind_in(Binder *binder, const Node *node)
{
    PlanId value = bind_node(binder, node->operands[0]);
    BoundCodes set = bind_list(binder, node);
    PlanNode draft = {.kind = PLAN_IN, .type = TYPE_BOOL, .set = set.words, .set_count = set.count};

    return plan_add(binder->plan, draft, &value, 1);
}

/* Of a decimal: its whole part is in the set, and all of it. */
PlanId bind_in_numbers(Binder *binder, const Node *node)
{
    PlanId value = bind_node(binder, node->operands[0]), whole = value;
    bool is_decimal = binder->plan->nodes[value].type == TYPE_DECIMAL;
    PlanNode draft = {
        .kind = PLAN_IN, .type = TYPE_BOOL, .set = node->numbers, .set_count = node->item_count};

    if (is_decimal)
        whole = bind_with(binder, PLAN_TO_INTEGER, TYPE_NUMBER, value);
    PlanId is_in = plan_add(binder->plan, draft, &whole, 1);
    if (!is_decimal)
        return is_in;
    const PlanId both[] = {is_in, bind_with_two(binder, PLAN_EQUAL, TYPE_BOOL, value, whole)};
    return bind_all(binder, both, 2);
}
