/* The tables of a query, and which of them may stand together. */
#include <assert.h>
#include <string.h>

#include "query/parser.h"
#include "query/print.h"

bool dimension_equal(const Dimension *a, const Dimension *b)
{
    if (a->condition != NULL && b->condition != NULL)
        return strcmp(a->attribute->name, b->attribute->name) == 0 && text_equal(a->said, b->said);
    return a->attribute == b->attribute && a->band_years == b->band_years;
}

static Result fail_dimension(const Parser *parser, Error *error)
{
    Text candidates[16] = {TEXT("band")};
    size_t count = 1;
    const Attribute *attribute = attribute_find(parser->token.text);

    if (attribute != NULL && !attribute->is_dimension)
        return parser_fail(parser, error, "'%s' has too many values to group by; use band(%s, 5)",
                           attribute->name, attribute->name);
    for (size_t i = 0; i < ATTRIBUTE_COUNT; i++)
        if (ATTRIBUTES[i].is_dimension)
            candidates[count++] = text_from(ATTRIBUTES[i].name);
    return source_text_fail_unknown(&parser->input->source, parser->token.place, "dimension",
                                    parser->token.text, candidates, count, error);
}

static Result take_band(Parser *parser, Dimension *dimension, Error *error)
{
    TRY(parser_expect(parser, "(", error));
    TRY(parser_expect(parser, "age", error));
    TRY(parser_expect(parser, ",", error));
    dimension->attribute = attribute_find(TEXT("age"));
    TRY(parser_integer(parser, "band", QUERY_BAND_YEARS_MIN, QUERY_BAND_YEARS_MAX, &dimension->band_years,
                       error));
    return parser_expect(parser, ")", error);
}

static Result take_dimension(Parser *parser, Dimension *dimension, Error *error)
{
    bool is_band;

    *dimension = (Dimension){.place = parser->token.place};
    if (parser->token.kind != TOKEN_WORD)
        return parser_fail(parser, error, "expected a dimension");
    TRY(parser_accept(parser, "band", &is_band, error));
    if (is_band)
        return take_band(parser, dimension, error);
    dimension->attribute = attribute_find(parser->token.text);
    if (dimension->attribute == NULL || !dimension->attribute->is_dimension)
        return fail_dimension(parser, error);
    return parser_advance(parser, error);
}

static Result take_by(Parser *parser, TableNode *table, Error *error)
{
    bool more = true;

    TRY(parser_expect(parser, "by", error));
    while (more) {
        Dimension *dimension = &table->dimensions[table->dimension_count];
        if (table->dimension_count == QUERY_DIMENSIONS_MAX)
            return parser_fail(parser, error, "more than %d dimensions", QUERY_DIMENSIONS_MAX);
        TRY(take_dimension(parser, dimension, error));
        for (size_t i = 0; i < table->dimension_count; i++)
            if (table->dimensions[i].attribute == dimension->attribute)
                return source_text_fail(&parser->input->source, dimension->place, error,
                                        "this dimension is already there");
        table->dimension_count++;
        TRY(parser_accept(parser, ",", &more, error));
    }
    return RESULT_OK;
}

/* `totals band(age, 5)` or, as there is one band at most, `totals age`. */
static Result take_total(Parser *parser, TableNode *table, Error *error)
{
    Dimension wanted = {.place = parser->token.place};

    if (token_is(&parser->token, "age")) {
        wanted.attribute = attribute_find(TEXT("age"));
        TRY(parser_advance(parser, error));
    } else {
        TRY(take_dimension(parser, &wanted, error));
    }
    for (size_t i = 0; i < table->dimension_count; i++) {
        const Dimension *dimension = &table->dimensions[i];
        if (dimension->attribute != wanted.attribute ||
            (wanted.band_years != 0 && wanted.band_years != dimension->band_years))
            continue;
        table->totals[i] = true;
        return RESULT_OK;
    }
    return source_text_fail(&parser->input->source, wanted.place, error,
                            "totals are over dimensions that stand behind 'by'");
}

static Result take_totals(Parser *parser, TableNode *table, Error *error)
{
    bool more;

    TRY(parser_accept(parser, "totals", &more, error));
    table->has_totals = more;
    while (more) {
        TRY(take_total(parser, table, error));
        TRY(parser_accept(parser, ",", &more, error));
    }
    return RESULT_OK;
}

/* ---- measures ---- */

/*
 * `NAME = people with CONDITION` is one more dimension of the same table, so that who has it, who has not and
 * all of them are hidden together: the one subtracted from the other is a count as well.
 */
static Result take_condition(Parser *parser, TableNode *table, Error *error)
{
    Dimension *dimension = &table->dimensions[table->dimension_count];
    Attribute *named = arena_alloc(parser->arena, sizeof *named);
    Text name;

    if (table->dimension_count == QUERY_DIMENSIONS_MAX)
        return parser_fail(parser, error, "more than %d dimensions, the measure's condition among them",
                           QUERY_DIMENSIONS_MAX);
    *dimension = (Dimension){.attribute = named, .place = parser->token.place};
    TRY(parser_new_name(parser, &name, error));
    TRY(parser_expect(parser, "=", error));
    TRY(parser_expect(parser, "people", error));
    TRY(parser_expect(parser, "with", error));
    Place place = parser->token.place;
    TRY(parser_expression(parser, &dimension->condition, error));
    if (dimension->condition->type != TYPE_BOOL)
        return source_text_fail(&parser->input->source, place, error, "expected a condition, this is %s",
                                QUERY_TYPE_NAMES[dimension->condition->type]);
    *named =
        (Attribute){.name = text_to_string(parser->arena, name), .family = "condition", .type = TYPE_BOOL};
    dimension->said = print_text(parser->arena, dimension->condition);
    table->totals[table->dimension_count++] = true;
    return RESULT_OK;
}

