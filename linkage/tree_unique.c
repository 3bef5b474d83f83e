/* What a cluster has once: two that both have it are not joined. */
#include <stdlib.h>
#include <string.h>

#include "linkage/tree.h"

bool tree_lists_share(const TreeList *a, const TreeList *b)
{
    size_t i = 0, j = 0;

    while (i < a->count && j < b->count) {
        if (a->items[i] == b->items[j])
            return true;
        if (a->items[i] < b->items[j])
            i++;
        else
            j++;
    }
    return false;
}

TreeYears tree_years_of(const TreeYears *a, const TreeYears *b)
{
    if (a->to < a->from || b->to < b->from)
        return a->to < a->from ? *b : *a;
    return (TreeYears){.from = a->from < b->from ? a->from : b->from, .to = a->to > b->to ? a->to : b->to};
}

bool tree_years_apart(const TreeYears *a, const TreeYears *b)
{
    TreeYears both = tree_years_of(a, b);

    return both.to - both.from >= TREE_YEARS_APART;
}

static int compare_items(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

void tree_list_take(TreeList *own, TreeList *more)
{
    if (more->count > 0) {
        own->items = memory_resize(own->items, (own->count + more->count) * sizeof *own->items);
        memcpy(own->items + own->count, more->items, more->count * sizeof *own->items);
        own->count += more->count;
        qsort(own->items, own->count, sizeof *own->items, compare_items);
    }
    memory_free(more->items);
    *more = (TreeList){0};
}

TreeList *tree_lists_copy(const TreeList *lists, size_t count)
{
    TreeList *copy = memory_alloc((count + 1) * sizeof *copy);

    for (size_t i = 0; i < count; i++) {
        size_t bytes = lists[i].count * sizeof *lists[i].items;
        if (bytes == 0)
            continue;
        copy[i] = (TreeList){.items = memory_alloc(bytes), .count = lists[i].count};
        memcpy(copy[i].items, lists[i].items, bytes);
    }
    return copy;
}

void tree_lists_close(TreeList *lists, size_t count)
{
    for (size_t i = 0; i < count && lists != NULL; i++)
        memory_free(lists[i].items);
    memory_free(lists);
}
