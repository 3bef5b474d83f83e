/* The tables of a query, and which of them may stand together. */
#include <assert.h>
#include <string.h>

#include "query/parser.h"

bool dimension_equal(const Dimension *a, const Dimension *b)
{
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

static Result take_measure(Parser *parser, Error *error)
{
    static const Text people = TEXT("people");

    TRY(parser_expect(parser, "measure", error));
    if (!token_is(&parser->token, "people"))
        return source_text_fail_unknown(&parser->input->source, parser->token.place, "measure",
                                        parser->token.text, &people, 1, error);
    return parser_advance(parser, error);
}

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
    const Tree *tree = parser->tree;

    for (size_t t = 0; t < tree->table_count; t++)
        for (size_t i = 0; i < tree->tables[t].dimension_count; i++)
            for (size_t j = 0; j < added->dimension_count; j++)
                if (same_family(&tree->tables[t].dimensions[i], &added->dimensions[j]))
                    return source_text_fail(&parser->input->source, added->dimensions[j].place, error,
                                            "an earlier table has another level of this dimension; "
                                            "levels can be subtracted from each other, ask two queries");
    return RESULT_OK;
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
Result parser_check_rings(const Parser *parser, Error *error)
{
    const Tree *tree = parser->tree;
    uint32_t sets[QUERY_TABLES_MAX] = {0};

    for (size_t t = 0; t < tree->table_count; t++)
        for (size_t i = 0; i < tree->tables[t].dimension_count; i++)
            sets[t] |= UINT32_C(1) << (tree->tables[t].dimensions[i].attribute - ATTRIBUTES);
    while (drop_ends(sets, tree->table_count))
        ;
    for (size_t t = tree->table_count; t-- > 0;)
        if (sets[t] != 0)
            return source_text_fail(&parser->input->source, tree->tables[t].dimensions[0].place, error,
                                    "the dimensions of the tables form a ring, from which hidden cells can "
                                    "be worked out; ask one table by all of them");
    return RESULT_OK;
}

Result parser_table(Parser *parser, Error *error)
{
    TableNode table = {0};
    bool again;

    if (parser->tree->table_count == QUERY_TABLES_MAX)
        return parser_fail(parser, error, "more than %d tables", QUERY_TABLES_MAX);
    TRY(parser_string(parser, "table", &table.title, error));
    TRY(take_by(parser, &table, error));
    TRY(take_totals(parser, &table, error));
    TRY(take_measure(parser, error));
    TRY(parser_accept(parser, "measure", &again, error));
    if (again)
        return parser_fail(parser, error, "a table has the one measure people");
    TRY(check_families(parser, &table, error));
    parser->tree->tables[parser->tree->table_count++] = table;
    return RESULT_OK;
}
