/*
 * What a query would do, in words: the plan over the shape of the catalogue, without anything of people. Rows
 * are said as a noun, values as one, conditions as a clause.
 */
#include <inttypes.h>

#include "query/bind.h"
#include "query/check_codes.h"
#include "query/prices.h"
#include "query/print.h"
#include "query/query_private.h"
#include "query/shape.h"

enum {
    EXPLAIN_BYTES_MAX = 16 << 20,
    EXPLAIN_ARENA_BYTES_MAX = 64 << 20, /* half of it for sets: BOUND_SETS_BYTES_MAX */
    EXPLAIN_NODES_MAX = 10000,
    SAID_WORDS_MAX = 5,
    WORD_BYTES_MAX = 40, /* of what is longer, so much is said */
};

typedef struct Explainer {
    const Plan *plan;
    TextBuilder *text;
    uint32_t *uses;  /* of each node */
    uint32_t *steps; /* its number, where it is said once for several uses; 0: in its place */
} Explainer;

/* %0, %1 and %2 are operands, %i the integer, %s the set. */
static const char *const PHRASES[] = {
    [PLAN_KEEP] = "%0 where %1",
    [PLAN_DROP] = "%0 but for those where %1",
    [PLAN_SORT] = "%0 by %1",
    [PLAN_EXISTS] = "there are %0",
    [PLAN_COUNT] = "the number of %0",
    [PLAN_COUNT_DISTINCT] = "the number of different %1 in %0",
    [PLAN_SUM] = "the sum of %1 over %0",
    [PLAN_MEAN] = "the mean of %1 over %0",
    [PLAN_SMALLEST] = "the least %1 of %0",
    [PLAN_LARGEST] = "the greatest %1 of %0",
    [PLAN_VALUE] = "%1 of %0",
    [PLAN_IN_ROWS] = "%0 is one of the %2 of %1",
    [PLAN_MOST] = "the most of %0 that %i days running hold by %1",
    [PLAN_EPISODES] = "the runs of %0 with gaps of %1 up to %i days",
    [PLAN_EQUAL] = "%0 is %1",
    [PLAN_NOT_EQUAL] = "%0 is not %1",
    [PLAN_LESS] = "%0 is less than %1",
    [PLAN_AT_MOST] = "%0 is at most %1",
    [PLAN_MORE] = "%0 is more than %1",
    [PLAN_AT_LEAST] = "%0 is at least %1",
    [PLAN_IN] = "%0 is %s",
    [PLAN_NOT] = "not (%0)",
    [PLAN_IS_KNOWN] = "%0 is known",
    [PLAN_CONTAINS] = "%0 has %1 in it",
    [PLAN_CONTAINS_CODE] = "%0 has a code in it that begins with %s",
    [PLAN_ADD] = "(%0 + %1)",
    [PLAN_SUBTRACT] = "(%0 - %1)",
    [PLAN_MULTIPLY] = "(%0 * %1)",
    [PLAN_DIVIDE] = "(%0 / %1)",
    [PLAN_DIVIDE_DOWN] = "(%0 / %1 without what is left)",
    [PLAN_POWER] = "(%0 to the power of %1)",
    [PLAN_ABSOLUTE] = "the size of %0",
    [PLAN_TO_INTEGER] = "the whole of %0",
    [PLAN_TO_DECIMAL] = "%0",
    [PLAN_YEAR] = "the year of %0",
    [PLAN_MONTH] = "the month of %0",
    [PLAN_DAY] = "the day of the month of %0",
    [PLAN_FIRST_OF_MONTH] = "the first of the month of %0",
    [PLAN_FIRST_OF_YEAR] = "the first of the year of %0",
    [PLAN_SHIFT_DAYS] = "%1 days behind %0",
    [PLAN_SHIFT_MONTHS] = "%1 months behind %0",
    [PLAN_DAYS_BETWEEN] = "the days from %0 to %1",
    [PLAN_MONTHS_BETWEEN] = "the whole months from %0 to %1",
    [PLAN_YEARS_BETWEEN] = "the whole years from %0 to %1",
    [PLAN_MAP] = "what %0 stands for",
    [PLAN_PEOPLE_AT_HOME] = "how many people who share %0 have it that (%1)",
    [PLAN_OTHERS_AT_HOME] = "how many others who share %0 have it that (%1)",
};
enum { PHRASE_COUNT = sizeof PHRASES / sizeof *PHRASES };

