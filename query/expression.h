#pragma once
/*
 * Private to query: what the files of expressions share. An expression is parsed, resolved and typed in one
 * pass, so that an error knows its place. From loosest to tightest: or, and, not, comparison, otherwise, sum,
 * product, operand. `where` reaches as far as it can; parentheses end it.
 */
#include "query/parser.h"

enum { EXPRESSION_CANDIDATES_MAX = 512 };

/* Parsed already: a comparison's left side, or an operand. */
typedef struct Taken {
    const Node *node;
    Place place;
} Taken;

typedef Result (*ExpressionTake)(Parser *parser, const Node **node, Error *error);

/* ---- expression_node.c ---- */
Result expression_fail(const Parser *parser, Place place, Error *error, const char *rule) CHECKED;
/* A copy of draft, measured, and within the limits. */
Result expression_finish(Parser *parser, const Node *draft, Place place, const Node **node, Error *error)
    CHECKED;
/* Words that go on with an expression, into words; how many. */
size_t expression_words_behind(Text *words);
/* What stands before the next token is no condition: a word that was meant to make it one is named. */
Result expression_check_misspelt(const Parser *parser, Error *error) CHECKED;
const Node **expression_operands(Parser *parser, const Node *const *operands, size_t count);
Result expression_want(const Parser *parser, const Node *node, QueryType type, Place place, Error *error)
    CHECKED;
/* Behind lets and shifts. */
const Node *expression_shifted_from(const Node *day);
/* The same for everybody: a date, one that is chosen at the run, as_at, or so far from one of them. */
bool expression_is_common_day(const Node *day);
Result expression_enter(Parser *parser, Error *error) CHECKED;
void expression_leave(Parser *parser);
/* N days, weeks, months or years; weeks become days, years months. */
Result expression_span(Parser *parser, const char *what, int64_t *amount, Unit *unit, Error *error) CHECKED;
bool expression_unit(Text word, Unit *unit, int64_t *times);

/* ---- expression.c ---- */
/* Anything but a condition made of conditions: what stands beside a comparison. */
Result expression_value(Parser *parser, const Node **node, Error *error) CHECKED;
/* An operand that is a date. */
Result expression_day(Parser *parser, const Node **node, Error *error) CHECKED;

/* ---- expression_word.c: what begins with a word, or is a literal ---- */
Result expression_literal(Parser *parser, const Node **node, Error *error) CHECKED;
Result expression_word(Parser *parser, const Node **node, Error *error) CHECKED;
/* Of a source, by a name that may have been taken before the source was known. */
Result expression_column(Parser *parser, const CatalogueSource *source, Token name,
                         const CatalogueColumn **column, Error *error) CHECKED;

/* ---- expression_choice.c ---- */
Result expression_case(Parser *parser, const Node **node, Error *error) CHECKED;
Result expression_least(Parser *parser, const Node **node, Error *error) CHECKED;
Result expression_greatest(Parser *parser, const Node **node, Error *error) CHECKED;
Result expression_between(Parser *parser, const Node **node, Error *error) CHECKED;

/* ---- expression_list.c ---- */
/* What stands in parentheses behind `in` or `contains`, into draft of that kind; of parameters comparisons.
 */
Result expression_list(Parser *parser, Taken left, Node draft, const Node **node, Error *error) CHECKED;

/* ---- expression_prices.c ---- */
/* [at prices "NAME" of YEAR], behind a column; NULL: it is none. */
Result expression_prices(Parser *parser, const Prices **prices, Error *error) CHECKED;
Result expression_check_priced(const Parser *parser, QueryType type, Place place, Error *error) CHECKED;

/* ---- expression_records.c ---- */
/* NULL: no form of this word */
ExpressionTake expression_records(const Token *token);
/* [where ...] of draft->source, as draft's last operand */
Result expression_where(Parser *parser, Node *draft, Error *error) CHECKED;
Result expression_source(Parser *parser, const CatalogueSource **source, Error *error) CHECKED;

/* ---- parser_period.c ---- */
/* in month; start of month, end of month */
Result expression_in_period(Parser *parser, Taken left, const Node **node, Error *error) CHECKED;
Result expression_period_day(Parser *parser, const Node **node, Error *error) CHECKED;

/* ---- expression_household.c ---- */
bool expression_at_people(const Parser *parser);
/* [other] NOUN in the household [at DAY] [where ...]; noun: people, or person */
Result expression_household(Parser *parser, const char *noun, Place place, const Node **node, Error *error)
    CHECKED;
/* The same, of a person: is there one? */
Result expression_household_exists(Parser *parser, Place place, const Node **node, Error *error) CHECKED;

/* ---- expression_compare.c ---- */
/* What follows left, or left itself. */
Result expression_comparison(Parser *parser, Taken left, const Node **node, Error *error) CHECKED;
