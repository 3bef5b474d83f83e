#pragma once
/*
 * The rules as a sorted list of items, the same whether they come from a file
 * or from the database: a kind, the texts that name it, the texts it says.
 */
#include "governance/rules_yaml.h"

enum { ITEM_KEYS_MAX = 4, ITEM_FIELDS_MAX = 5 };

typedef struct ItemField {
    const char *name;
    const char
        *prefix; /* what stands before its value when it is printed whole; NULL: only changes are printed */
} ItemField;

typedef struct ItemKind {
    const char *name;
    size_t key_count, field_count;
    const char *key_prefixes[ITEM_KEYS_MAX];
    ItemField fields[ITEM_FIELDS_MAX];
} ItemKind;

typedef struct Item {
    const ItemKind *kind;
    Text key[ITEM_KEYS_MAX], fields[ITEM_FIELDS_MAX];
} Item;

typedef struct ItemList {
    Item *items;
    size_t count, capacity;
} ItemList;

const ItemKind *item_kind(Text name);           /* NULL: unknown */
int item_compare(const Item *a, const Item *b); /* kinds in the order they are applied, then keys */
void item_list_add(ItemList *list, const Item *item);
void item_list_sort(ItemList *list);
void item_list_close(ItemList *list);

/*
 * Checks what the file says, its references and the floors, and lists it sorted. Texts are views into rules
 * and arena. Errors name the list, the place in it and the broken rule.
 */
Result rules_items(const YamlRules *rules, Arena *arena, ItemList *list, Error *error) CHECKED;
/* rules_whole.c: nothing twice in a sorted list, nothing that refers to what is not in it, and somebody who
 * may apply another file. */
Result rules_check_whole(const ItemList *list, Error *error) CHECKED;