static void say(const Explainer *explainer, PlanId id);

/* ---- leaves ---- */

static void say_word(const Explainer *explainer, Text word)
{
    size_t length = word.length;

    while (length > WORD_BYTES_MAX || (length < word.length && (word.data[length] & 0xC0) == 0x80))
        length--;
    text_add_format(explainer->text, "\"%.*s%s\"", (int)length, word.data, length < word.length ? "..." : "");
}

static void say_constant(const Explainer *explainer, const PlanNode *node)
{
    const Dataset *dataset = explainer->plan->dataset;
    char day[DATE_TEXT_BYTES];

    if (node->integer == NUMBER_UNKNOWN)
        text_add_string(explainer->text, "unknown");
    else if (node->type == TYPE_DATE)
        text_add_string(explainer->text, date_format((Date)node->integer, day));
    else if (node->type == TYPE_BOOL)
        text_add_string(explainer->text, node->integer != 0 ? "true" : "false");
    else if (node->type != TYPE_TEXT)
        text_add_format(explainer->text, "%" PRId64, node->integer);
    else if (node->integer >= 0 && (size_t)node->integer < dataset->word_count)
        say_word(explainer, dataset->words[node->integer]);
    else
        text_add_string(explainer->text, "another word");
}

/* All words of the query are words of the shape: what no cell holds stands beside prefixes alone. */
static void say_set(const Explainer *explainer, const PlanNode *node)
{
    PlanNode item = {.type = explainer->plan->nodes[node->operands[0]].type};
    size_t first = item.type == TYPE_TEXT && node->set_count > 1 && node->set[0] == -1;

    if (node->set_count - first > SAID_WORDS_MAX) {
        text_add_format(explainer->text, "one of %zu", node->set_count - first);
        return;
    }
    text_add_string(explainer->text, node->set_count == 0 ? "none" : "");
    for (size_t i = first; i < node->set_count; i++) {
        text_add_string(explainer->text, i > first ? " or " : "");
        item.integer = node->set[i];
        say_constant(explainer, &item);
    }
}

static const DataSource *source_of(const Explainer *explainer, const PlanNode *node)
{
    return &explainer->plan->dataset->sources[node->level == PLAN_PEOPLE ? 0 : node->level];
}

/* ---- what is said of operands in another way than by a phrase ---- */

static void say_pick(const Explainer *explainer, const PlanNode *node)
{
    if (node->integer == 1 || node->integer == -1)
        text_add_string(explainer->text, node->integer == 1 ? "the first of " : "the last of ");
    else
        text_add_format(explainer->text, "number %" PRId64 " from the %s of ",
                        node->integer < 0 ? -node->integer : node->integer,
                        node->integer < 0 ? "end" : "beginning");
    say(explainer, node->operands[0]);
}

static void say_chain(const Explainer *explainer, const PlanNode *node, const char *between)
{
    text_add_string(explainer->text, "(");
    for (size_t i = 0; i < node->operand_count; i++) {
        text_add_string(explainer->text, i > 0 ? between : "");
        say(explainer, node->operands[i]);
    }
    text_add_string(explainer->text, ")");
}

static void say_case(const Explainer *explainer, const PlanNode *node)
{
    text_add_string(explainer->text, "(");
    for (size_t i = 0; i < node->operand_count; i++) {
        bool is_condition = i % 2 == 0 && i + 1 < node->operand_count;
        text_add_string(explainer->text, is_condition ? (i > 0 ? "; where " : "where ")
                                         : i % 2 == 1 ? ": "
                                                      : "; else ");
        say(explainer, node->operands[i]);
    }
    text_add_string(explainer->text, ")");
}

/* ---- what plans say often, and people in fewer words ---- */

/* Operands that are said in their place, and not before. */
static const PlanNode *said_here(const Explainer *explainer, const PlanNode *node, size_t operand,
                                 PlanKind kind)
{
    PlanId id = node->operands[operand];
    const PlanNode *at = &explainer->plan->nodes[id];

    return at->kind == kind && explainer->steps[id] == 0 ? at : NULL;
}

