#include <stdlib.h>
#include <string.h>

#include "governance/rules_items.h"

/* In the order they are applied: what is referred to comes first. */
static const ItemKind kinds[] = {
    {"supplier", 1, 1, {" "}, {{"title", ", "}}},
    {"purpose",
     1,
     5,
     {" "},
     {{"title", ", "},
      {"opt_out", ", opt-out "},
      {"legal_basis", NULL},
      {"approver", NULL},
      {"opt_out_max_age_days", NULL}}},
    {"policy", 2, 2, {" ", " from "}, {{"people_min", ", people_min "}, {"round_to", ", round_to "}}},
    {"person", 1, 3, {" "}, {{"uid", ", uid "}, {"name", ", "}, {"roles", ", "}}},
    {"agreement",
     4,
     3,
     {" ", " × ", " × ", ", "},
     {{"to", " to "}, {"legal_basis", NULL}, {"controllers", NULL}}},
    {"linkage", 4, 2, {" ", " × ", " × ", ", "}, {{"to", " to "}, {"combinations", ", combinations "}}},
    {"project",
     1,
     5,
     {" "},
     {{"title", ", "}, {"purpose", ", purpose "}, {"policy", ", policy "}, {"from", ", "}, {"to", " to "}}},
    {"member", 2, 0, {" ", " × "}, {{NULL, NULL}}},
    {"grant", 2, 0, {" ", " × "}, {{NULL, NULL}}},
};

const ItemKind *item_kind(Text name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (text_equal(name, text_from(kinds[i].name)))
            return &kinds[i];
    return NULL;
}

int item_compare(const Item *a, const Item *b)
{
    int order = 0;

    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    for (size_t i = 0; i < a->kind->key_count && order == 0; i++)
        order = text_compare(a->key[i], b->key[i]);
    return order;
}

static int compare(const void *a, const void *b)
{
    return item_compare(a, b);
}

void item_list_add(ItemList *list, const Item *item)
{
    list->items = memory_room(list->items, list->count, &list->capacity, sizeof *list->items);
    list->items[list->count++] = *item;
}

void item_list_sort(ItemList *list)
{
    if (list->count > 1)
        qsort(list->items, list->count, sizeof *list->items, compare);
}

void item_list_close(ItemList *list)
{
    memory_free(list->items);
    *list = (ItemList){0};
}
