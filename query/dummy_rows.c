/* Records that satisfy a condition, put there and taken away. */
#include "query/dummy.h"

enum { ROW_PASSES = 8, ROWS_FOUND_MAX = 512 };

static size_t table_index(const Dummy *dummy, const DummyTable *table)
{
    return (size_t)(table - dummy->tables);
}

/* The person's, as last built, of which a node's condition is true. */
static size_t find_rows(const Wish *wish, const Node *node, DummyRow **found, size_t most)
{
    Dummy *dummy = wish->dummy;
    DummyTable *table = dummy_table(dummy, node->source->name);
    size_t index = table_index(dummy, table), count = 0;
    const uint32_t *begin = dummy->sources[index].begin;
    const Vector *kept = NULL;
    PlanId id;

    if (node_where(node) != NULL) {
        if (!dummy_value_id(dummy, node_where(node), wish->period.first, &id))
            return 0;
        kept = engine_value_at(dummy->engine, id, (uint16_t)index);
    }
    for (uint32_t i = begin[wish->person]; i < begin[wish->person + 1] && count < most; i++)
        if (!table->origins[i]->is_removed && (kept == NULL || vector_number(kept, i) == 1))
            found[count++] = table->origins[i];
    return count;
}

/* Sometimes no more than is needed: a record that is nearly one says more than none. */
static void spoil_row(const Wish *wish, const Node *node, DummyRow *row)
{
    Dummy *dummy = wish->dummy;
    DummyTable *table = dummy_table(dummy, node->source->name);
    Wish of_row = *wish;

    if (node_where(node) == NULL || dummy_chance(dummy, NEAR_MISS_ONE_IN) == 0) {
        dummy_remove(table, dummy_owner(dummy, table, wish->person), row);
        return;
    }
    of_row.table = table;
    of_row.row = row;
    wish_condition(&of_row, node_where(node), false);
}

void wish_remove_rows(const Wish *wish, const Node *node)
{
    DummyRow *found[ROWS_FOUND_MAX];
    size_t count = find_rows(wish, node, found, ROWS_FOUND_MAX);

    for (size_t i = 0; i < count; i++)
        spoil_row(wish, node, found[i]);
}

static void clear_deaths(const Wish *wish, DummyTable *table)
{
    while (table->rows[wish->person] != NULL)
        dummy_remove(table, wish->person, table->rows[wish->person]);
}

DummyRow *wish_add_row(const Wish *wish, const Node *node, bool wanted, int column, double value)
{
    Dummy *dummy = wish->dummy;
    DummyTable *table = dummy_table(dummy, node->source->name);
    uint32_t owner = dummy_owner(dummy, table, wish->person);
    Wish of_row = *wish;

    if (table->of->is_death) /* nobody dies twice */
        clear_deaths(wish, table);
    DummyRow *row = dummy_add(dummy, table, owner);
    for (size_t c = 0; c < table->column_count; c++)
        row->cells[c] = dummy_fill(dummy, table, c);
    of_row.table = table;
    of_row.row = row;
    for (int pass = 0; node_where(node) != NULL && pass < ROW_PASSES; pass++) {
        if (wish_holds(&of_row, node_where(node)) == (wanted ? HOLDS : HOLDS_NOT))
            break;
        wish_condition(&of_row, node_where(node), wanted);
    }
    if (column >= 0 && dummy_can_have(dummy, table, (size_t)column, value))
        row->cells[column] = value;
    return row;
}

void wish_rows(const Wish *wish, const Node *node, int64_t count)
{
    DummyRow *found[ROWS_FOUND_MAX];
    int64_t there = (int64_t)find_rows(wish, node, found, ROWS_FOUND_MAX);

    for (; there < count && there < ROWS_FOUND_MAX && !dummy_is_full(wish->dummy); there++)
        (void)wish_add_row(wish, node, true, -1, NAN);
    for (; there > count && there > 0; there--)
        spoil_row(wish, node, found[there - 1]);
    if (count == 0 && node_where(node) != NULL && dummy_chance(wish->dummy, NEAR_MISS_ONE_IN) == 0)
        (void)wish_add_row(wish, node, false, -1, NAN);
}
