/* `practice sent SOURCE from D to D`: the practices that sent each month, as a set. */
#include <assert.h>

#include "query/bind_parts.h"
#include "query/sent.h"

/* The language asks for days that are the same for everybody. */
static int64_t day_of(Binder *binder, const Node *node)
{
    const PlanNode *day = &binder->plan->nodes[bind_node(binder, node)];

    assert(day->kind == PLAN_NUMBER);
    return day->integer;
}

/*
 * `as_at - 11 months` asks of the month eleven before as_at's, also from 31 March, though April has no such
 * day and the day itself is 1 May. A shift by days stays one of days.
 */
static int64_t month_asked(Binder *binder, const Node *node)
{
    int64_t base;

    if (node->kind == NODE_LET)
        return month_asked(binder, node->let->value);
    if (node->kind == NODE_PARAMETER)
        return month_asked(binder, node->parameter->values[node->parameter->chosen].node);
    if (node->kind != NODE_SHIFT || node->unit == UNIT_DAYS) {
        base = day_of(binder, node);
        return base == NUMBER_UNKNOWN ? NUMBER_UNKNOWN : month_of_date((Date)base);
    }
    base = month_asked(binder, node->operands[0]);
    return base == NUMBER_UNKNOWN ? NUMBER_UNKNOWN : base + node->integer;
}

/* Of the catalogue alone nobody has sent anything: there the set is what the query says of them. */
static size_t practices_of(Binder *binder, const Node *node, Text *practices)
{
    const Sent *sent = binder->tree->sent;
    int64_t from = month_asked(binder, node->operands[1]), to = month_asked(binder, node->operands[2]);

    if (sent == NULL) {
        practices[0] = node->text;
        return 1;
    }
    if (from == NUMBER_UNKNOWN || to == NUMBER_UNKNOWN)
        return 0;
    if (from <= to && to > sent->last)
        binder->asks_beyond = node;
    return sent_each_month(sent, node->source->name, (Month)from, (Month)to, practices);
}

PlanId bind_sent(Binder *binder, const Node *node)
{
    size_t most = binder->tree->sent == NULL ? 1 : binder->tree->sent->count + 1;
    PlanId practice = bind_node(binder, node->operands[0]);
    Text *practices = memory_alloc(most * sizeof *practices);
    size_t count = practices_of(binder, node, practices);
    int64_t *words = arena_alloc(binder->plan->arena, (count + 1) * sizeof *words);

    for (size_t i = 0; i < count; i++)
        words[i] = dataset_word(binder->plan->dataset, practices[i]);
    memory_free(practices);
    PlanNode draft = {.kind = PLAN_IN, .type = TYPE_BOOL};
    return plan_set(binder->plan, draft, practice, words, NULL, count);
}
