/* A plan in words: rows are said as a noun, values as one, conditions as a clause. */
#include <inttypes.h>

#include "query/explain.h"

enum { SAID_WORDS_MAX = 5, WORD_BYTES_MAX = 40 /* of what is longer, so much is said */ };

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
    explain_node(explainer, node->operands[0]);
}

static void say_chain(const Explainer *explainer, const PlanNode *node, const char *between)
{
    text_add_string(explainer->text, "(");
    for (size_t i = 0; i < node->operand_count; i++) {
        text_add_string(explainer->text, i > 0 ? between : "");
        explain_node(explainer, node->operands[i]);
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
        explain_node(explainer, node->operands[i]);
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
    explain_node(explainer, from->operands[1]);
    text_add_string(explainer->text, " is from ");
    explain_node(explainer, nodes[from->operands[0]].operands[0]);
    text_add_string(explainer->text, " to ");
    explain_node(explainer, nodes[to->operands[0]].operands[0]);
    return true;
}

/* Above PLAN_AMOUNT_MAX an amount is not known. */
static bool say_amount(const Explainer *explainer, const PlanNode *node)
{
    const PlanNode *fits = said_here(explainer, node, 0, PLAN_AT_MOST);
    const PlanNode *size = fits == NULL ? NULL : said_here(explainer, fits, 0, PLAN_ABSOLUTE);

    if (node->operand_count != 2 || size == NULL || size->operands[0] != node->operands[1])
        return false;
    explain_node(explainer, node->operands[1]);
    text_add_string(explainer->text, " (up to ");
    explain_node(explainer, fits->operands[1]);
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
            explain_node(explainer, node->operands[*at - '0']);
    }
}

static bool say_everybody_at_home(const Explainer *explainer, const PlanNode *node)
{
    const PlanNode *asked = &explainer->plan->nodes[node->operands[1]];

    if (asked->kind != PLAN_NUMBER || asked->integer != true)
        return false;
    text_add_string(explainer->text,
                    node->kind == PLAN_PEOPLE_AT_HOME ? "how many people share " : "how many others share ");
    explain_node(explainer, node->operands[0]);
    return true;
}

static bool say_short(const Explainer *explainer, const PlanNode *node)
{
    bool is_of_homes = node->kind == PLAN_PEOPLE_AT_HOME || node->kind == PLAN_OTHERS_AT_HOME;

    return (is_of_homes && say_everybody_at_home(explainer, node)) ||
           (node->kind == PLAN_AND && say_covers(explainer, node)) ||
           (node->kind == PLAN_CASE && say_amount(explainer, node));
}

void explain_in_full(const Explainer *explainer, PlanId id)
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

void explain_node(const Explainer *explainer, PlanId id)
{
    if (explainer->steps[id] > 0)
        text_add_format(explainer->text, "[%" PRIu32 "]", explainer->steps[id]);
    else
        explain_in_full(explainer, id);
}