/* `(X, else D) is at most D`, or at least: the first day, or the last, of what bind_covers asks; NULL:
 * neither */
static const PlanNode *end_of_stretch(const Explainer *explainer, const PlanNode *node, size_t operand,
                                      PlanKind kind)
{
    const PlanNode *end = said_here(explainer, node, operand, kind);
    const PlanNode *known = end == NULL ? NULL : said_here(explainer, end, 0, PLAN_COALESCE);

    return known != NULL && known->operand_count == 2 && known->operands[1] == end->operands[1] ? end : NULL;
}

/* An end that is not known is none. */
static bool say_covers(const Explainer *explainer, const PlanNode *node)
{
    const PlanNode *nodes = explainer->plan->nodes;
    const PlanNode *from = end_of_stretch(explainer, node, 0, PLAN_AT_MOST);
    const PlanNode *to = end_of_stretch(explainer, node, 1, PLAN_AT_LEAST);

    if (node->operand_count != 2 || from == NULL || to == NULL || from->operands[1] != to->operands[1])
        return false;
    say(explainer, from->operands[1]);
    text_add_string(explainer->text, " is from ");
    say(explainer, nodes[from->operands[0]].operands[0]);
    text_add_string(explainer->text, " to ");
    say(explainer, nodes[to->operands[0]].operands[0]);
    return true;
}

/* Above PLAN_AMOUNT_MAX an amount is not known. */
static bool say_amount(const Explainer *explainer, const PlanNode *node)
{
    const PlanNode *fits = said_here(explainer, node, 0, PLAN_AT_MOST);
    const PlanNode *size = fits == NULL ? NULL : said_here(explainer, fits, 0, PLAN_ABSOLUTE);

    if (node->operand_count != 2 || size == NULL || size->operands[0] != node->operands[1])
        return false;
    say(explainer, node->operands[1]);
    text_add_string(explainer->text, " (up to ");
    say(explainer, fits->operands[1]);
    text_add_string(explainer->text, ")");
    return true;
}

static void say_phrase(const Explainer *explainer, const PlanNode *node)
{
    if ((size_t)node->kind >= PHRASE_COUNT || PHRASES[node->kind] == NULL) {
        text_add_string(explainer->text, "a value of ");
        say_chain(explainer, node, ", ");
        return;
    }
    for (const char *at = PHRASES[node->kind]; *at != '\0'; at++) {
        if (*at != '%') {
            text_add_char(explainer->text, *at);
            continue;
        }
        at++;
        if (*at == 'i')
            text_add_format(explainer->text, "%" PRId64, node->integer);
        else if (*at == 's')
            say_set(explainer, node);
        else
            say(explainer, node->operands[*at - '0']);
    }
}

static bool say_everybody_at_home(const Explainer *explainer, const PlanNode *node)
{
    const PlanNode *asked = &explainer->plan->nodes[node->operands[1]];

    if (asked->kind != PLAN_NUMBER || asked->integer != true)
        return false;
    text_add_string(explainer->text,
                    node->kind == PLAN_PEOPLE_AT_HOME ? "how many people share " : "how many others share ");
    say(explainer, node->operands[0]);
    return true;
}

static bool say_short(const Explainer *explainer, const PlanNode *node)
{
    bool is_of_homes = node->kind == PLAN_PEOPLE_AT_HOME || node->kind == PLAN_OTHERS_AT_HOME;

    return (is_of_homes && say_everybody_at_home(explainer, node)) ||
           (node->kind == PLAN_AND && say_covers(explainer, node)) ||
           (node->kind == PLAN_CASE && say_amount(explainer, node));
}

