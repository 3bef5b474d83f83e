/* `CODE at prices "NAME" of 2024/25`: what each record's code costs, as a table from outside says. */
#include "query/expression.h"
#include "query/print_parts.h"

enum { FIRST_YEAR = 1948, LAST_YEAR = 2400, CENTURY = 100 };

static Result take_name(Parser *parser, Token *token, Error *error)
{
    Text name = {0};

    *token = parser->token;
    if (parser->token.kind == TOKEN_STRING && parser->token.text.length > PUBLISHED_NAME_BYTES_MAX)
        return parser_fail(parser, error, "prices: their name is longer than %d bytes",
                           PUBLISHED_NAME_BYTES_MAX);
    return parser_string(parser, "prices", &name, error);
}

/* 2024/25 */
static Result take_year(Parser *parser, int64_t *year, Error *error)
{
    Place place = parser->token.place;
    int64_t next;

    TRY(parser_integer(parser, "year", FIRST_YEAR, LAST_YEAR, year, error));
    TRY(parser_expect(parser, "/", error));
    TRY(parser_integer(parser, "year", 0, CENTURY - 1, &next, error));
    if (next != (*year + 1) % CENTURY)
        return expression_fail(parser, place, error, "a price year is a financial one such as 2024/25");
    return RESULT_OK;
}

static Result find_prices(const Parser *parser, Token name, int64_t year, const Prices **prices, Error *error)
{
    Tree *tree = parser->tree;

    for (size_t i = 0; i < tree->price_count; i++)
        if (tree->prices[i].year == year && text_equal(tree->prices[i].name, name.text)) {
            *prices = &tree->prices[i];
            return RESULT_OK;
        }
    if (tree->price_count == QUERY_PRICES_MAX)
        return parser_fail(parser, error, "more than %d lists and years of prices", QUERY_PRICES_MAX);
    tree->prices[tree->price_count] =
        (Prices){.name = name.text, .year = year, .at = parser_mention_at(parser, name.place)};
    *prices = &tree->prices[tree->price_count++];
    return RESULT_OK;
}

Result expression_prices(Parser *parser, const Prices **prices, Error *error)
{
    bool is_priced;
    int64_t year = 0;
    Token name = {0};

    *prices = NULL;
    TRY(parser_accept(parser, "at", &is_priced, error));
    if (!is_priced)
        return RESULT_OK;
    TRY(parser_expect(parser, "prices", error));
    TRY(take_name(parser, &name, error));
    TRY(parser_expect(parser, "of", error));
    TRY(take_year(parser, &year, error));
    return find_prices(parser, name, year, prices, error);
}

Result expression_check_priced(const Parser *parser, QueryType type, Place place, Error *error)
{
    if (type == TYPE_TEXT)
        return RESULT_OK;
    return source_text_fail(&parser->input->source, place, error, "prices are of codes, this is %s",
                            QUERY_TYPE_NAMES[type]);
}

void print_prices(TextBuilder *out, const Prices *prices)
{
    text_add_string(out, " at prices ");
    print_string(out, prices->name);
    text_add_format(out, " of %04lld/%02lld", (long long)prices->year,
                    (long long)((prices->year + 1) % CENTURY));
}
