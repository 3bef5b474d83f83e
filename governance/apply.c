/*
 * Brings what is held to what a rules file says: the difference is printed,
 * then made in one transaction. Nothing is deleted; what left the file ends.
 */
#include <stdio.h>

#include "base/input.h"
#include "governance/rules_items.h"
#include "governance/state.h"
#include "governance_sql.h"

enum { FILE_BYTES_MAX = 4 * 1024 * 1024, ARENA_BYTES = 64 * 1024 * 1024 };

static const DbStatement held_statement = {
    .name = "rules_held",
    .sql = governance_sql_rules_held,
    .columns = {VALUE_TEXT, VALUE_TEXT_ARRAY, VALUE_TEXT_ARRAY},
};
static const DbStatement put_statement = {
    .name = "rules_put",
    .sql = governance_sql_rules_put,
    .parameters = {VALUE_BYTES, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT_ARRAY, VALUE_TEXT_ARRAY},
    .columns = {VALUE_INT8},
};
static const DbStatement end_statement = {
    .name = "rules_end",
    .sql = governance_sql_rules_end,
    .parameters = {VALUE_BYTES, VALUE_TEXT, VALUE_TEXT, VALUE_TEXT_ARRAY},
    .columns = {VALUE_INT8},
};
static const DbStatement approval_statement = {
    .name = "rules_use_approval",
    .sql = governance_sql_rules_use_approval,
    .parameters = {VALUE_BYTES, VALUE_TEXT},
    .columns = {VALUE_INT8},
};
static const DbStatement lock_statement = {
    .name = "rules_lock",
    .sql = governance_sql_rules_lock,
    .columns = {VALUE_INT8},
};
static const DbStatement keep_statement = {
    .name = "rules_keep_file",
    .sql = governance_sql_rules_keep_file,
    .parameters = {VALUE_BYTES, VALUE_TEXT, VALUE_TEXT},
    .columns = {VALUE_INT8},
};

typedef struct Apply {
    Db *db;
    const GovernancePermit *permit; /* NULL: a dry run */
    FILE *out;
    Text content;
    char file_hash[HASH_TEXT_BYTES];
    int64_t change_count;
} Apply;

static Value array_value(const Text *texts, size_t count)
{
    return (Value){.type = VALUE_TEXT_ARRAY, .array = {.items = texts, .count = count}};
}

static void copy_texts(const Value *array, Text *texts, size_t count)
{
    const Text *items = array->array.items;

    for (size_t i = 0; i < count && i < array->array.count; i++)
        texts[i] = items[i];
}

/* Texts are views into rows. */
static Result read_held(const DbRows *rows, ItemList *held, Error *error)
{
    for (size_t row = 0; row < db_row_count(rows); row++) {
        Value key = db_value(rows, row, 1), fields = db_value(rows, row, 2);
        Item item = {.kind = item_kind(db_text(rows, row, 0))};
        if (item.kind == NULL)
            return fail(error, ERROR_DATABASE, "statement rules_held: gave an unknown kind");
        copy_texts(&key, item.key, item.kind->key_count);
        copy_texts(&fields, item.fields, item.kind->field_count);
        item_list_add(held, &item);
    }
    item_list_sort(held);
    return RESULT_OK;
}

static void print_key(FILE *out, char sign, const Item *item)
{
    (void)fprintf(out, "%c %s", sign, item->kind->name);
    for (size_t i = 0; i < item->kind->key_count; i++)
        (void)fprintf(out, "%s%.*s", item->kind->key_prefixes[i], TEXT_ARG(item->key[i]));
}

static void print_whole(FILE *out, char sign, const Item *item)
{
    print_key(out, sign, item);
    for (size_t i = 0; i < item->kind->field_count; i++)
        if (item->kind->fields[i].prefix != NULL && item->fields[i].length > 0)
            (void)fprintf(out, "%s%.*s", item->kind->fields[i].prefix, TEXT_ARG(item->fields[i]));
    (void)fputc('\n', out);
}

static void print_change(FILE *out, const Item *before, const Item *after)
{
    const char *separator = ": ";

    print_key(out, '~', after);
    for (size_t i = 0; i < after->kind->field_count; i++) {
        if (text_equal(before->fields[i], after->fields[i]))
            continue;
        (void)fprintf(out, "%s%s %.*s → %.*s", separator, after->kind->fields[i].name,
                      TEXT_ARG(before->fields[i]), TEXT_ARG(after->fields[i]));
        separator = ", ";
    }
    (void)fputc('\n', out);
}