static void say_itself(const Explainer *explainer, PlanId id)
{
    const PlanNode *node = &explainer->plan->nodes[id];

    if (say_short(explainer, node))
        return;

    switch (node->kind) {
    case PLAN_NUMBER:
        say_constant(explainer, node);
        return;
    case PLAN_DECIMAL:
        text_add_format(explainer->text, "%g", node->decimal);
        return;
    case PLAN_COLUMN:
        text_add(explainer->text, source_of(explainer, node)->columns[node->column].name);
        return;
    case PLAN_ROWS:
        text_add_format(explainer->text, "records of %.*s", TEXT_ARG(source_of(explainer, node)->name));
        return;
    case PLAN_PICK:
        say_pick(explainer, node);
        return;
    case PLAN_AND:
        say_chain(explainer, node, " and ");
        return;
    case PLAN_OR:
        say_chain(explainer, node, " or ");
        return;
    case PLAN_COALESCE:
        say_chain(explainer, node, ", else ");
        return;
    case PLAN_LEAST:
        text_add_string(explainer->text, "the least of ");
        say_chain(explainer, node, ", ");
        return;
    case PLAN_GREATEST:
        text_add_string(explainer->text, "the greatest of ");
        say_chain(explainer, node, ", ");
        return;
    case PLAN_CASE:
        say_case(explainer, node);
        return;
    default:
        say_phrase(explainer, node);
    }
}

/* ---- the whole ---- */

static void say(const Explainer *explainer, PlanId id)
{
    if (explainer->steps[id] > 0)
        text_add_format(explainer->text, "[%" PRIu32 "]", explainer->steps[id]);
    else
        say_itself(explainer, id);
}

/* Operands stand before what uses them; what only a part that fell away used counts for nothing. */
static void count_uses(const Explainer *explainer, const Bound *bound)
{
    const Plan *plan = explainer->plan;

    explainer->uses[bound->cohort]++;
    for (size_t i = 0; i < bound->dimension_count; i++)
        explainer->uses[bound->values[i]]++;
    for (size_t i = plan->count; i-- > 0;)
        for (size_t o = 0; explainer->uses[i] > 0 && o < plan->nodes[i].operand_count; o++)
            explainer->uses[plan->nodes[i].operands[o]]++;
}

/* What is used more than once is said once, before: a `let` can be used a thousand times. */
static void say_steps(const Explainer *explainer)
{
    uint32_t step = 0;

    for (size_t i = 0; i < explainer->plan->count; i++) {
        if (explainer->uses[i] < 2 || explainer->plan->nodes[i].operand_count == 0)
            continue;
        text_add_format(explainer->text, "[%" PRIu32 "] ", step + 1);
        say_itself(explainer, (PlanId)i);
        text_add_char(explainer->text, '\n');
        explainer->steps[i] = ++step;
    }
}

static void say_period(const Explainer *explainer, const Period *period)
{
    char day[DATE_TEXT_BYTES];

    if (period->first == period->last)
        return; /* none: a period has more days than one */
    text_add_format(explainer->text, " from %s", date_format(period->first, day));
    text_add_format(explainer->text, " to %s", date_format(period->last, day));
}

/* The plan has one value of each. */
static void say_parameters(const Explainer *explainer, const Tree *tree)
{
    for (size_t i = 0; i < tree->parameter_count; i++) {
        const Parameter *parameter = &tree->parameters[i];
        if (parameter->is_used)
            text_add_format(explainer->text, "parameter %.*s, one of %zu: here %.*s\n",
                            TEXT_ARG(parameter->name), parameter->count,
                            TEXT_ARG(parameter->values[parameter->chosen].said));
    }
}

static Text counted_name(const TableNode *table, size_t measure)
{
    return measure == MEASURE_OF_ALL ? TEXT("people") : table->measures[measure].name;
}

/* What is not counted, but worked out of what is published. */
static void say_rates(const Explainer *explainer, const TableNode *table)
{
    for (size_t i = 0; i < table->measure_count; i++) {
        const Measure *rate = &table->measures[i];
        if (rate->kind != MEASURE_RATE)
            continue;
        if (rate->population.length > 0)
            text_add_format(explainer->text,
                            "\n%.*s: the published %.*s for every %" PRId64
                            " people of the population \"%.*s\", a table from outside",
                            TEXT_ARG(rate->name), TEXT_ARG(counted_name(table, rate->numerator)), rate->per,
                            TEXT_ARG(rate->population));
        else
            text_add_format(explainer->text,
                            "\n%.*s: the published %.*s for every %" PRId64 " of the published %.*s",
                            TEXT_ARG(rate->name), TEXT_ARG(counted_name(table, rate->numerator)), rate->per,
                            TEXT_ARG(counted_name(table, rate->denominator)));
    }
}

