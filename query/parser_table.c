/* One table of a query: what it is by, and what is summed over. */
#include "query/parser.h"

enum { CANDIDATES_MAX = 24 };

/* A period stands before the first dimension. */
static Result fail_dimension(const Parser *parser, bool may_be_period, Error *error)
{
    static const Text periods[] = {TEXT("month"), TEXT("quarter"), TEXT("year"), TEXT("financial")};
    Text candidates[CANDIDATES_MAX] = {TEXT("band")};
    size_t count = 1;
    const Attribute *attribute = attribute_find(parser->token.text);

    if (attribute != NULL && !attribute->is_dimension)
        return parser_fail(parser, error, "'%s' has too many values to group by; use band(%s, 5)",
                           attribute->name, attribute->name);
    for (size_t i = 0; may_be_period && i < sizeof periods / sizeof *periods; i++)
        candidates[count++] = periods[i];
    for (size_t i = 0; i < ATTRIBUTE_COUNT && count < CANDIDATES_MAX; i++)
        if (ATTRIBUTES[i].is_dimension)
            candidates[count++] = text_from(ATTRIBUTES[i].name);
    return source_text_fail_unknown(&parser->input->source, parser->token.place, "dimension",
                                    parser->token.text, candidates, count, error);
}

/* band(age, from 18, 65): each begins where the one before has its least width, or later. */
static Result take_starts(Parser *parser, Bands *bands, Error *error)
{
    bool more = true;

    *bands = (Bands){.count = 1};
    while (more) {
        int64_t least = bands->starts[bands->count - 1] + BAND_YEARS_MIN;
        if (parser->token.kind != TOKEN_INTEGER || parser->token.integer < least ||
            parser->token.integer > BAND_START_MAX)
            return parser_fail(parser, error,
                               "band: expected the age at which the next band begins: a whole number up to "
                               "%d, at least %d above where the one before begins",
                               BAND_START_MAX, BAND_YEARS_MIN);
        bands->starts[bands->count++] = (uint8_t)parser->token.integer;
        TRY(parser_advance(parser, error));
        TRY(parser_accept(parser, ",", &more, error));
    }
    return RESULT_OK;
}

/* band(age, 5) */
static Result take_width(Parser *parser, Bands *bands, Error *error)
{
    int64_t years;

    TRY(parser_integer(parser, "band", BAND_YEARS_MIN, BAND_YEARS_MAX, &years, error));
    *bands = bands_of_years(years);
    if (token_is(&parser->token, ","))
        return parser_fail(parser, error,
                           "one number is how wide each band is; the ages at which bands begin stand behind "
                           "'from': band(age, from 18, 65)");
    return RESULT_OK;
}

static Result take_band(Parser *parser, Dimension *dimension, Error *error)
{
    bool are_declared;

    TRY(parser_expect(parser, "(", error));
    TRY(parser_expect(parser, "age", error));
    TRY(parser_expect(parser, ",", error));
    dimension->attribute = attribute_find(TEXT("age"));
    TRY(parser_accept(parser, "from", &are_declared, error));
    TRY(are_declared ? take_starts(parser, &dimension->bands, error)
                     : take_width(parser, &dimension->bands, error));
    return parser_expect(parser, ")", error);
}

static Result take_dimension(Parser *parser, bool may_be_period, Dimension *dimension, Error *error)
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
        return fail_dimension(parser, may_be_period, error);
    parser_mention_attribute(parser, dimension->attribute, dimension->place);
    return parser_advance(parser, error);
}

static Result take_by(Parser *parser, TableNode *table, Error *error)
{
    bool more = true;

    TRY(parser_expect(parser, "by", error));
    TRY(parser_series(parser, table, error));
    if (table->series.count > 0)
        TRY(parser_accept(parser, ",", &more, error));
    while (more) {
        Dimension *dimension = &table->dimensions[table->dimension_count];
        if (table->dimension_count == QUERY_DIMENSIONS_MAX)
            return parser_fail(parser, error, "more than %d dimensions", QUERY_DIMENSIONS_MAX);
        TRY(take_dimension(parser, table->dimension_count == 0 && table->series.count == 0, dimension,
                           error));
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
        TRY(take_dimension(parser, false, &wanted, error));
    }
    for (size_t i = 0; i < table->dimension_count; i++) {
        const Dimension *dimension = &table->dimensions[i];
        if (dimension->attribute != wanted.attribute ||
            (wanted.bands.count > 0 && !bands_equal(&wanted.bands, &dimension->bands)))
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

Result parser_table(Parser *parser, Error *error)
{
    TableNode table = {0};

    if (parser->tree->table_count == QUERY_TABLES_MAX)
        return parser_fail(parser, error, "more than %d tables", QUERY_TABLES_MAX);
    TRY(parser_string(parser, "table", &table.title, error));
    TRY(take_by(parser, &table, error));
    TRY(take_totals(parser, &table, error));
    parser->series = &table.series;
    parser->names_period = false;
    TRY(parser_measures(parser, &table, error));
    parser->series = NULL;
    TRY(parser_check_series(parser, &table, error));
    TRY(parser_check_families(parser, &table, error));
    parser->tree->tables[parser->tree->table_count++] = table;
    return RESULT_OK;
}