static bool is_changed(const Item *before, const Item *after)
{
    for (size_t i = 0; i < after->kind->field_count; i++)
        if (!text_equal(before->fields[i], after->fields[i]))
            return true;
    return false;
}

/* Puts an item or ends it; to end one, the statement asks for no more than its key. */
static Result change_item(Apply *apply, const DbStatement *statement, const Item *item, Error *error)
{
    int64_t count;

    apply->change_count++;
    if (apply->permit == NULL)
        return RESULT_OK;
    const Value parameters[] = {
        permit_value(apply->permit),
        value_text(text_from(apply->file_hash)),
        value_text(text_from(item->kind->name)),
        array_value(item->key, item->kind->key_count),
        array_value(item->fields, item->kind->field_count),
    };
    return db_run_int8(apply->db, statement, parameters, &count, NULL, error);
}

/* Both lists are sorted: one walk over the two. */
static Result apply_difference(Apply *apply, const ItemList *held, const ItemList *wanted, Error *error)
{
    size_t h = 0, w = 0;

    while (h < held->count || w < wanted->count) {
        int order = h == held->count     ? 1
                    : w == wanted->count ? -1
                                         : item_compare(&held->items[h], &wanted->items[w]);
        if (order < 0) {
            print_whole(apply->out, '-', &held->items[h]);
            TRY(change_item(apply, &end_statement, &held->items[h++], error));
        } else if (order > 0) {
            print_whole(apply->out, '+', &wanted->items[w]);
            TRY(change_item(apply, &put_statement, &wanted->items[w++], error));
        } else {
            if (is_changed(&held->items[h], &wanted->items[w])) {
                print_change(apply->out, &held->items[h], &wanted->items[w]);
                TRY(change_item(apply, &put_statement, &wanted->items[w], error));
            }
            h++;
            w++;
        }
    }
    return RESULT_OK;
}

static Result use_approval(const Apply *apply, Error *error)
{
    const Value parameters[] = {permit_value(apply->permit), value_text(text_from(apply->file_hash))};
    int64_t nothing;

    return db_run_int8(apply->db, &approval_statement, parameters, &nothing, NULL, error);
}

static Result apply_in_transaction(Apply *apply, const ItemList *wanted, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    SCOPED(item_list_close) ItemList held = {0};
    int64_t count;

    TRY(db_begin(apply->db, error));
    TRY(db_run_int8(apply->db, &lock_statement, NULL, &count, NULL, error));
    if (apply->permit != NULL)
        TRY(use_approval(apply, error));
    TRY(db_run(apply->db, &held_statement, NULL, &rows, error));
    TRY(read_held(rows, &held, error));
    TRY(apply_difference(apply, &held, wanted, error));
    if (apply->permit == NULL)
        return db_rollback(apply->db, error);
    const Value parameters[] = {permit_value(apply->permit), value_text(text_from(apply->file_hash)),
                                value_text(apply->content)};
    TRY(db_run_int8(apply->db, &keep_statement, parameters, &count, NULL, error));
    return db_commit(apply->db, error);
}

Result governance_apply(Governance *governance, const GovernancePermit *permit, const char *path,
                        bool dry_run, FILE *out, int64_t *change_count, Error *error)
{
    SCOPED(arena_close) Arena *arena = arena_create(ARENA_BYTES);
    SCOPED(rules_yaml_close) YamlRules *rules = NULL;
    SCOPED(item_list_close) ItemList wanted = {0};
    Apply apply = {.db = governance->db, .permit = dry_run ? NULL : permit, .out = out};
    Error ignored;

    TRY(input_read_all(path, FILE_BYTES_MAX, arena, &apply.content, error));
    Hash content = hash_of(apply.content.data, apply.content.length);
    (void)hash_format(&content, apply.file_hash);
    if (!dry_run)
        TRY(permit_check(permit, GOVERNANCE_APPLY, text_from(apply.file_hash), error));
    TRY(rules_yaml_open(path, apply.content, &rules, error));
    Result listed = rules_items(rules, arena, &wanted, error);
    if (!listed.ok)
        return fail_context(error, "%s", path);

    Result applied = apply_in_transaction(&apply, &wanted, error);
    if (!applied.ok) {
        Result undone = db_rollback(governance->db, &ignored);
        (void)undone; /* the first error is the one to tell */
        return applied;
    }
    *change_count = apply.change_count;
    return RESULT_OK;
}
