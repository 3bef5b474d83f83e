/* The measures of a table: people, and what is counted of them beside. */
#include "query/expression.h"
#include "query/print.h"

enum { PERCENT_MAX = 99, STATISTIC_COUNT = 4 };

static const Text STATISTICS[STATISTIC_COUNT] = {TEXT("sum"), TEXT("mean"), TEXT("median"),
                                                 TEXT("percentile")};

static Result take_name(Parser *parser, const TableNode *table, Measure *measure, Error *error)
{
    measure->place = parser->token.place;
    TRY(parser_new_name(parser, &measure->name, error));
    for (size_t i = 0; i < table->measure_count; i++)
        if (text_equal(table->measures[i].name, measure->name))
            return source_text_fail(&parser->input->source, measure->place, error, "this name is taken");
    return RESULT_OK;
}

/* `people`, or an earlier measure of the table. others: words that might stand there too. */
static Result take_counted(Parser *parser, const TableNode *table, size_t others, size_t *measure,
                           Error *error)
{
    Text candidates[QUERY_MEASURES_MAX + 1 + STATISTIC_COUNT] = {TEXT("people")};

    if (parser->token.kind != TOKEN_WORD)
        return parser_fail(parser, error, "expected people or an earlier measure");
    *measure = MEASURE_OF_ALL;
    for (size_t i = 0; i < table->measure_count; i++) {
        candidates[i + 1] = table->measures[i].name;
        if (text_equal(table->measures[i].name, parser->token.text))
            *measure = i;
    }
    for (size_t i = 0; i < others; i++)
        candidates[table->measure_count + 1 + i] = STATISTICS[i];
    if (*measure == MEASURE_OF_ALL && !token_is(&parser->token, "people"))
        return source_text_fail_unknown(&parser->input->source, parser->token.place, "measure",
                                        parser->token.text, candidates, table->measure_count + 1 + others,
                                        error);
    return parser_advance(parser, error);
}

/* ---- people with a condition ---- */

/*
 * Who has the condition, who has not and all of them are hidden together, since the one subtracted from the
 * other is a count as well: a condition is one more dimension of its part.
 */
static Result set_condition(Parser *parser, const TableNode *table, Measure *measure, const Node *condition,
                            Text said, Error *error)
{
    Attribute *named = arena_alloc(parser->arena, sizeof *named);

    if (table->dimension_count == QUERY_DIMENSIONS_MAX)
        return source_text_fail(&parser->input->source, measure->place, error,
                                "more than %d dimensions, the measure's condition among them",
                                QUERY_DIMENSIONS_MAX);
    *named = (Attribute){
        .name = text_to_string(parser->arena, measure->name), .family = "condition", .type = TYPE_BOOL};
    measure->dimension =
        (Dimension){.attribute = named, .condition = condition, .said = said, .place = measure->place};
    return RESULT_OK;
}

/* `of NAME`: only who has that measure's condition too, so that a rate's numerator is of its denominator. */
static Result take_among(Parser *parser, const TableNode *table, Measure *measure, const Node **condition,
                         Text *said, Error *error)
{
    Place place = parser->token.place;

    TRY(take_counted(parser, table, 0, &measure->among, error));
    if (measure->among == MEASURE_OF_ALL || table->measures[measure->among].kind != MEASURE_PEOPLE)
        return source_text_fail(&parser->input->source, place, error,
                                "of: expected an earlier measure of people with a condition");
    const Measure *among = &table->measures[measure->among];
    const Node *both[] = {among->dimension.condition, *condition};
    const Node joined = {.kind = NODE_AND,
                         .type = TYPE_BOOL,
                         .operands = expression_operands(parser, both, 2),
                         .operand_count = 2};
    *said = text_format(parser->arena, "%.*s of %.*s", TEXT_ARG(*said), TEXT_ARG(among->name));
    return expression_finish(parser, &joined, place, condition, error);
}

static Result take_condition(Parser *parser, const TableNode *table, Measure *measure, Error *error)
{
    Place place = parser->token.place;
    const Node *condition;
    bool is_among;

    measure->kind = MEASURE_PEOPLE;
    measure->among = MEASURE_OF_ALL;
    TRY(parser_expression(parser, &condition, error));
    if (condition->type != TYPE_BOOL)
        return source_text_fail(&parser->input->source, place, error, "expected a condition, this is %s",
                                QUERY_TYPE_NAMES[condition->type]);
    Text said = print_text(parser->arena, condition);
    TRY(parser_accept(parser, "of", &is_among, error));
    if (is_among)
        TRY(take_among(parser, table, measure, &condition, &said, error));
    return set_condition(parser, table, measure, condition, said, error);
}

/* ---- rates ---- */

/* Are all of its people among those of the other? */
static bool is_among(const TableNode *table, size_t measure, size_t other)
{
    while (measure != other && measure != MEASURE_OF_ALL)
        measure = table->measures[measure].among;
    return measure == other;
}

static Result check_count(const Parser *parser, const TableNode *table, size_t of, const Measure *measure,
                          Error *error)
{
    if (of != MEASURE_OF_ALL && table->measures[of].kind == MEASURE_RATE)
        return source_text_fail(&parser->input->source, measure->place, error,
                                "a rate is of counts, not of another rate");
    if (of != MEASURE_OF_ALL && measure_is_of_amount(&table->measures[of]))
        return source_text_fail(&parser->input->source, measure->place, error,
                                "a rate is of counts of people, not of an amount");
    return RESULT_OK;
}

