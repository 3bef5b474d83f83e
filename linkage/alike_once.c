/* Deliveries that name each person once: whom one names twice is two people. */
#include <stdlib.h>

#include "base/arena.h"
#include "linkage/alike.h"
#include "linkage_sql.h"

static const DbStatement once_statement = {
    .name = "linkage_once",
    .sql = linkage_sql_once,
    .parameters = {VALUE_BYTES, VALUE_INT4},
    .columns = {VALUE_INT8, VALUE_BOOL, VALUE_INT8},
};

static int compare_keys(const void *a, const void *b)
{
    const AlikeKey *x = a, *y = b;

    if (x->has_number != y->has_number)
        return x->has_number ? 1 : -1;
    return x->key < y->key ? -1 : x->key > y->key;
}

static void add_item(TreeList *list, int64_t load_id)
{
    list->items = memory_resize(list->items, (list->count + 1) * sizeof *list->items);
    list->items[list->count++] = (uint32_t)load_id;
}

Result alike_once(AlikeRun *run, AlikeKey *keys, size_t count, TreeList *lists, Error *error)
{
    SCOPED(db_rows_close) DbRows *rows = NULL;
    const Value values[] = {run->permit, value_int4(run->run_id)};
    size_t at = 0;

    TRY(db_run(run->linker, &once_statement, values, &rows, error));
    if (count > 1)
        qsort(keys, count, sizeof *keys, compare_keys); /* as the rows come */
    for (size_t row = 0; row < db_row_count(rows); row++) {
        const AlikeKey wanted = {.key = db_int(rows, row, 0), .has_number = db_value(rows, row, 1).boolean};
        while (at < count && compare_keys(&keys[at], &wanted) < 0)
            at++;
        if (at < count && compare_keys(&keys[at], &wanted) == 0)
            add_item(&lists[keys[at].place], db_int(rows, row, 2));
    }
    return RESULT_OK;
}