/* The plan says of whom they are known. */
static void say_amounts(const Explainer *explainer, const TableNode *table)
{
    for (size_t i = 0; i < table->measure_count; i++) {
        const Measure *measure = &table->measures[i];
        if (!measure_is_of_amount(measure))
            continue;
        text_add_format(explainer->text, "\n%.*s: the ", TEXT_ARG(measure->name));
        print_statistic(explainer->text, measure);
        text_add_format(explainer->text, " of %.*s, over the people of whom it is known",
                        TEXT_ARG(measure->dimension.said));
    }
}

/* Pinned: what the text of each list says of it. */
static void say_codes(const Explainer *explainer, const Tree *tree)
{
    for (size_t i = 0; i < tree->code_list_count; i++) {
        const CodeList *list = &tree->code_lists[i];
        if (!list->is_used || list->terminology.length == 0)
            continue;
        text_add_string(explainer->text, "codes ");
        code_list_say(list->name, code_list_codes(list), list->terminology, list->release,
                      code_list_inactive(list), explainer->text);
        text_add_char(explainer->text, '\n');
    }
}

/* From outside: which version, the run finds. */
static void say_prices(const Explainer *explainer, const Tree *tree, Arena *arena)
{
    for (size_t i = 0; i < tree->price_count; i++)
        if (tree->prices[i].is_used)
            text_add_format(explainer->text,
                            "prices %.*s, a table from outside; what has none is not known\n",
                            TEXT_ARG(prices_said(&tree->prices[i], arena)));
}

static void say_query(const Explainer *explainer, const Tree *tree, Date as_at, const Bound *bound)
{
    TextBuilder *text = explainer->text;
    char day[DATE_TEXT_BYTES];

    text_add_format(text, "as at %s%s", date_format(as_at, day),
                    tree->as_at == DATE_NONE ? ", were that the release's last day" : "");
    if (tree->as_at_of != NULL)
        text_add_format(text, ", were that chosen of %.*s", TEXT_ARG(tree->as_at_of->name));
    text_add_char(text, '\n');
    if (tree->known_at != DATE_NONE)
        text_add_format(text, "as known at %s\n", date_format(tree->known_at, day));
    say_parameters(explainer, tree);
    count_uses(explainer, bound);
    say_steps(explainer);
    text_add_string(text, "counts people for whom ");
    say(explainer, bound->cohort);
    for (size_t i = 0; i < bound->dimension_count; i++) {
        text_add_format(text, "\nby %s", bound->dimensions[i].attribute->name);
        say_period(explainer, &bound->dimensions[i].period);
        text_add_string(text, ": ");
        say(explainer, bound->values[i]);
    }
    for (size_t t = 0; t < tree->table_count; t++) {
        say_amounts(explainer, &tree->tables[t]);
        say_rates(explainer, &tree->tables[t]);
    }
    text_add_char(text, '\n');
    say_codes(explainer, tree);
    say_prices(explainer, tree, explainer->plan->arena);
}

Result query_explain(const Query *query, Text *explained, Error *error)
{
    SCOPED(text_builder_close) TextBuilder text = text_builder(EXPLAIN_BYTES_MAX);
    SCOPED(arena_close) Arena *arena = arena_create(EXPLAIN_ARENA_BYTES_MAX);
    const Dataset *shape = shape_of_catalogue(&query->catalogue, query->tree, arena);
    Date as_at =
        query->tree->as_at != DATE_NONE ? query->tree->as_at : month_last_day(month_of_date(date_today()));
    Bound bound;

    TRY(bind_tree(query->tree, shape, as_at, arena, &bound, error));
    if (bound.plan->count > EXPLAIN_NODES_MAX)
        return source_text_fail_at(&query->tree->cohort->at, ERROR_LIMIT, error,
                                   "the plan has more than %d parts, too many to read", EXPLAIN_NODES_MAX);
    Explainer explainer = {.plan = bound.plan, .text = &text};
    explainer.uses = arena_alloc(arena, bound.plan->count * sizeof *explainer.uses);
    explainer.steps = arena_alloc(arena, bound.plan->count * sizeof *explainer.steps);
    say_query(&explainer, query->tree, as_at, &bound);
    *explained = text_copy(query->arena, text_built(&text));
    return RESULT_OK;
}
