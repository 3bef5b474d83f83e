/* What the items of a rules file must be to each other. */
#include <string.h>

#include "governance/rules_items.h"

static bool is_listed(const ItemList *list, const char *kind, Text key)
{
    const ItemKind *wanted = item_kind(text_from(kind));

    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].kind == wanted && text_equal(list->items[i].key[0], key))
            return true;
    return false;
}

/* What one kind's key or field refers to. */
typedef struct Reference {
    const char *kind;
    bool is_key;
    size_t index;
    const char *to;
} Reference;

static const Reference references[] = {
    {"agreement", true, 0, "supplier"}, {"agreement", true, 2, "purpose"}, {"project", false, 1, "purpose"},
    {"project", false, 2, "policy"},    {"member", true, 1, "person"},     {"linkage", true, 0, "purpose"},
};

static Result check_references(const ItemList *list, Error *error)
{
    for (size_t i = 0; i < list->count; i++) {
        const Item *item = &list->items[i];
        for (size_t r = 0; r < sizeof references / sizeof references[0]; r++) {
            const Reference *reference = &references[r];
            if (strcmp(item->kind->name, reference->kind) != 0)
                continue;
            Text key = reference->is_key ? item->key[reference->index] : item->fields[reference->index];
            if (!is_listed(list, reference->to, key))
                return fail(error, ERROR_CONFIG, "%s %.*s: its %s is not listed", reference->kind,
                            TEXT_ARG(item->key[0]), reference->to);
        }
    }
    return RESULT_OK;
}

static Result check_unique(const ItemList *list, Error *error)
{
    for (size_t i = 1; i < list->count; i++)
        if (item_compare(&list->items[i - 1], &list->items[i]) == 0)
            return fail(error, ERROR_CONFIG, "%s %.*s: listed twice", list->items[i].kind->name,
                        TEXT_ARG(list->items[i].key[0]));
    return RESULT_OK;
}

/* "engineer, analyst": whether one of them may apply a file. */
static bool may_apply(Text roles)
{
    while (roles.length > 0) {
        Text role = text_trim(text_next(&roles, ','));
        if (text_equal(role, TEXT("engineer")) || text_equal(role, TEXT("ig_lead")))
            return true;
    }
    return false;
}

/* Who applies a file after which nobody may apply another has locked everybody out. */
static Result check_keeper(const ItemList *list, Error *error)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].kind == item_kind(TEXT("person")) && may_apply(list->items[i].fields[2]))
            return RESULT_OK;
    return fail(error, ERROR_CONFIG,
                "people: nobody is engineer or ig_lead, so nobody could apply another file");
}

Result rules_check_whole(const ItemList *list, Error *error)
{
    TRY(check_unique(list, error));
    TRY(check_references(list, error));
    return check_keeper(list, error);
}