/* population "NAME": which numbers of it the run finds. */
static Result take_population(Parser *parser, Measure *measure, Error *error)
{
    measure->denominator = MEASURE_OF_ALL;
    TRY(parser_expect(parser, "population", error));
    if (parser->token.kind == TOKEN_STRING && parser->token.text.length > PUBLISHED_NAME_BYTES_MAX)
        return parser_fail(parser, error, "population: its name is longer than %d bytes",
                           PUBLISHED_NAME_BYTES_MAX);
    return parser_string(parser, "population", &measure->population, error);
}

/* The numerator is taken already. */
static Result take_rate(Parser *parser, const TableNode *table, size_t numerator, Measure *measure,
                        Error *error)
{
    bool is_of_population;

    measure->kind = MEASURE_RATE;
    measure->numerator = numerator;
    TRY(parser_expect(parser, "per", error));
    TRY(parser_integer(parser, "per", 1, QUERY_RATE_PER_MAX, &measure->per, error));
    TRY(check_count(parser, table, numerator, measure, error));
    TRY(parser_accept(parser, "of", &is_of_population, error));
    if (is_of_population)
        return take_population(parser, measure, error);
    Place place = parser->token.place;
    TRY(take_counted(parser, table, 0, &measure->denominator, error));
    TRY(check_count(parser, table, measure->denominator, measure, error));
    if (numerator == measure->denominator || !is_among(table, numerator, measure->denominator))
        return source_text_fail(&parser->input->source, place, error,
                                "a rate's numerator counts only people of its denominator; say so by "
                                "'people with ... of NAME'");
    return RESULT_OK;
}

/* ---- amounts ---- */

bool measure_is_of_amount(const Measure *measure)
{
    return measure->kind >= MEASURE_SUM;
}

static bool at_amount(const Parser *parser)
{
    for (size_t i = 0; i < STATISTIC_COUNT; i++)
        if (parser->token.kind == TOKEN_WORD && text_equal(parser->token.text, STATISTICS[i]))
            return true;
    return false;
}

static Result take_statistic(Parser *parser, Measure *measure, Error *error)
{
    bool is_percentile = token_is(&parser->token, "percentile");

    measure->kind = token_is(&parser->token, "sum")    ? MEASURE_SUM
                    : token_is(&parser->token, "mean") ? MEASURE_MEAN
                                                       : MEASURE_PERCENTILE;
    measure->percent = QUERY_MEDIAN_PERCENT;
    TRY(parser_advance(parser, error));
    if (is_percentile)
        TRY(parser_integer(parser, "percentile", 1, PERCENT_MAX, &measure->percent, error));
    return parser_expect(parser, "of", error);
}

/* Those of whom it is known are counted by a condition: how many they are is hidden and audited like any
 * count, and where it is hidden so is what they add up to. */
static Result take_amount(Parser *parser, const TableNode *table, Measure *measure, Error *error)
{
    const Node *amount, *condition;

    measure->among = MEASURE_OF_ALL;
    TRY(take_statistic(parser, measure, error));
    Place place = parser->token.place;
    TRY(parser_expression(parser, &amount, error));
    if (amount->type != TYPE_NUMBER && amount->type != TYPE_DECIMAL)
        return source_text_fail(&parser->input->source, place, error, "expected a number, this is %s",
                                QUERY_TYPE_NAMES[amount->type]);
    if (!node_is_one_number(amount))
        return source_text_fail(&parser->input->source, place, error,
                                "an amount is one number of a person, perhaps 'otherwise 0': what records "
                                "come to, an age or a time between two days; nothing calculated or chosen");
    const Node is_known = {.kind = NODE_IS_KNOWN,
                           .type = TYPE_BOOL,
                           .operands = expression_operands(parser, &amount, 1),
                           .operand_count = 1};
    TRY(expression_finish(parser, &is_known, place, &condition, error));
    TRY(set_condition(parser, table, measure, condition, print_text(parser->arena, amount), error));
    measure->dimension.amount = amount;
    return RESULT_OK;
}

/* ---- one, and all ---- */

static Result take_value(Parser *parser, const TableNode *table, Measure *measure, Error *error)
{
    size_t counted = MEASURE_OF_ALL;

    if (at_amount(parser))
        return take_amount(parser, table, measure, error);
    TRY(take_counted(parser, table, STATISTIC_COUNT, &counted, error));
    if (counted != MEASURE_OF_ALL || token_is(&parser->token, "per"))
        return take_rate(parser, table, counted, measure, error);
    TRY(parser_expect(parser, "with", error));
    return take_condition(parser, table, measure, error);
}

static Result take_measure(Parser *parser, TableNode *table, Error *error)
{
    Measure measure = {0};

    if (table->measure_count == QUERY_MEASURES_MAX)
        return parser_fail(parser, error, "more than %d measures beside people", QUERY_MEASURES_MAX);
    TRY(take_name(parser, table, &measure, error));
    TRY(parser_expect(parser, "=", error));
    TRY(take_value(parser, table, &measure, error));
    table->measures[table->measure_count++] = measure;
    return RESULT_OK;
}

Result parser_measures(Parser *parser, TableNode *table, Error *error)
{
    static const char *const words[] = {"totals", "measure", NULL};
    static const Text people = TEXT("people");
    size_t is_measure;
    bool more;

    TRY(parser_expect_one(parser, table->has_totals ? words + 1 : words, &is_measure, error));
    if (!token_is(&parser->token, "people"))
        return source_text_fail_unknown(&parser->input->source, parser->token.place, "measure",
                                        parser->token.text, &people, 1, error);
    TRY(parser_advance(parser, error));
    TRY(parser_accept(parser, "measure", &more, error));
    while (more) {
        TRY(take_measure(parser, table, error));
        TRY(parser_accept(parser, "measure", &more, error));
    }
    return RESULT_OK;
}