static Result take_measures(Parser *parser, TableNode *table, Error *error)
{
    static const Text people = TEXT("people");
    bool again;

    TRY(parser_expect(parser, "measure", error));
    if (!token_is(&parser->token, "people"))
        return source_text_fail_unknown(&parser->input->source, parser->token.place, "measure",
                                        parser->token.text, &people, 1, error);
    TRY(parser_advance(parser, error));
    TRY(parser_accept(parser, "measure", &again, error));
    if (!again)
        return RESULT_OK;
    TRY(take_condition(parser, table, error));
    if (token_is(&parser->token, "measure"))
        return parser_fail(parser, error, "a table has people, and one measure of those with a condition");
    return RESULT_OK;
}

/* ---- tables of one query ---- */

static bool same_family(const Dimension *a, const Dimension *b)
{
    assert(a->attribute != NULL && b->attribute != NULL);
    return strcmp(a->attribute->family, b->attribute->family) == 0 && !dimension_equal(a, b);
}

/*
 * Wards add up to districts, narrow bands to wide ones: two tables of one query that hold both levels are
 * linked by sums that the suppression of either does not see. They stand in one table or not in one query.
 */
static Result check_families(const Parser *parser, const TableNode *added, Error *error)
{
    static const char another_level[] = "an earlier table has another level of this dimension; levels can be "
                                        "subtracted from each other, ask two queries";
    static const char another_condition[] =
        "an earlier table has a measure of another name or condition; who has "
        "one and not the other can be subtracted, ask two queries";
    const Tree *tree = parser->tree;

    for (size_t t = 0; t < tree->table_count; t++)
        for (size_t i = 0; i < tree->tables[t].dimension_count; i++)
            for (size_t j = 0; j < added->dimension_count; j++)
                if (same_family(&tree->tables[t].dimensions[i], &added->dimensions[j]))
                    return source_text_fail(&parser->input->source, added->dimensions[j].place, error,
                                            added->dimensions[j].condition != NULL ? another_condition
                                                                                   : another_level);
    return RESULT_OK;
}

/* Of all tables' conditions there is one. */
static size_t dimension_bit(const Dimension *dimension)
{
    return dimension->condition != NULL ? ATTRIBUTE_COUNT : (size_t)(dimension->attribute - ATTRIBUTES);
}

/* A dimension that one table alone has, and a table that lies within another, close no ring. */
static bool drop_ends(uint32_t *sets, size_t count)
{
    bool has_dropped = false;

    for (size_t i = 0; i < count; i++) {
        uint32_t elsewhere = 0, left = sets[i];
        for (size_t j = 0; j < count; j++) {
            elsewhere |= j != i ? sets[j] : 0;
            if (j != i && (sets[i] & ~sets[j]) == 0)
                left = 0;
        }
        left &= elsewhere;
        has_dropped |= left != sets[i];
        sets[i] = left;
    }
    return has_dropped;
}

/*
 * Three tables by a and b, b and c, a and c have counts that agree two by two and yet belong to no one set of
 * people, so the audit's other solution would prove nothing. Graham's reduction finds such rings; where there
 * are none, tables that agree two by two always have a common one.
 */
static Result check_rings(const Parser *parser, Error *error)
{
    const Tree *tree = parser->tree;
    uint32_t sets[QUERY_TABLES_MAX] = {0};

    for (size_t t = 0; t < tree->table_count; t++)
        for (size_t i = 0; i < tree->tables[t].dimension_count; i++)
            sets[t] |= UINT32_C(1) << dimension_bit(&tree->tables[t].dimensions[i]);
    while (drop_ends(sets, tree->table_count))
        ;
    for (size_t t = tree->table_count; t-- > 0;)
        if (sets[t] != 0)
            return source_text_fail(&parser->input->source, tree->tables[t].dimensions[0].place, error,
                                    "the dimensions of the tables form a ring, from which hidden cells can "
                                    "be worked out; ask one table by all of them");
    return RESULT_OK;
}

static const Dimension *condition_of(const TableNode *table)
{
    const Dimension *last = &table->dimensions[table->dimension_count - 1];

    return last->condition == NULL ? NULL : last;
}

/*
 * A condition may be made of another table's dimension (age from 65 on, of bands of age): what that table
 * adds up to is then no margin that the two have in common. With the condition in each table it is.
 */
static Result check_conditions(const Parser *parser, Error *error)
{
    const Tree *tree = parser->tree;
    const Dimension *first = condition_of(&tree->tables[0]);

    for (size_t t = 1; t < tree->table_count; t++)
        if ((condition_of(&tree->tables[t]) == NULL) != (first == NULL))
            return source_text_fail(&parser->input->source, tree->tables[t].dimensions[0].place, error,
                                    "a measure of people with a condition is in each table of a query or in "
                                    "none, since tables with and without it can be subtracted");
    return RESULT_OK;
}

Result parser_check_tables(const Parser *parser, Error *error)
{
    TRY(check_conditions(parser, error));
    return check_rings(parser, error);
}

Result parser_table(Parser *parser, Error *error)
{
    TableNode table = {0};

    if (parser->tree->table_count == QUERY_TABLES_MAX)
        return parser_fail(parser, error, "more than %d tables", QUERY_TABLES_MAX);
    TRY(parser_string(parser, "table", &table.title, error));
    TRY(take_by(parser, &table, error));
    TRY(take_totals(parser, &table, error));
    TRY(take_measures(parser, &table, error));
    TRY(check_families(parser, &table, error));
    parser->tree->tables[parser->tree->table_count++] = table;
    return RESULT_OK;
}
